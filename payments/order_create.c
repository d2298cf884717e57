/*
 * A new order. Attacker: a client with odd input; promise: every text is checked, nothing that
 * would make a portal message ambiguous is stored, prices come from the tables only, and the
 * payer's data is sealed before it is written.
 */
#include "base/arena.h"
#include "base/err.h"
#include "base/idno.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/str.h"
#include "base/utf8.h"
#include "crypto/digest.h"
#include "crypto/random.h"
#include "crypto/seal.h"
#include "payments/fee_case.h"
#include "payments/fee_quota.h"
#include "payments/order.h"
#include "payments/order_row.h"
#include "store/sql.h"

#define REFERENCE_BYTES_MAX 50
#define URL_BYTES_MAX       1000
#define TOKEN_BITS          256

static result text_check(struct str s, const char *field, size_t bytes_max, struct err *e)
{
    if (s.n > bytes_max)
        return fail_field(e, ERR_INVALID, field, "longer than %zu bytes", bytes_max);
    if (!utf8_is_text(s) || str_find(s, '|') != s.n)
        return fail_field(e, ERR_INVALID, field, "not text, or holds a separator");
    return OK;
}

static result request_check(const struct order_request *rq, struct err *e)
{
    static const char letters[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_/";

    if (rq->reference.n == 0 || rq->reference.n > REFERENCE_BYTES_MAX ||
        !str_all_in(rq->reference, letters))
        return fail_field(e, ERR_INVALID, "reference", "1 to %d of letters, digits, . - _ /",
                          REFERENCE_BYTES_MAX);
    TRY(text_check(rq->procedure, "procedure", 60, e));
    TRY(text_check(rq->payer.name, "payer.name", LIMIT_NAME_BYTES, e));
    TRY(text_check(rq->payer.id, "payer.id", 20, e));
    TRY(text_check(rq->payer.address, "payer.address", 500, e));
    if (rq->return_url.n > URL_BYTES_MAX || !utf8_is_text(rq->return_url))
        return fail_field(e, ERR_INVALID, "return_url", "too long, or not text");
    if (rq->locale.n > 0 && !str_is(rq->locale, "vi") && !str_is(rq->locale, "en"))
        return fail_field(e, ERR_INVALID, "locale", "neither vi nor en");
    if (rq->level < 0 || rq->level > 2)
        return fail_field(e, ERR_INVALID, "level", "not 0, 1 or 2");
    return OK;
}

static result payer_tidy(const struct payer *in, struct payer *out, struct arena *a, struct err *e)
{
    TRY(utf8_tidy(a, in->name, &out->name, e));
    TRY(utf8_tidy(a, in->id, &out->id, e));
    return utf8_tidy(a, in->address, &out->address, e);
}

/* By which the payer finds the bill: the number in the form in which accounts keep theirs. */
static struct str payer_index(const struct till *t, struct arena *a, struct str id)
{
    const int year = clock_today(t->clock).y;
    struct taxcode tax;
    struct idno person;

    if (!idno_read(id, year, &person, NULL).failed)
        return seal_index(a, t->seal, STR("idno"), str_c(person.text));
    if (!taxcode_read(id, year, &tax, NULL).failed)
        return seal_index(a, t->seal, STR("idno"), str_c(tax.text));
    /* Twelve digits that cannot be: nobody's, rather than anybody's. */
    return id.n == 12 && str_digits(id) ? seal_index(a, t->seal, STR("idno"), id) : STR("");
}

static result order_make(struct sql *db, const struct till *t, const struct order_request *rq,
                         struct arena *a, struct order *o, struct err *e)
{
    struct fee_case c = fee_case_of(rq);
    const int64_t now_ms = clock_now_ms(t->clock);
    struct fee_procedure procedure;

    TRY(fee_procedure_find(t->fees, rq->procedure, rq->received_on, &procedure, e));
    o->agency_id = rq->agency_id;
    o->id = random_id(a, "pay_", now_ms);
    TRY(fee_quota_price(db, t, &c, rq, o, a, e));
    o->token = random_token(a, TOKEN_BITS);
    o->client_id = rq->client_id;
    o->reference = rq->reference;
    o->procedure = procedure.code;
    o->procedure_name_vi = procedure.name_vi;
    o->procedure_name_en = procedure.name_en;
    o->received_on = rq->received_on;
    o->channel = rq->channel;
    o->subject = rq->subject;
    o->level = rq->level;
    o->return_url = rq->return_url;
    o->locale = rq->locale.n > 0 ? rq->locale : STR("vi");
    o->created_ms = o->updated_ms = now_ms;
    o->expires_ms = now_ms + t->order_ttl_s * 1000;
    TRY(payer_tidy(&rq->payer, &o->payer, a, e));
    o->id_index = payer_index(t, a, o->payer.id);
    return OK;
}

static struct str explain_print(const struct fee_line *l, struct arena *a)
{
    DEFER(json_close) struct json *list = fee_explain_json(l);

    return json_print(a, list);
}

result order_write_lines(struct sql *db, const struct order *o, struct arena *a, struct err *e)
{
    for (size_t i = 0; i < o->bill.count; i++) {
        const struct fee_line *l = &o->bill.lines[i];

        TRY(sql_run(db, SQL_ORDER_LINE_INSERT, e, sql_t(o->agency_id), sql_t(o->id),
                    sql_i((int64_t)i + 1), sql_t(l->fee), sql_i(l->kind), sql_t(l->name_vi),
                    sql_t(l->name_en), sql_i(l->quantity), sql_i(l->base_vnd), sql_i(l->gross_vnd),
                    sql_i(l->reduction_vnd), sql_i(l->net_vnd), sql_i(l->retained_vnd),
                    sql_i(l->budget_vnd), sql_t(l->basis), sql_t(l->basis_text),
                    sql_t(l->reduction_id), sql_t(l->reduction_text), sql_t(explain_print(l, a)),
                    sql_i(l->refundable)));
    }
    return OK;
}

static result order_insert(struct sql *db, const struct till *t, const struct order *o,
                           enum order_state state, struct arena *a, struct err *e)
{
    const struct str token = seal_put(a, t->seal, str_cat(a, STR("order.token:"), o->id), o->token);
    const struct str payer = payer_seal(a, t, str_cat(a, STR("order.payer:"), o->id), &o->payer);

    TRY(sql_run(db, SQL_ORDER_INSERT, e, sql_t(o->agency_id), sql_t(o->id),
                sql_t(digest_hex(a, digest_sha256(o->token))), sql_b(token), sql_t(o->client_id),
                sql_t(o->reference), sql_t(o->procedure), sql_t(o->procedure_name_vi),
                sql_t(o->procedure_name_en), sql_t(date_iso(a, o->received_on)), sql_i(o->channel),
                sql_t(str_c(order_state_name(state))), sql_i(o->bill.total_vnd),
                sql_t(digest_hex(a, o->bill.hash)), sql_t(o->subject), sql_i(o->level),
                sql_t(o->id_index), sql_b(payer), sql_t(o->return_url), sql_t(o->locale),
                sql_i(o->created_ms), sql_i(o->expires_ms)));
    return order_write_lines(db, o, a, e);
}

result order_create(struct sql *db, const struct till *t, const struct order_request *rq,
                    struct arena *a, struct order *out, struct err *e)
{
    struct order o = { .state = ORDER_NONE, .taken = true };
    const struct order_cause cause = { .actor = str_cat(a, STR("client:"), rq->client_id),
                                       .source = STR("api"),
                                       .request_id = rq->request_id,
                                       .ip = rq->ip };
    enum order_event event;

    TRY(request_check(rq, e));
    TRY(order_make(db, t, rq, a, &o, e));
    event = o.bill.total_vnd > 0 ? ORDER_EV_ASSESSED : ORDER_EV_WAIVED;
    TRY(order_insert(db, t, &o, o.bill.total_vnd > 0 ? ORDER_OPEN : ORDER_EXEMPT, a, e));
    TRY(fee_case_put(db, &o, rq, a, e));
    TRY(order_step(db, t, &o, event, &cause, a, e));
    *out = o;
    return OK;
}
