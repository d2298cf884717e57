/*
 * Officers sign in with a local account: auth/staff_sign_in.h. What is wrong is told on the form;
 * it never says which of the things typed it was.
 */
#include "auth/staff_sign_in.h"

#include "auth/staff_invite.h"
#include "auth/staff_passkey.h"
#include "base/codec.h"
#include "base/err.h"
#include "base/json.h"
#include "base/log.h"
#include "base/str.h"
#include "crypto/secret.h"
#include "http/form.h"
#include "paper/qr.h"
#include "web/page_admin.h"

#define SECRET_GROUP 4 /* letters that are typed in one go */

static void put_passkeys(const struct ctx *c, struct json *data)
{
    struct str rp;

    json_put_bool(data, "passkeys", passkey_is_offered(&c->app->auth, c->arena, &rp));
}

static result show_form(struct ctx *c, struct request *rq, struct response *rs, struct str name,
                        const char *message, struct err *e)
{
    DEFER(json_close) struct json *data = json_object();

    json_put_str(data, "name", name);
    put_passkeys(c, data);
    if (message != NULL)
        json_put_str(data, "message", view_text(c, message));
    return view_page(c, rq, rs, "staff_sign_in", "staff.title", data, e);
}

/* GET /staff/sign-in; ?told=changed after a change that ended the session. */
result page_staff_in(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    DEFER(json_close) struct json *data = json_object();
    struct form query;

    if (c->is_staff) {
        view_redirect(rs, admin_home(c->staff.role));
        return OK;
    }
    if (!form_query(rq, &query, NULL).failed && str_is(form_get(&query, "told"), "changed"))
        json_put_str(data, "told", view_text(c, "staff.changed"));
    put_passkeys(c, data);
    return view_page(c, rq, rs, "staff_sign_in", "staff.title", data, e);
}

/* The codes are shown by this answer and never again, so it cannot be a redirect. */
static result show_recovery(struct ctx *c, struct request *rq, struct response *rs,
                            const struct staff_recovery *recovery, struct str next, struct err *e)
{
    DEFER(json_close) struct json *data = json_object();
    struct json *codes = json_array();

    json_put(data, "codes", codes);
    for (size_t i = 0; i < LEN(recovery->codes); i++)
        json_add_str(codes, recovery->codes[i]);
    json_put_str(data, "next", next);
    return view_page(c, rq, rs, "staff_codes", "staff.codes_title", data, e);
}

/* Where a step of the sign-in leads: the next step, or inside. */
static struct str entry_follow(struct ctx *c, struct response *rs, const struct staff_entry *entry)
{
    if (entry->step != STAFF_STEP_IN) {
        view_cookie(c, rs, STAFF_STEP_COOKIE, entry->attempt, STAFF_STEP_TTL_S);
        return STR("/staff/step");
    }
    view_cookie(c, rs, STAFF_STEP_COOKIE, STR(""), -1);
    view_cookie(c, rs, STAFF_COOKIE, entry->in.token, 0);
    return admin_home(entry->in.session.role);
}

static bool is_refusal(const struct err *why)
{
    return why->code == ERR_BAD_PASSWORD || why->code == ERR_TOO_MANY;
}

/* POST /staff/sign-in */
result staff_enter(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    static const char *const fields[] = { "csrf", "name", "password", NULL };
    DEFER(secret_wipe) struct secret password = { 0 };
    struct staff_entry entry;
    struct err why = { 0 };
    struct str name, typed;
    struct form form;

    TRY(form_body(rq, &form, e));
    TRY(form_only(&form, fields, e));
    TRY(form_need(&form, "name", 64, &name, e));
    TRY(form_need(&form, "password", 200, &typed, e));
    TRY(secret_set(&password, typed, e));
    if (!staff_sign_in(&c->app->auth, &c->visit, name, &password, &entry, &why).failed) {
        view_redirect(rs, entry_follow(c, rs, &entry));
        return OK;
    }
    if (!is_refusal(&why)) {
        *e = why;
        return (result){ true };
    }
    log_err("staff.refused", &why);
    TRY(show_form(c, rq, rs, name, err_text(why.code), e));
    view_status(rs, err_status(why.code));
    return OK;
}

static result attempt_of(struct ctx *c, const struct request *rq, bool *found,
                         struct staff_attempt *out, struct err *e)
{
    const struct str token =
        request_cookie(rq, str_cstr(c->arena, cookie_name(c->app, c->arena, STAFF_STEP_COOKIE)));

    return staff_attempt_find(&c->app->auth, &c->visit, token, found, out, e);
}

static struct str in_groups(struct ctx *c, struct str text)
{
    struct str out = STR("");

    for (size_t i = 0; i < text.n; i += SECRET_GROUP)
        out = str_fmt(c->arena, "%.*s%s%.*s", STR_ARG(out), i > 0 ? " " : "",
                      STR_ARG(str_sub(text, i, SECRET_GROUP)));
    return out;
}

static result put_secret(struct ctx *c, struct json *data, const struct staff_attempt *t,
                         struct err *e)
{
    struct staff_otp otp;
    struct qr qr;
    struct str svg;

