/* The hot path reads the usual shapes by hand; everything else goes through base. */
#include "recon/csv_record.h"

#include <assert.h>
#include <string.h>

#include "base/err.h"
#include "base/money.h"
#include "base/str.h"

#define AMOUNT_DIGITS 15 /* below MONEY_MAX_VND whatever they are */
#define DAY_MS        86400000LL
#define LOCAL_MS      (7 * 3600000LL)

enum status { STATUS_PAID, STATUS_RETURNED, STATUS_FAILED };

#define WORD(word, means)                                                                          \
    {                                                                                              \
        { word, sizeof(word) - 1 }, STATUS_##means                                                 \
    }
static const struct {
    struct str word;
    enum status means;
} statuses[] = {
    WORD("SUCCESS", PAID),      WORD("REFUNDED", RETURNED), WORD("FAILED", FAILED),
    WORD("PAID", PAID),         WORD("CAPTURED", PAID),     WORD("COMPLETED", PAID),
    WORD("SUCCEEDED", PAID),    WORD("00", PAID),           WORD("RETURNED", RETURNED),
    WORD("REVERSED", RETURNED), WORD("FAIL", FAILED),       WORD("PENDING", FAILED),
    WORD("EXPIRED", FAILED),    WORD("CANCELLED", FAILED),  WORD("WAITING", FAILED),
    WORD("Thành công", PAID),   WORD("Thất bại", FAILED),
};

/* Besides the names of settlement.h. */
static const struct {
    const char *word;
    enum settlement_kind means;
} kinds[] = {
    { "PAYMENT", SETTLEMENT_PAY },       { "Thu", SETTLEMENT_PAY },
    { "Hoàn", SETTLEMENT_REFUND },       { "Hoàn trả", SETTLEMENT_REFUND },
    { "Đảo", SETTLEMENT_REVERSAL },      { "Phí", SETTLEMENT_FEE },
    { "Điều chỉnh", SETTLEMENT_ADJUST },
};

static bool status_read(struct str s, struct csv_record *out)
{
    for (size_t i = 0; i < LEN(statuses); i++) {
        struct str word = statuses[i].word;
        /* Letters differ in one bit from their capitals; digits have it set as well. */
        if (s.n != word.n || ((s.p[0] ^ word.p[0]) & ~0x20) != 0 ||
            (memcmp(s.p, word.p, s.n) != 0 && !str_eq_nocase(s, word)))
            continue;
        out->success = statuses[i].means != STATUS_FAILED;
        out->returned = statuses[i].means == STATUS_RETURNED;
        return true;
    }
    return false;
}

static bool kind_read(struct str s, enum settlement_kind *out)
{
    for (int k = 0; k < SETTLEMENT_KIND_COUNT; k++) {
        if (str_eq_nocase(s, str_c(settlement_kind_name((enum settlement_kind)k)))) {
            *out = (enum settlement_kind)k;
            return true;
        }
    }
    for (size_t i = 0; i < LEN(kinds); i++) {
        if (str_eq_nocase(s, str_c(kinds[i].word))) {
            *out = kinds[i].means;
            return true;
        }
    }
    return false;
}

/* Eight characters together, the first lowest, less what they should be like ('0' for any digit).
 * False: `most` does not bring each of them below 0x80, so one is something else. */
static bool eight_like(uint64_t *v, uint64_t like, uint64_t most)
{
    *v ^= like;
    return ((*v + most) & 0x8080808080808080ULL) == 0 && (*v & 0x8080808080808080ULL) == 0;
}
static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the first character is the lowest");

#define ZEROS  0x3030303030303030ULL /* 00000000 */
#define DIGITS 0x7676767676767676ULL
#define DATE   0x2d30302d30303030ULL /* 0000-00- */
#define CLOCK  0x30303a30303a3030ULL /* 00:00:00 */

/* Up to eight digits, with as many bytes of the row behind their beginning: their number decides no
 * jump, which a processor would guess wrong half of the time. */
static bool digits_read(struct str s, int64_t *vnd)
{
    uint64_t v;

    memcpy(&v, s.p, sizeof v);
    v = v << (8 - s.n) * 8 | ZEROS >> 1 >> (s.n * 8 - 1); /* as if zeros were before them */
    if (!eight_like(&v, ZEROS, DIGITS))
        return false;
    v = (v * 10 + (v >> 8)) & 0x00ff00ff00ff00ffULL;         /* of two digits each */
    v = (v * 100 + (v >> 16)) & 0x0000ffff0000ffffULL;       /* of four */
    *vnd = (int64_t)((v * 10000 + (v >> 32)) & 0xffffffffU); /* of eight */
    return true;
}

