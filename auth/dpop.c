/*
 * Security: the attacker has stolen a token, saw a proof in a log, made proofs ahead while it had
 * the key's use, or strips the proof. Promised (RFC 9449 11): a proof counts for one method and one
 * address, within a minute, once in all processes; a bound token opens nothing without its key; the
 * key's algorithm is asymmetric and fixed by the key. A proof is used up only when all else about
 * it is right, so that nobody spends another's jti. With nonces on, a proof is no older than its
 * nonce, whatever its maker's clock says. Deliberately not done: nonces that count for one client
 * only (they would need a store).
 */
#include "auth/dpop.h"

#include "base/clock.h"
#include "base/err.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/str.h"
#include "conf/conf.h"
#include "crypto/digest.h"
#include "crypto/seal.h"
#include "crypto/secret.h"
#include "crypto/token.h"
#include "store/kv.h"

#define DPOP_PAST_S    60
#define DPOP_FUTURE_S  10
#define DPOP_WAIVED_S  (366LL * 24 * 3600)
#define NONCE_WINDOW_S 60
#define NONCE_WINDOWS                                                                              \
    3 /* the last, the present, and the next of a machine whose clock is ahead                     \
       */
#define DPOP_REMEMBER_S (NONCE_WINDOW_S * (NONCE_WINDOWS + 1))
#define TEXT_BYTES_MAX  2048

static struct str nonce_of(struct auth *au, struct arena *a, int64_t window)
{
    return seal_index(a, au->seal, STR("dpop.nonce"), str_i64(a, window));
}

struct str dpop_nonce(struct auth *au, struct arena *a)
{
    return nonce_of(au, a, clock_now_s(au->clock) / NONCE_WINDOW_S);
}

bool dpop_wants_nonce(const struct auth *au)
{
    return str_is(au->conf->auth.dpop_nonce, "on");
}

static result nonce_check(struct auth *au, struct arena *a, const struct json *claims,
                          struct err *e)
{
    const int64_t now = clock_now_s(au->clock) / NONCE_WINDOW_S;
    struct str given;

    if (!json_str(json_member(claims, "nonce"), &given))
        return fail(e, ERR_NEED_NONCE, "proof: no nonce");
    for (int64_t window = now - 1; window <= now + 1; window++)
        if (secret_equal(given, nonce_of(au, a, window)))
            return OK;
    return fail(e, ERR_NEED_NONCE, "proof: its nonce is not ours, or too old");
}

struct target {
    struct str scheme, host, path; /* host with its port unless that is the scheme's own */
};

/* RFC 9449 4.3: without query and fragment, after the normalisation of RFC 3986 6.2.2 and 6.2.3 as
 * far as our own addresses know it. */
static bool target_read(struct arena *a, struct str url, struct target *out)
{
    struct target t;
    struct str rest;
    size_t end = 0;

    if (!str_cut(url, ':', &t.scheme, &rest) || !str_starts(rest, STR("//")))
        return false;
    rest = str_from(rest, 2);
    rest = str_sub(rest, 0, str_find(rest, '#'));
    rest = str_sub(rest, 0, str_find(rest, '?'));
    end = str_find(rest, '/');
    t.scheme = str_lower(a, t.scheme);
    t.host = str_lower(a, str_sub(rest, 0, end));
    t.path = end < rest.n ? str_from(rest, end) : STR("/");
    if (str_is(t.scheme, "https") && str_ends(t.host, STR(":443")))
        t.host = str_sub(t.host, 0, t.host.n - 4);
    else if (str_is(t.scheme, "http") && str_ends(t.host, STR(":80")))
        t.host = str_sub(t.host, 0, t.host.n - 3);
    *out = t;
    return t.host.n > 0;
}

static result target_check(struct arena *a, const struct json *claims, const struct api_call *call,
                           struct err *e)
{
    struct str htm, htu;
    struct target said, here;

