#include "finance/office.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/limits.h"
#include "base/str.h"
#include "conf/conf.h"
#include "finance/hcsn.h"
#include "finance/report_rules.h"

static office_apply *const applies[PROPOSAL_KIND_COUNT] = {
#define PROPOSAL(kind, name, apply)        [PROPOSAL_##kind] = NULL,
#define OFFICE_PROPOSAL(kind, name, apply) [PROPOSAL_##kind] = apply,
#include "payments/proposal.def"
#undef PROPOSAL
};

bool office_decides(enum proposal_kind k)
{
    return applies[k] != NULL;
}

static result decided(struct sql *db, const struct office *f, const struct proposal *p,
                      const struct proposal_actor *by, struct arena *a, struct err *e)
{
    must(office_decides(p->kind));
    return applies[p->kind](db, f, p, by, a, e);
}

result office_open(const struct conf *c, struct till *t, struct keyring *keys, struct office *out,
                   struct err *e)
{
    DEFER(arena_close) struct arena *a = arena_open(LIMIT_ARENA_JOB_BYTES);
    struct source_book *sources = arena_new(a, struct source_book);
    struct report_book *reports = NULL;
    struct hcsn_map *accounts = NULL;

    if (c != NULL)
        TRY(sources_load(c, a, NULL, sources, e));
    if (c != NULL && c->finance.reports_dir.n > 0)
        TRY(report_book_open(str_cstr(a, c->finance.reports_dir), a, &reports, e));
    if (c != NULL && c->finance.accounts_dir.n > 0)
        TRY(hcsn_open(str_cstr(a, c->finance.accounts_dir), a, &accounts, e));
    *out = (struct office){ .till = t,
                            .conf = c,
                            .keys = keys,
                            .sources = sources,
                            .accounts = accounts,
                            .reports = reports,
                            .above = { .office = out, .apply = decided },
                            .arena = a };
    a = NULL;
    t->above = &out->above;
    return OK;
}

void office_close(struct office *f)
{
    if (f->till != NULL)
        f->till->above = NULL;
    arena_close(&f->arena);
    *f = (struct office){ 0 };
}
