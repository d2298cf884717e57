/*
 * Many proposals from one CSV. Attacker: a sheet that was edited by many hands; promise: each line
 * is rehearsed as if it were submitted alone, a fault names its line and field, and either all
 * become proposals or none does. Deliberately not done: approving in bulk; each is decided by
 * itself.
 */
#include "base/arena.h"
#include "base/err.h"
#include "base/limits.h"
#include "base/str.h"
#include "base/utf8.h"
#include "finance/exception_action.h"
#include "finance/exception_row.h"
#include "payments/proposal.h"
#include "store/sql.h"

#define COLUMNS         4
#define CSV_BYTES_MAX   ((size_t)1 << 20)
#define FIELD_BYTES_MAX 2000
/* A line with the most postings there may be: its content, and the proposal that holds it. */
#define SHEET_ARENA_BYTES (EXCEPTION_BULK_LINES * (size_t)512 * 1024)

static const char *const columns[COLUMNS] = { "exception", "action", "target", "remark" };

struct bulk_line {
    int64_t n;
    struct str cells[COLUMNS];
    struct str id;
    struct exception_draft d;
    struct exception_preview shown; /* without its postings: the content names them */
};

struct bulk {
    const struct office *f;
    const struct proposal_actor *by;
    struct arena *a;    /* the sheet, and what its lines would do */
    struct arena *work; /* of one line: a rehearsal takes much and leaves little */
    struct bulk_line *lines;
    size_t count;
    struct exception_fault *faults;
    size_t fault_count;
};

static void fault_add(struct bulk *b, int64_t line, const char *field, enum err_code code)
{
    if (b->fault_count < EXCEPTION_FAULTS_MAX)
        b->faults[b->fault_count++] = (struct exception_fault){ line, field, code };
}

/* One cell, quoted or not (RFC 4180); *rest is behind its separator. */
static bool cell_read(struct arena *a, struct str *rest, struct str *cell, bool *last)
{
    const bool quoted = rest->n > 0 && rest->p[0] == '"';
    char out[FIELD_BYTES_MAX];
    size_t i = quoted ? 1 : 0, n = 0;

    for (; i < rest->n; i++) {
        if (quoted && rest->p[i] == '"') {
            if (i + 1 < rest->n && rest->p[i + 1] == '"')
                i++;
            else
                break;
        } else if (!quoted && (rest->p[i] == ',' || rest->p[i] == '\n' || rest->p[i] == '\r')) {
            break;
        }
        if (n == FIELD_BYTES_MAX)
            return false;
        out[n++] = rest->p[i];
    }
    if (quoted && i++ >= rest->n)
        return false;
    if (i < rest->n && rest->p[i] == '\r')
        i++;
    *last = i >= rest->n || rest->p[i] == '\n';
    if (!*last && rest->p[i] != ',')
        return false;
    *rest = str_from(*rest, i < rest->n ? i + 1 : i);
    *cell = str_trim(str_dup(a, str_of(out, n)));
    return true;
}

static bool line_read(struct arena *a, struct str *rest, struct str cells[COLUMNS])
{
    bool last = false;
    size_t i = 0;

    for (; i < COLUMNS && !last; i++)
        if (!cell_read(a, rest, &cells[i], &last))
            return false;
    return last && i == COLUMNS;
}

static result header_check(struct bulk *b, struct str *rest, struct err *e)
{
    struct str cells[COLUMNS];

    if (str_starts(*rest, STR("\xEF\xBB\xBF")))
        *rest = str_from(*rest, 3);
    if (!line_read(b->a, rest, cells))
        return fail_field(e, ERR_INVALID, "file", "no header");
    for (size_t i = 0; i < COLUMNS; i++)
        if (!str_is(cells[i], columns[i]))
            return fail_field(e, ERR_INVALID, "file", "the header is not %s,%s,%s,%s", columns[0],
                              columns[1], columns[2], columns[3]);
    return OK;
}

/* "id" or "id=amount", joined by spaces. */
static bool targets_read(struct arena *a, struct str text, struct exception_draft *d)
{
    struct exception_target *all = arena_array(a, struct exception_target, EXCEPTION_TARGETS_MAX);

    d->targets = all;
    while (text.n > 0) {
        const size_t end = str_find(text, ' ');
        const struct str one = str_sub(text, 0, end);
        const size_t eq = str_find(one, '=');
        struct exception_target *t = &all[d->target_count];

        if (d->target_count == EXCEPTION_TARGETS_MAX)
            return false;
        d->target_count++;
        t->id = str_sub(one, 0, eq);
        if (t->id.n == 0)
            return false;
        if (eq < one.n && !str_to_i64(str_from(one, eq + 1), &t->amount_vnd))
            return false;
        text = str_trim(str_from(text, end));
    }
    return true;
}

