/*
 * Two persons. Attacker: an officer who wants to do alone what takes two, or to have something else
 * approved than what was looked at; promise: maker and checker differ, the hash that was on the
 * screen is the hash of what is done, a decision is made once, and it commits with its effect.
 * Deliberately not done: knowing whether two names are one person; accounts are auth's.
 */
#include "payments/proposal.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
#include "crypto/digest.h"
#include "crypto/random.h"
#include "store/audit.h"
#include "store/sql.h"

static const struct {
    const char *name;
    proposal_apply *apply;
} kinds[] = {
#define PROPOSAL(kind, name, apply)        [PROPOSAL_##kind] = { name, apply },
#define OFFICE_PROPOSAL(kind, name, apply) [PROPOSAL_##kind] = { name, NULL },
#include "payments/proposal.def"
#undef PROPOSAL
};

static const char *const state_names[PROPOSAL_STATE_COUNT] = { "open", "approved", "rejected",
                                                               "withdrawn" };

const char *proposal_kind_name(enum proposal_kind k)
{
    return kinds[k].name;
}

static bool kind_find(struct str name, enum proposal_kind *out)
{
    for (size_t i = 0; i < LEN(kinds); i++) {
        if (str_is(name, kinds[i].name)) {
            *out = (enum proposal_kind)i;
            return true;
        }
    }
    return false;
}

const char *proposal_state_name(enum proposal_state s)
{
    return state_names[s];
}

bool proposal_state_find(struct str name, enum proposal_state *out)
{
    for (size_t i = 0; i < PROPOSAL_STATE_COUNT; i++) {
        if (str_is(name, state_names[i])) {
            *out = (enum proposal_state)i;
            return true;
        }
    }
    return false;
}

static result kind_check(const struct till *t, enum proposal_kind k, struct err *e)
{
    return kinds[k].apply != NULL || t->above != NULL
               ? OK
               : fail(e, ERR_FORBIDDEN, "nobody here decides on %s", kinds[k].name);
}

static result kind_apply(struct sql *db, const struct till *t, const struct proposal *p,
                         const struct proposal_actor *by, struct arena *a, struct err *e)
{
    TRY(kind_check(t, p->kind, e));
    return kinds[p->kind].apply != NULL ? kinds[p->kind].apply(db, t, p, by, a, e)
                                        : t->above->apply(db, t->above->office, p, by, a, e);
}

static struct str hash_make(const struct proposal *p, struct arena *a)
{
    DEFER(json_close) struct json *all = json_array();

    json_add_str(all, str_c(kinds[p->kind].name));
    json_add_str(all, p->agency_id);
    json_add_str(all, p->subject);
    json_add_str(all, str_i64(a, p->amount_vnd));
    json_add_str(all, p->content);
    return digest_hex(a, digest_sha256(json_print(a, all)));
}

static result audit_put(struct sql *db, const struct till *t, const struct proposal *p,
                        const char *what, const struct proposal_actor *by, struct arena *a,
                        struct err *e)
{
    DEFER(json_close) struct json *detail = json_object();
    const struct audit_event ev = { .actor = by->name,
                                    .action = str_fmt(a, "proposal.%s", what),
                                    .subject = p->subject,
                                    .request_id = by->request_id,
                                    .ip = by->ip,
                                    .detail = detail };

    json_put_str(detail, "proposal", p->id);
    json_put_str(detail, "kind", str_c(kinds[p->kind].name));
    json_put_str(detail, "hash", p->hash);
    json_put_int(detail, "amount_vnd", p->amount_vnd);
    return audit_append(db, clock_now_ms(t->clock), &ev, e);
}

static result remark_check(struct str remark, bool needed, struct err *e)
{
    if ((needed && str_trim(remark).n == 0) || remark.n > PROPOSAL_REMARK_BYTES_MAX)
        return fail_field(e, ERR_INVALID, "remark", "1 to %d bytes of text",
                          PROPOSAL_REMARK_BYTES_MAX);
    return OK;
}

