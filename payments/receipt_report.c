/*
 * The columns of 01/TH-BLDT (Circular 91/2026 App. III): number, form, serial, number of the
 * receipt, date, fee, amount, exchange rate, status, period, related receipt, explanation, note.
 * Amounts are in VND, so that the exchange rate is left out.
 */
#include "payments/receipt_report.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/str.h"
#include "base/xml.h"
#include "crypto/signer.h"
#include "crypto/xmldsig.h"
#include "paper/sheet.h"
#include "payments/receipt_sign.h"
#include "store/sql.h"

#define REPORT_BYTES (4 * 1024 * 1024)

static struct str fees_join(struct str lines_json, struct arena *a)
{
    DEFER(json_close) struct json *list = NULL;
    struct err why = { .code = ERR_NONE };
    struct str all = STR(""), name;

    if (json_read(lines_json, &list, &why).failed)
        return all;
    for (size_t i = 0; i < json_count(list); i++)
        if (!json_need_str(json_at(list, i), "name_vi", LIMIT_NAME_BYTES, &name, &why).failed)
            all = str_fmt(a, "%.*s%s%.*s", STR_ARG(all), i == 0 ? "" : "; ", STR_ARG(name));
    return all;
}

static void line_read(struct sql_rows *rows, bool notice, struct arena *a,
                      struct receipt_summary_line *l)
{
    *l = (struct receipt_summary_line){
        .form = sql_text(rows, 0, a),
        .serial = sql_text(rows, 1, a),
        .number_text = receipt_number_text(a, sql_int(rows, 2)),
        .date = date_vn(a, clock_local(sql_int(rows, 3)).date),
        .fees = fees_join(sql_text(rows, 4, a), a),
        .amount_vnd = sql_int(rows, 5),
        .status = STR("Mới"),
        .explanation = sql_text(rows, 9, a),
    };
    if (sql_int(rows, 8) > 0)
        l->related = (struct receipt_ref){ sql_text(rows, 6, a), sql_text(rows, 7, a),
                                           receipt_number_text(a, sql_int(rows, 8)) };
    if (notice)
        l->status = l->related.serial.n > 0 ? STR("Bị thay thế") : STR("Giải trình");
    else if (l->related.serial.n > 0)
        l->status = STR("Thay thế");
}

static result lines_read(struct sql *db, const struct receipt_summary *m, bool notice,
                         struct arena *a, struct receipt_report *r, struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;
    bool more;

    TRY(sql_find(db, notice ? SQL_RECEIPT_REPORT_NOTICES : SQL_RECEIPT_REPORT_LINES, &rows, e,
                 sql_t(m->agency_id), sql_t(m->day), sql_i(m->n),
                 sql_i(RECEIPT_SUMMARY_LINES_MAX / 2)));
    while (r->count < RECEIPT_SUMMARY_LINES_MAX) {
        TRY(sql_next(rows, &more, e));
        if (!more)
            break;
        line_read(rows, notice, a, &r->lines[r->count]);
        r->total_vnd += r->lines[r->count++].amount_vnd;
        r->body_name = sql_text(rows, 10, a);
        r->tax_code = sql_text(rows, 11, a);
    }
    return OK;
}

result receipt_report_read(struct sql *db, const struct till *t, const struct receipt_summary *m,
                           struct arena *a, struct receipt_report *out, struct err *e)
{
    (void)t;
    *out = (struct receipt_report){ .lines = arena_array(a, struct receipt_summary_line,
                                                         RECEIPT_SUMMARY_LINES_MAX) };
    TRY(lines_read(db, m, false, a, out, e));
    return lines_read(db, m, true, a, out, e);
}

static void line_put(struct buf *b, size_t n, const struct receipt_summary_line *l)
{
    buf_fmt(b, "<Dong stt=\"%zu\">", n);
    xml_put_element(b, "MauSo", l->form);
    xml_put_element(b, "KyHieu", l->serial);
    xml_put_element(b, "So", l->number_text);
    xml_put_element(b, "Ngay", l->date);
    xml_put_element(b, "TenLoaiPhiLePhi", l->fees);
    buf_fmt(b, "<SoTien>%lld</SoTien>", (long long)l->amount_vnd);
    xml_put_element(b, "TrangThai", l->status);
    if (l->related.serial.n > 0) {
        buf_puts(b, "<BienLaiLienQuan>");
        xml_put_element(b, "MauSo", l->related.form);
        xml_put_element(b, "KyHieu", l->related.serial);
        xml_put_element(b, "So", l->related.number_text);
        buf_puts(b, "</BienLaiLienQuan>");
    }
    xml_put_element(b, "GiaiTrinh", l->explanation);
    buf_puts(b, "</Dong>\n");
}

static result xml_print(const struct receipt_report *r, const struct receipt_summary *m,
                        struct arena *a, struct str *xml, struct err *e)
{
    struct buf b = buf_make(a, REPORT_BYTES);

