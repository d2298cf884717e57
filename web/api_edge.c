/*
 * How answers of /v1 leave: tags, conditions, pages of lists, and calls that are made once.
 * Attacker: a client that forges a cursor to read on in another's list. Promised: a cursor is
 * authenticated, and bound to its client and filters.
 */
#include "base/buf.h"
#include "base/codec.h"
#include "base/err.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/str.h"
#include "crypto/digest.h"
#include "crypto/seal.h"
#include "crypto/secret.h"
#include "web/api.h"
#include "web/view.h"

#define TAG_LETTERS  22 /* 132 bits */
#define MARK_LETTERS 22

struct str api_tag(const struct ctx *c, const struct json *body)
{
    const struct digest d = digest_sha256(json_print(c->arena, body));

    return str_fmt(c->arena, "\"%.*s\"", TAG_LETTERS, digest_base64url(c->arena, d).p);
}

/* RFC 9110 13.1: a list of tags, or '*'. weak: If-None-Match compares weakly. */
static bool tags_have(struct str list, struct str tag, bool weak)
{
    struct str one;

    while (str_next(&list, ',', &one)) {
        one = str_trim(one);
        if (weak && str_starts(one, STR("W/")))
            one = str_from(one, 2);
        if (str_is(one, "*") || str_eq(one, tag))
            return true;
    }
    return false;
}

result api_match(const struct ctx *c, const struct request *rq, struct str tag, struct err *e)
{
    const struct str wanted = request_header(rq, "If-Match");

    (void)c;
    if (wanted.n == 0 || tags_have(wanted, tag, false))
        return OK;
    return fail_field(e, ERR_STALE, "If-Match", "changed meanwhile");
}

result api_send(struct ctx *c, const struct request *rq, struct response *rs, struct json *body,
                struct err *e)
{
    struct idempotency_reply reply = { 0 };
    const struct str tag = api_tag(c, body);

    TRY(api_reply(c, body, c->arena, &reply, e));
    response_header(rs, "ETag", tag);
    if (c->row->method == METHOD_GET && tags_have(request_header(rq, "If-None-Match"), tag, true)) {
        rs->status = 304;
        rs->body = (struct str){ "", 0 };
        return OK;
    }
    view_json_text(rs, reply.status, "application/json", reply.body);
    return OK;
}

struct telling {
    struct ctx *c;
};

static struct str tell(void *arg, const struct err *why, struct arena *a)
{
    const struct telling *t = arg;

    return view_problem(t->c, why, a);
}

static void reply_send(struct response *rs, const struct idempotency_reply *reply)
{
    if (reply->replayed)
        response_header(rs, "Idempotent-Replay", STR("true"));
    view_json_text(rs, reply->status,
                   reply->status >= 400 ? "application/problem+json" : "application/json",
                   reply->body);
}

/* Without a key: the operation bears being repeated by itself. */
static result do_plainly(struct ctx *c, struct response *rs, const struct api_once *once,
                         struct err *e)
{
    struct idempotency_reply reply = { 0 };

    must(once->slow != NULL);
    TRY(once->slow(once->arg, c->arena, &reply, e));
    reply_send(rs, &reply);
    return OK;
}

result api_do_once(struct ctx *c, const struct request *rq, struct response *rs,
                   const struct api_once *once, struct err *e)
{
    const struct api_operation *op = api_operation_find(c->row->method, c->row->path);
    const struct str key = request_header(rq, "Idempotency-Key");
    struct telling telling = { c };
    const struct idempotency_call call = {
        .agency_id = once->agency_id,
        .client_id = c->access.client_id,
        .path = rq->path,
        .key = key,
        .body = once->body,
        .tell = tell,
        .tell_arg = &telling,
    };
    struct idempotency_reply reply = { 0 };

    must(op != NULL);
    if (key.n == 0 && op->once == API_MAY)
        return do_plainly(c, rs, once, e);
    if (once->slow != NULL)
        TRY(idempotency_run_slow(&c->app->till, &call, once->slow, once->arg, c->arena, &reply, e));
    else
        TRY(idempotency_run(&c->app->till, &call, once->work, once->arg, c->arena, &reply, e));
    reply_send(rs, &reply);
    return OK;
}

/* What a cursor is for: the client, the list and every filter but the page itself. */
static struct str cursor_place(const struct ctx *c, const struct form *query)
{
    struct buf b = buf_make(c->arena, LIMIT_FORM_BYTES);

    buf_fmt(&b, "cursor:%.*s %s", STR_ARG(c->access.client_id), c->row->path);
    for (size_t i = 0; i < query->count; i++) {
        const struct pair *f = &query->fields[i];

        if (f->value.n > 0 && !str_is(f->name, "cursor") && !str_is(f->name, "limit"))
            buf_fmt(&b, "\n%.*s=%.*s", STR_ARG(f->name), STR_ARG(f->value));
    }
    return buf_str(&b);
}

static struct str cursor_mark(const struct ctx *c, const struct form *query, struct str plain)
{
    return str_sub(seal_index(c->arena, c->app->seal, cursor_place(c, query), plain), 0,
                   MARK_LETTERS);
}

struct str api_cursor(const struct ctx *c, const struct form *query, int64_t at_ms, struct str id)
{
    const struct str plain = str_fmt(c->arena, "%lld.%.*s", (long long)at_ms, STR_ARG(id));

    return base64url_encode(
        c->arena,
        str_fmt(c->arena, "%.*s.%.*s", STR_ARG(cursor_mark(c, query, plain)), STR_ARG(plain)));
}

static bool cursor_read(const struct ctx *c, const struct form *query, struct str cursor,
                        struct api_place *out)
{
    struct str text, mark, plain, at;

    return base64url_decode(c->arena, cursor, &text) && str_cut(text, '.', &mark, &plain) &&
           secret_equal(mark, cursor_mark(c, query, plain)) && str_cut(plain, '.', &at, &out->id) &&
           str_to_i64(at, &out->at_ms);
}

result api_page(const struct ctx *c, const struct form *query, struct api_place *from, size_t *rows,
                struct err *e)
{
    const struct str cursor = form_get(query, "cursor");
    int64_t limit = API_PAGE_ROWS;

    (void)str_to_i64(form_get(query, "limit"), &limit);
    *rows = (size_t)limit; /* api_query has held it to its range */
    *from = (struct api_place){ .at_ms = INT64_MAX };
    if (cursor.n > 0 && !cursor_read(c, query, cursor, from))
        return fail_field(e, ERR_INVALID, "cursor", "not one of this list");
    return OK;
}
