/*
 * Attacker: an officer who is curious, or whose screen is shared. Promised: nothing personal is
 * shown without a row in the audit log that was written before; what was unmasked is one field of
 * one record, in one session, for minutes. The reason is kept as it was typed, the value never.
 */
#include "web/personal.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
#include "base/utf8.h"
#include "crypto/digest.h"
#include "store/kv.h"

#define REASON_BYTES_MIN 5
#define REASON_BYTES_MAX 300
#define DIGITS_SHOWN     3

bool personal_may_see(const struct ctx *c)
{
    enum staff_role least;

    return staff_role_find(c->app->conf.finance.personal_role, &least) && c->staff.role >= least;
}

static bool is_digit(uint32_t code)
{
    return code >= '0' && code <= '9';
}

struct str personal_mask(struct arena *a, struct str text)
{
    struct buf b = buf_make(a, text.n * 4 + 16);
    size_t digits = 0, at = 0;
    bool begins = true;

    for (size_t i = 0; i < text.n; i++)
        digits += is_digit((unsigned char)text.p[i]);
    while (text.n > 0) {
        const struct str before = text;
        const uint32_t code = utf8_next(&text);
        const struct str one = str_sub(before, 0, before.n - text.n);

        at += is_digit(code);
        if (code == ' ' || (is_digit(code) ? at + DIGITS_SHOWN > digits && digits > 5 : begins))
            buf_put(&b, one);
        else
            buf_puts(&b, "•");
        begins = code == ' ';
    }
    return buf_str(&b);
}

/* Bound to the session, so that it ends with it. */
static struct str key_of(const struct ctx *c, struct str record, struct str field)
{
    return auth_key(c->arena, "personal",
                    str_fmt(c->arena, "%.*s %.*s %.*s", STR_ARG(c->staff.key), STR_ARG(record),
                            STR_ARG(field)));
}

result personal_is_shown(const struct ctx *c, struct str record, struct str field, bool *shown,
                         int64_t *until_ms, struct err *e)
{
    struct str value;

    *until_ms = 0;
    *shown = personal_may_see(c);
    if (*shown)
        return OK;
    TRY(kv_get(c->app->stores.kv, c->arena, key_of(c, record, field), shown, &value, e));
    if (*shown && (!str_to_i64(value, until_ms) || *until_ms <= c->now_ms))
        *shown = false;
    return OK;
}

result personal_show(const struct ctx *c, struct str record, struct str field, struct str reason,
                     struct err *e)
{
    DEFER(json_close) struct json *detail = json_object();
    const struct str why = str_trim(reason);
    const int64_t until_ms = c->now_ms + PERSONAL_SHOWN_S * 1000;

    TRY(staff_may(&c->staff, STAFF_OFFICER, e));
    if (why.n < REASON_BYTES_MIN || why.n > REASON_BYTES_MAX || !utf8_is_text(why))
        return fail_field(e, ERR_INVALID, "reason", "%d to %d bytes", REASON_BYTES_MIN,
                          REASON_BYTES_MAX);
    json_put_str(detail, "field", field);
    json_put_str(detail, "reason", why);
    json_put_int(detail, "for_s", PERSONAL_SHOWN_S);
    TRY(auth_audit(&c->app->auth, &c->visit, str_cat(c->arena, STR("staff:"), c->staff.name),
                   "personal.show", record, detail, e));
    return kv_put(c->app->stores.kv, key_of(c, record, field), str_i64(c->arena, until_ms),
                  PERSONAL_SHOWN_S, e);
}
