/* A citizen's own pages: what is known about me, where I am signed in, where I signed in, who asked
 * the registers about me. Whose it is comes from the session alone. */
#include "auth/account.h"
#include "auth/client.h"
#include "auth/consent.h"
#include "auth/history.h"
#include "auth/session_rows.h"
#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
#include "http/form.h"
#include "web/claim_text.h"
#include "web/view.h"

/* A portal by its name; one that is gone by its id. */
static result portal_name(struct ctx *c, struct str client_id, struct str *name, struct err *e)
{
    struct client client;

    *name = client_id;
    if (client_id.n == 0)
        return OK;
    if (client_load_any(&c->app->auth, c->arena, client_id, &client, e).failed)
        return e->code == ERR_NOT_FOUND ? OK : (result){ true };
    *name = client_name(&client, c->language);
    return OK;
}

static void put_time(struct ctx *c, struct json *o, const char *name, int64_t ms)
{
    json_put_str(o, name, clock_vn(c->arena, ms));
}

/* Of a text that the catalogues hold under prefix + word, else the word itself. */
static struct str text_or_word(struct ctx *c, const char *prefix, struct str word)
{
    const struct str key = str_cat(c->arena, str_c(prefix), str_lower(c->arena, word));
    struct str text;

    return catalog_find(view_catalog(c), key, &text) ? text : word;
}

static result page(struct ctx *c, struct request *rq, struct response *rs, const char *name,
                   struct json *data, struct err *e)
{
    const struct str at = str_cat(c->arena, STR("at_"), str_c(name));
    const struct str title = str_fmt(c->arena, "%s.title", name);

    json_put_bool(data, str_cstr(c->arena, at), true);
    return view_page(c, rq, rs, name, str_cstr(c->arena, title), data, e);
}

/* My data. */

static void put_fact(struct ctx *c, struct json *list, const char *key, struct str value)
{
    struct json *o;

    if (value.n == 0)
        return;
    o = json_object();
    json_put_str(o, "name", view_text(c, key));
    json_put_str(o, "value", value);
    json_add(list, o);
}

static void put_facts(struct ctx *c, struct json *list, const struct account *acc)
{
    const struct vneid_claims *p = &acc->profile;
    const struct str born = p->birth.y > 0 ? date_vn(c->arena, p->birth) : STR("");
    const struct {
        const char *key;
        struct str value;
    } facts[] = {
        { "me.fact.name", p->name },
        { "me.fact.number", p->number },
        { "me.fact.old_card", p->old_card },
        { "me.fact.passport", p->passport },
        { "me.fact.born", born },
        { "me.fact.sex", p->sex.n > 0 ? text_or_word(c, "me.sex.", p->sex) : p->sex },
        { "me.fact.address", p->address },
        { "me.fact.email", p->email },
        { "me.fact.phone", p->phone },
        { "me.fact.nationality", p->nationality },
        { "me.fact.insurance", p->insurance },
        { "me.fact.tax_code", p->tax_code },
        { "me.fact.business_name", p->business_name },
        { "me.fact.business_code", p->business_code },
    };

    for (size_t i = 0; i < LEN(facts); i++)
        put_fact(c, list, facts[i].key, facts[i].value);
}

/* What the population database said, if it was asked. */
static void put_check(struct ctx *c, struct json *data, const struct account *acc)
{
    if (acc->checked)
        json_put_str(data, "check_text", view_text(c, "home.checked_yes"));
    else
        json_put_str(data, "check_text",
                     view_text(c, acc->degraded ? "home.checked_no" : "me.not_asked"));
    if (acc->checked_ms > 0)
        put_time(c, data, "checked_at", acc->checked_ms);
}

