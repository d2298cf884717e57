/*
 * IPN. Attacker: anyone who can ask for a public address, and VNPAY's messages coming late, twice
 * or against each other; promise: what does not verify changes nothing but counters and a bounded
 * quarantine; what verifies is recorded before it is acknowledged, and money waits for querydr.
 * Deliberately not done: a list of VNPAY's addresses (its answer 03): the signature is the proof.
 */
#include "payments/vnpay_notice.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
#include "http/form.h"
#include "payments/attempt_row.h"
#include "payments/channel.h"
#include "payments/notice_record.h"
#include "payments/order.h"
#include "payments/proposal.h"
#include "payments/reversal.h"
#include "payments/vnpay.h"

static void reply_make(const char *code, const char *message, struct arena *a,
                       struct vnpay_reply *out)
{
    DEFER(json_close) struct json *o = json_object();

    json_put_str(o, "RspCode", str_c(code));
    json_put_str(o, "Message", str_c(message));
    out->code = str_c(code);
    out->body = json_print(a, o);
}

static void reply_failure(enum err_code code, struct arena *a, struct vnpay_reply *out)
{
    switch (code) {
    case ERR_BAD_SIGNATURE:
        reply_make("97", "Invalid Checksum", a, out);
        return;
    case ERR_NOT_FOUND:
        reply_make("01", "Order not found", a, out);
        return;
    case ERR_CONFLICT:
        reply_make("04", "Invalid amount", a, out);
        return;
    default:
        reply_make("99", "Unknown error", a, out);
    }
}

static struct str evidence_make(const struct vnpay_notice *n, struct arena *a)
{
    DEFER(json_close) struct json *o = json_object();

    json_put_str(o, "vnp_TxnRef", n->reference);
    json_put_int(o, "amount_vnd", n->amount_vnd);
    json_put_str(o, "vnp_ResponseCode", n->code);
    json_put_str(o, "vnp_TransactionStatus", n->status);
    json_put_str(o, "vnp_TransactionNo", n->txn);
    json_put_str(o, "vnp_BankCode", n->bank);
    json_put_str(o, "vnp_PayDate", n->time);
    json_put_str(o, "vnp_OrderInfo", n->info);
    return json_print_canonical(a, o);
}

/* Whether somebody has proposed it, whatever became of that: a repeated message opens no new one.
 */
static result is_proposed(const struct till *t, struct str reference, struct arena *a, bool *out,
                          struct err *e)
{
    struct proposal *list;
    size_t count;

    TRY(proposal_list_subject(t, reference, a, &list, &count, e));
    *out = false;
    for (size_t i = 0; i < count; i++)
        *out = *out || list[i].kind == PROPOSAL_REVERSAL;
    return OK;
}

/* Captured money that VNPAY says was taken back. Its querydr must say so too; then the money is in
 * dispute, and two persons decide, none of them this service. No answer is told as such, so that
 * VNPAY repeats its message. */
static result reversal_ask(const struct till *t, struct str reference, struct order_cause *cause,
                           struct arena *a, struct err *e)
{
    const struct proposal_actor by = { .name = STR("system"),
                                       .request_id = cause->request_id,
                                       .ip = cause->ip };
    struct err why = { .code = ERR_NONE };
    struct channel_answer answer;
    struct proposal p;
    bool known;

    TRY(is_proposed(t, reference, a, &known, e));
    if (known)
        return OK;
    cause->mismatch = (struct str){ "", 0 };
    TRY(attempt_ask_for(t, reference, false, cause, a, &answer, e));
    if (answer.result != CHANNEL_OK)
        return fail(e, ERR_UPSTREAM_DOWN, "a reversal that cannot be asked about");
    if (answer.state != CHANNEL_REVERSED ||
        !reversal_propose(t, reference, STR("vnp_TransactionStatus 04"), &by, a, &p, &why).failed)
        return OK;
    /* Proposed at the same moment; or given back already, which reconciliation shows. */
    if (why.code == ERR_CONFLICT || why.code == ERR_WRONG_STATE)
        return OK;
    return fail(e, why.code, "%s", why.detail);
}

static result take(const struct till *t, const struct vnpay_notice *n, struct order_cause *cause,
                   struct arena *a, struct notice_outcome *was, struct err *e)
{
    const struct notice_facts facts = { .channel = "vnpay",
                                        .reference = n->reference,
                                        .amount_vnd = n->amount_vnd,
                                        .currency = STR("VND"),
                                        .txn = n->txn,
                                        .paid = n->paid };

    cause->evidence = evidence_make(n, a);
    TRY(notice_record(t, &facts, cause, a, was, e));
    if (was->wrong)
        return fail_field(e, ERR_CONFLICT, "vnp_Amount", "not that of the attempt");
    if (was->at.state == ATTEMPT_CAPTURED && str_is(n->status, "04"))
        return reversal_ask(t, n->reference, cause, a, e);
    return notice_ask(t, was, cause, a, e);
}

static result read(const struct till *t, const struct form *form, struct arena *a,
                   struct vnpay_notice *out, struct err *e)
{
    if (t->vnpay == NULL)
        return fail(e, ERR_WRONG_STATE, "the channel is off");
    if (form == NULL)
        return fail(e, ERR_MALFORMED, "the query cannot be read");
    return vnpay_read_notice(t->vnpay, form, a, out, e);
}

void vnpay_notice_take(const struct till *t, const struct form *form, struct str query,
                       struct str ip, struct str request_id, struct arena *a,
                       struct vnpay_reply *out, struct err *why)
{
    struct order_cause cause = {
        .actor = STR("vnpay"), .source = STR("notice"), .request_id = request_id, .ip = ip
    };
    struct vnpay_notice n;
    struct notice_outcome was = { 0 };

    *why = (struct err){ .code = ERR_NONE };
    if (read(t, form, a, &n, why).failed || take(t, &n, &cause, a, &was, why).failed) {
        if (why->code != ERR_CONFLICT && why->code != ERR_STORE && why->code != ERR_RETRY &&
            why->code != ERR_UPSTREAM_DOWN) {
            t->counts->notice_refused++;
            notice_quarantine(t, query, why->code, ip, request_id, a);
        }
        reply_failure(why->code, a, out);
        return;
    }
    /* was.at is how it stood when the message was recorded: settled before it came. */
    if (!attempt_is_live(was.at.state) && (was.known || was.at.state == ATTEMPT_CAPTURED))
        reply_make("02", "Order already confirmed", a, out);
    else
        reply_make("00", "Confirm Success", a, out);
}
