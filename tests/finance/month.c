#include "tests/finance/month.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define FILE_MAX ((size_t)64 << 20)

static void sandbox_run(int64_t seed, const char *month, const char *out, const char *ours)
{
    const char *seed_text = str_cstr(test_arena(), str_i64(test_arena(), seed));
    const pid_t pid = fork();
    int status = 0;

    check(pid >= 0);
    if (pid == 0) {
        (void)execl(MOTCUA_BIN "/motcua-sandbox", "motcua-sandbox", "month", "--seed", seed_text,
                    "--month", month, "--out", out, ours == NULL ? NULL : "--ours", ours, NULL);
        _exit(127);
    }
    check_int(waitpid(pid, &status, 0), pid);
    check(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

struct str month_bytes(const struct month_world *w, struct str name)
{
    const char *path =
        str_cstr(test_arena(), str_fmt(test_arena(), "%s/%.*s", w->folder, STR_ARG(name)));
    FILE *f = fopen(path, "rb");
    char *p;
    long n;

    check(f != NULL);
    check(fseek(f, 0, SEEK_END) == 0);
    n = ftell(f);
    check(n >= 0 && (size_t)n < FILE_MAX);
    rewind(f);
    p = arena_alloc(test_arena(), (size_t)n + 1);
    check_int(fread(p, 1, (size_t)n, f), n);
    check(fclose(f) == 0);
    return str_of(p, (size_t)n);
}

static struct month_ours row_read(struct str line)
{
    struct str c[15];
    struct month_ours o = { 0 };

    for (size_t i = 0; i < LEN(c); i++)
        check(str_next(&line, ',', &c[i]));
    o.refund = str_is(c[0], "refund");
    o.captured = str_is(c[11], "captured");
    o.late = str_is(c[13], "1");
    o.twice = str_is(c[14], "1");
    o.reference = c[1];
    o.txn = c[2];
    o.original = c[3];
    o.order = c[4];
    o.dossier = c[5];
    o.procedure = c[6];
    o.body = c[7];
    o.account = c[8];
    o.bank = c[9];
    check(str_to_i64(c[10], &o.amount_vnd));
    check(clock_read_rfc3339(c[12], &o.at_ms));
    o.day = clock_local(o.at_ms).date;
    return o;
}

static void ours_read(struct month_world *w)
{
    struct str text = month_bytes(w, STR("ours.csv")), line;
    size_t room = 1;

    for (size_t i = 0; i < text.n; i++)
        room += text.p[i] == '\n';
    w->ours = arena_array(test_arena(), struct month_ours, room);
    check(str_next(&text, '\n', &line));
    while (str_next(&text, '\n', &line) && line.n > 0)
        w->ours[w->count++] = row_read(line);
}

static struct json *truths[64];

static void truths_close(void)
{
    for (size_t i = 0; i < LEN(truths); i++)
        json_close(&truths[i]);
}

struct month_world *month_world(int64_t seed, const char *month, const char *ours)
{
    static int made;
    struct month_world *w = arena_new(test_arena(), struct month_world);
    struct err e = { 0 };

    w->folder = str_cstr(test_arena(), str_fmt(test_arena(), "%s/month%d", test_folder(), ++made));
    sandbox_run(seed, month, w->folder, ours);
    check_ok(json_read(month_bytes(w, STR("truth.json")), &w->truth, &e), e);
    check((size_t)made < LEN(truths));
    if (made == 1)
        (void)atexit(truths_close);
    truths[made] = w->truth;
    ours_read(w);
    return w;
}

struct json *month_files(const struct month_world *w, const char *form)
{
    struct json *files = json_member(json_member(w->truth, "files"), form);

    check(json_count(files) > 0);
    return files;
}

const struct csv_form *month_map(const struct month_world *w, const char *form)
{
    DEFER(json_close) struct json *o = NULL;
    struct csv_form *map = arena_new(test_arena(), struct csv_form);
    struct err e = { 0 };

    if (!str_is(str_c(form), "csv"))
        return NULL;
    check_ok(json_read(month_bytes(w, STR("csv-map.json")), &o, &e), e);
    check_ok(csv_form_read(o, test_arena(), map, &e), e);
    return map;
}

struct str month_text(const struct json *o, const char *name)
{
    struct str s;

    check(json_str(json_member(o, name), &s));
    return s;
}

int64_t month_int(const struct json *o, const char *name)
{
    int64_t n = 0;

    check(json_int(json_member(o, name), &n));
    return n;
}

struct date month_day(const struct json *o)
{
    struct date d;

    check(date_read(month_text(o, "day"), &d));
    return d;
}

static bool is_in(const struct json *found, const char *form)
{
    const struct json *forms = json_member(found, "forms");
    struct str name;

    for (size_t i = 0; i < json_count(forms); i++)
        if (json_str(json_at(forms, i), &name) && str_is(name, form))
            return true;
    return false;
}

static int text_order(const void *x, const void *y)
{
    return str_cmp(*(const struct str *)x, *(const struct str *)y);
}

struct str month_sorted(struct str text)
{
    struct str *lines = arena_array(test_arena(), struct str, text.n + 1), line;
    struct buf b = buf_make(test_arena(), text.n + 2);
    size_t n = 0;

    while (str_next(&text, '\n', &line))
        if (line.n > 0)
            lines[n++] = line;
    if (n > 1)
        qsort(lines, n, sizeof(*lines), text_order);
    for (size_t i = 0; i < n; i++) {
        buf_put(&b, lines[i]);
        buf_putc(&b, '\n');
    }
    return buf_str(&b);
}

struct str month_expected(const struct month_world *w, struct date day, const char *form,
                          const char *without)
{
    const struct json *all = json_member(w->truth, "found");
    struct buf b = buf_make(test_arena(), (size_t)1 << 20);

    for (size_t i = 0; i < json_count(all); i++) {
        const struct json *f = json_at(all, i);
        const bool here = is_in(f, form);
        struct str class = STR("");
        if (date_cmp(month_day(f), day) != 0)
            continue;
        if (!json_str(json_member(f, here ? "class" : "otherwise"), &class))
            continue;
        if (str_has(str_c(without), str_cat(test_arena(), class, STR(" "))))
            continue;
        buf_fmt(&b, "%.*s %lld %.*s %lld\n", STR_ARG(class), (long long)month_int(f, "line"),
                STR_ARG(month_text(f, "reference")),
                (long long)month_int(f, here ? "theirs_vnd" : "otherwise_vnd"));
    }
    return month_sorted(buf_str(&b));
}
