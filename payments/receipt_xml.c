/*
 * A receipt as XML: its own vocabulary, Vietnamese names, everything that Decree 254/2026 art.
 * 23(2) lists, so that it can be read without this program.
 */
#include "base/arena.h"
#include "base/buf.h"
#include "base/limits.h"
#include "base/str.h"
#include "base/xml.h"
#include "payments/receipt.h"

static void open_put(struct buf *b, const char *name)
{
    buf_fmt(b, "<%s>", name);
}

static void close_put(struct buf *b, const char *name)
{
    buf_fmt(b, "</%s>\n", name);
}

static void number_put(struct buf *b, const char *name, int64_t n)
{
    buf_fmt(b, "<%s>%lld</%s>", name, (long long)n, name);
}

static void ref_put(struct buf *b, struct str form, struct str serial, struct str number)
{
    xml_put_element(b, "MauSo", form);
    xml_put_element(b, "KyHieu", serial);
    xml_put_element(b, "So", number);
}

static void head_put(struct buf *b, const struct till *t, const struct receipt *r,
                     int64_t signed_ms, struct arena *a)
{
    const bool phi = r->kind == FEE_PHI;

    open_put(b, "ThongTinChung");
    xml_put_element(b, "Ten", phi ? STR("Biên lai thu phí") : STR("Biên lai thu lệ phí"));
    xml_put_element(b, "TenTiengAnh", phi ? STR("Receipt of fee") : STR("Receipt of charge"));
    ref_put(b, r->form, r->serial, r->number_text);
    xml_put_element(b, "NgayLap", date_iso(a, clock_local(r->issued_ms).date));
    xml_put_element(b, "ThoiDiemLap", clock_rfc3339(a, r->issued_ms));
    xml_put_element(b, "ThoiDiemKy", clock_rfc3339(a, signed_ms));
    xml_put_element(b, "DonViTienTe", STR("VND"));
    xml_put_element(b, "MaTraCuu", r->code);
    xml_put_element(b, "DiaChiTraCuu", receipt_url(t, r, a));
    close_put(b, "ThongTinChung");
}

static void bodies_put(struct buf *b, const struct receipt *r)
{
    open_put(b, "CoQuanThu");
    xml_put_element(b, "Ten", r->body_name);
    xml_put_element(b, "MaSoThue", r->body_tax_code);
    xml_put_element(b, "DiaChi", r->body_address);
    close_put(b, "CoQuanThu");
    if (r->delegate_name.n > 0) {
        open_put(b, "DonViDuocUyNhiem");
        xml_put_element(b, "Ten", r->delegate_name);
        xml_put_element(b, "DiaChi", r->delegate_address);
        close_put(b, "DonViDuocUyNhiem");
    }
    open_put(b, "NguoiNop");
    xml_put_element(b, "Ten", r->payer.name);
    xml_put_element(b, "DiaChi", r->payer.address);
    close_put(b, "NguoiNop");
    open_put(b, "HoSo");
    xml_put_element(b, "Ma", r->reference);
    xml_put_element(b, "ThuTuc", r->procedure_name);
    close_put(b, "HoSo");
}

static void lines_put(struct buf *b, const struct receipt *r)
{
    open_put(b, "DanhSachKhoanThu");
    for (size_t i = 0; i < r->line_count; i++) {
        const struct receipt_line *l = &r->lines[i];

        buf_fmt(b, "<KhoanThu stt=\"%zu\">", i + 1);
        xml_put_element(b, "Ten", l->name_vi);
        xml_put_element(b, "TenTiengAnh", l->name_en);
        number_put(b, "SoLuong", l->quantity);
        number_put(b, "SoTien", l->net_vnd);
        xml_put_element(b, "CanCuPhapLy", l->basis_text);
        close_put(b, "KhoanThu");
    }
    close_put(b, "DanhSachKhoanThu");
}

result receipt_xml(const struct till *t, const struct receipt *r, int64_t signed_ms,
                   struct arena *a, struct str *xml, struct err *e)
{
    struct buf b = buf_make(a, LIMIT_XML_BYTES);

    buf_puts(&b, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                 "<BienLai xmlns=\"" RECEIPT_SPACE "\" phienBan=\"1\">\n");
    head_put(&b, t, r, signed_ms, a);
    bodies_put(&b, r);
    lines_put(&b, r);
    open_put(&b, "TongTien");
    number_put(&b, "BangSo", r->amount_vnd);
    xml_put_element(&b, "BangChu", r->words);
    close_put(&b, "TongTien");
    xml_put_element(&b, "MaGiaoDich", r->portal_txn);
    if (r->old.serial.n > 0) {
        open_put(&b, "ThayTheBienLai");
        ref_put(&b, r->old.form, r->old.serial, r->old.number_text);
        close_put(&b, "ThayTheBienLai");
    }
    buf_puts(&b, "</BienLai>\n");
    return buf_end(&b, xml, e);
}
