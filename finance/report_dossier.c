/*
 * Attacker: whoever prepares a file of dossiers that an officer takes. Promised: it is read whole
 * and strictly before anything is kept, bounded in rows and fields, and nothing personal of it is
 * kept. Deliberately not done: asking whether a dossier exists; the one-stop system is believed.
 */
#include "finance/report_dossier.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
#include "base/utf8.h"
#include "store/sql.h"

#define CELLS_MAX       64
#define CODE_BYTES_MAX  60
#define CELL_BYTES_MAX  4096
#define STAMP_BYTES_MAX 32
#define KEPT_AT_ONCE    1000

/* Every name that is read; the place of a cell in a CSV row is found by it. */
enum {
    F_REFERENCE,
    F_PROCEDURE,
    F_AGENCY,
    F_RECEIVED,
    F_SUBMITTED,
    F_STARTED,
    F_STATUS,
    F_ONLINE,
    F_VERIFIED,
    F_PRICE,
    F_COUNT
};
static const char *const fields[F_COUNT] = { "MaHoSo",
                                             "MaTTHC",
                                             "DonViXuLy",
                                             "NgayTiepNhan",
                                             "NgayNopHoSo",
                                             "NgayBatDauXuLy",
                                             "TrangThaiHoSo",
                                             "DuocThanhToanTrucTuyen",
                                             "TaiKhoanDuocXacThucVoiVNeID",
                                             "Gia" };

/* A dossier as texts, whichever form it came in. */
struct told {
    struct str of[F_COUNT]; /* Gia: amounts with ';' between them */
    bool has_lines;
};

/* 20261123..., 2026-11-23..., 23/11/2026...: the time of day does not matter. */
static bool day_read(struct str s, struct date *out)
{
    const size_t n = s.n >= 8 && str_digits(str_sub(s, 0, 8)) ? 8 : 10;

    return s.n >= n && date_read(str_sub(s, 0, n), out);
}

static result day_of(const struct told *t, size_t field, size_t other, struct date *out,
                     struct err *e)
{
    const size_t from = t->of[field].n > 0 ? field : other;

    if (!day_read(t->of[from], out))
        return fail_field(e, ERR_INVALID, fields[from], "missing, or not a day");
    return OK;
}

static result number_of(const struct told *t, size_t field, int64_t most, int64_t *out,
                        struct err *e)
{
    *out = -1;
    if (t->of[field].n == 0)
        return OK;
    if (!str_to_i64(t->of[field], out) || *out < 0 || *out > most)
        return fail_field(e, ERR_INVALID, fields[field], "not a number of the list");
    return OK;
}

static result code_of(const struct told *t, size_t field, struct arena *a, struct str *out,
                      struct err *e)
{
    const struct str s = str_trim(t->of[field]);

    if (s.n == 0 || s.n > CODE_BYTES_MAX || !utf8_is_valid(s))
        return fail_field(e, ERR_INVALID, fields[field], "missing or too long");
    *out = str_dup(a, s);
    return OK;
}

static result fee_of(const struct told *t, enum dossier_fee *out, struct err *e)
{
    struct str rest = t->of[F_PRICE], one;
    bool any = false, some = false;

    while (rest.n > 0 && str_next(&rest, ';', &one)) {
        int64_t vnd;

        one = str_trim(one);
        if (one.n == 0)
            continue;
        if (!str_to_i64(one, &vnd) || vnd < 0)
            return fail_field(e, ERR_INVALID, fields[F_PRICE], "not an amount");
        any = true;
        some |= vnd > 0;
    }
    *out = some ? DOSSIER_TO_PAY : any ? DOSSIER_ALL_ZERO : DOSSIER_NO_LINES;
    return OK;
}

static result dossier_of(const struct told *t, struct str agency_id, struct arena *a,
                         struct dossier *out, struct err *e)
{
    struct told told = *t;