    TRY(staff_attempt_show(&c->app->auth, &c->visit, t, &otp, e));
    TRY(qr_make(c->arena, otp.uri, &qr, e));
    svg = qr_svg(c->arena, &qr, view_text(c, "staff.qr"));
    json_put_str(data, "secret", in_groups(c, otp.secret));
    json_put_str(data, "uri", otp.uri);
    json_put_str(
        data, "qr",
        str_cat(c->arena, STR("data:image/svg+xml;base64,"), base64_encode(c->arena, svg)));
    return OK;
}

static result show_step(struct ctx *c, struct request *rq, struct response *rs,
                        const struct staff_attempt *t, const char *message, struct err *e)
{
    static const char *const titles[] = { "staff.code_title", "staff.enrol_title",
                                          "staff.due_title" };
    static const char *const steps[] = { "code", "enrol", "due" };
    DEFER(json_close) struct json *data = json_object();

    must(t->step < LEN(steps));
    json_put_bool(data, steps[t->step], true);
    if (t->step == STAFF_STEP_CODE)
        put_passkeys(c, data);
    json_put_str(data, "name", t->name);
    if (message != NULL)
        json_put_str(data, "message", view_text(c, message));
    if (t->step == STAFF_STEP_ENROL)
        TRY(put_secret(c, data, t, e));
    return view_page(c, rq, rs, "staff_step", titles[t->step], data, e);
}

/* GET /staff/step */
result page_staff_step(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    struct staff_attempt t;
    bool found;

    TRY(attempt_of(c, rq, &found, &t, e));
    if (!found) {
        view_redirect(rs, STR("/staff/sign-in"));
        return OK;
    }
    return show_step(c, rq, rs, &t, NULL, e);
}

static result step_take(struct ctx *c, const struct form *form, const struct staff_attempt *t,
                        struct staff_entry *out, struct err *e)
{
    DEFER(secret_wipe) struct secret password = { 0 };
    struct auth *au = &c->app->auth;
    struct str typed;

    if (t->step == STAFF_STEP_PASSWORD) {
        TRY(form_need(form, "password", 200, &typed, e));
        TRY(secret_set(&password, typed, e));
        return staff_step_password(au, &c->visit, t, &password, out, e);
    }
    TRY(form_need(form, "code", STAFF_CODE_BYTES_MAX, &typed, e));
    return t->step == STAFF_STEP_CODE ? staff_step_code(au, &c->visit, t, typed, out, e)
                                      : staff_step_enrol(au, &c->visit, t, typed, out, e);
}

/* The form again with what was wrong; the sign-in from its beginning when the attempt is over. */
static result step_refused(struct ctx *c, struct request *rq, struct response *rs,
                           const struct err *why, struct err *e)
{
    const char *text = why->code == ERR_INVALID && str_is(str_c(why->field), "password")
                           ? "staff.password_weak"
                       : why->code == ERR_BAD_PASSWORD ? "staff.code_wrong"
                                                       : err_text(why->code);
    struct staff_attempt t;
    bool found;

    log_err("staff.refused", why);
    TRY(attempt_of(c, rq, &found, &t, e));
    if (found)
        TRY(show_step(c, rq, rs, &t, text, e));
    else
        TRY(show_form(c, rq, rs, STR(""), text, e));
    view_status(rs, err_status(why->code));
    return OK;
}

/* POST /staff/step */
result staff_step_taken(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    static const char *const fields[] = { "csrf", "code", "password", NULL };
    struct staff_entry entry;
    struct staff_attempt t;
    struct err why = { 0 };
    struct form form;
    bool found;

    TRY(form_body(rq, &form, e));
    TRY(form_only(&form, fields, e));
    TRY(attempt_of(c, rq, &found, &t, e));
    if (!found) {
        view_redirect(rs, STR("/staff/sign-in"));
        return OK;
    }
    if (!step_take(c, &form, &t, &entry, &why).failed) {
        const struct str next = entry_follow(c, rs, &entry);

        if (t.step == STAFF_STEP_ENROL)
            return show_recovery(c, rq, rs, &entry.recovery, next, e);
        view_redirect(rs, next);
        return OK;
    }
    if (is_refusal(&why) || why.code == ERR_INVALID)
        return step_refused(c, rq, rs, &why, e);
    *e = why;
    return (result){ true };
}

/* GET /staff/invitation/{token} */
static result show_invitation(struct ctx *c, struct request *rq, struct response *rs,
                              const char *message, struct err *e)
{
    DEFER(json_close) struct json *data = json_object();
    struct staff staff;
    bool found;

    TRY(staff_invitation_find(&c->app->auth, &c->visit, request_param(rq, "token"), &found, &staff,
                              e));
    if (!found)
        return fail(e, ERR_NOT_FOUND, "no such invitation");
    json_put_str(data, "name", staff.name);
    json_put_str(data, "display_name", staff.display_name);
    json_put_str(data, "action", rq->path);
    if (message != NULL)
        json_put_str(data, "message", view_text(c, message));
    return view_page(c, rq, rs, "staff_invitation", "staff.invitation_title", data, e);
}

