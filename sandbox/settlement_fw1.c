/*
 * FW1: fixed width, as the card network writes it. Header 0001 + bank number 6 + ddMMyy; lines of
 * 239 bytes; trailer 0009 + count 9 + creator 20 + time 6 + date 6. Dates have no year. Texts are
 * filled up with spaces on the right, amounts with zeros on the left. What the form has no column
 * for (fee, currency, treasury) is lost here; MTI 0210 is a payment, 0420 a reversal, processing
 * 200000 a refund, 020000 an adjustment; `bonus` holds the dossier, `merchant` the collecting body.
 */
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "sandbox/settlement.h"

#define PROVIDER_BIN "999900"
#define LINE_BYTES   239
#define AMOUNT_MAX   999999999999LL

static void text_put(struct buf *b, struct str s, size_t width)
{
    buf_put(b, str_sub(s, 0, width));
    for (size_t i = s.n; i < width; i++)
        buf_putc(b, ' ');
}

static void amount_put(struct buf *b, int64_t vnd)
{
    if (vnd < 0)
        buf_fmt(b, "-%011lld", (long long)-vnd);
    else
        buf_fmt(b, "%012lld", (long long)vnd);
}

static const char *processing_of(enum settle_type t)
{
    return t == SETTLE_REFUND ? "200000" : t == SETTLE_ADJUST ? "020000" : "000000";
}

static result line_put(struct buf *b, const struct settle_day *day, const struct settle_line *l,
                       struct err *e)
{
    struct local_time t = clock_local(l->at_ms);
    struct date settled = date_add_days(day->date, 1);
    size_t start = b->n;

    if (l->gross_vnd > AMOUNT_MAX)
        return fail(e, ERR_BUSINESS_RULE, "an amount of more than 12 digits");
    buf_puts(b, "0002");
    buf_puts(b, l->type == SETTLE_REVERSAL ? "0420" : "0210");
    text_put(b, l->account, 21);
    buf_puts(b, processing_of(l->type));
    amount_put(b, l->gross_vnd);
    text_put(b, l->reference, 40);
    text_put(b, l->txn, 20);
    buf_fmt(b, "%02d%02d%02d", t.hour, t.minute, t.second);
    buf_fmt(b, "%02d%02d%02d%02d", t.date.m, t.date.d, settled.m, settled.d);
    text_put(b, STR("6014"), 4);
    text_put(b, l->bank, 6);
    text_put(b, str_from(l->txn, l->txn.n > 6 ? l->txn.n - 6 : 0), 6);
    text_put(b, str_is(str_c(l->status), "SUCCESS") ? STR("00") : STR("05"), 2);
    text_put(b, STR("00"), 2);
    text_put(b, STR("PORTAL01"), 8);
    text_put(b, l->dossier, 30);
    text_put(b, l->body, 60);
    must(b->overflow || b->n - start == LINE_BYTES);
    buf_putc(b, '\n');
    return OK;
}

result settlement_fw1(struct arena *a, const struct settle_day *day, struct buf *out, struct err *e)
{
    size_t n = day->n + (day->wrong_total ? 1 : 0);
    struct date made = date_add_days(day->date, 1);
    (void)a;

    buf_fmt(out, "%s" PROVIDER_BIN "%02d%02d%02d\n", day->unknown_version ? "0099" : "0001",
            day->date.d, day->date.m, day->date.y % 100);
    for (size_t i = 0; i < day->n; i++)
        TRY(line_put(out, day, &day->lines[i], e));
    buf_fmt(out, "0009%09zu", n);
    text_put(out, STR("SANDBOX"), 20);
    buf_fmt(out, "003000%02d%02d%02d\n", made.d, made.m, made.y % 100);
    return OK;
}
