#include "paper/sheet.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zip.h>

#include "tests/test.h"

#define MADE_MS 1795392000000

static const struct sheet_bounds wide = { 10, 64 * 1024 * 1024 };

/* Everything read, as "sheet!row:cell|cell" lines. */
static result collect(void *user, const struct sheet_row *row, struct err *e)
{
    struct buf *b = user;

    (void)e;
    buf_fmt(b, "%.*s!%zu:", STR_ARG(row->name), row->row);
    for (size_t i = 0; i < row->n; i++)
        buf_fmt(b, "%s%.*s", i > 0 ? "|" : "", STR_ARG(row->cells[i]));
    buf_putc(b, '\n');
    return OK;
}

static struct str all_of(struct str file)
{
    struct buf b = buf_make(test_arena(), 8u << 20);
    struct err e = { 0 };

    check_ok(sheet_read(file, wide, collect, &b, &e), e);
    return buf_str(&b);
}

static void refused(struct str file, struct sheet_bounds bounds, enum err_code code)
{
    struct buf b = buf_make(test_arena(), 64u << 20);
    struct err e = { 0 };

    check_fails(sheet_read(file, bounds, collect, &b, &e), e, code);
}

static struct str payments(void)
{
    const struct str heads[] = { STR("Mã hồ sơ"), STR("Số tiền"), STR("Ghi chú") };
    DEFER(sheet_close) struct sheet *s = NULL;
    struct str file = { 0 };
    struct err e = { 0 };

    check_ok(sheet_open(STR("Đối soát"), MADE_MS, &s, &e), e);
    sheet_tab(s, STR("Khớp"), heads, LEN(heads));
    sheet_text(s, STR("H56.14-261123-0001"));
    sheet_int(s, 1200000);
    sheet_text(s, STR("Nộp lệ phí <&> \"Hoà\""));
    sheet_next(s);
    sheet_text(s, STR("00012"));
    sheet_int(s, -999999999999999);
    sheet_next(s);
    sheet_tab(s, STR("Lệch"), heads, 1);
    sheet_int(s, INT64_MAX);
    check_ok(sheet_write(s, test_arena(), &file, &e), e);
    return file;
}

/* A spreadsheet from its parts: pairs of name and text, NULL at the end. */
static struct str archive(const char *const *parts)
{
    const char *path = str_fmt(test_arena(), "%s/made.xlsx", test_folder()).p;
    int why = 0;
    zip_t *z = zip_open(path, ZIP_CREATE | ZIP_TRUNCATE, &why);
    char *bytes = arena_alloc(test_arena(), 4u << 20);
    size_t n;
    FILE *f;

    check(z != NULL);
    for (; parts[0] != NULL; parts += 2)
        check(zip_file_add(z, parts[0], zip_source_buffer(z, parts[1], strlen(parts[1]), 0), 0) >=
              0);
    check(zip_close(z) == 0);
    f = fopen(path, "r");
    check(f != NULL);
    n = fread(bytes, 1, 4u << 20, f);
    check(fclose(f) == 0);
    return str_of(bytes, n);
}

#define WORKBOOK                                                                                    \
    "xl/workbook.xml",                                                                              \
        "<?xml version=\"1.0\"?><workbook xmlns:r=\"u:r\"><sheets><sheet name=\"Hai\" "             \
        "sheetId=\"2\" r:id=\"rId9\"/><sheet name=\"Một\" sheetId=\"1\" r:id=\"rId1\"/></sheets>" \
        "</workbook>",                                                                              \
        "xl/_rels/workbook.xml.rels",                                                               \
        "<Relationships><Relationship Id=\"rId1\" Target=\"/xl/worksheets/a.xml\"/>"                \
        "<Relationship Id=\"rId9\" Target=\"worksheets/b.xml\"/></Relationships>"
#define EMPTY_B  "xl/worksheets/b.xml", "<worksheet/>"
#define SHEET(x) "<worksheet><sheetData>" x "</sheetData></worksheet>"

/* The first sheet named in the workbook holds these rows. */
static struct str with_rows(const char *sheet_xml)
{
    const char *const parts[] = { WORKBOOK,       "xl/worksheets/a.xml",
                                  "<worksheet/>", "xl/worksheets/b.xml",
                                  sheet_xml,      NULL };

