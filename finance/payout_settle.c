/*
 * Which captures a file settles. Attacker: a file that claims one twice; promise: an item is a
 * capture that was settled by nothing yet and that a line agrees with to the dong, and of several
 * such lines it is the first. Both sides are read once and compared in memory: a day of a million
 * lines costs what its rows cost, whatever the server believes about their number.
 */
#include <stdlib.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "finance/payout_row.h"
#include "store/sql_bulk.h"

#define MEMORY_MAX ((size_t)1 << 40) /* bounded by the captures and lines of a day instead */
#define ROOM_LEAST ((size_t)1024)
#define KEYS       32 /* that are asked for by one statement */
#define PAGE_ROWS  5000

struct capture {
    struct str reference, txn, account, agency_id, order_id;
    int64_t n, vnd;
    int64_t line, fee_vnd; /* of the line that settles it; 0: none */
    bool deducted;
};

struct line {
    int64_t n, gross_vnd, fee_vnd, net_vnd;
    struct str reference, txn, account;
};

struct settling {
    struct sql *db;
    const struct payout_day *d;
    int64_t payout_n;
    struct arena *a, *page;
    struct capture *captures;
    size_t count, room;
    uint32_t *slots;         /* places of captures by reference, from 1; twice the room */
    struct str agency_id;    /* the last one */
    struct line lines[KEYS]; /* of payments of other days */
    size_t line_count;
};

static void settling_close(struct settling *k)
{
    free(k->captures);
    free(k->slots);
    arena_close(&k->a);
    arena_close(&k->page);
}

static size_t hash_of(const struct settling *k, struct str s)
{
    uint64_t h = 0xcbf29ce484222325ULL;

    for (size_t i = 0; i < s.n; i++)
        h = (h ^ (unsigned char)s.p[i]) * 0x100000001b3ULL;
    return (size_t)(h ^ (h >> 32)) & (2 * k->room - 1);
}

static struct capture *capture_find(const struct settling *k, struct str reference)
{
    for (size_t i = hash_of(k, reference); k->slots[i] != 0; i = (i + 1) & (2 * k->room - 1))
        if (str_eq(k->captures[k->slots[i] - 1].reference, reference))
            return &k->captures[k->slots[i] - 1];
    return NULL;
}

static void slot_put(struct settling *k, size_t place)
{
    size_t i = hash_of(k, k->captures[place].reference);

    while (k->slots[i] != 0)
        i = (i + 1) & (2 * k->room - 1);
    k->slots[i] = (uint32_t)place + 1;
}

static void room_make(struct settling *k)
{
    if (k->count < k->room)
        return;
    k->room = k->room == 0 ? ROOM_LEAST : 2 * k->room;
    must(k->room < UINT32_MAX / 2);
    k->captures = realloc(k->captures, k->room * sizeof(k->captures[0]));
    free(k->slots);
    k->slots = calloc(2 * k->room, sizeof(k->slots[0]));
    must(k->captures != NULL && k->slots != NULL);
    for (size_t i = 0; i < k->count; i++)
        slot_put(k, i);
}

/* Columns: reference, portal_txn, account, agency, order, n, amount. */
static void capture_add(struct settling *k, const struct sql_rows *rows)
{
    const struct str agency_id = sql_text(rows, 3, k->page);

    if (!str_eq(agency_id, k->agency_id))
        k->agency_id = str_dup(k->a, agency_id);
    room_make(k);
    k->captures[k->count] = (struct capture){ .reference = sql_text(rows, 0, k->a),
                                              .txn = sql_text(rows, 1, k->a),
                                              .account = sql_text(rows, 2, k->a),
                                              .agency_id = k->agency_id,
                                              .order_id = sql_text(rows, 4, k->a),
                                              .n = sql_int(rows, 5),
                                              .vnd = sql_int(rows, 6) };
    slot_put(k, k->count++);
}

static result day_read(struct settling *k, struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;
    bool row;

    room_make(k);
    TRY(sql_walk(k->db, SQL_PAYOUT_CAPTURES, &rows, e, sql_t(date_iso(k->a, k->d->day))));
    for (int64_t n = 1;; n++) {
        TRY(sql_next(rows, &row, e));
        if (!row)
            return OK;
        capture_add(k, rows);
        if (n % PAGE_ROWS == 0)
            arena_reset(k->page);
    }
}

static bool either(struct str a, struct str b)
{
    return a.n == 0 || b.n == 0 || str_eq(a, b);
}

