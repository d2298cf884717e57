/* Receipts: numbers without gaps, content by decree, one of each kind, on paper and in public. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "payments/receipt.h"
#include "store/sql.h"
#include "tests/payments/counter.h"

static struct receipt *receipts_of(struct counter *c, const struct order *o, size_t want)
{
    struct receipt *all;
    size_t count;
    struct err e = { .code = ERR_NONE };

    check_ok(receipt_list(&c->till, o, test_arena(), &all, &count, &e), e);
    check_int(count, want);
    return all;
}

static struct order paid_order(struct counter *c)
{
    struct order o = counter_order(c);
    struct str ref = counter_start(c, &o);
    struct err e = { .code = ERR_NONE };

    counter_pay(c, ref);
    check_ok(attempt_ask(&c->till, ref, counter_cause(), &e), e);
    return o;
}

TEST_STORE(a_receipt_holds_what_the_decree_asks_for)
{
    struct counter *c = counter_open();
    struct order o = paid_order(c);
    struct receipt *r = receipts_of(c, &o, 2), x;
    struct err e = { .code = ERR_NONE };

    check_int(r[0].kind, FEE_PHI);
    check_str(r[0].form, "EBL01");
    check_str(r[0].serial, "26TAA");
    check_str(r[0].number_text, "0000001");
    check_int(r[0].amount_vnd, COUNTER_PHI);
    check_str(r[0].words, "Năm trăm năm mươi nghìn đồng chẵn");
    check(r[0].body_name.n > 0 && r[0].body_tax_code.n == 10);
    check_str(r[0].payer.name, "Nguyễn Thị Hòa");
    check_int(r[0].line_count, 1);
    check_str(r[0].portal_txn, "GD0001");
    check_str(r[0].method, "Chuyển khoản qua Cổng thanh toán tập trung của quốc gia");
    check_int(r[1].kind, FEE_LE_PHI);
    check_str(r[1].number_text, "0000002");
    check_int(r[1].amount_vnd, COUNTER_LE_PHI);
    check_ok(receipt_load(&c->till, r[1].id, test_arena(), &x, &e), e);
    check_same(x.code, r[1].code);
    check_fails(receipt_load(&c->till, STR("rct_x"), test_arena(), &x, &e), e, ERR_NOT_FOUND);
}

TEST_STORE(numbers_go_up_by_one_and_start_again_with_the_year_and_the_agency)
{
    struct counter *c = counter_open();
    struct order o;
    struct order_request rq = counter_request();
    struct str ref;
    struct err e = { .code = ERR_NONE };

    for (int64_t i = 0; i < 5; i++) {
        struct receipt *r;

        o = paid_order(c);
        r = receipts_of(c, &o, 2);
        check_int(r[0].number, 2 * i + 1);
        check_int(r[1].number, 2 * i + 2);
    }
    rq.agency_id = STR("H56.15");
    o = counter_order_for(c, &rq);
    ref = counter_start(c, &o);
    counter_pay(c, ref);
    check_ok(attempt_ask(&c->till, ref, counter_cause(), &e), e);
    check_int(receipts_of(c, &o, 2)[0].number, 1);
    c->clock.fixed_ms = clock_from_local((struct local_time){ { 2026, 12, 31 }, 23, 59, 59, 999 });
    o = paid_order(c);
    check_str(receipts_of(c, &o, 2)[0].serial, "26TAA");
    check_int(receipts_of(c, &o, 2)[0].number, 11);
    counter_forward(c, 1);
    o = paid_order(c);
    check_str(receipts_of(c, &o, 2)[0].serial, "27TAA");
    check_int(receipts_of(c, &o, 2)[0].number, 1);
    counter_books_hold(c);
}

TEST_STORE(only_what_is_due_has_a_receipt)
{
    struct counter *c = counter_open();
    struct order_request rq = counter_request();
    struct order o;
    struct str ref;
    struct err e = { .code = ERR_NONE };

    rq.procedure = STR("1.004873.000.00.00.H56"); /* le phi only */
    o = counter_order_for(c, &rq);
    ref = counter_start(c, &o);
    check_int(counter_receipts(c, &o), 0);
    counter_pay(c, ref);
    check_ok(attempt_ask(&c->till, ref, counter_cause(), &e), e);
    check_int(receipts_of(c, &o, 1)[0].kind, FEE_LE_PHI);
}