    return archive(parts);
}

TEST(what_is_no_spreadsheet_is_refused)
{
    static const char *const none[] = { "x", "y", NULL };
    static const char *const lost[] = { WORKBOOK, NULL };
    static const char *const unrelated[] = { "xl/workbook.xml",
                                             "<workbook><sheets><sheet name=\"a\"/></sheets>"
                                             "</workbook>",
                                             "xl/_rels/workbook.xml.rels", "<Relationships/>",
                                             NULL };

    refused(STR(""), wide, ERR_MALFORMED);
    refused(STR("PK"), wide, ERR_MALFORMED);
    refused(STR("H|MC1|provider|account\n"), wide, ERR_MALFORMED);
    refused(archive(none), wide, ERR_MALFORMED);
    refused(archive(lost), wide, ERR_MALFORMED);
    refused(archive(unrelated), wide, ERR_MALFORMED);
}

TEST(a_file_cut_short_anywhere_is_refused)
{
    const struct str file = payments();

    check(file.n > 4000);
    for (size_t n = 0; n < file.n; n += 97)
        refused(str_sub(file, 0, n), wide, ERR_MALFORMED);
    refused(str_sub(file, 0, file.n - 1), wide, ERR_MALFORMED);
}

TEST(a_damaged_part_is_refused)
{
    const struct str good = payments();
    size_t refusals = 0;

    /* Not every byte of an archive matters; none may do harm, and most must be noticed. */
    for (size_t at = 0; at < good.n; at += 41) {
        char *copy = arena_copy(test_arena(), good.p, good.n);
        struct buf b = buf_make(test_arena(), 1u << 20);
        struct err e = { 0 };

        copy[at] = (char)(copy[at] ^ 0x55);
        if (sheet_read(str_of(copy, good.n), wide, collect, &b, &e).failed)
            refusals++;
        else
            check(str_has(buf_str(&b), STR("1200000")));
    }
    check(refusals > 10);
}

TEST(a_bomb_stops_at_its_bound)
{
    struct buf b = buf_make(test_arena(), 64u << 20);
    struct str file, xml = { 0 };
    struct err e = { 0 };

    buf_puts(&b, "<worksheet><sheetData>");
    for (int i = 1; i <= 200000; i++)
        buf_puts(&b, "<row><c><v>7777777777777777777777777777777777777777777</v></c></row>");
    buf_puts(&b, "</sheetData></worksheet>");
    buf_putc(&b, '\0');
    check_ok(buf_end(&b, &xml, &e), e);
    file = with_rows(xml.p);
    check(file.n < 100000); /* 14 MB in */
    refused(file, (struct sheet_bounds){ 1, 1024 * 1024 }, ERR_TOO_LARGE);
}

TEST(a_row_without_an_end_stops_at_its_bound)
{
    struct buf b = buf_make(test_arena(), 64u << 20);
    struct str xml = { 0 };
    struct err e = { 0 };

    buf_puts(&b, "<worksheet><row><c><v>");
    for (int i = 0; i < 40000; i++)
        buf_puts(&b, "0000000000");
    buf_puts(&b, "</v></c></row></worksheet>");
    buf_putc(&b, '\0');
    check_ok(buf_end(&b, &xml, &e), e);
    refused(with_rows(xml.p), wide, ERR_TOO_LARGE);
}

TEST(too_many_parts_are_refused)
{
    const char **parts = arena_array(test_arena(), const char *, 2 * SHEET_ENTRIES_MAX + 4);

    for (size_t i = 0; i <= SHEET_ENTRIES_MAX; i++) {
        parts[2 * i] = str_fmt(test_arena(), "p%zu", i).p;
        parts[2 * i + 1] = "x";
    }
    refused(archive(parts), wide, ERR_TOO_LARGE);
}

