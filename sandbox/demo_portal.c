/*
 * The demo public service portal: what a citizen clicks through. It keeps no truth about money; the
 * page of a dossier asks motcua each time it is shown.
 */
#include "base/money.h"
#include "crypto/digest.h"
#include "crypto/random.h"
#include "sandbox/demo_client.h"
#include "sandbox/page.h"
#include "store/kv.h"

#define STATE_COOKIE "demo_state"
#define STATE_TTL_S  900

static struct json *person_data(const struct demo_session *s)
{
    struct json *data = json_object();
    json_put_bool(data, "signed_in", s != NULL);
    if (s) {
        json_put_str(data, "name", s->name);
        json_put_str(data, "csrf", s->csrf);
        json_put_bool(data, "level_two", str_ends(s->acr, STR(":2")));
    }
    return data;
}

result demo_home(struct sandbox *sb, struct request *rq, struct response *rs, struct err *e)
{
    struct demo_session s;
    bool in = demo_session_find(sb, rq, &s);
    const struct page p = { .status = 200,
                            .name = "portal",
                            .title = "title.portal",
                            .data = person_data(in ? &s : NULL) };
    return page_show(sb, rq, rs, &p, e);
}

result demo_signed_out(struct sandbox *sb, struct request *rq, struct response *rs, struct err *e)
{
    const struct page p = { .status = 200, .name = "signed_out", .title = "title.signed_out" };
    return page_show(sb, rq, rs, &p, e);
}

/* state and nonce are random and bound to this browser; the verifier never leaves the server. */
result demo_sign_in(struct sandbox *sb, struct request *rq, struct response *rs, struct err *e)
{
    struct str state = random_token(rq->arena, 256), nonce = random_token(rq->arena, 256);
    struct str verifier = random_token(rq->arena, 256), hint = STR("");
    struct demo_endpoints ep;
    struct form f;

    TRY(form_query(rq, &f, e));
    hint = form_get(&f, "login_hint");
    TRY(demo_discover(sb, rq->arena, &ep, e));
    DEFER(json_close) struct json *o = json_object();
    json_put_str(o, "nonce", nonce);
    json_put_str(o, "verifier", verifier);
    TRY(kv_put(sb->kv, str_cat(rq->arena, STR("state:"), state), json_print(rq->arena, o),
               STATE_TTL_S, e));
    const struct pair fields[] = {
        { STR("response_type"), STR("code") },
        { STR("client_id"), STR(DEMO_CLIENT_ID) },
        { STR("redirect_uri"), str_cat(rq->arena, sb->origin, STR("/portal/callback")) },
        { STR("scope"), STR("openid profile vn_id") },
        { STR("state"), state },
        { STR("nonce"), nonce },
        { STR("code_challenge"), digest_base64url(rq->arena, digest_sha256(verifier)) },
        { STR("code_challenge_method"), STR("S256") },
        { STR("ui_locales"), page_language(rq) },
        { STR("login_hint"), hint },
    };
    const struct cookie_out c = {
        .name = STATE_COOKIE, .value = state, .max_age_s = STATE_TTL_S, .path = "/portal"
    };
    response_cookie(rs, &c);
    response_redirect(rs, url_with(rq->arena, ep.authorize, fields, LEN(fields) - !hint.n));
    return OK;
}

static result state_take(struct sandbox *sb, struct request *rq, struct str state,
                         struct str *nonce, struct str *verifier, struct err *e)
{
    DEFER(json_close) struct json *o = NULL;
    struct str text;
    bool found = false;

    if (state.n != 43 || !secret_equal(state, request_cookie(rq, STATE_COOKIE)))
        return fail(e, ERR_BAD_CSRF, "state of another browser");
    TRY(kv_take(sb->kv, rq->arena, str_cat(rq->arena, STR("state:"), state), &found, &text, e));
    if (!found)
        return fail(e, ERR_BAD_CSRF, "state used or too old");
    TRY(json_read(text, &o, e));
    TRY(json_need_str(o, "nonce", 64, nonce, e));
    TRY(json_need_str(o, "verifier", 64, verifier, e));
    *nonce = str_dup(rq->arena, *nonce);
    *verifier = str_dup(rq->arena, *verifier);
    return OK;
}

static result refused_show(struct sandbox *sb, struct request *rq, struct response *rs,
                           struct str error, struct err *e)
{
    struct json *data = person_data(NULL);
    json_put_str(data, "error", error);
    const struct page p = {
        .status = 200, .name = "refused", .title = "title.refused", .data = data
    };
    return page_show(sb, rq, rs, &p, e);
}

