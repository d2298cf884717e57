/*
 * Security: the attacker uses a client that was removed a moment ago, or asks for clients that do
 * not exist to wear out the store. Promised: removal is seen within CLIENT_FRESH_MS, an unknown id
 * costs a look into a table, and a store that does not answer lets nobody in.
 */
#include "auth/client_book.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "auth/client_metadata.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
#include "store/sql.h"

#define PAGE_BYTES_MAX    ((size_t)256 << 20)
#define SCRATCH_BYTES_MAX ((size_t)1 << 20)
#define ROWS_MAX          200 /* in one query */
#define FAILED_MS         250 /* those who come within this share one failure of the store */
#define DOUBT_MS          100 /* strangers make us look no oftener than that */

struct client_page {
    struct client_book *book;
    struct arena *arena;
    int uses; /* under the book's lock; one is the book's own */
    int64_t version;
    struct client_entry *entries;
    size_t count;
};

struct client_book {
    pthread_mutex_t lock; /* held while the store is asked: one asks, the others wait for it */
    struct client_page *page;
    int64_t checked_ms; /* monotonic; 0: look now */
    int64_t failed_ms;
    struct err failure;
};

struct client_book *client_book_open(void)
{
    struct client_book *b = calloc(1, sizeof(*b));

    must(b != NULL);
    must(pthread_mutex_init(&b->lock, NULL) == 0);
    return b;
}

static void page_free(struct client_page *p)
{
    arena_close(&p->arena);
    free(p);
}

void client_book_close(struct client_book **b)
{
    if (*b == NULL)
        return;
    if ((*b)->page != NULL) {
        must((*b)->page->uses == 1);
        page_free((*b)->page);
    }
    (void)pthread_mutex_destroy(&(*b)->lock);
    free(*b);
    *b = NULL;
}

void client_book_forget(struct auth *au)
{
    (void)pthread_mutex_lock(&au->clients->lock);
    au->clients->checked_ms = 0;
    au->clients->failed_ms = 0;
    (void)pthread_mutex_unlock(&au->clients->lock);
}

/* ---- reading them all ---- */

struct load {
    struct auth *auth;
    struct client_page *page;
    struct arena *scratch;
};

static result entry_parse(struct load *l, struct client_entry *en, struct str profile,
                          struct str metadata, struct err *e)
{
    DEFER(json_close) struct json *document = NULL;
    const struct client kept = en->client;
    enum client_profile p;

    if (!client_profile_find(profile, &p))
        return fail_field(e, ERR_INVALID, "profile", "unknown");
    if (json_read(metadata, &document, e).failed)
        return fail_field(e, ERR_INVALID, "metadata", "not JSON");
    TRY(client_read(l->auth, l->page->arena, p, document, CLIENT_FROM_STORE, &en->client, e));
    en->client.id = kept.id;
    en->client.disabled = kept.disabled;
    en->client.created_ms = kept.created_ms;
    en->client.updated_ms = kept.updated_ms;
    client_settle(&en->client); /* the id is some clients' sector */
    if (en->client.has_secret && en->secret_hash.n == 0)
        return fail_field(e, ERR_INVALID, "token_endpoint_auth_method", "but no secret");
    return OK;
}

static void entry_read(struct load *l, const struct sql_rows *rows, struct client_entry *en)
{
    struct arena *a = l->page->arena;
    struct err e = { .code = ERR_NONE };

    en->client.id = sql_text(rows, 0, a);
    en->secret_hash = sql_bytes(rows, 1, a);
    en->old_secret_hash = sql_bytes(rows, 2, a);
    en->old_secret_until_ms = sql_int(rows, 3);
    en->registration_hash = sql_bytes(rows, 4, a);
    en->client.disabled = sql_int(rows, 7) != 0;
    en->tokens_from_s = sql_int(rows, 8);
    en->client.created_ms = sql_int(rows, 9);
    en->client.updated_ms = sql_int(rows, 10);
    arena_reset(l->scratch);
    if (!entry_parse(l, en, sql_text(rows, 5, l->scratch), sql_text(rows, 6, l->scratch), &e)
             .failed)
        return;
    en->broken = true;
    memcpy(en->fault, e.field, sizeof(en->fault));
}

static result rows_read(struct sql *db, struct load *l, size_t *got, struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;
    struct client_page *p = l->page;
    const struct str after = p->count > 0 ? p->entries[p->count - 1].client.id : STR("");
    bool more;

    TRY(sql_find(db, SQL_CLIENT_PAGE, &rows, e, sql_t(after), sql_i(ROWS_MAX)));
    for (*got = 0;; (*got)++) {
        TRY(sql_next(rows, &more, e));
        if (!more)
            return OK;
        if (p->count == CLIENTS_MAX)
            return fail(e, ERR_CONFIG, "more than %d clients", CLIENTS_MAX);
        entry_read(l, rows, &p->entries[p->count++]);
    }
}

