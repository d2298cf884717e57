/*
 * motcua-sandbox: the command line, opening and closing.
 *
 * The sandbox listens on loopback only: it hands out tokens for whoever asks, and its switches have
 * no sign-in.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/log.h"
#include "crypto/keyring.h"
#include "http/server.h"
#include "sandbox/bank.h"
#include "sandbox/dossiers.h"
#include "sandbox/errand.h"
#include "sandbox/fault.h"
#include "sandbox/firms.h"
#include "sandbox/golive.h"
#include "sandbox/month.h"
#include "sandbox/notice.h"
#include "sandbox/people.h"
#include "sandbox/portal.h"
#include "sandbox/sandbox.h"
#include "sandbox/vnpay.h"
#include "store/kv.h"

#define START_ARENA_BYTES (64L * 1024 * 1024)
#define PATH_BYTES        1024

struct options {
    const char *listen, *motcua, *secrets, *data, *seeds, *now;
};

static const char usage[] =
    "usage: motcua-sandbox [--listen 127.0.0.1:8090] [--motcua http://127.0.0.1:8080]\n"
    "                      [--secrets DIR] [--data DIR] [--seeds DIR] [--now yyyyMMddHHmmss]\n"
    "       motcua-sandbox month --seed N --month 2026-10 --out DIR [--scale K] [--ours FILE]\n"
    "Plays the national systems for development and tests. Listens on loopback only.\n";

static bool options_read(int argc, char **argv, struct options *o)
{
    struct {
        const char *name;
        const char **value;
    } const known[] = { { "--listen", &o->listen },   { "--motcua", &o->motcua },
                        { "--secrets", &o->secrets }, { "--data", &o->data },
                        { "--seeds", &o->seeds },     { "--now", &o->now } };
    for (int i = 1; i < argc; i += 2) {
        bool found = false;
        for (size_t k = 0; k < LEN(known) && i + 1 < argc; k++) {
            if (strcmp(argv[i], known[k].name) != 0)
                continue;
            *known[k].value = argv[i + 1];
            found = true;
        }
        if (!found)
            return false;
    }
    return true;
}

static bool is_loopback(struct str listen)
{
    struct str host, port;
    int64_t n = -1;
    return str_cut(listen, ':', &host, &port) && str_is(host, "127.0.0.1") &&
           str_to_i64(port, &n) && n >= 0 && n <= 65535;
}

static result secrets_load(struct sandbox *sb, const char *dir, struct err *e)
{
    struct {
        const char *name;
        struct secret *secret;
    } const files[] = { { "vneid", &sb->vneid },
                        { "person", &sb->person },
                        { "person_api_key", &sb->person_api_key },
                        { "business", &sb->business },
                        { "portal", &sb->portal_secret },
                        { "demo_portal", &sb->demo_portal },
                        { "demo_onestop", &sb->demo_onestop },
                        { "vnpay", &sb->vnpay_secret },
                        { "bank", &sb->bank_secret } };
    char path[PATH_BYTES];
    for (size_t i = 0; i < LEN(files); i++) {
        snprintf(path, sizeof(path), "%s/%s", dir, files[i].name);
        TRY(secret_load(files[i].secret, path, e));
    }
    return OK;
}

static result words_read(struct sandbox *sb, struct err *e)
{
    struct str vi, en;
    must(embed_find(&sandbox_texts, STR("vi.txt"), &vi));
    must(embed_find(&sandbox_texts, STR("en.txt"), &en));
    TRY(catalog_read(vi, &sb->vi, e));
    return catalog_read(en, &sb->en, e);
}

static result seeds_load(struct sandbox *sb, const char *dir, struct err *e)
{
    char path[PATH_BYTES];
    snprintf(path, sizeof(path), "%s/people.csv", dir);
    TRY(people_load(sb->arena, path, &sb->people, e));
    snprintf(path, sizeof(path), "%s/firms.csv", dir);
    return firms_load(sb->arena, path, &sb->firms, e);
}

static result keys_open(struct sandbox *sb, struct err *e)
{
    struct key *key = NULL;
    struct str kid;
    char path[PATH_BYTES];

    snprintf(path, sizeof(path), "%s/keys", sb->data_dir);
    bool found = !keyring_open(path, &sb->keys, NULL).failed &&
                 !keyring_active(sb->keys, KEY_RS256, &key, NULL).failed;
    key_release(&key);
    if (found)
        return OK;
    keyring_close(&sb->keys);
    TRY(keyring_make_key(path, KEY_RS256, KEY_ACTIVE, sb->arena, &kid, e));
    return keyring_open(path, &sb->keys, e);
}

static result data_open(struct sandbox *sb, struct err *e)
{
    char path[PATH_BYTES];
    const struct kv_config kv = { .memory_bytes_max = 64UL * 1024 * 1024, .clock = &sb->clock };

    if (mkdir(sb->data_dir, 0700) != 0 && errno != EEXIST)
        return fail(e, ERR_CONFIG, "%s: %s", sb->data_dir, strerror(errno));
    TRY(keys_open(sb, e));
    TRY(kv_open(&kv, &sb->kv, e));
    snprintf(path, sizeof(path), "%s/portal.jsonl", sb->data_dir);
    TRY(portal_open(path, &sb->clock, &sb->portal, e));
    snprintf(path, sizeof(path), "%s/vnpay.jsonl", sb->data_dir);
    TRY(vnpay_truth_open(path, &sb->clock, &sb->vnpay, e));
    snprintf(path, sizeof(path), "%s/bank.jsonl", sb->data_dir);
    TRY(bank_open(path, &sb->clock, &sb->bank, e));
    snprintf(path, sizeof(path), "%s/dossiers.jsonl", sb->data_dir);
    return dossiers_open(path, &sb->clock, &sb->dossiers, e);
}

static result partner_to_motcua(struct sandbox *sb, struct err *e)
{
    /* No breaker: the sandbox keeps knocking while motcua is restarted. */
    const struct partner_config c = { .name = "motcua",
                                      .base_url = sb->motcua,
                                      .connect_ms = 2000,
                                      .total_ms = 20000,
                                      .answer_bytes_max = LIMIT_UPSTREAM_BYTES,
                                      .breaker_failures = 1000000000,
                                      .breaker_open_ms = 1 };
    TRY(client_start(e));
    return partner_open(&c, &sb->to_motcua, e);
}

