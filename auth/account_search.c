/*
 * Security: the attacker reads logs or the database, or is an administrator who is curious.
 * Promised: the number is looked for as its keyed digest and is never written down. Deliberately
 * not done here: deciding who may search, and the audit row (web).
 */
#include "auth/account_search.h"

#include "base/err.h"
#include "base/str.h"
#include "crypto/seal.h"
#include "store/sql.h"

struct search {
    struct arena *arena;
    struct str index, ids[ACCOUNT_SEARCH_MAX];
    size_t n;
};

static result kind_find(struct sql *db, struct search *s, int64_t kind, struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;
    bool more;

    TRY(sql_find(db, SQL_ACCOUNT_BY_NUMBER, &rows, e, sql_i(kind), sql_t(s->index)));
    for (;;) {
        TRY(sql_next(rows, &more, e));
        if (!more || s->n == ACCOUNT_SEARCH_MAX)
            return OK;
        s->ids[s->n++] = sql_text(rows, 0, s->arena);
    }
}

static result ids_find(struct sql *db, void *arg, struct err *e)
{
    struct search *s = arg;

    s->n = 0;
    TRY(kind_find(db, s, VNEID_CITIZEN, e));
    TRY(kind_find(db, s, VNEID_ENTERPRISE, e));
    return kind_find(db, s, VNEID_ORGANISATION, e);
}

result account_search(struct auth *au, struct arena *a, struct str number, struct account *list,
                      size_t *count, struct err *e)
{
    struct search s = { .arena = a, .index = seal_index(a, au->seal, STR("idno"), number) };

    TRY(sql_read(au->sql, ids_find, &s, e));
    for (size_t i = 0; i < s.n; i++)
        TRY(account_load(au, a, s.ids[i], &list[i], e));
    *count = s.n;
    return OK;
}
