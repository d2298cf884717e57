/* Receipts: the PDF for whom it concerns, and the public page behind its QR symbol. */
#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
#include "http/form.h"
#include "http/multipart.h"
#include "payments/receipt_sign.h"
#include "store/audit.h"
#include "web/officer.h"
#include "web/onlooker.h"
#include "web/view.h"

/* The receipt of who asks, and whether they may see whose it is. */
static result receipt_of(struct ctx *c, struct str id, struct receipt *r, bool *payer,
                         struct err *e)
{
    struct onlooker who;
    struct order order;

    TRY(receipt_load(&c->app->till, id, c->arena, r, e));
    TRY(order_load(&c->app->till, r->order_id, STR(""), c->arena, &order, e));
    TRY(onlooker_find(c, &order, &who, e));
    TRY(order_may_see(&order, c->session.account, who.id_index, e));
    *payer = order_may_see_payer(&order, c->session.account, who.id_index);
    return OK;
}

/* The signed file, signed now if it is not yet. False: the body's key is not there or out of date;
 * the reason is logged by the job. */
static result signed_find(struct ctx *c, const struct receipt *r, enum receipt_form form,
                          struct str *file, bool *found, struct err *e)
{
    struct receipt_paper paper;

    *found = !receipt_sign(&c->app->till, r->id, c->arena, e).failed;
    if (!*found)
        return e->code == ERR_CONFIG ? OK : (result){ true };
    TRY(receipt_paper_load(&c->app->till, r->id, c->arena, &paper, e));
    *file = paper.bytes[form];
    return OK;
}

static void file_answer(struct ctx *c, struct response *rs, const struct receipt *r,
                        enum receipt_form form, struct str file)
{
    const char *end = form == RECEIPT_PDF ? "pdf" : "xml";

    response_header(rs, "Content-Disposition",
                    str_fmt(c->arena, "%s; filename=\"%.*s-%.*s.%s\"",
                            form == RECEIPT_PDF ? "inline" : "attachment", STR_ARG(r->serial),
                            STR_ARG(r->number_text), end));
    response_body(rs, 200, form == RECEIPT_PDF ? "application/pdf" : "application/xml", file);
}

/* GET /receipts/{id}: the signed PDF; who may not see the payer, and who asks before it could be
 * signed, gets a page that says that it is not. */
static result pdf_answer(struct ctx *c, struct response *rs, struct str id, struct err *e)
{
    const struct receipt_mark mark = { .at_ms = 0 };
    struct receipt r;
    bool payer, found = false;
    struct str pdf;

    TRY(receipt_of(c, id, &r, &payer, e));
    if (payer)
        TRY(signed_find(c, &r, RECEIPT_PDF, &pdf, &found, e));
    else
        r.payer = (struct payer){ STR(""), STR(""), STR("") };
    if (!found)
        TRY(receipt_pdf(&c->app->till, &r, &mark, c->arena, &pdf, e));
    file_answer(c, rs, &r, RECEIPT_PDF, pdf);
    return OK;
}

/* GET /receipts/{id}.xml: the signed XML, for who may see the payer. */
static result xml_answer(struct ctx *c, struct response *rs, struct str id, struct err *e)
{
    struct receipt r;
    bool payer, found;
    struct str xml;

    TRY(receipt_of(c, id, &r, &payer, e));
    if (!payer)
        return fail(e, ERR_FORBIDDEN, "the signed receipt names the payer");
    TRY(signed_find(c, &r, RECEIPT_XML, &xml, &found, e));
    if (!found)
        return fail(e, ERR_WRONG_STATE, "receipt %.*s is not signed yet", STR_ARG(r.id));
    file_answer(c, rs, &r, RECEIPT_XML, xml);
    return OK;
}

/* GET /receipts/{id} and /receipts/{id}.xml */
result receipt_file(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    const struct str id = request_param(rq, "id");

    if (str_ends(id, STR(".xml")))
        return xml_answer(c, rs, str_sub(id, 0, id.n - 4), e);
    return pdf_answer(c, rs, id, e);
}

