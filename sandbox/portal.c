/* One row per MaThamChieu, one journal line per change; replaying the lines makes the rows. */
#include "sandbox/portal.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
#include "crypto/random.h"
#include "sandbox/journal.h"

#define PORTAL_ARENA_BYTES (1024L * 1024 * 1024)
#define PORTAL_TEXT_BYTES  16384
#define PORTAL_BUCKETS     65536

struct node {
    struct txn txn;
    struct node *next_reference, *next_token, *next;
};

struct portal {
    pthread_mutex_t lock;
    struct arena *arena;
    const struct clock *clock;
    struct journal *journal;
    struct node *by_reference[PORTAL_BUCKETS], *by_token[PORTAL_BUCKETS];
    struct node *first, *last;
    size_t count;
    int64_t last_txn;
    int64_t opened_ms;
};

/* The texts of INIT, by their names in the journal. */
static const struct {
    const char *name;
    size_t at;
} texts[] = {
    { "reference", offsetof(struct txn, reference) },
    { "partner", offsetof(struct txn, partner) },
    { "info", offsetof(struct txn, info) },
    { "init_time", offsetof(struct txn, init_time) },
    { "dossier", offsetof(struct txn, dossier) },
    { "procedure", offsetof(struct txn, procedure) },
    { "body", offsetof(struct txn, body) },
    { "body_name", offsetof(struct txn, body_name) },
    { "account", offsetof(struct txn, account) },
    { "account_bank", offsetof(struct txn, account_bank) },
    { "payer_name", offsetof(struct txn, payer_name) },
    { "payer_id", offsetof(struct txn, payer_id) },
    { "payer_address", offsetof(struct txn, payer_address) },
    { "lines", offsetof(struct txn, lines) },
    { "token", offsetof(struct txn, token) },
};

static struct str *text_at(struct txn *t, size_t i)
{
    return (struct str *)(void *)((char *)t + texts[i].at);
}

static size_t bucket(struct str s)
{
    uint32_t h = 2166136261U;
    for (size_t i = 0; i < s.n; i++)
        h = (h ^ (unsigned char)s.p[i]) * 16777619U;
    return h % PORTAL_BUCKETS;
}

static struct node *node_find(struct portal *p, struct str reference)
{
    struct node *n = p->by_reference[bucket(reference)];
    while (n && !str_eq(n->txn.reference, reference))
        n = n->next_reference;
    return n;
}

static struct node *node_add(struct portal *p, const struct txn *in)
{
    struct node *n = arena_new(p->arena, struct node);
    n->txn = *in;
    for (size_t i = 0; i < LEN(texts); i++)
        *text_at(&n->txn, i) = str_dup(p->arena, *text_at(&n->txn, i));
    struct node **reference = &p->by_reference[bucket(n->txn.reference)];
    struct node **token = &p->by_token[bucket(n->txn.token)];
    n->next_reference = *reference;
    n->next_token = *token;
    *reference = *token = n;
    if (p->last)
        p->last->next = n;
    else
        p->first = n;
    p->last = n;
    p->count++;
    return n;
}

static struct json *line_make(const char *event, struct str reference, int64_t at_ms)
{
    struct json *o = json_object();
    json_put_str(o, "event", str_c(event));
    json_put_str(o, "reference", reference);
    json_put_int(o, "at_ms", at_ms);
    return o;
}

/* Replaying: each event to its row. */
static result init_replay(struct portal *p, const struct json *line, int64_t at_ms, struct err *e)
{
    struct txn t = { .created_ms = at_ms };
    for (size_t i = 0; i < LEN(texts); i++)
        TRY(json_need_str(line, texts[i].name, PORTAL_TEXT_BYTES, text_at(&t, i), e));
    TRY(json_need_int(line, "amount_vnd", 0, INT64_MAX, &t.amount_vnd, e));
    node_add(p, &t);
    return OK;
}

static result capture_replay(struct portal *p, struct txn *t, const struct json *line,
                             int64_t at_ms, struct err *e)
{
    struct str txn, bank;
    must(t->capture_count < PORTAL_CAPTURES_MAX);
    TRY(json_need_str(line, "txn", 64, &txn, e));
    TRY(json_need_str(line, "bank", 64, &bank, e));
    t->captures[t->capture_count++] = (struct capture){ .txn = str_dup(p->arena, txn),
                                                        .bank = str_dup(p->arena, bank),
                                                        .at_ms = at_ms };
    t->state = TXN_PAID;
    p->last_txn++;
    return OK;
}

