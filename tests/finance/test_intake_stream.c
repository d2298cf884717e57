/* Files in pieces are read as files that are there whole, and no line of a damaged one is lost
 * without a word. MOTCUA_MUTANTS in the environment: how many mutants of each form, and
 * a tenth of them of spreadsheets. */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/limits.h"
#include "recon/csv_form.h"
#include "tests/finance/day_file.h"
#include "tests/fuzz/sheet_pack.h"

static const struct date monday = { 2026, 11, 23 };

struct feed {
    struct str rest;
    size_t at_once;
};

static result pull(void *arg, char *room, size_t n, size_t *got, struct err *e)
{
    struct feed *f = arg;

    (void)e;
    *got = f->rest.n < n ? f->rest.n : n;
    *got = *got < f->at_once ? *got : f->at_once;
    if (*got > 0)
        memcpy(room, f->rest.p, *got);
    f->rest = str_from(f->rest, *got);
    return OK;
}

struct told {
    int64_t lines, damaged, vnd;
    struct settlement_head head;
    struct settlement_faults faults;
};

static result hear(void *arg, const struct settlement_line *l, struct err *e)
{
    struct told *t = arg;

    (void)e;
    t->lines++;
    t->vnd += l->gross_vnd;
    return OK;
}

static result hear_damage(void *arg, int64_t n, const struct settlement_fault *f, struct err *e)
{
    struct told *t = arg;

    (void)e;
    check(n > 0 && f->code != NULL);
    t->damaged++;
    return OK;
}

static const struct csv_form *map; /* how tables are read now; NULL: forms of their own */

static void read_it(struct str bytes, size_t at_once, bool released, struct arena *a,
                    struct told *out)
{
    struct feed feed = { bytes, at_once };
    const struct settlement_input in = { .bytes = at_once == 0 ? bytes : STR(""),
                                         .pull = at_once == 0 ? NULL : pull,
                                         .pull_arg = &feed,
                                         .sink = hear,
                                         .damage = hear_damage,
                                         .map = map,
                                         .arg = out,
                                         .released = released };
    struct err e = { 0 };

    *out = (struct told){ 0 };
    check_ok(settlement_read_input(&in, a, &out->head, &out->faults, &e), e);
}

static struct day_file sample(void)
{
    struct day_file f = day_file_make(monday, 7);

    for (int i = 0; i < 12; i++)
        (void)day_file_add(&f, str_fmt(test_arena(), "GD%d", i), str_fmt(test_arena(), "REF%d", i),
                           1000 + i);
    return f;
}

static void same(const struct told *x, const struct told *y)
{
    check_int(x->lines, y->lines);
    check_int(x->damaged, y->damaged);
    check_int(x->vnd, y->vnd);
    check_int(x->head.lines, y->head.lines);
    check_int(x->faults.total, y->faults.total);
    check_same(x->head.content, y->head.content);
    for (size_t i = 0; i < x->faults.count; i++) {
        check_int(x->faults.list[i].line, y->faults.list[i].line);
        check_int(x->faults.list[i].column, y->faults.list[i].column);
    }
}

static const enum settlement_form forms[] = { SETTLEMENT_MC1, SETTLEMENT_FW1, SETTLEMENT_BJ1 };

TEST(pieces_of_any_size_make_the_same_file)
{
    static const size_t sizes[] = { 1, 2, 7, 63, 1024 };
    const struct day_file f = sample();
    struct told whole, pieces;

    for (size_t i = 0; i < LEN(forms); i++) {
        struct str bytes = day_file_print(&f, forms[i]);

        read_it(bytes, 0, false, test_arena(), &whole);
        check_int(whole.lines, 12);
        for (size_t k = 0; k < LEN(sizes); k++) {
            read_it(bytes, sizes[k], false, test_arena(), &pieces);
            same(&whole, &pieces);
        }
    }
}

TEST(a_file_longer_than_the_window_is_read_to_its_end)
{
    struct buf b = buf_make(test_arena(), 4 << 20);
    struct told whole, pieces;

    buf_puts(&b, "{\"reconcileDate\":\"23/11/2026\",\"bankCode\":\"KBNN\",\"transactions\":[\n");
    for (int i = 0; i < 5000; i++)
        buf_fmt(
            &b,
            "%s{\"transId\":\"K%d\",\"toKhaiId\":\"R%d\",\"amount\":1000,\"status\":\"SUCCESS\","
            "\"payTime\":\"2026-11-23 09:00:00\",\"remark\":\"a \\\" quote ] }\"}\n",
            i == 0 ? "" : ",", i, i);
    buf_puts(&b, "],\"totalTransaction\":5000,\"totalAmount\":5000000}\n");
    check(b.n > 2 * SETTLEMENT_WINDOW_BYTES);
    read_it(buf_str(&b), 0, false, test_arena(), &whole);
    check_int(whole.faults.total, 0);
    check_int(whole.head.form, SETTLEMENT_KJ1);
    check_int(whole.lines, 5000);
    read_it(buf_str(&b), 4093, false, test_arena(), &pieces);
    same(&whole, &pieces);
}

