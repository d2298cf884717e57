/*
 * Into the state budget. Attacker: an officer who pays in another sum than was collected, or to
 * another line of the budget, alone, or says alone that the treasury has it; a refund at the same
 * moment; promise: a slip is the sum of the
 * orders it claims, each order's money is claimed once, what a second person approved is what is
 * posted, and what was refunded meanwhile makes the approval fail. Deliberately not done: paying;
 * the bank does.
 */
#include "finance/remittance.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
#include "base/utf8.h"
#include "crypto/digest.h"
#include "crypto/random.h"
#include "finance/remittance_row.h"
#include "payments/refund_rules.h"

#define WHY_BYTES_MAX    500
#define NUMBER_BYTES_MIN 4
#define NUMBER_BYTES_MAX 64

struct drafting {
    const struct office *f;
    const struct remittance_period *p;
    const struct proposal_actor *by;
    struct arena *a;
    struct date today;
    struct remittance *list;
    size_t count;
};

static result number_take(struct sql *db, int64_t *n, struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;

    TRY(sql_find_plain(db, SQL_REMITTANCE_NUMBER, &rows, e));
    TRY(sql_one(rows, e));
    *n = sql_int(rows, 0);
    return OK;
}

static result claim(struct sql *db, const struct remittance *r, struct arena *a, struct err *e)
{
    return sql_run(db, SQL_REMITTANCE_ITEM_CLAIM, e, sql_i(r->n), sql_t(r->agency_id),
                   sql_t(date_iso(a, r->from)), sql_t(date_iso(a, r->to)));
}

static result treasury_of(const struct office *f, const struct remittance *r, struct str fee,
                          struct date today, struct str *out, struct err *e)
{
    struct refund_budget b;

    if (!refund_budget_find(f->till->refunds, r->agency_id, fee, today, &b))
        return fail(e, ERR_CONFIG, "no row of budget.csv for %.*s of %.*s", STR_ARG(fee),
                    STR_ARG(r->agency_id));
    *out = b.treasury;
    return OK;
}

static void draft_make(struct drafting *k, struct remittance *r, int64_t n)
{
    const int64_t now_ms = clock_now_ms(k->f->till->clock);

    *r = (struct remittance){ .agency_id = k->p->agency_id,
                              .n = n,
                              .id = random_id(k->a, "rmt_", now_ms),
                              .from = k->p->from,
                              .to = k->p->to,
                              .maker = k->by->name,
                              .created_ms = now_ms,
                              .updated_ms = now_ms };
    r->number = str_fmt(k->a, "NT%.*s%06lld", STR_ARG(date_compact(k->a, k->today)), (long long)n);
}

/* The draft of that treasury; a new one when there is none yet. */
static result draft_of(struct sql *db, struct drafting *k, struct str treasury, size_t *at,
                       struct err *e)
{
    int64_t n = k->list[0].n;

    for (*at = 0; *at < k->count; (*at)++)
        if (k->list[*at].treasury.n > 0 && str_eq(k->list[*at].treasury, treasury))
            return OK;
    if (k->count == REMITTANCE_DRAFT_MAX)
        return fail(e, ERR_TOO_MANY, "more than %d treasuries", REMITTANCE_DRAFT_MAX);
    if (k->count > 0)
        TRY(number_take(db, &n, e));
    draft_make(k, &k->list[k->count], n);
    k->list[k->count++].treasury = treasury;
    return OK;
}

static result split(struct sql *db, struct drafting *k, const struct remittance *all, struct err *e)
{
    struct remittance_part *parts;
    size_t count, at;
    struct str treasury;

    TRY(remittance_parts(db, all, k->a, &parts, &count, e));
    if (count == 0)
        return fail(e, ERR_NOT_FOUND, "nothing to remit");
    for (size_t i = 0; i < count; i++) {
        TRY(treasury_of(k->f, all, parts[i].split.fee, k->today, &treasury, e));
        TRY(draft_of(db, k, treasury, &at, e));
        if (k->list[at].n != all->n)
            TRY(sql_run(db, SQL_REMITTANCE_ITEM_MOVE, e, sql_i(all->n), sql_t(all->agency_id),
                        sql_i(k->list[at].n), sql_t(parts[i].split.fee)));
    }
    return OK;
}

