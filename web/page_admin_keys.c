/* Signing keys and logout notices, as administrators see them: what is there, since when, and the
 * one act that each allows. */
#include "auth/outgoing.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/json.h"
#include "base/log.h"
#include "base/str.h"
#include "conf/conf.h"
#include "crypto/keyring.h"
#include "http/form.h"
#include "web/page_admin.h"

#define ALG_BYTES_MAX 8

static const char *keys_dir(const struct ctx *c)
{
    return str_cstr(c->arena, c->app->conf.crypto.keys_dir);
}

/* When the next step may be taken, or is. */
static int64_t until_ms(const struct ctx *c, const struct key_entry *k)
{
    const struct conf *conf = &c->app->conf;

    if (k->state == KEY_NEXT)
        return k->since_ms + conf->crypto.publish_ahead_s * 1000;
    if (k->state == KEY_RETIRED)
        return k->since_ms + conf->crypto.keep_retired_s * 1000;
    return conf->crypto.rotate_days > 0 ? k->since_ms + conf->crypto.rotate_days * 86400000LL : 0;
}

static struct json *key_row(const struct ctx *c, const struct key_entry *k)
{
    struct json *row = json_object();
    const int64_t until = until_ms(c, k);

    json_put_str(row, "kid", k->id);
    json_put_str(row, "alg", str_c(key_alg_name(k->alg)));
    json_put_str(row, "since", clock_vn(c->arena, k->since_ms));
    json_put_bool(row, "signs", k->state == KEY_ACTIVE);
    json_put_bool(row, "next", k->state == KEY_NEXT);
    json_put_bool(row, "retired", k->state == KEY_RETIRED);
    if (until > 0)
        json_put_str(row, "until", clock_vn(c->arena, until));
    return row;
}

static result show_keys(struct ctx *c, struct request *rq, struct response *rs,
                        const struct err *why, struct err *e)
{
    DEFER(json_close) struct json *data = json_object();
    struct json *rows = json_array();
    struct key_entry *list;
    struct form query;
    size_t n;

    json_put(data, "keys", rows);
    TRY(keyring_list(keys_dir(c), c->arena, &list, &n, e));
    for (size_t i = 0; i < n; i++)
        json_add(rows, key_row(c, &list[i]));
    if (why != NULL)
        json_put_str(data, "message",
                     why->code == ERR_CONFLICT ? view_text(c, "keys.too_early")
                                               : admin_mistake(c, why));
    else if (!form_query(rq, &query, NULL).failed && str_is(form_get(&query, "told"), "rotated"))
        json_put_str(data, "told", view_text(c, "keys.rotated"));
    admin_put_fresh(c, data);
    TRY(view_page(c, rq, rs, "admin_keys", "admin.keys", data, e));
    if (why != NULL)
        view_status(rs, err_status(why->code));
    return OK;
}

/* GET /admin/keys */
result page_admin_keys(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    return show_keys(c, rq, rs, NULL, e);
}

static result rotate(struct ctx *c, const struct request *rq, struct err *e)
{
    static const char *const fields[] = { "csrf", "alg", "code", NULL };
    struct auth *au = &c->app->auth;
    struct rotation r = { .now_ms = clock_now_ms(au->clock),
                          .keep_s = c->app->conf.crypto.keep_retired_s,
                          .ahead_s = c->app->conf.crypto.publish_ahead_s };
    struct form form;
    struct str alg;
    bool moved;

    TRY(form_body(rq, &form, e));
    TRY(form_only(&form, fields, e));
    TRY(form_need(&form, "alg", ALG_BYTES_MAX, &alg, e));
    if (!key_alg_by_name(alg, &r.alg) || (keyring_algs(c->app->keys) & KEY_BIT(r.alg)) == 0)
        return fail_field(e, ERR_INVALID, "alg", "none that signs here");
    TRY(admin_prove(c, &form, e));
    TRY(keyring_rotate(keys_dir(c), &r, &moved, e));
    TRY(auth_audit(au, &c->visit, auth_actor(&c->visit), "keys.rotate",
                   str_cat(c->arena, STR("keys:"), alg), NULL, e));
    return keyring_reload(c->app->keys, e);
}

/* POST /admin/keys: other processes notice by themselves. */
result admin_keys_rotate(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    struct err why = { 0 };

    if (!rotate(c, rq, &why).failed) {
        view_redirect(rs, STR("/admin/keys?told=rotated"));
        return OK;
    }
    if (!admin_is_mistake(&why)) {
        *e = why;
        return (result){ true };
    }
    log_err("admin.refused", &why);
    return show_keys(c, rq, rs, &why, e);
}

static struct str notice_text(const struct ctx *c, const char *prefix, struct str word)
{
    return view_text(c, str_cstr(c->arena, str_cat(c->arena, str_c(prefix), word)));
}

static struct json *notice_row(const struct ctx *c, const struct outgoing_row *o)
{
    struct json *row = json_object();

    json_put_str(row, "id", o->id);
    json_put_str(row, "made", clock_vn(c->arena, o->created_ms));
    json_put_str(row, "kind", notice_text(c, "notice.kind.", o->kind));
    json_put_str(row, "client", o->client_id);
    json_put_str(row, "state", notice_text(c, "notice.state.", o->state));
    json_put_int(row, "tries", o->tries);
    json_put_str(row, "failure", o->failure);
    json_put_bool(row, "dead", str_is(o->state, "dead"));
    return row;
}

/* GET /admin/notices */
result page_admin_notices(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    DEFER(json_close) struct json *data = json_object();
    struct json *rows = json_array();
    const struct outgoing_filter all = { .before_ms = 0 };
    struct outgoing_row *list;
    size_t n;

    json_put(data, "notices", rows);
    TRY(outgoing_list(&c->app->auth, c->arena, &all, &list, &n, e));
    for (size_t i = 0; i < n; i++)
        json_add(rows, notice_row(c, &list[i]));
    return view_page(c, rq, rs, "admin_notices", "admin.notices", data, e);
}

/* POST /admin/notices/{id}: the portal is told what it was to be told, so nobody gains by it. */
result admin_notice_again(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    TRY(outgoing_revive(&c->app->auth, &c->visit, request_param(rq, "id"), auth_actor(&c->visit),
                        e));
    view_redirect(rs, STR("/admin/notices"));
    return OK;
}
