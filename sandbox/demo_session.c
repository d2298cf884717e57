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
    { "name", offsetof(struct demo_session, name) },
    { "number", offsetof(struct demo_session, number) },
    { "acr", offsetof(struct demo_session, acr) },
    { "id_token", offsetof(struct demo_session, id_token) },
    { "access_token", offsetof(struct demo_session, access_token) },
    { "csrf", offsetof(struct demo_session, csrf) },
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
    for (size_t i = 0; i < LEN(texts); i++)
        json_put_str(o, texts[i].name, *text_at(&own, i));
    TRY(kv_put(sb->kv, key_of(rq->arena, token), json_print(rq->arena, o), SESSION_TTL_S, e));
    const struct cookie_out c = { .name = COOKIE, .value = token, .path = "/portal" };
    response_cookie(rs, &c);
    return OK;
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
    return true;
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
