/*
 * VietQR as a channel: the payer scans a symbol on our page and their bank transfers the amount,
 * with the attempt's code as the narrative. Nobody is called: the money is recognised where the
 * bank tells of it (transfer.h), which may be after the order's time is over.
 */
#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "payments/attempt.h"
#include "payments/channel.h"
#include "payments/order.h"
#include "payments/transfer.h"
#include "payments/vietqr.h"

static bool is_enabled(const struct till *t)
{
    return t->vietqr_account.n > 0;
}

static struct vietqr symbol_of(const struct till *t, const struct attempt *at)
{
    return (struct vietqr){ .bin = t->vietqr_bin,
                            .account = at->account,
                            .amount_vnd = at->amount_vnd,
                            .purpose = at->reference };
}

static result prepare(const struct till *t, const struct order *o, struct attempt *at,
                      struct arena *a, struct err *e)
{
    struct vietqr symbol;
    struct str text;

    (void)o;
    at->reference = transfer_code_make(a);
    at->info = at->reference;
    at->account = t->vietqr_account;
    symbol = symbol_of(t, at);
    return vietqr_make(a, &symbol, &text, e); /* an amount that does not fit begins nothing */
}

static result start(const struct till *t, const struct order *o, const struct attempt *at,
                    struct arena *a, struct channel_answer *out, struct err *e)
{
    (void)t;
    (void)o;
    (void)at;
    (void)a;
    (void)e;
    *out = (struct channel_answer){ .result = CHANNEL_OK };
    return OK;
}

static result qr(const struct till *t, const struct attempt *at, struct arena *a, struct str *text,
                 struct err *e)
{
    const struct vietqr symbol = symbol_of(t, at);

    return vietqr_make(a, &symbol, text, e);
}

const struct channel_calls channel_vietqr = {
    .is_enabled = is_enabled, .prepare = prepare, .start = start, .qr = qr
};