static result put_consents(struct ctx *c, struct json *data, struct err *e)
{
    struct json *list = json_array();
    struct consent *consents;
    size_t count;

    json_put(data, "consents", list);
    TRY(consent_list(&c->app->auth, c->arena, c->session.account, &consents, &count, e));
    for (size_t i = 0; i < count; i++) {
        struct json *o = json_object();
        struct str name;

        json_add(list, o);
        json_put(o, "claims", claim_texts(c, consents[i].scopes, consents[i].claims));
        TRY(portal_name(c, consents[i].client_id, &name, e));
        json_put_str(o, "portal", name);
        json_put_str(o, "client_id", consents[i].client_id);
        put_time(c, o, "agreed", consents[i].agreed_ms);
        put_time(c, o, "until", consents[i].expires_ms);
    }
    return OK;
}

result page_me(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    DEFER(json_close) struct json *data = json_object();
    struct json *facts = json_array();
    struct account acc;

    json_put(data, "facts", facts);
    TRY(account_load(&c->app->auth, c->arena, c->session.account, &acc, e));
    put_facts(c, facts, &acc);
    json_put_str(data, "level_text",
                 view_text(c, c->session.level == 2 ? "home.level_2" : "home.level_1"));
    put_check(c, data, &acc);
    put_time(c, data, "told_at", acc.updated_ms);
    put_time(c, data, "first_at", acc.created_ms);
    TRY(put_consents(c, data, e));
    return page(c, rq, rs, "me", data, e);
}

result me_withdraw(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    struct form form;
    struct str client_id;

    TRY(form_body(rq, &form, e));
    TRY(form_need(&form, "client_id", 64, &client_id, e));
    TRY(consent_withdraw(&c->app->auth, &c->visit, c->session.account, client_id, e));
    view_redirect(rs, STR("/me"));
    return OK;
}

/* Where I am signed in. */

static result put_session(struct ctx *c, struct json *list, const struct session_row *row,
                          struct err *e)
{
    struct json *o = json_object(), *portals = json_array();

    json_add(list, o);
    json_put(o, "portals", portals);
    json_put_str(o, "sid", row->sid);
    json_put_str(o, "agent", row->agent.n > 0 ? row->agent : view_text(c, "me.agent_unknown"));
    json_put_bool(o, "here", str_eq(row->sid, c->session.sid));
    put_time(c, o, "since", row->created_ms);
    put_time(c, o, "seen", row->seen_ms);
    for (size_t i = 0; i < row->client_count; i++) {
        struct json *portal = json_object();
        struct str name;

        json_add(portals, portal);
        TRY(portal_name(c, row->clients[i].client_id, &name, e));
        json_put_str(portal, "name", name);
        put_time(c, portal, "since", row->clients[i].since_ms);
        json_put_bool(portal, "acting", row->clients[i].acting.n > 0);
    }
    return OK;
}

result page_me_sessions(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    DEFER(json_close) struct json *data = json_object();
    struct json *list = json_array();
    struct session_row *rows;
    size_t count;

    json_put(data, "sessions", list);
    TRY(session_list(&c->app->auth, c->arena, c->session.account, &rows, &count, e));
    for (size_t i = 0; i < count; i++)
        TRY(put_session(c, list, &rows[i], e));
    json_put_bool(data, "others", count > 1);
    return page(c, rq, rs, "me_sessions", data, e);
}

result me_session_end(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    struct form form;
    struct str sid;

    TRY(form_body(rq, &form, e));
    TRY(form_need(&form, "sid", 64, &sid, e));
    TRY(session_end_by(&c->app->auth, &c->visit, sid, c->session.account, SESSION_REMOTE, STR(""),
                       e));
    view_redirect(rs, STR("/me/sessions"));
    return OK;
}

result me_session_end_others(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    int64_t count;

    (void)rq;
    TRY(session_end_all(&c->app->auth, &c->visit, c->session.account, c->session.sid,
                        SESSION_REMOTE, STR(""), &count, e));
    view_redirect(rs, STR("/me/sessions"));
    return OK;
}

/* Where I signed in, and who asked about me. */

