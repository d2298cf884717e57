/* What VNPAY knows: one row for each vnp_TxnRef; each change is the whole row as a journal line. */
#include "sandbox/vnpay.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
#include "crypto/random.h"
#include "sandbox/journal.h"

#define TRUTH_ARENA_BYTES (512L * 1024 * 1024)
#define TEXT_BYTES        2048
#define NUMBER_FIRST      14000000

struct node {
    struct vnpay_txn txn;
    struct node *next;
};

struct vnpay_truth {
    pthread_mutex_t lock;
    struct arena *arena;
    const struct clock *clock;
    struct journal *journal;
    struct node *first, *last;
    size_t count;
    int64_t numbers; /* given out */
};

static const struct {
    const char *name;
    size_t at;
} texts[] = {
    { "reference", offsetof(struct vnpay_txn, reference) },
    { "info", offsetof(struct vnpay_txn, info) },
    { "return_url", offsetof(struct vnpay_txn, return_url) },
    { "created", offsetof(struct vnpay_txn, created) },
    { "expires", offsetof(struct vnpay_txn, expires) },
    { "token", offsetof(struct vnpay_txn, token) },
    { "number", offsetof(struct vnpay_txn, number) },
    { "bank", offsetof(struct vnpay_txn, bank) },
    { "code", offsetof(struct vnpay_txn, code) },
    { "status", offsetof(struct vnpay_txn, status) },
    { "told", offsetof(struct vnpay_txn, told) },
    { "told_reversed", offsetof(struct vnpay_txn, told_reversed) },
};
#define SENT_TEXTS 5 /* the first ones are the merchant's */

static struct str *text_at(struct vnpay_txn *t, size_t i)
{
    return (struct str *)(void *)((char *)t + texts[i].at);
}

static struct node *node_find(struct vnpay_truth *v, struct str reference)
{
    struct node *n = v->first;

    while (n && !str_eq(n->txn.reference, reference))
        n = n->next;
    return n;
}

static struct node *node_add(struct vnpay_truth *v)
{
    struct node *n = arena_new(v->arena, struct node);

    if (v->last)
        v->last->next = n;
    else
        v->first = n;
    v->last = n;
    v->count++;
    return n;
}

static struct json *refunds_json(const struct vnpay_txn *t)
{
    struct json *list = json_array();

    for (size_t i = 0; i < t->refund_count; i++) {
        const struct vnpay_refund *r = &t->refunds[i];
        struct json *o = json_object();
        json_put_str(o, "request", r->request);
        json_put_str(o, "type", r->type);
        json_put_str(o, "number", r->number);
        json_put_int(o, "amount_vnd", r->amount_vnd);
        json_put_int(o, "at_ms", r->at_ms);
        json_put_int(o, "wait_ms", r->wait_ms);
        json_put_bool(o, "rejected", r->rejected);
        json_add(list, o);
    }
    return list;
}

struct json *vnpay_json(const struct vnpay_txn *t)
{
    struct json *o = json_object();
    struct vnpay_txn own = *t;

    for (size_t i = 0; i < LEN(texts); i++)
        json_put_str(o, texts[i].name, *text_at(&own, i));
    json_put_int(o, "amount_vnd", t->amount_vnd);
    json_put_int(o, "opened_ms", t->opened_ms);
    json_put_int(o, "ended_ms", t->ended_ms);
    json_put_int(o, "reversed_ms", t->reversed_ms);
    json_put(o, "refunds", refunds_json(t));
    return o;
}

static result refund_read(struct vnpay_truth *v, const struct json *o, struct vnpay_refund *r,
                          struct err *e)
{
    TRY(json_need_str(o, "request", TEXT_BYTES, &r->request, e));
    TRY(json_need_str(o, "type", TEXT_BYTES, &r->type, e));
    TRY(json_need_str(o, "number", TEXT_BYTES, &r->number, e));
    TRY(json_need_int(o, "amount_vnd", 0, INT64_MAX, &r->amount_vnd, e));
    TRY(json_need_int(o, "at_ms", 0, INT64_MAX, &r->at_ms, e));
    TRY(json_need_int(o, "wait_ms", 0, INT64_MAX, &r->wait_ms, e));
    r->request = str_dup(v->arena, r->request);
    r->type = str_dup(v->arena, r->type);
    r->number = str_dup(v->arena, r->number);
    return json_want_bool(o, "rejected", &r->rejected, e);
}

/* Applies a line, at the start and at each change alike. */
static result line_replay(void *self, const struct json *line, struct err *e)
{
    const struct json *refunds = json_member(line, "refunds");
    struct vnpay_truth *v = self;
    struct vnpay_txn t = { 0 };
    struct node *n;

    for (size_t i = 0; i < LEN(texts); i++) {
        TRY(json_need_str(line, texts[i].name, TEXT_BYTES, text_at(&t, i), e));
        *text_at(&t, i) = str_dup(v->arena, *text_at(&t, i));
    }
    TRY(json_need_int(line, "amount_vnd", 0, INT64_MAX, &t.amount_vnd, e));
    TRY(json_need_int(line, "opened_ms", 0, INT64_MAX, &t.opened_ms, e));
    TRY(json_need_int(line, "ended_ms", 0, INT64_MAX, &t.ended_ms, e));
    TRY(json_need_int(line, "reversed_ms", 0, INT64_MAX, &t.reversed_ms, e));
    for (; t.refund_count < json_count(refunds) && t.refund_count < VNPAY_REFUNDS_MAX;
         t.refund_count++)
        TRY(refund_read(v, json_at(refunds, t.refund_count), &t.refunds[t.refund_count], e));
    n = node_find(v, t.reference);
    if (!n)
        n = node_add(v);
    n->txn = t;
    v->numbers = (int64_t)v->count;
    for (struct node *each = v->first; each; each = each->next)
        v->numbers += (int64_t)each->txn.refund_count;
    return OK;
}

