/*
 * Passkeys: the only pages of officers with a script, since the browser has no other way. The
 * script fills a form's fields; everything is decided here (auth/staff_passkey.h).
 */
#include "auth/staff_passkey.h"

#include "base/err.h"
#include "base/json.h"
#include "base/log.h"
#include "base/str.h"
#include "crypto/digest.h"
#include "http/form.h"
#include "web/page_admin.h"

static result rp_id(const struct ctx *c, struct str *out, struct err *e)
{
    if (!passkey_is_offered(&c->app->auth, c->arena, out))
        return fail(e, ERR_NOT_FOUND, "an issuer without a name has no passkeys");
    return OK;
}

static result show_enter(struct ctx *c, struct request *rq, struct response *rs,
                         const struct err *why, struct err *e)
{
    DEFER(json_close) struct json *data = json_object();
    struct str challenge, rp;

    TRY(rp_id(c, &rp, e));
    TRY(staff_passkey_ask(&c->app->auth, &c->visit, STR(""), &challenge, e));
    json_put_str(data, "challenge", challenge);
    json_put_str(data, "rp", rp);
    if (why != NULL)
        json_put_str(
            data, "message",
            view_text(c, why->code == ERR_BAD_PASSWORD ? "passkey.refused" : err_text(why->code)));
    TRY(view_page(c, rq, rs, "staff_passkey", "passkey.enter", data, e));
    if (why != NULL)
        view_status(rs, err_status(why->code));
    return OK;
}

/* GET /staff/passkey */
result page_staff_passkey(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    return show_enter(c, rq, rs, NULL, e);
}

static result enter(struct ctx *c, const struct request *rq, struct staff_entry *out, struct err *e)
{
    static const char *const fields[] = { "csrf",      "id",        "client_data",
                                          "auth_data", "signature", NULL };
    struct staff_ceremony ceremony = { .label = STR("") };
    struct form form;

    TRY(form_body(rq, &form, e));
    TRY(form_only(&form, fields, e));
    TRY(form_need(&form, "id", PASSKEY_TEXT_MAX, &ceremony.id, e));
    TRY(form_need(&form, "client_data", PASSKEY_TEXT_MAX, &ceremony.client_data, e));
    TRY(form_need(&form, "auth_data", PASSKEY_TEXT_MAX, &ceremony.auth_data, e));
    TRY(form_need(&form, "signature", PASSKEY_TEXT_MAX, &ceremony.signature, e));
    return staff_passkey_sign_in(&c->app->auth, &c->visit, &ceremony, out, e);
}

/* POST /staff/passkey */
result staff_passkey_enter(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    struct staff_entry entry;
    struct err why = { 0 };

    if (!enter(c, rq, &entry, &why).failed) {
        if (entry.step != STAFF_STEP_IN) {
            view_cookie(c, rs, STAFF_STEP_COOKIE, entry.attempt, STAFF_STEP_TTL_S);
            view_redirect(rs, STR("/staff/step"));
            return OK;
        }
        view_cookie(c, rs, STAFF_COOKIE, entry.in.token, 0);
        view_redirect(rs, admin_home(entry.in.session.role));
        return OK;
    }
    if (why.code != ERR_BAD_PASSWORD && why.code != ERR_TOO_MANY) {
        *e = why;
        return (result){ true };
    }
    log_err("staff.refused", &why);
    return show_enter(c, rq, rs, &why, e);
}

static struct json *key_row(struct ctx *c, const struct staff_passkey *k)
{
    struct json *row = json_object();

    json_put_str(row, "id", k->id);
    json_put_str(row, "label", k->label);
    json_put_str(row, "created", clock_vn(c->arena, k->created_ms));
    if (k->used_ms > 0)
        json_put_str(row, "used", clock_vn(c->arena, k->used_ms));
    return row;
}

static result put_keys(struct ctx *c, struct json *data, struct err *e)
{
    struct staff_passkey list[PASSKEYS_MAX];
    struct json *rows = json_array();
    struct str known = STR("");
    size_t n;

    json_put(data, "keys", rows);
    TRY(staff_passkey_list(&c->app->auth, c->arena, c->staff.name, list, &n, e));
    for (size_t i = 0; i < n; i++) {
        json_add(rows, key_row(c, &list[i]));
        known = str_fmt(c->arena, "%.*s %.*s", STR_ARG(known), STR_ARG(list[i].id));
    }
    json_put_str(data, "known", known);
    return OK;
}

static result show_keys(struct ctx *c, struct request *rq, struct response *rs,
                        const struct err *why, struct err *e)
{
    DEFER(json_close) struct json *data = json_object();
    struct str challenge, rp;

    TRY(rp_id(c, &rp, e));
    TRY(staff_passkey_ask(&c->app->auth, &c->visit, c->staff.name, &challenge, e));
    json_put_str(data, "challenge", challenge);
    json_put_str(data, "rp", rp);
    json_put_str(data, "name", c->staff.name);
    json_put_str(data, "user", digest_base64url(c->arena, digest_sha256(c->staff.name)));
    TRY(put_keys(c, data, e));
    admin_put_fresh(c, data);
    if (why != NULL)
        json_put_str(data, "message",
                     why->code == ERR_BAD_SIGNATURE ? view_text(c, "passkey.not_made")
                                                    : admin_mistake(c, why));
    TRY(view_page(c, rq, rs, "staff_passkeys", "passkey.title", data, e));
    if (why != NULL)
        view_status(rs, err_status(why->code));
    return OK;
}

/* GET /staff/passkeys */
result page_staff_passkeys(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    return show_keys(c, rq, rs, NULL, e);
}

static result act(struct ctx *c, const struct request *rq, bool *removed, struct err *e)
{
    static const char *const fields[] = { "csrf", "act",         "id",        "label",
                                          "code", "client_data", "auth_data", NULL };
    struct staff_ceremony ceremony = { .signature = STR("") };
    struct form form;

    TRY(form_body(rq, &form, e));
    TRY(form_only(&form, fields, e));
    *removed = str_is(form_get(&form, "act"), "remove");
    if (!*removed && !str_is(form_get(&form, "act"), "add"))
        return fail_field(e, ERR_INVALID, "act", "add or remove");
    TRY(admin_prove(c, &form, e));
    if (*removed)
        return staff_passkey_remove(&c->app->auth, &c->visit, form_get(&form, "id"), e);
    TRY(form_need(&form, "label", PASSKEY_LABEL_MAX, &ceremony.label, e));
    TRY(form_need(&form, "client_data", PASSKEY_TEXT_MAX, &ceremony.client_data, e));
    TRY(form_need(&form, "auth_data", PASSKEY_TEXT_MAX, &ceremony.auth_data, e));
    return staff_passkey_add(&c->app->auth, &c->visit, &ceremony, e);
}

/* POST /staff/passkeys */
result staff_passkey_act(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    struct err why = { 0 };
    bool removed = false;

    if (!act(c, rq, &removed, &why).failed) {
        view_redirect(rs, removed ? STR("/staff/sign-in") : STR("/staff/passkeys"));
        return OK;
    }
    if (!admin_is_mistake(&why) && why.code != ERR_BAD_SIGNATURE) {
        *e = why;
        return (result){ true };
    }
    log_err("staff.refused", &why);
    return show_keys(c, rq, rs, &why, e);
}
