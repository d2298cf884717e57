/*
 * truth.json:
 *
 *   days[]    day, captured_vnd, captured_count (payments less refunds of the day), and by form
 *             lines, file_vnd and the verdict that the day has once all files are in
 *   found[]   class, day, line (0: none), reference, portal_txn, ours_vnd, theirs_vnd,
 *             difference_vnd, forms[]; otherwise: what it passes for in the other forms (null: it
 *             agrees there) and otherwise_vnd
 *   files{}   by form, in their order of arrival: file, day, revision, arrives_at, expect
 *             (accepted, quarantined, known; superseded: accepted, until the next one comes), class
 *   credits[] of bank/: payouts with the days that they pay, due_vnd by the lines and paid_vnd; and
 *             payers' transfers with the code in the narrative, empty where there is none
 */
#include "base/arena.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/str.h"
#include "sandbox/month.h"

/* As match.def has it, told here in words of its own. */
static int weight_of(const char *class)
{
    static const struct {
        const char *class;
        int weight;
    } light[] = { { "DATE", 1 }, { "OK_W", 2 }, { "LATE", 2 }, { "FEE", 2 }, { "TRS", 2 } };

    for (size_t i = 0; i < LEN(light); i++)
        if (str_is(str_c(class), light[i].class))
            return light[i].weight;
    return 3;
}

static int64_t moved_vnd(const struct settle_line *l, enum month_form form)
{
    const bool told = (MONTH_CELLED & MONTH_BIT(form)) != 0;

    if (!str_is(str_c(l->status), "SUCCESS") || l->type == SETTLE_FEE ||
        (told && !str_is(str_c(l->currency), "VND")))
        return 0;
    return l->type == SETTLE_REFUND || l->type == SETTLE_REVERSAL ? -l->gross_vnd : l->gross_vnd;
}

static struct json *form_json(const struct month *m, size_t day, enum month_form form)
{
    static const char *const verdicts[] = { "reconciled", "reconciled_with_pending",
                                            "reconciled_with_warnings", "breaks" };
    const struct settle_day *d = &m->day[day];
    struct json *o = json_object();
    int64_t vnd = 0, lines = 0;
    int weight = 0;

    for (size_t i = 0; i < d->n; i++) {
        vnd += moved_vnd(&d->lines[i], form);
        lines += form == MONTH_FW1 && d->lines[i].type == SETTLE_FEE ? 0 : 1;
    }
    for (size_t i = 0; i < m->found_count; i++) {
        const struct month_found *f = &m->found[i];
        const char *class = f->forms & MONTH_BIT(form) ? f->class : f->otherwise;
        if (f->day == day && class != NULL && weight_of(class) > weight)
            weight = weight_of(class);
    }
    json_put_int(o, "lines", lines);
    json_put_int(o, "file_vnd", vnd);
    json_put_str(o, "verdict", str_c(verdicts[weight]));
    return o;
}

static struct json *day_json(const struct month *m, struct arena *a, size_t day)
{
    struct json *o = json_object();
    int64_t vnd = 0, count = 0;

    for (size_t i = 0; i < m->ours_count; i++) {
        const struct month_pay *p = &m->ours[i];
        if (p->state != MONTH_CAPTURED || month_day_of(m, p->at_ms) != (int)day)
            continue;
        vnd += p->refund ? -p->amount_vnd : p->amount_vnd;
        count++;
    }
    json_put_str(o, "day", date_iso(a, month_date(m, day)));
    json_put_int(o, "captured_vnd", vnd);
    json_put_int(o, "captured_count", count);
    for (int form = 0; form < MONTH_FORMS; form++)
        json_put(o, month_form_name((enum month_form)form),
                 form_json(m, day, (enum month_form)form));
    return o;
}

static struct json *found_json(const struct month *m, struct arena *a, const struct month_found *f)
{
    struct json *o = json_object(), *forms = json_array();

