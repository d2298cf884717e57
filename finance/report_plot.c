#include "finance/report_plot.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/catalog.h"
#include "base/err.h"
#include "base/str.h"

#define SHOWN_MAX 10 /* bars of a breakdown, without "others" */

/* What is drawn: of which report, as what, which columns, in which unit. */
static const struct shown {
    const char *report;
    enum plot_kind kind;
    const char *columns[PLOT_SERIES_MAX + 1];
    const char *unit;
    int decimals;
    size_t label; /* column of the label */
} pictures[] = {
    { "collections",
      PLOT_STACKED,
      { "le_phi", "phi_budget", "phi_kept", "held" },
      "report.unit.vnd",
      0,
      0 },
    { "counter", PLOT_STACKED, { "counter_vnd", "online_vnd" }, "report.unit.vnd", 0, 0 },
    { "capture", PLOT_HISTOGRAM, { "count" }, "report.unit.payments", 0, 0 },
    { "match", PLOT_LINES, { "match_rate" }, "report.unit.percent", 2, 0 },
    { "ageing",
      PLOT_STACKED,
      { "age_fresh", "age_week", "age_month", "age_old" },
      "report.unit.vnd",
      0,
      0 },
    { "online",
      PLOT_STACKED,
      { "paid_portal", "paid_own", "paid_counter" },
      "report.unit.dossiers",
      0,
      0 },
    { "qd766", PLOT_BARS, { "rate" }, "report.unit.percent", 2, 0 },
};

static const struct shown *picture_of(const struct report_table *t)
{
    for (size_t i = 0; i < LEN(pictures); i++)
        if (strcmp(pictures[i].report, t->name) == 0)
            return &pictures[i];
    return NULL;
}

static bool has_columns(const struct report_table *t, const struct shown *s)
{
    for (size_t k = 0; s->columns[k] != NULL; k++) {
        size_t i = 0;

        while (i < t->column_count && strcmp(t->columns[i].name, s->columns[k]) != 0)
            i++;
        if (i == t->column_count)
            return false;
    }
    return true;
}

bool report_has_plot(const struct report_table *t)
{
    const struct shown *s = picture_of(t);

    return s != NULL && has_columns(t, s);
}

struct bar {
    size_t row;
    int64_t size;
};

static int bar_cmp(const void *a, const void *b)
{
    const struct bar *x = a, *y = b;

    if (x->size != y->size)
        return x->size < y->size ? 1 : -1;
    return x->row < y->row ? -1 : 1;
}

static bool is_timed(const struct report_table *t)
{
    return t->columns[0].kind == REPORT_DAY;
}

struct drawing {
    const struct report_print *p;
    const struct shown *s;
    struct arena *a;
    struct bar *bars;
    size_t count, shown; /* rows; those with a bar of their own */
    size_t columns[PLOT_SERIES_MAX], series;
};

static int64_t value_of(const struct drawing *d, size_t row, size_t series)
{
    const int64_t n = report_cell(d->p->table, row, d->columns[series])->n;

    if (n == REPORT_NOT)
        return d->s->kind == PLOT_LINES ? PLOT_GAP : 0;
    return n > 0 || d->s->kind == PLOT_LINES ? n : 0;
}

/* The largest first where order says nothing, and the rest as one. */
static void order(struct drawing *d)
{
    const struct report_table *t = d->p->table;

    d->count = t->row_count - (t->has_total ? 1 : 0);
    d->bars = arena_array(d->a, struct bar, d->count + 1);
    for (size_t i = 0; i < d->count; i++) {
        d->bars[i] = (struct bar){ .row = i };
        for (size_t s = 0; s < d->series; s++)
            d->bars[i].size += value_of(d, i, s) == PLOT_GAP ? 0 : value_of(d, i, s);
    }
    d->shown = d->count;
    if (is_timed(t) || d->s->kind == PLOT_HISTOGRAM || d->count <= SHOWN_MAX)
        return;
    qsort(d->bars, d->count, sizeof(*d->bars), bar_cmp);
    d->shown = SHOWN_MAX;
}

static struct str label_of(const struct drawing *d, size_t row)
{
    const struct str s = report_cell_text(d->p->table, row, d->s->label, d->p->texts, d->a);

    /* 23/11 of 23/11/2026: the year stands in the title. */
    if (is_timed(d->p->table))
        return str_sub(s, 0, 5);
    return s;
}

static void series_fill(const struct drawing *d, struct plot *out, struct plot_series *series)
{
    for (size_t s = 0; s < d->series; s++) {
        int64_t *values = arena_array(d->a, int64_t, d->shown + 1);
        const struct str key = str_fmt(d->a, "report.col.%s", d->s->columns[s]);

        for (size_t i = 0; i < d->shown; i++)
            values[i] = value_of(d, d->bars[i].row, s);
        values[d->shown] = 0;
        for (size_t i = d->shown; i < d->count; i++)
            values[d->shown] += value_of(d, d->bars[i].row, s);
        series[s] = (struct plot_series){ catalog_text(d->p->texts, key), values };
    }
    out->series = series;
    out->series_count = d->series;
}

/* In words: the largest, and how many there are. */
static struct str words_of(const struct drawing *d)
{
    size_t most = 0;

    if (d->count == 0)
        return catalog_text(d->p->texts, STR("report.none"));
    for (size_t i = 1; i < d->count; i++)
        if (d->bars[i].size > d->bars[most].size)
            most = i;
    const struct str words[] = { str_i64(d->a, (int64_t)d->count), label_of(d, d->bars[most].row),
                                 plot_number(d->a, d->bars[most].size, d->s->decimals) };

    return catalog_fill(d->a, d->p->texts, STR("report.in_words"), words, LEN(words));
}

result report_plot(const struct report_print *p, struct arena *a, struct plot *out, struct err *e)
{
    const struct shown *s = picture_of(p->table);
    struct drawing d = { .p = p, .s = s, .a = a };
    struct str *labels;

    if (!report_has_plot(p->table))
        return fail(e, ERR_NOT_FOUND, "this report has no picture");
    for (; s->columns[d.series] != NULL; d.series++)
        d.columns[d.series] = report_column_find(p->table, s->columns[d.series]);
    order(&d);
    labels = arena_array(a, struct str, d.shown + 1);
    for (size_t i = 0; i < d.shown; i++)
        labels[i] = label_of(&d, d.bars[i].row);
    labels[d.shown] = catalog_text(p->texts, STR("report.others"));
    *out = (struct plot){ .kind = s->kind,
                          .title = report_title(p, a),
                          .desc = words_of(&d),
                          .unit = catalog_text(p->texts, str_c(s->unit)),
                          .none = catalog_text(p->texts, STR("report.none")),
                          .language = p->query->language,
                          .decimals = s->decimals,
                          .labels = labels,
                          .label_count = d.shown + (d.count > d.shown ? 1 : 0) };
    series_fill(&d, out, arena_array(a, struct plot_series, PLOT_SERIES_MAX));
    return OK;
}
