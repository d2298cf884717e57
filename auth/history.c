/*
 * Security: the attacker is signed in and wants to read about somebody else. Promised: actor and
 * subject come from the session's account, never from the request; a mark only says where to go on
 * within that. What a row shows is picked member by member; keyed digests and request numbers stay
 * inside.
 */
#include "auth/history.h"

#include "auth/account.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
#include "crypto/seal.h"
#include "store/sql.h"

#define DAY_MS         86400000LL
#define TEXT_BYTES_MAX 200

struct place {
    int64_t at_ms, slot, seq;
};

struct reading {
    struct arena *arena;
    enum sql_query query;
    struct str first, second; /* actor; or two subjects */
    int64_t oldest_ms;
    struct place from, last;
    struct history *out;
    struct str refs[HISTORY_ROWS]; /* of answers on this page */
    size_t ref_count;
    bool more;
};

static const struct {
    const char *action;
    enum history_kind kind;
} kinds[] = {
    { "login.ok", HISTORY_IN },
    { "login.client", HISTORY_PORTAL },
    { "login.out", HISTORY_OUT },
    { "login.refused", HISTORY_REFUSED },
    { "login.failed", HISTORY_FAILED },
    { "person.query", HISTORY_PERSON },
    { "person.answer", HISTORY_PERSON },
    { "business.query", HISTORY_BUSINESS },
    { "business.answer", HISTORY_BUSINESS },
};

const char *history_kind_name(enum history_kind kind)
{
    static const char *const names[] = {
        [HISTORY_IN] = "in",
        [HISTORY_PORTAL] = "portal",
        [HISTORY_OUT] = "out",
        [HISTORY_REFUSED] = "refused",
        [HISTORY_FAILED] = "failed",
        [HISTORY_PERSON] = "person",
        [HISTORY_BUSINESS] = "business",
    };

    must(kind < LEN(names));
    return names[kind];
}

static struct str text_of(struct arena *a, const struct json *detail, const char *name)
{
    struct str s;

    if (detail == NULL || !json_str(json_member(detail, name), &s))
        return STR("");
    return str_dup(a, str_sub(s, 0, TEXT_BYTES_MAX));
}

static bool is_answered(const struct reading *r, struct str ref)
{
    for (size_t i = 0; i < r->ref_count; i++)
        if (str_eq(r->refs[i], ref))
            return true;
    return false;
}

static void row_read(struct reading *r, const struct sql_rows *rows)
{
    struct arena *a = r->arena;
    const struct str action = sql_text(rows, 3, a), subject = sql_text(rows, 4, a);
    const struct str text = sql_text(rows, 6, a);
    DEFER(json_close) struct json *detail = NULL;
    struct history_row row = { .at_ms = sql_int(rows, 0), .ip = sql_text(rows, 5, a) };
    struct str ref;

    if (text.n > 0)
        (void)json_read(text, &detail, NULL).failed; /* a row that is none shows its time */
    for (size_t i = 0; i < LEN(kinds); i++)
        if (str_is(action, kinds[i].action))
            row.kind = kinds[i].kind;
    row.agent = text_of(a, detail, "agent");
    row.client_id = text_of(a, detail, "client");
    if (row.kind == HISTORY_PORTAL && str_starts(subject, STR("client:")))
        row.client_id = str_from(subject, sizeof("client:") - 1);
    row.why = text_of(a, detail, "why");
    row.purpose = text_of(a, detail, "purpose");
    row.outcome = text_of(a, detail, "outcome");
    ref = text_of(a, detail, "ref");
    /* The answer of a question is told once: the question stands below it, under the same number.
     */
    if (row.outcome.n > 0 && ref.n > 0)
        r->refs[r->ref_count++] = ref;
    else if (ref.n > 0 && is_answered(r, ref))
        return;
    r->out->rows[r->out->count++] = row;
}

