#include "web/view.h"

#include <string.h>

#include "auth/account.h"
#include "auth/client.h"
#include "base/buf.h"
#include "base/embed.h"
#include "base/err.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/money.h"
#include "base/str.h"
#include "base/template.h"
#include "base/words.h"
#include "http/form.h"

extern const struct embed_set web_pages;

const struct catalog *view_catalog(const struct ctx *c)
{
    return str_is(c->language, "en") ? c->app->en : c->app->vi;
}

struct str view_text(const struct ctx *c, const char *key)
{
    return catalog_text(view_catalog(c), str_c(key));
}

struct str view_fill(const struct ctx *c, const char *key, const struct str *args, size_t n)
{
    return catalog_fill(c->arena, view_catalog(c), str_c(key), args, n);
}

struct str view_either(const struct ctx *c, struct str vi, struct str en)
{
    return str_is(c->language, "en") && en.n > 0 ? en : vi;
}

void view_put_money(const struct ctx *c, struct json *o, const char *name, int64_t vnd)
{
    json_put_str(o, name, money_print(c->arena, vnd));
}

struct str view_words(const struct ctx *c, int64_t vnd)
{
    const struct words_style style = { .chan = c->app->conf.payments.words_chan };

    if (str_is(c->language, "en"))
        return words_vnd_en(c->arena, vnd);
    return words_vnd(c->arena, vnd, style);
}

struct str view_kind(const struct ctx *c, enum fee_kind kind)
{
    return view_text(c, kind == FEE_PHI ? "pay.kind_phi" : "pay.kind_le_phi");
}

struct str view_csrf(const struct ctx *c)
{
    if (c->is_staff && c->row->who != WHO_CITIZEN)
        return c->staff.csrf;
    return c->signed_in ? c->session.csrf : c->form_csrf;
}

/* The same page in the other language: the query as it was, but for `lang`. */
static struct str other_url(const struct ctx *c, const struct request *rq)
{
    struct form query;
    struct pair fields[LIMIT_FORM_FIELDS + 1];
    size_t n = 0;

    if (rq->method == METHOD_GET && !form_query(rq, &query, NULL).failed)
        for (size_t i = 0; i < query.count; i++)
            if (!str_is(query.fields[i].name, "lang"))
                fields[n++] = query.fields[i];
    fields[n++] = (struct pair){ STR("lang"), str_is(c->language, "en") ? STR("vi") : STR("en") };
    return url_with(c->arena, rq->method == METHOD_GET ? rq->path : STR("/"), fields, n);
}

static result put_person(struct ctx *c, struct json *data, struct err *e)
{
    struct account account;
    struct err none;

    if (c->is_staff && c->row->who != WHO_CITIZEN) {
        json_put_str(data, "staff", c->staff.display_name);
        json_put_bool(data, "may_collect", c->staff.role >= STAFF_OFFICER);
        json_put_bool(data, "may_admin", !staff_may_audit(&c->staff, &none).failed);
        return OK;
    }
    if (!c->signed_in)
        return OK;
    TRY(account_load(&c->app->auth, c->arena, c->session.account, &account, e));
    json_put_str(data, "person", account_name(&account));
    return OK;
}

static result put_layout(struct ctx *c, const struct request *rq, const char *title,
                         struct json *data, struct err *e)
{
    const struct conf *conf = &c->app->conf;
    const bool english = str_is(c->language, "en");

    json_put_str(data, "lang", c->language);
    json_put_str(data, "other_lang", english ? STR("vi") : STR("en"));
    json_put_str(data, "other_url", other_url(c, rq));
    json_put_str(data, "service", view_either(c, conf->service.name_vi, conf->service.name_en));
    json_put_str(data, "hotline", conf->service.hotline);
    json_put_bool(data, "simulated", str_is(conf->service.national_systems, "simulated"));
    json_put_bool(data, "emblem", c->app->emblem.n > 0);
    json_put_str(data, "csrf", view_csrf(c));
    if (json_member(data, "title") == NULL)
        json_put_str(data, "title", view_text(c, title));
    return put_person(c, data, e);
}

static bool find_page(const void *self, struct str name, struct str *text)
{
    static const char suffix[] = ".html";
    char file[80];

    (void)self;
    if (name.n + sizeof(suffix) > sizeof(file))
        return false;
    memcpy(file, name.p, name.n);
    memcpy(file + name.n, suffix, sizeof(suffix));
    return embed_find(&web_pages, str_c(file), text);
}

static bool find_word(const void *self, struct str key, struct str *text)
{
    return catalog_find(self, key, text);
}

static result render(struct ctx *c, const char *name, const struct json *data, struct str *html,
                     struct err *e)
{
    const struct template_source pages = { find_page, NULL };
    const struct template_words words = { find_word, view_catalog(c) };
    struct buf out = buf_make(c->arena, LIMIT_PAGE_BYTES);

    TRY(template_render(&pages, &words, str_c(name), data, &out, e));
    return buf_end(&out, html, e);
}