static result change_replay(struct portal *p, struct txn *t, struct str event,
                            const struct json *line, struct err *e)
{
    int64_t capture = 0, arg = 0;
    struct str name = STR("");
    enum fault fault;

    TRY(json_want_int(line, "capture", 0, PORTAL_CAPTURES_MAX - 1, &capture, e));
    TRY(json_want_int(line, "arg", INT64_MIN, INT64_MAX, &arg, e));
    TRY(json_want_str(line, "name", 64, &name, e));
    if (str_is(event, "reversed"))
        t->captures[capture].reversed_ms = arg;
    else if (str_is(event, "noticed"))
        t->captures[capture].notice = str_dup(p->arena, name);
    else if (str_is(event, "mismatch") && fault_find(name, &fault)) {
        t->mismatch.on[fault] = true;
        t->mismatch.arg[fault] = arg;
    }
    return OK;
}

static result line_replay(void *self, const struct json *line, struct err *e)
{
    struct portal *p = self;
    struct str event, reference;
    int64_t at_ms = 0;

    TRY(json_need_str(line, "event", 16, &event, e));
    TRY(json_need_str(line, "reference", 255, &reference, e));
    TRY(json_need_int(line, "at_ms", 0, INT64_MAX, &at_ms, e));
    if (str_is(event, "opened")) {
        p->opened_ms = at_ms;
        return OK;
    }
    if (str_is(event, "init"))
        return init_replay(p, line, at_ms, e);
    struct node *n = node_find(p, reference);
    if (!n)
        return fail(e, ERR_CONFIG, "portal.jsonl: an event before its INIT");
    if (str_is(event, "paid"))
        return capture_replay(p, &n->txn, line, at_ms, e);
    if (str_is(event, "failed") || str_is(event, "cancelled")) {
        n->txn.state = str_is(event, "failed") ? TXN_FAILED : TXN_CANCELLED;
        n->txn.ended_ms = at_ms;
    }
    return change_replay(p, &n->txn, event, line, e);
}

/* Writes the line and applies it by the same code that replays it. Called with the lock held. */
static result line_apply(struct portal *p, struct json *line, struct err *e)
{
    DEFER(json_close) struct json *own = json_copy(line);
    TRY(journal_add(p->journal, line, e));
    return line_replay(p, own, e);
}

result portal_open(const char *path, const struct clock *clock, struct portal **out, struct err *e)
{
    struct portal *p = calloc(1, sizeof(*p));
    must(p != NULL);
    must(pthread_mutex_init(&p->lock, NULL) == 0);
    p->arena = arena_open(PORTAL_ARENA_BYTES);
    p->clock = clock;
    if (journal_open(path, p, line_replay, &p->journal, e).failed ||
        (!p->opened_ms &&
         line_apply(p, line_make("opened", STR(""), clock_now_ms(clock)), e).failed)) {
        portal_close(&p);
        return (result){ true };
    }
    *out = p;
    return OK;
}

void portal_close(struct portal **p)
{
    if (!*p)
        return;
    journal_close(&(*p)->journal);
    arena_close(&(*p)->arena);
    pthread_mutex_destroy(&(*p)->lock);
    free(*p);
    *p = NULL;
}

int64_t portal_opened_ms(const struct portal *p)
{
    return p->opened_ms;
}

static bool is_same(struct txn *x, struct txn *y)
{
    for (size_t i = 0; i < LEN(texts); i++)
        if (texts[i].at != offsetof(struct txn, token) && !str_eq(*text_at(x, i), *text_at(y, i)))
            return false;
    return x->amount_vnd == y->amount_vnd;
}

static result add_locked(struct portal *p, const struct txn *in, struct txn *out, struct err *e)
{
    struct node *n = node_find(p, in->reference);
    struct txn t = *in;

    if (n) {
        if (!is_same(&n->txn, &t))
            return fail(e, ERR_CONFLICT, "reference used before");
        *out = n->txn;
        return OK;
    }
    t.token = random_token(p->arena, 192);
    struct json *line = line_make("init", t.reference, clock_now_ms(p->clock));
    for (size_t i = 0; i < LEN(texts); i++)
        if (texts[i].at != offsetof(struct txn, reference))
            json_put_str(line, texts[i].name, *text_at(&t, i));
    json_put_int(line, "amount_vnd", t.amount_vnd);
    TRY(line_apply(p, line, e));
    *out = p->last->txn;
    return OK;
}

result portal_add(struct portal *p, const struct txn *in, struct txn *out, struct err *e)
{
    pthread_mutex_lock(&p->lock);
    result r = add_locked(p, in, out, e);
    pthread_mutex_unlock(&p->lock);
    return r;
}

bool portal_find(struct portal *p, struct str reference, struct txn *out)
{
    pthread_mutex_lock(&p->lock);
    struct node *n = node_find(p, reference);
    if (n)
        *out = n->txn;
    pthread_mutex_unlock(&p->lock);
    return n != NULL;
}

