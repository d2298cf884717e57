#include "web/app.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/embed.h"
#include "base/err.h"
#include "base/str.h"
#include "crypto/keyring.h"
#include "crypto/seal.h"
#include "crypto/secret.h"
#include "payments/fee_version.h"
#include "store/kv.h"
#include "store/sql.h"

#define EMBLEM_BYTES_MAX (1024 * 1024)

extern const struct embed_set web_texts;

static result read_catalog(const char *file, struct catalog **out, struct err *e)
{
    struct str text;

    if (!embed_find(&web_texts, str_c(file), &text))
        return fail(e, ERR_INTERNAL, "the program has no %s", file);
    return catalog_read(text, out, e);
}

static void close_file(FILE **f)
{
    if (*f != NULL)
        (void)fclose(*f);
}

static result read_emblem(struct app *a, struct err *e)
{
    const struct str path = a->conf.service.emblem_file;
    DEFER(close_file) FILE *f = NULL;
    struct stat st;
    char *p;

    if (path.n == 0)
        return OK;
    f = fopen(str_cstr(a->arena, path), "rb");
    if (f == NULL || fstat(fileno(f), &st) != 0 || st.st_size > EMBLEM_BYTES_MAX)
        return fail(e, ERR_CONFIG, "service.emblem_file cannot be read or is over 1 MiB");
    p = arena_alloc(a->arena, (size_t)st.st_size);
    a->emblem = str_of(p, fread(p, 1, (size_t)st.st_size, f));
    return OK;
}

struct str app_origin(struct str url)
{
    const size_t scheme = str_starts(url, STR("https://")) ? 8 : 7;

    return str_sub(url, 0, scheme + str_find(str_from(url, scheme), '/'));
}

static void origins_put(struct buf *b, struct str rest)
{
    struct str one;

    while (str_next(&rest, ',', &one)) {
        buf_putc(b, ' ');
        buf_put(b, str_trim(one));
    }
}

/* Browsers apply form-action to where a form's answer redirects, too: VNeID and the payment
 * providers. */
static struct str form_action(struct app *a)
{
    struct buf b = buf_make(a->arena, 4096);

    buf_put(&b, app_origin(a->conf.vneid.issuer));
    if (a->conf.vneid.authorize_url.n > 0) {
        buf_putc(&b, ' ');
        buf_put(&b, app_origin(a->conf.vneid.authorize_url));
    }
    origins_put(&b, a->conf.portal.pay_origins);
    if (a->conf.vnpay.enabled)
        origins_put(&b, a->conf.vnpay.pay_origins);
    return buf_str(&b);
}

static result open_keys(struct app *a, struct err *e)
{
    TRY(keyring_open(str_cstr(a->arena, a->conf.crypto.keys_dir), &a->keys, e));
    return seal_open(str_cstr(a->arena, a->conf.crypto.seal_file), &a->seal, e);
}

static result open_rooms(struct app *a, struct buf *mistakes, struct err *e)
{
    a->auth = (struct auth){
        .conf = &a->conf,
        .clock = a->clock,
        .sql = a->stores.sql,
        .kv = a->stores.kv,
        .seal = a->seal,
        .keys = a->keys,
    };
    TRY(auth_open(&a->auth, e));
    TRY(fee_table_open(str_cstr(a->arena, a->conf.payments.fees_dir), &a->fees, mistakes, e));
    TRY(till_open(&a->conf, a->stores.sql, a->seal, a->clock, a->fees, &a->till, e));
    if (office_open(&a->conf, &a->till, a->keys, &a->office, e).failed) {
        struct source_book unread;
        (void)sources_load(&a->conf, a->arena, mistakes, &unread, e)
            .failed; /* tells all mistakes */
        return (result){ true };
    }
    return OK;
}

static result open_parts(struct app *a, const char *conf_path, struct buf *mistakes, struct err *e)
{
    TRY(conf_load(a->arena, conf_path, &a->conf, mistakes, e));
    a->https = str_starts(a->conf.service.issuer, STR("https://"));
    a->form_action = form_action(a);
    TRY(read_emblem(a, e));
    TRY(read_catalog("vi.txt", &a->vi, e));
    TRY(read_catalog("en.txt", &a->en, e));
    TRY(open_keys(a, e));
    return open_rooms(a, mistakes, e);
}

