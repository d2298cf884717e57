/*
 * Portals and systems, as administrators register and change them. The form has a field for each
 * row of auth/client.def, in the registered names, so that what a portal's developer sends can be
 * typed over as it is.
 */
#include "auth/client.h"
#include "auth/client_metadata.h"
#include "base/err.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/str.h"
#include "http/form.h"
#include "web/page_admin.h"

#define VALUE_BYTES_MAX 16384 /* a JWK set */
#define SHOWN_BEFORE    24    /* of an address, around the letter that differs */

static bool is_asked(const struct client_field *f)
{
    return f->option[0] != '\0';
}

static bool is_long(const struct client_field *f)
{
    return f->kind == CLIENT_KIND_URIS || f->kind == CLIENT_KIND_JWKS;
}

/* A value of the document as one writes it into a field. */
static struct str value_text(struct ctx *c, const struct json *v)
{
    struct str text = STR(""), part;
    bool yes;

    if (v == NULL)
        return text;
    if (json_str(v, &text))
        return text;
    if (json_bool(v, &yes))
        return yes ? STR("true") : STR("false");
    if (!json_is_array(v))
        return json_print(c->arena, v);
    for (size_t i = 0; i < json_count(v); i++)
        if (json_str(json_at(v, i), &part))
            text = str_fmt(c->arena, "%.*s%s%.*s", STR_ARG(text), i > 0 ? "\n" : "", STR_ARG(part));
    return text;
}

/* The form: what was typed or is registered, and which field is wrong. */
struct shown {
    const struct json *document;
    const char *wrong;
};

static struct str field_text(const struct ctx *c, const struct client_field *f)
{
    must(str_starts(str_c(f->option), STR("--")));
    return view_text(
        c, str_cstr(c->arena, str_cat(c->arena, STR("client_field."), str_c(f->option + 2))));
}

static struct json *word_choices(const struct client_field *f, struct str value)
{
    struct json *choices = json_array();
    struct str rest = str_c(f->words), word;

    while (str_next(&rest, '|', &word)) {
        struct json *choice = json_object();

        json_put_str(choice, "word", word);
        json_put_bool(choice, "chosen", str_eq(word, value));
        json_add(choices, choice);
    }
    return choices;
}

static struct json *field_row(struct ctx *c, const struct client_field *f,
                              const struct shown *shown)
{
    struct json *row = json_object();
    const struct str value = value_text(c, json_member(shown->document, f->name));
    const bool one_of = f->words[0] != '\0' && f->kind != CLIENT_KIND_LIST;

    json_put_str(row, "name", str_c(f->name));
    json_put_str(row, "id", str_cat(c->arena, STR("f-"), str_c(f->option)));
    json_put_str(row, "help", field_text(c, f));
    json_put_str(row, "value", value);
    json_put_bool(row, "long", is_long(f));
    json_put_bool(row, "wrong", str_is(str_c(f->name), shown->wrong));
    json_put_bool(row, "choice", one_of);
    if (one_of)
        json_put(row, "words", word_choices(f, value));
    return row;
}

/* The fields of one theme. The first is open, and any with a mistake in it. */
static struct json *theme_rows(struct ctx *c, enum client_theme theme, const struct shown *shown)
{
    static const char *const names[] = { "client_theme.addresses", "client_theme.proof",
                                         "client_theme.tokens", "client_theme.data",
                                         "client_theme.people" };
    _Static_assert(LEN(names) == CLIENT_THEMES, "a name for each theme");
    struct json *o = json_object(), *rows = json_array();
    bool open = theme == CLIENT_THEME_ADDRESSES;
    size_t n;
    const struct client_field *fields = client_fields(&n);

    for (size_t i = 0; i < n; i++) {
        if (!is_asked(&fields[i]) || fields[i].theme != theme)
            continue;
        json_add(rows, field_row(c, &fields[i], shown));
        open = open || str_is(str_c(fields[i].name), shown->wrong);
    }
    json_put_str(o, "title", view_text(c, names[theme]));
    json_put_bool(o, "open", open);
    json_put(o, "fields", rows);
    return o;
}

static void put_fields(struct ctx *c, struct json *data, const struct json *document,
                       const struct err *why)
{
    const struct shown shown = { document, why != NULL ? why->field : "" };
    struct json *themes = json_array();

    for (int i = 0; i < CLIENT_THEMES; i++)
        json_add(themes, theme_rows(c, (enum client_theme)i, &shown));
    json_put(data, "themes", themes);
}

/* ERR_UNKNOWN_FIELD: a field that the page does not have. */
static result check_names(const struct form *form, struct err *e)
{
    static const char *const own[] = { "csrf", "code", "act", "client_id", "profile" };
    const char *names[LIMIT_FORM_FIELDS + LEN(own) + 1] = { NULL };
    size_t n, count = 0;
    const struct client_field *fields = client_fields(&n);

    for (size_t i = 0; i < LEN(own); i++)
        names[count++] = own[i];
    for (size_t i = 0; i < n && count < LEN(names) - 1; i++)
        if (is_asked(&fields[i]))
            names[count++] = fields[i].name;
    return form_only(form, names, e);
}

