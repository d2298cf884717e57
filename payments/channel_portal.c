/*
 * The National Centralized Payment Portal as a channel: portal.h speaks its language, this file
 * puts an attempt into its words.
 */
#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "payments/attempt.h"
#include "payments/channel.h"
#include "payments/order.h"
#include "payments/portal.h"

#define INFO_BYTES_MAX 50

static bool is_enabled(const struct till *t)
{
    return t->portal != NULL;
}

static int64_t timeout_ms(const struct till *t)
{
    return portal_timeout_ms(t->portal);
}

static result prepare(const struct till *t, const struct order *o, struct attempt *at,
                      struct arena *a, struct err *e)
{
    const struct str info = str_cat(a, STR("Thanh toan ho so "), o->reference);

    (void)t;
    (void)e;
    at->reference = portal_make_reference(a, o->reference, at->n);
    at->info = info.n <= INFO_BYTES_MAX ? info : o->reference;
    return OK;
}

/* The portal's words are the interface's; only the names of the types differ. */
static void answer_put(const struct portal_answer *in, struct channel_answer *out)
{
    static const enum channel_result results[] = { [PORTAL_OK] = CHANNEL_OK,
                                                   [PORTAL_REFUSED] = CHANNEL_REFUSED,
                                                   [PORTAL_NO_ANSWER] = CHANNEL_NO_ANSWER };
    static const enum channel_state states[] = { [PORTAL_NOT_FOUND] = CHANNEL_NOT_FOUND,
                                                 [PORTAL_PAID] = CHANNEL_PAID,
                                                 [PORTAL_PENDING] = CHANNEL_PENDING,
                                                 [PORTAL_FAILED] = CHANNEL_UNPAID };

    *out = (struct channel_answer){ .result = results[in->result],
                                    .code = in->code,
                                    .pay_url = in->pay_url,
                                    .state = states[in->state],
                                    .amount_vnd = in->amount_vnd,
                                    .currency = in->currency,
                                    .txn = in->txn,
                                    .bank = in->bank,
                                    .time = in->time,
                                    .evidence = in->evidence };
}

static result start(const struct till *t, const struct order *o, const struct attempt *at,
                    struct arena *a, struct channel_answer *out, struct err *e)
{
    struct portal_answer answer;
    struct fee_agency agency;
    const struct portal_init in = { .reference = at->reference,
                                    .amount_vnd = at->amount_vnd,
                                    .info = at->info,
                                    .time = at->init_time,
                                    .payer_ip = at->payer_ip,
                                    .dossier = o->reference,
                                    .procedure = o->procedure,
                                    .procedure_name = o->procedure_name_vi,
                                    .agency = &agency,
                                    .payer_name = o->payer.name,
                                    .payer_id = o->payer.id,
                                    .payer_address = o->payer.address,
                                    .bill = &o->bill };

    TRY(fee_agency_find(t->fees, o->agency_id, o->received_on, &agency, e));
    TRY(portal_init(t->portal, &in, a, &answer, e));
    answer_put(&answer, out);
    return OK;
}

static result ask(const struct till *t, const struct attempt *at, struct arena *a,
                  struct channel_answer *out, struct err *e)
{
    struct portal_answer answer;

    TRY(portal_query(t->portal, at->reference, at->init_time, a, &answer, e));
    answer_put(&answer, out);
    return OK;
}

static result bill(const struct till *t, const struct attempt *at, struct arena *a, struct str *pdf,
                   struct err *e)
{
    return portal_bill(t->portal, at->reference, at->init_time, a, pdf, e);
}

const struct channel_calls channel_portal = { .is_enabled = is_enabled,
                                              .prepare = prepare,
                                              .start = start,
                                              .ask = ask,
                                              .bill = bill,
                                              .timeout_ms = timeout_ms };
