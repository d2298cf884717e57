/* A bank's own table by a map: what the map says, and every row that cannot be read. */
#include "recon/csv_form.h"

#include <string.h>

#include "base/json.h"
#include "base/limits.h"
#include "tests/test.h"

#define COLUMNS(more)                                                                              \
    "{\"columns\":{\"reference\":{\"header\":\"ref\"},\"amount\":{\"header\":\"amt\"" more "}}}"

static result read_map(const char *json, struct csv_form *out, struct err *e)
{
    DEFER(json_close) struct json *o = NULL;

    check_ok(json_read(str_c(json), &o, e), *e);
    return csv_form_read(o, test_arena(), out, e);
}

static struct csv_form form(const char *json)
{
    struct csv_form f;
    struct err e = { 0 };

    check_ok(read_map(json, &f, &e), e);
    return f;
}

static void refused(const char *json, const char *field)
{
    struct csv_form f;
    struct err e = { 0 };

    check(read_map(json, &f, &e).failed);
    check_str(str_c(e.field), field);
    check(e.detail[0] != '\0');
}

#define LINES 40
struct told {
    struct settlement_line lines[LINES];
    size_t count;
    int64_t damaged, last_line;
    struct settlement_head head;
    struct settlement_faults faults;
};

static result hear(void *arg, const struct settlement_line *l, struct err *e)
{
    struct told *t = arg;
    struct settlement_line *mine = &t->lines[t->count++ % LINES];
    struct arena *a = test_arena();

    (void)e;
    *mine = *l;
    mine->portal_txn = str_dup(a, l->portal_txn);
    mine->merchant_ref = str_dup(a, l->merchant_ref);
    mine->narrative = str_dup(a, l->narrative);
    mine->currency = str_dup(a, l->currency);
    mine->body = str_dup(a, l->body);
    return OK;
}

static result hear_damage(void *arg, int64_t n, const struct settlement_fault *f, struct err *e)
{
    struct told *t = arg;

    (void)e;
    check(n > 0 && f->code != NULL);
    t->last_line = f->line;
    t->damaged++;
    return OK;
}

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

/* at_once 0: the file is there whole. */
static struct told *read_file(const struct csv_form *f, struct str bytes, bool released,
                              size_t at_once)
{
    struct told *t = arena_new(test_arena(), struct told);
    struct feed feed = { bytes, at_once };
    const struct settlement_input in = { .bytes = bytes,
                                         .pull = at_once == 0 ? NULL : pull,
                                         .pull_arg = &feed,
                                         .sink = hear,
                                         .damage = hear_damage,
                                         .map = f,
                                         .arg = t,
                                         .released = released };
    struct err e = { 0 };

    check_ok(settlement_read_input(&in, test_arena(), &t->head, &t->faults, &e), e);
    check_int(t->head.form, SETTLEMENT_CSV);
    return t;
}

static struct told *good(const char *map, const char *bytes)
{
    const struct csv_form f = form(map);
    struct told *t = read_file(&f, str_c(bytes), false, 0);

    if (t->faults.total > 0)
        check_str(t->faults.list[0].why, "");
    check_int((int64_t)t->count, t->head.lines);
    return t;
}

/* The first fault, as "line:column:bytes:why". */
static void bad(const char *map, const char *bytes, const char *fault)
{
    const struct csv_form f = form(map);
    struct told *t = read_file(&f, str_c(bytes), true, 0);
    const struct settlement_fault *first = &t->faults.list[0];

    check(t->faults.total > 0);
    check_str(str_fmt(test_arena(), "%lld:%lld:%.*s:%.*s", (long long)first->line,
                      (long long)first->column, STR_ARG(first->bytes), STR_ARG(first->why)),
              fault);
    check_int((int64_t)t->count + t->damaged, t->head.lines);
}