result page_staff_invitation(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    return show_invitation(c, rq, rs, NULL, e);
}

result staff_invitation_taken(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    static const char *const fields[] = { "csrf", "password", NULL };
    DEFER(secret_wipe) struct secret password = { 0 };
    struct err why = { 0 };
    struct str typed;
    struct form form;

    TRY(form_body(rq, &form, e));
    TRY(form_only(&form, fields, e));
    TRY(form_need(&form, "password", 200, &typed, e));
    TRY(secret_set(&password, typed, e));
    if (!staff_accept(&c->app->auth, &c->visit, request_param(rq, "token"), &password, &why)
             .failed) {
        view_redirect(rs, STR("/staff/sign-in?told=changed"));
        return OK;
    }
    if (why.code != ERR_INVALID) {
        *e = why;
        return (result){ true };
    }
    TRY(show_invitation(c, rq, rs, "staff.password_weak", e));
    view_status(rs, err_status(why.code));
    return OK;
}

static result show_account(struct ctx *c, struct request *rq, struct response *rs,
                           const char *message, struct err *e)
{
    DEFER(json_close) struct json *data = json_object();
    struct staff staff;
    bool found;

    TRY(staff_find(&c->app->auth, c->arena, c->staff.name, &found, &staff, e));
    if (!found)
        return fail(e, ERR_NOT_FOUND, "the account is gone");
    json_put_str(data, "name", staff.name);
    json_put_str(data, "role",
                 view_text(c, str_cstr(c->arena, str_fmt(c->arena, "staff.role.%s",
                                                         staff_role_name(staff.role)))));
    json_put_bool(data, "has_otp", staff.has_otp);
    put_passkeys(c, data);
    json_put_int(data, "recovery_left", staff.recovery_left);
    admin_put_fresh(c, data);
    json_put_str(data, "password_set", clock_vn(c->arena, staff.password_ms));
    if (message != NULL)
        json_put_str(data, "message", view_text(c, message));
    return view_page(c, rq, rs, "staff_account", "staff.account_title", data, e);
}

/* GET /staff/account */
result page_staff_account(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    return show_account(c, rq, rs, NULL, e);
}

static result own_password(struct ctx *c, const struct request *rq, struct err *e)
{
    static const char *const fields[] = { "csrf", "was", "password", NULL };
    DEFER(secret_wipe) struct secret was = { 0 };
    DEFER(secret_wipe) struct secret is = { 0 };
    const struct staff_own_password how = { c->staff.name, &was, &is };
    struct str typed;
    struct form form;

    TRY(form_body(rq, &form, e));
    TRY(form_only(&form, fields, e));
    TRY(form_need(&form, "was", 200, &typed, e));
    TRY(secret_set(&was, typed, e));
    TRY(form_need(&form, "password", 200, &typed, e));
    TRY(secret_set(&is, typed, e));
    return staff_change_password(&c->app->auth, &c->visit, &how, e);
}

/* POST /staff/account/password */
result staff_new_password(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    struct err why = { 0 };

    if (!own_password(c, rq, &why).failed) {
        view_redirect(rs, STR("/staff/sign-in?told=changed"));
        return OK;
    }
    if (!is_refusal(&why) && why.code != ERR_INVALID) {
        *e = why;
        return (result){ true };
    }
    log_err("staff.refused", &why);
    TRY(show_account(c, rq, rs,
                     why.code == ERR_INVALID ? "staff.password_weak" : err_text(why.code), e));
    view_status(rs, err_status(why.code));
    return OK;
}

static result own_recovery(struct ctx *c, const struct request *rq, struct staff_recovery *out,
                           struct err *e)
{
    static const char *const fields[] = { "csrf", "code", NULL };
    struct form form;

    TRY(form_body(rq, &form, e));
    TRY(form_only(&form, fields, e));
    TRY(admin_prove(c, &form, e));
    return staff_recovery_make(&c->app->auth, &c->visit, &c->staff, out, e);
}

/* POST /staff/account/recovery */
result staff_new_recovery(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    struct staff_recovery recovery;
    struct err why = { 0 };

    if (!own_recovery(c, rq, &recovery, &why).failed)
        return show_recovery(c, rq, rs, &recovery, STR("/staff/sign-in"), e);
    if (!is_refusal(&why) && why.code != ERR_INVALID) {
        *e = why;
        return (result){ true };
    }
    log_err("staff.refused", &why);
    TRY(show_account(c, rq, rs, why.code == ERR_TOO_MANY ? err_text(why.code) : "staff.code_wrong",
                     e));
    view_status(rs, err_status(why.code));
    return OK;
}

/* POST /staff/sign-out */
result staff_leave(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    (void)rq;
    TRY(staff_sign_out(&c->app->auth, &c->visit, &c->staff, e));
    view_cookie(c, rs, STAFF_COOKIE, STR(""), -1);
    view_redirect(rs, STR("/staff/sign-in"));
    return OK;
}
