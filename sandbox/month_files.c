/* Files in their order of arrival: the good ones, and beside them what must be put aside. */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/limits.h"
#include "base/str.h"
#include "sandbox/month.h"
#include "sandbox/sandbox.h"

#define HOUR_MS    3600000LL
#define DAY_MS     (24 * HOUR_MS)
#define FILE_BYTES ((size_t)LIMIT_SETTLEMENT_BYTES)
#define FILES_MAX  (MONTH_DAYS_MAX * 3)
#define EARLY_HOUR 18
#define MAP_BYTES  4096

/* What happens on a day besides its file, by the day's index. */
enum event { PLAIN, BAD_TOTAL, DAMAGED, BAD_ORDER, BAD_VERSION, REPLAYED, REVISED, TWICE, EARLY };

static enum event event_of(size_t day)
{
    static const struct {
        size_t day;
        enum event event;
    } events[] = {
        { 3, BAD_TOTAL }, { 5, DAMAGED },  { 7, BAD_ORDER }, { 9, BAD_VERSION },
        { 11, REPLAYED }, { 13, REVISED }, { 15, TWICE },    { 16, EARLY },
    };

    for (size_t i = 0; i < LEN(events); i++)
        if (events[i].day == day)
            return events[i].event;
    return PLAIN;
}

struct writing {
    struct month *m;
    struct arena *a; /* of the file */
    enum month_form form;
};

static struct str cut_last(struct str s)
{
    return str_sub(s, 0, s.n - s.n / 4);
}

static struct str put_in(struct arena *a, struct str s, const char *from, const char *to)
{
    const char *at = memmem(s.p, s.n, from, strlen(from));
    const size_t before = at == NULL ? s.n : (size_t)(at - s.p);

    must(at != NULL);
    return str_fmt(a, "%.*s%s%.*s", (int)before, s.p, to, (int)(s.n - before - strlen(from)),
                   at + strlen(from));
}

/* FW1 has no kind for what is taken as a fee. */
static struct settle_day without_fees(struct arena *a, const struct settle_day *day)
{
    struct settle_day d = *day;

    d.lines = arena_array(a, struct settle_line, day->n + 1);
    d.n = 0;
    for (size_t i = 0; i < day->n; i++)
        if (day->lines[i].type != SETTLE_FEE)
            d.lines[d.n++] = day->lines[i];
    return d;
}

static result bytes_make(struct writing *w, const struct settle_day *day, struct str *out,
                         struct err *e)
{
    struct buf b = buf_make(w->a, FILE_BYTES);

    if (w->form == MONTH_XLSX)
        return settlement_xlsx(w->m->sb, w->a, day, out, e);
    if (w->form == MONTH_MC1) {
        settlement_mc1(w->m->sb, w->a, day, &b);
    } else if (w->form == MONTH_FW1) {
        const struct settle_day plain = without_fees(w->a, day);
        TRY(settlement_fw1(w->a, &plain, &b, e));
    } else if (w->form == MONTH_BJ1) {
        settlement_json(w->a, day, false, &b);
    } else {
        month_csv(w->m, day, &b);
    }
    return buf_end(&b, out, e);
}

static result file_put(struct writing *w, const struct month_file *like, struct str bytes,
                       struct err *e)
{
    struct month *m = w->m;
    const char *form = month_form_name(w->form);
    struct month_file *f = &m->files[w->form][m->file_count[w->form]++];

    must(m->file_count[w->form] <= FILES_MAX);
    *f = *like;
    f->name = str_fmt(m->a, "%02zu-%.*s%s%s.%s", m->file_count[w->form],
                      STR_ARG(date_compact(m->a, month_date(m, f->day))), f->what[0] ? "-" : "",
                      f->what, form);
    return month_put(m, str_fmt(w->a, "%s/%.*s", form, STR_ARG(f->name)), bytes, e);
}

static struct month_file file_of(struct writing *w, size_t day)
{
    return (struct month_file){ .day = day,
                                .revision = 1,
                                .arrives_ms =
                                    clock_day_start_ms(month_date(w->m, day)) + DAY_MS + HOUR_MS,
                                .expect = "accepted",
                                .class = "",
                                .what = "" };
}

static result good_put(struct writing *w, size_t day, int64_t revision, const char *what,
                       struct err *e)
{
    struct settle_day d = w->m->day[day];
    struct month_file f = file_of(w, day);
    struct str bytes;

    d.revision = f.revision = revision;
    f.arrives_ms += revision > 1 ? 2 * HOUR_MS : 0;
    f.what = what;
    TRY(bytes_make(w, &d, &bytes, e));
    return file_put(w, &f, bytes, e);
}

static bool has_chain(const struct writing *w)
{
    return w->form == MONTH_MC1 || w->form == MONTH_XLSX;
}