TEST_STORE(the_public_page_confirms_what_exists_and_names_nobody)
{
    struct counter *c = counter_open();
    struct order o = paid_order(c);
    struct receipt *r = receipts_of(c, &o, 2);
    struct receipt_public p;
    struct err e = { .code = ERR_NONE };

    check_ok(receipt_verify(&c->till, r[0].code, test_arena(), &p, &e), e);
    check_str(p.number_text, "0000001");
    check_int(p.amount_vnd, COUNTER_PHI);
    check_str(p.state, "issued");
    check_int(p.issued_on.d, 23);
    check_same(p.body_tax_code, r[0].body_tax_code);
    check_fails(receipt_verify(&c->till, r[0].id, test_arena(), &p, &e), e, ERR_NOT_FOUND);
    check_fails(receipt_verify(&c->till, STR(""), test_arena(), &p, &e), e, ERR_NOT_FOUND);
    check(str_starts(receipt_url(&c->till, &r[0], test_arena()),
                     STR("http://127.0.0.1:8080/verify/")));
}

static struct str shell(const char *command)
{
    struct arena *a = test_arena();
    char *bytes = arena_alloc(a, 65536);
    FILE *f = popen(command, "r");
    size_t n;

    check(f != NULL);
    n = fread(bytes, 1, 65536, f);
    check(pclose(f) == 0);
    return str_of(bytes, n);
}

static const char *pdf_save(struct counter *c, const struct receipt *r)
{
    struct arena *a = test_arena();
    const char *path = str_cstr(a, str_fmt(a, "%s/receipt.pdf", test_folder()));
    struct str pdf;
    struct err e = { .code = ERR_NONE };
    FILE *f = fopen(path, "wb");

    check_ok(receipt_pdf(&c->till, r, &(struct receipt_mark){ .at_ms = 0 }, a, &pdf, &e), e);
    check(str_starts(pdf, STR("%PDF-")));
    check(f != NULL && fwrite(pdf.p, 1, pdf.n, f) == pdf.n && fclose(f) == 0);
    return path;
}

TEST(the_printed_receipt_reads_back_with_its_letters_and_its_code)
{
    struct counter *c = counter_open();
    struct arena *a = test_arena();
    struct order o = paid_order(c);
    struct receipt *r = receipts_of(c, &o, 2);
    const char *path = pdf_save(c, &r[1]);
    struct str text;
    static const char *const words[] = {
        "BIÊN LAI THU LỆ PHÍ",
        "EBL01",
        "26TAA",
        "0000002",
        "Nguyễn Thị Hòa",
        "28.000 đ",
        "Hai mươi tám nghìn đồng chẵn",
        "GD0001",
        "Chuyển khoản qua Cổng thanh toán tập trung",
        "H56.14-261123-0001",
    };

    text = shell(str_cstr(a, str_fmt(a, "pdftotext -layout %s -", path)));
    for (size_t i = 0; i < LEN(words); i++)
        if (!str_has(text, str_c(words[i])))
            test_fail(__FILE__, __LINE__, "%s is missing in:\n%.*s", words[i], STR_ARG(text));
    check(!str_has(text, r[1].payer.id)); /* not asked for by the decree */
    text = shell(str_cstr(a, str_fmt(a,
                                     "pdftoppm -r 200 -png -singlefile %s %s/page && zbarimg -q "
                                     "--raw %s/page.png",
                                     path, test_folder(), test_folder())));
    check_same(str_trim(text), receipt_url(&c->till, &r[1], a));
    text = shell(
        str_cstr(a, str_fmt(a, "pdffonts %s | awk 'NR > 2 { print $(NF-4) }' | sort -u", path)));
    check_str(str_trim(text), "yes"); /* every font is embedded */
}

TEST_STORE(payer_data_is_not_readable_in_the_store)
{
    struct counter *c = counter_open();
    struct order o = paid_order(c);
    struct arena *a = test_arena();
    struct str dump;

    (void)receipts_of(c, &o, 2);
    if (str_is(str_c(test_engine()), "postgresql"))
        dump = shell(str_cstr(a, str_fmt(a,
                                         "psql -At \"%.*s\" -c 'SELECT * FROM orders' -c 'SELECT * "
                                         "FROM receipt' -c 'SELECT * FROM order_event'",
                                         STR_ARG(test_postgresql()))));
    else
        dump = shell(str_cstr(
            a, str_fmt(a, "sqlite3 %s/fixture.db .dump | grep -E 'orders|receipt|order_event'",
                       test_folder())));
    check(str_has(dump, o.reference));
    check(!str_has(dump, STR("038190000001")));
    check(!str_has(dump, STR("Nguyễn Thị Hòa")));
    check(!str_has(dump, o.token));
    /* nor as the hexadecimal digits of such bytes */
    check(!str_has(dump, STR("303338313930303030303031")));
}
