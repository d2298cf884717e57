/*
 * Shifts. Attacker: an officer who wants cash to disappear, to cover it by another count, or to
 * bring the same slip twice; promise: what should be in the drawer follows from what was taken, a
 * difference is confirmed by another person who saw these numbers, and a closed shift takes nothing
 * more. Deliberately not done: knowing who took what from the drawer.
 */
#include "payments/shift.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "base/money.h"
#include "base/str.h"
#include "base/utf8.h"
#include "crypto/random.h"
#include "payments/fee.h"
#include "payments/ledger.h"
#include "store/audit.h"
#include "store/sql.h"

#define COUNT_MAX 1000000 /* notes of one kind */

const int64_t shift_notes_vnd[SHIFT_NOTES] = { 500000, 200000, 100000, 50000, 20000,
                                               10000,  5000,   2000,   1000,  500 };

int64_t shift_drawer_vnd(const struct shift *s)
{
    /* What was found too much is in the takings' envelope only once it was confirmed. */
    return s->float_vnd + s->cash_vnd + s->over_vnd - s->deposited_vnd;
}

int64_t shift_left_vnd(const struct shift *s)
{
    return s->cash_vnd + s->over_vnd - s->deposited_vnd;
}

static result audit_put(struct sql *db, const struct till *t, const struct shift *s,
                        const char *what, int64_t amount_vnd, const struct proposal_actor *by,
                        struct err *e)
{
    DEFER(json_close) struct json *detail = json_object();
    const struct audit_event ev = { .actor = by->name,
                                    .action = str_c(what),
                                    .subject = s->id,
                                    .request_id = by->request_id,
                                    .ip = by->ip,
                                    .detail = detail };

    json_put_str(detail, "agency", s->agency_id);
    json_put_str(detail, "desk", s->desk);
    json_put_int(detail, "amount_vnd", amount_vnd);
    return audit_append(db, clock_now_ms(t->clock), &ev, e);
}

struct opening {
    const struct till *t;
    struct shift *out;
    const struct proposal_actor *by;
};

static result opened(struct sql *db, void *arg, struct err *e)
{
    const struct opening *k = arg;
    const struct shift *s = k->out;
    int64_t added;

    TRY(sql_run_count(db, SQL_SHIFT_INSERT, &added, e, sql_t(s->agency_id), sql_t(s->id),
                      sql_t(s->desk), sql_t(s->officer), sql_i(s->float_vnd), sql_i(s->opened_ms)));
    if (added != 1)
        return fail(e, ERR_CONFLICT, "the desk or the officer has an open shift");
    return audit_put(db, k->t, s, "shift.opened", s->float_vnd, k->by, e);
}

result shift_open(const struct till *t, struct str agency_id, struct str desk, int64_t float_vnd,
                  const struct proposal_actor *by, struct arena *a, struct shift *out,
                  struct err *e)
{
    const int64_t now_ms = clock_now_ms(t->clock);
    const struct opening k = { t, out, by };
    struct fee_agency agency;

    desk = str_trim(desk);
    if (desk.n == 0 || desk.n > SHIFT_DESK_BYTES_MAX || !utf8_is_text(desk))
        return fail_field(e, ERR_INVALID, "desk", "1 to %d bytes of text", SHIFT_DESK_BYTES_MAX);
    if (float_vnd < 0 || float_vnd > MONEY_MAX_VND / 2)
        return fail_field(e, ERR_INVALID, "float_vnd", "not an amount");
    TRY(fee_agency_find(t->fees, agency_id, clock_local(now_ms).date, &agency, e));
    *out = (struct shift){ .agency_id = agency_id,
                           .id = random_id(a, "shf_", now_ms),
                           .desk = desk,
                           .officer = by->name,
                           .state = SHIFT_OPEN,
                           .float_vnd = float_vnd,
                           .opened_ms = now_ms };
    return sql_transact(t->store, opened, (void *)(uintptr_t)&k, e);
}

/* The sum, and the notes as canonical JSON. */
static result count_read(const struct shift_count *c, struct arena *a, int64_t *total_vnd,
                         struct str *json, struct err *e)
{
    DEFER(json_close) struct json *o = json_object();
    int64_t sum_vnd = 0;

    *json = STR("");
    *total_vnd = c->total_vnd;
    if (c->total_vnd < 0 || c->total_vnd > MONEY_MAX_VND / 2)
        return fail_field(e, ERR_INVALID, "counted_vnd", "not an amount");
    if (!c->by_notes)
        return OK;
    for (size_t i = 0; i < SHIFT_NOTES; i++) {
        if (c->notes[i] < 0 || c->notes[i] > COUNT_MAX)
            return fail_field(e, ERR_INVALID, "counted_vnd", "0 to %d notes", COUNT_MAX);
        sum_vnd += c->notes[i] * shift_notes_vnd[i];
        if (c->notes[i] > 0)
            json_put_int(o, str_cstr(a, str_i64(a, shift_notes_vnd[i])), c->notes[i]);
    }
    if (c->total_vnd != 0 && c->total_vnd != sum_vnd)
        return fail_field(e, ERR_INVALID, "counted_vnd", "not the sum of its notes");
    *total_vnd = sum_vnd;
    *json = json_print_canonical(a, o);
    return OK;
}

