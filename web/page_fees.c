/* The published catalogue of fees and charges (Law 97/2015/QH13 art. 14(1)), as page and as data.
 */
#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"
#include "base/money.h"
#include "base/str.h"
#include "crypto/digest.h"
#include "http/form.h"
#include "payments/fee.h"
#include "web/fee_text.h"
#include "web/input.h"
#include "web/view.h"

#define TAG_DIGITS 32

static int64_t number(const struct json *o, const char *name)
{
    int64_t n = 0;

    (void)json_int(json_member(o, name), &n);
    return n;
}

static struct str text(const struct json *o, const char *name)
{
    struct str s = STR("");

    (void)json_str(json_member(o, name), &s);
    return s;
}

/* "50.000 đ", or "0,15 % of the value, at most 5.000.000 đ". */
static struct str rate_of(struct ctx *c, const struct json *rule)
{
    const int64_t ppm = number(rule, "rate_ppm");
    const int64_t least = number(rule, "least_vnd"), most = number(rule, "most_vnd");
    struct buf b = buf_make(c->arena, 300);

    if (ppm == 0)
        return money_print(c->arena, number(rule, "amount_vnd"));
    buf_fmt(&b, "%.*s %% %.*s", STR_ARG(fee_percent(c->arena, ppm)),
            STR_ARG(view_text(c, "fees.of_value")));
    if (least > 0)
        buf_fmt(&b, ", %.*s %.*s", STR_ARG(view_text(c, "fees.at_least")),
                STR_ARG(money_print(c->arena, least)));
    if (most > 0)
        buf_fmt(&b, ", %.*s %.*s", STR_ARG(view_text(c, "fees.at_most")),
                STR_ARG(money_print(c->arena, most)));
    return buf_str(&b);
}

static struct str validity_of(struct ctx *c, const struct json *rule)
{
    struct date from, to;
    struct buf b = buf_make(c->arena, 200);

    if (date_read(text(rule, "from"), &from))
        buf_fmt(&b, "%.*s %.*s", STR_ARG(view_text(c, "fees.from")),
                STR_ARG(date_vn(c->arena, from)));
    if (date_read(text(rule, "to"), &to))
        buf_fmt(&b, " %.*s %.*s", STR_ARG(view_text(c, "fees.to")), STR_ARG(date_vn(c->arena, to)));
    return buf_str(&b);
}

/* "province 01, online, ward": what a rate is limited to. */
static struct str scope_of(struct ctx *c, const struct json *rule)
{
    static const char *const lists[] = { "places", "channels", "areas" };
    struct buf b = buf_make(c->arena, 500);

    for (size_t i = 0; i < LEN(lists); i++) {
        const struct json *list = json_member(rule, lists[i]);

        for (size_t k = 0; k < json_count(list); k++) {
            struct str word;

            if (!json_str(json_at(list, k), &word))
                continue;
            buf_puts(&b, b.n > 0 ? ", " : "");
            if (i == 0)
                buf_fmt(&b, "%.*s ", STR_ARG(view_text(c, "fees.scope.place")));
            buf_put(&b, i == 0
                            ? word
                            : view_text(c, str_cstr(c->arena,
                                                    str_cat(c->arena, STR("fees.scope."), word))));
        }
    }
    return buf_str(&b);
}

/* Every preference in force that lowers this fee: by how much, since when, on what basis. */
static struct json *reductions_of(struct ctx *c, const struct json *fee)
{
    const struct json *preferences = json_member(fee, "preferences");
    struct json *list = json_array();

    for (size_t i = 0; i < json_count(preferences); i++) {
        const struct json *one = json_at(preferences, i);
        const struct str told[] = { fee_percent(c->arena, number(one, "reduction_ppm")),
                                    text(one, "basis"), validity_of(c, one) };

        json_add_str(list, view_fill(c,
                                     number(one, "level_least") == 2 ? "fees.reduction_level_2"
                                                                     : "fees.reduction",
                                     told, LEN(told)));
    }
    return list;
}

static bool is_false(const struct json *o, const char *name)
{
    bool b = true;

    (void)json_bool(json_member(o, name), &b);
    return !b;
}