    if (told.of[F_AGENCY].n == 0)
        told.of[F_AGENCY] = agency_id;
    TRY(code_of(&told, F_REFERENCE, a, &out->reference, e));
    TRY(code_of(&told, F_PROCEDURE, a, &out->procedure, e));
    TRY(code_of(&told, F_AGENCY, a, &out->agency_id, e));
    TRY(day_of(&told, F_RECEIVED, F_SUBMITTED, &out->received_on, e));
    out->started_on = out->received_on;
    if (told.of[F_STARTED].n > 0)
        TRY(day_of(&told, F_STARTED, F_STARTED, &out->started_on, e));
    TRY(number_of(&told, F_STATUS, 99, &out->status, e));
    TRY(number_of(&told, F_ONLINE, 2, &out->online, e));
    TRY(number_of(&told, F_VERIFIED, 1, &out->verified, e));
    return fee_of(&told, &out->fee, e);
}

/* ---- JSON ---- */

static struct str text_of(const struct json *v, struct arena *a)
{
    struct str s = STR("");
    int64_t n;
    bool b;

    if (json_str(v, &s))
        return str_trim(s);
    if (json_int(v, &n))
        return str_i64(a, n);
    if (json_bool(v, &b))
        return b ? STR("1") : STR("0");
    return s;
}

static result prices_of(const struct json *o, struct arena *a, struct told *t, struct err *e)
{
    const struct json *list = json_member(o, "DanhSachLePhi");

    if (list == NULL)
        return OK;
    if (!json_is_array(list) || json_count(list) > DOSSIER_FEES_MAX)
        return fail_field(e, ERR_INVALID, "DanhSachLePhi", "not a list, or too long");
    for (size_t i = 0; i < json_count(list); i++) {
        const struct json *price = json_member(json_at(list, i), fields[F_PRICE]);

        if (price != NULL)
            t->of[F_PRICE] =
                str_fmt(a, "%.*s;%.*s", STR_ARG(t->of[F_PRICE]), STR_ARG(text_of(price, a)));
    }
    return OK;
}

static result json_rows(struct str file, struct str agency_id, struct arena *a,
                        struct dossier **out, size_t *count, struct err *e)
{
    DEFER(json_close) struct json *root = NULL;
    const struct json *list;
    struct err why = { .code = ERR_NONE };

    TRY(json_read(file, &root, e));
    list = json_is_object(root) ? json_member(root, "data") : root;
    if (list == NULL || !json_is_array(list) || json_count(list) > DOSSIER_FILE_ROWS_MAX)
        return fail_field(e, ERR_INVALID, "data", "not a list, or too long");
    *out = arena_array(a, struct dossier, json_count(list) + 1);
    for (*count = 0; *count < json_count(list); (*count)++) {
        const struct json *o = json_at(list, *count);
        struct told t = { 0 };

        if (!json_is_object(o))
            return fail_field(e, ERR_INVALID, "data", "row %zu is no object", *count + 1);
        for (size_t i = 0; i < F_PRICE; i++)
            if (json_member(o, fields[i]) != NULL)
                t.of[i] = text_of(json_member(o, fields[i]), a);
        TRY(prices_of(o, a, &t, e));
        if (dossier_of(&t, agency_id, a, &(*out)[*count], &why).failed)
            return fail_field(e, why.code, why.field, "row %zu: %s", *count + 1, why.detail);
    }
    return OK;
}

/* ---- CSV (RFC 4180) ---- */

/* The next record; quoted cells may hold separators and line feeds. */
static result record_read(struct str *rest, char separator, struct arena *a, struct str *cells,
                          size_t *n, struct err *e)
{
    bool more = true;

    for (*n = 0; more;) {
        char *text = arena_alloc(a, CELL_BYTES_MAX);
        size_t len = 0, i = 0;
        bool quoted = rest->n > 0 && rest->p[0] == '"';

        for (i = quoted ? 1 : 0; i < rest->n; i++) {
            const char ch = rest->p[i];

            if (quoted && ch == '"' && i + 1 < rest->n && rest->p[i + 1] == '"')
                i++;
            else if (quoted && ch == '"') {
                quoted = false;
                continue;
            } else if (!quoted && (ch == separator || ch == '\n')) {
                break;
            }
            if (len == CELL_BYTES_MAX)
                return fail(e, ERR_TOO_LARGE, "a cell over %d bytes", CELL_BYTES_MAX);
            text[len++] = rest->p[i];
        }
        if (quoted || *n == CELLS_MAX)
            return fail(e, ERR_MALFORMED, "an open quote, or too many cells");
        more = i < rest->n && rest->p[i] == separator;
        cells[(*n)++] = str_trim(str_of(text, len));
        *rest = str_from(*rest, i < rest->n ? i + 1 : i);
    }
    return OK;
}