TEST(a_spreadsheet_is_not_read_in_pieces)
{
    const struct day_file f = sample();
    struct feed feed = { day_file_print(&f, SETTLEMENT_XLSX), 100 };
    const struct settlement_input in = { .pull = pull, .pull_arg = &feed };
    struct settlement_head head;
    struct settlement_faults faults;
    struct err e = { 0 };

    check_fails(settlement_read_input(&in, test_arena(), &head, &faults, &e), e, ERR_INVALID);
}

TEST(lines_that_are_too_long_or_no_text_are_told_one_by_one_when_released)
{
    const struct day_file f = sample();
    struct str s = day_file_print(&f, SETTLEMENT_FW1);
    struct buf b = buf_make(test_arena(), 1 << 20);
    char *p;
    struct told t;

    p = (char *)(uintptr_t)str_dup(test_arena(), s).p;
    p[17 + 240 + 60] = (char)0xff; /* the second line */
    buf_put(&b, str_of(p, 17 + 2 * 240));
    for (int i = 0; i < 70000; i++)
        buf_putc(&b, '2');
    buf_putc(&b, '\n');
    buf_put(&b, str_of(p + 17 + 480, s.n - 17 - 480));
    for (size_t at_once = 0; at_once < 5000; at_once += 4096) {
        read_it(buf_str(&b), at_once, true, test_arena(), &t);
        check_int(t.damaged, 2);
        check_int(t.lines, 11);
        check_int(t.head.lines, 13);
    }
    read_it(buf_str(&b), 0, false, test_arena(), &t);
    check(t.faults.total > 0 && t.lines < 11);
}

static uint64_t seed = 20261123;

static size_t dice(size_t n)
{
    seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
    return (size_t)(seed >> 33) % n;
}

/* One to three small changes: a byte, a cut, a piece twice, a piece gone. */
static struct str mutant(struct arena *a, struct str s)
{
    static const char bytes[] = "|%\n\r\"{}[],:09-\\\xff\x00 D2";
    char *p = arena_alloc(a, 2 * s.n + 64);
    size_t n = s.n;

    memcpy(p, s.p, n);
    for (size_t i = 0, k = dice(3) + 1; i < k && n > 40; i++) {
        const size_t at = dice(n - 20), part = dice(20) + 1;

        switch (dice(4)) {
        case 0:
            p[at] = bytes[dice(sizeof(bytes) - 1)];
            break;
        case 1:
            n = dice(8) == 0 ? at + 1 : n;
            break;
        case 2:
            memmove(p + at + part, p + at, n - at);
            n += part;
            break;
        default:
            memmove(p + at, p + at + part, n - at - part);
            n -= part;
        }
        n = n > 2 * s.n ? 2 * s.n : n;
    }
    return str_of(p, n);
}

/* Nothing is believed that is not whole; of a released file every line is taken or told. */
static void mutant_check(struct str bytes, bool in_pieces, struct arena *a)
{
    struct told *t = arena_new(a, struct told), *p = arena_new(a, struct told);

    read_it(bytes, 0, false, a, t);
    check(t->lines <= t->head.lines);
    if (t->faults.total == 0) {
        check_int(t->lines, t->head.lines);
        check(t->damaged == 0);
    }
    read_it(bytes, 0, true, a, t);
    check_int(t->lines + t->damaged, t->head.lines);
    check(t->damaged == 0 || t->faults.total > 0);
    if (!in_pieces)
        return;
    read_it(bytes, dice(300) + 1, true, a, p);
    same(t, p);
}

static long mutants(void)
{
    const char *wanted = getenv("MOTCUA_MUTANTS");

    return wanted != NULL ? strtol(wanted, NULL, 10) : 700;
}

TEST(no_line_of_a_mutant_is_lost_without_a_word)
{
    DEFER(arena_close) struct arena *a = arena_open(LIMIT_ARENA_JOB_BYTES);
    const struct day_file f = sample();

    for (size_t i = 0; i < LEN(forms); i++) {
        const struct str good = day_file_print(&f, forms[i]);

        for (long k = mutants(); k > 0; k--) {
            arena_reset(a);
            mutant_check(mutant(a, good), true, a);
        }
    }
}

