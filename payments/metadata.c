/* Security: stored as data and told to its own client only; never part of a page, a log or a
 * message to anybody else. */
#include "payments/metadata.h"

#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
#include "store/sql.h"

result metadata_put(struct sql *db, const struct order *o, const struct json *metadata,
                    struct arena *a, struct err *e)
{
    struct json *value;
    struct str name;

    if (metadata == NULL || !json_each(metadata, 0, &name, &value))
        return OK;
    return sql_run(db, SQL_METADATA_INSERT, e, sql_t(o->agency_id), sql_t(o->id),
                   sql_t(json_print(a, metadata)));
}

struct reading {
    const struct order *o;
    struct arena *a;
    struct str text;
};

static result find(struct sql *db, void *arg, struct err *e)
{
    struct reading *r = arg;
    DEFER(sql_end) struct sql_rows *rows = NULL;
    bool more;

    TRY(sql_find(db, SQL_METADATA_FIND, &rows, e, sql_t(r->o->agency_id), sql_t(r->o->id)));
    TRY(sql_next(rows, &more, e));
    r->text = more ? sql_text(rows, 0, r->a) : (struct str){ "", 0 };
    return OK;
}

result metadata_load(const struct till *t, const struct order *o, struct arena *a,
                     struct json **out, struct err *e)
{
    struct reading r = { .o = o, .a = a };

    TRY(sql_read(t->store, find, &r, e));
    *out = NULL;
    return r.text.n > 0 ? json_read(r.text, out, e) : OK;
}
