/*
 * The matching engine on months with every mismatch planted, as `motcua reconcile` has them: in
 * each form it finds all of it and nothing else, in any order, from any number of files and
 * threads.
 */
#include <stdio.h>
#include <string.h>

#include "recon/match.h"
#include "tests/finance/month.h"

#define MONTH    "2026-10"
#define SEEDS    4
#define LINE_MAX 512
#define DAY_MS   86400000LL

static const char *const forms[] = { "mc1", "fw1", "bj1", "xlsx", "csv" };

/* All lines of a day, copied. */
struct held {
    struct settlement_line lines[LINE_MAX];
    size_t count;
};

static result line_hold(void *arg, const struct settlement_line *l, struct err *e)
{
    struct held *h = arg;
    struct settlement_line *own = &h->lines[h->count++];
    struct str *const texts[] = { &own->portal_txn,      &own->merchant_ref, &own->original_ref,
                                  &own->dossier,         &own->procedure,    &own->body,
                                  &own->account,         &own->bank,         &own->currency,
                                  &own->treasury_status, &own->narrative,    &own->code };

    (void)e;
    check(h->count < LINE_MAX);
    *own = *l;
    for (size_t i = 0; i < LEN(texts); i++)
        *texts[i] = str_dup(test_arena(), *texts[i]);
    return OK;
}

/* The file that stands in the end. */
static struct held *day_lines(const struct month_world *w, const char *form, struct date day)
{
    const struct json *files = month_files(w, form), *last = NULL;
    struct held *h = arena_new(test_arena(), struct held);
    struct settlement_faults faults;
    struct settlement_head head;
    struct err e = { 0 };

    for (size_t i = 0; i < json_count(files); i++)
        if (date_cmp(month_day(json_at(files, i)), day) == 0 &&
            str_is(month_text(json_at(files, i), "expect"), "accepted"))
            last = json_at(files, i);
    if (last == NULL)
        return h;
    const struct settlement_input in = {
        .bytes = month_bytes(
            w, str_fmt(test_arena(), "%s/%.*s", form, STR_ARG(month_text(last, "file")))),
        .sink = line_hold,
        .arg = h,
        .map = month_map(w, form),
    };
    check_ok(settlement_read_input(&in, test_arena(), &head, &faults, &e), e);
    check_int(faults.total, 0);
    return h;
}

static bool is_named(const struct held *h, struct str reference)
{
    for (size_t i = 0; i < h->count; i++)
        if (h->lines[i].kind == SETTLEMENT_PAY && str_eq(h->lines[i].merchant_ref, reference))
            return true;
    return false;
}

/* How a day is given to the engine: the order of all, how many files, how many threads. */
struct manner {
    size_t step; /* coprime to everything: 1 is as it is */
    int files, threads;
};

struct day_run {
    const struct month_world *w;
    const struct held *lines, *before, *after;
    struct date day;
    struct match *m;
};

static void ours_add(struct day_run *r, size_t i)
{
    const struct month_ours *o = &r->w->ours[i];
    const bool in_day = date_cmp(o->day, r->day) == 0;
    const struct match_ours x = {
        .id = (int64_t)i,
        .kind = o->refund ? MATCH_REFUND : MATCH_PAYMENT,
        .reference = o->refund ? STR("") : o->reference,
        .portal_txn = o->txn,
        .original = o->original,
        .original_ref = o->refund ? o->reference : STR(""),
        .order = o->order,
        .dossier = o->dossier,
        .account = o->account,
        .body = o->body,
        .amount_vnd = o->amount_vnd,
        .has_fee = true, /* of 0: the portal takes none */
        .day = o->day,
        .captured = o->captured,
        .in_day = in_day && o->captured,
        .late = o->late,
        .twice = o->twice,
        .elsewhere = in_day && !o->refund &&
                     (is_named(r->before, o->reference) || is_named(r->after, o->reference)),
    };
    struct err e = { 0 };

    check_ok(match_ours(r->m, &x, &e), e);
}

static void line_add(struct day_run *r, size_t i, int file)
{
    const struct match_line x = { .line = &r->lines->lines[i], .file = file };
    struct err e = { 0 };

    check_ok(match_line(r->m, &x, &e), e);
}

static result found_put(void *arg, const struct match_outcome *o, struct err *e)
{
    struct buf *b = arg;
    const bool ours = o->ours_id != MATCH_NONE;

    (void)e;
    buf_fmt(b, "%s %lld %.*s %lld\n", match_name(o->class),
            o->file == MATCH_NONE ? 0LL : (long long)o->line,
            STR_ARG(!ours                     ? o->theirs.merchant_ref
                    : o->ours.reference.n > 0 ? o->ours.reference
                                              : o->ours.original_ref),
            (long long)o->theirs_vnd);
    return OK;
}

