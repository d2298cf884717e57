/*
 * The front of the simulated VNeID: discovery, the page that offers the people, the code.
 * Attacker: none, this is a stage; yet redirect URIs, clients and PKCE are checked exactly, so that
 * a mistake of motcua is seen here and not at the real provider.
 */
#include "sandbox/vneid.h"

#include "crypto/keyring.h"
#include "crypto/random.h"
#include "sandbox/page.h"
#include "store/kv.h"

struct ask {
    struct str client_id, redirect_uri, state, nonce, challenge, scope, acr;
};

void vneid_faults(struct sandbox *sb, const struct request *rq, const struct person *p,
                  struct fault_set *set)
{
    const struct fault_where w = { .system = FAULT_OF_VNEID,
                                   .header = request_header(rq, "X-Sandbox-Fault"),
                                   .person = p ? p->number : STR(""),
                                   .always = p ? p->fault : STR("") };
    *set = (struct fault_set){ 0 };
    fault_draw(sb->faults, &w, set);
}

struct str vneid_issuer(struct sandbox *sb, struct arena *a)
{
    return str_cat(a, sb->origin, STR("/vneid"));
}

static void put_url(struct sandbox *sb, struct arena *a, struct json *o, const char *name,
                    const char *path)
{
    json_put_str(o, name, str_cat(a, vneid_issuer(sb, a), str_c(path)));
}

static void put_list(struct json *o, const char *name, const char *const *items)
{
    struct json *list = json_array();
    for (; *items; items++)
        json_add_str(list, str_c(*items));
    json_put(o, name, list);
}

result vneid_discovery(struct sandbox *sb, struct request *rq, struct response *rs, struct err *e)
{
    struct fault_set set;
    struct json *o;
    (void)e;

    vneid_faults(sb, rq, NULL, &set);
    if (fault_answer(&set, FAULT_OF_VNEID, rs))
        return OK;
    o = json_object();
    json_put_str(o, "issuer", vneid_issuer(sb, rq->arena));
    put_url(sb, rq->arena, o, "authorization_endpoint", "/authorize");
    put_url(sb, rq->arena, o, "token_endpoint", "/token");
    put_url(sb, rq->arena, o, "userinfo_endpoint", "/userinfo");
    put_url(sb, rq->arena, o, "jwks_uri", "/jwks");
    put_url(sb, rq->arena, o, "end_session_endpoint", "/logout");
    put_list(o, "response_types_supported", (const char *const[]){ "code", NULL });
    put_list(o, "subject_types_supported", (const char *const[]){ "public", NULL });
    put_list(o, "id_token_signing_alg_values_supported", (const char *const[]){ "RS256", NULL });
    put_list(o, "scopes_supported", (const char *const[]){ "openid", NULL });
    put_list(o, "token_endpoint_auth_methods_supported",
             (const char *const[]){ "client_secret_post", NULL });
    put_list(o, "code_challenge_methods_supported", (const char *const[]){ "S256", NULL });
    put_list(o, "acr_values_supported",
             (const char *const[]){ "LoA1", "LoA2", "LoA3", "LoA4", NULL });
    page_json(rq, rs, 200, o);
    return OK;
}

result vneid_jwks(struct sandbox *sb, struct request *rq, struct response *rs, struct err *e)
{
    struct fault_set set;
    (void)e;

    vneid_faults(sb, rq, NULL, &set);
    if (!fault_answer(&set, FAULT_OF_VNEID, rs))
        page_json(rq, rs, 200, keyring_jwks(sb->keys));
    return OK;
}

/* What makes a redirect unsafe is an error page; the rest goes back to the client. */
static result ask_read(struct sandbox *sb, struct arena *a, const struct form *f, struct ask *q,
                       struct err *e)
{
    struct str callback = str_cat(a, sb->motcua, STR("/login/vneid/callback"));