/* A clock that began at another moment and goes on from there: fixed_ms is the distance. */
static int64_t clock_shifted_ms(const struct clock *c)
{
    const struct clock real = clock_system();
    return clock_now_ms(&real) + c->fixed_ms;
}

static result clock_start(struct sandbox *sb, const char *now, struct err *e)
{
    int64_t begin_ms = 0;
    sb->clock = clock_system();
    if (!now)
        return OK;
    if (!clock_read_stamp14(str_c(now), &begin_ms))
        return fail(e, ERR_CONFIG, "--now %s: not yyyyMMddHHmmss", now);
    const int64_t distance_ms = begin_ms - clock_now_ms(&sb->clock);
    sb->clock = (struct clock){ .now_ms = clock_shifted_ms, .fixed_ms = distance_ms };
    return OK;
}

static result sandbox_open(struct sandbox *sb, const struct options *o, struct err *e)
{
    struct buf mistakes = buf_make(sb->arena, LIMIT_PAGE_BYTES);

    if (!is_loopback(str_c(o->listen)))
        return fail(e, ERR_CONFIG, "--listen %s: not 127.0.0.1:port", o->listen);
    sb->listen = str_c(o->listen);
    sb->motcua = str_c(o->motcua);
    sb->data_dir = o->data;
    TRY(clock_start(sb, o->now, e));
    TRY(conf_load(sb->arena, NULL, &sb->conf, &mistakes, e));
    TRY(secrets_load(sb, o->secrets, e));
    TRY(words_read(sb, e));
    TRY(seeds_load(sb, o->seeds, e));
    faults_open(&sb->faults);
    TRY(data_open(sb, e));
    golive_open(&sb->golive);
    TRY(partner_to_motcua(sb, e));
    TRY(errands_open(sb, &sb->errands, e));
    vnpay_untold_take_up(sb);
    bank_untold_take_up(sb);
    return notices_open(sb, &sb->notices, e);
}