static struct str put_in(struct str s, const char *from, const char *to)
{
    const size_t at = (size_t)((const char *)memmem(s.p, s.n, from, strlen(from)) - s.p);

    return str_fmt(test_arena(), "%.*s%s%.*s", (int)at, s.p, to, (int)(s.n - at - strlen(from)),
                   s.p + at + strlen(from));
}

static struct told believed(struct str bytes)
{
    struct told t;

    read_it(bytes, 0, false, test_arena(), &t);
    check_int(t.faults.total, 0);
    check_int(t.lines, 12);
    return t;
}

TEST(no_line_of_the_treasurys_mutant_is_lost_without_a_word)
{
    DEFER(arena_close) struct arena *a = arena_open(LIMIT_ARENA_JOB_BYTES);
    const struct day_file f = sample();
    const struct str bank = day_file_print(&f, SETTLEMENT_BJ1);
    const struct str good = put_in(bank, "\"999900\"", "\"KBNN\"");

    check_int(believed(good).head.form, SETTLEMENT_KJ1);
    for (long k = mutants(); k > 0; k--) {
        arena_reset(a);
        mutant_check(mutant(a, good), true, a);
    }
}

/* The cells of MC1 below rows of names, without chain and digest. */
static struct str sheet_text(struct str mc1)
{
    struct buf b = buf_make(test_arena(), 1 << 20);
    struct str line, letter;

    buf_puts(&b, "format\n");
    while (str_next(&mc1, '\n', &line) && line.n > 0) {
        check(str_cut(line, '|', &letter, &line));
        if (letter.p[0] == 'H') {
            buf_fmt(&b, "%.*s\n\nn\n", STR_ARG(line));
            continue;
        }
        while (line.n > 0 && line.p[line.n - 1] != '|')
            line.n--;
        line.n--;
        buf_fmt(&b, "%s%.*s\n", letter.p[0] == 'T' ? "\ncount\n" : "", STR_ARG(line));
    }
    return buf_str(&b);
}

TEST(no_row_of_a_spreadsheets_mutant_is_lost_without_a_word)
{
    DEFER(arena_close) struct arena *a = arena_open(LIMIT_ARENA_JOB_BYTES);
    const struct day_file f = sample();
    const struct str good = sheet_text(day_file_print(&f, SETTLEMENT_MC1));
    const struct str packed = sheet_pack(test_arena(), good);

    check_int(believed(packed).head.form, SETTLEMENT_XLSX);
    for (long k = mutants() / 10; k > 0; k--) {
        arena_reset(a);
        mutant_check(dice(10) == 0 ? mutant(a, packed) : sheet_pack(a, mutant(a, good)), false, a);
    }
}

#define MAP                                                                                        \
    "{\"separator\":\"|\",\"skip_top\":1,\"skip_bottom\":1,\"columns\":{\"reference\":{"           \
    "\"header\":"                                                                                  \
    "\"ref\",\"regex\":\"(REF[0-9]+)\"},\"amount\":{\"header\":\"amt\",\"thousands\":\",\"},"      \
    "\"time\":{\"header\":\"at\",\"format\":\"dd:MM:yyyy\"},\"status\":{\"header\":\"st\","        \
    "\"success\":[\"OK\"],\"failure\":[\"KO\"]}}}"

static struct csv_form table_map(void)
{
    DEFER(json_close) struct json *o = NULL;
    struct csv_form f;
    struct err e = { 0 };

    check_ok(json_read(STR(MAP), &o, &e), e);
    check_ok(csv_form_read(o, test_arena(), &f, &e), e);
    return f;
}

TEST(no_row_of_a_tables_mutant_is_lost_without_a_word)
{
    DEFER(arena_close) struct arena *a = arena_open(LIMIT_ARENA_JOB_BYTES);
    struct buf b = buf_make(test_arena(), 1 << 16);
    const struct csv_form f = table_map();
    struct str good;

    buf_puts(&b, "title\nref|amt|at|st\r\n");
    for (int i = 0; i < 12; i++)
        buf_fmt(&b, "\"CK REF%d \"\"phi\"\"\n2\"|1,%03d|23:11:2026|%s\r\n", i, i,
                i % 3 ? "OK" : "KO");
    buf_puts(&b, "sum|12,066||\r\n");
    good = buf_str(&b);
    map = &f;
    check_int(believed(good).vnd, 12066);
    for (long k = mutants(); k > 0; k--) {
        arena_reset(a);
        mutant_check(mutant(a, good), true, a);
    }
    map = NULL;
}
