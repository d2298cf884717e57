/*
 * The desk's shift: opened, looked for payments in, counted, brought to the bank. Who confirms a
 * difference does so where everything waits for a second person (page_approvals.c).
 */
#include "base/err.h"
#include "base/json.h"
#include "base/money.h"
#include "base/str.h"
#include "http/form.h"
#include "payments/counter.h"
#include "payments/fee.h"
#include "payments/shift.h"
#include "web/counter_find.h"
#include "web/officer.h"
#include "web/view.h"

#define ROWS_SHOWN   200
#define SHIFTS_SHOWN 20

static struct str page_of(const struct ctx *c, struct str shift_id)
{
    return str_cat(c->arena, STR("/counter/shift/"), shift_id);
}

static struct json *shift_row(struct ctx *c, const struct shift *s)
{
    static const char *const looks[] = { [SHIFT_OPEN] = "good",
                                         [SHIFT_COUNTED] = "warn",
                                         [SHIFT_RECOUNT] = "bad",
                                         [SHIFT_CLOSED] = "good" };
    struct json *o = json_object();

    json_put_str(o, "id", s->id);
    json_put_str(o, "desk", s->desk);
    json_put_str(o, "agency_id", s->agency_id);
    json_put_str(o, "officer", officer_who(c, s->officer));
    json_put_str(o, "state", officer_text(c, "shift.state.", str_c(shift_state_name(s->state))));
    json_put_str(o, "look", str_c(looks[s->state]));
    json_put_str(o, "opened", clock_vn(c->arena, s->opened_ms));
    json_put_int(o, "takes", s->takes);
    view_put_money(c, o, "float", s->float_vnd);
    view_put_money(c, o, "cash", s->cash_vnd);
    view_put_money(c, o, "transfer", s->transfer_vnd);
    view_put_money(c, o, "deposited", s->deposited_vnd);
    view_put_money(c, o, "left", shift_left_vnd(s));
    view_put_money(c, o, "drawer", shift_drawer_vnd(s));
    return o;
}

/* Told by a word and a sign, not by colour alone. */
static void put_count(struct ctx *c, struct json *o, const struct shift *s)
{
    const int64_t vnd = s->counted_vnd - s->expected_vnd;

    if (s->counted_ms == 0)
        return;
    json_put_bool(o, "was_counted", true);
    view_put_money(c, o, "expected", s->expected_vnd);
    view_put_money(c, o, "counted", s->counted_vnd);
    view_put_money(c, o, "difference", vnd < 0 ? -vnd : vnd);
    json_put_bool(o, "differs", vnd != 0);
    json_put_str(o, "difference_word",
                 view_text(c, vnd < 0   ? "shift.missing"
                              : vnd > 0 ? "shift.too_much"
                                        : "shift.exact"));
    json_put_str(o, "proposal_id", s->proposal_id);
    if (s->closed_ms > 0)
        json_put_str(o, "closed", clock_vn(c->arena, s->closed_ms));
}

static result put_takes(struct ctx *c, struct json *data, const struct shift *s, struct err *e)
{
    struct json *rows = json_array();
    struct counter_taken *list;
    size_t n;

    json_put(data, "takes_list", rows);
    TRY(counter_takes(&c->app->till, s->id, ROWS_SHOWN, c->arena, &list, &n, e));
    for (size_t i = 0; i < n; i++) {
        struct json *row = json_object();

        json_put_str(row, "order_id", list[i].order_id);
        json_put_str(row, "dossier", list[i].reference);
        json_put_str(
            row, "method",
            officer_text(c, "counter.method.", str_c(counter_method_name(list[i].method))));
        json_put_str(row, "at", clock_vn(c->arena, list[i].at_ms));
        view_put_money(c, row, "amount", list[i].amount_vnd);
        json_add(rows, row);
    }
    return OK;
}

static result put_shifts(struct ctx *c, struct json *data, struct err *e)
{
    struct json *rows = json_array();
    struct shift *list;
    size_t n;

    json_put(data, "shifts", rows);
    TRY(shift_list(&c->app->till, SHIFTS_SHOWN, c->arena, &list, &n, e));
    for (size_t i = 0; i < n; i++) {
        struct json *row = shift_row(c, &list[i]);

        put_count(c, row, &list[i]);
        json_add(rows, row);
    }
    return OK;
}