struct closing {
    const struct till *t;
    const struct shift_count *c;
    const struct proposal_actor *by;
    struct arena *a;
    struct shift *out;
    int64_t counted_vnd;
    struct str counts_json;
};

static struct str content_make(const struct shift *s, struct arena *a)
{
    DEFER(json_close) struct json *c = json_object();

    json_put_str(c, "shift", s->id);
    json_put_str(c, "desk", s->desk);
    json_put_int(c, "float_vnd", s->float_vnd);
    json_put_int(c, "cash_vnd", s->cash_vnd);
    json_put_int(c, "deposited_vnd", s->deposited_vnd);
    json_put_int(c, "expected_vnd", s->expected_vnd);
    json_put_int(c, "counted_vnd", s->counted_vnd);
    json_put_int(c, "difference_vnd", s->counted_vnd - s->expected_vnd);
    return json_print_canonical(a, c);
}

static result difference_propose(struct sql *db, struct closing *k, struct err *e)
{
    const struct shift *s = k->out;
    const int64_t difference_vnd = s->counted_vnd - s->expected_vnd;
    struct proposal p = { .agency_id = s->agency_id,
                          .kind = PROPOSAL_SHIFT_CLOSE,
                          .subject = s->id,
                          .content = content_make(s, k->a),
                          .amount_vnd = difference_vnd < 0 ? -difference_vnd : difference_vnd,
                          .remark = k->c->remark };

    TRY(proposal_make(db, k->t, &p, k->by, k->a, e));
    k->out->proposal_id = p.id;
    return OK;
}

static result closed(struct sql *db, void *arg, struct err *e)
{
    struct closing *k = arg;
    struct shift *s = k->out;
    int64_t changed;

    TRY(shift_take(db, k->c->shift_id, k->a, s, e));
    if (!str_eq(s->officer, k->by->name))
        return fail(e, ERR_FORBIDDEN, "another officer's shift");
    if (s->state != SHIFT_OPEN && s->state != SHIFT_RECOUNT)
        return fail(e, ERR_WRONG_STATE, "shift is %s", shift_state_name(s->state));
    s->expected_vnd = shift_drawer_vnd(s);
    s->counted_vnd = k->counted_vnd;
    s->counts_json = k->counts_json;
    s->proposal_id = STR("");
    s->counted_ms = clock_now_ms(k->t->clock);
    s->state = s->counted_vnd == s->expected_vnd ? SHIFT_CLOSED : SHIFT_COUNTED;
    s->closed_ms = s->state == SHIFT_CLOSED ? s->counted_ms : 0;
    if (s->state == SHIFT_COUNTED)
        TRY(difference_propose(db, k, e));
    TRY(sql_run_count(db, SQL_SHIFT_COUNT, &changed, e, sql_t(s->agency_id), sql_t(s->id),
                      sql_t(str_c(shift_state_name(s->state))), sql_i(s->expected_vnd),
                      sql_i(s->counted_vnd), sql_t(s->counts_json), sql_t(s->proposal_id),
                      sql_i(s->counted_ms), sql_i(s->closed_ms)));
    if (changed != 1)
        return fail(e, ERR_RETRY, "shift %.*s changed meanwhile", STR_ARG(s->id));
    return audit_put(db, k->t, s,
                     s->state == SHIFT_CLOSED ? "shift.closed" : "shift.counted_with_difference",
                     s->counted_vnd, k->by, e);
}

result shift_close(const struct till *t, const struct shift_count *c,
                   const struct proposal_actor *by, struct arena *a, struct shift *out,
                   struct err *e)
{
    struct closing k = { .t = t, .c = c, .by = by, .a = a, .out = out };

    TRY(count_read(c, a, &k.counted_vnd, &k.counts_json, e));
    return sql_transact(t->store, closed, &k, e);
}

/* What nobody knows the origin of is held as such; what is missing stays where it is missing. */
static result over_post(struct sql *db, const struct till *t, const struct shift *s,
                        int64_t over_vnd, struct arena *a, struct err *e)
{
    struct ledger_journal *j = arena_new(a, struct ledger_journal);
    const int64_t now_ms = clock_now_ms(t->clock);

    *j = ledger_journal_make(s->agency_id, "J7", str_cat(a, STR("shift_over:"), s->id));
    j->day = clock_local(now_ms).date;
    ledger_put_unidentified(j, LEDGER_1140, over_vnd);
    return ledger_post(db, now_ms, j, a, e);
}

