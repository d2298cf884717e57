/* What operators ask: alive, ready, figures. */
#include <pthread.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/limits.h"
#include "base/str.h"
#include "finance/exception.h"
#include "finance/figures.h"
#include "payments/receipt_range.h"
#include "payments/receipt_sign.h"
#include "payments/receipt_summary.h"
#include "recon/match_class.h"
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

/* ---- reconciliation and the books ---- */

#define FIGURES_MS 60000 /* scraped more often, they are as they were */

static pthread_mutex_t figures_lock = PTHREAD_MUTEX_INITIALIZER;
static struct figures figures_kept;
static int64_t figures_ms = -FIGURES_MS;

static bool figures_find(struct ctx *c, struct figures *out)
{
    struct err why = { .code = ERR_NONE };
    bool found = true;

    (void)pthread_mutex_lock(&figures_lock);
    if (clock_monotonic_ms() - figures_ms >= FIGURES_MS) {
        found = !figures_read(&c->app->office, &figures_kept, &why).failed;
        if (found)
            figures_ms = clock_monotonic_ms();
    }
    *out = figures_kept;
    (void)pthread_mutex_unlock(&figures_lock);
    return found;
}

/* What was ever found, by class; what is open stands above. */
static void put_lines(struct buf *b, const struct figures *f)
{
    buf_puts(b, "# TYPE motcua_recon_lines_total gauge\n");
    put_counter(b, "recon_lines_total", "{class=\"OK\"}", f->matched);
    for (size_t m = 0; m < MATCH_COUNT; m++) {
        if (f->found[m] > 0 && m != MATCH_OK)
            buf_fmt(b, "motcua_recon_lines_total{class=\"%s\"} %lld\n",
                    match_name((enum match_class)m), (long long)f->found[m]);
    }
}

static void put_waits(struct buf *b, const struct figures *f)
{
    static const char *const bounds[REPORT_STEPS] = { "10",  "30",   "60",    "300",
                                                      "900", "3600", "86400", "+Inf" };
    int64_t n = 0;

    buf_puts(b, "# TYPE motcua_time_to_capture_seconds histogram\n");
    for (size_t i = 0; i < REPORT_STEPS; i++) {
        n += f->waits[i];
        buf_fmt(b, "motcua_time_to_capture_seconds_bucket{le=\"%s\"} %lld\n", bounds[i],
                (long long)n);
    }
    put_counter(b, "time_to_capture_seconds_count", "", n);
}

static void put_figures(struct ctx *c, struct buf *b)
{
    struct figures f;

    if (!figures_find(c, &f))
        return;
    put_lines(b, &f);
    buf_puts(b, "# TYPE motcua_recon_residual_vnd gauge\n");
    put_counter(b, "recon_residual_vnd", "", f.residual_vnd);
    buf_puts(b, "# TYPE motcua_recon_files_missing gauge\n");
    put_counter(b, "recon_files_missing", "", f.files_missing);
    buf_puts(b, "# TYPE motcua_suspense_vnd gauge\n");
    for (size_t i = 0; i < FIGURES_ACCOUNTS; i++)
        buf_fmt(b, "motcua_suspense_vnd{account=\"%d\"} %lld\n", f.accounts[i],
                (long long)f.balances_vnd[i]);
    buf_puts(b, "# TYPE motcua_report_behind gauge\n");
    put_counter(b, "report_behind", "", f.behind);
    put_waits(b, &f);
    if (!f.was_checked)
        return;
    buf_puts(b, "# TYPE motcua_ledger_verify_ok gauge\n");
    put_counter(b, "ledger_verify_ok", "", f.books_hold ? 1 : 0);
    buf_puts(b, "# TYPE motcua_ledger_verify_age_seconds gauge\n");
    put_counter(b, "ledger_verify_age_seconds", "", (c->now_ms - f.checked_ms) / 1000);
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
    put_figures(c, &b);
    TRY(buf_end(&b, &text, e));
    response_body(rs, 200, "text/plain; version=0.0.4", text);
    return OK;
}
