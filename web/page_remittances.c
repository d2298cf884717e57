/*
 * Paying into the state budget, as officers draft, decide, send and confirm it: what may follow
 * what is finance/remittance.h's.
 */
#include "base/err.h"
#include "base/json.h"
#include "base/money.h"
#include "base/str.h"
#include "finance/remittance.h"
#include "http/form.h"
#include "payments/fee.h"
#include "store/audit.h"
#include "web/input.h"
#include "web/officer.h"
#include "web/table.h"
#include "web/view.h"

enum {
    COL_NUMBER,
    COL_STATE,
    COL_AGENCY,
    COL_TREASURY,
    COL_PERIOD,
    COL_TOTAL,
    COL_RETAINED,
    COL_MADE,
    COL_REMITTED
};
static const struct table_column columns[] = {
    [COL_NUMBER] = { .name = "number", .text = "remittance.number", .kind = TABLE_LINK },
    [COL_STATE] = { .name = "state", .text = "remittance.state", .kind = TABLE_STATE },
    [COL_AGENCY] = { .name = "agency", .text = "remittance.agency", .kind = TABLE_TEXT },
    [COL_TREASURY] = { .name = "treasury",
                       .text = "remittance.treasury",
                       .kind = TABLE_TEXT,
                       .wraps = true,
                       .wide_only = true },
    [COL_PERIOD] = { .name = "period",
                     .text = "remittance.period",
                     .kind = TABLE_TEXT,
                     .wide_only = true },
    [COL_TOTAL] = { .name = "total", .text = "remittance.total", .kind = TABLE_MONEY },
    [COL_RETAINED] = { .name = "retained", .text = "remittance.retained", .kind = TABLE_MONEY },
    [COL_MADE] = { .name = "made",
                   .text = "remittance.made",
                   .kind = TABLE_TIME,
                   .wide_only = true },
    [COL_REMITTED] = { .name = "remitted", .text = "remittance.remitted", .kind = TABLE_DAY },
};

enum { BY_AGENCY, BY_STATE };
static const struct table_filter filters[] = {
    [BY_AGENCY] = { .name = "agency", .text = "remittance.agency", .kind = TABLE_BY_CHOICE },
    [BY_STATE] = { .name = "state",
                   .text = "remittance.state",
                   .kind = TABLE_BY_CHOICE,
                   .choices = "draft approved sent confirmed cancelled",
                   .choice_text = "remittance.state_text." },
};

static enum table_look look_of(enum remittance_state s)
{
    return s == REMITTANCE_CONFIRMED   ? TABLE_GOOD
           : s == REMITTANCE_CANCELLED ? TABLE_PLAIN
                                       : TABLE_WARN;
}

static struct str period_of(const struct ctx *c, const struct remittance *r)
{
    return str_fmt(c->arena, "%.*s – %.*s", STR_ARG(date_vn(c->arena, r->from)),
                   STR_ARG(date_vn(c->arena, r->to)));
}

static struct str state_text(const struct ctx *c, enum remittance_state s)
{
    return officer_text(c, "remittance.state_text.", str_c(remittance_state_name(s)));
}

static result find_rows(struct ctx *c, const struct table_query *q, struct table_rows *rows,
                        struct err *e)
{
    const struct remittance_filter f = { .agency_id = q->values[BY_AGENCY].text,
                                         .state = q->values[BY_STATE].text,
                                         .before = q->after,
                                         .most = q->most };
    struct remittance *list;
    size_t n;

    TRY(remittance_list(&c->app->office, &f, c->arena, &list, &n, e));
    for (size_t i = 0; i < n; i++) {
        const struct remittance *r = &list[i];
        struct table_row *row = table_row(rows, r->id);

        if (row == NULL)
            return OK;
        table_link(row, COL_NUMBER, r->number,
                   str_cat(c->arena, STR("/finance/remittances/"), r->id));
        table_state(row, COL_STATE, look_of(r->state), state_text(c, r->state));
        table_text(row, COL_AGENCY, r->agency_id);
        table_text(row, COL_TREASURY, r->treasury);
        table_text(row, COL_PERIOD, period_of(c, r));
        table_number(row, COL_TOTAL, r->total_vnd);
        table_number(row, COL_RETAINED, r->retained_vnd);
        table_time(row, COL_MADE, r->created_ms);
        table_day(row, COL_REMITTED, r->remitted_day);
    }
    return OK;
}