static void put_agencies(struct ctx *c, struct json *data)
{
    struct json *rows = json_array();
    struct fee_agency agency;

    for (size_t i = 0; fee_agency_at(c->app->fees, i, clock_local(c->now_ms).date, &agency); i++) {
        struct json *row = json_object();

        json_put_str(row, "id", agency.id);
        json_put_str(row, "name", view_either(c, agency.name_vi, agency.name_en));
        json_add(rows, row);
    }
    json_put(data, "agencies", rows);
}

static result mine(struct ctx *c, struct shift *s, bool *found, struct err *e)
{
    struct err why = { .code = ERR_NONE };

    *found = !shift_load_officer(&c->app->till, officer_actor(c).name, c->arena, s, &why).failed;
    return *found || why.code == ERR_NOT_FOUND ? OK : fail(e, why.code, "%s", why.detail);
}

static result desk_show(struct ctx *c, struct request *rq, struct response *rs,
                        const struct err *why, struct err *e)
{
    DEFER(json_close) struct json *data = json_object();
    struct shift s;
    bool found;

    TRY(mine(c, &s, &found, e));
    if (found) {
        json_put(data, "shift", shift_row(c, &s));
        TRY(put_takes(c, data, &s, e));
    } else {
        json_put_bool(data, "may_open", true);
        put_agencies(c, data);
    }
    TRY(put_shifts(c, data, e));
    officer_put_mistake(c, data, why);
    TRY(view_page(c, rq, rs, "counter", "counter.title", data, e));
    if (why->code != ERR_NONE)
        view_status(rs, err_status(why->code));
    return OK;
}

/* GET /counter, GET /counter?q=... */
result page_counter(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    struct err why = { .code = ERR_NONE };
    struct form query;
    struct order o;
    struct shift s;
    struct str what;
    bool found;

    TRY(form_query(rq, &query, e));
    what = str_trim(form_get(&query, "q"));
    if (what.n == 0)
        return desk_show(c, rq, rs, &why, e);
    TRY(mine(c, &s, &found, e));
    if (!counter_find(c, what, found ? s.agency_id : STR(""), &o, &why).failed) {
        view_redirect(rs, str_cat(c->arena, STR("/counter/orders/"), o.id));
        return OK;
    }
    if (why.code != ERR_NOT_FOUND && !officer_is_mistake(&why)) {
        *e = why;
        return (result){ true };
    }
    return desk_show(c, rq, rs, &why, e);
}

static result money_field(const struct form *f, const char *name, const char *field, int64_t *vnd,
                          struct err *e)
{
    const struct str text = str_trim(form_get(f, name));

    *vnd = 0;
    if (text.n == 0)
        return OK;
    if (money_read(text, vnd, e).failed)
        return fail_field(e, ERR_INVALID, field, "not an amount");
    return OK;
}

static result answer(struct ctx *c, struct request *rq, struct response *rs, result r,
                     const struct err *why, struct err *e)
{
    if (!r.failed) {
        view_redirect(rs, STR("/counter"));
        return OK;
    }
    if (officer_is_mistake(why))
        return desk_show(c, rq, rs, why, e);
    *e = *why;
    return (result){ true };
}

/* POST /counter */
result shift_begin(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    const struct proposal_actor by = officer_actor(c);
    struct err why = { .code = ERR_NONE };
    int64_t float_vnd = 0;
    struct form form;
    struct shift s;
    result r;

    TRY(form_body(rq, &form, e));
    r = money_field(&form, "float", "float_vnd", &float_vnd, &why);
    if (!r.failed)
        r = shift_open(&c->app->till, form_get(&form, "agency"), form_get(&form, "desk"), float_vnd,
                       &by, c->arena, &s, &why);
    return answer(c, rq, rs, r, &why, e);
}

static void put_notes(struct ctx *c, struct json *data)
{
    struct json *rows = json_array();

    for (size_t i = 0; i < SHIFT_NOTES; i++) {
        struct json *row = json_object();

        json_put_str(row, "vnd", str_i64(c->arena, shift_notes_vnd[i]));
        view_put_money(c, row, "text", shift_notes_vnd[i]);
        json_add(rows, row);
    }
    json_put(data, "notes", rows);
}