result proposal_make(struct sql *db, const struct till *t, struct proposal *p,
                     const struct proposal_actor *by, struct arena *a, struct err *e)
{
    must(by->name.n > 0 && p->subject.n > 0 && p->amount_vnd >= 0);
    TRY(kind_check(t, p->kind, e));
    TRY(remark_check(p->remark, true, e));
    p->made_ms = clock_now_ms(t->clock);
    p->id = random_id(a, "ppl_", p->made_ms);
    p->state = PROPOSAL_OPEN;
    p->maker = by->name;
    p->hash = hash_make(p, a);
    TRY(sql_run(db, SQL_PROPOSAL_INSERT, e, sql_t(p->agency_id), sql_t(p->id),
                sql_t(str_c(kinds[p->kind].name)), sql_t(p->subject), sql_t(p->content),
                sql_t(p->hash), sql_i(p->amount_vnd), sql_t(p->maker), sql_i(p->made_ms),
                sql_t(p->remark)));
    return audit_put(db, t, p, "made", by, a, e);
}

static result row_read(struct sql_rows *rows, struct arena *a, struct proposal *out, struct err *e)
{
    *out = (struct proposal){ .agency_id = sql_text(rows, 0, a),
                              .id = sql_text(rows, 1, a),
                              .subject = sql_text(rows, 3, a),
                              .content = sql_text(rows, 4, a),
                              .hash = sql_text(rows, 5, a),
                              .amount_vnd = sql_int(rows, 6),
                              .maker = sql_text(rows, 8, a),
                              .made_ms = sql_int(rows, 9),
                              .remark = sql_text(rows, 10, a),
                              .decided_by = sql_text(rows, 11, a),
                              .decided_ms = sql_int(rows, 12),
                              .decision_remark = sql_text(rows, 13, a) };
    if (!kind_find(sql_text(rows, 2, a), &out->kind) ||
        !proposal_state_find(sql_text(rows, 7, a), &out->state))
        return fail(e, ERR_STORE, "proposal %.*s: unreadable row", STR_ARG(out->id));
    if (!str_eq(hash_make(out, a), out->hash))
        return fail(e, ERR_BROKEN_CHAIN, "proposal %.*s was altered", STR_ARG(out->id));
    return OK;
}

static result proposal_take(struct sql *db, struct str id, struct arena *a, struct proposal *out,
                            struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;

    TRY(sql_find(db, SQL_PROPOSAL_LOCK, &rows, e, sql_t(id)));
    TRY(sql_one(rows, e));
    return row_read(rows, a, out, e);
}

/* Whether this decision may be made by this person. */
static result decision_check(const struct proposal *p, const struct proposal_decision *d,
                             const struct proposal_actor *by, struct err *e)
{
    const bool own = str_eq(by->name, p->maker);

    TRY(remark_check(d->remark, d->verdict == PROPOSAL_REJECTED, e));
    if (p->state != PROPOSAL_OPEN)
        return fail(e, ERR_WRONG_STATE, "proposal is %s", state_names[p->state]);
    if (d->verdict == PROPOSAL_WITHDRAWN)
        return own ? OK : fail(e, ERR_FORBIDDEN, "only its maker withdraws a proposal");
    if (own)
        return fail(e, ERR_SELF_APPROVAL, "the maker of a proposal does not decide on it");
    if (!str_eq(d->hash, p->hash))
        return fail_field(e, ERR_STALE, "hash", "not what was proposed");
    if (d->verdict == PROPOSAL_APPROVED && p->amount_vnd > by->limit_vnd)
        return fail(e, ERR_OVER_LIMIT, "over the limit of %lld", (long long)by->limit_vnd);
    return OK;
}

result proposal_decide_in(struct sql *db, const struct till *t, const struct proposal_decision *d,
                          const struct proposal_actor *by, struct arena *a, struct proposal *out,
                          struct err *e)
{
    int64_t changed;