/* GET /counter/receipts/{id}: for the officer who hands it out. */
result counter_receipt(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    const struct receipt_mark mark = { .at_ms = 0 };
    const struct order_cause cause = officer_cause(c);
    struct receipt r;
    bool found;
    struct str pdf;

    TRY(receipt_load(&c->app->till, request_param(rq, "id"), c->arena, &r, e));
    TRY(signed_find(c, &r, RECEIPT_PDF, &pdf, &found, e));
    if (!found)
        TRY(receipt_pdf(&c->app->till, &r, &mark, c->arena, &pdf, e));
    const struct audit_event seen = { .actor = cause.actor,
                                      .action = STR("receipt.printed"),
                                      .subject = r.id,
                                      .request_id = cause.request_id,
                                      .ip = cause.ip };

    TRY(audit_write(c->app->till.store, c->now_ms, &seen, e));
    file_answer(c, rs, &r, RECEIPT_PDF, pdf);
    return OK;
}

/* Whose signature, since when; and what became of it. */
static void put_signature(struct ctx *c, struct json *o, const struct receipt_public *r)
{
    json_put_bool(o, "is_issued", str_is(r->state, "issued"));
    json_put_bool(o, "is_notified", str_is(r->state, "notified"));
    json_put_bool(o, "is_replaced", str_is(r->state, "replaced"));
    if (r->replacement_code.n > 0) {
        json_put_str(o, "new_number",
                     str_fmt(c->arena, "%.*s %.*s", STR_ARG(r->replacement.serial),
                             STR_ARG(r->replacement.number_text)));
        json_put_str(o, "new_code", r->replacement_code);
    }
    if (r->signed_ms == 0)
        return;
    json_put_str(o, "signed_at", clock_vn(c->arena, r->signed_ms));
    json_put_str(o, "signer", r->signer);
    json_put_str(o, "certificate", r->signer_serial);
    json_put_str(o, "certificate_until", date_vn(c->arena, clock_local(r->signer_until_ms).date));
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
    put_signature(c, o, r);
    json_put(data, "receipt", o);
}

/* A file that is signed by somebody but was not issued here is as bad as an altered one. */
static void put_judgement(struct json *data, const struct receipt_judgement *j)
{
    struct json *o = json_object();

    json_put_bool(o, "same", j->is_issued && j->is_signed);
    json_put_bool(o, "trusted", j->is_issued && j->is_trusted);
    json_put_str(o, "sha256", j->sha256);
    json_put(data, "file", o);
}

/* The look-up form and what is known of the code; an unknown code is an answer too, no error page.
 * Without a code there is the form alone. */
static result show_with(struct ctx *c, struct request *rq, struct response *rs, struct str code,
                        const struct receipt_public *receipt, const struct receipt_judgement *j,
                        struct err *e)
{
    DEFER(json_close) struct json *data = json_object();

    json_put_str(data, "code", code);
    json_put_bool(data, "unknown", code.n > 0 && receipt == NULL);
    if (receipt)
        put_public(c, data, receipt);
    if (j)
        put_judgement(data, j);
    TRY(view_page(c, rq, rs, "verify", "verify.title", data, e));
    view_status(rs, code.n > 0 && receipt == NULL ? 404 : 200);
    return OK;
}

static result show(struct ctx *c, struct request *rq, struct response *rs, struct str code,
                   const struct receipt_public *receipt, struct err *e)
{
    return show_with(c, rq, rs, code, receipt, NULL, e);
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

/* POST /verify: a file, judged. When it is what was issued, its receipt is shown, too. */
result page_verify_file(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    struct receipt_judgement j;
    struct receipt_public receipt;
    struct multipart parts;
    const struct part *file;

    TRY(multipart_read(c->arena, request_header(rq, "Content-Type"), rq->body, &parts, e));
    file = multipart_find(&parts, "file");
    if (file == NULL || file->bytes.n == 0)
        return fail_field(e, ERR_INVALID, "file", "no file was sent");
    TRY(receipt_judge(&c->app->till, file->bytes, c->arena, &j, e));
    if (j.is_issued)
        TRY(receipt_verify(&c->app->till, j.code, c->arena, &receipt, e));
    return show_with(c, rq, rs, j.is_issued ? j.code : STR(""), j.is_issued ? &receipt : NULL, &j,
                     e);
}
