#include "auth/auth.h"

#include "auth/business.h"
#include "auth/person.h"
#include "auth/vneid.h"
#include "base/clock.h"
#include "base/str.h"
#include "crypto/digest.h"
#include "store/audit.h"

result auth_open(struct auth *au, struct err *e)
{
    must(au->conf != NULL && au->clock != NULL);
    must(au->sql != NULL && au->kv != NULL);
    must(au->seal != NULL && au->keys != NULL);
    au->vneid = NULL;
    au->person = NULL;
    au->business = NULL;
    TRY(vneid_open(au->conf, au->clock, &au->vneid, e));
    TRY(person_open(au->conf, &au->person, e));
    return business_open(au->conf, au->clock, &au->business, e);
}

void auth_close(struct auth *au)
{
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

struct str auth_key(struct arena *a, const char *kind, struct str value)
{
    return str_fmt(a, "%s:%.*s", kind, STR_ARG(digest_base64url(a, digest_sha256(value))));
}
