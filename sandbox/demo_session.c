#include "sandbox/demo_session.h"

#include "crypto/random.h"
#include "store/kv.h"

#define COOKIE        "demo_session"
#define SESSION_TTL_S 3600
#define TEXT_BYTES    16384

static const struct {
    const char *name;
    size_t at;
} texts[] = {
    { "sub", offsetof(struct demo_session, sub) },
    { "sid", offsetof(struct demo_session, sid) },
    { "name", offsetof(struct demo_session, name) },
    { "number", offsetof(struct demo_session, number) },
    { "acr", offsetof(struct demo_session, acr) },
    { "id_token", offsetof(struct demo_session, id_token) },
    { "access_token", offsetof(struct demo_session, access_token) },
    { "csrf", offsetof(struct demo_session, csrf) },
    { "since", offsetof(struct demo_session, since) },
};

static struct str *text_at(struct demo_session *s, size_t i)
{
    return (struct str *)(void *)((char *)s + texts[i].at);
}

static struct str key_of(struct arena *a, struct str token)
{
    return str_cat(a, STR("demo:"), token);
}

result demo_session_start(struct sandbox *sb, struct request *rq, struct response *rs,
                          const struct demo_session *s, struct err *e)
{
    DEFER(json_close) struct json *o = json_object();
    struct str token = random_token(rq->arena, 256);
    struct demo_session own = *s;

    own.csrf = random_token(rq->arena, 128);
    own.since = str_i64(rq->arena, clock_now_ms(&sb->clock));
    for (size_t i = 0; i < LEN(texts); i++)
        json_put_str(o, texts[i].name, *text_at(&own, i));
    TRY(kv_put(sb->kv, key_of(rq->arena, token), json_print(rq->arena, o), SESSION_TTL_S, e));
    const struct cookie_out c = { .name = COOKIE, .value = token, .path = "/portal" };
    response_cookie(rs, &c);
    return OK;
}

static struct str told_key(struct arena *a, struct str sid, struct str sub)
{
    return str_fmt(a, "told:%.*s %.*s", STR_ARG(sid), STR_ARG(sub));
}

result demo_session_end_told(struct sandbox *sb, struct arena *a, struct str sid, struct str sub,
                             struct err *e)
{
    return kv_put(sb->kv, told_key(a, sid, sub), str_i64(a, clock_now_ms(&sb->clock)),
                  SESSION_TTL_S, e);
}

/* Whether motcua has said so since; a table that does not answer says so too. */
static bool is_told_out(struct sandbox *sb, struct arena *a, const struct demo_session *s)
{
    const struct str names[] = { told_key(a, s->sid, s->sub), told_key(a, s->sid, STR("")),
                                 told_key(a, STR(""), s->sub) };
    int64_t since_ms = 0, told_ms = 0;
    struct str text;
    bool found;

    if (!str_to_i64(s->since, &since_ms))
        return true;
    for (size_t i = 0; i < LEN(names); i++) {
        if (kv_get(sb->kv, a, names[i], &found, &text, NULL).failed)
            return true;
        if (found && (!str_to_i64(text, &told_ms) || told_ms >= since_ms))
            return true;
    }
    return false;
}

bool demo_session_find(struct sandbox *sb, struct request *rq, struct demo_session *out)
{
    struct str token = request_cookie(rq, COOKIE), text;
    bool found = false;

    if (token.n != 43 ||
        kv_get(sb->kv, rq->arena, key_of(rq->arena, token), &found, &text, NULL).failed || !found)
        return false;
    DEFER(json_close) struct json *o = NULL;
    if (json_read(text, &o, NULL).failed)
        return false;
    for (size_t i = 0; i < LEN(texts); i++) {
        if (json_need_str(o, texts[i].name, TEXT_BYTES, text_at(out, i), NULL).failed)
            return false;
        *text_at(out, i) = str_dup(rq->arena, *text_at(out, i));
    }
    if (!is_told_out(sb, rq->arena, out))
        return true;
    (void)kv_drop(sb->kv, key_of(rq->arena, token), NULL).failed;
    return false;
}

void demo_session_end(struct sandbox *sb, struct request *rq, struct response *rs)
{
    struct str token = request_cookie(rq, COOKIE);
    const struct cookie_out c = {
        .name = COOKIE, .value = STR(""), .max_age_s = -1, .path = "/portal"
    };
    if (token.n == 43)
        (void)kv_drop(sb->kv, key_of(rq->arena, token), NULL).failed;
    response_cookie(rs, &c);
}

result demo_session_form(struct sandbox *sb, struct request *rq, struct form *f,
                         struct demo_session *out, struct err *e)
{
    if (!demo_session_find(sb, rq, out))
        return fail(e, ERR_NOT_SIGNED_IN, "demo portal");
    TRY(form_body(rq, f, e));
    if (!secret_equal(form_get(f, "csrf"), out->csrf))
        return fail(e, ERR_BAD_CSRF, "demo portal");
    return OK;
}