static result find(struct sql *db, const struct reading *r, struct sql_rows **rows, struct err *e)
{
    const struct place *p = &r->from;
    const struct sql_param by[] = { sql_t(r->first), sql_i(r->oldest_ms), sql_i(p->at_ms),
                                    sql_i(p->slot),  sql_i(p->seq),       sql_i(HISTORY_ROWS + 1) };
    const struct sql_param about[] = { sql_t(r->first),        sql_i(r->oldest_ms),
                                       sql_i(p->at_ms),        sql_i(p->slot),
                                       sql_i(p->seq),          sql_t(r->second),
                                       sql_i(HISTORY_ROWS + 1) };

    return r->query == SQL_AUDIT_LOG_OF_ACTOR
               ? sql_find_n(db, r->query, by, LEN(by), rows, e)
               : sql_find_n(db, r->query, about, LEN(about), rows, e);
}

static result read_page(struct sql *db, void *arg, struct err *e)
{
    struct reading *r = arg;
    DEFER(sql_end) struct sql_rows *rows = NULL;

    r->out->count = 0;
    r->ref_count = 0;
    TRY(find(db, r, &rows, e));
    TRY(sql_next(rows, &r->more, e));
    for (size_t i = 0; r->more && i < HISTORY_ROWS; i++) {
        r->last = (struct place){ sql_int(rows, 0), sql_int(rows, 1), sql_int(rows, 2) };
        row_read(r, rows);
        TRY(sql_next(rows, &r->more, e));
    }
    return OK;
}

static result mark_read(struct str mark, struct place *out, struct err *e)
{
    int64_t numbers[3];
    struct str rest = mark, one;
    size_t n = 0;

    if (mark.n == 0)
        return OK;
    while (n < LEN(numbers) && str_next(&rest, '-', &one)) {
        if (!str_digits(one) || !str_to_i64(one, &numbers[n]))
            return fail_field(e, ERR_INVALID, "from", "no mark");
        n++;
    }
    if (n != LEN(numbers) || rest.n > 0)
        return fail_field(e, ERR_INVALID, "from", "no mark");
    *out = (struct place){ numbers[0], numbers[1], numbers[2] };
    return OK;
}

static result read_from(struct auth *au, struct reading *r, struct str mark, struct err *e)
{
    const int64_t now_ms = clock_now_ms(au->clock);

    r->oldest_ms = now_ms - HISTORY_DAYS * DAY_MS;
    r->from = (struct place){ INT64_MAX, 0, 0 };
    TRY(mark_read(mark, &r->from, e));
    *r->out = (struct history){ .rows = arena_array(r->arena, struct history_row, HISTORY_ROWS) };
    TRY(sql_read(au->sql, read_page, r, e));
    if (r->more)
        r->out->next = str_fmt(r->arena, "%lld-%lld-%lld", (long long)r->last.at_ms,
                               (long long)r->last.slot, (long long)r->last.seq);
    return OK;
}

result history_sign_ins(struct auth *au, struct arena *a, struct str account, struct str mark,
                        struct history *out, struct err *e)
{
    struct reading r = { .arena = a,
                         .query = SQL_AUDIT_LOG_OF_ACTOR,
                         .first = str_cat(a, STR("citizen:"), account),
                         .out = out };

    must(account.n > 0);
    return read_from(au, &r, mark, e);
}

result history_registers(struct auth *au, struct arena *a, const struct account *acc,
                         struct str mark, struct history *out, struct err *e)
{
    const struct str number =
        acc->profile.number.n > 0 ? acc->profile.number : acc->profile.old_card;
    struct reading r = { .arena = a, .query = SQL_AUDIT_LOG_OF_REGISTER, .out = out };

    r.first = acc->id_index.n > 0 ? acc->id_index : STR("-");
    r.second = number.n > 0 ? seal_index(a, au->seal, STR("idno"), number) : r.first;
    return read_from(au, &r, mark, e);
}