static result head_read(struct str *rest, char *separator, struct arena *a, size_t *place,
                        struct err *e)
{
    const struct str line = str_sub(*rest, 0, str_find(*rest, '\n'));
    struct str cells[CELLS_MAX];
    size_t n;

    *separator = str_find(line, ';') < line.n ? ';' : str_find(line, '\t') < line.n ? '\t' : ',';
    TRY(record_read(rest, *separator, a, cells, &n, e));
    for (size_t f = 0; f < F_COUNT; f++) {
        place[f] = CELLS_MAX;
        for (size_t i = 0; i < n; i++)
            if (str_is(cells[i], fields[f]))
                place[f] = i;
    }
    if (place[F_REFERENCE] == CELLS_MAX || place[F_PROCEDURE] == CELLS_MAX)
        return fail_field(e, ERR_INVALID, fields[F_REFERENCE], "no such column in the head");
    return OK;
}

static result csv_rows(struct str file, struct str agency_id, struct arena *a, struct dossier **out,
                       size_t *count, struct err *e)
{
    /* Cells of a row live until it is read: what is kept of them is copied. */
    DEFER(arena_close) struct arena *line = arena_open(1024 * 1024);
    struct err why = { .code = ERR_NONE };
    struct str rest = file, cells[CELLS_MAX];
    size_t place[F_COUNT], rows = 1, n;
    char separator;

    for (size_t i = 0; i < file.n; i++)
        rows += file.p[i] == '\n';
    if (rows > DOSSIER_FILE_ROWS_MAX)
        return fail(e, ERR_TOO_LARGE, "more than %d rows", DOSSIER_FILE_ROWS_MAX);
    *out = arena_array(a, struct dossier, rows);
    TRY(head_read(&rest, &separator, line, place, e));
    for (*count = 0; rest.n > 0;) {
        const size_t end = str_find(rest, '\n');
        struct told t = { 0 };

        if (str_trim(str_sub(rest, 0, end)).n == 0) {
            rest = str_from(rest, end < rest.n ? end + 1 : end);
            continue;
        }
        arena_reset(line);
        TRY(record_read(&rest, separator, line, cells, &n, e));
        for (size_t f = 0; f < F_COUNT; f++)
            if (place[f] < n)
                t.of[f] = cells[place[f]];
        if (dossier_of(&t, agency_id, a, &(*out)[*count], &why).failed)
            return fail_field(e, why.code, why.field, "row %zu: %s", *count + 1, why.detail);
        (*count)++;
    }
    return OK;
}

result dossiers_read(struct str file, struct str agency_id, struct arena *a, struct dossier **out,
                     size_t *count, struct err *e)
{
    const struct str text = str_starts(file, STR("\xEF\xBB\xBF")) ? str_from(file, 3) : file;
    const struct str start = str_trim(str_sub(text, 0, STAMP_BYTES_MAX));

    if (str_starts(start, STR("[")) || str_starts(start, STR("{")))
        return json_rows(text, agency_id, a, out, count, e);
    return csv_rows(text, agency_id, a, out, count, e);
}

struct keeping {
    const struct till *t;
    const struct dossier *list;
    size_t count;
};

static result keep(struct sql *db, void *arg, struct err *e)
{
    const struct keeping *k = arg;
    const int64_t now_ms = clock_now_ms(k->t->clock);
    DEFER(arena_close) struct arena *a = arena_open(4096);

    for (size_t i = 0; i < k->count; i++) {
        const struct dossier *d = &k->list[i];

        if (i % KEPT_AT_ONCE == 0)
            arena_reset(a);
        TRY(sql_run(db, SQL_REPORT_DOSSIER_SYNC, e, sql_t(d->agency_id), sql_t(d->reference),
                    sql_t(d->procedure), sql_t(date_iso(a, d->received_on)),
                    sql_t(date_iso(a, d->started_on)), sql_i(now_ms), sql_i(d->status),
                    sql_i((int64_t)d->fee), sql_i(d->online), sql_i(d->verified)));
    }
    return OK;
}

result dossiers_keep(const struct till *t, const struct dossier *list, size_t count, struct err *e)
{
    struct keeping k = { .t = t, .list = list, .count = count };

    return sql_transact(t->store, keep, &k, e);
}
