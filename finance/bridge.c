/*
 * Attacker: our own mistakes, and whoever would have two differences hide each other. Promise: the
 * closing figure of our books is a sum of postings, that of the provider is its own, and what
 * explains the difference is summed from rows that know neither; what is left is shown and bars the
 * day. Deliberately not done: explaining the residual.
 */
#include "finance/bridge.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
#include "finance/reconcile_row.h"

static const char *const item_names[BRIDGE_ITEM_COUNT] = { "exception", "carried", "in_time",
                                                           "paid_out",  "fees",    "before",
                                                           "elsewhere", "decided" };

const char *bridge_item_name(enum bridge_item i)
{
    return item_names[i];
}

struct bridging {
    struct sql *db;
    const struct reconcile_run *r;
    struct arena *a;
    struct str day, day_before; /* of the run before; empty: none */
    struct bridge before;
    int64_t end_ms;     /* of the day */
    int64_t early_vnd;  /* posted on the day, and captured there later */
    int64_t late_vnd;   /* posted since the run before: captures of the days up to that one */
    int64_t mended_vnd; /* posted since then for what did not agree */
    int64_t after_vnd;  /* captures of the day that were posted after it */
    struct bridge *out;
};

static result line_add(struct bridging *b, enum bridge_item item, struct str class, struct date day,
                       int64_t count, int64_t vnd, struct err *e)
{
    struct bridge *out = b->out;

    if (vnd == 0)
        return OK;
    if (out->count == BRIDGE_LINES_MAX)
        return fail(e, ERR_TOO_LARGE, "more than %d lines in a bridge", BRIDGE_LINES_MAX);
    out->lines[out->count++] = (struct bridge_line){ item, class, day, count, vnd };
    out->explained_vnd += vnd;
    return OK;
}

static int64_t carried_vnd(const struct bridge *before, enum bridge_item item)
{
    for (size_t i = 0; i < before->count; i++)
        if (before->lines[i].item == item)
            return before->lines[i].vnd;
    return 0;
}

static int64_t lines_vnd(const struct bridge *b, enum bridge_item item)
{
    int64_t vnd = 0;

    for (size_t i = 0; i < b->count; i++)
        vnd += b->lines[i].item == item ? b->lines[i].vnd : 0;
    return vnd;
}

/* Captures that wait for their posting; not those that were posted early. */
static int64_t in_time_vnd(const struct bridge *b)
{
    for (size_t i = 0; i < b->count; i++)
        if (b->lines[i].item == BRIDGE_IN_TIME && b->lines[i].class.n == 0)
            return b->lines[i].vnd;
    return 0;
}

/* Two numbers of one row: count and sum. */
static result pair_read(struct sql_rows *rows, int64_t *count, int64_t *vnd, struct err *e)
{
    TRY(sql_one(rows, e));
    *count = sql_int(rows, 0);
    *vnd = sql_int(rows, 1);
    return OK;
}

static result before_read(struct bridging *b, struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;
    bool more;

    b->day_before = STR("");
    TRY(sql_find(b->db, SQL_BRIDGE_RUN_BEFORE, &rows, e, sql_t(b->r->key.provider),
                 sql_t(b->r->key.account), sql_t(b->day), sql_i(b->r->cut_ms)));
    TRY(sql_next(rows, &more, e));
    if (!more)
        return OK;
    const struct str outcome = sql_text(rows, 1, b->a);

    if (bridge_read(outcome, b->a, &b->before)) {
        b->day_before = sql_text(rows, 0, b->a);
        return OK;
    }
    b->before = (struct bridge){ 0 };
    if (str_has(outcome, STR("\"bridge\":"))) /* older outcomes have none */
        return fail(e, ERR_STORE, "the bridge of the day before cannot be read");
    return OK;
}

/* The newest day whose captures had to be in a run before this one. */
static struct str known_until(const struct bridging *b)
{
    return b->day_before.n > 0 ? b->day_before : date_iso(b->a, date_add_days(b->r->day, -1));
}

static bool is_capture(struct str kind)
{
    return str_is(kind, "J2") || str_is(kind, "J2b") || str_is(kind, "J2c");
}