result demo_callback(struct sandbox *sb, struct request *rq, struct response *rs, struct err *e)
{
    struct form f;
    struct str nonce, verifier, iss;
    struct demo_session s = { 0 };

    TRY(form_query(rq, &f, e));
    TRY(state_take(sb, rq, form_get(&f, "state"), &nonce, &verifier, e));
    iss = form_get(&f, "iss");
    if (iss.n && !str_eq(iss, sb->motcua)) /* RFC 9207 */
        return fail(e, ERR_UPSTREAM_BAD, "answer of another issuer");
    if (form_has(&f, "error"))
        return refused_show(sb, rq, rs, form_get(&f, "error"), e);
    TRY(demo_redeem(sb, rq->arena, form_get(&f, "code"), verifier, nonce, &s, e));
    TRY(demo_session_start(sb, rq, rs, &s, e));
    response_redirect(rs, STR("/portal/dossiers"));
    return OK;
}

result demo_sign_out(struct sandbox *sb, struct request *rq, struct response *rs, struct err *e)
{
    struct form f;
    struct demo_session s;
    struct demo_endpoints ep;

    TRY(demo_session_form(sb, rq, &f, &s, e));
    demo_session_end(sb, rq, rs);
    if (demo_discover(sb, rq->arena, &ep, NULL).failed) {
        response_redirect(rs, STR("/portal/signed-out"));
        return OK;
    }
    const struct pair fields[] = {
        { STR("id_token_hint"), s.id_token },
        { STR("client_id"), STR(DEMO_CLIENT_ID) },
        { STR("post_logout_redirect_uri"),
          str_cat(rq->arena, sb->origin, STR("/portal/signed-out")) },
    };
    response_redirect(rs, url_with(rq->arena, ep.logout, fields, LEN(fields)));
    return OK;
}

static struct json *dossier_data(struct sandbox *sb, struct request *rq, const struct dossier *d)
{
    const struct procedure *p = procedure_find(d->procedure);
    struct json *o = json_object();
    json_put_str(o, "code", d->code);
    json_put_str(o, "procedure", d->procedure);
    json_put_str(o, "procedure_name",
                 catalog_text(page_words(sb, rq), str_c(p ? p->text : "procedure.other")));
    json_put_str(o, "opened", clock_vn(rq->arena, d->opened_ms));
    json_put_str(o, "url", str_cat(rq->arena, STR("/portal/dossiers/"), d->code));
    json_put_bool(o, "has_payment", d->payment.n > 0);
    return o;
}

/* Which procedure a person finds open on the first visit: the same for the same person. */
static const struct procedure *procedure_seeded(struct str sub)
{
    return &procedures[digest_sha256(sub).bytes[0] % procedure_count];
}

result demo_dossiers(struct sandbox *sb, struct request *rq, struct response *rs, struct err *e)
{
    struct demo_session s;
    struct dossier *rows, seed;
    struct json *data, *list = NULL, *choice = NULL;

    if (!demo_session_find(sb, rq, &s)) {
        response_redirect(rs, STR("/portal"));
        return OK;
    }
    size_t n = dossier_list(sb->dossiers, rq->arena, s.sub, &rows);
    if (n == 0) {
        TRY(dossier_add(sb->dossiers, s.sub, procedure_seeded(s.sub), &seed, e));
        n = dossier_list(sb->dossiers, rq->arena, s.sub, &rows);
    }
    data = person_data(&s);
    list = json_array();
    for (size_t i = n; i-- > 0;)
        json_add(list, dossier_data(sb, rq, &rows[i]));
    json_put(data, "dossiers", list);
    choice = json_array();
    for (size_t i = 0; i < procedure_count; i++) {
        struct json *o = json_object();
        json_put_str(o, "code", str_c(procedures[i].code));
        json_put_str(o, "name", catalog_text(page_words(sb, rq), str_c(procedures[i].text)));
        json_add(choice, o);
    }
    json_put(data, "procedures", choice);
    const struct page p = {
        .status = 200, .name = "dossiers", .title = "title.dossiers", .data = data
    };
    return page_show(sb, rq, rs, &p, e);
}

result demo_dossier_open(struct sandbox *sb, struct request *rq, struct response *rs, struct err *e)
{
    struct form f;
    struct demo_session s;
    struct dossier d;

    TRY(demo_session_form(sb, rq, &f, &s, e));
    const struct procedure *p = procedure_find(form_get(&f, "procedure"));
    if (!p)
        return fail_field(e, ERR_INVALID, "procedure", "not offered");
    TRY(dossier_add(sb->dossiers, s.sub, p, &d, e));
    response_redirect(rs, str_cat(rq->arena, STR("/portal/dossiers/"), d.code));
    return OK;
}