static result choose(struct ctx *c, size_t filter, struct table_choices *list, struct err *e)
{
    const struct date today = clock_local(c->now_ms).date;
    struct fee_agency agency;

    (void)filter;
    (void)e;
    for (size_t i = 0; fee_agency_at(c->app->fees, i, today, &agency); i++)
        table_choice(list, agency.id, view_either(c, agency.name_vi, agency.name_en));
    return OK;
}

static const struct table remittances = { .name = "remittances",
                                          .title = "remittance.title",
                                          .columns = columns,
                                          .column_count = LEN(columns),
                                          .filters = filters,
                                          .filter_count = LEN(filters),
                                          .rows = find_rows,
                                          .choose = choose };

/* The form of a draft: which body, which days; this month until yesterday unless said otherwise. */
static void put_form(struct ctx *c, struct json *data, const struct form *form)
{
    const struct date today = clock_local(c->now_ms).date;
    const struct date yesterday = date_add_days(today, -1);
    const struct str chosen = form_get(form, "agency");
    struct json *rows = json_array();
    struct fee_agency agency;

    for (size_t i = 0; fee_agency_at(c->app->fees, i, today, &agency); i++) {
        struct json *row = json_object();

        json_put_str(row, "value", agency.id);
        json_put_str(row, "text", view_either(c, agency.name_vi, agency.name_en));
        json_put_bool(row, "chosen", str_eq(agency.id, chosen));
        json_add(rows, row);
    }
    json_put(data, "agencies", rows);
    json_put_str(data, "from",
                 form_get(form, "from").n > 0
                     ? form_get(form, "from")
                     : date_iso(c->arena, (struct date){ yesterday.y, yesterday.m, 1 }));
    json_put_str(data, "to",
                 form_get(form, "to").n > 0 ? form_get(form, "to") : date_iso(c->arena, yesterday));
    json_put_bool(data, "may_draft", c->staff.role >= STAFF_OFFICER);
}

static result list_show(struct ctx *c, struct request *rq, struct response *rs,
                        const struct form *form, const struct err *why, struct err *e)
{
    DEFER(json_close) struct json *data = json_object();
    const struct table_page page = {
        .table = &remittances, .tab = "remittances", .page = "finance_remittances", .data = data
    };

    put_form(c, data, form);
    officer_put_mistake(c, data, why);
    TRY(table_answer(c, rq, rs, &page, e));
    if (why->code != ERR_NONE)
        view_status(rs, err_status(why->code));
    return OK;
}

/* GET /finance/remittances */
result page_remittances(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    const struct err none = { .code = ERR_NONE };
    const struct form empty = { 0 };

    return list_show(c, rq, rs, &empty, &none, e);
}

static result draft(struct ctx *c, const struct form *form, struct str *id, struct err *e)
{
    const struct proposal_actor by = officer_actor(c);
    struct remittance_period p = { .agency_id = form_get(form, "agency") };
    struct remittance *list;
    size_t n;

    TRY(input_date(form_get(form, "from"), "from", &p.from, e));
    TRY(input_date(form_get(form, "to"), "to", &p.to, e));
    if (remittance_draft(&c->app->office, &p, &by, c->arena, &list, &n, e).failed)
        return e->code == ERR_NOT_FOUND
                   ? fail_field(e, ERR_BUSINESS_RULE, "to", "nothing to remit in these days")
                   : (result){ true };
    *id = n == 1 ? list[0].id : STR("");
    return OK;
}

/* POST /finance/remittances */
result remittance_draft_post(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    struct err why = { .code = ERR_NONE };
    struct form form;
    struct str id;

    TRY(form_body(rq, &form, e));
    if (!draft(c, &form, &id, &why).failed) {
        view_redirect(rs, id.n > 0 ? str_cat(c->arena, STR("/finance/remittances/"), id)
                                   : STR("/finance/remittances"));
        return OK;
    }
    if (officer_is_mistake(&why))
        return list_show(c, rq, rs, &form, &why, e);
    *e = why;
    return (result){ true };
}

static result put_lines(struct ctx *c, struct json *data, const struct remittance *r, struct err *e)
{
    struct json *rows = json_array();
    struct remittance_line *lines;
    int64_t sum_vnd = 0;
    size_t n;

    json_put(data, "lines", rows);
    TRY(remittance_lines(r, c->arena, &lines, &n, e));
    for (size_t i = 0; i < n; i++) {
        struct json *row = json_object();

        json_put_str(row, "content", lines[i].content);
        json_put_str(row, "chapter", lines[i].chapter);
        json_put_str(row, "sub_item", lines[i].sub_item);
        json_put_str(row, "locality", lines[i].locality);
        json_put_int(row, "orders", lines[i].orders);
        view_put_money(c, row, "amount", lines[i].amount_vnd);
        json_add(rows, row);
        TRY(money_add(sum_vnd, lines[i].amount_vnd, &sum_vnd, e));
    }
    view_put_money(c, data, "sum", sum_vnd);
    json_put_bool(data, "sum_holds", sum_vnd == r->total_vnd);
    return OK;
}

