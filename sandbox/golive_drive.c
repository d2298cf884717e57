/*
 * The go-live check's browser: begins a sign-in at the portal, reads the authorization request that
 * it is sent away with, comes back with a code, and looks whether the round's person is signed in.
 * It goes to the portal's own origin only, keeps its cookies, and runs no script.
 */
#include "base/limits.h"
#include "crypto/random.h"
#include "sandbox/golive.h"

#define STEPS_MAX    8 /* redirects within the portal */
#define COOKIES_MAX  32
#define CALL_MS      10000
#define ANSWER_BYTES (1024 * 1024)

static const struct {
    const char *name;
    bool accept;
    const char *source;
} rounds[] = {
#define ACCEPT                    true
#define REFUSE                    false
#define ROUND(name, want, source) { #name, want, source },
#include "sandbox/golive.def"
#undef ROUND
#undef ACCEPT
#undef REFUSE
};

const char *golive_name(enum golive_round round)
{
    return rounds[round].name;
}

bool golive_wants_accept(enum golive_round round)
{
    return rounds[round].accept;
}

const char *golive_source(enum golive_round round)
{
    return rounds[round].source;
}

bool golive_passed(const struct golive_report *r, enum golive_round round)
{
    const struct golive_result *one = &r->rounds[round];

    return one->ran && one->accepted == rounds[round].accept && one->status < 500;
}

struct visitor {
    struct sandbox *sb;
    struct arena *arena;
    struct partner *portal;
    struct str origin;
    struct pair cookies[COOKIES_MAX];
    size_t cookie_count;
};

static struct str origin_of(struct str url)
{
    struct str scheme, rest;
    size_t n = 0;

    if (!str_cut(url, ':', &scheme, &rest) || !str_starts(rest, STR("//")))
        return STR("");
    for (n = 2; n < rest.n && rest.p[n] != '/' && rest.p[n] != '?'; n++)
        ;
    return str_sub(url, 0, scheme.n + 1 + n);
}

static void cookie_set(struct visitor *v, struct str line)
{
    struct str pair = line, rest, name, value;

    (void)str_cut(line, ';', &pair, &rest);
    if (!str_cut(pair, '=', &name, &value))
        return;
    for (size_t i = 0; i < v->cookie_count; i++)
        if (str_eq(v->cookies[i].name, name)) {
            v->cookies[i].value = value;
            return;
        }
    if (v->cookie_count < COOKIES_MAX)
        v->cookies[v->cookie_count++] = (struct pair){ name, value };
}

static struct str cookie_header(const struct visitor *v)
{
    struct str all = STR("");

    for (size_t i = 0; i < v->cookie_count; i++)
        all = str_fmt(v->arena, "%.*s%s%.*s=%.*s", STR_ARG(all), i > 0 ? "; " : "",
                      STR_ARG(v->cookies[i].name), STR_ARG(v->cookies[i].value));
    return all;
}

static result visit_one(struct visitor *v, struct str url, struct answer *out, struct err *e)
{
    const struct pair headers[] = {
        { STR("Accept"), STR("text/html,application/xhtml+xml") },
        { STR("Sec-Fetch-Mode"), STR("navigate") },
        { STR("Cookie"), cookie_header(v) },
    };
    const struct call call = { .method = METHOD_GET,
                               .path = url,
                               .headers = headers,
                               .header_count = v->cookie_count > 0 ? 3 : 2 };
    struct str lines, line;

    TRY(partner_call(v->portal, &call, v->arena, out, e));
    lines = out->cookies;
    while (str_next(&lines, '\n', &line))
        cookie_set(v, line);
    return OK;
}

/* Follows redirects as long as they stay within the portal; *away is where they leave it, or
 * empty. */
static result visit(struct visitor *v, struct str url, struct answer *out, struct str *away,
                    struct err *e)
{
    *away = STR("");
    for (int step = 0; step < STEPS_MAX; step++) {
        TRY(visit_one(v, url, out, e));
        if (out->status < 300 || out->status > 399 || out->location.n == 0)
            return OK;
        url = out->location;
        if (str_starts(url, STR("/")))
            url = str_cat(v->arena, v->origin, url);
        if (!str_eq(origin_of(url), v->origin)) {
            *away = url;
            return OK;
        }
    }
    return fail_field(e, ERR_INVALID, "start_url", "more than %d redirects", STEPS_MAX);
}

