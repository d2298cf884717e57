/* A bank's own table on its way in: by the map of its source, quarantined, released, kept. */
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conf/conf.h"
#include "finance/intake_fetch.h"
#include "finance/intake_keep.h"
#include "finance/intake_release.h"
#include "recon/csv_form.h"
#include "tests/fixture.h"
#include "tests/payments/counter.h"

#define SOURCES                                                                                    \
    "{\"sources\":[{\"id\":\"ACB\",\"from\":\"2026-01-01\",\"name_vi\":\"x\",\"name_en\":\"x\","   \
    "\"role\":\"bank\",\"provider\":\"ACB\",\"account\":\"1\",\"form\":\"csv\",\"map\":\"acb\","   \
    "\"cut_off\":\"24:00\",\"deadline\":{\"days\":1,\"at\":\"09:00\"}}]}"
#define MAP                                                                                        \
    "{\"columns\":{\"txn\":{\"header\":\"no\"},\"amount\":{\"header\":\"amt\"},"                   \
    "\"time\":{\"header\":\"at\",\"format\":\"dd/MM/yyyy HH:mm\"}}}"
#define GOOD "no,amt,at\nF1,1000,23/11/2026 09:05\nF2,2000,23/11/2026 09:06\n"
#define BAD  "no,amt,at\nF1,1000,23/11/2026 09:05\nF2,2oo0,23/11/2026 09:06\nF3,4,23/11/2026 09:07\n"

static const struct date monday = { 2026, 11, 23 };
static const struct proposal_actor maker = { .name = { "staff:an", 8 } };
static const struct proposal_actor checker = { .name = { "staff:binh", 10 }, .limit_vnd = 1000000 };
static struct conf settings;
static struct office open_here;

static void put(const char *name, const char *text)
{
    char path[600];
    FILE *f;

    (void)snprintf(path, sizeof(path), "%s/%s", test_folder(), name);
    f = fopen(path, "w");
    check(f != NULL && fputs(text, f) >= 0 && fclose(f) == 0);
}

static struct office *desk(void)
{
    struct counter *c = counter_open();
    struct err e = { 0 };

    if (open_here.till != NULL)
        return &open_here;
    counter_forward(c, 86400); /* the day is over */
    settings.portal.settlement_form = STR("mc1");
    settings.jobs.settlement_at = STR("06:00");
    settings.finance.sources_dir = str_c(test_folder());
    (void)mkdir(str_cstr(test_arena(), str_fmt(test_arena(), "%s/maps", test_folder())), 0700);
    put("sources.json", SOURCES);
    put("maps/acb.json", MAP);
    check_ok(office_open(&settings, &c->till, NULL, &open_here, &e), e);
    return &open_here;
}

static struct intake_result take(const char *bytes)
{
    const struct intake_file in = { .source = source_find(desk()->sources, STR("ACB"), monday),
                                    .day = monday,
                                    .name = STR("a.csv"),
                                    .bytes = str_c(bytes),
                                    .jws = STR(""),
                                    .actor = STR("staff:1") };
    struct intake_result r;
    struct err e = { 0 };

    check_ok(intake_file(desk(), &in, test_arena(), &r, &e), e);
    return r;
}

struct heard {
    int64_t lines, damaged, vnd, at_ms;
};

static result hear(void *arg, const struct settlement_line *l, struct err *e)
{
    struct heard *h = arg;

    (void)e;
    h->lines++;
    h->vnd += l->gross_vnd;
    h->at_ms = l->txn_at_ms;
    return OK;
}

static result hear_damage(void *arg, int64_t n, const struct settlement_fault *f, struct err *e)
{
    struct heard *h = arg;

    (void)e;
    check(n == 2 && f->line == 3 && f->column == 4);
    h->damaged++;
    return OK;
}

static result lines_of(int64_t n, struct heard *h, struct err *e)
{
    const struct intake_lines in = { .file_n = n, .sink = hear, .damage = hear_damage, .arg = h };

    *h = (struct heard){ 0 };
    return intake_read_lines(desk(), &in, e);
}

