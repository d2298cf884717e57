/*
 * Mending receipts. Attacker: an officer who makes a receipt disappear, or grow; promise: the old
 * one stays readable with its number, what takes its place names it, two persons decide on the very
 * amounts, and no replacement says more than was received. Deliberately not done: correcting the
 * payer's name, which the circular leaves to a notice.
 */
#include "payments/receipt_fix.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/str.h"
#include "payments/order.h"
#include "payments/order_row.h"
#include "payments/webhook.h"
#include "store/sql.h"

static const char *const fault_names[] = { "text", "tax_code", "amount" };

struct fixing {
    const struct till *t;
    const struct receipt_fix *fix;
    const struct proposal_actor *by;
    struct arena *a;
    struct proposal *out;
};

/* The lines with new amounts; those without any are left out. */
static void lines_amend(struct receipt *r, const int64_t *line_vnd)
{
    size_t kept = 0;

    r->amount_vnd = 0;
    for (size_t i = 0; i < r->line_count; i++) {
        if (line_vnd[i] == 0)
            continue;
        r->lines[kept] = r->lines[i];
        r->lines[kept++].net_vnd = line_vnd[i];
        r->amount_vnd += line_vnd[i];
    }
    r->line_count = kept;
}

/* What the order's other receipts in force say. */
static result others_find(struct sql *db, const struct receipt *r, int64_t *vnd, struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;

    TRY(sql_find(db, SQL_RECEIPT_OTHERS_VND, &rows, e, sql_t(r->agency_id), sql_t(r->order_id),
                 sql_t(r->id)));
    TRY(sql_one(rows, e));
    *vnd = sql_int(rows, 0);
    return OK;
}

static result amounts_check(struct sql *db, const struct till *t, const struct receipt *r,
                            const int64_t *line_vnd, size_t count, struct arena *a, struct err *e)
{
    struct order o;
    int64_t others_vnd, sum = 0;

    TRY(order_find(db, t, r->order_id, a, &o, e));
    TRY(others_find(db, r, &others_vnd, e));
    if (count != r->line_count)
        return fail_field(e, ERR_INVALID, "line_vnd", "one amount for each line");
    for (size_t i = 0; i < count; i++) {
        if (line_vnd[i] < 0 || line_vnd[i] > o.captured_vnd - others_vnd - sum)
            return fail_field(e, ERR_INVALID, "line_vnd", "below 0, or more than was received");
        sum += line_vnd[i];
    }
    if (sum == 0 || sum == r->amount_vnd)
        return fail_field(e, ERR_INVALID, "line_vnd", "nothing is left, or nothing changes");
    return OK;
}

static result body_amend(const struct till *t, struct receipt *r, struct err *e)
{
    struct fee_agency g;

    TRY(fee_agency_find(t->fees, r->agency_id, clock_today(t->clock), &g, e));
    if (str_eq(g.tax_code, r->body_tax_code))
        return fail(e, ERR_BUSINESS_RULE, "the tables name the tax code that the receipt has");
    r->body_name = g.name_vi;
    r->body_tax_code = g.tax_code;
    r->body_address = g.address;
    return OK;
}

static struct str content_print(const struct fixing *f, const struct receipt *r)
{
    DEFER(json_close) struct json *o = json_object();
    struct json *lines = json_array();

    for (size_t i = 0; i < f->fix->line_count; i++)
        json_add_int(lines, f->fix->line_vnd[i]);
    json_put_str(o, "receipt",
                 str_fmt(f->a, "%.*s %.*s %.*s", STR_ARG(r->form), STR_ARG(r->serial),
                         STR_ARG(r->number_text)));
    json_put_str(o, "fault", str_c(fault_names[f->fix->fault]));
    json_put_int(o, "amount_vnd", r->amount_vnd);
    json_put(o, "line_vnd", lines);
    return json_print_canonical(f->a, o);
}

static result fix_check(struct sql *db, const struct fixing *f, struct receipt *r, struct err *e)
{
    const struct receipt_fix *x = f->fix;
    struct receipt copy = *r;

    if (x->reason.n == 0 || x->reason.n > RECEIPT_REASON_BYTES_MAX)
        return fail_field(e, ERR_INVALID, "reason", "1 to %d bytes of text",
                          RECEIPT_REASON_BYTES_MAX);
    if (!str_is(r->state, "issued"))
        return fail(e, ERR_WRONG_STATE, "receipt is %.*s", STR_ARG(r->state));
    if (x->fault == RECEIPT_FAULT_AMOUNT)
        return amounts_check(db, f->t, r, x->line_vnd, x->line_count, f->a, e);
    return x->fault == RECEIPT_FAULT_TAX_CODE ? body_amend(f->t, &copy, e) : OK;
}

