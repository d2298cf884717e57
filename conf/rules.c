/*
 * What a setting's own row cannot say: forms of addresses, and what goes with what. Each rule looks
 * at values that were right by themselves and reports under the setting that has to change.
 */
#include <arpa/inet.h>
#include <string.h>

#include "base/arena.h"
#include "base/str.h"
#include "conf/table.h"
#include "conf/url.h"

#define ROW(s, name) CONF_ROW_##s##_##name

static struct str text_of(const struct conf_reader *r, size_t row)
{
    must(conf_rows[row].kind != CONF_INT && conf_rows[row].kind != CONF_BOOL);
    return *(const struct str *)conf_field(&r->conf, row);
}

static bool is_real(const struct conf_reader *r)
{
    return str_is(r->conf.service.national_systems, "real");
}

/* ---- web addresses ---- */

static void rule_issuer(struct conf_reader *r)
{
    const struct str issuer = r->conf.service.issuer;
    struct url url;

    if (!url_read(issuer, &url))
        conf_mistake(r, ROW(service, issuer), "must be a URL, https://host[:port][/path]");
    else if (url.has_query || str_ends(issuer, STR("/")))
        conf_mistake(r, ROW(service, issuer), "must have no query and no slash at the end");
    else if (!url.secure && !url.loopback)
        conf_mistake(r, ROW(service, issuer), "must be https; http is for loopback addresses only");
}

static const struct partner {
    size_t row;
    bool may_be_empty;
    bool sign_in; /* carries sign-ins over the open network: TLS is not up to the gateway */
} partners[] = {
    { ROW(vneid, issuer), false, true },
    { ROW(vneid, authorize_url), true, true },
    { ROW(vneid, token_url), true, true },
    { ROW(vneid, userinfo_url), true, true },
    { ROW(vneid, jwks_url), true, true },
    { ROW(vneid, logout_url), true, true },
    { ROW(person, url), false, false },
    { ROW(business, url), false, false },
    { ROW(business, token_url), false, false },
    { ROW(portal, url), false, false },
    { ROW(portal, settlement_url), false, false },
};

static void rule_partner(struct conf_reader *r, const struct partner *p)
{
    const struct str text = text_of(r, p->row);
    struct url url;

    if (text.n == 0 && p->may_be_empty)
        return;
    if (!url_read(text, &url))
        conf_mistake(r, p->row, "must be a URL, https://host[:port][/path]");
    else if (is_real(r) && url.loopback)
        conf_mistake(r, p->row, "is a loopback address, but service.national_systems is real");
    else if (is_real(r) && p->sign_in && !url.secure)
        conf_mistake(r, p->row, "must be https when service.national_systems is real");
}

static void rule_discover(struct conf_reader *r)
{
    static const size_t needed[] = { ROW(vneid, authorize_url), ROW(vneid, token_url),
                                     ROW(vneid, jwks_url) };

    for (size_t i = 0; i < LEN(needed) && !r->conf.vneid.discover; i++)
        if (text_of(r, needed[i]).n == 0)
            conf_mistake(r, needed[i], "is needed when vneid.discover is false");
}

static bool is_origin(struct str text, struct url *url)
{
    return url_read(text, url) && url->path.n == 0 && !url->has_query;
}

static void rule_pay_origins(struct conf_reader *r)
{
    struct str rest = r->conf.portal.pay_origins, piece;
    const size_t row = ROW(portal, pay_origins);
    struct url url;

    while (str_next(&rest, ',', &piece) && !r->origins[row].wrong) {
        if (!is_origin(str_trim(piece), &url))
            conf_mistake(r, row, "must be origins, https://host[:port], separated by commas");
        else if (!url.secure && !url.loopback)
            conf_mistake(r, row, "must be https; http is for loopback addresses only");
        else if (is_real(r) && url.loopback)
            conf_mistake(r, row, "is a loopback address, but service.national_systems is real");
    }
}

/* ---- sockets ---- */

static bool is_unix_path(struct str text)
{
    return str_starts(text, STR("unix:/"));
}

static void rule_listen(struct conf_reader *r)
{
    const struct str text = r->conf.http.listen;
    struct host host;

    if (is_unix_path(text))
        return;
    if (!host_read(text, true, &host) || host.is_name)
        conf_mistake(r, ROW(http, listen), "must be address:port, [v6]:port or unix:/path");
    else if (!host.loopback && r->conf.http.trusted_proxies.n == 0)
        conf_mistake(r, ROW(http, listen),
                     "is not a loopback address, which needs http.trusted_proxies");
}

static bool is_address_block(struct arena *a, struct str text)
{
    struct str address = text, bits_text;
    unsigned char bytes[16];
    int64_t bits = 0, bits_max;

    if (str_cut(text, '/', &address, &bits_text) && !str_to_i64(bits_text, &bits))
        return false;
    if (inet_pton(AF_INET, str_cstr(a, address), bytes) == 1)
        bits_max = 32;
    else if (inet_pton(AF_INET6, str_cstr(a, address), bytes) == 1)
        bits_max = 128;
    else
        return false;
    return bits >= 0 && bits <= bits_max;
}

static void rule_trusted_proxies(struct conf_reader *r)
{
    struct str rest = r->conf.http.trusted_proxies, piece;
    const size_t row = ROW(http, trusted_proxies);

    if (rest.n == 0)
        return;
    while (str_next(&rest, ',', &piece) && !r->origins[row].wrong)
        if (!str_is(str_trim(piece), "unix") && !is_address_block(r->arena, str_trim(piece)))
            conf_mistake(r, row, "must be addresses or CIDR blocks, or unix, separated by commas");
}