    must(d->verdict != PROPOSAL_OPEN && by->name.n > 0);
    TRY(proposal_take(db, d->id, a, out, e));
    TRY(decision_check(out, d, by, e));
    out->state = d->verdict;
    out->decided_by = by->name;
    out->decided_ms = clock_now_ms(t->clock);
    out->decision_remark = d->remark;
    TRY(sql_run_count(db, SQL_PROPOSAL_DECIDE, &changed, e, sql_t(out->id),
                      sql_t(str_c(state_names[out->state])), sql_t(out->decided_by),
                      sql_i(out->decided_ms), sql_t(out->decision_remark)));
    if (changed != 1)
        return fail(e, ERR_RETRY, "proposal %.*s changed meanwhile", STR_ARG(out->id));
    TRY(kind_apply(db, t, out, by, a, e));
    return audit_put(db, t, out, state_names[out->state], by, a, e);
}

struct deciding {
    const struct till *t;
    const struct proposal_decision *d;
    const struct proposal_actor *by;
    struct arena *a;
    struct proposal *out;
};

static result decide(struct sql *db, void *arg, struct err *e)
{
    struct deciding *k = arg;

    return proposal_decide_in(db, k->t, k->d, k->by, k->a, k->out, e);
}

result proposal_decide(const struct till *t, const struct proposal_decision *d,
                       const struct proposal_actor *by, struct arena *a, struct proposal *out,
                       struct err *e)
{
    struct deciding k = { t, d, by, a, out };

    return sql_transact(t->store, decide, &k, e);
}

struct proposals {
    enum sql_query query;
    struct sql_param params[4];
    size_t param_count;
    struct arena *a;
    struct proposal *list;
    size_t count, most;
};

static result proposals_find(struct sql *db, void *arg, struct err *e)
{
    struct proposals *f = arg;
    DEFER(sql_end) struct sql_rows *rows = NULL;
    bool more;

    f->count = 0;
    TRY(sql_find_n(db, f->query, f->params, f->param_count, &rows, e));
    while (f->count < f->most) {
        TRY(sql_next(rows, &more, e));
        if (!more)
            break;
        TRY(row_read(rows, f->a, &f->list[f->count++], e));
    }
    return OK;
}

result proposal_load(const struct till *t, struct str id, struct arena *a, struct proposal *out,
                     struct err *e)
{
    struct proposals f = { .query = SQL_PROPOSAL_BY_ID,
                           .params = { sql_t(id) },
                           .param_count = 1,
                           .a = a,
                           .list = out,
                           .most = 1 };

    TRY(sql_read(t->store, proposals_find, &f, e));
    return f.count == 1 ? OK : fail(e, ERR_NOT_FOUND, "no such proposal");
}

static result list_load(const struct till *t, struct proposals *f, struct proposal **out,
                        size_t *count, struct err *e)
{
    f->list = arena_array(f->a, struct proposal, f->most + 1);
    TRY(sql_read(t->store, proposals_find, f, e));
    *out = f->list;
    *count = f->count;
    return OK;
}

result proposal_list(const struct till *t, enum proposal_state state, struct str before,
                     size_t most, struct arena *a, struct proposal **out, size_t *count,
                     struct err *e)
{
    struct proposal last = { .made_ms = INT64_MAX };

    if (before.n > 0)
        TRY(proposal_load(t, before, a, &last, e));
    most = most < PROPOSAL_LIST_MAX ? most : PROPOSAL_LIST_MAX;

    struct proposals f = { .query = SQL_PROPOSAL_OF_STATE,
                           .params = { sql_t(str_c(state_names[state])), sql_i(last.made_ms),
                                       sql_t(before), sql_i((int64_t)most) },
                           .param_count = 4,
                           .a = a,
                           .most = most };

    return list_load(t, &f, out, count, e);
}

result proposal_list_subject(const struct till *t, struct str subject, struct arena *a,
                             struct proposal **out, size_t *count, struct err *e)
{
    struct proposals f = { .query = SQL_PROPOSAL_OF_SUBJECT,
                           .params = { sql_t(subject), sql_i(PROPOSAL_LIST_MAX) },
                           .param_count = 2,
                           .a = a,
                           .most = PROPOSAL_LIST_MAX };

    return list_load(t, &f, out, count, e);
}