    for (int form = 0; form < MONTH_FORMS; form++)
        if (f->forms & (1U << (unsigned)form))
            json_add_str(forms, str_c(month_form_name((enum month_form)form)));
    json_put_str(o, "class", str_c(f->class));
    json_put_str(o, "day", date_iso(a, month_date(m, f->day)));
    json_put_int(o, "line", (int64_t)f->line);
    json_put_str(o, "reference", f->reference);
    json_put_str(o, "portal_txn", f->txn);
    json_put_int(o, "ours_vnd", f->ours_vnd);
    json_put_int(o, "theirs_vnd", f->theirs_vnd);
    json_put_int(o, "difference_vnd", f->ours_vnd - f->theirs_vnd);
    json_put(o, "forms", forms);
    if (f->otherwise != NULL)
        json_put_str(o, "otherwise", str_c(f->otherwise));
    else
        json_put_null(o, "otherwise");
    json_put_int(o, "otherwise_vnd", f->otherwise_vnd);
    return o;
}

static struct json *file_json(const struct month *m, struct arena *a, const struct month_file *f)
{
    struct json *o = json_object();

    json_put_str(o, "file", f->name);
    json_put_str(o, "day", date_iso(a, month_date(m, f->day)));
    json_put_int(o, "revision", f->revision);
    json_put_str(o, "arrives_at", clock_rfc3339(a, f->arrives_ms));
    json_put_str(o, "expect", str_c(f->expect));
    json_put_str(o, "class", str_c(f->class));
    json_put_str(o, "what", str_c(f->what));
    return o;
}

static struct json *credit_json(const struct month *m, struct arena *a,
                                const struct month_credit *c)
{
    struct json *o = json_object();

    json_put_str(o, "kind", c->payout ? STR("payout") : STR("transfer"));
    json_put_str(o, "day", date_iso(a, month_date(m, c->day)));
    json_put_str(o, "txn", c->txn);
    json_put_str(o, "account", c->account);
    json_put_str(o, "narrative", c->narrative);
    json_put_int(o, "paid_vnd", c->paid_vnd);
    if (c->payout) {
        json_put_str(o, "from", date_iso(a, month_date(m, c->first_day)));
        json_put_str(o, "to", date_iso(a, month_date(m, c->last_day)));
        json_put_int(o, "due_vnd", c->due_vnd);
    } else {
        json_put_str(o, "code", c->code);
    }
    return o;
}

/* One row on a line of its own. */
static void row_put(struct buf *b, struct arena *a, struct json *o, bool first)
{
    buf_puts(b, first ? "\n  " : ",\n  ");
    buf_put(b, json_print(a, o));
    json_close(&o);
}

static void lists_put(const struct month *m, struct arena *a, struct buf *b)
{
    buf_puts(b, "\"days\":[");
    for (size_t day = 0; day < m->days; day++)
        row_put(b, a, day_json(m, a, day), day == 0);
    buf_puts(b, "],\n\"found\":[");
    for (size_t i = 0; i < m->found_count; i++)
        row_put(b, a, found_json(m, a, &m->found[i]), i == 0);
    buf_puts(b, "],\n\"files\":{");
    for (int form = 0; form < MONTH_FORMS; form++) {
        buf_fmt(b, "%s\"%s\":[", form == 0 ? "" : ",\n", month_form_name((enum month_form)form));
        for (size_t i = 0; i < m->file_count[form]; i++)
            row_put(b, a, file_json(m, a, &m->files[form][i]), i == 0);
        buf_putc(b, ']');
    }
    buf_puts(b, "},\n\"credits\":[");
    for (size_t i = 0; i < m->credit_count; i++)
        row_put(b, a, credit_json(m, a, &m->credits[i]), i == 0);
    buf_putc(b, ']');
}

result month_truth_write(struct month *m, struct err *e)
{
    DEFER(arena_close) struct arena *a = arena_open((size_t)LIMIT_SETTLEMENT_BYTES * 8);
    struct buf b = buf_make(a, (size_t)LIMIT_SETTLEMENT_BYTES);
    struct str text;

    buf_fmt(&b, "{\"seed\":%llu,\"month\":\"%04d-%02d\",\"scale\":%lld,\n",
            (unsigned long long)m->seed, m->year, m->number, (long long)m->scale);
    lists_put(m, a, &b);
    buf_puts(&b, "}\n");
    TRY(buf_end(&b, &text, e));
    return month_put(m, STR("truth.json"), text, e);
}