static result put_slips(struct ctx *c, struct json *data, const struct shift *s, struct err *e)
{
    struct json *rows = json_array();
    struct shift_slip *list;
    size_t n;

    json_put(data, "slips", rows);
    TRY(shift_slips(&c->app->till, s->id, ROWS_SHOWN, c->arena, &list, &n, e));
    for (size_t i = 0; i < n; i++) {
        struct json *row = json_object();

        json_put_str(row, "slip", list[i].slip);
        json_put_str(row, "by", officer_who(c, list[i].brought_by));
        json_put_str(row, "at", clock_vn(c->arena, list[i].at_ms));
        view_put_money(c, row, "amount", list[i].amount_vnd);
        json_add(rows, row);
    }
    json_put_bool(data, "has_slips", n > 0);
    return OK;
}

static result shift_show(struct ctx *c, struct request *rq, struct response *rs,
                         const struct err *why, struct err *e)
{
    DEFER(json_close) struct json *data = json_object();
    struct json *one;
    struct shift s;

    TRY(shift_load(&c->app->till, request_param(rq, "id"), c->arena, &s, e));
    one = shift_row(c, &s);
    json_put(data, "shift", one);
    put_count(c, one, &s);
    TRY(put_takes(c, data, &s, e));
    TRY(put_slips(c, data, &s, e));
    put_notes(c, data);
    json_put_str(data, "shift_id", s.id);
    view_put_money(c, data, "left_now", shift_left_vnd(&s));
    json_put_bool(data, "may_close",
                  str_eq(s.officer, officer_actor(c).name) &&
                      (s.state == SHIFT_OPEN || s.state == SHIFT_RECOUNT));
    json_put_bool(data, "may_deposit", s.state != SHIFT_COUNTED && shift_left_vnd(&s) > 0);
    officer_put_mistake(c, data, why);
    TRY(view_page(c, rq, rs, "counter_shift", "shift.title", data, e));
    if (why->code != ERR_NONE)
        view_status(rs, err_status(why->code));
    return OK;
}

/* GET /counter/shift: one's own, or the desk where it is opened. */
result page_shift_mine(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    struct shift s;
    bool found;

    (void)rq;
    TRY(mine(c, &s, &found, e));
    view_redirect(rs, found ? page_of(c, s.id) : STR("/counter"));
    return OK;
}

/* GET /counter/shift/{id} */
result page_shift(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    const struct err none = { .code = ERR_NONE };

    return shift_show(c, rq, rs, &none, e);
}

static result count_read(struct ctx *c, const struct form *f, struct shift_count *out,
                         struct err *e)
{
    const struct str total = str_trim(form_get(f, "total"));

    for (size_t i = 0; i < SHIFT_NOTES; i++) {
        const char *name =
            str_cstr(c->arena, str_fmt(c->arena, "notes_%lld", (long long)shift_notes_vnd[i]));
        const struct str text = str_trim(form_get(f, name));

        if (text.n == 0)
            continue;
        if (!str_digits(text) || !str_to_i64(text, &out->notes[i]))
            return fail_field(e, ERR_INVALID, "counted_vnd", "not a number of notes");
        out->by_notes = true;
    }
    if (!out->by_notes && total.n == 0)
        return fail_field(e, ERR_INVALID, "counted_vnd", "nothing was counted");
    return money_field(f, "total", "counted_vnd", &out->total_vnd, e);
}

static result act(struct ctx *c, const struct form *f, struct str id, struct err *e)
{
    const struct proposal_actor by = officer_actor(c);
    struct shift_count n = { .shift_id = id, .remark = form_get(f, "remark") };
    int64_t amount_vnd;
    struct shift s;

    if (str_is(form_get(f, "act"), "close")) {
        TRY(count_read(c, f, &n, e));
        return shift_close(&c->app->till, &n, &by, c->arena, &s, e);
    }
    if (!str_is(form_get(f, "act"), "deposit"))
        return fail_field(e, ERR_INVALID, "act", "no such act");
    TRY(money_field(f, "amount", "amount_vnd", &amount_vnd, e));
    return shift_deposit(&c->app->till, id, amount_vnd, form_get(f, "slip"), &by, c->arena, e);
}

/* POST /counter/shift/{id} */
result shift_act(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    const struct str id = request_param(rq, "id");
    struct err why = { .code = ERR_NONE };
    struct form form;

    TRY(form_body(rq, &form, e));
    if (!act(c, &form, id, &why).failed) {
        view_redirect(rs, page_of(c, id));
        return OK;
    }
    if (officer_is_mistake(&why))
        return shift_show(c, rq, rs, &why, e);
    *e = why;
    return (result){ true };
}