result view_page(struct ctx *c, const struct request *rq, struct response *rs, const char *name,
                 const char *title, struct json *data, struct err *e)
{
    struct str html;

    TRY(put_layout(c, rq, title, data, e));
    TRY(render(c, name, data, &html, e));
    response_body(rs, 200, "text/html; charset=utf-8", html);
    return OK;
}

void view_status(struct response *rs, int status)
{
    rs->status = status;
}

void view_json(struct ctx *c, struct response *rs, int status, struct json *data)
{
    view_json_text(rs, status, "application/json", json_print(c->arena, data));
    json_close(&data);
}

void view_json_text(struct response *rs, int status, const char *type, struct str json)
{
    response_body(rs, status, type, json);
}

void view_redirect(struct response *rs, struct str location)
{
    response_redirect(rs, location);
}

static void policy_set(const struct ctx *c, struct response *rs, struct str form_targets,
                       const char *more)
{
    response_header_set(rs, "Content-Security-Policy",
                        str_fmt(rs->arena,
                                "default-src 'none'; style-src 'self'; img-src 'self' data:; "
                                "script-src 'self'; %sform-action 'self' %.*s %.*s; "
                                "frame-ancestors 'none'; base-uri 'none'",
                                more, STR_ARG(c->app->form_action), STR_ARG(form_targets)));
}

void view_policy(const struct ctx *c, struct response *rs, struct str form_targets)
{
    policy_set(c, rs, form_targets, "");
}

void view_policy_asking(const struct ctx *c, struct response *rs)
{
    policy_set(c, rs, STR(""), "connect-src 'self'; ");
}

struct str view_origins(const struct ctx *c, const struct str *urls, size_t n)
{
    struct buf b = buf_make(c->arena, LIMIT_FORM_BYTES);

    for (size_t i = 0; i < n; i++) {
        buf_put(&b, app_origin(urls[i]));
        buf_putc(&b, ' ');
    }
    return buf_str(&b);
}

static bool by_dpop(const struct request *rq)
{
    const struct str given = request_header(rq, "Authorization");

    return str_eq_nocase(str_sub(given, 0, 5), STR("DPoP "));
}

/* Whoever came with a bearer token is told of both schemes: it may have needed the other. */
static void challenge(const struct request *rq, struct response *rs, const struct err *e)
{
    static const char algs[] = "algs=\"ES256 PS256 EdDSA\"";
    const bool dpop = by_dpop(rq) || e->code == ERR_BAD_PROOF || e->code == ERR_NEED_NONCE;
    struct str wants = STR(""), name, value;

    if (e->code == ERR_NOT_SIGNED_IN) {
        response_header_set(rs, "WWW-Authenticate",
                            str_fmt(rs->arena, "Bearer realm=\"motcua\", DPoP %s", algs));
        return;
    }
    if (e->code != ERR_BAD_TOKEN && e->code != ERR_SCOPE && e->code != ERR_WEAK_SIGN_IN &&
        e->code != ERR_BAD_PROOF && e->code != ERR_NEED_NONCE)
        return;
    if (e->code == ERR_WEAK_SIGN_IN && str_cut(str_c(e->field), '=', &name, &value))
        wants = str_fmt(rs->arena, ", %.*s=\"%.*s\"", STR_ARG(name), STR_ARG(value));
    response_header_set(rs, "WWW-Authenticate",
                        str_fmt(rs->arena, "%s realm=\"motcua\", error=\"%s\"%.*s, %s%s",
                                dpop ? "DPoP" : "Bearer", err_oauth(e->code), STR_ARG(wants),
                                dpop ? "" : "DPoP ", algs));
}

/* RFC 9449: a proof that fails is 401 where a token is used, and 400 where one is made. */
static int oauth_status(const struct ctx *c, enum err_code code)
{
    const bool proof = code == ERR_BAD_PROOF || code == ERR_NEED_NONCE;

    return proof && c->row->who != WHO_CLIENT ? 400 : err_status(code);
}

/* The page of a code: RFC 6749 5.2, RFC 9457 3.1.1. */
static struct str error_page(const struct ctx *c, enum err_code code)
{
    return str_fmt(c->arena, "%.*s/errors/%.*s", STR_ARG(c->app->conf.service.issuer),
                   STR_ARG(str_lower(c->arena, str_c(err_name(code)))));
}

static void oauth_error(struct ctx *c, const struct request *rq, struct response *rs,
                        const struct err *e)
{
    struct json *body = json_object();
    struct str text = catalog_text(c->app->en, str_c(err_text(e->code)));

    /* Whoever registers a client has forty members to search. */
    if (e->code == ERR_BAD_METADATA && e->field[0] != '\0')
        text = str_fmt(c->arena, "%.*s (%s)", STR_ARG(text), e->field);
    json_put_str(body, "error", str_c(err_oauth(e->code)));
    /* RFC 6749 5.2: the description is ASCII, so it is always English. */
    json_put_str(body, "error_description", text);
    json_put_str(body, "error_uri", error_page(c, e->code));
    if (c->row->who == WHO_CLIENT)
        challenge(rq, rs, e);
    view_json(c, rs, oauth_status(c, e->code), body);
}

