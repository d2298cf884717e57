/*
 * Finding out what an exception is about. Attacker: a sender who writes another's code or dossier
 * into a narrative; promise: everything here is a suggestion with its reason, which two persons
 * judge. Deliberately not done: searching all payers by name; names are sealed, and only those of
 * the newest waiting payments are compared.
 */
#include "finance/exception_search.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "base/utf8.h"
#include "crypto/digest.h"
#include "crypto/seal.h"
#include "payments/attempt.h"
#include "payments/order_search.h"
#include "payments/transfer.h"
#include "store/sql.h"

#define ID_DIGITS      32
#define WINDOW_MS      ((int64_t)7 * 86400 * 1000) /* pass 7: made that long before */
#define DAY_MS         ((int64_t)86400 * 1000)
#define NAMES_LOOKED   200
#define NAME_BYTES_MIN 4
#define WORD_BYTES_MIN 8
#define AT_ONCE        100
#define CODE_PREFIX    "MTC"

static const char *const reason_names[] = { "dossier", "code", "amount", "unique", "name" };

const char *exception_reason_name(enum exception_reason r)
{
    return reason_names[r];
}

struct reading {
    const struct office *f;
    const struct exception *x;
    struct arena *a;
    struct settlement_line *line;
    struct str sealed;
    bool found;
};

static result line_read(struct sql *db, void *arg, struct err *e)
{
    struct reading *r = arg;
    DEFER(sql_end) struct sql_rows *rows = NULL;

    TRY(sql_find(db, SQL_EXCEPTION_LINE, &rows, e, sql_i(r->x->file_n), sql_i(r->x->line)));
    TRY(sql_next(rows, &r->found, e));
    if (r->found)
        *r->line = (struct settlement_line){ .kind = (enum settlement_kind)sql_int(rows, 0),
                                             .portal_txn = sql_text(rows, 1, r->a),
                                             .merchant_ref = sql_text(rows, 2, r->a),
                                             .original_ref = sql_text(rows, 3, r->a),
                                             .dossier = sql_text(rows, 4, r->a),
                                             .body = sql_text(rows, 5, r->a),
                                             .account = sql_text(rows, 6, r->a),
                                             .bank = sql_text(rows, 7, r->a),
                                             .gross_vnd = sql_int(rows, 8),
                                             .fee_vnd = sql_int(rows, 9),
                                             .net_vnd = sql_int(rows, 10),
                                             .currency = sql_text(rows, 12, r->a),
                                             .success = sql_int(rows, 13) != 0,
                                             .code = sql_text(rows, 14, r->a),
                                             .txn_at_ms = sql_int(rows, 15) };
    return OK;
}

result exception_line(const struct office *f, const struct exception *x, struct arena *a,
                      struct settlement_line *out, bool *found, struct err *e)
{
    struct reading r = { .f = f, .x = x, .a = a, .line = out };

    *found = false;
    if (x->line == 0)
        return OK;
    TRY(sql_read(f->till->store, line_read, &r, e));
    *found = r.found;
    return OK;
}

static result sealed_read(struct sql *db, void *arg, struct err *e)
{
    struct reading *r = arg;
    DEFER(sql_end) struct sql_rows *rows = NULL;

    TRY(sql_find(db, SQL_EXCEPTION_NARRATIVE, &rows, e, sql_t(r->x->account),
                 sql_t(r->x->portal_txn)));
    TRY(sql_next(rows, &r->found, e));
    if (r->found)
        r->sealed = sql_bytes(rows, 0, r->a);
    return OK;
}

static struct str place_of(struct arena *a, struct str account, struct str txn)
{
    return str_fmt(a, "transfer:%.*s:%.*s", STR_ARG(account), STR_ARG(txn));
}

result exception_narrative(const struct office *f, const struct exception *x, struct arena *a,
                           struct str *out, struct err *e)
{
    struct reading r = { .f = f, .x = x, .a = a };

    *out = STR("");
    if (x->portal_txn.n == 0)
        return OK;
    TRY(sql_read(f->till->store, sealed_read, &r, e));
    return r.found ? seal_get(a, f->till->seal, place_of(a, x->account, x->portal_txn), r.sealed,
                              out, e)
                   : OK;
}

struct finding {
    const struct office *f;
    const struct exception *x;
    struct arena *a;
    struct exception_candidate *list;
    size_t count;
};

static void add(struct finding *k, const struct order_hit *h, enum exception_reason reason)
{
    for (size_t i = 0; i < k->count; i++)
        if (str_eq(k->list[i].order_id, h->id))
            return;
    if (k->count < EXCEPTION_CANDIDATES_MAX)
        k->list[k->count++] = (struct exception_candidate){ .order_id = h->id,
                                                            .agency_id = h->agency_id,
                                                            .dossier = h->reference,
                                                            .payer_name = h->payer_name,
                                                            .due_vnd = h->total_vnd,
                                                            .made_ms = h->created_ms,
                                                            .reason = reason };
}