result app_open(const char *conf_path, const struct stores *stores, const struct clock *clock,
                struct buf *mistakes, struct app **out, struct err *e)
{
    DEFER(app_close) struct app *a = calloc(1, sizeof(*a));
    struct buf unread;

    must(a != NULL);
    a->arena = arena_open(LIMIT_ARENA_JOB_BYTES);
    a->clock = clock;
    a->stores = *stores;
    unread = buf_make(a->arena, LIMIT_PAGE_BYTES);
    TRY(open_parts(a, conf_path, mistakes != NULL ? mistakes : &unread, e));
    *out = a;
    a = NULL;
    return OK;
}

result app_follow_fees(const struct app *a, bool *changed, struct err *e)
{
    return fee_version_follow(&a->till, a->fees, changed, e);
}

void app_close(struct app **p)
{
    struct app *a = *p;

    if (a == NULL)
        return;
    office_close(&a->office);
    till_close(&a->till);
    fee_table_close(&a->fees);
    auth_close(&a->auth);
    seal_close(&a->seal);
    keyring_close(&a->keys);
    catalog_close(&a->vi);
    catalog_close(&a->en);
    arena_close(&a->arena);
    free(a);
    *p = NULL;
}

static result open_kv(const struct conf *c, struct arena *a, const struct clock *clock,
                      bool is_serving, struct kv **out, struct err *e)
{
    DEFER(secret_wipe) struct secret password = { 0 };
    const struct kv_config config = {
        .redis = str_is(c->kv.engine, "redis"),
        .address = c->kv.redis,
        .timeout_ms = c->kv.timeout_ms,
        .connections_max = (int)c->kv.connections,
        .memory_bytes_max = (size_t)c->kv.memory_mib_max << 20,
        .memory_file = is_serving ? c->kv.memory_file : STR(""),
        .clock = clock,
    };
    struct kv_config with_password = config;

    if (config.redis && c->kv.redis_password_file.n > 0) {
        TRY(secret_load(&password, str_cstr(a, c->kv.redis_password_file), e));
        with_password.password = secret_str(&password);
    }
    return kv_open(&with_password, out, e);
}

result stores_open(const struct conf *c, const struct clock *clock, bool is_serving,
                   struct stores *out, struct err *e)
{
    DEFER(arena_close) struct arena *a = arena_open_clean(1 << 16);
    const bool postgresql = str_is(c->store.engine, "postgresql");
    const struct sql_config config = {
        .postgresql = postgresql,
        .target = postgresql ? c->store.postgresql : c->store.sqlite_file,
        .connections_max = (int)c->store.connections,
        .wait_ms = c->store.wait_ms,
    };
    struct stores s = { 0 };

    TRY(sql_open(&config, &s.sql, e));
    if (open_kv(c, a, clock, is_serving, &s.kv, e).failed) {
        stores_close(&s);
        return (result){ true };
    }
    *out = s;
    return OK;
}

void stores_close(struct stores *s)
{
    kv_close(&s->kv);
    sql_close(&s->sql);
}

struct app *site_take(struct site *s)
{
    struct app *a;

    (void)pthread_mutex_lock(&s->lock);
    a = s->now;
    a->uses++;
    (void)pthread_mutex_unlock(&s->lock);
    return a;
}

void site_release(struct site *s, struct app *a)
{
    bool last;

    (void)pthread_mutex_lock(&s->lock);
    must(a->uses > 0);
    last = --a->uses == 0 && a != s->now;
    (void)pthread_mutex_unlock(&s->lock);
    if (last)
        app_close(&a);
}

result site_reload(struct site *s, struct buf *mistakes, struct err *e)
{
    struct app *fresh, *old;
    bool unused, changed;

    TRY(app_open(s->conf_path, &s->stores, s->clock, mistakes, &fresh, e));
    if (app_follow_fees(fresh, &changed, e).failed) { /* it would price by the shipped tables */
        app_close(&fresh);
        return (result){ true };
    }
    (void)pthread_mutex_lock(&s->lock);
    old = s->now;
    s->now = fresh;
    unused = old->uses == 0;
    (void)pthread_mutex_unlock(&s->lock);
    if (unused)
        app_close(&old);
    return OK;
}