static result put_history(struct ctx *c, struct json *data, const struct remittance *r,
                          struct err *e)
{
    struct json *rows = json_array();
    struct remittance_history *list;
    size_t n;

    json_put(data, "history", rows);
    TRY(remittance_history(&c->app->office, r, c->arena, &list, &n, e));
    for (size_t i = 0; i < n; i++) {
        struct json *row = json_object();

        json_put_str(row, "at", clock_vn(c->arena, list[i].at_ms));
        json_put_str(row, "event", officer_text(c, "remittance.event_text.", list[i].event));
        json_put_str(row, "to", officer_text(c, "remittance.state_text.", list[i].to));
        json_put_str(row, "actor", officer_who(c, list[i].actor));
        json_put_str(row, "detail", list[i].detail);
        json_add(rows, row);
    }
    return OK;
}

static void put_acts(struct ctx *c, struct json *o, const struct remittance *r)
{
    const bool officer = c->staff.role >= STAFF_OFFICER;
    const bool free = r->state == REMITTANCE_DRAFT && r->proposal_id.n == 0;

    json_put_bool(o, "may_submit", officer && free);
    json_put_bool(o, "may_send", officer && r->state == REMITTANCE_APPROVED);
    json_put_bool(o, "may_settle", officer && r->state == REMITTANCE_SENT);
    json_put_bool(o, "waits", r->state == REMITTANCE_DRAFT && r->proposal_id.n > 0);
    json_put_str(o, "today", date_iso(c->arena, clock_local(c->now_ms).date));
}

static void put_remittance(struct ctx *c, struct json *data, const struct remittance *r)
{
    static const char *const looks[] = {
        [TABLE_PLAIN] = "", [TABLE_GOOD] = "good", [TABLE_WARN] = "warn", [TABLE_BAD] = "bad"
    };
    struct json *o = json_object();

    json_put(data, "remittance", o);
    json_put_str(o, "id", r->id);
    json_put_str(o, "number", r->number);
    json_put_str(o, "agency", r->agency_id);
    json_put_str(o, "treasury", r->treasury);
    json_put_str(o, "period", period_of(c, r));
    json_put_str(o, "state", state_text(c, r->state));
    json_put_str(o, "look", str_c(looks[look_of(r->state)]));
    view_put_money(c, o, "total", r->total_vnd);
    view_put_money(c, o, "retained", r->retained_vnd);
    json_put_str(o, "words", view_words(c, r->total_vnd));
    json_put_str(o, "maker", officer_who(c, r->maker));
    json_put_str(o, "made", clock_vn(c->arena, r->created_ms));
    json_put_str(o, "proposal", r->proposal_id);
    json_put_str(o, "treasury_ref", r->treasury_ref);
    json_put_str(o, "remitted_day", r->remitted_day);
    json_put_str(o, "failure", r->failure);
    json_put_str(o, "document", remittance_digest(r, c->arena));
    put_acts(c, o, r);
}

/* What a person read of the treasury, while another has not decided. */
static result put_word(struct ctx *c, struct json *data, const struct remittance *r, struct err *e)
{
    struct proposal *list;
    size_t n;

    TRY(proposal_list_subject(&c->app->till, r->id, c->arena, &list, &n, e));
    for (size_t i = 0; i < n; i++)
        if (list[i].kind == PROPOSAL_REMITTANCE_WORD && list[i].state == PROPOSAL_OPEN)
            json_put_str(data, "word", list[i].id);
    return OK;
}

static result show(struct ctx *c, struct request *rq, struct response *rs, const struct err *why,
                   struct err *e)
{
    DEFER(json_close) struct json *data = json_object();
    struct remittance r;

    TRY(remittance_load(&c->app->office, request_param(rq, "id"), c->arena, &r, e));
    put_remittance(c, data, &r);
    TRY(put_word(c, data, &r, e));
    TRY(put_lines(c, data, &r, e));
    TRY(put_history(c, data, &r, e));
    officer_put_mistake(c, data, why);
    officer_put_tabs(c, data, "remittances");
    TRY(view_page(c, rq, rs, "finance_remittance", "remittance.one", data, e));
    if (why->code != ERR_NONE)
        view_status(rs, err_status(why->code));
    return OK;
}

