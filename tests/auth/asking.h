/*
 * asking.h - authorization requests in tests: asked, answered, signed in for.
 *
 *     struct authorize_reply r = ask(au, GOOD "&state=s1", &done.session);
 *     check_error(&r, "login_required");
 */
#ifndef TESTS_AUTH_ASKING_H
#define TESTS_AUTH_ASKING_H

#include "auth/grant.h"
#include "auth/oidc_authorize.h"
#include "store/kv.h"
#include "tests/auth/world.h"

#define GOOD                                                                                       \
    "client_id=portal&redirect_uri=https%3A%2F%2Fportal.example.vn%2Fcallback&response_type=code&" \
    "scope=openid"

static inline struct authorize_reply ask(struct auth *au, const char *query, struct session *s)
{
    struct err e = { 0 };
    const struct visit v = world_visit();
    const struct form f = world_form(query);
    struct authorize_reply r;

    check_ok(oidc_authorize(au, &v, &f, s, &r, &e), e);
    return r;
}

static inline struct client registered(struct auth *au)
{
    struct err e = { 0 };
    struct client c;

    check_ok(client_load(au, test_arena(), STR("portal"), &c, &e), e);
    return c;
}

static inline void register_again(struct auth *au, struct client *c)
{
    struct err e = { 0 };
    const struct visit v = world_visit();

    check_ok(client_change(au, &v, c, &e), e);
}

#define ACR_ESSENTIAL(n)                                                                           \
    "&claims=%7B%22id_token%22%3A%7B%22acr%22%3A%7B%22essential%22%3Atrue%2C%22value%22%3A%22urn%" \
    "3Avn%3Aloa%3A" n "%22%7D%7D%7D"

/* Signs in as the reply asks, with what the upstream then shows. */
static inline struct login_done step_up(struct auth *au, const struct authorize_reply *r,
                                        const char *amr)
{
    struct err e = { 0 };
    const struct visit v = world_visit();
    struct login_ask asked = r->login;
    struct login_done done;
    struct str browser;
    struct login l;
    struct form back;

    asked.return_path = STR("/");
    upstream()->amr = str_c(amr);
    l = world_sent(au, &asked, &browser);
    back = world_callback(&l);
    check_ok(login_return(au, &v, &back, browser, STR(""), &done, &e), e);
    return done;
}

static inline struct grant granted(struct auth *au, const struct authorize_reply *r)
{
    struct err e = { 0 };
    const struct form f = world_query(r->url);
    struct grant g;
    struct str raw;
    bool found;

    check(form_get(&f, "code").n >= 43);
    check_ok(kv_get(au->kv, test_arena(), auth_key(test_arena(), "code", form_get(&f, "code")),
                    &found, &raw, &e),
             e);
    check(found);
    check_ok(grant_read(test_arena(), raw, &g, &e), e);
    return g;
}

static inline void check_error(const struct authorize_reply *r, const char *error)
{
    const struct form f = world_query(r->url);

    check_int(r->kind, AUTHORIZE_REDIRECT);
    check_str(form_get(&f, "error"), error);
    check_str(form_get(&f, "iss"), "https://id.example.vn");
    check(!form_has(&f, "code"));
}

#endif
