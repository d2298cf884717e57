/*
 * People and mandates, as administrators see them. A person is found by a number that the
 * administrator has from elsewhere; it is sent in a form's body, so that no log holds it. Names are
 * masked until asked for, and who asked is in the audit log.
 */
#include "auth/account_search.h"
#include "auth/mandate.h"
#include "auth/session.h"
#include "auth/session_rows.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"
#include "base/log.h"
#include "base/str.h"
#include "http/form.h"
#include "web/page_admin.h"

#define NUMBER_BYTES_MAX 20
#define NAME_MASKED_MAX  1200

/* The first letter of each word: enough to tell that it is the one who calls. */
static struct str masked(struct ctx *c, struct str name)
{
    struct buf b = buf_make(c->arena, NAME_MASKED_MAX);
    struct str rest = name, word;

    while (str_next(&rest, ' ', &word)) {
        size_t n = word.n > 0 ? 1 : 0;

        while (n < word.n && ((unsigned char)word.p[n] & 0xC0) == 0x80)
            n++;
        buf_put(&b, str_sub(word, 0, n));
        buf_puts(&b, "… ");
    }
    return str_trim(buf_str(&b));
}

static const char *kind_text(const struct account *a)
{
    return a->kind == VNEID_CITIZEN      ? "people.citizen"
           : a->kind == VNEID_ENTERPRISE ? "people.enterprise"
                                         : "people.organisation";
}

static result put_sessions(struct ctx *c, struct json *row, struct str account, struct err *e)
{
    struct json *rows = json_array();
    struct session_row *list;
    size_t n;

    json_put(row, "sessions", rows);
    TRY(session_list(&c->app->auth, c->arena, account, &list, &n, e));
    for (size_t i = 0; i < n; i++) {
        struct json *s = json_object();

        json_put_str(s, "agent", list[i].agent);
        json_put_str(s, "since", clock_vn(c->arena, list[i].created_ms));
        json_put_str(s, "seen", clock_vn(c->arena, list[i].seen_ms));
        json_put_int(s, "portals", (int64_t)list[i].client_count);
        json_add(rows, s);
    }
    return OK;
}

static result account_row(struct ctx *c, const struct account *a, bool shown, struct json **out,
                          struct err *e)
{
    struct json *row = json_object();
    const result r = put_sessions(c, row, a->id, e);

    json_put_str(row, "id", a->id);
    json_put_str(row, "kind", view_text(c, kind_text(a)));
    json_put_int(row, "level", a->level);
    json_put_str(row, "name", shown ? account_name(a) : masked(c, account_name(a)));
    json_put_bool(row, "masked", !shown);
    if (a->blocked_ms > 0)
        json_put_str(row, "blocked", clock_vn(c->arena, a->blocked_ms));
    json_put_str(row, "last", clock_vn(c->arena, a->updated_ms));
    *out = row;
    return r;
}

struct found {
    struct account list[ACCOUNT_SEARCH_MAX];
    size_t n;
    bool asked, shown;
    const struct err *why;
    const char *told;
};

static result show_people(struct ctx *c, struct request *rq, struct response *rs,
                          const struct found *f, struct err *e)
{
    DEFER(json_close) struct json *data = json_object();
    struct json *rows = json_array();

    json_put(data, "people", rows);
    for (size_t i = 0; i < f->n; i++) {
        struct json *row = NULL;
        const result r = account_row(c, &f->list[i], f->shown, &row, e);

        json_add(rows, row);
        TRY(r);
    }
    json_put_bool(data, "nobody", f->asked && f->n == 0 && f->why == NULL);
    if (f->why != NULL)
        json_put_str(data, "message", admin_mistake(c, f->why));
    if (f->told != NULL)
        json_put_str(data, "told", view_text(c, f->told));
    admin_put_fresh(c, data);
    TRY(view_page(c, rq, rs, "admin_people", "admin.people", data, e));
    if (f->why != NULL)
        view_status(rs, err_status(f->why->code));
    return OK;
}

/* GET /admin/people */
result page_admin_people(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    return show_people(c, rq, rs, &(const struct found){ .n = 0 }, e);
}

/* POST /admin/people */
result admin_people_find(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    static const char *const fields[] = { "csrf", "number", NULL };
    struct found f = { .asked = true };
    struct form form;
    struct str number;

    TRY(form_body(rq, &form, e));
    TRY(form_only(&form, fields, e));
    TRY(form_need(&form, "number", NUMBER_BYTES_MAX, &number, e));
    TRY(auth_audit(&c->app->auth, &c->visit, auth_actor(&c->visit), "people.search", STR("account"),
                   NULL, e));
    TRY(account_search(&c->app->auth, c->arena, str_trim(number), f.list, &f.n, e));
    return show_people(c, rq, rs, &f, e);
}

