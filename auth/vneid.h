/*
 * vneid.h - signing in upstream: motcua as relying party of VNeID or the national portal's SSO.
 *
 * Authorization code with state, nonce and PKCE; client_secret_post; the ID token is verified with
 * crypto/token against the issuer's JWK set (refetched for an unknown kid, at most once a minute);
 * userinfo must carry the ID token's sub. Endpoints come from the issuer's discovery document (kept
 * for an hour; https, of any host the issuer names) or from the settings. Claims: domain names of
 * the national SSO.
 *
 * The identity level is read from loAs and IAL and nothing else: acr and acr_values of the upstream
 * do not state it. Absent means level 1. Where they disagree the lower one counts. How strongly the
 * person was authenticated is read from amr (auth/acr.h).
 *
 * userProfileUri and logoutUri may carry tokens: they are not read at all.
 * Thread rule: any thread. Calls block on the network: SLOW pool.
 */
#ifndef AUTH_VNEID_H
#define AUTH_VNEID_H

#include "auth/auth.h"
#include "base/clock.h"

struct json;

enum vneid_kind { VNEID_CITIZEN = 1, VNEID_ENTERPRISE = 2, VNEID_ORGANISATION = 3 };

/* What one sign-in told. Any text may be empty but tech_id; valid UTF-8, NFC. Sent to nobody and
 * logged nowhere. */
struct vneid_claims {
    struct str sub;
    struct str tech_id; /* the stable key of the account; sub when the upstream has no TechID */
    enum vneid_kind kind;
    int level;           /* 1 or 2 */
    struct str name;     /* HoVaTen */
    struct str number;   /* SoDinhDanh: 12 digits */
    struct str old_card; /* SoCMND: 9 digits */
    struct str passport; /* HoChieu */
    struct str tax_code; /* MaSoThue */
    struct str business_code, business_name;
    struct str insurance; /* MaBHXH */
    struct date birth;    /* parts may be unknown; y 0: absent */
    struct str sex;       /* "1" male, "2" female, or empty */
    struct str address, email, phone, nationality;
    /* What it told under names of OIDC Core 5.1 that the domain names do not cover, as one JSON
     * object: given_name, family_name, middle_name, nickname, preferred_username (never a number of
     * the State), profile, picture, website (https), zoneinfo, locale, email_verified,
     * phone_number_verified, address (its parts). Empty: nothing. */
    struct str standard;
    int64_t auth_time_s; /* of the ID token, or 0 */
    struct str amr;      /* of the ID token: methods (RFC 8176), space-separated; may be empty */
    int acr;             /* 1 to 4: what those methods prove (auth/acr.h) */
};

struct vneid_ask {
    struct str state, nonce;
    struct str verifier;               /* PKCE; its S256 challenge is sent */
    struct str redirect_uri;           /* <issuer>/login/vneid/callback */
    struct str ui_locales, login_hint; /* may be empty */
    bool fresh; /* the person must authenticate anew: prompt=login, max_age=0 */
    int acr;    /* level of authentication to ask for (setting vneid.acr_values); 0: any */
};

/* ERR_CONFIG. Reads nothing from the network. */
MUST_USE result vneid_open(const struct conf *c, const struct clock *clock, struct vneid **out,
                           struct err *e);
void vneid_close(struct vneid **v);

/* Where to send the browser. ERR_UPSTREAM_DOWN, ERR_UPSTREAM_BAD: discovery failed. */
MUST_USE result vneid_authorize_url(struct vneid *v, struct arena *a, const struct vneid_ask *ask,
                                    struct str *url, struct err *e);
/* Redeems the code and reads who signed in. ERR_UPSTREAM_DOWN: no answer; ERR_UPSTREAM_BAD: an
 * answer that cannot be believed; ERR_UPSTREAM_REFUSED: the code was refused. */
MUST_USE result vneid_redeem(struct vneid *v, struct arena *a, const struct vneid_ask *ask,
                             struct str code, struct vneid_claims *out, struct err *e);
/* Where a browser ends its upstream session; empty when the upstream has no such address, or its
 * discovery, which may be read for this, fails. */
struct str vneid_logout_url(struct vneid *v, struct arena *a);

/* The parser of userinfo alone; `now` decides which levels have expired. ERR_UPSTREAM_BAD. */
MUST_USE result vneid_claims_read(struct arena *a, const struct json *userinfo, struct date today,
                                  struct vneid_claims *out, struct err *e);
/* The methods of an ID token's amr (a list of texts, or one text), space-separated; what is no
 * method's name is left out. */
struct str vneid_methods_read(struct arena *a, const struct json *amr);

#endif
