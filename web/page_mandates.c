/* Mandates: what the person gave, what they were given, and the form to give one. */
#include "auth/acting.h"
#include "auth/mandate.h"
#include "auth/organisation.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/json.h"
#include "base/money.h"
#include "base/str.h"
#include "http/form.h"
#include "web/view.h"

#define FIELD_BYTES_MAX 600

static const char *const power_names[] = { "sign_in", "bills", "pay" };

static struct str text_of(const struct ctx *c, const char *prefix, struct str word)
{
    return view_text(c, str_cstr(c->arena, str_cat(c->arena, str_c(prefix), word)));
}

static struct str powers_text(const struct ctx *c, struct str powers)
{
    struct str out = STR(""), word;

    while (str_next(&powers, ' ', &word)) {
        const struct str text = text_of(c, "mandate.power.", word);

        out = out.n == 0 ? text : str_fmt(c->arena, "%.*s; %.*s", STR_ARG(out), STR_ARG(text));
    }
    return out;
}

static result put_past(struct ctx *c, struct json *o, struct str id, struct err *e)
{
    struct mandate_past *past;
    struct json *list = json_array();
    size_t n;

    json_put(o, "past", list);
    TRY(mandate_history(&c->app->auth, c->arena, id, &past, &n, e));
    for (size_t i = 0; i < n; i++) {
        struct json *one = json_object();

        json_put_str(one, "at", clock_vn(c->arena, past[i].at_ms));
        json_put_str(one, "what", text_of(c, "mandate.past.", past[i].state));
        json_put_str(one, "who", text_of(c, "mandate.by.", past[i].role));
        json_add(list, one);
    }
    return OK;
}

static void put_state(const struct ctx *c, struct json *o, const struct mandate *m)
{
    static const char *const looks[] = { "warn", "good", "bad", "bad", "bad" };
    const bool waits = m->state == MANDATE_ACCEPTED && c->now_ms < m->from_ms;

    json_put_str(
        o, "state_text",
        text_of(c, "mandate.state.", waits ? STR("waiting") : str_c(mandate_state_name(m->state))));
    json_put_str(o, "look", waits ? STR("warn") : str_c(looks[m->state]));
}

static result put_mandate(struct ctx *c, struct json *o, const struct mandate *m, bool received,
                          struct err *e)
{
    struct organisation org;

    TRY(organisation_load(&c->app->auth, c->arena, m->organisation, &org, e));
    json_put_str(o, "id", m->id);
    json_put_str(o, "organisation", org.name);
    if (!received)
        json_put_str(o, "receiver", m->name);
    json_put_str(o, "powers", powers_text(c, m->powers));
    if (m->functions.n > 0)
        json_put_str(o, "functions", m->functions);
    if (m->amount_limit_vnd > 0)
        json_put_str(o, "limit", money_print(c->arena, m->amount_limit_vnd));
    json_put_str(o, "from", date_vn(c->arena, clock_local(m->from_ms).date));
    json_put_str(o, "until", date_vn(c->arena, clock_local(m->until_ms - 1).date));
    json_put_bool(o, "may_answer", received && m->state == MANDATE_GIVEN && c->session.level == 2);
    json_put_bool(o, "may_revoke",
                  m->state == MANDATE_ACCEPTED || (!received && m->state == MANDATE_GIVEN));
    put_state(c, o, m);
    return put_past(c, o, m->id, e);
}

static result put_list(struct ctx *c, struct json *list, const struct mandate *all, size_t n,
                       bool received, struct err *e)
{
    for (size_t i = 0; i < n; i++) {
        struct json *one = json_object();

        json_add(list, one);
        TRY(put_mandate(c, one, &all[i], received, e));
    }
    return OK;
}

