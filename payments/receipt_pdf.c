/*
 * A receipt on paper: what Decree 254/2026 art. 23(2) lists, Vietnamese first and English below in
 * smaller letters, and the address of the page that confirms it.
 */
#include "base/arena.h"
#include "base/err.h"
#include "base/money.h"
#include "base/str.h"
#include "base/words.h"
#include "paper/pdf.h"
#include "paper/qr.h"
#include "payments/receipt.h"

#define LEFT_MM   20
#define WIDTH_MM  170
#define LABEL_MM  48
#define MONEY_MM  35
#define BOTTOM_MM 215 /* the foot with date and QR code needs the rest */

/* A page being filled from above; millimetres. */
struct sheet {
    struct pdf *pdf;
    struct arena *a;
    int y_mm;
    const struct receipt_mark *mark;
};

static const struct pdf_style body_style = { .size_pt = 10 };
static const struct pdf_style bold_style = { .size_pt = 10, .bold = true };
static const struct pdf_style small_style = { .size_pt = 8 };

/* Whole millimetres from above on, so that lines never touch. */
static void paragraph(struct sheet *s, struct pdf_style style, int x_mm, int w_mm, struct str text)
{
    const struct pdf_box box = { .x_mm = x_mm, .y_mm = s->y_mm, .w_mm = w_mm };

    s->y_mm += (int)pdf_paragraph(s->pdf, style, box, text) + 1;
}

static void label(struct sheet *s, struct str name, struct str value)
{
    const struct pdf_box box = { .x_mm = LEFT_MM, .y_mm = s->y_mm, .w_mm = LABEL_MM };

    if (value.n == 0)
        return;
    pdf_text(s->pdf, small_style, box, name);
    paragraph(s, body_style, LEFT_MM + LABEL_MM, WIDTH_MM - LABEL_MM, value);
}

static void rule(struct sheet *s)
{
    pdf_line(s->pdf, (struct pdf_box){ .x_mm = LEFT_MM, .y_mm = s->y_mm, .w_mm = WIDTH_MM }, 1);
    s->y_mm += 2;
}

static void head_put(struct sheet *s, const struct receipt *r)
{
    const struct pdf_style right = { .size_pt = 9, .align = PDF_RIGHT };
    const struct str numbers[] = {
        str_fmt(s->a, "Mẫu số (form): %.*s", STR_ARG(r->form)),
        str_fmt(s->a, "Ký hiệu (serial): %.*s", STR_ARG(r->serial)),
        str_fmt(s->a, "Số (number): %.*s", STR_ARG(r->number_text)),
    };

    for (size_t i = 0; i < LEN(numbers); i++)
        pdf_text(s->pdf, right,
                 (struct pdf_box){ .x_mm = LEFT_MM, .y_mm = 18 + 5 * (int)i, .w_mm = WIDTH_MM },
                 numbers[i]);
    s->y_mm = 18;
    paragraph(s, bold_style, LEFT_MM, 105, r->body_name);
    paragraph(s, small_style, LEFT_MM, 105,
              str_fmt(s->a, "Mã số thuế (tax code): %.*s", STR_ARG(r->body_tax_code)));
    paragraph(s, small_style, LEFT_MM, 105, r->body_address);
    if (r->delegate_name.n > 0)
        paragraph(s, small_style, LEFT_MM, 105,
                  str_fmt(s->a, "Đơn vị được ủy nhiệm lập (issued by): %.*s, %.*s",
                          STR_ARG(r->delegate_name), STR_ARG(r->delegate_address)));
    s->y_mm = s->y_mm < 40 ? 40 : s->y_mm;
    rule(s);
}

static void title_put(struct sheet *s, const struct receipt *r)
{
    const struct pdf_style title = { .size_pt = 16, .bold = true, .align = PDF_CENTRE };
    const struct pdf_style under = { .size_pt = 9, .align = PDF_CENTRE };
    const bool phi = r->kind == FEE_PHI;

    s->y_mm += 4;
    paragraph(s, title, LEFT_MM, WIDTH_MM,
              phi ? STR("BIÊN LAI THU PHÍ") : STR("BIÊN LAI THU LỆ PHÍ"));
    paragraph(s, under, LEFT_MM, WIDTH_MM,
              phi ? STR("(Receipt of fee; không in sẵn mệnh giá)")
                  : STR("(Receipt of charge; không in sẵn mệnh giá)"));
    if (r->old.serial.n > 0)
        paragraph(s, under, LEFT_MM, WIDTH_MM,
                  str_fmt(s->a, "Thay thế biên lai (replaces) mẫu số %.*s ký hiệu %.*s số %.*s",
                          STR_ARG(r->old.form), STR_ARG(r->old.serial),
                          STR_ARG(r->old.number_text)));
    s->y_mm += 3;
}

static void amount_put(struct sheet *s, struct pdf_style style, struct str text)
{
    style.align = PDF_RIGHT;
    pdf_text(s->pdf, style,
             (struct pdf_box){
                 .x_mm = LEFT_MM + WIDTH_MM - MONEY_MM, .y_mm = s->y_mm, .w_mm = MONEY_MM },
             text);
}

