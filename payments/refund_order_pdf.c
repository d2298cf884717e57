/* The order to treasury or bank on paper: what C1-04/NS of Decree 347/2025 lists. */
#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "base/money.h"
#include "base/str.h"
#include "paper/pdf.h"
#include "payments/refund_order.h"

#define LEFT_MM   20
#define WIDTH_MM  170
#define LABEL_MM  55
#define BOTTOM_MM 265

/* A page being filled from above; millimetres. */
struct sheet {
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

static void paragraph(struct sheet *s, struct pdf_style style, int x_mm, int w_mm, struct str text)
{
    const struct pdf_box box = { .x_mm = x_mm, .y_mm = s->y_mm, .w_mm = w_mm };

    if (text.n > 0)
        s->y_mm += (int)pdf_paragraph(s->pdf, style, box, text) + 1;
}

static void label(struct sheet *s, const char *name, struct str value)
{
    const struct pdf_box box = { .x_mm = LEFT_MM, .y_mm = s->y_mm, .w_mm = LABEL_MM };

    if (value.n == 0)
        return;
    pdf_text(s->pdf, small_style, box, str_c(name));
    paragraph(s, body_style, LEFT_MM + LABEL_MM, WIDTH_MM - LABEL_MM, value);
}

static void rule(struct sheet *s)
{
    pdf_line(s->pdf, (struct pdf_box){ .x_mm = LEFT_MM, .y_mm = s->y_mm, .w_mm = WIDTH_MM }, 1);
    s->y_mm += 2;
}

static void head_put(struct sheet *s, bool treasury)
{
    const struct pdf_style title = { .size_pt = 15, .bold = true, .align = PDF_CENTRE };
    const struct pdf_style right = { .size_pt = 9, .align = PDF_RIGHT };
    const struct json *body = json_member(s->doc, "body");

    pdf_text(s->pdf, right, (struct pdf_box){ .x_mm = LEFT_MM, .y_mm = 15, .w_mm = WIDTH_MM },
             treasury ? STR("Mẫu số C1-04/NS (Nghị định 347/2025/NĐ-CP)")
                      : STR("Danh sách chuyển trả"));
    pdf_text(s->pdf, right, (struct pdf_box){ .x_mm = LEFT_MM, .y_mm = 20, .w_mm = WIDTH_MM },
             str_fmt(s->a, "Số: %.*s", STR_ARG(text_of(s->doc, "number"))));
    s->y_mm = 28;
    paragraph(s, title, LEFT_MM, WIDTH_MM,
              treasury ? STR("LỆNH HOÀN TRẢ KHOẢN THU NGÂN SÁCH NHÀ NƯỚC")
                       : STR("LỆNH CHUYỂN TRẢ PHÍ, LỆ PHÍ"));
    s->y_mm += 3;
    label(s, "Ngày lập", text_of(s->doc, "date"));
    label(s, "Cơ quan thu", text_of(body, "name"));
    label(s, "Mã số thuế", text_of(body, "tax_code"));
    label(s, "Địa chỉ", text_of(body, "address"));
    label(s, "Tài khoản", text_of(body, "account"));
    label(s, "Lý do hoàn trả", text_of(s->doc, "reason"));
}

static void payee_put(struct sheet *s, const struct refund_payee *p, struct str dossier)
{
    label(s, "Người được hoàn trả", p->name);
    label(s, "Số tài khoản", p->account);
    label(s, "Tại ngân hàng", p->bank);
    label(s, "Hình thức", STR("Chuyển khoản"));
    label(s, "Mã hồ sơ", dossier);
    label(s, "Đã nộp ngày", text_of(s->doc, "paid_on"));
    label(s, "Mã giao dịch nộp", text_of(s->doc, "paid_as"));
    s->y_mm += 2;
    rule(s);
}

static void line_put(struct sheet *s, size_t n, const struct json *l)
{
    const struct pdf_style right = { .size_pt = 10, .align = PDF_RIGHT };

    if (s->y_mm > BOTTOM_MM - 20) {
        pdf_page(s->pdf);
        s->y_mm = 20;
    }
    pdf_text(s->pdf, right,
             (struct pdf_box){ .x_mm = LEFT_MM + WIDTH_MM - 40, .y_mm = s->y_mm, .w_mm = 40 },
             money_print(s->a, int_of(l, "refund_vnd")));
    paragraph(s, body_style, LEFT_MM, WIDTH_MM - 45,
              str_fmt(s->a, "%zu. %.*s", n, STR_ARG(text_of(l, "content"))));
    if (text_of(l, "sub_item").n > 0)
        paragraph(s, small_style, LEFT_MM + 5, WIDTH_MM - 10,
                  str_fmt(s->a,
                          "NDKT %.*s · Chương %.*s · Mã ĐBHC %.*s · %.*s · Năm ngân sách %lld · "
                          "Số đã nộp %.*s",
                          STR_ARG(text_of(l, "sub_item")), STR_ARG(text_of(l, "chapter")),
                          STR_ARG(text_of(l, "locality")), STR_ARG(text_of(l, "treasury")),
                          (long long)int_of(l, "budget_year"),
                          STR_ARG(money_print(s->a, int_of(l, "paid_vnd")))));
}

static void foot_put(struct sheet *s)
{
    const struct pdf_style right = { .size_pt = 10, .bold = true, .align = PDF_RIGHT };
    const struct pdf_style centre = { .size_pt = 9, .align = PDF_CENTRE };
    int y_mm;

    rule(s);
    pdf_text(s->pdf, right, (struct pdf_box){ .x_mm = LEFT_MM, .y_mm = s->y_mm, .w_mm = WIDTH_MM },
             money_print(s->a, int_of(s->doc, "total_vnd")));
    paragraph(s, bold_style, LEFT_MM, 100, STR("Tổng số tiền hoàn trả"));
    label(s, "Bằng chữ", text_of(s->doc, "words"));
    s->y_mm += 8;
    y_mm = s->y_mm;
    paragraph(s, centre, LEFT_MM, 80, STR("Người lập"));
    s->y_mm = y_mm;
    paragraph(s, centre, 110, 80, STR("Thủ trưởng đơn vị"));
}

result refund_order_pdf(const struct till *t, const struct refund *r, struct arena *a,
                        struct str *pdf, struct err *e)
{
    DEFER(pdf_close) struct pdf *p = NULL;
    DEFER(json_close) struct json *doc = NULL;
    const struct pdf_meta meta = { .title = str_fmt(a, "Lệnh hoàn trả %.*s", STR_ARG(r->reference)),
                                   .subject = r->id,
                                   .language = STR("vi"),
                                   .made_ms = r->created_ms };
    struct sheet s = { .a = a };
    struct refund_payee payee;
    struct json *lines;

    if (r->document.n == 0)
        return fail(e, ERR_NOT_FOUND, "no document was made");
    TRY(json_read(r->document, &doc, e));
    TRY(refund_payee(t, r, a, &payee, e));
    TRY(pdf_open(&meta, &p, e));
    s.pdf = p;
    s.doc = doc;
    head_put(&s, r->route == REFUND_BY_TREASURY);
    payee_put(&s, &payee, text_of(doc, "dossier"));
    lines = json_member(doc, "lines");
    for (size_t i = 0; i < json_count(lines); i++)
        line_put(&s, i + 1, json_at(lines, i));
    foot_put(&s);
    return pdf_write(p, a, pdf, e);
}