static result draft(struct sql *db, void *arg, struct err *e)
{
    struct drafting *k = arg;
    struct remittance all = { .agency_id = k->p->agency_id, .from = k->p->from, .to = k->p->to };

    k->count = 0;
    TRY(number_take(db, &all.n, e));
    TRY(claim(db, &all, k->a, e));
    k->list[0].n = all.n;
    TRY(split(db, k, &all, e));
    for (size_t i = 0; i < k->count; i++) {
        struct remittance *r = &k->list[i];

        TRY(remittance_document(db, k->f, k->today, k->a, r, e));
        TRY(remittance_insert(db, r, k->a, e));
        TRY(remittance_step(db, k->f, r, REMITTANCE_EV_DRAFT, k->by, r->number, k->a, e));
    }
    return OK;
}

result remittance_draft(const struct office *f, const struct remittance_period *p,
                        const struct proposal_actor *by, struct arena *a, struct remittance **out,
                        size_t *count, struct err *e)
{
    struct drafting k = { .f = f, .p = p, .by = by, .a = a, .today = clock_today(f->till->clock) };

    if (p->agency_id.n == 0)
        return fail_field(e, ERR_INVALID, "agency", "whose money");
    if (!date_is_valid(p->from))
        return fail_field(e, ERR_INVALID, "from", "a day");
    if (!date_is_valid(p->to) || date_cmp(p->to, p->from) < 0 || date_cmp(p->to, k.today) >= 0)
        return fail_field(e, ERR_INVALID, "to", "a day from then on that is over");
    k.list = arena_array(a, struct remittance, REMITTANCE_DRAFT_MAX);
    TRY(sql_transact(f->till->store, draft, &k, e));
    *out = k.list;
    *count = k.count;
    return OK;
}

struct moving {
    const struct office *f;
    struct str id;
    enum remittance_event ev;
    const struct remittance_word *w;
    const struct remittance_ask *ask;
    struct str remark;
    const struct proposal_actor *by;
    struct arena *a;
    struct remittance *out;
    struct proposal *proposal;
};

/* While another person looks at it, it stands still. */
static result unproposed(const struct remittance *r, struct err *e)
{
    return r->proposal_id.n == 0 ? OK : fail(e, ERR_WRONG_STATE, "a proposal about it is open");
}

static result renew(struct sql *db, void *arg, struct err *e)
{
    struct moving *k = arg;
    struct remittance *r = k->out;
    const struct date today = clock_today(k->f->till->clock);
    struct remittance_part *parts;
    struct str treasury;
    int64_t unused;
    size_t count;

    TRY(number_take(db, &unused, e)); /* beside no other draft */
    TRY(remittance_take(db, k->id, k->a, r, e));
    if (r->state != REMITTANCE_DRAFT)
        return fail(e, ERR_WRONG_STATE, "remittance is %s", remittance_state_name(r->state));
    TRY(unproposed(r, e));
    TRY(sql_run(db, SQL_REMITTANCE_ITEM_DROP, e, sql_i(r->n), sql_t(r->agency_id)));
    TRY(claim(db, r, k->a, e));
    TRY(remittance_parts(db, r, k->a, &parts, &count, e));
    for (size_t i = 0; i < count; i++) {
        TRY(treasury_of(k->f, r, parts[i].split.fee, today, &treasury, e));
        if (!str_eq(treasury, r->treasury))
            TRY(sql_run(db, SQL_REMITTANCE_ITEM_LEAVE, e, sql_i(r->n), sql_t(r->agency_id),
                        sql_t(parts[i].split.fee)));
    }
    r->maker = k->by->name;
    TRY(remittance_document(db, k->f, today, k->a, r, e));
    return remittance_step(db, k->f, r, REMITTANCE_EV_RENEW, k->by, STR(""), k->a, e);
}

result remittance_renew(const struct office *f, struct str id, const struct proposal_actor *by,
                        struct arena *a, struct remittance *out, struct err *e)
{
    struct moving k = { .f = f, .id = id, .by = by, .a = a, .out = out };

    return sql_transact(f->till->store, renew, &k, e);
}

struct str remittance_digest(const struct remittance *r, struct arena *a)
{
    return digest_hex(a, digest_sha256(r->document));
}

/* What is decided on: the document by its digest, and what people read. */
static struct str content_make(const struct remittance *r, struct arena *a)
{
    DEFER(json_close) struct json *o = json_object();