TEST(a_map_is_read_strictly)
{
    refused("[]", "map");
    refused("{}", "columns");
    refused("{\"colums\":{}}", "colums");
    refused("{\"columns\":{}}", "columns");
    refused("{\"columns\":{\"amt\":{\"header\":\"a\"}}}", "columns");
    refused("{\"columns\":{\"amount\":{\"header\":\"a\"}}}", "columns");
    refused("{\"columns\":{\"amount\":7}}", "amount");
    refused(COLUMNS(",\"column\":2"), "amount.header");
    refused(COLUMNS(",\"format\":\"yyyy\""), "amount.format");
    refused(COLUMNS(",\"factor\":0"), "amount.factor");
    refused(COLUMNS(",\"factor\":1.5"), "amount.factor");
    refused(COLUMNS(",\"sign\":\"other\""), "amount.sign");
    refused(COLUMNS(",\"decimal\":\".\",\"thousands\":\".\""), "amount.thousands");
    refused(COLUMNS(",\"decimal\":\"x\""), "amount.decimal");
    refused(COLUMNS(",\"case\":\"title\""), "amount.case");
    refused(COLUMNS(",\"skip\":\"-\""), "amount.skip");
    refused(COLUMNS(",\"skip\":[\"\"]"), "amount.skip");
    refused(COLUMNS(",\"codes\":{\"a\":\"b\"}"), "amount.codes");
    refused(COLUMNS(",\"constant\":\"5\""), "amount.constant");
    refused(COLUMNS("},\"body\":{\"column\":3,\"codes\":{}"), "body.codes");
    refused(COLUMNS("},\"body\":{\"column\":3,\"codes\":{\"\":\"x\"}"), "body.codes");
    refused(COLUMNS("},\"body\":{\"column\":3,\"codes\":{\"x\":7}"), "body.codes");
    refused(COLUMNS("},\"body\":{\"column\":3,\"constant\":\"x\""), "body.column");
    refused(COLUMNS("},\"body\":{\"constant\":\"\""), "body.constant");
    refused(COLUMNS("},\"currency\":{\"constant\":\"dong\""), "currency.constant");
    refused("{\"columns\":{\"txn\":{\"constant\":\"x\"},\"amount\":{\"column\":1}}}", "columns");
    refused("{\"separator\":\"x\",\"columns\":{}}", "separator");
    refused("{\"quote\":\"a\",\"columns\":{}}", "quote");
    refused("{\"skip_top\":21,\"columns\":{}}", "skip_top");
    refused("{\"header\":false,\"columns\":{\"amount\":{\"header\":\"a\"}}}", "amount.header");
}

TEST(times_statuses_and_kinds_of_a_map_are_whole)
{
#define WITH(more)                                                                                 \
    "{\"columns\":{\"txn\":{\"column\":1},\"amount\":{\"column\":2,\"sign\":\"refund\"}," more "}" \
    "}"
    refused(WITH("\"time\":{\"column\":3}"), "time.format");
    refused(WITH("\"time\":{\"column\":3,\"format\":\"dd/MM/yy\"}"), "time.format");
    refused(WITH("\"time\":{\"column\":3,\"format\":\"dd/MM/yyyy mm:ss\"}"), "time.format");
    refused(WITH("\"time\":{\"column\":3,\"format\":\"ddMMyyyydd\"}"), "time.format");
    refused(WITH("\"status\":{\"column\":3}"), "status.success");
    refused(WITH("\"status\":{\"column\":3,\"success\":[\"A\"],\"failure\":[\"A\"]}"),
            "status.failure");
    refused(WITH("\"kind\":{\"column\":3}"), "kind.words");
    refused(WITH("\"kind\":{\"column\":3,\"words\":{\"BUY\":[\"B\"]}}"), "kind.BUY");
    refused(WITH("\"kind\":{\"column\":3,\"words\":{\"PAY\":[\"B\"],\"FEE\":[\"B\"]}}"),
            "kind.FEE");
    refused(WITH("\"kind\":{\"column\":3,\"words\":{\"PAY\":[\"B\"]}}"), "amount.sign");
    refused(WITH("\"net\":{\"column\":3}"), "net");
}

TEST(no_regular_expression_may_take_long)
{
    refused(COLUMNS(",\"regex\":\"(a*)*b\""), "amount.regex");
    refused(COLUMNS(",\"regex\":\"(a\\\\\\\\)*b\""), "amount.regex"); /* an escaped backslash */
    refused(COLUMNS(",\"regex\":\"(a)\\\\1\""), "amount.regex");
    refused(COLUMNS(",\"regex\":\"a{100}\""), "amount.regex");
    refused(COLUMNS(",\"regex\":\"a{9}{9}\""), "amount.regex");
    refused(COLUMNS(",\"regex\":\"a**\""), "amount.regex");
    refused(COLUMNS(",\"regex\":\"a*a*a*a*a*a*a*a*a*\""), "amount.regex");
    refused(COLUMNS(",\"regex\":\"(\""), "amount.regex");
    (void)form(COLUMNS(",\"regex\":\"^[]*)+]{1,9}\\\\)*x?\""));
}