static result put_given(struct ctx *c, struct json *data, const struct account *acc, struct err *e)
{
    struct str *ids = arena_array(c->arena, struct str, ACTING_MAX);
    struct json *list = json_array();
    struct mandate *all;
    size_t organisations, n;

    json_put(data, "given", list);
    TRY(organisation_list(&c->app->auth, c->arena, c->session.account, ids, ACTING_MAX,
                          &organisations, e));
    for (size_t i = 0; i < organisations; i++) {
        TRY(mandate_list_given(&c->app->auth, &c->visit, acc, ids[i], &all, &n, e));
        TRY(put_list(c, list, all, n, false, e));
    }
    return OK;
}

static void put_told(const struct ctx *c, const struct request *rq, struct json *data)
{
    static const char *const words[] = { "given", "accepted", "declined", "revoked" };
    struct form query;

    if (form_query(rq, &query, NULL).failed)
        return;
    for (size_t i = 0; i < LEN(words); i++) {
        if (!str_is(form_get(&query, "told"), words[i]))
            continue;
        json_put_str(data, "message", text_of(c, "mandate.told.", str_c(words[i])));
        json_put_str(data, "message_look", STR("good"));
    }
}

/* GET /me/mandates; ?told= after a change. */
result page_mandates(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    DEFER(json_close) struct json *data = json_object();
    struct json *list = json_array();
    struct account acc;
    struct mandate *all;
    size_t n;

    json_put(data, "received", list);
    put_told(c, rq, data);
    TRY(account_load(&c->app->auth, c->arena, c->session.account, &acc, e));
    acc.level = c->session.level; /* of this sign-in */
    TRY(mandate_list_received(&c->app->auth, &c->visit, &acc, &all, &n, e));
    TRY(put_list(c, list, all, n, true, e));
    TRY(put_given(c, data, &acc, e));
    json_put_bool(data, "at_mandates", true);
    return view_page(c, rq, rs, "mandates", "mandate.title", data, e);
}

/* ---- giving ---- */

static result show_form(struct ctx *c, struct request *rq, struct response *rs,
                        const struct form *typed, struct str wrong, struct err *e)
{
    static const char *const texts[] = { "number", "name", "limit", "from", "until", "functions" };
    DEFER(json_close) struct json *data = json_object();
    const struct str organisation = form_get(typed, "organisation");
    struct acting own;

    TRY(acting_check(&c->app->auth, &c->visit, c->session.account, c->session.level, NULL,
                     organisation, &own, e));
    if (own.mandate.n > 0)
        return fail(e, ERR_NOT_REPRESENTATIVE, "a mandate is not passed on");
    json_put_str(data, "organisation", own.name);
    json_put_str(data, "organisation_id", own.organisation);
    for (size_t i = 0; i < LEN(texts); i++)
        json_put_str(data, texts[i], form_get(typed, texts[i]));
    for (size_t i = 0; i < LEN(power_names); i++)
        json_put_bool(data, power_names[i], str_is(form_get(typed, power_names[i]), "yes"));
    if (wrong.n > 0) {
        json_put_str(data, "message", text_of(c, "mandate.wrong.", wrong));
        json_put_bool(data, str_cstr(c->arena, str_cat(c->arena, STR("wrong_"), wrong)), true);
    } else if (form_get(typed, "from").n == 0) {
        json_put_str(data, "from",
                     date_vn(c->arena, clock_local(clock_now_ms(c->app->auth.clock)).date));
    }
    TRY(view_page(c, rq, rs, "mandate_new", "mandate.new_title", data, e));
    if (wrong.n > 0)
        view_status(rs, err_status(ERR_INVALID));
    return OK;
}

/* GET /me/mandates/new?organisation= */
result page_mandate_new(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    static const char *const fields[] = { "organisation", "lang", NULL };
    struct form query;

    TRY(form_query(rq, &query, e));
    TRY(form_only(&query, fields, e));
    return show_form(c, rq, rs, &query, STR(""), e);
}

static struct str powers_of(struct ctx *c, const struct form *form)
{
    struct str powers = STR("");