static bool amount_read(const struct csv_row *row, struct str s, int64_t *vnd)
{
    const bool inside = s.p >= row->text.p && s.p + 8 <= row->text.p + row->text.n;
    int64_t n = 0;

    if (s.n == 0)
        return false;
    if (inside && s.n <= 8 && digits_read(s, vnd))
        return true;
    if (s.p[0] == '-') {
        const bool read = s.n > 1 && s.p[1] != '-' && amount_read(row, str_from(s, 1), vnd);
        *vnd = read ? -*vnd : *vnd;
        return read;
    }
    if (s.n > AMOUNT_DIGITS)
        return !money_read(s, vnd, NULL).failed;
    for (size_t i = 0; i < s.n; i++) {
        const unsigned digit = (unsigned)(unsigned char)s.p[i] - '0';
        if (digit > 9)
            return !money_read(s, vnd, NULL).failed;
        n = n * 10 + digit;
    }
    *vnd = n;
    return true;
}

/* -1: not two digits. */
static int two(const char *p)
{
    const unsigned a = (unsigned)(unsigned char)p[0] - '0', b = (unsigned)(unsigned char)p[1] - '0';

    return a > 9 || b > 9 ? -1 : (int)(a * 10 + b);
}

static int days_in_month(int y, int m)
{
    static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

    return m == 2 && y % 4 == 0 && (y % 100 != 0 || y % 400 == 0) ? 29 : days[m - 1];
}

/* Days since 1970 of a date that exists in the Gregorian calendar, by eras of 400 years. */
static int64_t day_number(int y, int m, int d)
{
    const int64_t year = m <= 2 ? y - 1 : y, era = year / 400, in_era = year - era * 400;
    const int64_t day = (153 * (m > 2 ? m - 3 : m + 9) + 2) / 5 + d - 1;

    return era * 146097 + in_era * 365 + in_era / 4 - in_era / 100 + day - 719468;
}

static int digit_pair(uint64_t v, int first)
{
    return (int)(v >> first * 8 & 0xff) * 10 + (int)(v >> (first + 1) * 8 & 0xff);
}

/* HH:mm:ss or HH:mm. */
static bool clock_part(struct str s, int64_t *ms)
{
    char all[8] = { 0, 0, 0, 0, 0, ':', '0', '0' };
    uint64_t v;

    if (s.n != 8 && s.n != 5)
        return false;
    if (s.n == 5)
        memcpy(all, s.p, 5);
    memcpy(&v, s.n == 8 ? s.p : all, sizeof v);
    if (!eight_like(&v, CLOCK, 0x76767f76767f7676ULL))
        return false;
    const int h = digit_pair(v, 0), m = digit_pair(v, 3), second = digit_pair(v, 6);
    *ms = ((h * 60LL + m) * 60 + second) * 1000;
    return h <= 23 && m <= 59 && second <= 59;
}

/* yyyy-MM-dd, and HH:mm:ss or HH:mm behind a space or T. */
static bool iso_read(struct str s, int64_t *ms)
{
    const int d = two(s.p + 8);
    int64_t of_day = 0;
    uint64_t v;

    memcpy(&v, s.p, sizeof v);
    if (!eight_like(&v, DATE, 0x7f76767f76767676ULL))
        return false;
    const int y = digit_pair(v, 0) * 100 + digit_pair(v, 2), m = digit_pair(v, 5);
    if (y < 1970 || m < 1 || m > 12 || d < 1 || d > days_in_month(y, m))
        return false;
    if (s.n > 10 && ((s.p[10] != ' ' && s.p[10] != 'T') || !clock_part(str_from(s, 11), &of_day)))
        return false;
    *ms = day_number(y, m, d) * DAY_MS + of_day - LOCAL_MS;
    return true;
}

bool csv_read_time(struct str s, int64_t *ms)
{
    struct date d;
    int64_t of_day = 0;

    if (s.n >= 10 && iso_read(s, ms))
        return true;
    if (clock_read_rfc3339(s, ms) || clock_read_stamp14(s, ms))
        return *ms > 0;
    if (s.n > 10 && !clock_part(str_from(s, 11), &of_day))
        return false;
    if (!date_read(str_sub(s, 0, s.n > 10 ? 10 : s.n), &d) || !date_is_valid(d) || d.y < 1970)
        return false;
    *ms = clock_day_start_ms(d) + of_day;
    return *ms > 0;
}

