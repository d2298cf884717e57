/* The four forms of a settlement file, and what is kept of them. */
#include <string.h>

#include "base/limits.h"
#include "conf/conf.h"
#include "crypto/digest.h"
#include "finance/intake_fetch.h"
#include "finance/reconcile.h"
#include "http/client.h"
#include "store/audit.h"
#include "tests/finance/day_file.h"
#include "tests/fixture.h"
#include "tests/payments/counter.h"

static const struct date monday = { 2026, 11, 23 };

struct reading {
    struct settlement_head head;
    struct settlement_faults faults;
    struct settlement_line lines[DAY_FILE_LINES];
    size_t count;
};

static result collect(void *arg, const struct settlement_line *l, struct err *e)
{
    struct reading *r = arg;
    struct settlement_line *own = &r->lines[r->count++];

    (void)e;
    check(r->count <= DAY_FILE_LINES);
    *own = *l;
    own->portal_txn = str_dup(test_arena(), l->portal_txn);
    own->merchant_ref = str_dup(test_arena(), l->merchant_ref);
    own->dossier = str_dup(test_arena(), l->dossier);
    return OK;
}

static struct reading *read_all(struct str bytes)
{
    struct reading *r = arena_new(test_arena(), struct reading);
    struct err e = { 0 };

    check_ok(settlement_read(bytes, test_arena(), collect, r, &r->head, &r->faults, &e), e);
    return r;
}

static struct day_file sample(void)
{
    struct day_file f = day_file_make(monday, 7);
    struct settlement_line *l;

    f.opening_vnd = 1000;
    (void)day_file_add(&f, STR("GD1"), STR("REF1"), 578000);
    l = day_file_add(&f, STR("GD2"), STR("REF2"), 9000000);
    l->success = false;
    l->code = STR("05");
    (void)day_file_add(&f, STR("GD3"), STR("REF3"), 20000);
    l = day_file_add(&f, STR("RF1"), STR("REF3"), 5000);
    l->kind = SETTLEMENT_REFUND;
    l->original_ref = STR("GD3");
    l = day_file_add(&f, STR("RV1"), STR("REF1"), 578000);
    l->kind = SETTLEMENT_REVERSAL;
    l->original_ref = STR("GD1");
    l = day_file_add(&f, STR(""), STR(""), 250);
    l->kind = SETTLEMENT_ADJUST;
    return f;
}

static void must_blame(struct str bytes, const char *code)
{
    const struct reading *r = read_all(bytes);

    check(r->faults.total > 0);
    check_str(str_c(r->faults.list[0].code), code);
}

TEST(the_four_forms_give_the_same_lines)
{
    const struct day_file f = sample();

    for (int form = SETTLEMENT_MC1; form <= SETTLEMENT_XLSX; form++) {
        const struct reading *r = read_all(day_file_print(&f, (enum settlement_form)form));
        check_int(r->faults.total, 0);
        check_int(r->head.form, form);
        check_int(r->head.lines, f.count);
        check_int(r->count, f.count);
        check_int(r->head.gross_vnd, 578000 + 9000000 + 20000 + 5000 + 578000 + 250);
        check_int(r->head.moved_vnd, 20000 - 5000 + 250);
        for (size_t i = 0; i < f.count; i++) {
            check_int(r->lines[i].kind, f.lines[i].kind);
            check_same(r->lines[i].portal_txn, f.lines[i].portal_txn);
            check_same(r->lines[i].merchant_ref, f.lines[i].merchant_ref);
            check_int(r->lines[i].gross_vnd, f.lines[i].gross_vnd);
            check_int(r->lines[i].success, f.lines[i].success);
            check_int(r->lines[i].txn_at_ms, f.lines[i].txn_at_ms);
        }
        check_same(r->head.content, read_all(day_file_print(&f, SETTLEMENT_MC1))->head.content);
    }
}

