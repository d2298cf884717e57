/*
 * Security: the attacker guesses from one network or from many, in a row or all at once, or wants
 * the owner to be refused. Promised: a pair of name and network gets auth.staff_fail_max tries, a
 * network auth.staff_network_fail_max failures, then a pause; nobody else is paused by it.
 * Deliberately not done: captchas; telling attackers of one network from its honest visitors.
 */
#include "auth/staff_limit.h"

#include <arpa/inet.h>

#include "auth/staff_account.h"
#include "base/err.h"
#include "base/str.h"
#include "conf/conf.h"
#include "store/kv.h"

#define DAY_S  86400
#define HOME_S (30 * DAY_S) /* how long a network counts as one the account is entered from */

static const char *const kinds[] = { "staffpass", "staffcode" };

/* The network an address belongs to: /24 or /64, since that is what one attacker easily has. */
static struct str network_of(const struct visit *v)
{
    const char *text = str_cstr(v->arena, v->ip);
    unsigned char b[16];

    if (inet_pton(AF_INET, text, b) == 1)
        return str_fmt(v->arena, "%d.%d.%d", b[0], b[1], b[2]);
    if (inet_pton(AF_INET6, text, b) == 1)
        return str_fmt(v->arena, "%02x%02x:%02x%02x:%02x%02x:%02x%02x", b[0], b[1], b[2], b[3],
                       b[4], b[5], b[6], b[7]);
    return v->ip;
}

static struct str pair_key(const struct visit *v, const char *kind, struct str name)
{
    return auth_key(
        v->arena, kind,
        str_fmt(v->arena, "%.*s|%.*s", STR_ARG(str_sub(name, 0, 64)), STR_ARG(network_of(v))));
}

static struct str name_key(const struct visit *v, struct str name)
{
    return auth_key(v->arena, "staffcodes", str_sub(name, 0, 64));
}

static struct str network_key(const struct visit *v, const char *kind)
{
    return auth_key(v->arena, kind, network_of(v));
}

result staff_limit_audit(struct auth *au, const struct visit *v, struct str name,
                         const char *action, struct err *e)
{
    const struct str shown = staff_name_ok(name) ? name : STR("?");

    return auth_audit(au, v, staff_subject(v, shown), action, STR("staff"), NULL, e);
}

static result network_check(struct auth *au, const struct visit *v, struct err *e)
{
    struct str ignored;
    bool paused;

    TRY(kv_get(au->kv, v->arena, network_key(v, "staffnetpause"), &paused, &ignored, e));
    if (paused)
        return fail(e, ERR_TOO_MANY, "staff sign-in: the network is paused after failures");
    return OK;
}

static result day_check(struct auth *au, const struct visit *v, struct str name, struct err *e)
{
    struct str ignored;
    int64_t count;
    bool home;

    TRY(kv_count(au->kv, name_key(v, name), DAY_S, &count, e));
    if (count <= STAFF_CODES_A_DAY)
        return OK;
    TRY(kv_get(au->kv, v->arena, pair_key(v, "staffhome", name), &home, &ignored, e));
    if (!home)
        return fail(e, ERR_TOO_MANY, "staff sign-in: too many codes of a name in a day");
    return OK;
}

result staff_limit_try(struct auth *au, const struct visit *v, enum staff_limit kind,
                       struct str name, struct err *e)
{
    int64_t count;

    TRY(network_check(au, v, e));
    TRY(kv_count(au->kv, pair_key(v, kinds[kind], name), au->conf->auth.staff_pause_s, &count, e));
    if (count == au->conf->auth.staff_fail_max + 1)
        TRY(staff_limit_audit(au, v, name, "staff.paused", e));
    if (count > au->conf->auth.staff_fail_max)
        return fail(e, ERR_TOO_MANY, "staff sign-in: paused after failures");
    return kind == STAFF_LIMIT_CODE ? day_check(au, v, name, e) : OK;
}

result staff_limit_failed(struct auth *au, const struct visit *v, enum staff_limit kind,
                          struct str name, struct err *e)
{
    const int64_t pause_s = au->conf->auth.staff_pause_s;
    int64_t count;
    bool ignored;

    TRY(kv_touch(au->kv, pair_key(v, kinds[kind], name), pause_s, &ignored, e));
    TRY(kv_count(au->kv, network_key(v, "staffnet"), pause_s, &count, e));
    if (count < au->conf->auth.staff_network_fail_max)
        return OK;
    TRY(kv_put(au->kv, network_key(v, "staffnetpause"), STR("1"), pause_s, e));
    TRY(kv_drop(au->kv, network_key(v, "staffnet"), e));
    return staff_limit_audit(au, v, STR("?"), "staff.network_paused", e);
}

result staff_limit_forget(struct auth *au, const struct visit *v, enum staff_limit kind,
                          struct str name, struct err *e)
{
    TRY(kv_drop(au->kv, pair_key(v, kinds[kind], name), e));
    if (kind != STAFF_LIMIT_CODE)
        return OK;
    TRY(kv_drop(au->kv, name_key(v, name), e));
    return kv_put(au->kv, pair_key(v, "staffhome", name), STR("1"), HOME_S, e);
}