/* Codes that people see as the same sentence mean the same to a portal. */
static struct str why_text(const struct ctx *c, enum err_code code)
{
    const struct str key = str_from(str_c(err_text(code)), sizeof("err.") - 1);

    return view_text(c, str_cstr(c->arena, str_cat(c->arena, STR("why."), key)));
}

/* RFC 9457 with the members that payment interfaces are used to: code, field, request_id. */
struct str view_problem(struct ctx *c, const struct err *e, struct arena *a)
{
    DEFER(json_close) struct json *body = json_object();

    json_put_str(body, "type", error_page(c, e->code));
    json_put_str(body, "title", view_text(c, err_text(e->code)));
    json_put_int(body, "status", err_status(e->code));
    json_put_str(body, "detail", why_text(c, e->code));
    json_put_str(body, "instance",
                 str_cat(c->arena, STR("urn:motcua:request:"), c->visit.request_id));
    json_put_str(body, "code", str_lower(c->arena, str_c(err_name(e->code))));
    if (e->field[0] != '\0')
        json_put_str(body, "field", str_c(e->field));
    json_put_str(body, "request_id", c->visit.request_id);
    return json_print(a, body);
}

static void api_error(struct ctx *c, const struct request *rq, struct response *rs,
                      const struct err *e)
{
    challenge(rq, rs, e);
    response_header_set(rs, "Content-Language", c->language);
    view_json_text(rs, err_status(e->code), "application/problem+json",
                   view_problem(c, e, c->arena));
}

void view_offer_portal(struct ctx *c, const struct client *portal)
{
    const struct pair iss[] = { { STR("iss"), c->app->conf.service.issuer } };

    if (portal->initiate_uri.n > 0)
        c->portal_url = url_with(c->arena, portal->initiate_uri, iss, 1);
    else if (portal->redirect_count > 0)
        c->portal_url = str_cat(c->arena, app_origin(portal->redirect_uris[0]), STR("/"));
    c->portal_name = client_name(portal, c->language);
}

void view_put_portal(const struct ctx *c, struct json *data)
{
    if (c->portal_url.n == 0)
        return;
    json_put_str(data, "portal_url", c->portal_url);
    json_put_str(data, "portal_name", c->portal_name);
}

/* A change of role or password ends a session: what was sent from an open page is not recorded. */
static bool is_staff_ended(const struct ctx *c, const struct err *why)
{
    const enum route_who who = c->row->who;

    return why->code == ERR_NOT_SIGNED_IN &&
           (who == WHO_VIEWER || who == WHO_OFFICER || who == WHO_AUDITOR || who == WHO_ADMIN);
}

static result page_error(struct ctx *c, const struct request *rq, struct response *rs,
                         const struct err *why, struct err *e)
{
    DEFER(json_close) struct json *data = json_object();

    json_put_str(data, "message", view_text(c, err_text(why->code)));
    if (why->field[0] != '\0')
        json_put_str(data, "field", str_c(why->field));
    if (c->hint.n > 0)
        json_put_str(data, "hint", c->hint);
    json_put_str(data, "back_url", STR("/"));
    if (is_staff_ended(c, why)) {
        json_put_str(data, "message", view_text(c, "staff.ended"));
        json_put_str(data, "sign_in_url", STR("/staff/sign-in"));
    }
    view_put_portal(c, data);
    json_put_str(data, "request_id", c->visit.request_id);
    TRY(view_page(c, rq, rs, "error", "error.title", data, e));
    rs->status = err_status(why->code);
    return OK;
}

void view_error(struct ctx *c, const struct request *rq, struct response *rs, const struct err *e)
{
    struct err second;

    if (e->code == ERR_BUSY || e->code == ERR_STORE)
        response_header_set(rs, "Retry-After", STR("5"));
    if (e->code == ERR_TOO_MANY)
        response_header_set(rs, "Retry-After", STR("60")); /* what is counted by the minute */
    switch (c->row->face) {
    case FACE_OAUTH:
        oauth_error(c, rq, rs, e);
        return;
    case FACE_API:
        api_error(c, rq, rs, e);
        return;
    case FACE_PAGE:
        if (!page_error(c, rq, rs, e, &second).failed)
            return;
        c->signed_in = c->is_staff = false; /* the name could not be loaded: show it without */
        if (!page_error(c, rq, rs, e, &second).failed)
            return;
        break;
    case FACE_PLAIN:
        break;
    }
    response_body(rs, err_status(e->code), "text/plain; charset=utf-8",
                  str_dup(c->arena, /* the generation may be closed before it is sent */
                          view_text(c, err_text(e->code))));
}

struct str cookie_name(const struct app *a, struct arena *arena, const char *name)
{
    /* The prefix makes browsers refuse a cookie set by another host or over plain http. */
    return str_cat(arena, a->https ? STR("__Host-") : STR(""), str_c(name));
}

void view_cookie(const struct ctx *c, struct response *rs, const char *name, struct str value,
                 int64_t max_age_s)
{
    const struct cookie_out cookie = {
        .name = str_cstr(c->arena, cookie_name(c->app, c->arena, name)),
        .value = value,
        .max_age_s = max_age_s,
        .secure = c->app->https,
    };

    response_cookie(rs, &cookie);
}
