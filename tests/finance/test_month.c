/* A month with every mismatch planted: all of it is found, and nothing else. */
#include "recon/settlement.h"
#include "tests/finance/month.h"

#include <string.h>

#define SEEDS 2
#define MONTH "2026-10"

static const char *const forms[] = { "mc1", "fw1", "bj1", "xlsx", "csv" };

static result line_count(void *arg, const struct settlement_line *l, struct err *e)
{
    int64_t *n = arg;

    (void)e;
    check_int(l->n, ++*n);
    return OK;
}

/* What a file says against itself. SEQ and REP stand beside it: nothing is wrong inside. */
static void file_reads(const struct month_world *w, const char *form, const struct json *file)
{
    const struct str name = month_text(file, "file"), class = month_text(file, "class");
    const bool inside = str_is(month_text(file, "expect"), "quarantined") &&
                        !str_is(class, "SEQ") && !str_is(class, "REP");
    struct settlement_faults faults;
    struct settlement_head head;
    int64_t lines = 0;
    const struct settlement_input in = {
        .bytes = month_bytes(w, str_fmt(test_arena(), "%s/%.*s", form, STR_ARG(name))),
        .sink = line_count,
        .arg = &lines,
        .map = month_map(w, form),
    };
    struct err e = { 0 };

    check_ok(settlement_read_input(&in, test_arena(), &head, &faults, &e), e);
    if (inside != (faults.total > 0))
        test_fail(__FILE__, __LINE__, "%.*s: %lld faults, %s", STR_ARG(name),
                  (long long)faults.total, faults.count ? faults.list[0].why.p : "");
    if (inside)
        check_str(class, faults.list[0].code);
    else if (in.map == NULL) /* a table tells no day of its own */
        check_int(date_cmp(head.day, month_day(file)), 0);
}

TEST(every_file_of_a_month_is_read_or_put_aside_as_the_truth_says)
{
    for (int64_t seed = 1; seed <= SEEDS; seed++) {
        const struct month_world *w = month_world(seed, MONTH, NULL);
        for (size_t i = 0; i < LEN(forms); i++) {
            const struct json *files = month_files(w, forms[i]);
            for (size_t k = 0; k < json_count(files); k++)
                file_reads(w, forms[i], json_at(files, k));
        }
    }
}

TEST(a_month_has_every_class_and_the_same_seed_gives_the_same_bytes)
{
    static const char *const classes[] = {
        "MIS_OURS", "MIS_THEIRS", "AMT_LESS", "AMT_MORE", "STA",  "DUP_FILE", "DUP_PAY", "ACC",
        "AGY",      "DATE",       "LATE",     "CUR",      "REV",  "REF_UNM",  "REF_AMT", "FEE",
        "TRS",      "UNKEY",      "SIGN",     "SPLIT",    "OK_W", "AMB",
    };
    const struct month_world *w = month_world(5, MONTH, NULL), *again = month_world(5, MONTH, NULL);
    const struct str truth = month_bytes(w, STR("truth.json"));

    for (size_t i = 0; i < LEN(classes); i++)
        if (!str_has(truth, str_fmt(test_arena(), "\"class\":\"%s\"", classes[i])))
            test_fail(__FILE__, __LINE__, "no %s", classes[i]);
    check_same(month_bytes(again, STR("truth.json")), truth);
    check_same(month_bytes(again, STR("ours.csv")), month_bytes(w, STR("ours.csv")));
    check_same(month_bytes(again, STR("bank/20261002.bj1")),
               month_bytes(w, STR("bank/20261002.bj1")));
    check(!str_eq(month_bytes(month_world(6, MONTH, NULL), STR("ours.csv")),
                  month_bytes(w, STR("ours.csv"))));
}