static result propose(struct sql *db, void *arg, struct err *e)
{
    struct fixing *f = arg;
    struct receipt r;

    TRY(receipt_find(db, f->t, f->fix->receipt_id, f->a, &r, e));
    TRY(fix_check(db, f, &r, e));
    *f->out = (struct proposal){ .kind = f->fix->fault == RECEIPT_FAULT_TEXT
                                             ? PROPOSAL_RECEIPT_NOTICE
                                             : PROPOSAL_RECEIPT_REPLACEMENT,
                                 .agency_id = r.agency_id,
                                 .subject = r.id,
                                 .amount_vnd = r.amount_vnd,
                                 .content = content_print(f, &r),
                                 .remark = f->fix->reason };
    return proposal_make(db, f->t, f->out, f->by, f->a, e);
}

result receipt_fix_propose(const struct till *t, const struct receipt_fix *fix,
                           const struct proposal_actor *by, struct arena *a, struct proposal *out,
                           struct err *e)
{
    struct fixing f = { t, fix, by, a, out };

    must(fix->fault == RECEIPT_FAULT_AMOUNT || fix->line_count == 0);
    return sql_transact(t->store, propose, &f, e);
}

/* What was decided on, read back from the proposal itself. */
static result fix_read(const struct proposal *p, struct arena *a, struct receipt_fix *x,
                       struct err *e)
{
    DEFER(json_close) struct json *o = NULL;
    struct json *lines;
    struct str fault;
    int64_t *vnd;

    TRY(json_read(p->content, &o, e));
    TRY(json_need_str(o, "fault", LIMIT_NAME_BYTES, &fault, e));
    TRY(json_need_array(o, "line_vnd", LIMIT_ORDER_LINES, &lines, e));
    *x = (struct receipt_fix){ .receipt_id = p->subject, .reason = p->remark };
    for (size_t i = 0; i < LEN(fault_names); i++)
        if (str_is(fault, fault_names[i]))
            x->fault = (enum receipt_fault)i;
    x->line_count = json_count(lines);
    vnd = arena_array(a, int64_t, x->line_count + 1);
    for (size_t i = 0; i < x->line_count; i++)
        if (!json_int(json_at(lines, i), &vnd[i]))
            return fail(e, ERR_STORE, "proposal %.*s: unreadable", STR_ARG(p->id));
    x->line_vnd = vnd;
    return OK;
}

static result changed_need(int64_t changed, struct err *e)
{
    return changed == 1 ? OK : fail(e, ERR_WRONG_STATE, "the receipt changed meanwhile");
}

static result replace(struct sql *db, const struct fixing *f, const struct receipt *old,
                      struct err *e)
{
    struct receipt r = *old;
    int64_t changed;

    if (f->fix->fault == RECEIPT_FAULT_AMOUNT)
        lines_amend(&r, f->fix->line_vnd);
    else
        TRY(body_amend(f->t, &r, e));
    TRY(receipt_issue_again(db, f->t, old, &r, f->a, e));
    TRY(sql_run_count(db, SQL_RECEIPT_REPLACE, &changed, e, sql_t(old->id), sql_t(r.id)));
    return changed_need(changed, e);
}

static result notify(struct sql *db, const struct receipt *r, struct err *e)
{
    int64_t changed;

    TRY(sql_run_count(db, SQL_RECEIPT_NOTIFY, &changed, e, sql_t(r->id)));
    return changed_need(changed, e);
}

/* With its order's row: a capture that is taken back ends the receipts in force, and must see one
 * that is made here. */
static result receipt_take(struct sql *db, const struct till *t, struct str id, struct arena *a,
                           struct receipt *out, struct order *o, struct err *e)
{
    TRY(receipt_find(db, t, id, a, out, e));
    TRY(order_take(db, t, out->agency_id, out->order_id, a, o, e));
    return receipt_find(db, t, id, a, out, e);
}

result receipt_fix_decided(struct sql *db, const struct till *t, const struct proposal *p,
                           const struct proposal_actor *by, struct arena *a, struct err *e)
{
    struct receipt_fix fix;
    struct fixing f = { .t = t, .fix = &fix, .by = by, .a = a };
    struct receipt r;
    struct order o;

    if (p->state != PROPOSAL_APPROVED)
        return OK;
    TRY(fix_read(p, a, &fix, e));
    TRY(receipt_take(db, t, p->subject, a, &r, &o, e));
    TRY(fix_check(db, &f, &r, e));
    if (fix.fault == RECEIPT_FAULT_TEXT)
        TRY(notify(db, &r, e));
    else
        TRY(replace(db, &f, &r, e));
    const struct webhook_subject told = { o.agency_id, o.client_id, "receipt", r.id };

    TRY(webhook_step_of(db, t, &told, "issued",
                        fix.fault == RECEIPT_FAULT_TEXT ? "notified" : "replaced", a, e));
    return sql_run(db, SQL_RECEIPT_NOTICE_INSERT, e, sql_t(r.agency_id), sql_t(r.id),
                   sql_i(clock_now_ms(t->clock)),
                   sql_t(fix.fault == RECEIPT_FAULT_TEXT ? STR("explained") : STR("replaced")),
                   sql_t(fix.reason), sql_t(p->id));
}