static result put_row(struct ctx *c, struct json *list, const struct history_row *row,
                      struct err *e)
{
    const bool bad = row->kind == HISTORY_REFUSED || row->kind == HISTORY_FAILED;
    struct json *o = json_object();
    struct str name;

    json_add(list, o);
    put_time(c, o, "at", row->at_ms);
    json_put_str(o, "what", text_or_word(c, "me.history.", str_c(history_kind_name(row->kind))));
    json_put_str(o, "look", bad ? STR("bad") : STR("good"));
    if (row->kind == HISTORY_OUT)
        json_put_str(o, "why", text_or_word(c, "me.out.", row->why));
    else if (bad)
        json_put_str(o, "why", text_or_word(c, "err.", row->why));
    json_put_str(o, "ip", row->ip);
    json_put_str(o, "agent", row->agent);
    TRY(portal_name(c, row->client_id, &name, e));
    if (row->client_id.n > 0)
        json_put_str(o, "portal", name);
    return OK;
}

static result mark_of(const struct request *rq, struct str *mark, struct err *e)
{
    struct form query;

    TRY(form_query(rq, &query, e));
    *mark = form_get(&query, "from");
    return OK;
}

result page_me_history(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    DEFER(json_close) struct json *data = json_object();
    struct json *list = json_array();
    struct history h;
    struct str mark;

    json_put(data, "rows", list);
    TRY(mark_of(rq, &mark, e));
    TRY(history_sign_ins(&c->app->auth, c->arena, c->session.account, mark, &h, e));
    for (size_t i = 0; i < h.count; i++)
        TRY(put_row(c, list, &h.rows[i], e));
    if (h.next.n > 0)
        json_put_str(data, "next", h.next);
    return page(c, rq, rs, "me_history", data, e);
}

/* An outcome in one of three words; why it did not agree is between the register and the person. */
static void put_outcome(struct ctx *c, struct json *o, struct str outcome)
{
    const char *word = "unlike", *look = "warn";

    if (outcome.n == 0)
        word = "none";
    else if (str_is(outcome, "MATCH"))
        word = "match", look = "good";
    else if (!str_starts(outcome, STR("PERSON_")) && !str_starts(outcome, STR("BUSINESS_")) &&
             !str_is(outcome, "NOT_REPRESENTATIVE"))
        word = "fault", look = "bad";
    json_put_str(o, "outcome", text_or_word(c, "me.outcome.", str_c(word)));
    json_put_str(o, "look", str_c(look));
}

static result put_question(struct ctx *c, struct json *list, const struct history_row *row,
                           struct err *e)
{
    struct json *o = json_object();
    struct str name;

    json_add(list, o);
    put_time(c, o, "at", row->at_ms);
    json_put_str(
        o, "register",
        view_text(c, row->kind == HISTORY_PERSON ? "me.register.person" : "me.register.business"));
    json_put_str(o, "purpose", text_or_word(c, "me.purpose.", row->purpose));
    TRY(portal_name(c, row->client_id, &name, e));
    json_put_str(o, "portal", name.n > 0 ? name : view_text(c, "me.ourselves"));
    put_outcome(c, o, row->outcome);
    return OK;
}

result page_me_registry(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    DEFER(json_close) struct json *data = json_object();
    struct json *list = json_array();
    struct account acc;
    struct history h;
    struct str mark;

    json_put(data, "rows", list);
    TRY(mark_of(rq, &mark, e));
    TRY(account_load(&c->app->auth, c->arena, c->session.account, &acc, e));
    TRY(history_registers(&c->app->auth, c->arena, &acc, mark, &h, e));
    for (size_t i = 0; i < h.count; i++)
        TRY(put_question(c, list, &h.rows[i], e));
    if (h.next.n > 0)
        json_put_str(data, "next", h.next);
    return page(c, rq, rs, "me_registry", data, e);
}
