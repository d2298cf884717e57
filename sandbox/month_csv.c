/* The same movements as a bank's own table: its names of columns, days and words. */
#include "base/buf.h"
#include "base/str.h"
#include "sandbox/month.h"

static const char *word_of(enum settle_type t)
{
    static const char *const words[] = { "Thu", "Hoàn", "Đảo", "Phí", "Điều chỉnh" };
    return words[t];
}

/* 1.234.567 */
static struct str grouped(struct arena *a, int64_t vnd)
{
    struct str digits = str_i64(a, vnd < 0 ? -vnd : vnd), out = STR("");

    for (; digits.n > 3; digits.n -= 3)
        out = str_fmt(a, ".%.*s%.*s", 3, digits.p + digits.n - 3, STR_ARG(out));
    return str_fmt(a, "%s%.*s%.*s", vnd < 0 ? "-" : "", STR_ARG(digits), STR_ARG(out));
}

static const char *treasury_word(const char *status)
{
    return str_is(str_c(status), "SENT_SUCCESS") ? "Đã chuyển"
           : str_is(str_c(status), "SENT_FAIL")  ? "Lỗi"
                                                 : "Chưa chuyển";
}

static void line_put(struct month *m, const struct settle_line *l, size_t n, struct buf *b)
{
    struct arena *a = m->a;

    buf_fmt(b, "%zu;%.*s;%s;", n, STR_ARG(clock_vn(a, l->at_ms)), word_of(l->type));
    buf_fmt(b, "%.*s;%.*s;%.*s;%.*s;%.*s;%.*s;", STR_ARG(l->txn), STR_ARG(l->reference),
            STR_ARG(l->original), STR_ARG(l->dossier), STR_ARG(l->body), STR_ARG(l->account));
    buf_fmt(b, "%.*s;%.*s;%.*s;%s;%s;%s\r\n", STR_ARG(l->bank), STR_ARG(grouped(a, l->gross_vnd)),
            STR_ARG(grouped(a, l->fee_vnd)), l->currency,
            str_is(str_c(l->status), "SUCCESS") ? "Thành công" : "Thất bại",
            treasury_word(l->treasury_status));
}

void month_csv(struct month *m, const struct settle_day *day, struct buf *out)
{
    buf_puts(out, "STT;Thời gian;Loại;Mã giao dịch;Mã tham chiếu;Giao dịch gốc;Mã hồ sơ;Đơn vị;"
                  "Tài khoản;Ngân hàng;Số tiền;Phí;Tiền tệ;Trạng thái;Kho bạc\r\n");
    for (size_t i = 0; i < day->n; i++)
        line_put(m, &day->lines[i], i + 1, out);
}

/* What the columns are and how their cells are written, for whoever reads the table. */
void month_csv_map(struct buf *out)
{
    static const char *const plain[][2] = {
        { "txn", "Mã giao dịch" },
        { "reference", "Mã tham chiếu" },
        { "original", "Giao dịch gốc" },
        { "dossier", "Mã hồ sơ" },
        { "body", "Đơn vị" },
        { "account", "Tài khoản" },
        { "bank", "Ngân hàng" },
        { "currency", "Tiền tệ" },
    };

    buf_puts(out, "{\"separator\":\";\",\"columns\":{\n");
    buf_puts(out, " \"time\":{\"header\":\"Thời gian\",\"format\":\"dd/MM/yyyy HH:mm:ss\"},\n");
    buf_puts(out, " \"kind\":{\"header\":\"Loại\",\"words\":{\"PAY\":[\"Thu\"],"
                  "\"REFUND\":[\"Hoàn\"],\"REVERSAL\":[\"Đảo\"],\"FEE\":[\"Phí\"],"
                  "\"ADJUST\":[\"Điều chỉnh\"]}},\n");
    for (size_t i = 0; i < LEN(plain); i++)
        buf_fmt(out, " \"%s\":{\"header\":\"%s\"},\n", plain[i][0], plain[i][1]);
    buf_puts(out, " \"amount\":{\"header\":\"Số tiền\",\"thousands\":\".\"},\n");
    buf_puts(out, " \"fee\":{\"header\":\"Phí\",\"thousands\":\".\"},\n");
    buf_puts(out, " \"status\":{\"header\":\"Trạng thái\",\"success\":[\"Thành công\"],"
                  "\"failure\":[\"Thất bại\"]},\n");
    buf_puts(out, " \"treasury\":{\"header\":\"Kho bạc\",\"codes\":{\"Đã chuyển\":\"SENT_SUCCESS\","
                  "\"Lỗi\":\"SENT_FAIL\",\"Chưa chuyển\":\"NOT_SENT\"}}}}\n");
}