/* The portal's authorization request, from the query or from what it pushed before. */
static result ask_read(struct visitor *v, struct str url, struct golive_ask *out, struct err *e)
{
    const struct str want = str_cat(v->arena, golive_issuer(v->sb, v->arena), STR("/authorize?"));
    struct form form;

    if (!str_starts(url, want))
        return fail_field(e, ERR_INVALID, "start_url", "does not lead to %.*s", STR_ARG(want));
    TRY(form_read(v->arena, str_from(url, want.n), &form, e));
    if (form_has(&form, "request_uri"))
        TRY(golive_pushed(v->sb, v->arena, form_get(&form, "request_uri"), &form, e));
    *out = (struct golive_ask){ .client_id = form_get(&form, "client_id"),
                                .redirect_uri = form_get(&form, "redirect_uri"),
                                .state = form_get(&form, "state"),
                                .nonce = form_get(&form, "nonce"),
                                .challenge = form_get(&form, "code_challenge") };
    if (!str_eq(origin_of(out->redirect_uri), v->origin))
        return fail_field(e, ERR_INVALID, "redirect_uri", "not of the portal's origin");
    return OK;
}

static struct str way_back(struct visitor *v, const struct golive_code *c, struct str code)
{
    const struct str issuer = golive_issuer(v->sb, v->arena);
    const struct str state =
        c->round == GOLIVE_wrong_state ? random_token(v->arena, 128) : c->ask.state;
    struct pair fields[4];
    size_t n = 0;

    fields[n++] = c->round == GOLIVE_denied ? (struct pair){ STR("error"), STR("access_denied") }
                                            : (struct pair){ STR("code"), code };
    if (state.n > 0 && c->round != GOLIVE_no_state)
        fields[n++] = (struct pair){ STR("state"), state };
    fields[n++] = (struct pair){ STR("iss"), c->round == GOLIVE_wrong_response_iss
                                                 ? STR("https://other.example.vn")
                                                 : issuer };
    return url_with(v->arena, c->ask.redirect_uri, fields, n);
}

static result look(struct visitor *v, const struct golive_portal *p, struct str name,
                   struct answer *last, struct golive_result *out, struct err *e)
{
    struct str away;

    out->status = last->status;
    out->accepted = last->status == 200 && str_has(last->body, name);
    if (out->accepted || p->page_url.n == 0)
        return OK;
    TRY(visit(v, p->page_url, last, &away, e));
    out->accepted = last->status == 200 && away.n == 0 && str_has(last->body, name);
    return OK;
}

/* What the portal's requests lack is noted in the report. */
static void ask_note(struct golive_report *r, const struct golive_ask *q)
{
    r->sends_state = r->sends_state && q->state.n > 0;
    r->sends_nonce = r->sends_nonce && q->nonce.n > 0;
    r->sends_pkce = r->sends_pkce && q->challenge.n > 0;
}

static result round_run(struct visitor *v, const struct golive_portal *p, enum golive_round round,
                        struct golive_report *r, struct err *e)
{
    struct golive_code c = { .round = round };
    struct str away, code;
    struct answer last;

    v->cookie_count = 0;
    c.name = str_cat(v->arena, STR("Golive "), random_token(v->arena, 128));
    TRY(visit(v, p->start_url, &last, &away, e));
    TRY(ask_read(v, away, &c.ask, e));
    ask_note(r, &c.ask);
    TRY(golive_code_make(v->sb, v->arena, &c, &code, e));
    if (round == GOLIVE_other_browser)
        v->cookie_count = 0;
    if (visit(v, way_back(v, &c, code), &last, &away, e).failed)
        return OK; /* no answer at all: neither accepted nor well refused */
    TRY(look(v, p, c.name, &last, &r->rounds[round], e));
    r->rounds[round].ran = true;
    return OK;
}

static result visitor_open(struct visitor *v, const struct golive_portal *p, struct err *e)
{
    struct partner_config c = { .name = "portal under test",
                                .connect_ms = CALL_MS,
                                .total_ms = CALL_MS,
                                .answer_bytes_max = ANSWER_BYTES };

    v->origin = origin_of(p->start_url);
    c.base_url = v->origin;
    if (v->origin.n == 0 || partner_open(&c, &v->portal, e).failed)
        return fail_field(e, ERR_INVALID, "start_url", "neither https nor http on loopback");
    if (p->page_url.n > 0 && !str_eq(origin_of(p->page_url), v->origin))
        return fail_field(e, ERR_INVALID, "page_url", "not of the origin of start_url");
    return OK;
}

static void visitor_close(struct visitor *v)
{
    partner_close(&v->portal);
}

result golive_run(struct sandbox *sb, struct arena *a, const struct golive_portal *p,
                  struct golive_report *out, struct err *e)
{
    DEFER(visitor_close) struct visitor v = { .sb = sb, .arena = a };

    TRY(visitor_open(&v, p, e));
    *out = (struct golive_report){ .sends_state = true, .sends_nonce = true, .sends_pkce = true };
    for (size_t i = 0; i < GOLIVE_COUNT; i++) {
        TRY(round_run(&v, p, (enum golive_round)i, out, e));
        out->passed += golive_passed(out, (enum golive_round)i);
    }
    return OK;
}
