/* Receipts: the PDF for whom it concerns, and the public page behind its QR symbol. */
#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
#include "http/form.h"
#include "payments/receipt.h"
#include "web/onlooker.h"
#include "web/view.h"

/* GET /receipts/{id} */
result receipt_file(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    struct receipt receipt;
    struct onlooker who;
    struct order order;
    struct str pdf;

    TRY(receipt_load(&c->app->till, request_param(rq, "id"), c->arena, &receipt, e));
    TRY(order_load(&c->app->till, receipt.order_id, STR(""), c->arena, &order, e));
    TRY(onlooker_find(c, &order, &who, e));
    TRY(order_may_see(&order, c->session.account, who.id_index, e));
    if (!order_may_see_payer(&order, c->session.account, who.id_index))
        receipt.payer = (struct payer){ STR(""), STR(""), STR("") };
    TRY(receipt_pdf(&c->app->till, &receipt, c->arena, &pdf, e));
    response_header(rs, "Content-Disposition",
                    str_fmt(c->arena, "inline; filename=\"%.*s-%.*s.pdf\"", STR_ARG(receipt.serial),
                            STR_ARG(receipt.number_text)));
    response_body(rs, 200, "application/pdf", pdf);
    return OK;
}

static void put_public(struct ctx *c, struct json *data, const struct receipt_public *r)
{
    struct json *o = json_object();

    json_put_str(o, "number", r->number_text);
    json_put_str(o, "form", r->form);
    json_put_str(o, "serial", r->serial);
    json_put_str(o, "kind", view_kind(c, r->kind));
    json_put_str(o, "agency", r->body_name);
    json_put_str(o, "tax_code", r->body_tax_code);
    view_put_money(c, o, "amount", r->amount_vnd);
    json_put_str(o, "amount_words", view_words(c, r->amount_vnd));
    json_put_str(o, "issued", date_vn(c->arena, r->issued_on));
    json_put(data, "receipt", o);
}

/* The look-up form and what is known of the code; an unknown code is an answer too, no error page.
 * Without a code there is the form alone. */
static result show(struct ctx *c, struct request *rq, struct response *rs, struct str code,
                   const struct receipt_public *receipt, struct err *e)
{
    DEFER(json_close) struct json *data = json_object();

    json_put_str(data, "code", code);
    json_put_bool(data, "unknown", code.n > 0 && receipt == NULL);
    if (receipt)
        put_public(c, data, receipt);
    TRY(view_page(c, rq, rs, "verify", "verify.title", data, e));
    view_status(rs, code.n > 0 && receipt == NULL ? 404 : 200);
    return OK;
}

/* GET /verify/{code} */
result page_verify(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    const struct str code = request_param(rq, "code");
    struct receipt_public receipt;
    bool found;

    found = !receipt_verify(&c->app->till, code, c->arena, &receipt, e).failed;
    if (!found && e->code != ERR_NOT_FOUND)
        return (result){ true };
    return show(c, rq, rs, code, found ? &receipt : NULL, e);
}

/* What was typed, or pasted from below the QR symbol: a code, or the address that ends in it. */
static struct str typed_code(struct str typed)
{
    struct str rest = str_trim(typed);
    struct str code = rest;

    while (str_next(&rest, '/', &code))
        ;
    return code;
}

/* GET /verify?code=...: what the look-up form sends. */
result page_verify_form(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    struct form query;
    struct str typed, code;

    TRY(form_query(rq, &query, e));
    typed = form_get(&query, "code");
    code = typed_code(typed);
    if (code.n == 0 || code.n > 64 ||
        !str_all_in(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"))
        return show(c, rq, rs, typed, NULL, e);
    view_redirect(rs, str_cat(c->arena, STR("/verify/"), code));
    return OK;
}
