/*
 * A payment as one-stop systems are told it: schema `payment` of web/api.def. The payer's name,
 * number and address never leave by this interface; who asked has them.
 */
#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
#include "payments/attempt.h"
#include "payments/receipt.h"
#include "web/api_payment.h"
#include "web/view.h"

static struct json *line_json(const struct fee_line *l)
{
    struct json *o = json_object();

    json_put_str(o, "fee", l->fee);
    json_put_str(o, "kind", fee_kind_name(l->kind));
    json_put_str(o, "name", l->name_vi);
    if (l->name_en.n > 0)
        json_put_str(o, "name_en", l->name_en);
    json_put_int(o, "quantity", l->quantity);
    json_put_int(o, "gross_vnd", l->gross_vnd);
    json_put_int(o, "reduction_vnd", l->reduction_vnd);
    json_put_int(o, "net_vnd", l->net_vnd);
    json_put_int(o, "retained_vnd", l->retained_vnd);
    json_put_int(o, "budget_vnd", l->budget_vnd);
    json_put_str(o, "basis", l->basis_text);
    if (l->reduction_id.n > 0)
        json_put_str(o, "reduction_basis", l->reduction_text);
    json_put_bool(o, "refundable", l->refundable);
    json_put(o, "explain", fee_explain_json(l));
    return o;
}

static void put_lines(struct json *body, const struct order *o)
{
    struct json *lines = json_array();

    for (size_t i = 0; i < o->bill.count; i++)
        json_add(lines, line_json(&o->bill.lines[i]));
    json_put_int(body, "total_vnd", o->bill.total_vnd);
    json_put_int(body, "phi_vnd", o->bill.phi_vnd);
    json_put_int(body, "le_phi_vnd", o->bill.le_phi_vnd);
    json_put_int(body, "captured_vnd", o->captured_vnd);
    json_put(body, "lines", lines);
}

struct json *payment_json(const struct till *t, const struct order *o, const struct json *metadata,
                          struct arena *a)
{
    struct json *body = json_object();

    json_put_str(body, "id", o->id);
    json_put_str(body, "state", str_c(order_state_name(o->state)));
    json_put_str(body, "reference", o->reference);
    json_put_str(body, "agency_id", o->agency_id);
    json_put_str(body, "procedure", o->procedure);
    json_put_str(body, "received_on", date_iso(a, o->received_on));
    json_put_str(body, "channel", o->channel == FEE_ONLINE ? STR("online") : STR("counter"));
    json_put_str(body, "locale", o->locale);
    put_lines(body, o);
    json_put_str(body, "next_url", order_url(t, o, a));
    if (o->return_url.n > 0)
        json_put_str(body, "return_url", o->return_url);
    if (metadata != NULL)
        json_put(body, "metadata", json_copy(metadata));
    json_put_str(body, "created_at", clock_rfc3339(a, o->created_ms));
    json_put_str(body, "updated_at", clock_rfc3339(a, o->updated_ms));
    json_put_str(body, "expires_at", clock_rfc3339(a, o->expires_ms));
    if (o->superseded_by.n > 0)
        json_put_str(body, "superseded_by", o->superseded_by);
    return body;
}

struct json *payment_receipt_json(struct ctx *c, const struct receipt *r)
{
    struct json *o = json_object();

    json_put_str(o, "id", r->id);
    json_put_str(o, "kind", fee_kind_name(r->kind));
    json_put_str(o, "form", r->form);
    json_put_str(o, "serial", r->serial);
    json_put_str(o, "number", r->number_text);
    json_put_int(o, "amount_vnd", r->amount_vnd);
    json_put_str(o, "state", r->state);
    json_put_str(o, "url", receipt_url(&c->app->till, r, c->arena));
    json_put_str(o, "pdf_url",
                 str_fmt(c->arena, "%.*s/receipts/%.*s", STR_ARG(c->app->conf.service.issuer),
                         STR_ARG(r->id)));
    return o;
}

static result put_receipts(struct ctx *c, struct json *body, const struct order *o, struct err *e)
{
    struct json *list = json_array();
    struct receipt *receipts;
    size_t n;

    json_put(body, "receipts", list);
    TRY(receipt_list(&c->app->till, o, c->arena, &receipts, &n, e));
    for (size_t i = 0; i < n; i++)
        json_add(list, payment_receipt_json(c, &receipts[i]));
    return OK;
}

/* Decision 766, indicator 3.6: 1, paid on the National Public Service Portal's platform; 2, through
 * another online channel of the ministry or province; cash and what is paid at a desk is neither.
 */
static int64_t online_by(struct str channel)
{
    if (str_is(channel, "portal"))
        return 1;
    return str_is(channel, "counter") ? 0 : 2;
}

static void put_settlement(struct ctx *c, struct json *body, const struct attempt *paid)
{
    struct json *o;

    if (paid == NULL)
        return;
    o = json_object();
    json_put_str(o, "captured_at", clock_rfc3339(c->arena, paid->captured_ms));
    if (paid->settled_day.n > 0)
        json_put_str(o, "settled_on", paid->settled_day);
    if (paid->remitted_day.n > 0)
        json_put_str(o, "remitted_on", paid->remitted_day);
    json_put(body, "settlement_summary", o);
}

/* The latest attempt, and the latest that brought money. */
static result put_attempts(struct ctx *c, struct json *body, const struct order *o, struct err *e)
{
    const struct attempt *paid = NULL;
    struct attempt *all;
    size_t n;

    TRY(attempt_list(&c->app->till, o, c->arena, &all, &n, e));
    for (size_t i = 0; i < n; i++)
        if (all[i].state == ATTEMPT_CAPTURED)
            paid = &all[i];
    if (n > 0)
        json_put_str(body, "attempt_state", str_c(attempt_state_name(all[n - 1].state)));
    if (paid != NULL) {
        json_put_str(body, "transaction", paid->portal_txn);
        json_put_str(body, "paid_at", clock_rfc3339(c->arena, paid->captured_ms));
    }
    put_settlement(c, body, paid);
    json_put_int(body, "DuocThanhToanTrucTuyen", paid != NULL ? online_by(paid->channel) : 0);
    return OK;
}

/* Money that was never applied to the bill may be asked back, too. */
static void put_refunds(struct json *body, const struct order *o)
{
    struct json *r = json_object();

    json_put_int(r, "available_vnd", o->captured_vnd - o->refunded_vnd - o->reserved_vnd);
    json_put_int(r, "submitted_vnd", o->reserved_vnd);
    json_put_int(r, "refunded_vnd", o->refunded_vnd);
    json_put(body, "refund_summary", r);
}

static void put_sync(struct json *body, const struct order *o)
{
    struct json *list = json_array();

    for (size_t i = 0; i < o->bill.count; i++) {
        const struct fee_line *l = &o->bill.lines[i];
        struct json *fee = json_object();

        json_put_int(fee, "LoaiPhiLePhi", (int64_t)l->kind);
        json_put_str(fee, "MaPhiLePhi", l->fee);
        json_put_str(fee, "TenPhiLePhi", l->name_vi);
        json_put_int(fee, "SoLuong", l->quantity);
        json_put_int(fee, "Gia", l->net_vnd);
        json_add(list, fee);
    }
    json_put(body, "Danhsachphilephi", list);
}

result payment_put_rest(struct ctx *c, struct json *body, const struct order *o, struct err *e)
{
    TRY(put_attempts(c, body, o, e));
    TRY(put_receipts(c, body, o, e));
    put_refunds(body, o);
    put_sync(body, o);
    return OK;
}