TEST(amounts_are_exact)
{
    static const struct {
        const char *map, *cell;
        int64_t vnd; /* -1: wrong */
    } cases[] = {
        { "", "150000", 150000 },
        { "", " 150000 ", 150000 },
        { "", "+1", 1 },
        { "", "-1", -1 },
        { "", "1.000", -1 },
        { "", "", -1 },
        { "", "1e3", -1 },
        { "", "9007199254740991", 9007199254740991 },
        { "", "9007199254740992", -1 },
        { "", "99999999999999999999", -1 },
        { ",\"thousands\":\".\"", "1.500.000", 1500000 },
        { ",\"thousands\":\".\"", "1500000", 1500000 },
        { ",\"thousands\":\".\"", "1.50", -1 },
        { ",\"thousands\":\".\"", "1500.000", -1 },
        { ",\"thousands\":\".\"", ".500", -1 },
        { ",\"thousands\":\".\"", "1.500.", -1 },
        { ",\"thousands\":\".\",\"decimal\":\",\"", "\"1.500,00\"", 1500 },
        { ",\"decimal\":\".\"", "1500.5", -1 },
        { ",\"decimal\":\".\"", "1500.", -1 },
        { ",\"decimal\":\".\"", "1500.-5", -1 },
        { ",\"decimal\":\".\",\"factor\":1000", "1.5", 1500 },
        { ",\"factor\":1000", "9007199254740991", -1 },
        { ",\"divisor\":100", "150000", 1500 },
        { ",\"divisor\":100", "150001", -1 },
        { ",\"sign\":\"reverse\"", "-7", 7 },
        { ",\"sign\":\"reverse\"", "7", -7 },
        { ",\"regex\":\"^([0-9]+) VND$\"", "7 VND", 7 },
        { ",\"regex\":\"^([0-9]+) VND$\"", "7 USD", -1 },
        { ",\"skip\":[\"-\"],\"default\":\"0\"", "-", 0 },
    };

    for (size_t i = 0; i < LEN(cases); i++) {
        const char *map = str_cstr(
            test_arena(), str_fmt(test_arena(),
                                  "{\"separator\":\",\",\"columns\":{\"reference\":{\"header\":"
                                  "\"ref\"},\"amount\":{\"header\":\"amt\"%s}}}",
                                  cases[i].map));
        const struct csv_form f = form(map);
        struct told *t =
            read_file(&f, str_fmt(test_arena(), "ref,amt\nA,%s\n", cases[i].cell), false, 0);

        if (cases[i].vnd == -1 && !str_is(str_c(cases[i].cell), "-1")) {
            check_int(t->faults.total, 1);
            check_int(t->faults.list[0].line, 2);
            check_int(t->faults.list[0].column, 3);
            continue;
        }
        check_int(t->faults.total, 0);
        check_int(t->lines[0].gross_vnd, cases[i].vnd);
    }
}

TEST(texts_are_trimmed_cut_out_and_put_in_capitals)
{
    const struct told *t = good("{\"columns\":{\"reference\":{\"header\":\"nd\",\"regex\":\"(pay[0-"
                                "9a-z]{3})\",\"case\":\"upper\"},\"txn\":{\"column\":1,\"trim\":"
                                "false,\"case\":\"lower\",\"skip\":[\"N/A\"],\"default\":\"none\"},"
                                "\"amount\":{\"header\":\"amt\"}}}",
                                "id,nd,amt\n FT1 ,chuyen khoan pay12x cam on,5\nN/A,pay999,6\n");

    check_int((int64_t)t->count, 2);
    check_str(t->lines[0].merchant_ref, "PAY12X");
    check_str(t->lines[0].portal_txn, " ft1 ");
    check_str(t->lines[1].portal_txn, "none");
    check(t->lines[0].success && !t->lines[0].has_fee);
    check_int(t->head.gross_vnd, 11);
    check_int(t->head.moved_vnd, 11);
}

TEST(codes_are_looked_up_and_constants_need_no_column)
{
    static const char map[] =
        COLUMNS("},\"body\":{\"header\":\"dv\",\"codes\":{\"01\":\"H37.12\",\"02\":\"H37.13\"}},"
                "\"currency\":{\"constant\":\"VND\"");
    const struct told *t = good(map, "ref,amt,dv\nA,1,02\nB,2,\n");

    check_str(t->lines[0].body, "H37.13");
    check_str(t->lines[0].currency, "VND");
    check_int((int64_t)t->lines[1].body.n, 0);
    bad(map, "ref,amt,dv\nA,1,03\n", "2:5:03:body: a code that the map does not list");
}