static result person_block(struct ctx *c, struct found *f, bool blocks, struct err *e)
{
    struct auth *au = &c->app->auth;
    const struct str id = f->list[0].id, actor = auth_actor(&c->visit);

    f->told = blocks ? "people.is_blocked" : "people.is_unblocked";
    TRY(blocks ? account_block(au, &c->visit, id, actor, e)
               : account_unblock(au, &c->visit, id, actor, e));
    return account_load(au, c->arena, id, &f->list[0], e);
}

static result person_act(struct ctx *c, const struct request *rq, struct found *f, struct err *e)
{
    static const char *const fields[] = { "csrf", "act", "code", NULL };
    struct auth *au = &c->app->auth;
    struct form form;
    int64_t count;

    TRY(form_body(rq, &form, e));
    TRY(form_only(&form, fields, e));
    TRY(admin_prove(c, &form, e));
    if (str_is(form_get(&form, "act"), "show")) {
        f->shown = true;
        return auth_audit(au, &c->visit, auth_actor(&c->visit), "people.unmask", f->list[0].id,
                          NULL, e);
    }
    if (str_is(form_get(&form, "act"), "block"))
        return person_block(c, f, true, e);
    if (str_is(form_get(&form, "act"), "unblock"))
        return person_block(c, f, false, e);
    if (!str_is(form_get(&form, "act"), "end"))
        return fail_field(e, ERR_INVALID, "act", "show, end, block or unblock");
    f->told = "people.ended";
    return session_end_all(au, &c->visit, f->list[0].id, STR(""), SESSION_STAFF,
                           auth_actor(&c->visit), &count, e);
}

/* POST /admin/people/{id} */
result admin_person_act(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    struct found f = { .asked = true };
    struct err why = { 0 };

    TRY(account_load(&c->app->auth, c->arena, request_param(rq, "id"), &f.list[0], e));
    f.n = 1;
    if (person_act(c, rq, &f, &why).failed) {
        if (!admin_is_mistake(&why)) {
            *e = why;
            return (result){ true };
        }
        log_err("admin.refused", &why);
        f = (struct found){ .list = { f.list[0] }, .n = 1, .asked = true, .why = &why };
    }
    return show_people(c, rq, rs, &f, e);
}

static struct json *mandate_row(struct ctx *c, const struct mandate *m)
{
    struct json *row = json_object();
    const bool live = m->state == MANDATE_GIVEN || m->state == MANDATE_ACCEPTED;

    json_put_str(row, "id", m->id);
    json_put_str(row, "organisation", m->organisation);
    json_put_str(row, "giver", m->giver);
    json_put_str(row, "receiver", masked(c, m->name));
    json_put_str(row, "powers", m->powers);
    json_put_str(row, "state",
                 view_text(c, str_cstr(c->arena, str_fmt(c->arena, "admin.mandate.%s",
                                                         mandate_state_name(m->state)))));
    json_put_str(row, "look", m->state == MANDATE_ACCEPTED ? STR("good") : STR("warn"));
    json_put_str(row, "from", date_vn(c->arena, clock_local(m->from_ms).date));
    json_put_str(row, "until", date_vn(c->arena, clock_local(m->until_ms - 1).date));
    json_put_bool(row, "live", live);
    return row;
}

static result show_mandates(struct ctx *c, struct request *rq, struct response *rs,
                            const struct err *why, struct err *e)
{
    DEFER(json_close) struct json *data = json_object();
    struct json *rows = json_array();
    struct mandate *list;
    size_t n;

    json_put(data, "mandates", rows);
    TRY(mandate_list_all(&c->app->auth, &c->visit, &list, &n, e));
    for (size_t i = 0; i < n; i++)
        json_add(rows, mandate_row(c, &list[i]));
    if (why != NULL)
        json_put_str(data, "message", admin_mistake(c, why));
    admin_put_fresh(c, data);
    TRY(view_page(c, rq, rs, "admin_mandates", "admin.mandates", data, e));
    if (why != NULL)
        view_status(rs, err_status(why->code));
    return OK;
}

/* GET /admin/mandates */
result page_admin_mandates(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    return show_mandates(c, rq, rs, NULL, e);
}

static result revoke(struct ctx *c, const struct request *rq, struct err *e)
{
    static const char *const fields[] = { "csrf", "code", NULL };
    struct form form;

    TRY(form_body(rq, &form, e));
    TRY(form_only(&form, fields, e));
    TRY(admin_prove(c, &form, e));
    return mandate_revoke_by_staff(&c->app->auth, &c->visit, auth_actor(&c->visit),
                                   request_param(rq, "id"), e);
}

/* POST /admin/mandates/{id} */
result admin_mandate_revoke(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    struct err why = { 0 };

    if (!revoke(c, rq, &why).failed) {
        view_redirect(rs, STR("/admin/mandates"));
        return OK;
    }
    if (!admin_is_mistake(&why) && why.code != ERR_WRONG_STATE) {
        *e = why;
        return (result){ true };
    }
    log_err("admin.refused", &why);
    return show_mandates(c, rq, rs, &why, e);
}
