/* C1-02/NS on paper and as a table. Everything comes from the document, so that the bytes are the
 * same whenever it is printed. */
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"
#include "base/money.h"
#include "base/str.h"
#include "finance/remittance.h"
#include "paper/pdf.h"
#include "paper/sheet.h"

#define LEFT_MM   20
#define WIDTH_MM  170
#define LABEL_MM  55
#define BOTTOM_MM 265
#define CSV_BYTES (1024 * 1024)
#define LINES_MAX 256
#define FOOT_MM   60

/* A page being filled from above; millimetres. */
struct page {
    struct pdf *pdf;
    struct arena *a;
    const struct json *doc;
    int y_mm;
};

static const struct pdf_style body_style = { .size_pt = 10 };
static const struct pdf_style bold_style = { .size_pt = 10, .bold = true };
static const struct pdf_style small_style = { .size_pt = 8 };

static struct str text_of(const struct json *o, const char *name)
{
    struct str s;

    return json_str(json_member(o, name), &s) ? s : (struct str){ "", 0 };
}

static int64_t int_of(const struct json *o, const char *name)
{
    int64_t n = 0;

    return json_int(json_member(o, name), &n) ? n : 0;
}

result remittance_lines(const struct remittance *r, struct arena *a, struct remittance_line **out,
                        size_t *count, struct err *e)
{
    DEFER(json_close) struct json *doc = NULL;
    struct json *lines;

    TRY(json_read(r->document, &doc, e));
    lines = json_member(doc, "lines");
    *out = arena_array(a, struct remittance_line, LINES_MAX);
    for (*count = 0; *count < json_count(lines) && *count < LINES_MAX; (*count)++) {
        const struct json *l = json_at(lines, *count);

        (*out)[*count] = (struct remittance_line){ .content = str_dup(a, text_of(l, "content")),
                                                   .fee = str_dup(a, text_of(l, "fee")),
                                                   .chapter = str_dup(a, text_of(l, "chapter")),
                                                   .sub_item = str_dup(a, text_of(l, "sub_item")),
                                                   .locality = str_dup(a, text_of(l, "locality")),
                                                   .orders = int_of(l, "orders"),
                                                   .amount_vnd = int_of(l, "amount_vnd") };
    }
    return OK;
}

static void room_for(struct page *s, int mm)
{
    if (s->y_mm + mm <= BOTTOM_MM)
        return;
    pdf_page(s->pdf);
    s->y_mm = 20;
}

static void paragraph(struct page *s, struct pdf_style style, int x_mm, int w_mm, struct str text)
{
    const struct pdf_box box = { .x_mm = x_mm, .y_mm = s->y_mm, .w_mm = w_mm };

    if (text.n > 0)
        s->y_mm += (int)pdf_paragraph(s->pdf, style, box, text) + 1;
}

static void label(struct page *s, const char *name, struct str value)
{
    const struct pdf_box box = { .x_mm = LEFT_MM, .y_mm = s->y_mm, .w_mm = LABEL_MM };

    if (value.n == 0)
        return;
    pdf_text(s->pdf, small_style, box, str_c(name));
    paragraph(s, body_style, LEFT_MM + LABEL_MM, WIDTH_MM - LABEL_MM, value);
}

static void rule(struct page *s)
{
    pdf_line(s->pdf, (struct pdf_box){ .x_mm = LEFT_MM, .y_mm = s->y_mm, .w_mm = WIDTH_MM }, 1);
    s->y_mm += 2;
}

static void amount(struct page *s, struct pdf_style style, int64_t vnd)
{
    style.align = PDF_RIGHT;
    pdf_text(s->pdf, style,
             (struct pdf_box){ .x_mm = LEFT_MM + WIDTH_MM - 40, .y_mm = s->y_mm, .w_mm = 40 },
             money_print(s->a, vnd));
}

