/*
 * Attacker: whoever chooses the texts that are put into a symbol. Promised: a text cannot end its
 * field early or begin another one, since every length is computed from what is written; what does
 * not fit is refused, never cut.
 */
#include "payments/vietqr.h"

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

#define FIELD_BYTES_MAX 99 /* two digits of length */
#define TEXT_BYTES_MAX  25 /* EMVCo, additional data */
#define TEMPLATE_BYTES  512

#define NAPAS "A000000727"

static void put(struct buf *b, const char *id, struct str value)
{
    must(value.n <= FIELD_BYTES_MAX);
    buf_fmt(b, "%s%02zu%.*s", id, value.n, STR_ARG(value));
}

static void put_unless_empty(struct buf *b, const char *id, struct str value)
{
    if (value.n > 0)
        put(b, id, value);
}

static result check_text(struct str s, const char *field, struct err *e)
{
    if (s.n > TEXT_BYTES_MAX)
        return fail_field(e, ERR_INVALID, field, "over %d characters", TEXT_BYTES_MAX);
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] < ' ' || s.p[i] > '~')
            return fail_field(e, ERR_INVALID, field, "not printable ASCII");
    return OK;
}

static result check(const struct vietqr *q, struct err *e)
{
    static const char alphanumeric[] =
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    if (q->bin.n != 6 || !str_digits(q->bin))
        return fail_field(e, ERR_INVALID, "bin", "not 6 digits");
    if (q->account.n == 0 || q->account.n > 19 || !str_all_in(q->account, alphanumeric))
        return fail_field(e, ERR_INVALID, "account", "not 1 to 19 letters and digits");
    if (q->amount_vnd < 0 || q->amount_vnd > 9999999999999) /* 13 characters */
        return fail_field(e, ERR_INVALID, "amount_vnd", "negative or over 13 digits");
    TRY(check_text(q->bill, "bill", e));
    TRY(check_text(q->reference, "reference", e));
    TRY(check_text(q->terminal, "terminal", e));
    return check_text(q->purpose, "purpose", e);
}

/* Field 38: who gets it. */
static struct str beneficiary(struct arena *a, const struct vietqr *q)
{
    struct buf bank = buf_make(a, TEMPLATE_BYTES), b = buf_make(a, TEMPLATE_BYTES);

    put(&bank, "00", q->bin);
    put(&bank, "01", q->account);
    put(&b, "00", STR(NAPAS));
    put(&b, "01", buf_str(&bank));
    put(&b, "02", q->card ? STR("QRIBFTTC") : STR("QRIBFTTA"));
    return buf_str(&b);
}

/* Field 62: what it is for. */
static struct str additional(struct arena *a, const struct vietqr *q)
{
    struct buf b = buf_make(a, TEMPLATE_BYTES);

    put_unless_empty(&b, "01", q->bill);
    put_unless_empty(&b, "05", q->reference);
    put_unless_empty(&b, "07", q->terminal);
    put_unless_empty(&b, "08", q->purpose);
    return buf_str(&b);
}

uint16_t vietqr_crc(struct str s)
{
    uint32_t crc = 0xFFFF;

    for (size_t i = 0; i < s.n; i++) {
        crc ^= (uint32_t)(unsigned char)s.p[i] << 8;
        for (int bit = 0; bit < 8; bit++)
            crc = (crc & 0x8000) != 0 ? crc << 1 ^ 0x1021 : crc << 1;
    }
    return (uint16_t)(crc & 0xFFFF);
}

result vietqr_make(struct arena *a, const struct vietqr *q, struct str *out, struct err *e)
{
    struct buf b = buf_make(a, TEMPLATE_BYTES);
    struct str what;

    TRY(check(q, e));
    what = additional(a, q);
    if (what.n > FIELD_BYTES_MAX)
        return fail_field(e, ERR_INVALID, "purpose", "over 99 characters with the other texts");
    put(&b, "00", STR("01"));
    put(&b, "01", q->amount_vnd > 0 ? STR("12") : STR("11"));
    put(&b, "38", beneficiary(a, q));
    put(&b, "53", STR("704")); /* ISO 4217: dong */
    if (q->amount_vnd > 0)
        put(&b, "54", str_i64(a, q->amount_vnd));
    put(&b, "58", STR("VN"));
    put_unless_empty(&b, "62", what);
    buf_puts(&b, "6304");
    buf_fmt(&b, "%04X", vietqr_crc(buf_str(&b)));
    return buf_end(&b, out, e);
}