static int entry_cmp(const void *x, const void *y)
{
    const struct client_entry *a = x, *b = y;

    return str_cmp(a->client.id, b->client.id);
}

static result version_read(struct sql *db, int64_t *version, struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;

    TRY(sql_find_plain(db, SQL_CLIENT_VERSION_READ, &rows, e));
    TRY(sql_one(rows, e));
    *version = sql_int(rows, 0);
    return OK;
}

/* Number first: what changes meanwhile has a higher one and is read the next time. */
static result page_read(struct sql *db, void *arg, struct err *e)
{
    struct load *l = arg;
    struct client_page *p = l->page;
    size_t got = ROWS_MAX;

    arena_reset(p->arena);
    p->count = 0;
    TRY(version_read(db, &p->version, e));
    p->entries = arena_array(p->arena, struct client_entry, CLIENTS_MAX);
    while (got == ROWS_MAX)
        TRY(rows_read(db, l, &got, e));
    return OK;
}

static result page_load(struct auth *au, struct client_page **out, struct err *e)
{
    DEFER(arena_close) struct arena *scratch = arena_open(SCRATCH_BYTES_MAX);
    struct client_page *p = calloc(1, sizeof(*p));
    struct load l = { .auth = au, .page = p, .scratch = scratch };

    must(p != NULL);
    p->arena = arena_open(PAGE_BYTES_MAX);
    if (sql_read(au->sql, page_read, &l, e).failed) {
        page_free(p);
        return (result){ true };
    }
    qsort(p->entries, p->count, sizeof(*p->entries), entry_cmp); /* the engines' orders differ */
    p->book = au->clients;
    p->uses = 1;
    *out = p;
    return OK;
}

/* ---- taking ---- */

static result version_ask(struct sql *db, void *arg, struct err *e)
{
    return version_read(db, arg, e);
}

static void page_drop(struct client_page *p)
{
    if (p != NULL && --p->uses == 0)
        page_free(p);
}

static result refresh(struct auth *au, struct client_book *b, struct err *e)
{
    struct client_page *fresh = NULL;
    int64_t version = 0;

    if (b->page != NULL) {
        TRY(sql_read(au->sql, version_ask, &version, e));
        if (version == b->page->version)
            return OK;
    }
    TRY(page_load(au, &fresh, e));
    page_drop(b->page);
    b->page = fresh;
    return OK;
}

static result look(struct auth *au, struct client_book *b, struct err *e)
{
    const int64_t now_ms = clock_monotonic_ms();
    struct err why = { .code = ERR_NONE };

    if (b->page != NULL && b->checked_ms != 0 && now_ms - b->checked_ms < CLIENT_FRESH_MS)
        return OK;
    if (b->failed_ms != 0 && now_ms - b->failed_ms < FAILED_MS)
        return fail(e, b->failure.code, "%s", b->failure.detail);
    if (refresh(au, b, &why).failed) {
        b->failed_ms = clock_monotonic_ms();
        b->failure = why;
        return fail(e, why.code, "%s", why.detail);
    }
    b->checked_ms = now_ms;
    b->failed_ms = 0;
    return OK;
}

/* Somebody asks for a client that is not on the page: another process may just have added it. */
static result look_for(struct auth *au, struct client_book *b, struct str id, struct err *e)
{
    TRY(look(au, b, e));
    if (id.n == 0 || client_page_find(b->page, id) != NULL ||
        clock_monotonic_ms() - b->checked_ms < DOUBT_MS)
        return OK;
    b->checked_ms = 0;
    return look(au, b, e);
}

result client_book_take(struct auth *au, struct client_page **out, struct err *e)
{
    return client_book_take_with(au, STR(""), out, e);
}

result client_book_take_with(struct auth *au, struct str id, struct client_page **out,
                             struct err *e)
{
    struct client_book *b = au->clients;
    result r;

    must(b != NULL);
    (void)pthread_mutex_lock(&b->lock);
    r = look_for(au, b, id, e);
    if (!r.failed) {
        b->page->uses++;
        *out = b->page;
    }
    (void)pthread_mutex_unlock(&b->lock);
    return r;
}

void client_page_release(struct client_page **p)
{
    struct client_book *b;

    if (*p == NULL)
        return;
    b = (*p)->book;
    (void)pthread_mutex_lock(&b->lock);
    page_drop(*p);
    (void)pthread_mutex_unlock(&b->lock);
    *p = NULL;
}

size_t client_page_count(const struct client_page *p)
{
    return p->count;
}

const struct client_entry *client_page_at(const struct client_page *p, size_t i)
{
    must(i < p->count);
    return &p->entries[i];
}

const struct client_entry *client_page_find(const struct client_page *p, struct str id)
{
    const struct client_entry key = { .client = { .id = id } };
    const struct client_entry *en =
        p->count == 0 ? NULL : bsearch(&key, p->entries, p->count, sizeof(key), entry_cmp);

    return en == NULL || en->broken ? NULL : en;
}
