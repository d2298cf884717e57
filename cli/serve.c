/*
 * motcua serve. Signals are taken by one thread with sigwait: SIGTERM and SIGINT stop gracefully,
 * SIGHUP reloads settings, keys, texts and fee tables. What cannot change while running (listener,
 * worker pools, stores) keeps its old value until the next start.
 */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "auth/client.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/str.h"
#include "cli/cli.h"
#include "cli/jobs.h"
#include "http/server.h"
#include "store/migrate.h"
#include "store/sql.h"
#include "web/edge.h"
#include "web/route_row.h"

static void close_server(struct server **s)
{
    server_close(s);
}

static struct server_config server_settings(const struct conf *c, struct site *site)
{
    struct server_config config = {
        .listen = c->http.listen,
        .trusted_proxies = c->http.trusted_proxies,
        .fast_workers = (int)c->http.fast_workers,
        .slow_workers = (int)c->http.slow_workers,
        .queue_max = (int)c->http.queue_max,
        .connections_max = (int)c->http.connections_max,
        .idle_ms = c->http.idle_ms,
        .deadline_ms = c->http.deadline_ms,
        .drain_ms = c->http.drain_ms,
        .clock = site->clock,
        .app = site,
        .serve = edge_serve,
        .refuse = edge_refuse,
        .answered = edge_answered,
    };

    config.routes = routes_all(&config.route_count);
    return config;
}

static void set_log_level(const struct conf *c)
{
    enum log_level level;

    if (log_level_find(c->log.level, &level))
        log_level_set(level);
}

static void reload(struct site *site)
{
    DEFER(arena_close) struct arena *arena = arena_open(LIMIT_ARENA_JOB_BYTES);
    struct buf mistakes = buf_make(arena, LIMIT_PAGE_BYTES);
    struct err e = { 0 };

    if (site_reload(site, &mistakes, &e).failed) {
        log_err("reload.failed", &e);
        log_line(LOG_ERROR, "reload.mistakes", log_str("text", buf_str(&mistakes)));
        return;
    }
    set_log_level(&site->now->conf);
    log_event(LOG_INFO, "reloaded");
}

/* Until told to stop; returns the signal that did. */
static int wait_for_stop(struct site *site, const sigset_t *signals)
{
    int signal_number = 0;

    while (sigwait(signals, &signal_number) == 0 && signal_number == SIGHUP)
        reload(site);
    return signal_number;
}

static result serve(struct site *site, const sigset_t *signals, int64_t start_ms, struct err *e)
{
    const struct server_config config = server_settings(&site->now->conf, site);
    DEFER(close_server) struct server *server = NULL;
    DEFER(jobs_stop) struct jobs *jobs = NULL;
    int signal_number;

    TRY(server_open(&config, &server, e));
    jobs = jobs_start(site);
    log_line(LOG_INFO, "ready", log_str("listen", config.listen),
             log_int("port", server_port(server)),
             log_str("store", str_c(sql_engine(site->stores.sql))),
             log_int("took_ms", clock_monotonic_ms() - start_ms));
    signal_number = wait_for_stop(site, signals);
    log_line(LOG_INFO, "stopping", log_int("signal", signal_number));
    server_stop(server);
    return OK;
}

result cmd_serve(struct cli *cli, struct err *e)
{
    const int64_t start_ms = clock_monotonic_ms();
    struct site site = { .lock = PTHREAD_MUTEX_INITIALIZER,
                         .clock = &cli->clock,
                         .conf_path = cli->conf_path };
    DEFER(stores_close) struct stores stores = { 0 };
    sigset_t signals;
    bool changed;
    result r;

    log_open(STDERR_FILENO, LOG_INFO);
    (void)sigemptyset(&signals);
    (void)sigaddset(&signals, SIGTERM);
    (void)sigaddset(&signals, SIGINT);
    (void)sigaddset(&signals, SIGHUP);
    (void)pthread_sigmask(SIG_BLOCK, &signals, NULL); /* inherited by every thread */
    cli->is_serving = true;
    TRY(cli_open_app(cli, &stores, &site.now, e));
    site.stores = stores;
    set_log_level(&cli->conf);
    r = migrate_check(stores.sql, e);
    if (!r.failed)
        r = client_verify_all(&site.now->auth, e);
    if (!r.failed)
        r = app_follow_fees(site.now, &changed, e);
    if (!r.failed)
        r = serve(&site, &signals, start_ms, e);
    app_close(&site.now);
    log_event(LOG_INFO, "stopped");
    return r;
}