    json_put_str(o, "number", r->number);
    json_put_str(o, "treasury", r->treasury);
    json_put_str(o, "from", date_iso(a, r->from));
    json_put_str(o, "to", date_iso(a, r->to));
    json_put_int(o, "total_vnd", r->total_vnd);
    json_put_int(o, "retained_vnd", r->retained_vnd);
    json_put_str(o, "document_sha256", remittance_digest(r, a));
    return json_print_canonical(a, o);
}

/* Whether the books still hold what it claims. */
static result fresh_check(struct sql *db, const struct remittance *r, struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;
    bool stale;

    TRY(sql_find(db, SQL_REMITTANCE_STALE, &rows, e, sql_i(r->n), sql_t(r->agency_id)));
    TRY(sql_next(rows, &stale, e));
    return stale ? fail_field(e, ERR_STALE, "document", "money of it was refunded meanwhile") : OK;
}

static result submit(struct sql *db, void *arg, struct err *e)
{
    struct moving *k = arg;
    struct remittance *r = k->out;
    struct proposal p = { .kind = PROPOSAL_REMITTANCE, .remark = k->ask->remark };

    TRY(remittance_take(db, k->id, k->a, r, e));
    if (r->state != REMITTANCE_DRAFT)
        return fail(e, ERR_WRONG_STATE, "remittance is %s", remittance_state_name(r->state));
    TRY(unproposed(r, e));
    if (!str_eq(k->ask->document_sha256, remittance_digest(r, k->a)))
        return fail_field(e, ERR_STALE, "document", "not the draft that was shown");
    TRY(fresh_check(db, r, e));
    p.agency_id = r->agency_id;
    p.subject = r->id;
    p.content = content_make(r, k->a);
    p.amount_vnd = r->total_vnd + r->retained_vnd;
    TRY(proposal_make(db, k->f->till, &p, k->by, k->a, e));
    r->proposal_id = p.id;
    r->hash = p.hash;
    return remittance_step(db, k->f, r, REMITTANCE_EV_SUBMIT, k->by, p.hash, k->a, e);
}

result remittance_submit(const struct office *f, struct str id, const struct remittance_ask *ask,
                         const struct proposal_actor *by, struct arena *a, struct remittance *out,
                         struct err *e)
{
    struct moving k = { .f = f, .id = id, .ask = ask, .by = by, .a = a, .out = out };

    return sql_transact(f->till->store, submit, &k, e);
}

result remittance_decided(struct sql *db, const struct office *f, const struct proposal *p,
                          const struct proposal_actor *by, struct arena *a, struct err *e)
{
    struct remittance r;

    TRY(remittance_take(db, p->subject, a, &r, e));
    if (!str_eq(r.proposal_id, p->id) || !str_eq(content_make(&r, a), p->content))
        return fail(e, ERR_BROKEN_CHAIN, "remittance %.*s was altered", STR_ARG(r.id));
    if (p->state != PROPOSAL_APPROVED) {
        r.proposal_id = STR("");
        return remittance_step(db, f, &r, REMITTANCE_EV_REJECT, by, p->decision_remark, a, e);
    }
    TRY(fresh_check(db, &r, e));
    return remittance_step(db, f, &r, REMITTANCE_EV_APPROVE, by, p->hash, a, e);
}

static result move(struct sql *db, void *arg, struct err *e)
{
    struct moving *k = arg;
    struct remittance *r = k->out;

    TRY(remittance_take(db, k->id, k->a, r, e));
    if (k->ev == REMITTANCE_EV_CANCEL) {
        TRY(unproposed(r, e));
        TRY(sql_run(db, SQL_REMITTANCE_ITEM_DROP, e, sql_i(r->n), sql_t(r->agency_id)));
    }
    if (k->ev == REMITTANCE_EV_RECALL)
        r->proposal_id = STR("");
    if (k->ev == REMITTANCE_EV_SEND)
        r->sent_ms = clock_now_ms(k->f->till->clock);
    return remittance_step(db, k->f, r, k->ev, k->by, STR(""), k->a, e);
}

result remittance_move(const struct office *f, struct str id, enum remittance_event ev,
                       const struct proposal_actor *by, struct arena *a, struct remittance *out,
                       struct err *e)
{
    struct moving k = { .f = f, .id = id, .ev = ev, .by = by, .a = a, .out = out };

    if (ev != REMITTANCE_EV_CANCEL && ev != REMITTANCE_EV_SEND && ev != REMITTANCE_EV_RECALL)
        return fail_field(e, ERR_INVALID, "event", "cancel, send or recall");
    return sql_transact(f->till->store, move, &k, e);
}

