#include "cli/jobs.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "auth/acting.h"
#include "auth/outgoing.h"
#include "auth/session.h"
#include "base/err.h"
#include "base/log.h"
#include "crypto/keyring.h"
#include "finance/exception_search.h"
#include "finance/figures.h"
#include "finance/intake_fetch.h"
#include "finance/report.h"
#include "finance/report_kept.h"
#include "payments/idempotency.h"
#include "payments/outbox.h"
#include "payments/poll.h"
#include "payments/receipt_sign.h"
#include "payments/receipt_summary.h"
#include "payments/refund.h"
#include "web/api_webhook.h"
#include "web/app.h"
#include "web/progress.h"

#define SWEEP_EVERY_MS 3600000

/* Lanes do not wait for each other: a settlement file may take a minute, and payments in doubt must
 * be asked about meanwhile; a portal that does not answer must not keep another signed in; that
 * another process rotated a key is to be known within seconds. */
enum lane_name {
    LANE_MONEY,
    LANE_RECEIPT,
    LANE_DAY,
    LANE_REPORT,
    LANE_SESSION,
    LANE_NOTICE,
    LANE_KEYS,
    LANE_WEBHOOK,
    LANE_WORK, /* started by pages: may take minutes */
    LANE_COUNT
};

#define REPORT_POLL_MS 30000 /* who asks for a report adds up what is missing */
#define NOTICE_POLL_MS 200   /* who signs out is out at once: the question reads one index */

struct lane {
    struct jobs *jobs;
    enum lane_name name;
    pthread_t thread;
};

struct jobs {
    struct site *site;
    struct lane lanes[LANE_COUNT];
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool stopping;
    int64_t swept_ms; /* of the money lane */
};

static result ask_attempt(const struct app *app, bool *did, struct err *e)
{
    return poll_attempt(&app->till, did, e);
}

static result close_order(const struct app *app, bool *did, struct err *e)
{
    return poll_expiry(&app->till, did, e);
}

static result deliver(const struct app *app, bool *did, struct err *e)
{
    return outbox_deliver(&app->till, did, e);
}

static result sign_receipt(const struct app *app, bool *did, struct err *e)
{
    return receipt_sign_due(&app->till, did, e);
}

static result send_refund(const struct app *app, bool *did, struct err *e)
{
    return refund_poll(&app->till, did, e);
}

static result sum_up(const struct app *app, bool *did, struct err *e)
{
    return receipt_summary_due(&app->till, did, e);
}

static result fetch_settlement(const struct app *app, bool *did, struct err *e)
{
    return intake_due(&app->office, did, e);
}

static result watch_folders(const struct app *app, bool *did, struct err *e)
{
    return intake_watch(&app->office, did, e);
}

static result run_released(const struct app *app, bool *did, struct err *e)
{
    return intake_run_due(&app->office, did, e);
}

static result follow_ledger(const struct app *app, bool *did, struct err *e)
{
    return report_follow(&app->till, did, e);
}

static result keep_report(const struct app *app, bool *did, struct err *e)
{
    return report_kept_due(&app->office, did, e);
}

/* Credits without a payment are told to officers, what is open too long to approvers, and what
 * payers wrote is erased after its time. */
static result tend_exceptions(const struct app *app, bool *did, struct err *e)
{
    const int64_t days[] = { 0, app->conf.finance.raise_days_1, app->conf.finance.raise_days_2,
                             app->conf.finance.raise_days_3, app->conf.finance.raise_days_4 };
    int64_t raised;
    bool erased;

    TRY(exception_take_transfers(&app->office, did, e));
    TRY(exception_raise(&app->till, days, &raised, e));
    TRY(exception_narratives_purge(&app->office, app->conf.finance.narrative_days, &erased, e));
    *did = *did || raised > 0 || erased;
    return OK;
}

static result prove_books(const struct app *app, bool *did, struct err *e)
{
    return figures_check_due(&app->office, did, e);
}

static result sweep_session(const struct app *app, bool *did, struct err *e)
{
    struct auth au = app->auth;

    return session_sweep(&au, did, e);
}

static result tend_acting(const struct app *app, bool *did, struct err *e)
{
    struct auth au = app->auth;

    return acting_tend(&au, did, e);
}

static result tell(const struct app *app, bool *did, struct err *e)
{
    struct auth au = app->auth;

    return outgoing_send(&au, did, e);
}

static result post_event(const struct app *app, bool *did, struct err *e)
{
    return webhook_tell(app, did, e);
}

/* Never more than one look a round, so it never says that it had work. */
static result tend_keys(const struct app *app, bool *did, struct err *e)
{
    const struct rotation plan = {
        .now_ms = clock_now_ms(app->clock),
        .keep_s = app->conf.crypto.keep_retired_s,
        .ahead_s = app->conf.crypto.publish_ahead_s,
        .every_s = app->conf.crypto.rotate_days * 86400,
    };
    bool changed = false;
    const result r = keyring_tend(app->keys, &plan, &changed, e);

    (void)did;
    if (changed)
        log_event(LOG_INFO, "keys.changed");
    return r;
}

/* A version that two persons have published holds in every process within seconds. */
static result follow_fees(const struct app *app, bool *did, struct err *e)
{
    bool changed = false;
    const result r = app_follow_fees(app, &changed, e);

    (void)did;
    if (changed)
        log_line(LOG_INFO, "fees.changed", log_int("version", fee_table_version(app->fees)));
    return r;
}

