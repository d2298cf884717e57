/* What officers keep of lists, and what they unmask: the two small forms that go with any page. */
#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
#include "finance/saved_filter.h"
#include "http/form.h"
#include "web/personal.h"
#include "web/view.h"

#define LIST_BYTES 40

/* Back to where the form was, which is a page of the workplace and nothing else. */
static result back_to(const struct form *f, const char *name, struct str *out, struct err *e)
{
    const struct str path = form_get(f, name);

    if (!(str_is(path, "/finance") || str_starts(path, STR("/finance/"))) ||
        !str_all_in(path, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:"))
        return fail_field(e, ERR_INVALID, name, "no page of the workplace");
    *out = path;
    return OK;
}

static result query_of(const struct form *f, struct str *out, struct err *e)
{
    *out = form_get(f, "query");
    if (out->n > 0 && (!str_starts(*out, STR("?")) || str_has(*out, STR("#"))))
        return fail_field(e, ERR_INVALID, "query", "no query of a list");
    for (size_t i = 0; i < out->n; i++)
        if ((unsigned char)out->p[i] <= ' ' || (unsigned char)out->p[i] >= 0x7f)
            return fail_field(e, ERR_INVALID, "query", "not encoded");
    return OK;
}

/* POST /finance/filters */
result finance_filters(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    struct sql_pool *store = c->app->stores.sql;
    struct saved_filter kept = { 0 };
    struct str list, what;
    struct form f;

    TRY(form_body(rq, &f, e));
    TRY(form_need(&f, "list", LIST_BYTES, &list, e));
    TRY(form_need(&f, "name", SAVED_NAME_BYTES_MAX, &kept.name, e));
    TRY(back_to(&f, "path", &kept.path, e));
    TRY(query_of(&f, &kept.query, e));
    kept.name = str_trim(kept.name);
    what = form_get(&f, "do");
    if (str_is(what, "keep"))
        TRY(saved_filter_put(store, c->staff.name, list, &kept, c->now_ms, e));
    else if (str_is(what, "drop"))
        TRY(saved_filter_drop(store, c->staff.name, list, kept.name, e));
    else if (str_is(what, "open") || str_is(what, "close"))
        TRY(saved_filter_open_with(store, c->staff.name, list,
                                   str_is(what, "open") ? kept.name : STR(""), e));
    else
        return fail_field(e, ERR_INVALID, "do", "keep, drop, open or close");
    view_redirect(rs, str_cat(c->arena, kept.path, kept.query.n > 0 ? kept.query : STR("?all=1")));
    return OK;
}

/* POST /finance/personal */
result finance_personal(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    struct str path, record, field;
    struct form f;

    TRY(form_body(rq, &f, e));
    TRY(back_to(&f, "path", &path, e));
    TRY(form_need(&f, "record", 80, &record, e));
    TRY(form_need(&f, "field", 40, &field, e));
    TRY(personal_show(c, record, field, form_get(&f, "reason"), e));
    view_redirect(rs, path);
    return OK;
}
