/*
 * The back of the simulated VNeID: code for tokens, and userinfo. The ID token is RS256; switches
 * spoil it one check at a time, so that motcua's checks can each be seen to fail.
 */
#include "base/codec.h"
#include "crypto/digest.h"
#include "crypto/keyring.h"
#include "crypto/random.h"
#include "crypto/token.h"
#include "sandbox/firms.h"
#include "sandbox/page.h"
#include "sandbox/vneid.h"
#include "store/kv.h"

#define ID_TOKEN_TTL_S 300

static result oauth_fail(struct request *rq, struct response *rs, int status, const char *error)
{
    struct json *o = json_object();
    json_put_str(o, "error", str_c(error));
    page_json(rq, rs, status, o);
    return OK;
}

/* The row of a code: person, redirect_uri, nonce, challenge, amr, auth_time. */
struct grant {
    const struct person *person;
    struct str redirect_uri, nonce, challenge, amr;
    int64_t auth_time;
};

static bool grant_take(struct sandbox *sb, struct request *rq, struct str code, struct grant *g)
{
    DEFER(json_close) struct json *doc = NULL;
    struct str key = str_cat(rq->arena, STR("code:"), code), text, person;
    bool found = false;

    if (code.n != 43 || kv_take(sb->kv, rq->arena, key, &found, &text, NULL).failed || !found)
        return false;
    if (json_read(text, &doc, NULL).failed ||
        json_need_str(doc, "person", 64, &person, NULL).failed ||
        json_need_str(doc, "redirect_uri", 4096, &g->redirect_uri, NULL).failed ||
        json_need_str(doc, "nonce", 4096, &g->nonce, NULL).failed ||
        json_need_str(doc, "challenge", 128, &g->challenge, NULL).failed ||
        json_need_str(doc, "amr", 128, &g->amr, NULL).failed ||
        json_need_int(doc, "auth_time", 0, INT64_MAX, &g->auth_time, NULL).failed)
        return false;
    g->redirect_uri = str_dup(rq->arena, g->redirect_uri);
    g->nonce = str_dup(rq->arena, g->nonce);
    g->amr = str_dup(rq->arena, g->amr);
    g->challenge = str_dup(rq->arena, g->challenge);
    g->person = people_by_handle(sb->people, person);
    return g->person != NULL;
}

static bool challenge_met(struct arena *a, struct str challenge, struct str verifier)
{
    if (!challenge.n)
        return true;
    return str_eq(digest_base64url(a, digest_sha256(verifier)), challenge);
}

static struct json *words_list(struct str words)
{
    struct json *list = json_array();
    struct str word;

    while (str_next(&words, ' ', &word))
        json_add_str(list, word);
    return list;
}

static struct json *id_claims(struct sandbox *sb, struct arena *a, const struct grant *g,
                              struct str access, const struct fault_set *set)
{
    struct json *o = json_object();
    int64_t now = clock_now_s(&sb->clock);

    if (set->on[FAULT_vneid_expired])
        now -= 3600;
    json_put_str(o, "iss",
                 set->on[FAULT_vneid_wrong_iss] ? STR("https://other.example.vn")
                                                : vneid_issuer(sb, a));
    json_put_str(o, "sub", g->person->techid);
    json_put_str(o, "aud",
                 set->on[FAULT_vneid_wrong_aud] ? STR("another") : sb->conf.vneid.client_id);
    json_put_int(o, "iat", now);
    json_put_int(o, "exp", now + ID_TOKEN_TTL_S);
    json_put_int(o, "auth_time", g->auth_time);
    if (g->nonce.n)
        json_put_str(o, "nonce",
                     set->on[FAULT_vneid_wrong_nonce] ? random_token(a, 128) : g->nonce);
    json_put_str(o, "acr", STR("1"));
    if (g->amr.n)
        json_put(o, "amr", words_list(g->amr));
    json_put_str(o, "preferred_username", g->person->number);
    json_put_str(o, "at_hash", token_half_hash(a, access));
    return o;
}

/* Spoils what signing cannot: the signature itself, and the header. */
static struct str token_spoil(struct arena *a, struct str token, const struct fault_set *set)
{
    struct str header, body, payload, signature;
    if (!str_cut(token, '.', &header, &body) || !str_cut(body, '.', &payload, &signature))
        return token;
    if (set->on[FAULT_vneid_wrong_sig]) {
        char *p = arena_copy(a, signature.p, signature.n);
        p[0] = p[0] == 'A' ? 'B' : 'A';
        signature = str_of(p, signature.n);
    }
    if (set->on[FAULT_vneid_alg_none]) {
        header = base64url_encode(a, STR("{\"alg\":\"none\",\"typ\":\"JWT\"}"));
        signature = STR("");
    }
    return str_fmt(a, "%.*s.%.*s.%.*s", STR_ARG(header), STR_ARG(payload), STR_ARG(signature));
}

static result tokens_make(struct sandbox *sb, struct request *rq, const struct grant *g,
                          const struct fault_set *set, struct json **out, struct err *e)
{
    DEFER(key_release) struct key *key = NULL;
    struct str access = random_token(rq->arena, 256), id;

    TRY(keyring_active(sb->keys, KEY_RS256, &key, e));
    DEFER(json_close) struct json *claims = id_claims(sb, rq->arena, g, access, set);
    TRY(token_sign(rq->arena, key, NULL, claims, &id, e));
    TRY(kv_put(sb->kv, str_cat(rq->arena, STR("at:"), access), g->person->handle, VNEID_TOKEN_TTL_S,
               e));
    struct json *o = json_object();
    json_put_str(o, "access_token", access);
    json_put_str(o, "token_type", STR("Bearer"));
    json_put_int(o, "expires_in", VNEID_TOKEN_TTL_S);
    json_put_str(o, "scope", STR("openid"));
    json_put_str(o, "id_token", token_spoil(rq->arena, id, set));
    *out = o;
    return OK;
}