/* One typed value, as the registered document has it. Lines and words are both taken for lists. */
static result field_read(struct ctx *c, const struct client_field *f, struct str typed,
                         struct json *document, struct err *e)
{
    struct str words = STR(""), rest = typed, line;
    struct json *value;

    if (typed.n > VALUE_BYTES_MAX)
        return fail_field(e, ERR_INVALID, f->name, "too long");
    while (f->kind != CLIENT_KIND_JWKS && str_next(&rest, '\n', &line))
        words = words.n == 0
                    ? str_trim(line)
                    : str_fmt(c->arena, "%.*s %.*s", STR_ARG(words), STR_ARG(str_trim(line)));
    value = client_field_value(f, f->kind == CLIENT_KIND_JWKS ? typed : words);
    if (value == NULL)
        return fail_field(e, ERR_INVALID, f->name, "not a value of its kind");
    json_put(document, f->name, value);
    return OK;
}

/* All that was typed, also beside a mistake: what the page shows again is what was typed. The first
 * mistake is told. */
static result read_document(struct ctx *c, const struct form *form, struct json *document,
                            struct err *e)
{
    result all = OK;
    size_t n;
    const struct client_field *fields = client_fields(&n);

    for (size_t i = 0; i < n; i++) {
        const struct str typed = str_trim(form_get(form, fields[i].name));

        if (!is_asked(&fields[i]) || typed.n == 0 ||
            !field_read(c, &fields[i], typed, document, all.failed ? NULL : e).failed)
            continue;
        json_put_str(document, fields[i].name, typed);
        all.failed = true;
    }
    return all;
}

static struct json *client_row(struct ctx *c, const struct client *client)
{
    struct json *row = json_object();

    json_put_str(row, "id", client->id);
    json_put_str(row, "name", client_name(client, c->language));
    json_put_str(row, "profile", str_c(client_profile_name(client->profile)));
    json_put_bool(row, "disabled", client->disabled);
    json_put_str(row, "updated", clock_vn(c->arena, client->updated_ms));
    return row;
}

struct told {
    const struct err *why;
    struct str id, secret; /* made just now: shown by this answer and never again */
    const struct json *document;
};

static void put_told(struct ctx *c, struct json *data, const struct told *t)
{
    if (t->why != NULL)
        json_put_str(data, "message", admin_mistake(c, t->why));
    json_put_str(data, "made", t->id);
    if (t->secret.n > 0)
        json_put_str(data, "secret", t->secret);
    admin_put_fresh(c, data);
}

static result show_list(struct ctx *c, struct request *rq, struct response *rs,
                        const struct told *t, struct err *e)
{
    DEFER(json_close) struct json *data = json_object();
    struct json *rows = json_array();
    struct client *list;
    size_t n;

    json_put(data, "clients", rows);
    put_told(c, data, t);
    TRY(client_list(&c->app->auth, c->arena, &list, &n, e));
    for (size_t i = 0; i < n; i++)
        json_add(rows, client_row(c, &list[i]));
    put_fields(c, data, t->document, t->why);
    TRY(view_page(c, rq, rs, "admin_clients", "admin.clients", data, e));
    if (t->why != NULL)
        view_status(rs, err_status(t->why->code));
    return OK;
}

/* GET /admin/clients */
result page_admin_clients(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    return show_list(c, rq, rs, &(const struct told){ .id = STR("") }, e);
}

static result add(struct ctx *c, const struct form *form, struct json *document, struct told *out,
                  struct err *e)
{
    enum client_profile profile;
    struct client client;
    struct str id, secret = STR("");

    TRY(read_document(c, form, document, e));
    TRY(form_need(form, "client_id", 64, &id, e));
    if (!client_profile_find(form_get(form, "profile"), &profile))
        return fail_field(e, ERR_INVALID, "profile", "no such profile");
    TRY(client_read(&c->app->auth, c->arena, profile, document, CLIENT_FROM_STORE, &client, e));
    client.id = id;
    TRY(admin_prove(c, form, e));
    TRY(client_add(&c->app->auth, &c->visit, &client, &secret, e));
    out->id = client.id;
    out->secret = client.has_secret ? secret : STR("");
    return OK;
}

/* POST /admin/clients */
result admin_client_add(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    DEFER(json_close) struct json *document = json_object();
    struct told t = { .id = STR("") };
    struct err why = { 0 };
    struct form form;

    TRY(form_body(rq, &form, e));
    TRY(check_names(&form, e));
    if (add(c, &form, document, &t, &why).failed) {
        if (!admin_is_mistake(&why)) {
            *e = why;
            return (result){ true };
        }
        log_err("admin.refused", &why);
        t.why = &why;
        t.document = document;
    }
    return show_list(c, rq, rs, &t, e);
}