/* Lock held. */
static result row_put(struct vnpay_truth *v, const struct vnpay_txn *t, struct err *e)
{
    struct json *line = vnpay_json(t);
    DEFER(json_close) struct json *own = json_copy(line);

    TRY(journal_add(v->journal, line, e));
    return line_replay(v, own, e);
}

result vnpay_truth_open(const char *path, const struct clock *clock, struct vnpay_truth **out,
                        struct err *e)
{
    struct vnpay_truth *v = calloc(1, sizeof(*v));

    must(v != NULL);
    must(pthread_mutex_init(&v->lock, NULL) == 0);
    v->arena = arena_open(TRUTH_ARENA_BYTES);
    v->clock = clock;
    if (journal_open(path, v, line_replay, &v->journal, e).failed) {
        vnpay_truth_close(&v);
        return (result){ true };
    }
    *out = v;
    return OK;
}

void vnpay_truth_close(struct vnpay_truth **v)
{
    if (!*v)
        return;
    journal_close(&(*v)->journal);
    arena_close(&(*v)->arena);
    pthread_mutex_destroy(&(*v)->lock);
    free(*v);
    *v = NULL;
}

static result add_locked(struct vnpay_truth *v, const struct vnpay_txn *in, struct vnpay_txn *out,
                         struct err *e)
{
    struct node *n = node_find(v, in->reference);
    struct vnpay_txn t = *in;

    for (size_t i = 0; n && i < SENT_TEXTS; i++)
        if (!str_eq(*text_at(&n->txn, i), *text_at(&t, i)))
            return fail(e, ERR_CONFLICT, "reference used before");
    if (n && n->txn.amount_vnd != t.amount_vnd)
        return fail(e, ERR_CONFLICT, "reference used before");
    if (!n) {
        t.token = random_token(v->arena, 192);
        t.number = str_i64(v->arena, NUMBER_FIRST + v->numbers);
        t.opened_ms = clock_now_ms(v->clock);
        TRY(row_put(v, &t, e));
        n = v->last;
    }
    *out = n->txn;
    return OK;
}

result vnpay_add(struct vnpay_truth *v, const struct vnpay_txn *in, struct vnpay_txn *out,
                 struct err *e)
{
    pthread_mutex_lock(&v->lock);
    result r = add_locked(v, in, out, e);
    pthread_mutex_unlock(&v->lock);
    return r;
}

bool vnpay_find(struct vnpay_truth *v, struct str reference, struct vnpay_txn *out)
{
    pthread_mutex_lock(&v->lock);
    const struct node *n = node_find(v, reference);
    if (n)
        *out = n->txn;
    pthread_mutex_unlock(&v->lock);
    return n != NULL;
}

bool vnpay_find_token(struct vnpay_truth *v, struct str token, struct vnpay_txn *out)
{
    pthread_mutex_lock(&v->lock);
    const struct node *n = v->first;
    while (n && !str_eq(n->txn.token, token))
        n = n->next;
    if (n)
        *out = n->txn;
    pthread_mutex_unlock(&v->lock);
    return n != NULL;
}

size_t vnpay_list(struct vnpay_truth *v, struct arena *a, struct vnpay_txn **out)
{
    size_t n = 0;

    pthread_mutex_lock(&v->lock);
    *out = arena_array(a, struct vnpay_txn, v->count + 1);
    for (const struct node *each = v->first; each; each = each->next)
        (*out)[n++] = each->txn;
    pthread_mutex_unlock(&v->lock);
    return n;
}

static result change_locked(struct vnpay_truth *v, struct str reference, vnpay_edit *edit,
                            void *arg, struct vnpay_txn *out, struct err *e)
{
    struct node *n = node_find(v, reference);

    if (!n)
        return fail(e, ERR_NOT_FOUND, "no such reference");
    *out = n->txn;
    TRY(edit(out, arg, e));
    if (out->refund_count > n->txn.refund_count)
        out->refunds[out->refund_count - 1].number = str_i64(v->arena, NUMBER_FIRST + v->numbers);
    TRY(row_put(v, out, e));
    *out = n->txn;
    return OK;
}

result vnpay_change(struct vnpay_truth *v, struct str reference, vnpay_edit *edit, void *arg,
                    struct vnpay_txn *out, struct err *e)
{
    pthread_mutex_lock(&v->lock);
    result r = change_locked(v, reference, edit, arg, out, e);
    pthread_mutex_unlock(&v->lock);
    return r;
}

struct str vnpay_status(const struct vnpay_txn *t, int64_t now_ms)
{
    if (t->reversed_ms && now_ms >= t->reversed_ms)
        return STR("04");
    return t->status.n ? t->status : STR("01");
}

struct str vnpay_refund_status(const struct vnpay_refund *r, int64_t now_ms)
{
    if (now_ms < r->at_ms + r->wait_ms)
        return STR("05");
    if (r->rejected)
        return STR("09");
    return now_ms < r->at_ms + 2 * r->wait_ms ? STR("06") : STR("00");
}

int64_t vnpay_refunded_vnd(const struct vnpay_txn *t, int64_t now_ms)
{
    int64_t vnd = 0;

    for (size_t i = 0; i < t->refund_count; i++)
        if (!str_is(vnpay_refund_status(&t->refunds[i], now_ms), "09"))
            vnd += t->refunds[i].amount_vnd;
    return vnd;
}
