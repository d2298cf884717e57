#include "auth/auth.h"

#include <limits.h>
#include <string.h>

#include "auth/business.h"
#include "auth/client_book.h"
#include "auth/client_keys.h"
#include "auth/person.h"
#include "auth/vneid.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/codec.h"
#include "base/err.h"
#include "base/limits.h"
#include "base/str.h"
#include "crypto/digest.h"
#include "crypto/secret.h"
#include "http/request.h"
#include "store/audit.h"

result auth_open(struct auth *au, struct err *e)
{
    must(au->conf != NULL && au->clock != NULL);
    must(au->sql != NULL && au->kv != NULL);
    must(au->seal != NULL && au->keys != NULL);
    au->vneid = NULL;
    au->person = NULL;
    au->business = NULL;
    au->clients = client_book_open();
    au->client_keys = client_keys_open();
    TRY(vneid_open(au->conf, au->clock, &au->vneid, e));
    TRY(person_open(au->conf, &au->person, e));
    return business_open(au->conf, &au->business, e);
}

void auth_close(struct auth *au)
{
    client_keys_close(&au->client_keys);
    client_book_close(&au->clients);
    business_close(&au->business);
    person_close(&au->person);
    vneid_close(&au->vneid);
}

struct audit_event auth_event(const struct visit *v, struct str actor, const char *action,
                              struct str subject, const struct json *detail)
{
    return (struct audit_event){
        .actor = actor,
        .action = str_c(action),
        .subject = subject,
        .request_id = v->request_id,
        .ip = v->ip,
        .port = v->port,
        .detail = detail,
    };
}

result auth_audit(struct auth *au, const struct visit *v, struct str actor, const char *action,
                  struct str subject, const struct json *detail, struct err *e)
{
    const struct audit_event ev = auth_event(v, actor, action, subject, detail);

    return audit_write(au->sql, clock_now_ms(au->clock), &ev, e);
}

struct str auth_actor(const struct visit *v)
{
    return v->officer.n > 0 ? str_cat(v->arena, STR("staff:"), v->officer) : STR("system");
}

struct str auth_key(struct arena *a, const char *kind, struct str value)
{
    return str_fmt(a, "%s:%.*s", kind, STR_ARG(digest_base64url(a, digest_sha256(value))));
}

struct str auth_form(struct arena *a, const struct pair *fields, size_t n)
{
    struct buf b = buf_make(a, LIMIT_FORM_BYTES * 3); /* each byte may become three */

    for (size_t i = 0; i < n; i++) {
        if (fields[i].value.n == 0)
            continue;
        if (buf_str(&b).n > 0)
            buf_putc(&b, '&');
        buf_put(&b, percent_encode(a, fields[i].name));
        buf_putc(&b, '=');
        buf_put(&b, percent_encode(a, fields[i].value));
    }
    must(!b.overflow);
    return buf_str(&b);
}

result auth_secret(struct str path, struct secret *out, struct err *e)
{
    char name[PATH_MAX];

    if (path.n == 0 || path.n >= sizeof(name))
        return fail(e, ERR_CONFIG, "a secret's file is not set, or its name is too long");
    memcpy(name, path.p, path.n);
    name[path.n] = '\0';
    return secret_load(out, name, e);
}