TEST(a_day_without_lines_is_a_file)
{
    const struct day_file f = day_file_make(monday, 1);

    for (int form = SETTLEMENT_MC1; form <= SETTLEMENT_XLSX; form++) {
        const struct reading *r = read_all(day_file_print(&f, (enum settlement_form)form));
        check_int(r->faults.total, 0);
        check_int(r->head.lines, 0);
        check_int(date_cmp(r->head.day, monday), 0);
    }
}

TEST(the_form_is_told_by_the_bytes)
{
    static const struct {
        const char *bytes;
        enum settlement_form form;
    } cases[] = {
        { "H|MC1|", SETTLEMENT_MC1 },
        { "0001999900231126\n", SETTLEMENT_FW1 },
        { "0099999900231126\r\n", SETTLEMENT_FW1 },
        { "00019999002311\n", SETTLEMENT_NO_FORM },
        { "00019999002311260002", SETTLEMENT_NO_FORM },
        { "\n {\"a\":1}", SETTLEMENT_BJ1 },
        { "PK\x03\x04", SETTLEMENT_XLSX },
        { "PK", SETTLEMENT_NO_FORM },
        { "[]", SETTLEMENT_NO_FORM },
        { "h|MC1|", SETTLEMENT_NO_FORM },
        { "", SETTLEMENT_NO_FORM },
    };

    for (size_t i = 0; i < LEN(cases); i++)
        check_int(settlement_form_of(str_c(cases[i].bytes)), cases[i].form);
}

TEST(no_byte_of_mc1_can_be_changed_unseen)
{
    const struct day_file f = sample();
    struct str bytes = str_dup(test_arena(), day_file_print(&f, SETTLEMENT_MC1));
    char *p = (char *)(uintptr_t)bytes.p;

    for (size_t i = 0; i < bytes.n; i++) {
        struct settlement_faults faults;
        struct settlement_head head;
        struct err e = { 0 };
        p[i] = (char)(p[i] ^ 1);
        check_ok(settlement_read(bytes, test_arena(), NULL, NULL, &head, &faults, &e), e);
        check(faults.total > 0);
        p[i] = (char)(p[i] ^ 1);
    }
}

TEST(a_file_cut_anywhere_is_refused)
{
    const struct day_file f = sample();

    for (int form = SETTLEMENT_MC1; form <= SETTLEMENT_XLSX; form++) {
        struct str bytes = day_file_print(&f, (enum settlement_form)form);
        const size_t step = form == SETTLEMENT_XLSX ? 97 : 1;
        for (size_t n = 1; n + 1 < bytes.n; n += step) {
            struct settlement_faults faults;
            struct settlement_head head;
            struct err e = { 0 };
            check_ok(
                settlement_read(str_sub(bytes, 0, n), test_arena(), NULL, NULL, &head, &faults, &e),
                e);
            check(faults.total > 0);
        }
    }
}

/* One change of the text of a form, and the fault that must come first. */
struct change {
    enum settlement_form form;
    const char *from, *to;
    const char *code;
    int64_t line, column;
};

static struct str changed(struct str text, const char *from, const char *to)
{
    struct arena *a = test_arena();

    check(str_has(text, str_c(from)));
    for (size_t i = 0;; i++)
        if (str_starts(str_from(text, i), str_c(from)))
            return str_cat(a, str_sub(text, 0, i),
                           str_cat(a, str_c(to), str_from(text, i + strlen(from))));
}