/* One kind of journal: to where the statement shows it, and what it says of earlier days. */
static void kind_add(struct bridging *b, const struct sql_rows *rows, struct bridge *into)
{
    const struct str kind = sql_text(rows, 0, b->a);
    const int64_t vnd = sql_int(rows, 1);
    const bool paid_out = str_is(kind, "J3") || str_is(kind, "J3R");
    int64_t *where = is_capture(kind)                            ? &into->captured_vnd
                     : str_is(kind, "J6") || str_is(kind, "J6R") ? &into->refunds_vnd
                     : str_is(kind, "J3")                        ? &into->payouts_vnd
                                                                 : &into->other_vnd;

    *where += vnd;
    into->closing_vnd += vnd;
    if (is_capture(kind)) {
        b->early_vnd += sql_int(rows, 2);
        b->late_vnd += sql_int(rows, 3);
        b->mended_vnd += sql_int(rows, 4);
    } else if (!paid_out && !str_is(kind, "J6")) {
        b->mended_vnd += vnd;
    }
}

/* All that moved from one day to another; kinds go to where the statement shows them. */
static result books_sum(struct bridging *b, struct str from, struct str to, struct bridge *into,
                        struct err *e)
{
    const struct str *c = b->r->channels;
    DEFER(sql_end) struct sql_rows *rows = NULL;
    bool more;

    TRY(sql_find(b->db, SQL_BRIDGE_BOOKS_DAY, &rows, e, sql_t(from), sql_t(to), sql_i(b->r->cut_ms),
                 sql_t(known_until(b)), sql_t(c[0]), sql_t(c[1]), sql_t(c[2]), sql_t(c[3]),
                 sql_t(b->r->key.provider), sql_t(b->r->key.account)));
    for (;;) {
        TRY(sql_next(rows, &more, e));
        if (!more)
            return OK;
        kind_add(b, rows, into);
    }
}

static result opening_read(struct bridging *b, struct err *e)
{
    const struct str *c = b->r->channels;
    DEFER(sql_end) struct sql_rows *rows = NULL;
    struct bridge between = { 0 };
    struct date day;

    if (b->day_before.n > 0) {
        must(date_read(b->day_before, &day));
        TRY(books_sum(b, date_iso(b->a, date_add_days(day, 1)),
                      date_iso(b->a, date_add_days(b->r->day, -1)), &between, e));
        b->early_vnd = 0; /* their days are over, or begin with this one */
        b->out->opening_vnd = b->before.closing_vnd + between.closing_vnd;
        return OK;
    }
    TRY(sql_find(b->db, SQL_BRIDGE_BOOKS_BEFORE, &rows, e, sql_t(b->day), sql_i(b->r->cut_ms),
                 sql_t(c[0]), sql_t(c[1]), sql_t(c[2]), sql_t(c[3]), sql_t(b->r->key.provider),
                 sql_t(b->r->key.account)));
    TRY(sql_one(rows, e));
    b->out->opening_vnd = sql_int(rows, 0);
    return OK;
}

/* Statement signs: what left is shown as a positive number. */
static result books_read(struct bridging *b, struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;
    struct bridge *out = b->out;

    TRY(opening_read(b, e));
    TRY(books_sum(b, b->day, b->day, out, e));
    out->closing_vnd += out->opening_vnd;
    TRY(sql_find(b->db, SQL_BRIDGE_BOOKS_FEES, &rows, e, sql_t(b->day), sql_i(b->r->cut_ms),
                 sql_t(b->r->key.provider)));
    TRY(sql_one(rows, e));
    out->fees_vnd = sql_int(rows, 0);
    out->refunds_vnd = -out->refunds_vnd;
    out->payouts_vnd = -out->payouts_vnd - out->fees_vnd;
    return OK;
}

static void theirs_make(struct bridging *b)
{
    const struct settlement_kept *f = &b->r->file;
    struct bridge *out = b->out;

    out->has_balances = f->has_chain;
    out->theirs_moved_vnd = f->moved_vnd;
    out->theirs_opening_vnd = f->has_chain          ? f->opening_vnd
                              : b->day_before.n > 0 ? b->before.theirs_closing_vnd
                                                    : out->opening_vnd;
    out->theirs_closing_vnd =
        f->has_chain ? f->closing_vnd : out->theirs_opening_vnd + f->moved_vnd;
    out->theirs_fees_vnd = out->theirs_opening_vnd + f->moved_vnd - out->theirs_closing_vnd;
}

static result found_read(struct bridging *b, struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;
    bool more;

    TRY(sql_find(b->db, SQL_BRIDGE_FOUND, &rows, e, sql_i(b->r->run_n)));
    for (;;) {
        TRY(sql_next(rows, &more, e));
        if (!more)
            return OK;
        TRY(line_add(b, BRIDGE_EXCEPTION, sql_text(rows, 0, b->a), b->r->day, sql_int(rows, 1),
                     sql_int(rows, 2), e));
    }
}

