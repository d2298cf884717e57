/*
 * What no run finds: lines of banks, of the treasury, and of files that were damaged. Attacker: a
 * file that tells the same again to be counted twice; promise: a movement is on the list once, by
 * its number or its place, and goes when what it is becomes known.
 */
#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "crypto/digest.h"
#include "finance/exception_row.h"
#include "payments/proposal.h"
#include "store/sql.h"

#define ID_DIGITS  32
#define KNOWN_MOST 50

result exception_tell(struct sql *db, const struct exception_news *n, int64_t now_ms,
                      struct arena *a, struct err *e)
{
    const struct str place = n->portal_txn.n > 0 ? n->portal_txn : str_i64(a, n->line);
    const struct str key = str_fmt(
        a, "%s|%.*s|%.*s|%.*s|%s|%.*s|%.*s", n->source, STR_ARG(n->provider), STR_ARG(n->account),
        STR_ARG(date_iso(a, n->day)), match_name(n->class), STR_ARG(n->reference), STR_ARG(place));

    return sql_run(
        db, SQL_EXCEPTION_TELL, e, sql_t(n->provider), sql_t(n->account),
        sql_t(date_iso(a, n->day)), sql_t(str_sub(digest_hex(a, digest_sha256(key)), 0, ID_DIGITS)),
        sql_t(str_c(match_name(n->class))), sql_i(match_priority(n->class)), sql_t(n->reference),
        sql_t(n->portal_txn), sql_t(n->agency_id), sql_i(n->file_n), sql_i(n->line),
        sql_i(n->ours_vnd), sql_i(n->theirs_vnd), sql_i(now_ms), sql_t(str_c(n->source)));
}

result exception_known(struct sql *db, const char *source, struct str name, int64_t now_ms,
                       struct arena *a, struct err *e)
{
    const struct exception_cause cause = { .actor = STR("system"), .now_ms = now_ms };
    DEFER(sql_end) struct sql_rows *rows = NULL;
    struct str ids[KNOWN_MOST];
    size_t count = 0;
    bool more = name.n > 0;

    if (name.n > 0)
        TRY(sql_find(db, SQL_EXCEPTION_TOLD, &rows, e, sql_t(name), sql_t(str_c(source)),
                     sql_i(KNOWN_MOST)));
    while (more && count < KNOWN_MOST) {
        TRY(sql_next(rows, &more, e));
        if (more)
            ids[count++] = sql_text(rows, 0, a);
    }
    sql_end(&rows);
    for (size_t i = 0; i < count; i++) {
        struct exception x;

        TRY(exception_take(db, ids[i], a, &x, e));
        TRY(exception_step(db, &x, EXCEPTION_EV_EXPLAIN, &cause, a, e));
    }
    return OK;
}