static void head_put(struct page *s)
{
    const struct pdf_style title = { .size_pt = 15, .bold = true, .align = PDF_CENTRE };
    const struct pdf_style right = { .size_pt = 9, .align = PDF_RIGHT };
    const struct json *payer = json_member(s->doc, "payer");
    const struct json *treasury = json_member(s->doc, "treasury");

    pdf_text(s->pdf, right, (struct pdf_box){ .x_mm = LEFT_MM, .y_mm = 15, .w_mm = WIDTH_MM },
             STR("Mẫu số C1-02/NS (Nghị định 347/2025/NĐ-CP)"));
    pdf_text(s->pdf, right, (struct pdf_box){ .x_mm = LEFT_MM, .y_mm = 20, .w_mm = WIDTH_MM },
             str_fmt(s->a, "Số: %.*s", STR_ARG(text_of(s->doc, "number"))));
    s->y_mm = 28;
    paragraph(s, title, LEFT_MM, WIDTH_MM, STR("GIẤY NỘP TIỀN VÀO NGÂN SÁCH NHÀ NƯỚC"));
    s->y_mm += 3;
    label(s, "Ngày lập", text_of(s->doc, "date"));
    label(s, "Người nộp thuế / đơn vị nộp", text_of(payer, "name"));
    label(s, "Mã số thuế", text_of(payer, "tax_code"));
    label(s, "Địa chỉ", text_of(payer, "address"));
    label(s, "Trích tài khoản số", text_of(payer, "account"));
    label(s, "Tại ngân hàng / KBNN", text_of(payer, "bank"));
    label(s, "Nộp vào NSNN, tài khoản", text_of(treasury, "account"));
    label(s, "Tại KBNN",
          str_fmt(s->a, "%.*s (%.*s)", STR_ARG(text_of(treasury, "name")),
                  STR_ARG(text_of(treasury, "code"))));
    label(s, "Mở tại NHTM ủy nhiệm thu", text_of(treasury, "bank"));
    label(s, "Cơ quan quản lý thu", text_of(payer, "name"));
    label(s, "Kỳ nộp",
          str_fmt(s->a, "%.*s – %.*s", STR_ARG(text_of(s->doc, "from")),
                  STR_ARG(text_of(s->doc, "to"))));
    s->y_mm += 2;
    rule(s);
}

static void line_put(struct page *s, size_t n, const struct json *l)
{
    room_for(s, 16);
    amount(s, body_style, int_of(l, "amount_vnd"));
    paragraph(s, body_style, LEFT_MM, WIDTH_MM - 45,
              str_fmt(s->a, "%zu. %.*s", n, STR_ARG(text_of(l, "content"))));
    paragraph(s, small_style, LEFT_MM + 5, WIDTH_MM - 10,
              str_fmt(s->a, "NDKT %.*s · Chương %.*s · Mã ĐBHC %.*s · Số hồ sơ %lld",
                      STR_ARG(text_of(l, "sub_item")), STR_ARG(text_of(l, "chapter")),
                      STR_ARG(text_of(l, "locality")), (long long)int_of(l, "orders")));
}

static void retained_put(struct page *s)
{
    if (int_of(s->doc, "retained_vnd") == 0)
        return;
    s->y_mm += 2;
    amount(s, body_style, int_of(s->doc, "retained_vnd"));
    paragraph(s, small_style, LEFT_MM, WIDTH_MM - 45,
              STR("Phí được để lại đơn vị, chuyển cùng kỳ (không thuộc số nộp ngân sách)"));
}

static void foot_put(struct page *s)
{
    const struct pdf_style centre = { .size_pt = 9, .align = PDF_CENTRE };
    int y_mm;

    room_for(s, FOOT_MM);
    rule(s);
    amount(s, bold_style, int_of(s->doc, "total_vnd"));
    paragraph(s, bold_style, LEFT_MM, 100, STR("Tổng số tiền nộp ngân sách"));
    label(s, "Bằng chữ", text_of(s->doc, "words"));
    retained_put(s);
    s->y_mm += 8;
    y_mm = s->y_mm;
    paragraph(s, centre, LEFT_MM, 55, STR("Người lập"));
    s->y_mm = y_mm;
    paragraph(s, centre, 78, 55, STR("Kế toán trưởng"));
    s->y_mm = y_mm;
    paragraph(s, centre, 135, 55, STR("Kho bạc Nhà nước"));
}

static result pdf_print(const struct remittance *r, const struct json *doc, struct arena *a,
                        struct str *out, struct err *e)
{
    DEFER(pdf_close) struct pdf *p = NULL;
    const struct pdf_meta meta = { .title = str_fmt(a, "Giấy nộp tiền vào NSNN %.*s",
                                                    STR_ARG(r->number)),
                                   .subject = r->id,
                                   .language = STR("vi"),
                                   .made_ms = r->created_ms };
    struct page s = { .a = a, .doc = doc };
    const struct json *lines = json_member(doc, "lines");