    *q =
        (struct ask){ form_get(f, "client_id"), form_get(f, "redirect_uri"),   form_get(f, "state"),
                      form_get(f, "nonce"),     form_get(f, "code_challenge"), form_get(f, "scope"),
                      form_get(f, "acr_values") };
    if (!str_eq(q->client_id, sb->conf.vneid.client_id))
        return fail_field(e, ERR_INVALID, "client_id", "unknown client");
    if (!str_eq(q->redirect_uri, callback))
        return fail_field(e, ERR_INVALID, "redirect_uri", "not registered");
    return OK;
}

static bool scope_has_openid(struct str scope)
{
    struct str one;
    while (str_next(&scope, ' ', &one))
        if (str_is(one, "openid"))
            return true;
    return false;
}

/* The OAuth error of a request whose redirect is safe, or NULL. */
static const char *ask_mistake(const struct form *f, const struct ask *q)
{
    struct str method = form_get(f, "code_challenge_method");
    if (!str_is(form_get(f, "response_type"), "code"))
        return "unsupported_response_type";
    if (!scope_has_openid(q->scope))
        return "invalid_scope";
    if (q->challenge.n && (!str_is(method, "S256") || q->challenge.n != 43))
        return "invalid_request";
    return NULL;
}

static void send_back(struct request *rq, struct response *rs, const struct ask *q,
                      const char *name, struct str value)
{
    const struct pair fields[] = { { str_c(name), value }, { STR("state"), q->state } };
    response_redirect(rs, url_with(rq->arena, q->redirect_uri, fields, q->state.n ? 2 : 1));
}

/* What somebody of account level 1 or 2 can show when a level of authentication is asked for:
 * Decree 69/2024 art. 20. Unasked, as the real provider, nothing is told. */
static struct str methods_shown(struct str acr, const struct person *p)
{
    static const char *const methods[] = { "", "pwd", "pwd otp", "pwd face", "pwd otp fpt" };
    const size_t level = acr.n == 4 && str_starts(acr, STR("LoA")) ? (size_t)(acr.p[3] - '0') : 0;

    if (level == 0 || level >= LEN(methods))
        return STR("");
    return str_c(methods[str_is(p->level, "2") ? level : 1]);
}

static result code_make(struct sandbox *sb, struct request *rq, const struct ask *q,
                        const struct person *p, struct str *code, struct err *e)
{
    DEFER(json_close) struct json *o = json_object();
    json_put_str(o, "person", p->handle);
    json_put_str(o, "redirect_uri", q->redirect_uri);
    json_put_str(o, "nonce", q->nonce);
    json_put_str(o, "challenge", q->challenge);
    json_put_str(o, "amr", methods_shown(q->acr, p));
    json_put_int(o, "auth_time", clock_now_s(&sb->clock));
    *code = random_token(rq->arena, 256);
    return kv_put(sb->kv, str_cat(rq->arena, STR("code:"), *code), json_print(rq->arena, o),
                  VNEID_CODE_TTL_S, e);
}

/* The person has been chosen: a code, or what the switches say. */
static result person_chosen(struct sandbox *sb, struct request *rq, struct response *rs,
                            const struct ask *given, const struct person *p, struct err *e)
{
    struct ask q = *given;
    struct fault_set set;
    struct str code;

    vneid_faults(sb, rq, p, &set);
    if (fault_answer(&set, FAULT_OF_VNEID, rs))
        return OK;
    if (set.on[FAULT_vneid_wrong_state])
        q.state = random_token(rq->arena, 128);
    if (set.on[FAULT_vneid_denied])
        send_back(rq, rs, &q, "error", STR("access_denied"));
    else if (set.on[FAULT_vneid_unavailable])
        send_back(rq, rs, &q, "error", STR("temporarily_unavailable"));
    else {
        TRY(code_make(sb, rq, &q, p, &code, e));
        send_back(rq, rs, &q, "code", code);
    }
    return OK;
}