result vneid_token(struct sandbox *sb, struct request *rq, struct response *rs, struct err *e)
{
    struct form f;
    struct grant g = { 0 };
    struct fault_set set;
    struct json *tokens = NULL;

    TRY(form_body(rq, &f, e));
    if (!str_eq(form_get(&f, "client_id"), sb->conf.vneid.client_id) ||
        !secret_equal(form_get(&f, "client_secret"), secret_str(&sb->vneid)))
        return oauth_fail(rq, rs, 401, "invalid_client");
    if (!str_is(form_get(&f, "grant_type"), "authorization_code"))
        return oauth_fail(rq, rs, 400, "unsupported_grant_type");
    bool taken = grant_take(sb, rq, form_get(&f, "code"), &g);
    vneid_faults(sb, rq, g.person, &set);
    if (fault_answer(&set, FAULT_OF_VNEID, rs))
        return OK;
    if (!taken || set.on[FAULT_vneid_code_refused] ||
        !str_eq(form_get(&f, "redirect_uri"), g.redirect_uri) ||
        !challenge_met(rq->arena, g.challenge, form_get(&f, "code_verifier")))
        return oauth_fail(rq, rs, 400, "invalid_grant");
    TRY(tokens_make(sb, rq, &g, &set, &tokens, e));
    page_json(rq, rs, 200, tokens);
    return OK;
}

static struct json *levels_make(const struct person *p)
{
    struct json *list = json_array(), *o = json_object();
    json_put_str(o, "claim", STR("SoDinhDanh"));
    json_put_str(o, "level", p->level);
    json_put_str(o, "src", STR("BCA"));
    json_put_str(o, "validDate", STR("20240701"));
    json_put_str(o, "expired_date", STR("20991231"));
    json_add(list, o);
    return list;
}

static struct str with_token(struct sandbox *sb, struct arena *a, const char *path)
{
    const struct pair token[] = { { STR("token"), random_token(a, 128) } };
    return url_with(a, str_cat(a, vneid_issuer(sb, a), str_c(path)), token, 1);
}

static void more_put(struct arena *a, struct json *o, struct str text)
{
    DEFER(json_close) struct json *more = NULL;
    struct json *value;
    struct str name;

    if (text.n == 0)
        return;
    must(!json_read(text, &more, NULL).failed); /* people_load has read it */
    for (size_t i = 0; json_each(more, i, &name, &value); i++)
        json_put(o, str_cstr(a, name), json_copy(value));
}

struct json *vneid_claims(struct sandbox *sb, struct arena *a, const struct person *p,
                          const struct fault_set *set)
{
    struct json *o = json_object();
    const struct firm *firm = firms_find(sb->firms, p->firm);
    const struct {
        const char *name;
        struct str value;
    } texts[] = {
        { "TechID", p->techid },        { "LoaiTaiKhoan", p->kind },
        { "HoVaTen", p->name },         { "SoDinhDanh", p->number },
        { "SoCMND", p->old_card },      { "HoChieu", p->passport },
        { "MaBHXH", p->insurance },     { "MaSoThue", p->tax_code.n ? p->tax_code : p->firm },
        { "MaSoDoanhNghiep", p->firm }, { "NgayThangNamSinh", p->born },
        { "GioiTinh", p->sex },         { "DiaChi", p->address },
        { "ThuDienTu", p->email },      { "SoDienThoai", p->phone },
        { "QuocTich", p->nationality }, { "MaTinhThanh", p->province },
        { "MaPhuongXa", p->ward },      { "TenDoanhNghiep", firm ? firm->name : STR("") },
    };
    json_put_str(o, "sub", set->on[FAULT_vneid_other_sub] ? STR("TECH-00000000") : p->techid);
    for (size_t i = 0; i < LEN(texts); i++)
        json_put_str(o, texts[i].name, texts[i].value);
    more_put(a, o, p->claims);
    json_put_str(o, "loginIdp", STR("BCA"));
    json_put_str(o, "userProfileUri", with_token(sb, a, "/profile"));
    json_put_str(o, "logoutUri", with_token(sb, a, "/logout"));
    if (p->level.n && !set->on[FAULT_vneid_no_level]) {
        json_put(o, "loAs", levels_make(p));
        json_put_str(o, "IAL", p->level);
    }
    return o;
}

static const struct person *bearer_find(struct sandbox *sb, struct request *rq)
{
    struct str header = request_header(rq, "Authorization"), handle;
    bool found = false;

    if (!str_starts(header, STR("Bearer ")))
        return NULL;
    struct str key = str_cat(rq->arena, STR("at:"), str_from(header, 7));
    if (key.n > 190 || kv_get(sb->kv, rq->arena, key, &found, &handle, NULL).failed || !found)
        return NULL;
    return people_by_handle(sb->people, handle);
}

result vneid_userinfo(struct sandbox *sb, struct request *rq, struct response *rs, struct err *e)
{
    struct fault_set set;
    const struct person *p = bearer_find(sb, rq);
    (void)e;

    vneid_faults(sb, rq, p, &set);
    if (fault_answer(&set, FAULT_OF_VNEID, rs))
        return OK;
    if (!p) {
        response_header(rs, "WWW-Authenticate", STR("Bearer error=\"invalid_token\""));
        return oauth_fail(rq, rs, 401, "invalid_token");
    }
    page_json(rq, rs, 200, vneid_claims(sb, rq->arena, p, &set));
    return OK;
}
