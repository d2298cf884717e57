/*
 * One receipt for officers: looked at, and mended in the two ways that the law has. What is asked
 * for here becomes a proposal; another officer decides on it.
 */
#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "base/money.h"
#include "base/str.h"
#include "http/form.h"
#include "payments/receipt_fix.h"
#include "payments/receipt_sign.h"
#include "web/officer.h"
#include "web/view.h"

static void put_state(struct ctx *c, struct json *o, const struct receipt *r)
{
    const bool issued = str_is(r->state, "issued");

    json_put_str(o, "state", officer_text(c, "receipts.state.", r->state));
    json_put_str(o, "look", issued ? STR("good") : STR("warn"));
    json_put_bool(o, "signed", r->signed_ms > 0);
}

static struct json *receipt_row(struct ctx *c, const struct receipt *r)
{
    struct json *o = json_object();

    json_put_str(o, "id", r->id);
    json_put_str(o, "number",
                 str_fmt(c->arena, "%.*s-%.*s", STR_ARG(r->serial), STR_ARG(r->number_text)));
    json_put_str(o, "form", r->form);
    json_put_str(o, "kind", view_kind(c, r->kind));
    json_put_str(o, "agency", r->body_name);
    json_put_str(o, "tax_code", r->body_tax_code);
    json_put_str(o, "reference", r->reference);
    json_put_str(o, "code", r->code);
    view_put_money(c, o, "amount", r->amount_vnd);
    json_put_str(o, "issued", clock_vn(c->arena, r->issued_ms));
    put_state(c, o, r);
    return o;
}

static void put_lines(struct ctx *c, struct json *o, const struct receipt *r)
{
    struct json *lines = json_array();

    for (size_t i = 0; i < r->line_count; i++) {
        struct json *line = json_object();

        json_put_int(line, "n", (int64_t)i);
        json_put_str(line, "name", view_either(c, r->lines[i].name_vi, r->lines[i].name_en));
        json_put_str(line, "basis", r->lines[i].basis_text);
        json_put_str(line, "vnd", str_i64(c->arena, r->lines[i].net_vnd));
        view_put_money(c, line, "amount", r->lines[i].net_vnd);
        json_add(lines, line);
    }
    json_put(o, "lines", lines);
}

static void put_history(struct ctx *c, struct json *o, const struct proposal *list, size_t count)
{
    struct json *rows = json_array();

    for (size_t i = 0; i < count; i++) {
        struct json *row = json_object();
        const char *key =
            str_cstr(c->arena, str_fmt(c->arena, "receipts.%s", proposal_kind_name(list[i].kind)));
        const char *state = str_cstr(c->arena, str_fmt(c->arena, "receipts.proposal_%s",
                                                       proposal_state_name(list[i].state)));

        json_put_str(row, "id", list[i].id);
        json_put_str(row, "kind", view_text(c, key));
        json_put_str(row, "state", view_text(c, state));
        json_put_str(row, "maker", officer_who(c, list[i].maker));
        json_put_str(row, "decided_by", officer_who(c, list[i].decided_by));
        json_put_str(row, "made", clock_vn(c->arena, list[i].made_ms));
        json_put_str(row, "remark", list[i].remark);
        json_add(rows, row);
    }
    json_put(o, "history", rows);
}

/* GET /finance/receipts/{id} */
result page_receipt(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    DEFER(json_close) struct json *data = json_object();
    struct receipt_paper paper;
    struct proposal *history;
    struct json *one;
    struct receipt r;
    size_t count;

    TRY(receipt_load(&c->app->till, request_param(rq, "id"), c->arena, &r, e));
    TRY(receipt_paper_load(&c->app->till, r.id, c->arena, &paper, e));
    TRY(proposal_list_subject(&c->app->till, r.id, c->arena, &history, &count, e));
    one = receipt_row(c, &r);
    put_lines(c, one, &r);
    put_history(c, one, history, count);
    json_put_str(one, "signer", paper.signer);
    json_put_str(one, "signed_at",
                 paper.signed_ms > 0 ? clock_vn(c->arena, paper.signed_ms) : STR(""));
    json_put_str(one, "old_id", r.replaces);
    json_put_str(one, "new_id", r.replaced_by);
    json_put_bool(one, "may_fix",
                  c->staff.role >= STAFF_OFFICER && str_is(r.state, "issued") &&
                      (count == 0 || history[0].state != PROPOSAL_OPEN));
    json_put(data, "receipt", one);
    officer_put_tabs(c, data, "receipts");
    return view_page(c, rq, rs, "receipt", "receipts.one", data, e);
}

static result amounts_read(struct ctx *c, const struct form *f, const struct receipt *r,
                           struct receipt_fix *fix, struct err *e)
{
    int64_t *vnd = arena_array(c->arena, int64_t, r->line_count + 1);

    for (size_t i = 0; i < r->line_count; i++) {
        const char *name = str_cstr(c->arena, str_fmt(c->arena, "line_%zu", i));

        if (money_read(form_get(f, name), &vnd[i], e).failed)
            return fail_field(e, ERR_INVALID, "line_vnd", "not an amount");
    }
    fix->line_vnd = vnd;
    fix->line_count = r->line_count;
    return OK;
}

/* The law's two ways, and no other: what is no error of text is replaced. */
static result fault_read(struct str text, enum receipt_fault *out, struct err *e)
{
    if (str_is(text, "text"))
        *out = RECEIPT_FAULT_TEXT;
    else if (str_is(text, "tax_code"))
        *out = RECEIPT_FAULT_TAX_CODE;
    else if (str_is(text, "amount"))
        *out = RECEIPT_FAULT_AMOUNT;
    else
        return fail_field(e, ERR_INVALID, "fault", "text, tax_code or amount");
    return OK;
}

/* POST /finance/receipts/{id} */
result receipt_fix_post(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    const struct proposal_actor by = { .name = str_cat(c->arena, STR("staff:"), c->staff.name),
                                       .request_id = c->visit.request_id,
                                       .ip = c->visit.ip };
    struct receipt_fix fix = { .receipt_id = request_param(rq, "id") };
    struct proposal p;
    struct receipt r;
    struct form f;

    TRY(form_body(rq, &f, e));
    TRY(fault_read(form_get(&f, "fault"), &fix.fault, e));
    fix.reason = str_trim(form_get(&f, "reason"));
    TRY(receipt_load(&c->app->till, fix.receipt_id, c->arena, &r, e));
    if (fix.fault == RECEIPT_FAULT_AMOUNT)
        TRY(amounts_read(c, &f, &r, &fix, e));
    TRY(receipt_fix_propose(&c->app->till, &fix, &by, c->arena, &p, e));
    view_redirect(rs, str_cat(c->arena, STR("/finance/receipts/"), r.id));
    return OK;
}
