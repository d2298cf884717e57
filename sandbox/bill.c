#include "sandbox/bill.h"

#include "base/clock.h"
#include "base/err.h"
#include "base/money.h"
#include "base/str.h"
#include "base/words.h"
#include "paper/pdf.h"
#include "sandbox/portal.h"

#define LEFT_MM  20
#define WIDTH_MM 170

static double row_write(struct pdf *p, double y_mm, const char *label, struct str value)
{
    const struct pdf_style small = { .size_pt = 10 }, bold = { .size_pt = 11, .bold = true };
    pdf_text(p, small, (struct pdf_box){ LEFT_MM, y_mm, 50, 0 }, str_c(label));
    return y_mm + 2 +
           pdf_paragraph(p, bold, (struct pdf_box){ LEFT_MM + 50, y_mm, WIDTH_MM - 50, 0 }, value);
}

result bill_write(struct arena *a, const struct txn *t, struct str *pdf, struct err *e)
{
    must(t->capture_count > 0);
    const struct capture *c = &t->captures[0];
    const struct pdf_meta meta = { .title = STR("Chứng từ thanh toán (mô phỏng)"),
                                   .subject = t->reference,
                                   .author = STR("motcua-sandbox"),
                                   .language = STR("vi"),
                                   .made_ms = c->at_ms };
    const struct words_style style = { .chan = true };
    DEFER(pdf_close) struct pdf *p = NULL;
    double y_mm = 45;

    TRY(pdf_open(&meta, &p, e));
    pdf_text(p, (struct pdf_style){ .size_pt = 11, .align = PDF_CENTRE },
             (struct pdf_box){ LEFT_MM, 15, WIDTH_MM, 0 }, STR("MÔ PHỎNG / SIMULATED"));
    pdf_text(p, (struct pdf_style){ .size_pt = 16, .bold = true, .align = PDF_CENTRE },
             (struct pdf_box){ LEFT_MM, 25, WIDTH_MM, 0 }, STR("CHỨNG TỪ THANH TOÁN"));
    y_mm = row_write(p, y_mm, "Mã giao dịch", c->txn);
    y_mm = row_write(p, y_mm, "Mã tham chiếu", t->reference);
    y_mm = row_write(p, y_mm, "Mã hồ sơ", t->dossier);
    y_mm = row_write(p, y_mm, "Cơ quan thu", t->body_name);
    y_mm = row_write(p, y_mm, "Người nộp", t->payer_name.n ? t->payer_name : STR("-"));
    y_mm = row_write(p, y_mm, "Nội dung", t->info);
    y_mm = row_write(p, y_mm, "Số tiền", money_print(a, t->amount_vnd));
    y_mm = row_write(p, y_mm, "Bằng chữ", words_vnd(a, t->amount_vnd, style));
    y_mm = row_write(p, y_mm, "Ngân hàng", c->bank);
    row_write(p, y_mm, "Thời gian", clock_vn(a, c->at_ms));
    return pdf_write(p, a, pdf, e);
}