#define BANK                                                                                       \
    "{\"separator\":\";\",\"skip_top\":2,\"skip_bottom\":1,\"columns\":{"                          \
    "\"time\":{\"header\":\"Ngày\",\"format\":\"dd/MM/yyyy HH:mm:ss\"},"                          \
    "\"txn\":{\"header\":\"Số GD\"},\"narrative\":{\"header\":\"Nội dung\"},"                  \
    "\"amount\":{\"header\":\"Số tiền\",\"thousands\":\".\"},\"fee\":{\"header\":\"Phí\"},"   \
    "\"status\":{\"header\":\"KQ\",\"success\":[\"OK\",\"Thành công\"],\"failure\":[\"KO\"]},"   \
    "\"kind\":{\"header\":\"D/C\",\"words\":{\"PAY\":[\"C\"],\"REFUND\":[\"D\"]}}}}"
#define BANK_HEAD                                                                                  \
    "\xEF\xBB\xBFSao kê; tài khoản \"3713\r\n\r\nNgày;Số GD;Nội dung;Số tiền;Phí;KQ;D/C\r\n"

TEST(a_statement_with_titles_quotes_and_sums_below)
{
    const struct told *t =
        good(BANK, BANK_HEAD "23/11/2026 09:05:00;F1;\"a;b \"\"c\"\"\r\nd\";1.500;10;OK;C\r\n"
                             "23/11/2026 09:06:00;F2;x;500;;Thành công;D\r\n"
                             "23/11/2026 09:07:00;F3;x;700;;KO;C\r\n"
                             "Cộng;;;2.700;;;\r\n");

    check_int((int64_t)t->count, 3);
    check(t->head.crlf);
    check_str(t->lines[0].narrative, "a;b \"c\"  d");
    check(t->lines[0].has_fee);
    check_int(t->lines[0].fee_vnd, 10);
    check_int(t->lines[0].net_vnd, 1490);
    check_int(t->lines[1].kind, SETTLEMENT_REFUND);
    check(!t->lines[1].has_fee && !t->lines[2].success);
    check_int(t->lines[2].n, 3);
    check_int(t->head.moved_vnd, 1000);
    check_int(t->lines[0].txn_at_ms,
              clock_day_start_ms((struct date){ 2026, 11, 23 }) + (9 * 60 + 5) * 60000);
}

TEST(every_wrong_row_is_told_with_its_place)
{
    bad(BANK, BANK_HEAD "31/11/2026 09:05:00;F1;x;1;;OK;C\nend\n",
        "4:1:31/11/2026 09:05:00:time: not a time of the map's format");
    bad(BANK, BANK_HEAD "23/11/2026;F1;x;1;;OK;C\nend\n",
        "4:1:23/11/2026:time: not a time of the map's format");
    bad(BANK, BANK_HEAD "23/11/2026 09:05:00;\"F;1\";x;1;;?;C\nend\n",
        "4:32:?:status: a status that the map does not list");
    bad(BANK, BANK_HEAD "23/11/2026 09:05:00;F1;x;1;;OK;\nend\n",
        "4:32::kind: a kind that the map does not list");
    bad(BANK, BANK_HEAD "23/11/2026 09:05:00;F1;x;1;;OK\nend\n",
        "4:1:23/11/2026 09:05:00;F1;x;1;;OK:not as many fields as the first row has");
    bad(BANK, BANK_HEAD "23/11/2026 09:05:00;F1;x\"y;1;;OK;C\nend\n",
        "4:25:\"y;1;;OK;C:a quote inside a field");
    bad(BANK, BANK_HEAD "23/11/2026 09:05:00;F1;x\xFF;1;;OK;C\nend\n",
        "4:25:\\xFF;1;;OK;C:not UTF-8");
    bad(BANK, "a\nb\nNgày;x\nc;d\ne;f\n", "3:1:Ng\\xC3\\xA0y;x:txn: no column is named Số GD");
    bad(COLUMNS(""), "", "0:0::no table");
    bad("{\"skip_bottom\":3,\"columns\":{\"txn\":{\"column\":1},\"amount\":{\"column\":2}}}",
        "t,a\n1,2\n", "0:0::fewer rows than are to be left out");
    bad(COLUMNS(""), "ref,amt,amt\n1,2,3\n", "1:1:ref,amt,amt:amount: two columns are named amt");
    bad(COLUMNS(",\"regex\":\"^(.).*$\""), "ref,amt\nA,\xC3\xA0\n",
        "2:3:\\xC3\\xA0:amount: the regular expression cuts a letter in two");
}