static void rule_redis(struct conf_reader *r)
{
    const struct str text = r->conf.kv.redis;
    struct host host;

    if (!is_unix_path(text) && !host_read(text, true, &host))
        conf_mistake(r, ROW(kv, redis), "must be host:port, [v6]:port or unix:/path");
}

/* ---- the rest ---- */

/* "password=x", "password = x" and "postgresql://user:x@host" would be secrets as values. */
static bool has_password(struct arena *a, struct str conninfo)
{
    const struct str text = str_lower(a, conninfo);
    const char *at = strstr(str_cstr(a, text), "://");
    struct str authority, rest;

    if (str_has(text, STR("password")))
        return true;
    if (at == NULL)
        return false;
    authority = str_c(at + 3);
    (void)str_cut(authority, '/', &authority, &rest);
    return str_cut(authority, '@', &authority, &rest) && str_has(authority, STR(":"));
}

static void rule_postgresql(struct conf_reader *r)
{
    const struct str text = r->conf.store.postgresql;

    if (str_is(r->conf.store.engine, "postgresql") && text.n == 0)
        conf_mistake(r, ROW(store, postgresql), "is needed when store.engine is postgresql");
    else if (has_password(r->arena, text))
        conf_mistake(r, ROW(store, postgresql),
                     "must hold no password: name a passfile in it instead");
}

static void rule_sqlite(struct conf_reader *r)
{
    if (str_is(r->conf.store.engine, "sqlite") && r->conf.store.sqlite_file.n == 0)
        conf_mistake(r, ROW(store, sqlite_file), "is needed when store.engine is sqlite");
}

static void rule_sessions(struct conf_reader *r)
{
    if (r->conf.auth.session_idle_s > r->conf.auth.session_max_s)
        conf_mistake(r, ROW(auth, session_idle_s), "must not be more than auth.session_max_s");
}

static void rule_serial(struct conf_reader *r)
{
    const struct str text = r->conf.payments.receipt_serial_letters;

    if (text.n != 2 || !str_all_in(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
        conf_mistake(r, ROW(payments, receipt_serial_letters),
                     "must be two capital letters A to Z");
}

static void rule_time(struct conf_reader *r, size_t row)
{
    const struct str text = text_of(r, row);
    struct str hour, minute;
    int64_t h = 24, m = 60;

    if (text.n != 5 || !str_cut(text, ':', &hour, &minute) || hour.n != 2 || !str_digits(hour) ||
        !str_digits(minute) || !str_to_i64(hour, &h) || !str_to_i64(minute, &m) || h > 23 || m > 59)
        conf_mistake(r, row, "must be a time of day, HH:MM");
}

static void rule_settlement_at(struct conf_reader *r)
{
    rule_time(r, ROW(jobs, settlement_at));
}

static void rule_report_at(struct conf_reader *r)
{
    if (text_of(r, ROW(finance, report_at)).n > 0)
        rule_time(r, ROW(finance, report_at));
}

/* Settings that must say something. */
static const size_t filled[] = {
    ROW(service, name_vi),       ROW(service, name_en),     ROW(crypto, keys_dir),
    ROW(crypto, seal_file),      ROW(vneid, client_id),     ROW(vneid, client_secret_file),
    ROW(person, user),           ROW(business, client_id),  ROW(business, client_secret_file),
    ROW(business, status_file),  ROW(portal, partner_code), ROW(portal, secret_file),
    ROW(portal, account),        ROW(payments, fees_dir),   ROW(payments, places_dir),
    ROW(payments, receipt_form),
};

static void rule_filled(struct conf_reader *r)
{
    for (size_t i = 0; i < LEN(filled); i++)
        if (text_of(r, filled[i]).n == 0)
            conf_mistake(r, filled[i], "must not be empty");
    /* An installation without the register has no secret for it. */
    if (r->conf.person.secret_file.n == 0 && !str_is(r->conf.person.policy, "skip"))
        conf_mistake(r, ROW(person, secret_file), "must not be empty unless policy is skip");
}

static const struct rule {
    size_t row; /* nothing to say when this one was reported already */
    void (*look)(struct conf_reader *);
} rules[] = {
    { ROW(service, issuer), rule_issuer },
    { ROW(vneid, discover), rule_discover },
    { ROW(portal, pay_origins), rule_pay_origins },
    { ROW(http, trusted_proxies), rule_trusted_proxies },
    { ROW(http, listen), rule_listen },
    { ROW(kv, redis), rule_redis },
    { ROW(store, postgresql), rule_postgresql },
    { ROW(store, sqlite_file), rule_sqlite },
    { ROW(auth, session_idle_s), rule_sessions },
    { ROW(payments, receipt_serial_letters), rule_serial },
    { ROW(jobs, settlement_at), rule_settlement_at },
    { ROW(finance, report_at), rule_report_at },
};

void conf_rules(struct conf_reader *r)
{
    for (size_t i = 0; i < LEN(rules); i++)
        if (!r->origins[rules[i].row].wrong)
            rules[i].look(r);
    for (size_t i = 0; i < LEN(partners); i++)
        if (!r->origins[partners[i].row].wrong)
            rule_partner(r, &partners[i]);
    rule_filled(r);
}