TEST(each_fault_says_class_line_and_column)
{
    static const struct change changes[] = {
        { SETTLEMENT_MC1, "H|MC1", "H|MC9", "VER", 1, 3 },
        { SETTLEMENT_MC1, "|+07:00|", "|+08:00|", "VER", 1, 42 },
        { SETTLEMENT_MC1, "|7|1|", "|0|1|", "COR", 1, 49 },
        { SETTLEMENT_MC1, "D|3|PAY", "D|3|GIFT", "VER", 4, 5 },
        { SETTLEMENT_MC1, "D|3|PAY", "E|3|PAY", "VER", 4, 1 },
        { SETTLEMENT_MC1, "D|3|PAY", "D|4|PAY", "COR", 4, 3 },
        { SETTLEMENT_MC1, "|20000|0|20000|", "|20000.5|0|20000|", "COR", 4, 79 },
        { SETTLEMENT_MC1, "|20000|0|20000|", "|020000|0|20000|", "COR", 4, 79 },
        { SETTLEMENT_MC1, "|20000|0|20000|", "|20001|0|20000|", "CTL", 8, 0 },
        { SETTLEMENT_MC1, "|20000|0|20000|", "|99999999999999999999|0|2|", "COR", 4, 79 },
        { SETTLEMENT_MC1, "|VCB|20000", "|V%41CB|20000", "COR", 4, 76 },
        { SETTLEMENT_MC1, "|VCB|20000", "|VCB|1|20000", "COR", 4, 1 },
        { SETTLEMENT_MC1, "|FAILED|", "|MAYBE|", "VER", 3, 101 },
        { SETTLEMENT_MC1, "T|6|3|1|1|", "T|7|3|1|1|", "CTL", 8, 0 },
        { SETTLEMENT_MC1, "T|6|3|1|1|", "T|6|3|2|0|", "CTL", 8, 0 },
        { SETTLEMENT_FW1, "0001999900", "0099999900", "VER", 1, 1 },
        { SETTLEMENT_FW1, "0001999900231126", "0001999900311126", "COR", 1, 11 },
        { SETTLEMENT_FW1, "00020420", "00020430", "VER", 6, 5 },
        { SETTLEMENT_FW1, "000009000000", "00000900000x", "COR", 3, 36 },
        { SETTLEMENT_FW1, "090500112311246014", "250500112311246014", "COR", 2, 108 },
        { SETTLEMENT_FW1, "090500112311246014", "090500133211246014", "COR", 2, 114 },
        { SETTLEMENT_FW1, "PORTAL01", "PORTAL1", "COR", 2, 1 },
        { SETTLEMENT_FW1, "0009000000006", "0009000000005", "CTL", 8, 5 },
        { SETTLEMENT_FW1, "0009000000006", "0008000000006", "VER", 8, 1 },
        { SETTLEMENT_BJ1, "\"totalTransaction\":6", "\"totalTransaction\":5", "CTL", 0, 0 },
        { SETTLEMENT_BJ1, "\"amount\":20000", "\"amount\":20001", "CTL", 0, 0 },
        { SETTLEMENT_BJ1, "\"amount\":20000", "\"amount\":2e4", "COR", 1, 490 },
        { SETTLEMENT_BJ1, "\"amount\":20000", "\"amount\":\"20000\"", "COR", 1, 490 },
        { SETTLEMENT_BJ1, "\"FAILED\"", "\"SENT\"", "VER", 1, 323 },
        { SETTLEMENT_BJ1, "23/11/2026 09:05:00", "23/11/2026 24:05:00", "COR", 1, 156 },
        { SETTLEMENT_BJ1, "\"bankCode\"", "\"reconcileDate\"", "COR", 0, 0 },
        { SETTLEMENT_BJ1, "\"bankName\"", "\"transactions\":[],\"bankName\"", "COR", 1, 0 },
    };

    struct buf wrong = buf_make(test_arena(), 65536);

    for (size_t i = 0; i < LEN(changes); i++) {
        const struct change *c = &changes[i];
        const struct day_file f = sample();
        struct str text = changed(day_file_print(&f, c->form), c->from, c->to);
        const struct reading *r =
            read_all(c->form == SETTLEMENT_MC1 ? day_file_resign(text) : text);
        const struct settlement_fault *x = &r->faults.list[0];
        if (r->faults.total == 0)
            buf_fmt(&wrong, "%s is not seen\n", c->to);
        else if (!str_is(str_c(x->code), c->code) || x->line != c->line ||
                 (c->column > 0 && x->column != c->column))
            buf_fmt(&wrong, "%s: %s %lld:%lld `%.*s` %.*s\n", c->to, x->code, (long long)x->line,
                    (long long)x->column, STR_ARG(x->bytes), STR_ARG(x->why));
    }
    check_same(buf_str(&wrong), STR(""));
}