    for (size_t i = 0; i < LEN(power_names); i++)
        if (str_is(form_get(form, power_names[i]), "yes"))
            powers = str_fmt(c->arena, "%.*s%s%s", STR_ARG(powers), powers.n > 0 ? " " : "",
                             power_names[i]);
    return powers;
}

/* An unreadable day stays the zero date, which mandate_give() refuses by its field's name. */
static result ask_read(struct ctx *c, const struct form *form, struct mandate_ask *out,
                       struct err *e)
{
    const struct str limit = form_get(form, "limit");
    struct mandate_ask ask = { .organisation = form_get(form, "organisation"),
                               .number = form_get(form, "number"),
                               .name = form_get(form, "name"),
                               .powers = powers_of(c, form),
                               .functions = str_trim(form_get(form, "functions")) };

    if (limit.n > 0 && money_read(limit, &ask.amount_limit_vnd, NULL).failed)
        return fail_field(e, ERR_INVALID, "limit", "no amount");
    if (!date_read(str_trim(form_get(form, "from")), &ask.from))
        ask.from = (struct date){ 0, 0, 0 };
    if (!date_read(str_trim(form_get(form, "until")), &ask.until))
        ask.until = (struct date){ 0, 0, 0 };
    *out = ask;
    return OK;
}

/* Fields that the form explains. */
static bool is_explained(const struct err *e)
{
    static const char *const names[] = { "number", "name", "powers", "functions",
                                         "limit",  "from", "until" };

    for (size_t i = 0; e->code == ERR_INVALID && i < LEN(names); i++)
        if (str_is(str_c(e->field), names[i]))
            return true;
    return false;
}

/* POST /me/mandates */
result mandate_add(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    static const char *const fields[] = { "csrf",    "organisation", "number",    "name",
                                          "sign_in", "bills",        "pay",       "limit",
                                          "from",    "until",        "functions", NULL };
    struct mandate_ask ask;
    struct mandate given;
    struct account acc;
    struct err why = { .code = ERR_NONE };
    struct form form;

    TRY(form_body(rq, &form, e));
    TRY(form_only(&form, fields, e));
    TRY(account_load(&c->app->auth, c->arena, c->session.account, &acc, e));
    acc.level = c->session.level; /* of this sign-in */
    if (!ask_read(c, &form, &ask, &why).failed &&
        !mandate_give(&c->app->auth, &c->visit, &acc, &ask, &given, &why).failed) {
        view_redirect(rs, STR("/me/mandates?told=given"));
        return OK;
    }
    if (is_explained(&why))
        return show_form(c, rq, rs, &form, str_dup(c->arena, str_c(why.field)), e);
    return fail_field(e, why.code, why.field, "%s", why.detail);
}

/* POST /me/mandates/{id}/answer */
result mandate_reply(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    static const char *const fields[] = { "csrf", "answer", NULL };
    struct account acc;
    struct form form;
    struct str answer;
    bool accepted;

    TRY(form_body(rq, &form, e));
    TRY(form_only(&form, fields, e));
    TRY(form_need(&form, "answer", FIELD_BYTES_MAX, &answer, e));
    accepted = str_is(answer, "accept");
    if (!accepted && !str_is(answer, "decline"))
        return fail_field(e, ERR_INVALID, "answer", "neither accept nor decline");
    TRY(account_load(&c->app->auth, c->arena, c->session.account, &acc, e));
    TRY(mandate_answer(&c->app->auth, &c->visit, &acc, c->session.level, request_param(rq, "id"),
                       accepted, e));
    view_redirect(rs,
                  accepted ? STR("/me/mandates?told=accepted") : STR("/me/mandates?told=declined"));
    return OK;
}

/* POST /me/mandates/{id}/revoke */
result mandate_end(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    struct account acc;

    TRY(account_load(&c->app->auth, c->arena, c->session.account, &acc, e));
    TRY(mandate_revoke(&c->app->auth, &c->visit, &acc, request_param(rq, "id"), e));
    view_redirect(rs, STR("/me/mandates?told=revoked"));
    return OK;
}
