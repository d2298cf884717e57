/*
 * Security: the attacker makes us ask a register about strangers, or makes us ask so often that it
 * shuts us out. Promised: no question without a record that names purpose and requester; a budget
 * that all processes share. Numbers and names stand in neither: subjects are keyed indexes.
 */
#include "auth/registry.h"

#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
#include "store/kv.h"

result registry_record(struct auth *au, const struct visit *v, const struct registry_query *q,
                       struct err *e)
{
    DEFER(json_close) struct json *detail = q->more != NULL ? q->more : json_object();

    json_put_str(detail, "purpose", str_c(q->purpose));
    json_put_str(detail, "client", q->client_id);
    if (q->ref.n > 0)
        json_put_str(detail, "ref", q->ref);
    if (q->outcome != NULL)
        json_put_str(detail, "outcome", str_c(q->outcome));
    return auth_audit(au, v, STR("system"), q->action, q->subject, detail, e);
}

result registry_spend(struct auth *au, struct arena *a, const char *name, int64_t per_min,
                      struct err *e)
{
    int64_t count;

    TRY(kv_count(au->kv, str_fmt(a, "budget:%s", name), 60, &count, e));
    if (count > per_min)
        return fail(e, ERR_UPSTREAM_DOWN, "%s: the budget of this minute is spent", name);
    return OK;
}