TEST(a_closing_balance_that_does_not_follow_is_refused)
{
    struct arena *a = test_arena();
    const struct day_file f = sample();
    const long long closing_vnd = day_file_closing_vnd(&f);
    const struct str bytes =
        changed(day_file_print(&f, SETTLEMENT_MC1), str_cstr(a, str_fmt(a, "|%lld|", closing_vnd)),
                str_cstr(a, str_fmt(a, "|%lld|", closing_vnd + 1)));

    must_blame(day_file_resign(bytes), "CTL");
}

TEST(faults_are_counted_and_the_first_ones_kept)
{
    struct buf b = buf_make(test_arena(), 1 << 16);
    const struct day_file f = sample();
    struct str text = day_file_print(&f, SETTLEMENT_MC1);

    buf_put(&b, str_sub(text, 0, str_find(text, '\n') + 1));
    for (int i = 0; i < 100; i++)
        buf_puts(&b, "X\x01y|\n");
    const struct reading *r = read_all(buf_str(&b));
    check_int(r->faults.total, 100);
    check_int(r->faults.count, SETTLEMENT_FAULTS_MAX);
    check_str(r->faults.list[0].bytes, "X\\x01y|");
    check_int(r->count, 0);
}

TEST(other_characters_and_endless_lines_are_refused)
{
    struct arena *a = test_arena();
    const struct day_file f = sample();
    struct str text = day_file_print(&f, SETTLEMENT_MC1);
    char *line = arena_alloc(a, LIMIT_SETTLEMENT_LINE + 100);

    must_blame(str_cat(a, STR("\xEF\xBB\xBF"), text), "COR");
    must_blame(STR("\xFF\xFEH\0|\0M\0"), "COR");
    must_blame(STR("\xFE\xFF\0H\0|\0M"), "COR");
    must_blame(STR("H\0|\0M\0C\0"), "COR");
    must_blame(STR("\0H\0|\0M\0C"), "COR");
    must_blame(changed(text, "VCB", "V\xC0\x80"), "COR");
    must_blame(str_cat(a, text, STR("more")), "COR");
    memset(line, 'x', LIMIT_SETTLEMENT_LINE + 100);
    memcpy(line, "H|MC1|", 6);
    must_blame(str_of(line, LIMIT_SETTLEMENT_LINE + 100), "COR");
    must_blame(STR("PK\x03\x04 not a spreadsheet"), "COR");
    must_blame(STR("hello"), "VER");
}

TEST(crlf_is_read_with_a_warning)
{
    const struct day_file f = sample();

    for (int form = SETTLEMENT_MC1; form <= SETTLEMENT_FW1; form++) {
        struct str text = day_file_print(&f, (enum settlement_form)form), line;
        struct buf b = buf_make(test_arena(), 1 << 20);
        check(!read_all(text)->head.crlf);
        for (struct str rest = str_sub(text, 0, text.n - 1); str_next(&rest, '\n', &line);) {
            buf_put(&b, line);
            buf_puts(&b, "\r\n");
        }
        const struct reading *r = read_all(buf_str(&b));
        check_int(r->faults.total, 0);
        check(r->head.crlf);
        check_same(r->head.content, read_all(text)->head.content);
    }
}

TEST(escapes_are_read_back)
{
    struct day_file f = day_file_make(monday, 1);

    day_file_add(&f, STR("GD1"), STR("REF1"), 1)->dossier = STR("50%|100%");
    const struct reading *r = read_all(day_file_print(&f, SETTLEMENT_MC1));
    check_int(r->faults.total, 0);
    check_str(r->lines[0].dossier, "50%|100%");
}