TEST(faulty_sheets_are_refused)
{
    static const struct {
        const char *xml;
        enum err_code code;
    } cases[] = {
        { "", ERR_MALFORMED },
        { "rows", ERR_MALFORMED },
        { "<sst><row/></sst>", ERR_MALFORMED },
        { "<worksheet><row><c>", ERR_MALFORMED },
        { SHEET("<row><c></row>"), ERR_MALFORMED },
        { SHEET("<row r=\"1\"><c t=\"s\"><v>0</v></c></row>"), ERR_MALFORMED },
        { SHEET("<row r=\"1\"><c t=\"s\"><v>-1</v></c></row>"), ERR_MALFORMED },
        { SHEET("<row r=\"2\"/><row r=\"2\"/>"), ERR_MALFORMED },
        { SHEET("<row r=\"0\"/>"), ERR_MALFORMED },
        { SHEET("<row r=\"9999999\"/>"), ERR_MALFORMED },
        { SHEET("<row><c r=\"B1\"/><c r=\"A1\"/></row>"), ERR_MALFORMED },
        { SHEET("<row><c r=\"B\"/></row>"), ERR_MALFORMED },
        { SHEET("<row><c r=\"1\"/></row>"), ERR_MALFORMED },
        { SHEET("<row><c r=\"IW1\"/></row>"), ERR_TOO_LARGE },
        { SHEET("<row><c r=\"ZZZZZ1\"/></row>"), ERR_MALFORMED },
        { SHEET("<row><c><v>\xff</v></c></row>"), ERR_MALFORMED },
        { SHEET("<row><c><v>&x;</v></c></row>"), ERR_MALFORMED },
        { SHEET("<!-- --><row/>"), ERR_MALFORMED },
        { "<!DOCTYPE worksheet [<!ENTITY x \"y\">]><worksheet><row/></worksheet>", ERR_MALFORMED },
    };

    for (size_t i = 0; i < LEN(cases); i++)
        refused(with_rows(cases[i].xml), wide, cases[i].code);
}

TEST(sheets_come_in_the_workbooks_order_and_no_more_than_asked_for)
{
    static const char *const parts[] = { WORKBOOK,
                                         "xl/worksheets/a.xml",
                                         SHEET("<row><c><v>1</v></c></row>"),
                                         "xl/worksheets/b.xml",
                                         SHEET("<row><c><v>2</v></c></row>"),
                                         NULL };
    struct buf b = buf_make(test_arena(), 1024);
    struct err e = { 0 };

    check_str(all_of(archive(parts)), "Hai!1:2\nMột!1:1\n");
    check_ok(sheet_read(archive(parts), (struct sheet_bounds){ 1, 65536 }, collect, &b, &e), e);
    check_str(buf_str(&b), "Hai!1:2\n");
}

TEST(every_way_to_write_a_text_is_read)
{
    static const char *const parts[] = {
        WORKBOOK,
        EMPTY_B,
        "xl/sharedStrings.xml",
        "\xef\xbb\xbf<?xml version=\"1.0\"?>\n<x:sst xmlns:x=\"u:x\" count=\"3\"><x:si><x:t>Phí"
        "</x:t></x:si><x:si/><x:si><x:r><x:rPr/><x:t xml:space=\"preserve\">Nguyễn </x:t></x:r>"
        "<x:r><x:t>An</x:t></x:r><x:rPh><x:t>no</x:t></x:rPh></x:si></x:sst>",
        "xl/worksheets/a.xml",
        "<x:worksheet xmlns:x=\"u:x\" xmlns:y=\"u:y\"><x:rows/><x:sheetData><x:row r=\"3\" "
        "y:d='a>b'><x:c r=\"A3\" t=\"s\"><x:v>0</x:v></x:c><x:c t=\"s\"><x:v>2</x:v></x:c>"
        "<x:c r=\"E3\" t=\"inlineStr\"><x:is><x:t> trong ô </x:t></x:is></x:c></x:row >"
        "<x:row r=\"4\"/><x:row><x:c r=\"B5\"><x:f>1+1</x:f><x:v>2</x:v></x:c>"
        "<x:c t=\"b\"><x:v>1</x:v></x:c><x:c t=\"s\"><x:v>1</x:v></x:c><x:c><x:v>2.5E4</x:v></x:c>"
        "</x:row></x:sheetData></x:worksheet>",
        NULL
    };

    check_str(all_of(archive(parts)), "Một!3:Phí|Nguyễn An|||trong ô\nMột!5:|2|1||2.5E4\n");
}

TEST(what_is_written_is_read_back)
{
    check_str(all_of(payments()), "Khớp!1:Mã hồ sơ|Số tiền|Ghi chú\n"
                                  "Khớp!2:H56.14-261123-0001|1200000|Nộp lệ phí <&> \"Hoà\"\n"
                                  "Khớp!3:00012|-999999999999999\n"
                                  "Lệch!1:Mã hồ sơ\n"
                                  "Lệch!2:9223372036854775807\n");
}

