/* What operators ask: alive, ready, figures. */
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/limits.h"
#include "base/str.h"
#include "finance/exception.h"
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

/* Open value by class and age; and how many captures the other side does not know (red alert). */
static void put_exceptions(struct ctx *c, struct buf *b)
{
    struct exception_ages *ages = arena_new(c->arena, struct exception_ages);
    struct err why = { .code = ERR_NONE };

    if (exception_ages(&c->app->till, ages, &why).failed)
        return;
    buf_puts(b, "# TYPE motcua_recon_open_value_vnd gauge\n");
    buf_puts(b, "# TYPE motcua_recon_open_count gauge\n");
    for (int k = 0; k < MATCH_COUNT; k++) {
        for (int g = 0; g < EXCEPTION_AGE_COUNT; g++) {
            const char *label =
                str_cstr(c->arena, str_fmt(c->arena, "{class=\"%s\",age=\"%s\"}",
                                           match_name((enum match_class)k),
                                           exception_age_name((enum exception_age)g)));

            if (ages->count[k][g] == 0)
                continue;
            put_counter(b, "recon_open_value_vnd", label, ages->value_vnd[k][g]);
            put_counter(b, "recon_open_count", label, ages->count[k][g]);
        }
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
    put_exceptions(c, &b);
    TRY(buf_end(&b, &text, e));
    response_body(rs, 200, "text/plain; version=0.0.4", text);
    return OK;
}
