/* The page of one dossier: what motcua says about its fee, and the way there. */
#include "base/money.h"
#include "sandbox/demo_client.h"
#include "sandbox/page.h"

static struct str member_text(const struct json *o, const char *name)
{
    struct str s = STR("");
    (void)json_str(json_member(o, name), &s);
    return s;
}

static struct str member_money(struct arena *a, const struct json *o, const char *name)
{
    int64_t vnd = 0;
    (void)json_int(json_member(o, name), &vnd);
    return money_print(a, vnd);
}

static struct json *lines_data(struct arena *a, const struct json *lines)
{
    struct json *list = json_array();
    for (size_t i = 0; i < json_count(lines); i++) {
        struct json *from = json_at(lines, i), *o = json_object();
        json_put_str(o, "name", member_text(from, "name"));
        json_put_str(o, "basis", member_text(from, "basis"));
        if (json_member(from, "reduction_basis"))
            json_put_str(o, "why", member_text(from, "reduction_basis"));
        json_put_bool(o, "is_phi", str_is(member_text(from, "kind"), "phi"));
        json_put_str(o, "amount", member_money(a, from, "net_vnd"));
        json_add(list, o);
    }
    return list;
}

static struct json *receipts_data(struct arena *a, const struct json *receipts)
{
    struct json *list = json_array();
    for (size_t i = 0; i < json_count(receipts); i++) {
        struct json *from = json_at(receipts, i), *o = json_object();
        struct str pdf = member_text(from, "pdf_url");
        bool safe = str_starts(pdf, STR("http://")) || str_starts(pdf, STR("https://"));
        json_put_str(o, "number", member_text(from, "number"));
        json_put_str(o, "serial", member_text(from, "serial"));
        json_put_str(o, "amount", member_money(a, from, "amount_vnd"));
        json_put_str(o, "url", safe ? pdf : STR(""));
        json_put_bool(o, "is_phi", str_is(member_text(from, "kind"), "phi"));
        json_add(list, o);
    }
    return list;
}

/* States of an order in the words of the page; what is unknown is shown as being checked. */
static void state_put(struct json *data, struct str state)
{
    bool over = str_is(state, "expired") || str_is(state, "cancelled");
    bool paid = str_is(state, "paid") || str_is(state, "overpaid");
    json_put_bool(data, "paid", paid);
    json_put_bool(data, "overpaid", str_is(state, "overpaid"));
    json_put_bool(data, "exempt", str_is(state, "exempt"));
    json_put_bool(data, "open", str_is(state, "open"));
    json_put_bool(data, "over", over);
    json_put_bool(data, "may_ask", over);
    json_put_str(data, "state", state);
}

static bool is_on_motcua(struct sandbox *sb, struct str url)
{
    return str_starts(url, sb->motcua) && url.n > sb->motcua.n && url.p[sb->motcua.n] == '/';
}

static void payment_put(struct sandbox *sb, struct request *rq, const struct dossier *d,
                        struct json *data)
{
    DEFER(json_close) struct json *order = NULL;
    struct str next;

    if (demo_payment_load(sb, rq->arena, d->payment, &order, NULL).failed) {
        json_put_bool(data, "unknown", true);
        return;
    }
    next = member_text(order, "next_url");
    json_put(data, "lines", lines_data(rq->arena, json_member(order, "lines")));
    json_put(data, "receipts", receipts_data(rq->arena, json_member(order, "receipts")));
    json_put_str(data, "total", member_money(rq->arena, order, "total_vnd"));
    json_put_str(data, "transaction", member_text(order, "transaction"));
    json_put_bool(data, "has_transaction", member_text(order, "transaction").n > 0);
    json_put_str(data, "next_url", is_on_motcua(sb, next) ? next : STR(""));
    state_put(data, member_text(order, "state"));
}

result demo_dossier_show(struct sandbox *sb, struct request *rq, struct response *rs, struct err *e)
{
    struct demo_session s;
    struct dossier d;
    struct json *data;

    if (!demo_session_find(sb, rq, &s)) {
        response_redirect(rs, STR("/portal"));
        return OK;
    }
    if (!dossier_find(sb->dossiers, s.sub, request_param(rq, "code"), &d))
        return fail(e, ERR_NOT_FOUND, "dossier");
    const struct procedure *procedure = procedure_find(d.procedure);
    data = json_object();
    json_put_bool(data, "signed_in", true);
    json_put_str(data, "name", s.name);
    json_put_str(data, "csrf", s.csrf);
    json_put_bool(data, "level_two", str_ends(s.acr, STR(":2")));
    json_put_str(data, "code", d.code);
    json_put_str(data, "procedure", d.procedure);
    json_put_str(
        data, "procedure_name",
        catalog_text(page_words(sb, rq), str_c(procedure ? procedure->text : "procedure.other")));
    json_put_bool(data, "has_payment", d.payment.n > 0);
    json_put_bool(data, "may_ask", d.payment.n == 0);
    if (d.payment.n)
        payment_put(sb, rq, &d, data);
    const struct page p = {
        .status = 200, .name = "dossier", .title = "title.dossier", .data = data
    };
    return page_show(sb, rq, rs, &p, e);
}

result demo_pay(struct sandbox *sb, struct request *rq, struct response *rs, struct err *e)
{
    DEFER(json_close) struct json *order = NULL;
    struct form f;
    struct demo_session s;
    struct dossier d;
    struct str id, next;

    TRY(demo_session_form(sb, rq, &f, &s, e));
    if (!dossier_find(sb->dossiers, s.sub, request_param(rq, "code"), &d))
        return fail(e, ERR_NOT_FOUND, "dossier");
    struct str back =
        str_fmt(rq->arena, "%.*s/portal/dossiers/%.*s", STR_ARG(sb->origin), STR_ARG(d.code));
    TRY(demo_payment_make(sb, rq->arena, &d, &s, back, page_language(rq), &order, e));
    TRY(json_need_str(order, "id", 64, &id, e));
    if (!str_eq(id, d.payment))
        TRY(dossier_pay(sb->dossiers, d.code, id, e));
    next = member_text(order, "next_url");
    if (next.n && !is_on_motcua(sb, next))
        return fail(e, ERR_UPSTREAM_BAD, "next_url on another origin");
    /* Nothing to pay: the dossier says so. */
    bool exempt = str_is(member_text(order, "state"), "exempt");
    response_redirect(rs, exempt || !next.n ? back : str_dup(rq->arena, next));
    return OK;
}