/* How far two addresses are the same. */
static size_t same_bytes(struct str a, struct str b)
{
    size_t n = 0;

    while (n < a.n && n < b.n && a.p[n] == b.p[n])
        n++;
    return n;
}

static struct str around(struct str s, size_t at)
{
    const size_t from = at > SHOWN_BEFORE ? at - SHOWN_BEFORE : 0;

    return str_sub(s, from, at - from);
}

/* An address that a portal sends, beside the registered one that is most like it: addresses are
 * compared byte for byte, and eyes do not see a missing slash. */
static void put_difference(struct ctx *c, struct json *data, const struct client *client,
                           struct str address)
{
    struct json *o = json_object();
    struct str nearest = STR("");
    size_t at = 0;

    json_put_str(data, "address", address);
    json_put(data, "difference", o);
    json_put_bool(o, "same", client_may_redirect(client, address));
    for (size_t i = 0; i < client->redirect_count; i++)
        if (nearest.n == 0 || same_bytes(client->redirect_uris[i], address) > at) {
            nearest = client->redirect_uris[i];
            at = same_bytes(nearest, address);
        }
    json_put_str(o, "nearest", nearest);
    json_put_str(o, "place", str_i64(c->arena, (int64_t)at + 1));
    json_put_str(o, "before", around(address, at));
    json_put_str(o, "sent",
                 at < address.n ? str_sub(address, at, 1) : view_text(c, "admin.address_ends"));
    json_put_str(o, "registered",
                 at < nearest.n ? str_sub(nearest, at, 1) : view_text(c, "admin.address_ends"));
}

static result show_client(struct ctx *c, struct request *rq, struct response *rs,
                          const struct told *t, struct err *e)
{
    DEFER(json_close) struct json *data = json_object();
    DEFER(json_close) struct json *document = NULL;
    struct client client;
    struct form query;

    TRY(client_load_any(&c->app->auth, c->arena, request_param(rq, "id"), &client, e));
    document = client_print(&client);
    put_told(c, data, t);
    json_put(data, "client", client_row(c, &client));
    json_put_str(data, "sector", client.sector);
    json_put_str(data, "created", clock_vn(c->arena, client.created_ms));
    json_put_bool(data, "disabled", client.disabled);
    json_put_bool(data, "has_secret", client.has_secret);
    put_fields(c, data, t->document != NULL ? t->document : document, t->why);
    if (rq->method == METHOD_GET && !form_query(rq, &query, NULL).failed &&
        form_has(&query, "address"))
        put_difference(c, data, &client, form_get(&query, "address"));
    TRY(view_page(c, rq, rs, "admin_client", "admin.client", data, e));
    if (t->why != NULL)
        view_status(rs, err_status(t->why->code));
    return OK;
}

/* GET /admin/clients/{id} */
result page_admin_client(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    return show_client(c, rq, rs, &(const struct told){ .id = STR("") }, e);
}

static result change(struct ctx *c, const struct form *form, const struct client *was,
                     struct json *document, struct err *e)
{
    struct client client;

    TRY(read_document(c, form, document, e));
    TRY(client_read(&c->app->auth, c->arena, was->profile, document, CLIENT_FROM_STORE, &client,
                    e));
    client.id = was->id;
    TRY(admin_prove(c, form, e));
    return client_change(&c->app->auth, &c->visit, &client, e);
}

static result act(struct ctx *c, const struct request *rq, struct json *document, struct told *out,
                  struct err *e)
{
    struct auth *au = &c->app->auth;
    struct client was;
    struct form form;
    struct str word;

    TRY(form_body(rq, &form, e));
    TRY(check_names(&form, e));
    TRY(client_load_any(au, c->arena, request_param(rq, "id"), &was, e));
    word = form_get(&form, "act");
    if (str_is(word, "change")) {
        out->document = document;
        return change(c, &form, &was, document, e);
    }
    TRY(admin_prove(c, &form, e));
    if (str_is(word, "secret"))
        return client_secret_new(au, &c->visit, was.id, 0, &out->secret, e);
    if (str_is(word, "disable") || str_is(word, "enable"))
        return client_disable(au, &c->visit, was.id, str_is(word, "disable"), e);
    return fail_field(e, ERR_INVALID, "act", "no such act");
}

/* POST /admin/clients/{id} */
result admin_client_act(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    DEFER(json_close) struct json *document = json_object();
    struct told t = { .id = STR("") };
    struct err why = { 0 };

    if (act(c, rq, document, &t, &why).failed) {
        if (!admin_is_mistake(&why)) {
            *e = why;
            return (result){ true };
        }
        log_err("admin.refused", &why);
        t.why = &why;
    } else {
        t.document = NULL; /* as it is stored now */
    }
    return show_client(c, rq, rs, &t, e);
}