/* A file that is to be put aside. */
static result bad_put(struct writing *w, size_t day, enum event event, struct err *e)
{
    struct settle_day d = w->m->day[day];
    struct month_file f = file_of(w, day);
    struct str bytes;

    f.expect = "quarantined";
    f.class = f.what = event == BAD_TOTAL     ? "CTL"
                       : event == DAMAGED     ? "COR"
                       : event == BAD_ORDER   ? "SEQ"
                       : event == BAD_VERSION ? "VER"
                                              : "REP";
    f.arrives_ms += event == REPLAYED ? HOUR_MS : -HOUR_MS / 2;
    d.wrong_total = event == BAD_TOTAL;
    d.wrong_before = event == BAD_ORDER;
    d.unknown_version = event == BAD_VERSION;
    d.replayed = event == REPLAYED;
    if (event == DAMAGED && w->form == MONTH_MC1 && d.n > 0) {
        d.lines = arena_copy(w->a, d.lines, d.n * sizeof(*d.lines));
        d.lines[0].corrupt = true;
    }
    TRY(bytes_make(w, &d, &bytes, e));
    if (event == DAMAGED && w->form != MONTH_MC1)
        bytes = cut_last(bytes);
    if (event == BAD_VERSION && w->form == MONTH_BJ1)
        bytes = put_in(w->a, bytes, "\"SUCCESS\"", "\"SOMEHOW\"");
    return file_put(w, &f, bytes, e);
}

/* The day without its last line, which the next revision has. */
static result short_put(struct writing *w, size_t day, struct err *e)
{
    struct settle_day d = w->m->day[day];
    struct month_file f = file_of(w, day);
    struct str bytes;

    d.revision = 1;
    d.n -= d.n > 0 ? 1 : 0;
    f.what = "first";
    f.expect = "superseded"; /* in the end */
    TRY(bytes_make(w, &d, &bytes, e));
    return file_put(w, &f, bytes, e);
}

/* Made in the evening, while the day goes on. */
static result early_put(struct writing *w, size_t day, struct err *e)
{
    struct settle_day d = w->m->day[day];
    struct month_file f = file_of(w, day);
    const int64_t cut_ms = clock_day_start_ms(d.date) + EARLY_HOUR * HOUR_MS;
    struct str bytes;

    while (d.n > 0 && d.lines[d.n - 1].at_ms >= cut_ms)
        d.n--;
    d.made_ms = f.arrives_ms = cut_ms;
    f.what = "early";
    f.expect = "superseded";
    TRY(bytes_make(w, &d, &bytes, e));
    return file_put(w, &f, bytes, e);
}

static result again_put(struct writing *w, size_t day, struct err *e)
{
    struct month_file f = file_of(w, day);
    struct str bytes;

    f.what = "again";
    f.expect = "known";
    f.arrives_ms += HOUR_MS;
    TRY(bytes_make(w, &w->m->day[day], &bytes, e));
    return file_put(w, &f, bytes, e);
}

/* Whether a form can tell it. A mapped table has neither totals nor versions nor numbers. */
static bool can_be(const struct writing *w, enum event event)
{
    if (event == BAD_ORDER)
        return w->form == MONTH_MC1;
    if (event == REPLAYED)
        return has_chain(w);
    return w->form != MONTH_CSV || (event != BAD_TOTAL && event != BAD_VERSION && event != DAMAGED);
}

static result day_put(struct writing *w, size_t day, struct err *e)
{
    const bool empty = w->m->day[day].n == 0; /* nothing to damage or to leave out */
    const enum event event = !empty && can_be(w, event_of(day)) ? event_of(day) : PLAIN;

    arena_reset(w->a);
    if (event >= BAD_TOTAL && event <= BAD_VERSION)
        TRY(bad_put(w, day, event, e));
    if (event == REVISED)
        TRY(short_put(w, day, e));
    if (event == EARLY)
        TRY(early_put(w, day, e));
    TRY(good_put(w, day, event == REVISED ? 2 : 1, "", e));
    if (event == REPLAYED)
        return bad_put(w, day, event, e);
    return event == TWICE ? again_put(w, day, e) : OK;
}

/* Each file names the MC1 file before it, and goes on with its balance. */
static void chain_make(struct month *m, struct arena *a)
{
    const struct date first = { m->year, 1, 1 };
    int64_t seq = 1;

    for (struct date d = first; date_cmp(d, month_date(m, 0)) < 0; d = date_add_days(d, 1))
        seq++;
    for (size_t day = 0; day < m->days; day++) {
        struct settle_day *d = &m->day[day];
        struct buf b = buf_make(a, FILE_BYTES);

        arena_reset(a);
        d->seq = seq + (int64_t)day;
        d->revision = d->n > 0 && event_of(day) == REVISED ? 2 : 1;
        if (day > 0)
            d->opening_vnd = settle_closing_vnd(&m->day[day - 1]);
        settlement_mc1(m->sb, a, d, &b);
        if (day + 1 < m->days)
            m->day[day + 1].before = digest_sha256(buf_str(&b));
    }
}

result month_files_write(struct month *m, struct err *e)
{
    DEFER(arena_close) struct arena *a = arena_open(FILE_BYTES * 8);
    struct buf map = buf_make(m->a, MAP_BYTES);

    month_csv_map(&map);
    TRY(month_put(m, STR("csv-map.json"), buf_str(&map), e));
    chain_make(m, a);
    for (int form = 0; form < MONTH_FORMS; form++) {
        struct writing w = { m, a, (enum month_form)form };
        m->files[form] = arena_array(m->a, struct month_file, FILES_MAX);
        for (size_t day = 0; day < m->days; day++) {
            /* The file of the 20th comes after that of the 21st. */
            const size_t which = day == 19 ? 20 : day == 20 ? 19 : day;
            TRY(day_put(&w, which, e));
        }
    }
    return OK;
}
