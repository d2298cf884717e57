/*
 * Opening the till: settings become what the room works with.
 */
#include "payments/till.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "conf/conf.h"
#include "crypto/secret.h"
#include "payments/portal.h"
#include "payments/refund_rules.h"
#include "payments/vietqr.h"
#include "payments/vnpay.h"

/* Decree 254/2026: the letters a serial may have. */
#define SERIAL_LETTERS "ABCDEGHKLMNPQRSTUVXY"

static result receipt_check(const struct conf *c, struct err *e)
{
    if (c->payments.receipt_serial_letters.n != 2 ||
        !str_all_in(c->payments.receipt_serial_letters, SERIAL_LETTERS))
        return fail(e, ERR_CONFIG, "receipt_serial_letters: two of %s", SERIAL_LETTERS);
    return OK;
}

static result vnpay_start(const struct conf *c, struct vnpay **out, struct err *e)
{
    const struct vnpay_config v = { .pay_url = c->vnpay.pay_url,
                                    .api_url = c->vnpay.api_url,
                                    .pay_origins = c->vnpay.pay_origins,
                                    .tmn_code = c->vnpay.tmn_code,
                                    .secret_file = c->vnpay.secret_file,
                                    .ca_file = c->vnpay.ca_file,
                                    .server_ip = c->vnpay.server_ip,
                                    .pay_ttl_s = c->vnpay.pay_ttl_s,
                                    .timeout_ms = c->vnpay.timeout_ms };

    return c->vnpay.enabled ? vnpay_open(&v, out, e) : OK;
}

/* The account must fit into a symbol: told at the start, not to a payer. */
static result vietqr_start(const struct conf *c, struct till *t, struct err *e)
{
    DEFER(arena_close) struct arena *a = arena_open(64 * 1024);
    const struct vietqr trial = { .bin = c->vietqr.bank_bin, .account = c->vietqr.account };
    struct str text;

    if (!c->vietqr.enabled)
        return OK;
    if (vietqr_make(a, &trial, &text, NULL).failed)
        return fail(e, ERR_CONFIG, "vietqr: bank_bin is 6 digits, account 1 to 19 letters, digits");
    t->vietqr_bin = c->vietqr.bank_bin;
    t->vietqr_account = c->vietqr.account;
    if (c->vietqr.notice_secret_file.n == 0)
        return OK;
    t->bank_secret = calloc(1, sizeof(*t->bank_secret));
    must(t->bank_secret != NULL);
    return secret_load(t->bank_secret, str_cstr(a, c->vietqr.notice_secret_file), e);
}

static void bank_secret_close(struct secret **s)
{
    if (*s != NULL)
        secret_wipe(*s);
    free(*s);
    *s = NULL;
}

result till_open(const struct conf *c, struct sql_pool *store, const struct seal *seal,
                 const struct clock *clock, const struct fee_table *fees, struct till *out,
                 struct err *e)
{
    const struct portal_config portal = { .url = c->portal.url,
                                          .partner_code = c->portal.partner_code,
                                          .version = c->portal.version,
                                          .pay_origins = c->portal.pay_origins,
                                          .secret_file = c->portal.secret_file,
                                          .ca_file = c->portal.ca_file,
                                          .timeout_ms = c->portal.timeout_ms };
    struct till t = { .store = store,
                      .seal = seal,
                      .clock = clock,
                      .fees = fees,
                      .issuer = c->service.issuer,
                      .account = c->portal.account,
                      .order_ttl_s = c->payments.order_ttl_s,
                      .quote_ttl_s = c->payments.quote_ttl_s,
                      .query_first_s = c->payments.query_first_s,
                      .query_horizon_s = c->payments.query_horizon_s,
                      .lease_s = c->jobs.lease_s,
                      .receipt_form = c->payments.receipt_form,
                      .receipt_letters = c->payments.receipt_serial_letters,
                      .receipt_keys_dir = c->payments.receipt_keys_dir,
                      .summary_before_s = c->payments.summary_before_s,
                      .receipt_trust_file = c->payments.receipt_trust_file,
                      .words_chan = c->payments.words_chan };

    TRY(receipt_check(c, e));
    if (refund_rules_open(c->payments.refunds_dir, &t.refunds, e).failed ||
        portal_open(&portal, &t.portal, e).failed || vnpay_start(c, &t.vnpay, e).failed ||
        vietqr_start(c, &t, e).failed) {
        till_close(&t);
        return (result){ true };
    }
    t.counts = calloc(1, sizeof(*t.counts));
    must(t.counts != NULL);
    *out = t;
    return OK;
}

void till_close(struct till *t)
{
    portal_close(&t->portal);
    vnpay_close(&t->vnpay);
    refund_rules_close(&t->refunds);
    bank_secret_close(&t->bank_secret);
    free(t->counts);
    t->counts = NULL;
}