TEST(days_without_a_year_are_near_the_business_day)
{
    static const struct {
        struct date business, paid;
    } cases[] = {
        { { 2027, 1, 1 }, { 2026, 12, 31 } }, { { 2026, 12, 31 }, { 2027, 1, 1 } },
        { { 2028, 3, 1 }, { 2028, 2, 29 } },  { { 2026, 7, 1 }, { 2026, 6, 30 } },
        { { 2026, 1, 1 }, { 2026, 1, 1 } },
    };

    for (size_t i = 0; i < LEN(cases); i++) {
        struct day_file f = day_file_make(cases[i].business, 1);
        day_file_add(&f, STR("GD1"), STR("REF1"), 1)->txn_at_ms =
            clock_day_start_ms(cases[i].paid) + 3600000;
        const struct reading *r = read_all(day_file_print(&f, SETTLEMENT_FW1));
        check_int(r->faults.total, 0);
        check_int(r->lines[0].txn_at_ms, clock_day_start_ms(cases[i].paid) + 3600000);
    }
}

TEST(sums_that_cannot_be_true_are_refused)
{
    struct buf b = buf_make(test_arena(), 1 << 20);
    const char *const row = "{\"transId\":\"G\",\"toKhaiId\":\"R\",\"amount\":9007199254740991,"
                            "\"status\":\"SUCCESS\",\"payTime\":\"23/11/2026 09:05:00\"}";

    buf_puts(&b, "{\"reconcileDate\":\"23/11/2026\",\"bankCode\":\"1\",\"totalTransaction\":1100,"
                 "\"totalAmount\":0,\"transactions\":[");
    for (int i = 0; i < 1100; i++) {
        buf_puts(&b, i > 0 ? "," : "");
        buf_puts(&b, row);
    }
    buf_puts(&b, "]}");
    struct reading *out = arena_new(test_arena(), struct reading);
    struct err e = { 0 };
    check_ok(settlement_read(buf_str(&b), test_arena(), NULL, NULL, &out->head, &out->faults, &e),
             e);
    check_int(out->faults.total, 2); /* and totalAmount */
    check(str_has(out->faults.list[1].why, STR("too large")));
}

TEST(large_sums_are_exact)
{
    struct day_file f = day_file_make(monday, 1);

    for (int i = 0; i < 30; i++)
        (void)day_file_add(&f, STR("GD"), STR("REF"), 9007199254740991LL);
    const struct reading *r = read_all(day_file_print(&f, SETTLEMENT_MC1));
    check_int(r->faults.total, 0); /* 30 x 2^53 fits */
    check_int(r->head.gross_vnd, 30 * 9007199254740991LL);
}

/* What is kept. */

static struct till *till(void)
{
    struct counter *c = counter_open();

    c->till.account = STR(DAY_FILE_ACCOUNT);
    if (c->clock.fixed_ms == FIXTURE_NOW_MS)
        counter_forward(c, 86400); /* the day is over */
    return &c->till;
}

static struct intake_result take_on(struct date day, struct str bytes)
{
    struct intake_result r = { 0 };
    struct err e = { 0 };

    check_ok(intake_take(till(), day, STR("file.txt"), bytes, STR("staff:1"), test_arena(), &r, &e),
             e);
    return r;
}

static struct intake_result take(const struct day_file *f, enum settlement_form form)
{
    return take_on(f->day, day_file_print(f, form));
}

TEST_STORE(the_same_bytes_again_change_nothing)
{
    const struct day_file f = sample();
    const struct intake_result first = take(&f, SETTLEMENT_MC1);
    const struct intake_result again = take(&f, SETTLEMENT_MC1);
    int64_t rows;
    struct err e = { 0 };

    check(!first.known && !first.quarantined);
    check_int(first.file.state, SETTLEMENT_ACCEPTED);
    check_int(first.file.lines, 6);
    check_str(first.file.actor, "staff:1");
    check(again.known && !again.quarantined);
    check_int(again.day->file_list_count, 1);
    check_same(again.day->manifest_hash, first.day->manifest_hash);
    check_ok(audit_verify(till()->store, &rows, &e), e);
    check_int(rows, 1);
}