TEST(one_wrong_row_takes_no_other_with_it)
{
    const struct csv_form f = form(COLUMNS(""));
    struct str bytes = STR("ref,amt\nA,1\nB,x\nC,3\n");
    struct told *t = read_file(&f, bytes, true, 0);

    check_int((int64_t)t->count, 2);
    check_int(t->damaged, 1);
    check_int(t->lines[1].n, 3);
    check_int(t->head.gross_vnd, 4);
    check_int(read_file(&f, bytes, false, 0)->faults.total, 1);
}

TEST(the_hundredth_wrong_row_is_told_with_its_place_too)
{
    const struct csv_form f = form(COLUMNS(""));
    struct buf b = buf_make(test_arena(), 4096);
    struct told *t;

    buf_puts(&b, "ref,amt\n");
    for (int i = 0; i < 100; i++)
        buf_fmt(&b, "A%d,x\n", i);
    t = read_file(&f, buf_str(&b), true, 0);
    check_int(t->damaged, 100);
    check_int(t->faults.total, 100);
    check_int(t->last_line, 101);
}

TEST(columns_by_number_without_a_header)
{
    const struct told *t =
        good("{\"header\":false,\"quote\":\"'\",\"columns\":{\"txn\":{\"column\":2},\"amount\":{"
             "\"column\":1,\"sign\":\"refund\"},\"time\":{\"column\":3,\"format\":\"yyyyMMdd\"}}}",
             "5|'a|b'|20261123\n-7|\"c|20261124\n");

    check_int((int64_t)t->count, 2);
    check_str(t->lines[0].portal_txn, "a|b");
    check_str(t->lines[1].portal_txn, "\"c");
    check_int(t->lines[1].kind, SETTLEMENT_REFUND);
    check_int(t->lines[1].gross_vnd, 7);
    check_int(t->head.moved_vnd, -2);
    check_int(t->lines[1].txn_at_ms, clock_day_start_ms((struct date){ 2026, 11, 24 }));
}

TEST(without_a_quote_every_quote_is_text)
{
    const struct told *t =
        good("{\"quote\":\"\",\"columns\":{\"txn\":{\"header\":\"t\"},\"amount\":"
             "{\"header\":\"a\"}}}",
             "t\ta\n\"x\t5\n");

    check_str(t->lines[0].portal_txn, "\"x");
}

TEST(a_table_is_never_told_by_its_bytes)
{
    const struct csv_form f =
        form("{\"header\":false,\"columns\":{\"txn\":{\"column\":1},\"amount\":{\"column\":2}}}");

    check_int(read_file(&f, STR("H|5\n"), false, 0)->faults.total, 0);
    check_int(read_file(&f, STR("\xFF\xFEt\0"), false, 0)->faults.total, 1);
    check_int(settlement_form_of(STR("ref,amt\nA,1\n")), SETTLEMENT_NO_FORM);
}

/* Rows longer than the window, quotes over its edge, bottoms that are held back. */
static struct str long_file(void)
{
    struct buf b = buf_make(test_arena(), 8 << 20);

    buf_puts(&b, "t,a,n\r\n");
    for (int i = 0; i < 9000; i++) {
        buf_fmt(&b, "T%d,%d,\"a \"\"quote\"\"\nof %d, more\"\n", i, i, i);
        if (i % 4000 == 1000) {
            buf_puts(&b, "X,");
            for (int k = 0; k < 2 * SETTLEMENT_WINDOW_BYTES; k++)
                buf_putc(&b, '7');
            buf_puts(&b, "\n\n");
        }
    }
    buf_puts(&b, "sum,,\nend,,");
    return buf_str(&b);
}

TEST(pieces_of_any_size_make_the_same_table)
{
    static const size_t sizes[] = { 61, 4093, 1 << 20 };
    const struct csv_form f = form("{\"skip_bottom\":2,\"columns\":{\"txn\":{\"header\":\"t\"},"
                                   "\"amount\":{\"header\":\"a\"},\"narrative\":{\"header\":\"n\"}"
                                   "}}");
    struct str bytes = long_file();
    struct told *whole = read_file(&f, bytes, true, 0);

    check_int((int64_t)whole->count, 9000);
    check_int(whole->damaged, 2);
    check_int(whole->faults.list[0].line, 2004);
    for (size_t i = 0; i < LEN(sizes); i++) {
        struct told *t = read_file(&f, bytes, true, sizes[i]);

        check_int((int64_t)t->count, 9000);
        check_int(t->damaged, 2);
        check_same(t->head.content, whole->head.content);
        for (size_t k = 0; k < 2; k++) {
            check_int(t->faults.list[k].line, whole->faults.list[k].line);
            check_int(t->faults.list[k].column, whole->faults.list[k].column);
            check_same(t->faults.list[k].why, whole->faults.list[k].why);
        }
    }
}