static void line_put(struct sheet *s, size_t n, const struct receipt_line *l)
{
    const int w_mm = WIDTH_MM - MONEY_MM - 5;

    if (s->y_mm > BOTTOM_MM) {
        pdf_page(s->pdf);
        s->y_mm = 20;
    }
    amount_put(s, body_style, money_print(s->a, l->net_vnd));
    paragraph(s, body_style, LEFT_MM, w_mm,
              l->quantity == 1 ? str_fmt(s->a, "%zu. %.*s", n, STR_ARG(l->name_vi))
                               : str_fmt(s->a, "%zu. %.*s × %lld", n, STR_ARG(l->name_vi),
                                         (long long)l->quantity));
    paragraph(s, small_style, LEFT_MM + 5, w_mm - 5,
              str_fmt(s->a, "%.*s. Căn cứ: %.*s", STR_ARG(l->name_en), STR_ARG(l->basis_text)));
}

static void total_put(struct sheet *s, const struct receipt *r)
{
    rule(s);
    amount_put(s, bold_style, money_print(s->a, r->amount_vnd));
    paragraph(s, bold_style, LEFT_MM, 100, STR("Tổng cộng (total)"));
    label(s, STR("Bằng chữ (in words)"), r->words);
    label(s, STR(""), words_vnd_en(s->a, r->amount_vnd));
    label(s, STR("Hình thức (method)"), r->method);
    label(s, STR("Mã giao dịch (transaction)"), r->portal_txn);
}

/* Whose signature it carries: what readers show of the signature itself differs. */
static void mark_put(struct sheet *s, const struct receipt *r)
{
    const struct pdf_style centre = { .size_pt = 9, .align = PDF_CENTRE };

    if (s->mark->at_ms == 0) {
        paragraph(s, centre, 120, 70, r->body_name);
        paragraph(s, centre, 120, 70, STR("Bản chưa ký số (not signed)"));
        return;
    }
    paragraph(s, centre, 120, 70, STR("Đã ký số (digitally signed)"));
    paragraph(s, centre, 120, 70, s->mark->signer);
    paragraph(s, centre, 120, 70,
              str_fmt(s->a, "Ngày ký (signed): %.*s", STR_ARG(clock_vn(s->a, s->mark->at_ms))));
}

static void foot_put(struct sheet *s, const struct till *t, const struct receipt *r,
                     const struct qr *qr)
{
    const struct pdf_style centre = { .size_pt = 9, .align = PDF_CENTRE };
    int below_mm; /* the QR code */

    if (s->y_mm > BOTTOM_MM) {
        pdf_page(s->pdf);
        s->y_mm = 20;
    }
    s->y_mm += 6;
    below_mm = s->y_mm + 38;
    pdf_symbol(s->pdf, (struct pdf_box){ .x_mm = LEFT_MM, .y_mm = s->y_mm, .w_mm = 34 }, qr);
    paragraph(s, centre, 120, 70,
              str_fmt(s->a, "Ngày lập (issued): %.*s", STR_ARG(clock_vn(s->a, r->issued_ms))));
    mark_put(s, r);
    s->y_mm = s->y_mm < below_mm ? below_mm : s->y_mm;
    paragraph(s, small_style, LEFT_MM, WIDTH_MM,
              str_fmt(s->a, "Tra cứu (verify): %.*s", STR_ARG(receipt_url(t, r, s->a))));
}

static void payer_put(struct sheet *s, const struct receipt *r)
{
    label(s, STR("Người nộp (payer)"), r->payer.name);
    label(s, STR("Địa chỉ (address)"), r->payer.address);
    label(s, STR("Mã hồ sơ (dossier)"), r->reference);
    label(s, STR("Thủ tục (procedure)"), r->procedure_name);
    s->y_mm += 2;
    rule(s);
}

result receipt_pdf(const struct till *t, const struct receipt *r, const struct receipt_mark *mark,
                   struct arena *a, struct str *pdf, struct err *e)
{
    DEFER(pdf_close) struct pdf *p = NULL;
    const struct pdf_meta meta = { .title = str_fmt(a, "Biên lai %.*s %.*s", STR_ARG(r->serial),
                                                    STR_ARG(r->number_text)),
                                   .subject = r->reference,
                                   .author = r->body_name,
                                   .language = STR("vi"),
                                   .made_ms = r->issued_ms };
    struct sheet s = { .a = a, .mark = mark };
    struct qr qr;

    TRY(qr_make(a, receipt_url(t, r, a), &qr, e));
    TRY(pdf_open(&meta, &p, e));
    s.pdf = p;
    head_put(&s, r);
    title_put(&s, r);
    payer_put(&s, r);
    for (size_t i = 0; i < r->line_count; i++)
        line_put(&s, i + 1, &r->lines[i]);
    total_put(&s, r);
    foot_put(&s, t, r, &qr);
    return pdf_write(p, a, pdf, e);
}