TEST_STORE(a_later_revision_takes_the_place_of_an_earlier_one)
{
    struct day_file f = sample();
    struct intake_result r;

    (void)take(&f, SETTLEMENT_MC1);
    f.revision = 2;
    (void)day_file_add(&f, STR("GD9"), STR("REF9"), 100);
    r = take(&f, SETTLEMENT_MC1);
    check(!r.quarantined);
    check_int(r.file.revision, 2);
    check_int(r.day->file_count, 7);
    check_int(r.day->file_list_count, 2);
    check_int(r.day->files[0].state + r.day->files[1].state,
              SETTLEMENT_ACCEPTED + SETTLEMENT_SUPERSEDED);
    f.revision = 1;
    f.count--;
    check(take(&f, SETTLEMENT_MC1).known); /* the superseded one, once more */
    day_file_add(&f, STR("GD8"), STR("REF8"), 100);
    r = take(&f, SETTLEMENT_MC1);
    check(r.quarantined);
    check(str_has(r.file.faults, STR("SEQ: an older revision")));
    check_int(r.day->file_count, 7);
}

TEST_STORE(other_content_under_the_same_revision_is_an_alarm)
{
    struct day_file f = sample();
    struct intake_result r;

    (void)take(&f, SETTLEMENT_MC1);
    f.lines[0].gross_vnd++;
    r = take(&f, SETTLEMENT_MC1);
    check(r.quarantined);
    check(str_starts(r.file.faults, STR("REP: ")));
    check(take(&f, SETTLEMENT_MC1).known);
    f.lines[0].gross_vnd--;
    f.lines[0].bank = STR("ACB"); /* the same movements, and still not the same file */
    r = take(&f, SETTLEMENT_MC1);
    check(r.quarantined);
    check(str_starts(r.file.faults, STR("REP: ")));
    check(!take(&f, SETTLEMENT_XLSX).quarantined); /* the same movements in another form */
}

TEST_STORE(before_the_day_is_over_a_file_may_come_again)
{
    struct day_file f = sample();

    (void)till();
    counter_open()->clock.fixed_ms = FIXTURE_NOW_MS + 1;
    check(!take(&f, SETTLEMENT_MC1).quarantined);
    (void)day_file_add(&f, STR("GD9"), STR("REF9"), 100);
    check(!take(&f, SETTLEMENT_MC1).quarantined);
    check_int(take(&f, SETTLEMENT_MC1).day->file_count, 7);
}

TEST_STORE(files_follow_each_other_without_a_break)
{
    struct day_file first = sample(), next = day_file_make(date_add_days(monday, 1), 8);
    struct intake_result r;

    counter_forward(counter_open(), 5 * 86400);
    (void)take(&first, SETTLEMENT_MC1);
    next.opening_vnd = day_file_closing_vnd(&first);
    r = take(&next, SETTLEMENT_MC1); /* previous: zeros */
    check(r.quarantined);
    check(str_starts(r.file.faults, STR("SEQ: ")));
    check_str(reconcile_verdict_name(r.day->verdict) == NULL ? STR("") : r.day->reason,
              "quarantined");
    next.previous = digest_hex(test_arena(), digest_sha256(day_file_print(&first, SETTLEMENT_MC1)));
    next.opening_vnd++;
    r = take(&next, SETTLEMENT_MC1);
    check(r.quarantined);
    check(str_starts(r.file.faults, STR("CTL: the opening")));
    next.opening_vnd--;
    next.seq = 7;
    r = take(&next, SETTLEMENT_MC1);
    check(r.quarantined);
    check(str_starts(r.file.faults, STR("SEQ: the number belongs")));
    next.seq = 8;
    check(!take(&next, SETTLEMENT_MC1).quarantined);
}