static struct order_search anything(void)
{
    return (struct order_search){ .to_ms = INT64_MAX, .most_vnd = INT64_MAX, .descending = true };
}

static result add_numbered(struct finding *k, struct str number, enum exception_reason reason,
                           struct err *e)
{
    struct order_search s = anything();
    struct order_hit *hits;
    size_t n;

    s.number = number;
    TRY(order_search(k->f->till, &s, 10, k->a, &hits, &n, e));
    for (size_t i = 0; i < n; i++)
        add(k, &hits[i], reason);
    return OK;
}

static bool is_code_letter(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || c == '.' || c == '-';
}

/* Words of the narrative that look like codes of dossiers. */
static result by_words(struct finding *k, struct str text, struct err *e)
{
    for (size_t i = 0; i < text.n;) {
        size_t end = i;
        bool digits = false;

        for (; end < text.n && is_code_letter(text.p[end]); end++)
            digits |= text.p[end] >= '0' && text.p[end] <= '9';
        if (digits && end - i >= WORD_BYTES_MIN)
            TRY(add_numbered(k, str_sub(text, i, end - i), EXCEPTION_BY_DOSSIER, e));
        i = end + 1;
    }
    return OK;
}

static result add_code(struct finding *k, struct str code, struct err *e)
{
    struct err why = { .code = ERR_NONE };
    struct attempt at;

    if (!attempt_load(k->f->till, code, k->a, &at, &why).failed)
        return add_numbered(k, at.order_id, EXCEPTION_BY_CODE, e);
    return why.code == ERR_NOT_FOUND ? OK : fail(e, why.code, "%s", why.detail);
}