/* GET /finance/remittances/{id} */
result page_remittance(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    const struct err none = { .code = ERR_NONE };

    return show(c, rq, rs, &none, e);
}

static result settle(struct ctx *c, const struct form *form, struct str id,
                     enum remittance_event ev, struct err *e)
{
    const struct proposal_actor by = officer_actor(c);
    struct remittance_word w = { .event = ev,
                                 .number = form_get(form, "number"),
                                 .why = form_get(form, "why") };
    struct remittance r;
    struct proposal p;

    if (ev == REMITTANCE_EV_CONFIRM) {
        TRY(input_date(form_get(form, "day"), "day", &w.day, e));
        if (money_read(form_get(form, "amount"), &w.amount_vnd, e).failed)
            return fail_field(e, ERR_INVALID, "amount_vnd", "an amount in dong");
        return remittance_propose_word(&c->app->office, id, &w, form_get(form, "remark"), &by,
                                       c->arena, &p, e);
    }
    return remittance_settle(&c->app->office, id, &w, &by, c->arena, &r, e);
}

static result act(struct ctx *c, const struct form *form, struct str id, struct err *e)
{
    const struct proposal_actor by = officer_actor(c);
    const struct office *f = &c->app->office;
    const struct str what = form_get(form, "act");
    struct remittance r;

    if (str_is(what, "submit")) {
        const struct remittance_ask ask = { form_get(form, "document"), form_get(form, "remark") };

        return remittance_submit(f, id, &ask, &by, c->arena, &r, e);
    }
    if (str_is(what, "renew"))
        return remittance_renew(f, id, &by, c->arena, &r, e);
    if (str_is(what, "cancel"))
        return remittance_move(f, id, REMITTANCE_EV_CANCEL, &by, c->arena, &r, e);
    if (str_is(what, "send"))
        return remittance_move(f, id, REMITTANCE_EV_SEND, &by, c->arena, &r, e);
    if (str_is(what, "recall"))
        return remittance_move(f, id, REMITTANCE_EV_RECALL, &by, c->arena, &r, e);
    if (str_is(what, "confirm"))
        return settle(c, form, id, REMITTANCE_EV_CONFIRM, e);
    if (str_is(what, "refuse"))
        return settle(c, form, id, REMITTANCE_EV_REFUSE, e);
    return fail_field(e, ERR_INVALID, "act", "no such act");
}

/* POST /finance/remittances/{id} */
result remittance_act(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    const struct str id = request_param(rq, "id");
    struct err why = { .code = ERR_NONE };
    struct form form;

    TRY(form_body(rq, &form, e));
    if (!act(c, &form, id, &why).failed) {
        view_redirect(rs, str_cat(c->arena, STR("/finance/remittances/"), id));
        return OK;
    }
    if (officer_is_mistake(&why))
        return show(c, rq, rs, &why, e);
    *e = why;
    return (result){ true };
}

/* GET /finance/remittances/{id}/{file} */
result remittance_file(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    static const struct {
        const char *name, *type, *end;
    } files[] = {
        [REMITTANCE_PDF] = { "slip.pdf", "application/pdf", "pdf" },
        [REMITTANCE_CSV] = { "slip.csv", "text/csv; charset=utf-8", "csv" },
        [REMITTANCE_XLSX] = { "slip.xlsx",
                              "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
                              "xlsx" },
    };
    const struct str name = request_param(rq, "file");
    const struct proposal_actor by = officer_actor(c);
    struct remittance r;
    struct str bytes;
    size_t form = 0;

    while (form < LEN(files) && !str_is(name, files[form].name))
        form++;
    if (form == LEN(files))
        return fail(e, ERR_NOT_FOUND, "slip.pdf, slip.csv or slip.xlsx");
    TRY(remittance_load(&c->app->office, request_param(rq, "id"), c->arena, &r, e));
    TRY(remittance_print(&r, (enum remittance_form)form, c->arena, &bytes, e));
    const struct audit_event seen = { .actor = by.name,
                                      .action = STR("remittance.paper"),
                                      .subject = r.id,
                                      .request_id = by.request_id,
                                      .ip = by.ip };

    TRY(audit_write(c->app->till.store, c->now_ms, &seen, e));
    response_header(rs, "Content-Disposition",
                    str_fmt(c->arena, "%s; filename=\"%.*s.%s\"",
                            form == REMITTANCE_PDF ? "inline" : "attachment", STR_ARG(r.number),
                            files[form].end));
    response_body(rs, 200, files[form].type, bytes);
    return OK;
}