static const struct {
    enum lane_name lane;
    const char *name;
    result (*work)(const struct app *app, bool *did, struct err *e);
} kinds[] = {
    { LANE_MONEY, "job.attempt", ask_attempt },
    { LANE_MONEY, "job.expiry", close_order },
    { LANE_MONEY, "job.outbox", deliver },
    { LANE_MONEY, "job.refund", send_refund },
    { LANE_RECEIPT, "job.receipt", sign_receipt },
    { LANE_RECEIPT, "job.summary", sum_up },
    { LANE_DAY, "job.settlement", fetch_settlement },
    { LANE_REPORT, "job.figures", follow_ledger },
    { LANE_REPORT, "job.report", keep_report },
    { LANE_DAY, "job.watch", watch_folders },
    { LANE_DAY, "job.released", run_released },
    { LANE_RECEIPT, "job.exception", tend_exceptions },
    { LANE_REPORT, "job.books", prove_books },
    { LANE_SESSION, "job.session", sweep_session },
    { LANE_SESSION, "job.acting", tend_acting },
    { LANE_NOTICE, "job.notice", tell },
    { LANE_KEYS, "job.fees", follow_fees },
    { LANE_KEYS, "job.keys", tend_keys },
    { LANE_WEBHOOK, "job.webhook", post_event },
    { LANE_WORK, "job.work", progress_due },
};

static bool is_stopping(struct jobs *j)
{
    bool stopping;

    (void)pthread_mutex_lock(&j->lock);
    stopping = j->stopping;
    (void)pthread_mutex_unlock(&j->lock);
    return stopping;
}

static void rest(struct jobs *j, int64_t ms)
{
    struct timespec until;

    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += ms / 1000;
    until.tv_nsec += ms % 1000 * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    (void)pthread_mutex_lock(&j->lock);
    while (!j->stopping && pthread_cond_timedwait(&j->wake, &j->lock, &until) == 0)
        ;
    (void)pthread_mutex_unlock(&j->lock);
}

static void sweep(struct jobs *j, const struct app *app)
{
    const int64_t now_ms = clock_monotonic_ms();
    struct err e = { 0 };
    int64_t dropped;

    if (j->swept_ms != 0 && now_ms - j->swept_ms < SWEEP_EVERY_MS)
        return;
    j->swept_ms = now_ms;
    if (idempotency_sweep(&app->till, &dropped, &e).failed)
        log_err("job.sweep", &e);
}

/* One round over the lane's kinds; true when any had work. */
static bool round_of_work(const struct lane *lane, const struct app *app)
{
    bool any = false;

    for (size_t i = 0; i < LEN(kinds) && !is_stopping(lane->jobs); i++) {
        struct err e = { 0 };
        bool did = false;

        if (kinds[i].lane != lane->name)
            continue;
        if (kinds[i].work(app, &did, &e).failed)
            log_err(kinds[i].name, &e);
        else
            any |= did;
    }
    return any;
}

static int64_t poll_of(const struct lane *lane, const struct app *app)
{
    const int64_t poll_ms = app->conf.jobs.poll_ms;

    if (lane->name == LANE_REPORT)
        return poll_ms > REPORT_POLL_MS ? poll_ms : REPORT_POLL_MS;
    return lane->name == LANE_NOTICE && poll_ms > NOTICE_POLL_MS ? NOTICE_POLL_MS : poll_ms;
}

static void *run(void *arg)
{
    struct lane *lane = arg;
    struct jobs *j = lane->jobs;

    while (!is_stopping(j)) {
        struct app *app = site_take(j->site);
        const int64_t poll_ms = poll_of(lane, app);
        const bool any = round_of_work(lane, app);

        if (lane->name == LANE_MONEY)
            sweep(j, app);
        site_release(j->site, app);
        if (!any)
            rest(j, poll_ms);
    }
    return NULL;
}

struct jobs *jobs_start(struct site *site)
{
    struct jobs *j = calloc(1, sizeof(*j));
    pthread_condattr_t monotonic;

    must(j != NULL);
    j->site = site;
    (void)pthread_mutex_init(&j->lock, NULL);
    (void)pthread_condattr_init(&monotonic);
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&j->wake, &monotonic);
    (void)pthread_condattr_destroy(&monotonic);
    for (size_t i = 0; i < LANE_COUNT; i++) {
        j->lanes[i] = (struct lane){ .jobs = j, .name = (enum lane_name)i };
        must(pthread_create(&j->lanes[i].thread, NULL, run, &j->lanes[i]) == 0);
    }
    return j;
}

void jobs_stop(struct jobs **p)
{
    struct jobs *j = *p;

    if (j == NULL)
        return;
    (void)pthread_mutex_lock(&j->lock);
    j->stopping = true;
    (void)pthread_cond_broadcast(&j->wake);
    (void)pthread_mutex_unlock(&j->lock);
    for (size_t i = 0; i < LANE_COUNT; i++)
        (void)pthread_join(j->lanes[i].thread, NULL);
    (void)pthread_cond_destroy(&j->wake);
    (void)pthread_mutex_destroy(&j->lock);
    free(j);
    *p = NULL;
}