static void line_judge(struct capture *c, const struct line *l)
{
    if (l->gross_vnd != c->vnd || (l->txn.n > 0 && !str_eq(l->txn, c->txn)) ||
        !either(l->account, c->account) || (c->line != 0 && c->line < l->n))
        return;
    c->line = l->n;
    c->fee_vnd = l->fee_vnd;
    c->deducted = l->fee_vnd > 0 && l->net_vnd == l->gross_vnd - l->fee_vnd;
}

/* Captures of other days, where lines named what this one does not have. */
static result others_ask(struct settling *k, struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;
    struct sql_param p[KEYS];
    bool row;

    if (k->line_count == 0)
        return OK;
    for (size_t i = 0; i < KEYS; i++) /* all places are filled */
        p[i] = sql_t(k->lines[i < k->line_count ? i : 0].reference);
    TRY(sql_find_n(k->db, SQL_PAYOUT_CAPTURES_NAMED, p, KEYS, &rows, e));
    for (;;) {
        TRY(sql_next(rows, &row, e));
        if (!row)
            break;
        if (capture_find(k, sql_text(rows, 0, k->page)) == NULL)
            capture_add(k, rows);
    }
    for (size_t i = 0; i < k->line_count; i++) {
        struct capture *c = capture_find(k, k->lines[i].reference);
        if (c != NULL)
            line_judge(c, &k->lines[i]);
    }
    k->line_count = 0;
    return OK;
}

static result line_take(struct settling *k, const struct sql_rows *rows, struct err *e)
{
    const struct line l = { .n = sql_int(rows, 0),
                            .reference = sql_text(rows, 1, k->page),
                            .txn = sql_text(rows, 2, k->page),
                            .account = sql_text(rows, 3, k->page),
                            .gross_vnd = sql_int(rows, 4),
                            .fee_vnd = sql_int(rows, 5),
                            .net_vnd = sql_int(rows, 6) };
    struct capture *c = capture_find(k, l.reference);

    if (c != NULL) {
        line_judge(c, &l);
        return OK;
    }
    k->lines[k->line_count++] = l;
    return k->line_count == KEYS ? others_ask(k, e) : OK;
}

static result lines_read(struct settling *k, struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;
    int64_t n = 0;
    bool row;

    TRY(sql_walk(k->db, SQL_PAYOUT_LINES, &rows, e, sql_t(k->d->provider), sql_t(k->d->account),
                 sql_t(date_iso(k->a, k->d->day))));
    for (;;) {
        TRY(sql_next(rows, &row, e));
        if (!row)
            return others_ask(k, e);
        TRY(line_take(k, rows, e));
        if (++n >= PAGE_ROWS && k->line_count == 0) {
            arena_reset(k->page);
            n = 0;
        }
    }
}

static int item_order(const void *a, const void *b)
{
    const struct capture *x = a, *y = b;
    int c = x->agency_id.p == y->agency_id.p ? 0 : str_cmp(x->agency_id, y->agency_id);

    c = c != 0 ? c : str_cmp(x->order_id, y->order_id);
    return c != 0 ? c : (x->n > y->n) - (x->n < y->n);
}

/* In the order of their key, in which an index takes them with the least work. */
static result items_write(struct settling *k, struct err *e)
{
    DEFER(sql_bulk_drop) struct sql_bulk *bulk = NULL;
    size_t count = 0;
    int64_t rows;

    for (size_t i = 0; i < k->count; i++)
        if (k->captures[i].line != 0)
            k->captures[count++] = k->captures[i];
    if (count == 0)
        return OK;
    qsort(k->captures, count, sizeof(k->captures[0]), item_order);
    TRY(sql_bulk_begin(k->db, SQL_PAYOUT_ITEM_INSERT, k->a, &bulk, e));
    for (size_t i = 0; i < count; i++) {
        const struct capture *c = &k->captures[i];
        TRY(sql_bulk_row(bulk, e, sql_t(c->agency_id), sql_t(c->order_id), sql_i(c->n),
                         sql_t(STR("")), sql_i(k->payout_n), sql_i(c->vnd), sql_i(c->fee_vnd),
                         sql_i(c->deducted ? 1 : 0), sql_i(c->line)));
    }
    return sql_bulk_end(&bulk, &rows, e);
}

result payout_settle(struct sql *db, const struct payout_day *d, int64_t payout_n, struct err *e)
{
    DEFER(settling_close)
    struct settling k = { .db = db,
                          .d = d,
                          .payout_n = payout_n,
                          .a = arena_open(MEMORY_MAX),
                          .page = arena_open(MEMORY_MAX),
                          .agency_id = STR("") };

    TRY(day_read(&k, e));
    TRY(lines_read(&k, e));
    return items_write(&k, e);
}