TEST_STORE(a_file_of_another_day_account_or_provider_is_put_aside)
{
    struct day_file f = sample();
    struct intake_result r = take_on(date_add_days(monday, 1), day_file_print(&f, SETTLEMENT_FW1));

    check(r.quarantined);
    check(str_starts(r.file.faults, STR("DATE: ")));
    check(!take(&f, SETTLEMENT_FW1).quarantined); /* for its own day it is good */
    f.account = "9999.0.0000000.00000";
    r = take(&f, SETTLEMENT_MC1);
    check(r.quarantined);
    check(str_starts(r.file.faults, STR("ACC: ")));
    f.account = DAY_FILE_ACCOUNT;
    r = take_on(monday,
                day_file_resign(changed(day_file_print(&f, SETTLEMENT_MC1), "|PP|", "|QQ|")));
    check(r.quarantined);
    check(str_starts(r.file.faults, STR("ACC: ")));
}

TEST_STORE(a_quarantined_file_says_why_and_leaves_the_day_alone)
{
    struct day_file f = sample();
    struct intake_result r;
    struct err e = { 0 };

    f.more_gross_vnd = 1;
    r = take(&f, SETTLEMENT_MC1);
    check(r.quarantined);
    check_str(r.file.faults, "CTL line 8 `10181251`: gross: the lines give 10181250");
    check_str(str_c(reconcile_verdict_name(r.day->verdict)), "incomplete");
    check_str(r.day->reason, "quarantined");
    check_fails(reconcile_run(till(), monday, test_arena(), r.day, &e), e, ERR_NOT_FOUND);
}

TEST(nothing_is_no_file)
{
    struct intake_result r;
    struct err e = { 0 };

    check_fails(
        intake_take(till(), monday, STR("x"), STR(""), STR("staff:1"), test_arena(), &r, &e), e,
        ERR_INVALID);
    check_str(str_c(e.field), "file");
}

TEST_STORE(the_job_waits_for_its_hour_and_one_process_fetches)
{
    struct conf c = { 0 };
    struct source_book book;
    const struct office office = { .till = till(), .conf = &c, .sources = &book };
    struct err e = { 0 };
    bool did = true;

    check_ok(client_start(&e), e);
    c.portal.settlement_url = STR("http://127.0.0.1:1/pp/settlement");
    c.portal.settlement_form = STR("mc1");
    c.portal.account = STR(DAY_FILE_ACCOUNT);
    c.portal.timeout_ms = 1000;
    c.jobs.settlement_at = STR("09:01");
    check_ok(sources_load(&c, test_arena(), NULL, &book, &e), e);
    check_ok(intake_due(&office, &did, &e), e);
    check(!did); /* switched off */
    c.jobs.settlement = true;
    check_ok(sources_load(&c, test_arena(), NULL, &book, &e), e);
    (void)take_on(date_add_days(monday, -1),
                  day_file_print(&(struct day_file){ .day = date_add_days(monday, -1),
                                                     .seq = 6,
                                                     .revision = 1,
                                                     .account = DAY_FILE_ACCOUNT },
                                 SETTLEMENT_BJ1)); /* or Sunday's would be fetched until 09:01 */
    check_ok(intake_due(&office, &did, &e), e);
    check(!did); /* 09:00 */
    counter_forward(counter_open(), 60);
    check_fails(intake_due(&office, &did, &e), e, ERR_UPSTREAM_DOWN);
    e = (struct err){ 0 };
    check_ok(intake_due(&office, &did, &e), e);
    check(!did); /* another has just tried */
    counter_forward(counter_open(), 900);
    check_fails(intake_due(&office, &did, &e), e, ERR_UPSTREAM_DOWN);
    e = (struct err){ 0 };
    const struct day_file f = sample();
    (void)take(&f, SETTLEMENT_MC1);
    counter_forward(counter_open(), 900);
    check_ok(intake_due(&office, &did, &e), e);
    check(!did); /* it is there */
}