/* Everything that comes out, sorted; the sums must close. */
static struct str day_match(struct day_run *r, struct manner how, struct match_result *out)
{
    const struct match_rules rules = { .provider = STR("PP"),
                                       .account = STR("3713.0.1234567.00000"),
                                       .day = r->day,
                                       .treasury_due = r->day };
    DEFER(match_close) struct match *m = NULL;
    struct buf b = buf_make(test_arena(), (size_t)1 << 20);
    struct err e = { 0 };

    check_ok(match_open(&rules, 100, &m, &e), e);
    r->m = m;
    for (size_t i = 0; i < r->w->count; i++)
        ours_add(r, i * how.step % r->w->count);
    for (size_t i = 0; i < r->lines->count; i++)
        line_add(r, i * how.step % r->lines->count, (int)i % how.files);
    check_ok(match_run(m, how.threads, out, &e), e);
    check_ok(match_each(m, found_put, &b, &e), e);
    check_int(out->residual_vnd, 0);
    check_int(out->line_count, (int64_t)r->lines->count);
    return month_sorted(buf_str(&b));
}

static void day_begin(struct day_run *r, const struct month_world *w, const char *form,
                      struct date day)
{
    *r = (struct day_run){ .w = w,
                           .lines = day_lines(w, form, day),
                           .before = day_lines(w, form, date_add_days(day, -1)),
                           .after = day_lines(w, form, date_add_days(day, 1)),
                           .day = day };
}

static void month_check_all(const struct month_world *w, const char *form)
{
    const struct json *days = json_member(w->truth, "days");

    for (size_t i = 0; i < json_count(days); i++) {
        const struct json *told = json_member(json_at(days, i), form);
        const struct date day = month_day(json_at(days, i));
        struct match_result sums;
        struct day_run r;
        day_begin(&r, w, form, day);
        const struct str got = day_match(&r, (struct manner){ 1, 1, 2 }, &sums);
        const struct str want = month_expected(w, day, form, "");
        if (!str_eq(want, got))
            test_fail(__FILE__, __LINE__, "seed %lld %s %.*s\n-- planted\n%.*s-- found\n%.*s",
                      (long long)month_int(w->truth, "seed"), form,
                      STR_ARG(date_iso(test_arena(), day)), STR_ARG(want), STR_ARG(got));
        check_int(sums.theirs_vnd, month_int(told, "file_vnd"));
        check_int(sums.ours_vnd, month_int(json_at(days, i), "captured_vnd"));
        check_int(sums.ours_count, month_int(json_at(days, i), "captured_count"));
    }
}

TEST(a_month_in_each_form_is_found_whole_by_the_engine)
{
    for (int64_t seed = 1; seed <= SEEDS; seed++) {
        const struct month_world *w = month_world(seed, MONTH, NULL);
        for (size_t i = 0; i < LEN(forms); i++)
            month_check_all(w, forms[i]);
    }
}

static size_t coprime_to(size_t a, size_t b, size_t from)
{
    for (size_t n = from;; n++) {
        size_t x = n, y = a * b;
        while (y != 0) {
            const size_t rest = x % y;
            x = y;
            y = rest;
        }
        if (x == 1)
            return n;
    }
}

/* Which of several equal lines is the first is told by file and line, so those are put beside. */
TEST(order_files_and_threads_change_no_outcome)
{
    const struct month_world *w = month_world(9, MONTH, NULL);

    for (int d = 1; d <= 31; d += 3) {
        struct match_result sums, other;
        struct day_run r;
        day_begin(&r, w, "mc1", (struct date){ 2026, 10, d });
        const struct str first = day_match(&r, (struct manner){ 1, 1, 1 }, &sums);
        const size_t n = r.lines->count + 1;
        for (size_t i = 0; i < 4; i++) {
            const struct manner how = {
                coprime_to(r.lines->count > 0 ? n - 1 : 1, w->count, 2 + i * 7), 1, 1 + (int)i % 3
            };
            check_same(day_match(&r, how, &other), first);
            check(memcmp(sums.classes, other.classes, sizeof(sums.classes)) == 0);
        }
        check_same(day_match(&r, (struct manner){ 1, 5, 2 }, &other), first);
        check_int(other.matched_vnd, sums.matched_vnd);
    }
}
