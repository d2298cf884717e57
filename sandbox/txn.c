/* A transaction as the interface shows it. */
#include "base/json.h"
#include "base/str.h"
#include "sandbox/portal.h"

const char *txn_state_name(enum txn_state s)
{
    static const char *const names[] = { "waiting", "paid", "failed", "cancelled" };
    return names[s];
}

static struct json *captures_json(const struct txn *t)
{
    struct json *list = json_array();
    for (size_t i = 0; i < t->capture_count; i++) {
        const struct capture *c = &t->captures[i];
        struct json *o = json_object();
        json_put_str(o, "txn", c->txn);
        json_put_str(o, "bank", c->bank);
        json_put_int(o, "at_ms", c->at_ms);
        json_put_int(o, "reversed_ms", c->reversed_ms);
        json_put_str(o, "notice", c->notice);
        json_add(list, o);
    }
    return list;
}

struct json *txn_json(const struct txn *t)
{
    struct json *o = json_object(), *mismatch = json_array();
    json_put_str(o, "reference", t->reference);
    json_put_str(o, "partner", t->partner);
    json_put_str(o, "dossier", t->dossier);
    json_put_str(o, "procedure", t->procedure);
    json_put_str(o, "body", t->body);
    json_put_str(o, "account", t->account);
    json_put_str(o, "init_time", t->init_time);
    json_put_int(o, "amount_vnd", t->amount_vnd);
    json_put_int(o, "created_ms", t->created_ms);
    json_put_str(o, "state", str_c(txn_state_name(t->state)));
    json_put_str(o, "pay_token", t->token);
    json_put(o, "captures", captures_json(t));
    for (size_t i = 0; i < FAULT_COUNT; i++)
        if (t->mismatch.on[i])
            json_add_str(mismatch, str_c(fault_name((enum fault)i)));
    json_put(o, "mismatch", mismatch);
    return o;
}