static struct json *person_row(const struct person *p, bool en)
{
    struct json *o = json_object();
    json_put_str(o, "handle", p->handle);
    json_put_str(o, "number", p->number);
    json_put_str(o, "name", p->name);
    json_put_str(o, "note", en ? p->note_en : p->note_vi);
    json_put_bool(o, "citizen", str_is(p->kind, "1"));
    json_put_bool(o, "enterprise", str_is(p->kind, "2"));
    json_put_bool(o, "organisation", str_is(p->kind, "3"));
    json_put_str(o, "level", p->level);
    json_put_bool(o, "has_level", p->level.n > 0);
    return o;
}

static result people_offer(struct sandbox *sb, struct request *rq, struct response *rs,
                           struct err *e)
{
    struct json *data = json_object(), *list = json_array();
    bool en = str_is(page_language(rq), "en");

    for (size_t i = 0; i < people_count(sb->people); i++)
        json_add(list, person_row(people_at(sb->people, i), en));
    json_put(data, "people", list);
    json_put_str(data, "request", rq->query);
    const struct page page = {
        .status = 200, .name = "vneid", .title = "title.vneid", .data = data
    };
    return page_show(sb, rq, rs, &page, e);
}

result vneid_authorize(struct sandbox *sb, struct request *rq, struct response *rs, struct err *e)
{
    struct form f;
    struct ask q;
    struct str hint = request_header(rq, "X-Sandbox-Persona");
    const char *mistake;

    TRY(form_query(rq, &f, e));
    TRY(ask_read(sb, rq->arena, &f, &q, e));
    if ((mistake = ask_mistake(&f, &q)) != NULL) {
        send_back(rq, rs, &q, "error", str_c(mistake));
        return OK;
    }
    if (!hint.n)
        hint = form_has(&f, "persona") ? form_get(&f, "persona") : form_get(&f, "login_hint");
    const struct person *p = people_find(sb->people, hint);
    if (p)
        return person_chosen(sb, rq, rs, &q, p, e);

    struct fault_set set;
    vneid_faults(sb, rq, NULL, &set);
    if (fault_answer(&set, FAULT_OF_VNEID, rs))
        return OK;
    return people_offer(sb, rq, rs, e);
}

result vneid_choose(struct sandbox *sb, struct request *rq, struct response *rs, struct err *e)
{
    struct form body, f;
    struct ask q;
    const struct person *p;

    TRY(form_body(rq, &body, e));
    TRY(form_read(rq->arena, form_get(&body, "request"), &f, e));
    TRY(ask_read(sb, rq->arena, &f, &q, e));
    if (ask_mistake(&f, &q))
        return fail_field(e, ERR_INVALID, "request", "altered between page and choice");
    if (form_has(&body, "refuse")) {
        send_back(rq, rs, &q, "error", STR("access_denied"));
        return OK;
    }
    p = people_find(sb->people, form_get(&body, "persona"));
    if (!p)
        return fail_field(e, ERR_INVALID, "persona", "nobody of that name");
    return person_chosen(sb, rq, rs, &q, p, e);
}

/* Ends nothing, as nothing is remembered: only the way back is checked. */
result vneid_logout(struct sandbox *sb, struct request *rq, struct response *rs, struct err *e)
{
    struct form f;
    TRY(form_query(rq, &f, e));
    struct str back = form_get(&f, "post_logout_redirect_uri"), state = form_get(&f, "state");
    const struct pair fields[] = { { STR("state"), state } };

    if (back.n && !str_starts(back, str_cat(rq->arena, sb->motcua, STR("/"))))
        return fail_field(e, ERR_INVALID, "post_logout_redirect_uri", "not registered");
    if (back.n) {
        response_redirect(rs, state.n ? url_with(rq->arena, back, fields, 1) : back);
        return OK;
    }
    const struct page p = { .status = 200, .name = "signed_out", .title = "title.signed_out" };
    return page_show(sb, rq, rs, &p, e);
}

result vneid_profile(struct sandbox *sb, struct request *rq, struct response *rs, struct err *e)
{
    const struct page p = { .status = 200, .name = "profile", .title = "title.profile" };
    return page_show(sb, rq, rs, &p, e);
}