    TRY(pdf_open(&meta, &p, e));
    s.pdf = p;
    head_put(&s);
    for (size_t i = 0; i < json_count(lines); i++)
        line_put(&s, i + 1, json_at(lines, i));
    foot_put(&s);
    return pdf_write(p, a, out, e);
}

static const char *const heads[] = { "STT",  "Nội dung", "Mã phí",   "Chương",
                                     "NDKT", "Mã ĐBHC",  "Số hồ sơ", "Số tiền" };

static result csv_print(const struct remittance *r, const struct remittance_line *lines,
                        size_t count, struct arena *a, struct str *out, struct err *e)
{
    struct buf b = buf_make(a, CSV_BYTES);

    for (size_t i = 0; i < LEN(heads); i++) {
        buf_puts(&b, i > 0 ? "," : "\xef\xbb\xbf");
        buf_csv(&b, str_c(heads[i]));
    }
    for (size_t i = 0; i < count; i++) {
        const struct remittance_line *l = &lines[i];

        buf_fmt(&b, "\r\n%zu,", i + 1);
        buf_csv(&b, l->content);
        buf_putc(&b, ',');
        buf_csv(&b, l->fee);
        buf_fmt(&b, ",\"%.*s\",\"%.*s\",\"%.*s\",%lld,%lld", STR_ARG(l->chapter),
                STR_ARG(l->sub_item), STR_ARG(l->locality), (long long)l->orders,
                (long long)l->amount_vnd);
    }
    buf_fmt(&b, "\r\n,\"Tổng số\",,,,,,%lld\r\n", (long long)r->total_vnd);
    return buf_end(&b, out, e);
}

static result xlsx_print(const struct remittance *r, const struct remittance_line *lines,
                         size_t count, struct arena *a, struct str *out, struct err *e)
{
    DEFER(sheet_close) struct sheet *s = NULL;
    struct str titles[LEN(heads)];

    for (size_t i = 0; i < LEN(heads); i++)
        titles[i] = str_c(heads[i]);
    TRY(sheet_open(r->number, r->created_ms, &s, e));
    sheet_tab(s, STR("C1-02NS"), titles, LEN(titles));
    for (size_t i = 0; i < count; i++) {
        sheet_int(s, (int64_t)i + 1);
        sheet_text(s, lines[i].content);
        sheet_text(s, lines[i].fee);
        sheet_text(s, lines[i].chapter);
        sheet_text(s, lines[i].sub_item);
        sheet_text(s, lines[i].locality);
        sheet_int(s, lines[i].orders);
        sheet_int(s, lines[i].amount_vnd);
        sheet_next(s);
    }
    sheet_text(s, STR(""));
    sheet_text(s, STR("Tổng số"));
    for (int i = 0; i < 5; i++)
        sheet_text(s, STR(""));
    sheet_int(s, r->total_vnd);
    sheet_next(s);
    return sheet_write(s, a, out, e);
}

result remittance_print(const struct remittance *r, enum remittance_form form, struct arena *a,
                        struct str *out, struct err *e)
{
    DEFER(json_close) struct json *doc = NULL;
    struct remittance_line *lines;
    int64_t sum_vnd = 0;
    size_t count;

    TRY(json_read(r->document, &doc, e));
    TRY(remittance_lines(r, a, &lines, &count, e));
    for (size_t i = 0; i < count; i++)
        TRY(money_add(sum_vnd, lines[i].amount_vnd, &sum_vnd, e));
    if (sum_vnd != r->total_vnd || int_of(doc, "total_vnd") != r->total_vnd)
        return fail(e, ERR_BROKEN_CHAIN, "remittance %.*s: its lines are not its total",
                    STR_ARG(r->id));
    switch (form) {
    case REMITTANCE_CSV:
        return csv_print(r, lines, count, a, out, e);
    case REMITTANCE_XLSX:
        return xlsx_print(r, lines, count, a, out, e);
    default:
        return pdf_print(r, doc, a, out, e);
    }
}