static bool is_repeated(const struct bulk *b, const struct bulk_line *l)
{
    for (size_t i = 0; i < b->count; i++)
        if (&b->lines[i] != l && b->lines[i].n < l->n && str_eq(b->lines[i].id, l->id))
            return true;
    return false;
}

/* An assignment to one order needs no amount: it gets the whole. */
static void whole_fill(const struct bulk *b, struct bulk_line *l)
{
    struct exception_target *t;
    struct exception x;

    if (exception_action_need(l->d.action) != EXCEPTION_NEEDS_ORDERS || l->d.target_count != 1 ||
        l->d.targets[0].amount_vnd != 0 ||
        exception_load(b->f->till, l->id, b->work, &x, NULL).failed)
        return;
    t = arena_new(b->a, struct exception_target);
    *t = (struct exception_target){ l->d.targets[0].id, x.theirs_vnd };
    l->d.targets = t;
}

/* What exception_propose_in reads of it. */
static void shown_keep(struct bulk *b, struct bulk_line *l, const struct exception_preview *p)
{
    l->shown = (struct exception_preview){ .x = { .id = str_dup(b->a, p->x.id),
                                                  .agency_id = str_dup(b->a, p->x.agency_id),
                                                  .class = p->x.class,
                                                  .difference_vnd = p->x.difference_vnd },
                                           .content = str_dup(b->a, p->content),
                                           .amount_vnd = p->amount_vnd };
}

static void line_check(struct bulk *b, struct bulk_line *l)
{
    struct err why = { .code = ERR_NONE };
    struct exception_preview p;

    l->id = l->cells[0];
    l->d.remark = l->cells[3];
    if (!exception_action_find(l->cells[1], &l->d.action)) {
        fault_add(b, l->n, columns[1], ERR_INVALID);
        return;
    }
    if (!targets_read(b->a, l->cells[2], &l->d)) {
        fault_add(b, l->n, columns[2], ERR_INVALID);
        return;
    }
    if (is_repeated(b, l)) {
        fault_add(b, l->n, columns[0], ERR_CONFLICT);
        return;
    }
    arena_reset(b->work);
    whole_fill(b, l);
    if (!exception_preview(b->f, l->id, &l->d, b->by, b->work, &p, &why).failed) {
        shown_keep(b, l, &p);
        return;
    }
    fault_add(b, l->n,
              str_is(str_c(why.field), "remark")   ? columns[3]
              : str_is(str_c(why.field), "action") ? columns[1]
              : why.field[0] != '\0'               ? columns[2]
                                                   : columns[0],
              why.code);
}

static result lines_read(struct bulk *b, struct str rest, struct err *e)
{
    int64_t n = 1;

    TRY(header_check(b, &rest, e));
    while (rest.n > 0) {
        struct bulk_line *l = &b->lines[b->count];

        n++;
        if (b->count == EXCEPTION_BULK_LINES)
            return fail_field(e, ERR_TOO_LARGE, "file", "more than %d lines", EXCEPTION_BULK_LINES);
        l->n = n;
        if (!line_read(b->a, &rest, l->cells)) {
            fault_add(b, n, "line", ERR_MALFORMED);
            return OK; /* where the next line begins is not known any more */
        }
        b->count++;
    }
    return b->count > 0 ? OK : fail_field(e, ERR_INVALID, "file", "no lines");
}

static result propose_all(struct sql *db, void *arg, struct err *e)
{
    struct bulk *b = arg;

    for (size_t i = 0; i < b->count; i++) {
        struct bulk_line *l = &b->lines[i];
        struct proposal made;

        TRY(exception_propose_in(db, b->f, &l->shown, &l->d, b->by, b->a, &made, e));
    }
    return OK;
}

result exception_propose_csv(const struct office *f, struct str csv,
                             const struct proposal_actor *by, size_t *proposed,
                             struct exception_fault *faults, size_t *fault_count, struct err *e)
{
    DEFER(arena_close) struct arena *sheet = arena_open(SHEET_ARENA_BYTES);
    DEFER(arena_close) struct arena *work = arena_open(LIMIT_ARENA_JOB_BYTES);
    struct bulk b = { .f = f, .by = by, .a = sheet, .work = work, .faults = faults };

    *proposed = *fault_count = 0;
    if (csv.n > CSV_BYTES_MAX || !utf8_is_valid(csv))
        return fail_field(e, ERR_INVALID, "file", "too large, or not UTF-8");
    b.lines = arena_array(sheet, struct bulk_line, EXCEPTION_BULK_LINES);
    TRY(lines_read(&b, csv, e));
    for (size_t i = 0; i < b.count && b.fault_count < EXCEPTION_FAULTS_MAX; i++)
        line_check(&b, &b.lines[i]);
    *fault_count = b.fault_count;
    if (b.fault_count > 0)
        return OK;
    TRY(sql_transact(f->till->store, propose_all, &b, e));
    *proposed = b.count;
    return OK;
}