static result journal_post(struct sql *db, const struct moving *k, const char *kind,
                           const char *what, const struct remittance_part *parts, size_t count,
                           struct err *e)
{
    struct ledger_journal *j = arena_new(k->a, struct ledger_journal);
    struct ledger_split *splits = arena_array(k->a, struct ledger_split, count + 1);
    size_t n = 0;

    for (size_t i = 0; i < count; i++)
        if ((parts[i].split.account == LEDGER_2130) == str_is(str_c(kind), "J4b"))
            splits[n++] = parts[i].split;
    if (n == 0)
        return OK;
    *j = ledger_journal_make(k->out->agency_id, kind,
                             str_fmt(k->a, "%s:%.*s", what, STR_ARG(k->out->id)));
    j->day = k->w->day;
    ledger_put_remitted(j, splits, n);
    return ledger_post(db, clock_now_ms(k->f->till->clock), j, k->a, e);
}

static result ref_check(struct sql *db, const struct moving *k, struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;

    TRY(sql_find(db, SQL_REMITTANCE_REF_COUNT, &rows, e, sql_t(k->out->treasury),
                 sql_t(k->w->number)));
    TRY(sql_one(rows, e));
    return sql_int(rows, 0) == 0
               ? OK
               : fail_field(e, ERR_CONFLICT, "number", "it confirmed another slip");
}

static result confirm(struct sql *db, struct moving *k, struct err *e)
{
    struct remittance *r = k->out;
    struct remittance_part *parts;
    size_t count;

    if (k->w->amount_vnd != r->total_vnd)
        return fail_field(e, ERR_BUSINESS_RULE, "amount_vnd", "not the total of the slip");
    if (r->state == REMITTANCE_CONFIRMED && str_eq(r->treasury_ref, k->w->number))
        return OK;
    if (r->state != REMITTANCE_SENT)
        return fail(e, ERR_WRONG_STATE, "remittance is %s", remittance_state_name(r->state));
    TRY(ref_check(db, k, e));
    TRY(remittance_parts(db, r, k->a, &parts, &count, e));
    r->treasury_ref = k->w->number;
    r->remitted_day = date_iso(k->a, k->w->day);
    TRY(remittance_step(db, k->f, r, REMITTANCE_EV_CONFIRM, k->by, k->w->number, k->a, e));
    TRY(journal_post(db, k, "J4", "remittance", parts, count, e));
    return journal_post(db, k, "J4b", "release", parts, count, e);
}

static result settle(struct sql *db, void *arg, struct err *e)
{
    struct moving *k = arg;
    struct remittance *r = k->out;

    TRY(remittance_take(db, k->id, k->a, r, e));
    if (k->w->event == REMITTANCE_EV_CONFIRM)
        return confirm(db, k, e);
    r->failure = k->w->why;
    r->proposal_id = STR("");
    return remittance_step(db, k->f, r, REMITTANCE_EV_REFUSE, k->by, k->w->why, k->a, e);
}