static result carried_read(struct bridging *b, struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;
    struct date day;
    bool more;

    TRY(sql_find(b->db, SQL_BRIDGE_CARRIED, &rows, e, sql_t(b->r->key.provider),
                 sql_t(b->r->key.account), sql_t(b->day), sql_i(b->end_ms), sql_i(b->r->cut_ms)));
    for (;;) {
        TRY(sql_next(rows, &more, e));
        if (!more)
            return OK;
        must(date_read(sql_text(rows, 0, b->a), &day));
        TRY(line_add(b, BRIDGE_CARRIED, sql_text(rows, 1, b->a), day, sql_int(rows, 2),
                     sql_int(rows, 3), e));
    }
}

/* What is posted here on another day than it happened there: not yet in our figure, or already. */
static result in_time_read(struct bridging *b, struct err *e)
{
    const struct str *c = b->r->channels;
    DEFER(sql_end) struct sql_rows *rows = NULL;
    int64_t count, vnd;

    TRY(sql_find(b->db, SQL_BRIDGE_IN_TIME, &rows, e, sql_t(b->day),
                 sql_t(date_iso(b->a, clock_local(b->r->cut_ms).date)), sql_i(b->r->cut_ms),
                 sql_t(c[0]), sql_t(c[1]), sql_t(c[2]), sql_t(c[3])));
    TRY(pair_read(rows, &count, &vnd, e));
    b->after_vnd = sql_int(rows, 2);
    TRY(line_add(b, BRIDGE_IN_TIME, STR(""), (struct date){ 0 }, count, -vnd, e));
    return line_add(b, BRIDGE_IN_TIME, STR("DATE"), (struct date){ 0 }, 0, b->early_vnd, e);
}

static result paid_out_read(struct bridging *b, struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;
    int64_t count, vnd;

    TRY(sql_find(b->db, SQL_BRIDGE_PAID_OUT, &rows, e, sql_t(b->r->key.provider),
                 sql_t(b->r->key.account), sql_t(b->day), sql_i(b->end_ms), sql_i(b->r->cut_ms)));
    TRY(pair_read(rows, &count, &vnd, e));
    return line_add(b, BRIDGE_PAID_OUT, STR(""), (struct date){ 0 }, count, -vnd, e);
}

/* What the files say the provider kept, with those of the days before. */
static result fees_read(struct bridging *b, struct err *e)
{
    int64_t count = b->out->has_balances, vnd = b->out->theirs_fees_vnd;

    for (size_t i = 0; i < b->before.count; i++)
        if (b->before.lines[i].item == BRIDGE_FEES) {
            count += b->before.lines[i].count;
            vnd += b->before.lines[i].vnd;
        }
    return line_add(b, BRIDGE_FEES, STR(""), (struct date){ 0 }, count, vnd, e);
}

/* All differences that runs of earlier days found, less what was posted for them since: what of it
 * is not carried was accepted, or is explained by another day. It hangs on no exception's row. */
static result decided_read(struct bridging *b, struct err *e)
{
    const struct bridge *before = &b->before;
    const int64_t known_vnd = lines_vnd(before, BRIDGE_EXCEPTION) +
                              lines_vnd(before, BRIDGE_CARRIED) +
                              lines_vnd(before, BRIDGE_DECIDED) + in_time_vnd(before);
    const int64_t still_vnd = lines_vnd(b->out, BRIDGE_CARRIED) + in_time_vnd(b->out);

    return line_add(b, BRIDGE_DECIDED, STR(""), (struct date){ 0 }, 0,
                    known_vnd + b->late_vnd + b->mended_vnd - b->after_vnd - still_vnd, e);
}

static result lines_read(struct bridging *b, struct err *e)
{
    const bool is_first = b->day_before.n == 0;
    const int64_t start_vnd = is_first ? b->out->opening_vnd - b->out->theirs_opening_vnd
                                       : carried_vnd(&b->before, BRIDGE_BEFORE);

    TRY(found_read(b, e));
    TRY(carried_read(b, e));
    TRY(in_time_read(b, e));
    TRY(paid_out_read(b, e));
    TRY(fees_read(b, e));
    TRY(line_add(b, BRIDGE_BEFORE, STR(""), (struct date){ 0 }, 0, start_vnd, e));
    TRY(line_add(b, BRIDGE_ELSEWHERE, STR(""), (struct date){ 0 }, 0,
                 carried_vnd(&b->before, BRIDGE_ELSEWHERE) - b->r->other_vnd, e));
    return decided_read(b, e);
}