TEST(the_same_table_gives_the_same_bytes)
{
    const struct str x = payments();

    check_same(payments(), x);
}

TEST(many_rows_pass_through_a_small_window)
{
    DEFER(sheet_close) struct sheet *s = NULL;
    const struct str head = STR("n");
    struct str file = { 0 }, got;
    struct err e = { 0 };

    check_ok(sheet_open(STR("x"), MADE_MS, &s, &e), e);
    sheet_tab(s, STR("n"), &head, 1);
    for (int64_t i = 0; i < 20000; i++) {
        sheet_int(s, i);
        sheet_text(s, STR("Nộp lệ phí hồ sơ"));
        sheet_next(s);
    }
    check_ok(sheet_write(s, test_arena(), &file, &e), e);
    got = all_of(file);
    check(str_ends(got, STR("n!20000:19998|Nộp lệ phí hồ sơ\nn!20001:19999|Nộp lệ phí hồ sơ\n")));
}

TEST(nothing_written_becomes_a_formula)
{
    static const char *const texts[] = {
        "=1+1", "=HYPERLINK(\"http://x\")", "+1",        "-1", "@SUM(A1)", "{=1}",
        "\t=1", "http://127.0.0.1/",        "mailto:a@b"
    };
    DEFER(sheet_close) struct sheet *s = NULL;
    const struct str head = STR("=cmd|' /C calc'!A0");
    const char *path = str_fmt(test_arena(), "%s/formula.xlsx", test_folder()).p;
    struct str file = { 0 };
    struct err e = { 0 };
    char line[65536] = { 0 };
    FILE *f;

    check_ok(sheet_open(STR("x"), MADE_MS, &s, &e), e);
    sheet_tab(s, STR("x"), &head, 1);
    for (size_t i = 0; i < LEN(texts); i++) {
        sheet_text(s, str_c(texts[i]));
        sheet_next(s);
    }
    check_ok(sheet_write(s, test_arena(), &file, &e), e);
    check(str_has(all_of(file), STR("x!2:=1+1\n")));
    f = fopen(path, "w");
    check(f != NULL && fwrite(file.p, 1, file.n, f) == file.n && fclose(f) == 0);
    f = popen(str_fmt(test_arena(), "unzip -p %s xl/worksheets/sheet1.xml", path).p, "r");
    check(f != NULL && fread(line, 1, sizeof(line) - 1, f) > 100 && pclose(f) == 0);
    check(strstr(line, "<f>") == NULL && strstr(line, "<hyperlink") == NULL);
    check(strstr(line, "inlineStr") != NULL);
}

TEST(faults_of_a_table_are_reported_at_its_end)
{
    static const char *const names[] = { "", "a/b", "a[b",
                                         "a name that is far too long for any tab" };
    const struct str head = STR("x");
    char *much = arena_alloc(test_arena(), 40000);

    for (size_t i = 0; i < LEN(names) + 2; i++) {
        DEFER(sheet_close) struct sheet *s = NULL;
        struct str file = { 0 };
        struct err e = { 0 };

        check_ok(sheet_open(STR("x"), MADE_MS, &s, &e), e);
        sheet_tab(s, i < LEN(names) ? str_c(names[i]) : STR("x"), &head, 1);
        memset(much, 'x', 40000);
        if (i >= LEN(names))
            sheet_text(s, i == LEN(names) ? STR("\xff") : str_of(much, 40000));
        check_fails(sheet_write(s, test_arena(), &file, &e), e,
                    i < LEN(names)    ? ERR_INVALID
                    : i == LEN(names) ? ERR_NOT_UTF8
                                      : ERR_TOO_LARGE);
    }
}

static result stop(void *user, const struct sheet_row *row, struct err *e)
{
    ++*(int *)user;
    return row->row == 2 ? fail(e, ERR_BUSINESS_RULE, "enough") : OK;
}

TEST(a_reader_may_stop)
{
    int rows = 0;
    struct err e = { 0 };

    check_fails(sheet_read(payments(), wide, stop, &rows, &e), e, ERR_BUSINESS_RULE);
    check_int(rows, 2);
}
