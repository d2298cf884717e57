#include "finance/office.h"

#include "base/err.h"

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
    (void)e;
    *out = (struct office){
        .till = t, .conf = c, .keys = keys, .above = { .office = out, .apply = decided }
    };
    t->above = &out->above;
    return OK;
}

void office_close(struct office *f)
{
    if (f->till != NULL)
        f->till->above = NULL;
    *f = (struct office){ 0 };
}