static void add_rules(struct ctx *c, struct json *rows, const struct json *fee)
{
    const struct json *rules = json_member(fee, "rules");

    for (size_t i = 0; i < json_count(rules); i++) {
        const struct json *rule = json_at(rules, i);
        struct json *row = json_object();

        json_put_str(row, "name", view_either(c, text(fee, "name_vi"), text(fee, "name_en")));
        json_put_str(row, "code", text(fee, "fee"));
        json_put_str(row, "scope", scope_of(c, rule));
        json_put_str(
            row, "kind",
            view_text(c, str_is(text(fee, "kind"), "phi") ? "pay.kind_phi" : "pay.kind_le_phi"));
        json_put_str(row, "rate", rate_of(c, rule));
        json_put_str(row, "basis", text(rule, "basis"));
        json_put_str(row, "authority", text(rule, "authority"));
        json_put_bool(row, "sample", json_member(rule, "sample") != NULL);
        json_put_bool(row, "kept", is_false(rule, "refund_if_refused"));
        json_put_str(row, "valid", validity_of(c, rule));
        json_put(row, "reductions", reductions_of(c, fee));
        json_add(rows, row);
    }
}

/* The filters of the catalogue: ?procedure=&province=&on= */
struct wanted {
    struct str procedure, province;
    struct date day;
};

static result read_wanted(struct ctx *c, const struct request *rq, struct wanted *w, struct err *e)
{
    static const char *const names[] = {
        "procedure", "province", "on", "ui_locales", "lang", NULL
    };
    struct form query;

    TRY(form_query(rq, &query, e));
    TRY(form_only(&query, names, e));
    *w = (struct wanted){ form_get(&query, "procedure"), form_get(&query, "province"),
                          clock_today(c->app->clock) };
    return form_get(&query, "on").n > 0 ? input_date(form_get(&query, "on"), "on", &w->day, e) : OK;
}

static void put_procedures(struct ctx *c, struct json *data, const struct wanted *w)
{
    struct json *list = json_array();
    struct fee_procedure *all;
    size_t n;

    fee_procedures(c->app->fees, w->day, c->arena, &all, &n);
    for (size_t i = 0; i < n; i++) {
        struct json *o = json_object();

        json_put_str(o, "code", all[i].code);
        json_put_str(o, "name", view_either(c, all[i].name_vi, all[i].name_en));
        json_put_bool(o, "chosen", str_eq(all[i].code, w->procedure));
        json_add(list, o);
    }
    json_put(data, "procedures", list);
}

/* Each province of which an agency is known, once. */
static void put_provinces(struct ctx *c, struct json *data, const struct wanted *w)
{
    struct json *list = json_array();
    struct fee_agency *all;
    size_t n;

    fee_agencies(c->app->fees, w->day, c->arena, &all, &n);
    for (size_t i = 0; i < n; i++) {
        struct json *o;
        size_t k = 0;

        while (k < i && !str_eq(all[k].place, all[i].place))
            k++;
        if (k < i)
            continue;
        o = json_object();
        json_put_str(o, "code", all[i].place);
        json_put_bool(o, "chosen", str_eq(all[i].place, w->province));
        json_add(list, o);
    }
    json_put(data, "provinces", list);
}

/* GET /fees */
result page_fees(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    DEFER(json_close) struct json *catalogue = NULL;
    DEFER(json_close) struct json *data = json_object();
    struct json *rows = json_array();
    const struct json *fees;
    struct wanted w;

    json_put(data, "fees", rows);
    TRY(read_wanted(c, rq, &w, e));
    catalogue = fee_catalogue(c->app->fees, w.day, w.province, w.procedure);
    fees = json_member(catalogue, "fees");
    for (size_t i = 0; i < json_count(fees); i++)
        add_rules(c, rows, json_at(fees, i));
    put_procedures(c, data, &w);
    put_provinces(c, data, &w);
    json_put_str(data, "on", date_vn(c->arena, w.day));
    json_put_str(data, "on_iso", date_iso(c->arena, w.day));
    return view_page(c, rq, rs, "fees", "fees.title", data, e);
}

/* GET /v1/fees?procedure=&province=&on= */
result api_fees(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    static const char *const names[] = { "procedure", "province", "on", NULL };
    DEFER(json_close) struct json *catalogue = NULL;
    struct str body, tag;
    struct form query;
    struct wanted w;

    TRY(form_query(rq, &query, e));
    TRY(form_only(&query, names, e));
    TRY(read_wanted(c, rq, &w, e));
    catalogue = fee_catalogue(c->app->fees, w.day, w.province, w.procedure);
    body = json_print(c->arena, catalogue);
    tag = str_fmt(c->arena, "\"%.*s\"", TAG_DIGITS, digest_hex(c->arena, digest_sha256(body)).p);
    response_header(rs, "ETag", tag);
    response_header_set(rs, "Cache-Control", STR("public, max-age=300"));
    if (str_has(request_header(rq, "If-None-Match"), tag)) {
        rs->status = 304;
        return OK;
    }
    view_json_text(rs, 200, "application/json", body);
    return OK;
}