TEST_STORE(a_table_is_taken_by_the_map_of_its_source)
{
    const struct intake_result r = take(GOOD), again = take(GOOD);
    struct heard h;
    struct err e = { 0 };

    if (r.quarantined)
        check_str(r.file.faults, "");
    check_int(r.file.form, SETTLEMENT_CSV);
    check_int(r.file.lines, 2);
    check_int(r.file.gross_vnd, 3000);
    check(again.known && !again.quarantined);
    check_ok(lines_of(r.file.n, &h, &e), e);
    check_int(h.lines, 2);
    check_int(h.vnd, 3000);
    check_int(h.at_ms, clock_day_start_ms(monday) + (9 * 60 + 6) * 60000);
}

TEST_STORE(a_table_with_a_bad_row_is_quarantined_and_two_release_it)
{
    const struct intake_result r = take(BAD);
    struct proposal_decision d = { .verdict = PROPOSAL_APPROVED };
    struct proposal p, decided;
    struct heard h;
    struct err e = { 0 };

    check(r.quarantined);
    check_str(r.file.faults,
              "COR line 3 column 4 `2oo0`: amount: not an amount as the map writes it");
    check_ok(intake_release(desk(), r.file.n, STR("x"), &maker, &p, test_arena(), &e), e);
    d.id = p.id;
    d.hash = p.hash;
    check_ok(proposal_decide(desk()->till, &d, &checker, test_arena(), &decided, &e), e);
    check_ok(lines_of(r.file.n, &h, &e), e);
    check_int(h.lines, 2);
    check_int(h.damaged, 1);
    check_int(h.vnd, 1004);
}

/* The day's file is what it was when it was taken, or it is not read at all. */
TEST_STORE(a_map_that_was_changed_under_a_kept_file_is_noticed)
{
    const struct intake_result r = take(GOOD);
    struct source_book *b = (struct source_book *)(uintptr_t)desk()->sources;
    struct csv_form other = *b->rows[0].map;
    struct heard h;
    struct err e = { 0 };

    other.rules[CSV_AMOUNT].factor = 1000;
    b->rows[0].map = &other;
    check_fails(lines_of(r.file.n, &h, &e), e, ERR_STORE);
    e = (struct err){ 0 };
    b->rows[0].map = NULL;
    check_fails(lines_of(r.file.n, &h, &e), e, ERR_STORE);
}

TEST_STORE(another_form_is_no_table_of_the_map)
{
    const struct intake_result r = take("{\"reconcileDate\":\"23/11/2026\"}\n");

    check(r.quarantined);
    check(str_has(r.file.faults, STR("VER line 1 column 2 `")));
}

/* A dated map: an older file of a watched folder is read as it was written then. */
TEST_STORE(a_watched_folder_takes_tables_by_the_map_of_their_day)
{
    struct source_book *b = (struct source_book *)(uintptr_t)desk()->sources;
    const char *folder = str_cstr(test_arena(), str_fmt(test_arena(), "%s/in", test_folder()));
    struct settlement_key key = { STR("ACB"), STR("1"), monday };
    struct settlement_file *list;
    bool did;
    size_t n;
    struct err e = { 0 };

    check_int(mkdir(folder, 0700), 0);
    put("in/sao-ke-20261123.csv", GOOD);
    put("in/no-day.csv", GOOD);
    for (size_t i = 0; i < b->count; i++)
        if (str_is(b->rows[i].id, "ACB"))
            b->rows[i].watch_dir = folder;
    for (int i = 0; i < 3; i++)
        check_ok(intake_watch(desk(), &did, &e), e);
    check(!did);
    check_ok(intake_of_day(desk(), &key, 5, test_arena(), &list, &n, &e), e);
    check_int((int64_t)n, 1);
    check_str(list[0].name, "sao-ke-20261123.csv");
    check_int(list[0].state, SETTLEMENT_ACCEPTED);
    check_int(access(str_cstr(test_arena(), str_fmt(test_arena(), "%s/refused/no-day.csv", folder)),
                     F_OK),
              0);
}
