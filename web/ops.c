/* What operators ask: alive, ready, figures. */
#include "base/buf.h"
#include "base/err.h"
#include "base/limits.h"
#include "base/str.h"
#include "payments/receipt_range.h"
#include "payments/receipt_sign.h"
#include "payments/receipt_summary.h"
#include "store/kv.h"
#include "store/sql.h"
#include "web/view.h"

result ops_alive(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    (void)c, (void)rq, (void)e;
    response_body(rs, 200, "text/plain; charset=utf-8", STR("ok\n"));
    return OK;
}

result ops_ready(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    (void)rq;
    TRY(sql_ping(c->app->stores.sql, e));
    TRY(kv_ping(c->app->stores.kv, e));
    response_body(rs, 200, "text/plain; charset=utf-8", STR("ready\n"));
    return OK;
}

static void put_counter(struct buf *b, const char *name, const char *label, int64_t value)
{
    buf_fmt(b, "motcua_%s%s %lld\n", name, label, (long long)value);
}

/* What somebody must see to: a store that does not answer leaves them out, which alarms too. */
static void put_receipts(struct ctx *c, struct buf *b)
{
    const struct till *t = &c->app->till;
    struct err why = { .code = ERR_NONE };
    int64_t n, s;

    if (!receipt_sign_waiting(t, &n, &s, &why).failed) {
        buf_puts(b, "# TYPE motcua_receipts_unsigned gauge\n");
        put_counter(b, "receipts_unsigned", "", n);
        buf_puts(b, "# TYPE motcua_receipts_unsigned_seconds gauge\n");
        put_counter(b, "receipts_unsigned_seconds", "", s);
    }
    if (!receipt_summary_open(t, &n, &s, &why).failed) {
        buf_puts(b, "# TYPE motcua_th_bldt_open gauge\n");
        put_counter(b, "th_bldt_open", "", n);
        buf_puts(b, "# TYPE motcua_th_bldt_deadline_seconds gauge\n");
        put_counter(b, "th_bldt_deadline_seconds", "", s);
    }
    if (!receipt_range_short(t, &n, &why).failed) {
        buf_puts(b, "# TYPE motcua_receipt_ranges_short gauge\n");
        put_counter(b, "receipt_ranges_short", "", n);
    }
}

result ops_metrics(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    struct till_counts *n = c->app->till.counts;
    struct buf b = buf_make(c->arena, LIMIT_FORM_BYTES);
    struct str text;

    (void)rq;
    buf_puts(&b, "# TYPE motcua_callback_total counter\n");
    put_counter(&b, "callback_total", "{result=\"ok\"}", n->notice_ok);
    put_counter(&b, "callback_total", "{result=\"repeat\"}", n->notice_repeat);
    put_counter(&b, "callback_total", "{result=\"refused\"}", n->notice_refused);
    put_counter(&b, "callback_total", "{result=\"mismatch\"}", n->notice_mismatch);
    buf_puts(&b, "# TYPE motcua_query_total counter\n");
    put_counter(&b, "query_total", "", n->query_total);
    buf_puts(&b, "# TYPE motcua_query_failed_total counter\n");
    put_counter(&b, "query_failed_total", "", n->query_failed);
    buf_puts(&b, "# TYPE motcua_captured_total counter\n");
    put_counter(&b, "captured_total", "", n->captured_total);
    buf_puts(&b, "# TYPE motcua_quarantined_total counter\n");
    put_counter(&b, "quarantined_total", "", n->quarantined);
    put_receipts(c, &b);
    TRY(buf_end(&b, &text, e));
    response_body(rs, 200, "text/plain; version=0.0.4", text);
    return OK;
}