static bool wrong(struct csv_fault *fault, const struct csv_row *row, struct str cell,
                  const char *why)
{
    const bool inside = cell.p >= row->text.p && cell.p <= row->text.p + row->text.n;

    /* A cell whose quotes were undone lies elsewhere: its row is told. */
    *fault = (struct csv_fault){ why, inside ? cell.p - row->text.p + 1 : 1 };
    return false;
}

bool csv_record_numbers(const struct csv_layout *at, const struct csv_row *row,
                        struct csv_record *out, struct csv_fault *fault)
{
    out->kind = SETTLEMENT_PAY;
    out->success = true;
    out->returned = false;
    out->fee_vnd = out->net_vnd = out->time_ms = 0;
    if (row->fault != NULL) {
        *fault = (struct csv_fault){ row->fault, row->column };
        return false;
    }
    if (row->count != at->fields)
        return wrong(fault, row, row->text, "not as many fields as the header has");
    struct str s = csv_layout_text(at, row, CSV_AMOUNT);
    if (!amount_read(row, s, &out->amount_vnd))
        return wrong(fault, row, s, "not an amount of dong");
    s = csv_layout_text(at, row, CSV_FEE);
    out->has_fee = s.n > 0;
    if (s.n > 0 && !amount_read(row, s, &out->fee_vnd))
        return wrong(fault, row, s, "not a fee in dong");
    s = csv_layout_text(at, row, CSV_NET);
    if (s.n > 0 && !amount_read(row, s, &out->net_vnd))
        return wrong(fault, row, s, "not a net amount in dong");
    s = csv_layout_text(at, row, CSV_STATUS);
    if (at->at[CSV_STATUS] >= 0 && !status_read(s, out))
        return wrong(fault, row, s, "a status that is not known");
    s = csv_layout_text(at, row, CSV_KIND);
    if (s.n > 0 && !kind_read(s, &out->kind))
        return wrong(fault, row, s, "a kind that is not known");
    s = csv_layout_text(at, row, CSV_TIME);
    if (s.n > 0 && !csv_read_time(s, &out->time_ms))
        return wrong(fault, row, s, "not a date and time");
    return true;
}

bool csv_record_read(const struct csv_layout *at, const struct csv_row *row, struct csv_record *out,
                     struct csv_fault *fault)
{
    if (!csv_record_numbers(at, row, out, fault))
        return false;
    for (int r = 0; r < CSV_ROLES; r++)
        out->text[r] = csv_layout_text(at, row, (enum csv_role)r);
    return true;
}

struct match_ours csv_record_ours(const struct csv_record *r, int64_t id)
{
    const bool refund = r->kind == SETTLEMENT_REFUND || r->kind == SETTLEMENT_REVERSAL;

    return (struct match_ours){
        .id = id,
        .kind = refund ? MATCH_REFUND : MATCH_PAYMENT,
        .reference = r->text[CSV_REFERENCE],
        .portal_txn = r->text[CSV_TXN],
        .original = r->text[CSV_ORIGINAL],
        .order = r->text[CSV_ORDER],
        .dossier = r->text[CSV_DOSSIER],
        .account = r->text[CSV_ACCOUNT],
        .body = r->text[CSV_BODY],
        .batch = r->text[CSV_BATCH],
        .amount_vnd = r->amount_vnd,
        .fee_vnd = r->fee_vnd,
        .has_fee = r->has_fee,
        .day = r->time_ms > 0 ? clock_local(r->time_ms).date : (struct date){ 0 },
        .captured = r->success,
        .in_day = r->success,
        .returned = r->returned,
    };
}

struct settlement_line csv_record_line(const struct csv_record *r, int64_t n)
{
    return (struct settlement_line){
        .n = n,
        .kind = r->kind,
        .portal_txn = r->text[CSV_TXN],
        .merchant_ref = r->text[CSV_REFERENCE],
        .original_ref = r->text[CSV_ORIGINAL],
        .dossier = r->text[CSV_DOSSIER],
        .body = r->text[CSV_BODY],
        .account = r->text[CSV_ACCOUNT],
        .bank = r->text[CSV_BANK],
        .gross_vnd = r->amount_vnd,
        .fee_vnd = r->fee_vnd,
        .net_vnd = r->net_vnd,
        .has_fee = r->has_fee,
        .currency = r->text[CSV_CURRENCY],
        .success = r->success,
        .txn_at_ms = r->time_ms,
        .treasury_status = r->text[CSV_TREASURY],
        .narrative = r->text[CSV_NARRATIVE],
    };
}