static void sandbox_close(struct sandbox *sb)
{
    notices_close(&sb->notices);
    errands_close(&sb->errands);
    partner_close(&sb->to_motcua);
    client_end();
    golive_close(&sb->golive);
    dossiers_close(&sb->dossiers);
    bank_close(&sb->bank);
    vnpay_truth_close(&sb->vnpay);
    portal_close(&sb->portal);
    kv_close(&sb->kv);
    keyring_close(&sb->keys);
    faults_close(&sb->faults);
    catalog_close(&sb->vi);
    catalog_close(&sb->en);
    secret_wipe(&sb->vneid);
    secret_wipe(&sb->person);
    secret_wipe(&sb->person_api_key);
    secret_wipe(&sb->business);
    secret_wipe(&sb->portal_secret);
    secret_wipe(&sb->demo_portal);
    secret_wipe(&sb->demo_onestop);
    secret_wipe(&sb->vnpay_secret);
    secret_wipe(&sb->bank_secret);
    arena_close(&sb->arena);
}

static result server_start(struct sandbox *sb, struct server **out, struct err *e)
{
    const struct server_config c = { .listen = sb->listen,
                                     .fast_workers = 2,
                                     .slow_workers = 32,
                                     .queue_max = 1024,
                                     .connections_max = 1024,
                                     .idle_ms = 60000,
                                     .deadline_ms = 90000,
                                     .drain_ms = 3000,
                                     .clock = &sb->clock,
                                     .routes = sandbox_routes,
                                     .route_count = sandbox_route_count,
                                     .app = sb,
                                     .serve = sandbox_serve,
                                     .refuse = sandbox_refuse };
    return server_open(&c, out, e);
}

/* Origin first when the port is given; a port that the system chose is known only afterwards. */
static result sandbox_run(struct sandbox *sb, struct err *e)
{
    struct server *server = NULL;
    sigset_t stop;
    int signal_number = 0;

    sb->origin = str_cat(sb->arena, STR("http://"), sb->listen);
    TRY(server_start(sb, &server, e));
    if (str_ends(sb->listen, STR(":0")))
        sb->origin = str_fmt(sb->arena, "http://127.0.0.1:%d", server_port(server));
    log_line(LOG_INFO, "ready", log_str("url", sb->origin), log_str("motcua", sb->motcua),
             log_int("people", (int64_t)people_count(sb->people)),
             log_int("firms", (int64_t)firms_count(sb->firms)));
    sigemptyset(&stop);
    sigaddset(&stop, SIGTERM);
    sigaddset(&stop, SIGINT);
    sigwait(&stop, &signal_number);
    server_stop(server);
    server_close(&server);
    log_event(LOG_INFO, "stopped");
    return OK;
}

int main(int argc, char **argv)
{
    struct options o = { "127.0.0.1:8090", "http://127.0.0.1:8080",
                         "var/secrets",    "var/sandbox",
                         "sandbox",        NULL };
    struct sandbox sb = { 0 };
    struct err e = { 0 };
    sigset_t stop;

    if (argc > 1 && strcmp(argv[1], "month") == 0)
        return month_main(argc - 2, argv + 2);
    if (!options_read(argc, argv, &o)) {
        fputs(usage, stderr);
        return 2;
    }
    /* Before the first thread: threads inherit the mask, so that sigwait alone hears them. */
    sigemptyset(&stop);
    sigaddset(&stop, SIGTERM);
    sigaddset(&stop, SIGINT);
    sigprocmask(SIG_BLOCK, &stop, NULL);
    signal(SIGPIPE, SIG_IGN);

    sb.arena = arena_open(START_ARENA_BYTES);
    bool failed = sandbox_open(&sb, &o, &e).failed || sandbox_run(&sb, &e).failed;
    if (failed) {
        log_err("refused to start", &e);
        fprintf(stderr, "motcua-sandbox: %s\n", e.detail);
    }
    sandbox_close(&sb);
    return failed ? 1 : 0;
}