bool portal_find_token(struct portal *p, struct str token, struct txn *out)
{
    pthread_mutex_lock(&p->lock);
    struct node *n = p->by_token[bucket(token)];
    while (n && !str_eq(n->txn.token, token))
        n = n->next_token;
    if (n)
        *out = n->txn;
    pthread_mutex_unlock(&p->lock);
    return n != NULL;
}

size_t portal_list(struct portal *p, struct arena *a, struct txn **out)
{
    pthread_mutex_lock(&p->lock);
    size_t n = 0, count = p->count;
    *out = arena_array(a, struct txn, count ? count : 1);
    for (struct node *at = p->first; at; at = at->next)
        (*out)[n++] = at->txn;
    pthread_mutex_unlock(&p->lock);
    must(n == count);
    return n;
}

/* Applies a line to a row that exists, and copies the row out. */
static result change(struct portal *p, struct str reference, struct json *line, struct txn *out,
                     struct err *e)
{
    result r;
    pthread_mutex_lock(&p->lock);
    struct node *n = node_find(p, reference);
    if (n) {
        r = line_apply(p, line, e);
        if (out)
            *out = n->txn;
    } else {
        json_close(&line);
        r = fail(e, ERR_NOT_FOUND, "no such reference");
    }
    pthread_mutex_unlock(&p->lock);
    return r;
}

static result capture_locked(struct portal *p, struct str reference, struct str bank,
                             size_t already, int64_t now_ms, struct txn *out, struct err *e)
{
    struct node *n = node_find(p, reference);
    struct local_time t = clock_local(now_ms);

    if (!n)
        return fail(e, ERR_NOT_FOUND, "no such reference");
    if (n->txn.capture_count != already || already == PORTAL_CAPTURES_MAX)
        return fail(e, ERR_WRONG_STATE, "paid %zu times", n->txn.capture_count);
    struct json *line = line_make("paid", reference, now_ms);
    json_put_str(line, "txn",
                 str_fmt(p->arena, "PP%02d%02d%02d%08lld", t.date.y % 100, t.date.m, t.date.d,
                         (long long)(p->last_txn + 1)));
    json_put_str(line, "bank", bank);
    TRY(line_apply(p, line, e));
    *out = n->txn;
    return OK;
}

static result capture(struct portal *p, struct str reference, struct str bank, size_t already,
                      int64_t ago_ms, struct txn *out, struct err *e)
{
    pthread_mutex_lock(&p->lock);
    result r = capture_locked(p, reference, bank, already, clock_now_ms(p->clock) - ago_ms, out, e);
    pthread_mutex_unlock(&p->lock);
    return r;
}

result portal_capture(struct portal *p, struct str reference, struct str bank, size_t already,
                      struct txn *out, struct err *e)
{
    return capture(p, reference, bank, already, 0, out, e);
}

result portal_capture_ago(struct portal *p, struct str reference, struct str bank, int64_t ago_ms,
                          struct txn *out, struct err *e)
{
    return capture(p, reference, bank, 0, ago_ms, out, e);
}

result portal_end(struct portal *p, struct str reference, enum txn_state state, struct txn *out,
                  struct err *e)
{
    struct txn t;
    must(state == TXN_FAILED || state == TXN_CANCELLED);
    if (portal_find(p, reference, &t) && t.state == TXN_PAID)
        return fail(e, ERR_WRONG_STATE, "paid already");
    struct json *line = line_make(txn_state_name(state), reference, clock_now_ms(p->clock));
    return change(p, reference, line, out, e);
}

result portal_reverse(struct portal *p, struct str reference, size_t capture, int64_t at_ms,
                      struct err *e)
{
    struct json *line = line_make("reversed", reference, clock_now_ms(p->clock));
    json_put_int(line, "capture", (int64_t)capture);
    json_put_int(line, "arg", at_ms);
    return change(p, reference, line, NULL, e);
}

result portal_mismatch(struct portal *p, struct str reference, enum fault fault, int64_t arg,
                       struct err *e)
{
    struct json *line = line_make("mismatch", reference, clock_now_ms(p->clock));
    json_put_str(line, "name", str_c(fault_name(fault)));
    json_put_int(line, "arg", arg);
    return change(p, reference, line, NULL, e);
}

result portal_noticed(struct portal *p, struct str reference, size_t capture, const char *how,
                      struct err *e)
{
    struct json *line = line_make("noticed", reference, clock_now_ms(p->clock));
    json_put_int(line, "capture", (int64_t)capture);
    json_put_str(line, "name", str_c(how));
    return change(p, reference, line, NULL, e);
}