    if (json_need_str(claims, "htm", TEXT_BYTES_MAX, &htm, NULL).failed ||
        !str_eq(htm, call->method))
        return fail(e, ERR_BAD_PROOF, "proof: htm is not this method");
    must(target_read(a, call->url, &here));
    if (json_need_str(claims, "htu", TEXT_BYTES_MAX, &htu, NULL).failed ||
        !target_read(a, htu, &said))
        return fail(e, ERR_BAD_PROOF, "proof: htu is no address");
    if (!str_eq(said.scheme, here.scheme) || !str_eq(said.host, here.host) ||
        !str_eq(said.path, here.path))
        return fail(e, ERR_BAD_PROOF, "proof: htu is another address");
    return OK;
}

static result token_hash_check(struct arena *a, const struct json *claims, struct str token,
                               struct err *e)
{
    struct str ath;

    if (token.n == 0)
        return OK;
    if (!json_str(json_member(claims, "ath"), &ath) ||
        !secret_equal(ath, digest_base64url(a, digest_sha256(token))))
        return fail(e, ERR_BAD_PROOF, "proof: ath is not of this token");
    return OK;
}

static result first_use(struct auth *au, struct arena *a, const struct token_proof *p,
                        struct err *e)
{
    struct str jti = { 0 };
    bool added;

    if (!json_str(json_member(p->claims, "jti"), &jti))
        return fail(e, ERR_BAD_PROOF, "proof: no jti");
    TRY(kv_add(au->kv,
               auth_key(a, "dpop", str_fmt(a, "%.*s %.*s", STR_ARG(p->thumbprint), STR_ARG(jti))),
               STR("1"), DPOP_REMEMBER_S, &added, e));
    return added ? OK : fail(e, ERR_BAD_PROOF, "proof: used before");
}

/* Limits that the proof sets itself hold whatever the nonce says. */
static result own_limits(struct auth *au, const struct json *claims, struct err *e)
{
    const int64_t now_s = clock_now_s(au->clock);
    int64_t exp = INT64_MAX, nbf = 0;

    if (json_want_int(claims, "exp", 0, INT64_MAX, &exp, NULL).failed ||
        json_want_int(claims, "nbf", 0, INT64_MAX, &nbf, NULL).failed ||
        exp <= now_s - DPOP_FUTURE_S || nbf > now_s + DPOP_FUTURE_S)
        return fail(e, ERR_BAD_PROOF, "proof: exp or nbf");
    return OK;
}

static void proof_close(struct token_proof *p)
{
    json_close(&p->claims);
}

static result proof_read(struct auth *au, struct arena *a, struct str text, struct token_proof *out,
                         struct err *e)
{
    const bool nonce = dpop_wants_nonce(au);
    const struct token_proof_expect expect = {
        .now_s = clock_now_s(au->clock),
        /* RFC 9449 11.1: the nonce tells the time as well. */
        .past_s = nonce ? DPOP_WAIVED_S : DPOP_PAST_S,
        .future_s = nonce ? DPOP_WAIVED_S : DPOP_FUTURE_S,
    };
    struct err why = { 0 };

    if (text.n > LIMIT_TOKEN_BYTES)
        return fail(e, ERR_BAD_PROOF, "proof: too long");
    if (token_verify_proof(a, text, &expect, out, &why).failed)
        return fail(e, why.code == ERR_BAD_TOKEN ? ERR_BAD_PROOF : why.code, "proof: %.180s",
                    why.detail);
    return OK;
}

result dpop_check(struct auth *au, const struct visit *v, const struct api_call *call,
                  struct str token, struct str bound, struct str *jkt, struct err *e)
{
    DEFER(proof_close) struct token_proof proof = { 0 };

    if (call->dpop_count == 0) {
        *jkt = STR("");
        return OK;
    }
    if (call->dpop_count > 1)
        return fail(e, ERR_BAD_PROOF, "proof: %zu headers", call->dpop_count);
    TRY(proof_read(au, v->arena, call->dpop, &proof, e));
    TRY(own_limits(au, proof.claims, e));
    TRY(target_check(v->arena, proof.claims, call, e));
    TRY(token_hash_check(v->arena, proof.claims, token, e));
    if (bound.n > 0 && !secret_equal(proof.thumbprint, bound))
        return fail(e, ERR_BAD_PROOF, "proof: of another key than the token's");
    if (dpop_wants_nonce(au))
        TRY(nonce_check(au, v->arena, proof.claims, e));
    TRY(first_use(au, v->arena, &proof, e));
    *jkt = proof.thumbprint;
    return OK;
}