result shift_close_decided(struct sql *db, const struct till *t, const struct proposal *p,
                           const struct proposal_actor *by, struct arena *a, struct err *e)
{
    const bool approved = p->state == PROPOSAL_APPROVED;
    const int64_t now_ms = clock_now_ms(t->clock);
    int64_t over_vnd, changed;
    struct shift s;

    TRY(shift_take(db, p->subject, a, &s, e));
    if (s.state != SHIFT_COUNTED || !str_eq(s.proposal_id, p->id))
        return fail(e, ERR_WRONG_STATE, "shift is %s", shift_state_name(s.state));
    over_vnd = approved && s.counted_vnd > s.expected_vnd ? s.counted_vnd - s.expected_vnd : 0;
    TRY(sql_run_count(db, SQL_SHIFT_DECIDE, &changed, e, sql_t(s.agency_id), sql_t(s.id),
                      sql_t(str_c(shift_state_name(approved ? SHIFT_CLOSED : SHIFT_RECOUNT))),
                      sql_i(over_vnd), sql_i(approved ? now_ms : 0)));
    if (changed != 1)
        return fail(e, ERR_RETRY, "shift %.*s changed meanwhile", STR_ARG(s.id));
    if (over_vnd > 0)
        TRY(over_post(db, t, &s, over_vnd, a, e));
    return audit_put(db, t, &s, approved ? "shift.closed" : "shift.recount",
                     s.counted_vnd - s.expected_vnd, by, e);
}

struct bringing {
    const struct till *t;
    struct str shift_id, slip;
    int64_t amount_vnd;
    const struct proposal_actor *by;
    struct arena *a;
};

/* The slip is there already: the same form sent twice, or one slip for two things. */
static result slip_known(struct sql *db, const struct bringing *k, const struct shift *s,
                         bool *known, struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;
    bool more;

    *known = false;
    TRY(sql_find(db, SQL_SHIFT_DEPOSIT_FIND, &rows, e, sql_t(s->agency_id), sql_t(k->slip)));
    TRY(sql_next(rows, &more, e));
    if (!more)
        return OK;
    *known = true;
    if (!str_eq(sql_text(rows, 0, k->a), s->id) || sql_int(rows, 1) != k->amount_vnd)
        return fail_field(e, ERR_CONFLICT, "slip", "used before");
    return OK;
}

static result deposit_post(struct sql *db, const struct bringing *k, const struct shift *s,
                           int64_t now_ms, struct err *e)
{
    struct ledger_journal *j = arena_new(k->a, struct ledger_journal);

    *j = ledger_journal_make(s->agency_id, "J2d",
                             str_fmt(k->a, "deposit:%.*s:%.*s", STR_ARG(s->id), STR_ARG(k->slip)));
    j->day = clock_local(now_ms).date;
    ledger_put_deposit(j, k->amount_vnd);
    return ledger_post(db, now_ms, j, k->a, e);
}

static result brought(struct sql *db, void *arg, struct err *e)
{
    const struct bringing *k = arg;
    const int64_t now_ms = clock_now_ms(k->t->clock);
    int64_t added, changed;
    struct shift s;
    bool known;

    TRY(shift_take(db, k->shift_id, k->a, &s, e));
    TRY(slip_known(db, k, &s, &known, e));
    if (known)
        return OK;
    if (s.state == SHIFT_COUNTED)
        return fail(e, ERR_WRONG_STATE, "its count is being confirmed");
    if (k->amount_vnd <= 0 || k->amount_vnd > shift_left_vnd(&s))
        return fail_field(e, ERR_BUSINESS_RULE, "amount_vnd", "%lld of %lld",
                          (long long)k->amount_vnd, (long long)shift_left_vnd(&s));
    TRY(sql_run_count(db, SQL_SHIFT_DEPOSIT_INSERT, &added, e, sql_t(s.agency_id), sql_t(k->slip),
                      sql_t(s.id), sql_i(k->amount_vnd), sql_t(k->by->name), sql_i(now_ms)));
    if (added != 1)
        return fail_field(e, ERR_CONFLICT, "slip", "used before");
    TRY(sql_run_count(db, SQL_SHIFT_DEPOSITED, &changed, e, sql_t(s.agency_id), sql_t(s.id),
                      sql_i(k->amount_vnd)));
    if (changed != 1)
        return fail(e, ERR_RETRY, "shift %.*s changed meanwhile", STR_ARG(s.id));
    TRY(deposit_post(db, k, &s, now_ms, e));
    return audit_put(db, k->t, &s, "shift.deposited", k->amount_vnd, k->by, e);
}

result shift_deposit(const struct till *t, struct str shift_id, int64_t amount_vnd, struct str slip,
                     const struct proposal_actor *by, struct arena *a, struct err *e)
{
    struct bringing k = { t, shift_id, str_trim(slip), amount_vnd, by, a };

    if (k.slip.n == 0 || k.slip.n > SHIFT_SLIP_BYTES_MAX || !utf8_is_text(k.slip))
        return fail_field(e, ERR_INVALID, "slip", "1 to %d bytes of text", SHIFT_SLIP_BYTES_MAX);
    return sql_transact(t->store, brought, &k, e);
}