static bool is_sign(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static bool is_number(struct str s)
{
    bool has_digit = false;

    if (s.n < NUMBER_BYTES_MIN || s.n > NUMBER_BYTES_MAX || !is_sign(s.p[0]) ||
        !is_sign(s.p[s.n - 1]))
        return false;
    for (size_t i = 0; i < s.n; i++) {
        if (!is_sign(s.p[i]) && s.p[i] != '.' && s.p[i] != '/' && s.p[i] != '-')
            return false;
        has_digit |= s.p[i] >= '0' && s.p[i] <= '9';
    }
    return has_digit;
}

static result word_check(const struct remittance_word *w, struct date today, struct err *e)
{
    if (w->event == REMITTANCE_EV_REFUSE)
        return str_trim(w->why).n > 0 && w->why.n <= WHY_BYTES_MAX && utf8_is_text(w->why)
                   ? OK
                   : fail_field(e, ERR_INVALID, "why", "1 to %d bytes of text", WHY_BYTES_MAX);
    if (w->event != REMITTANCE_EV_CONFIRM)
        return fail_field(e, ERR_INVALID, "event", "confirm or refuse");
    if (!is_number(w->number))
        return fail_field(e, ERR_INVALID, "number", "not a number of the treasury");
    if (!date_is_valid(w->day) || date_cmp(w->day, today) > 0)
        return fail_field(e, ERR_INVALID, "day", "a day that is not in the future");
    return OK;
}

result remittance_settle(const struct office *f, struct str id, const struct remittance_word *w,
                         const struct proposal_actor *by, struct arena *a, struct remittance *out,
                         struct err *e)
{
    struct moving k = { .f = f, .id = id, .w = w, .by = by, .a = a, .out = out };

    if (w->event == REMITTANCE_EV_CONFIRM && !str_is(by->name, "system"))
        return fail(e, ERR_FORBIDDEN, "what a person read takes another person");
    TRY(word_check(w, clock_today(f->till->clock), e));
    return sql_transact(f->till->store, settle, &k, e);
}

static struct str word_content(const struct remittance *r, const struct remittance_word *w,
                               struct arena *a)
{
    DEFER(json_close) struct json *o = json_object();

    json_put_str(o, "number", r->number);
    json_put_str(o, "treasury", r->treasury);
    json_put_str(o, "treasury_ref", w->number);
    json_put_str(o, "day", date_iso(a, w->day));
    json_put_int(o, "amount_vnd", w->amount_vnd);
    json_put_int(o, "retained_vnd", r->retained_vnd);
    json_put_str(o, "document_sha256", remittance_digest(r, a));
    return json_print_canonical(a, o);
}

static result word_propose(struct sql *db, void *arg, struct err *e)
{
    struct moving *k = arg;
    struct remittance *r = k->out;
    struct proposal p = { .kind = PROPOSAL_REMITTANCE_WORD, .remark = k->remark };

    TRY(remittance_take(db, k->id, k->a, r, e));
    if (r->state != REMITTANCE_SENT)
        return fail(e, ERR_WRONG_STATE, "remittance is %s", remittance_state_name(r->state));
    if (k->w->amount_vnd != r->total_vnd)
        return fail_field(e, ERR_BUSINESS_RULE, "amount_vnd", "not the total of the slip");
    TRY(ref_check(db, k, e));
    p.agency_id = r->agency_id;
    p.subject = r->id;
    p.content = word_content(r, k->w, k->a);
    p.amount_vnd = r->total_vnd + r->retained_vnd;
    TRY(proposal_make(db, k->f->till, &p, k->by, k->a, e));
    *k->proposal = p;
    return OK;
}

result remittance_propose_word(const struct office *f, struct str id,
                               const struct remittance_word *w, struct str remark,
                               const struct proposal_actor *by, struct arena *a,
                               struct proposal *out, struct err *e)
{
    struct remittance r;
    struct moving k = {
        .f = f, .id = id, .w = w, .remark = remark, .by = by, .a = a, .out = &r, .proposal = out
    };

    if (w->event != REMITTANCE_EV_CONFIRM)
        return fail_field(e, ERR_INVALID, "event", "confirm");
    TRY(word_check(w, clock_today(f->till->clock), e));
    return sql_transact(f->till->store, word_propose, &k, e);
}

static result word_read(const struct proposal *p, struct arena *a, struct remittance_word *w,
                        struct err *e)
{
    DEFER(json_close) struct json *o = NULL;
    struct str day;

    TRY(json_read(p->content, &o, e));
    TRY(json_need_str(o, "treasury_ref", NUMBER_BYTES_MAX, &w->number, e));
    TRY(json_need_str(o, "day", 10, &day, e));
    TRY(json_need_int(o, "amount_vnd", 0, INT64_MAX, &w->amount_vnd, e));
    w->number = str_dup(a, w->number);
    return date_read(day, &w->day) ? OK : fail(e, ERR_BROKEN_CHAIN, "a day that is none");
}

result remittance_word_decided(struct sql *db, const struct office *f, const struct proposal *p,
                               const struct proposal_actor *by, struct arena *a, struct err *e)
{
    struct remittance_word w = { .event = REMITTANCE_EV_CONFIRM };
    struct remittance r;
    struct moving k = { .f = f, .id = p->subject, .w = &w, .by = by, .a = a, .out = &r };

    if (p->state != PROPOSAL_APPROVED)
        return OK;
    TRY(word_read(p, a, &w, e));
    TRY(remittance_take(db, p->subject, a, &r, e));
    if (!str_eq(word_content(&r, &w, a), p->content))
        return fail_field(e, ERR_STALE, "document", "the slip is another one by now");
    return settle(db, &k, e);
}