result bridge_make(struct sql *db, const struct reconcile_run *r, struct bridge *out, struct err *e)
{
    struct bridging b = { .db = db,
                          .r = r,
                          .a = r->a,
                          .day = date_iso(r->a, r->day),
                          .end_ms = clock_day_start_ms(date_add_days(r->day, 1)),
                          .out = out };

    *out = (struct bridge){ .lines = arena_array(r->a, struct bridge_line, BRIDGE_LINES_MAX) };
    TRY(before_read(&b, e));
    TRY(books_read(&b, e));
    theirs_make(&b);
    TRY(lines_read(&b, e));
    out->difference_vnd = out->closing_vnd - out->theirs_closing_vnd;
    out->residual_vnd = out->difference_vnd - out->explained_vnd;
    return OK;
}

static const struct {
    const char *name;
    size_t at;
} figures[] = {
    { "opening_vnd", offsetof(struct bridge, opening_vnd) },
    { "captured_vnd", offsetof(struct bridge, captured_vnd) },
    { "refunds_vnd", offsetof(struct bridge, refunds_vnd) },
    { "payouts_vnd", offsetof(struct bridge, payouts_vnd) },
    { "fees_vnd", offsetof(struct bridge, fees_vnd) },
    { "other_vnd", offsetof(struct bridge, other_vnd) },
    { "closing_vnd", offsetof(struct bridge, closing_vnd) },
    { "theirs_opening_vnd", offsetof(struct bridge, theirs_opening_vnd) },
    { "theirs_moved_vnd", offsetof(struct bridge, theirs_moved_vnd) },
    { "theirs_fees_vnd", offsetof(struct bridge, theirs_fees_vnd) },
    { "theirs_closing_vnd", offsetof(struct bridge, theirs_closing_vnd) },
    { "difference_vnd", offsetof(struct bridge, difference_vnd) },
    { "explained_vnd", offsetof(struct bridge, explained_vnd) },
    { "residual_vnd", offsetof(struct bridge, residual_vnd) },
};

struct json *bridge_json(const struct bridge *b, struct arena *a)
{
    struct json *o = json_object(), *lines = json_array();

    for (size_t i = 0; i < LEN(figures); i++)
        json_put_int(o, figures[i].name,
                     *(const int64_t *)(const void *)((const char *)b + figures[i].at));
    json_put_bool(o, "has_balances", b->has_balances);
    for (size_t i = 0; i < b->count; i++) {
        const struct bridge_line *l = &b->lines[i];
        struct json *line = json_object();

        json_put_str(line, "item", str_c(item_names[l->item]));
        json_put_str(line, "class", l->class);
        json_put_str(line, "day", l->day.y > 0 ? date_iso(a, l->day) : STR(""));
        json_put_int(line, "count", l->count);
        json_put_int(line, "vnd", l->vnd);
        json_add(lines, line);
    }
    json_put(o, "lines", lines);
    return o;
}

static bool line_read(const struct json *o, struct arena *a, struct bridge_line *out)
{
    struct str item = STR(""), class = STR(""), day = STR("");
    int i = 0;

    if (!json_str(json_member(o, "item"), &item) || !json_str(json_member(o, "class"), &class) ||
        !json_str(json_member(o, "day"), &day) || !json_int(json_member(o, "count"), &out->count) ||
        !json_int(json_member(o, "vnd"), &out->vnd))
        return false;
    while (i < BRIDGE_ITEM_COUNT && !str_is(item, item_names[i]))
        i++;
    out->item = (enum bridge_item)i;
    out->class = str_dup(a, class);
    return i < BRIDGE_ITEM_COUNT && (day.n == 0 || date_read(day, &out->day));
}

bool bridge_read(struct str outcome, struct arena *a, struct bridge *out)
{
    DEFER(json_close) struct json *root = NULL;
    const struct json *o, *lines;
    struct err why = { 0 };

    *out = (struct bridge){ 0 };
    if (json_read(outcome, &root, &why).failed)
        return false;
    o = json_member(root, "bridge");
    lines = json_member(o, "lines");
    if (o == NULL || !json_is_array(lines))
        return false;
    for (size_t i = 0; i < LEN(figures); i++)
        if (!json_int(json_member(o, figures[i].name),
                      (int64_t *)(void *)((char *)out + figures[i].at)))
            return false;
    (void)json_bool(json_member(o, "has_balances"), &out->has_balances);
    out->lines = arena_array(a, struct bridge_line, json_count(lines) + 1);
    for (; out->count < json_count(lines); out->count++)
        if (!line_read(json_at(lines, out->count), a, &out->lines[out->count]))
            return false;
    return true;
}