    buf_puts(&b, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                 "<BangTongHop xmlns=\"" RECEIPT_SPACE "\" mau=\"01/TH-BLĐT\">\n");
    xml_put_element(&b, "Ten", r->body_name);
    xml_put_element(&b, "MaSoThue", r->tax_code);
    xml_put_element(&b, "KyDuLieu", m->day);
    buf_fmt(&b, "<LanThu>%lld</LanThu>", (long long)m->n);
    xml_put_element(&b, "ThoiDiemLap", clock_rfc3339(a, m->made_ms));
    xml_put_element(&b, "DonViTienTe", STR("VND"));
    buf_puts(&b, "\n");
    for (size_t i = 0; i < r->count; i++)
        line_put(&b, i + 1, &r->lines[i]);
    buf_fmt(&b, "<TongTien>%lld</TongTien>\n</BangTongHop>\n", (long long)r->total_vnd);
    return buf_end(&b, xml, e);
}

result receipt_report_xml(const struct till *t, const struct receipt_report *report,
                          struct arena *a, struct receipt_summary *m, struct err *e)
{
    const char *path = str_cstr(a, receipt_key_path(t, m->agency_id, a));
    DEFER(signer_close) struct signer *key = NULL;
    struct err why = { .code = ERR_NONE };

    TRY(xml_print(report, m, a, &m->xml, e));
    if (signer_open(path, &key, &why).failed || signer_check(key, m->made_ms, &why).failed)
        return OK; /* better in time without a signature than late: the list shows it */
    TRY(xmldsig_sign(m->xml, key, a, &m->xml, e));
    m->signed_ms = m->made_ms;
    return OK;
}

struct lining {
    const struct till *t;
    const struct receipt_summary *m;
    struct arena *a;
    struct receipt_report report;
};

static result report_load(struct sql *db, void *arg, struct err *e)
{
    struct lining *l = arg;

    return receipt_report_read(db, l->t, l->m, l->a, &l->report, e);
}

result receipt_summary_lines(const struct till *t, const struct receipt_summary *s, struct arena *a,
                             struct receipt_summary_line **out, size_t *count, struct err *e)
{
    struct lining l = { .t = t, .m = s, .a = a };

    TRY(sql_read(t->store, report_load, &l, e));
    *out = l.report.lines;
    *count = l.report.count;
    return OK;
}

static const char *const heads[] = { "STT",       "Ký hiệu mẫu", "Ký hiệu biên lai",
                                     "Số",        "Ngày",        "Tên loại phí, lệ phí",
                                     "Số tiền",   "Trạng thái",  "Biên lai liên quan",
                                     "Giải trình" };

static struct str cell(const struct receipt_summary_line *l, size_t row, size_t column,
                       struct arena *a)
{
    switch (column) {
    case 0:
        return str_i64(a, (int64_t)row + 1);
    case 1:
        return l->form;
    case 2:
        return l->serial;
    case 3:
        return l->number_text;
    case 4:
        return l->date;
    case 5:
        return l->fees;
    case 6:
        return str_i64(a, l->amount_vnd);
    case 7:
        return l->status;
    case 8:
        return l->related.serial.n == 0
                   ? STR("")
                   : str_fmt(a, "%.*s %.*s %.*s", STR_ARG(l->related.form),
                             STR_ARG(l->related.serial), STR_ARG(l->related.number_text));
    default:
        return l->explanation;
    }
}

result receipt_summary_csv(const struct till *t, const struct receipt_summary *s, struct arena *a,
                           struct str *csv, struct err *e)
{
    struct buf b = buf_make(a, REPORT_BYTES);
    struct receipt_summary_line *lines;
    size_t count;

    TRY(receipt_summary_lines(t, s, a, &lines, &count, e));
    for (size_t c = 0; c < LEN(heads); c++) {
        buf_csv(&b, str_c(heads[c]));
        buf_puts(&b, c + 1 < LEN(heads) ? "," : "\r\n");
    }
    for (size_t i = 0; i < count; i++) {
        for (size_t c = 0; c < LEN(heads); c++) {
            buf_csv(&b, cell(&lines[i], i, c, a));
            buf_puts(&b, c + 1 < LEN(heads) ? "," : "\r\n");
        }
    }
    return buf_end(&b, csv, e);
}

result receipt_summary_xlsx(const struct till *t, const struct receipt_summary *s, struct arena *a,
                            struct str *xlsx, struct err *e)
{
    DEFER(sheet_close) struct sheet *book = NULL;
    struct receipt_summary_line *lines;
    struct str names[LEN(heads)];
    size_t count;

    TRY(receipt_summary_lines(t, s, a, &lines, &count, e));
    TRY(sheet_open(STR("01/TH-BLĐT"), s->made_ms, &book, e));
    for (size_t c = 0; c < LEN(heads); c++)
        names[c] = str_c(heads[c]);
    sheet_tab(book, STR("01_TH-BLDT"), names, LEN(names));
    for (size_t i = 0; i < count; i++) {
        for (size_t c = 0; c < LEN(heads); c++) {
            if (c == 6)
                sheet_int(book, lines[i].amount_vnd);
            else
                sheet_text(book, cell(&lines[i], i, c, a));
        }
        sheet_next(book);
    }
    return sheet_write(book, a, xlsx, e);
}