/* Codes that differ from this one in one character; few of them have the right check. */
static result near_codes(struct finding *k, struct str seen, struct err *e)
{
    static const char letters[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    char text[TRANSFER_CODE_BYTES];

    for (size_t at = sizeof(CODE_PREFIX) - 1; at < TRANSFER_CODE_BYTES; at++) {
        for (size_t l = 0; l < sizeof(letters) - 1; l++) {
            for (size_t i = 0; i < TRANSFER_CODE_BYTES; i++)
                text[i] = i == at ? letters[l] : seen.p[i];
            if (transfer_code_is(str_of(text, sizeof(text))))
                TRY(add_code(k, str_of(text, sizeof(text)), e));
        }
    }
    return OK;
}

static result by_code(struct finding *k, struct str narrative, struct err *e)
{
    struct str key;

    if (utf8_key(k->a, narrative, &key, NULL).failed)
        return OK;
    for (size_t i = 0; i + TRANSFER_CODE_BYTES <= key.n; i++)
        if (str_starts(str_from(key, i), STR(CODE_PREFIX)))
            return near_codes(k, str_sub(key, i, TRANSFER_CODE_BYTES), e);
    return OK;
}

static result by_amount(struct finding *k, int64_t amount_vnd, struct err *e)
{
    struct order_search s = anything();
    struct order_hit *hits;
    struct date day;
    size_t n;

    s.state = STR("open");
    s.least_vnd = s.most_vnd = amount_vnd;
    if (amount_vnd <= 0)
        return OK;
    if (date_read(k->x->day, &day)) {
        s.to_ms = clock_day_start_ms(day) + 2 * DAY_MS;
        s.from_ms = s.to_ms - 2 * DAY_MS - WINDOW_MS;
    }
    TRY(order_search(k->f->till, &s, EXCEPTION_CANDIDATES_MAX, k->a, &hits, &n, e));
    for (size_t i = 0; i < n; i++)
        add(k, &hits[i], n == 1 ? EXCEPTION_BY_UNIQUE : EXCEPTION_BY_AMOUNT);
    return OK;
}

static bool holds(struct str all, struct str part)
{
    for (size_t i = 0; i + part.n <= all.n; i++)
        if (str_starts(str_from(all, i), part))
            return true;
    return false;
}

static result by_name(struct finding *k, struct str asked, struct err *e)
{
    struct order_search s = anything();
    struct order_hit *hits;
    struct str wanted, name;
    size_t n;

    if (utf8_key(k->a, asked, &wanted, NULL).failed || wanted.n < NAME_BYTES_MIN)
        return OK;
    s.state = STR("open");
    TRY(order_search(k->f->till, &s, NAMES_LOOKED, k->a, &hits, &n, e));
    for (size_t i = 0; i < n; i++)
        if (!utf8_key(k->a, hits[i].payer_name, &name, NULL).failed && holds(name, wanted))
            add(k, &hits[i], EXCEPTION_BY_NAME);
    return OK;
}

static result look_for(struct finding *k, struct str asked, struct err *e)
{
    int64_t amount_vnd;

    if (str_to_i64(asked, &amount_vnd) && amount_vnd > 0)
        return by_amount(k, amount_vnd, e);
    TRY(add_numbered(k, asked, EXCEPTION_BY_DOSSIER, e));
    return k->count > 0 ? OK : by_name(k, asked, e);
}

result exception_candidates(const struct office *f, const struct exception *x, struct str narrative,
                            struct str asked, struct arena *a, struct exception_candidate **out,
                            size_t *count, struct err *e)
{
    struct finding k = { .f = f, .x = x, .a = a };

    k.list = arena_array(a, struct exception_candidate, EXCEPTION_CANDIDATES_MAX);
    if (str_trim(asked).n > 0) {
        TRY(look_for(&k, str_trim(asked), e));
    } else {
        if (x->dossier.n > 0)
            TRY(add_numbered(&k, x->dossier, EXCEPTION_BY_DOSSIER, e));
        TRY(by_words(&k, narrative, e));
        TRY(by_code(&k, narrative, e));
        TRY(by_amount(&k, x->theirs_vnd, e));
    }
    *out = k.list;
    *count = k.count;
    return OK;
}

struct stray {
    struct str account, txn, bank;
    int64_t amount_vnd, at_ms;
};

static result strays_read(struct sql *db, struct arena *a, struct stray *out, size_t *count,
                          struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;
    bool more;

    *count = 0;
    TRY(sql_find(db, SQL_EXCEPTION_STRAY_TRANSFERS, &rows, e, sql_i(AT_ONCE)));
    for (;;) {
        TRY(sql_next(rows, &more, e));
        if (!more)
            return OK;
        out[(*count)++] =
            (struct stray){ sql_text(rows, 0, a), sql_text(rows, 1, a), sql_text(rows, 2, a),
                            sql_int(rows, 3), sql_int(rows, 4) };
    }
}

static result stray_put(struct sql *db, const struct office *f, const struct stray *s,
                        struct arena *a, struct err *e)
{
    const struct str id =
        str_sub(digest_hex(a, digest_sha256(str_fmt(a, "bank|%.*s|%.*s", STR_ARG(s->account),
                                                    STR_ARG(s->txn)))),
                0, ID_DIGITS);
    int64_t mine;

    TRY(sql_run_count(db, SQL_EXCEPTION_TRANSFER_TOLD, &mine, e, sql_t(s->account), sql_t(s->txn)));
    if (mine != 1)
        return OK;
    return sql_run(db, SQL_EXCEPTION_TRANSFER_INSERT, e,
                   sql_t(s->bank.n > 0 ? s->bank : STR("bank")), sql_t(s->account),
                   sql_t(date_iso(a, clock_local(s->at_ms).date)), sql_t(id), sql_t(s->txn),
                   sql_i(s->amount_vnd), sql_i(clock_now_ms(f->till->clock)));
}

struct taking {
    const struct office *f;
    struct arena *a;
    int64_t before_ms;
    size_t count;
};

static result take_strays(struct sql *db, void *arg, struct err *e)
{
    struct taking *k = arg;
    struct stray strays[AT_ONCE];

    TRY(strays_read(db, k->a, strays, &k->count, e));
    for (size_t i = 0; i < k->count; i++)
        TRY(stray_put(db, k->f, &strays[i], k->a, e));
    return OK;
}

result exception_take_transfers(const struct office *f, bool *did, struct err *e)
{
    DEFER(arena_close) struct arena *a = arena_open(1 << 20);
    struct taking k = { .f = f, .a = a };

    TRY(sql_transact(f->till->store, take_strays, &k, e));
    *did = k.count > 0;
    return OK;
}

static result erase(struct sql *db, void *arg, struct err *e)
{
    struct taking *k = arg;
    struct stray strays[AT_ONCE];
    DEFER(sql_end) struct sql_rows *rows = NULL;
    bool more;

    k->count = 0;
    TRY(sql_find(db, SQL_EXCEPTION_NARRATIVES, &rows, e, sql_i(k->before_ms), sql_i(AT_ONCE)));
    for (;;) {
        TRY(sql_next(rows, &more, e));
        if (!more)
            break;
        strays[k->count].account = sql_text(rows, 0, k->a);
        strays[k->count++].txn = sql_text(rows, 1, k->a);
    }
    for (size_t i = 0; i < k->count; i++) {
        const struct stray *s = &strays[i];

        TRY(sql_run(
            db, SQL_EXCEPTION_NARRATIVE_ERASE, e, sql_t(s->account), sql_t(s->txn),
            sql_b(seal_put(k->a, k->f->till->seal, place_of(k->a, s->account, s->txn), STR("")))));
    }
    return OK;
}

result exception_narratives_purge(const struct office *f, int64_t keep_days, bool *did,
                                  struct err *e)
{
    DEFER(arena_close) struct arena *a = arena_open(1 << 20);
    struct taking k = { .f = f,
                        .a = a,
                        .before_ms = clock_now_ms(f->till->clock) - keep_days * DAY_MS };

    TRY(sql_transact(f->till->store, erase, &k, e));
    *did = k.count > 0;
    return OK;
}
