/*
 * FW1: fixed width, as a card network writes it. Header 0001, bank number 6, ddMMyy; lines of 239
 * bytes; trailer 0009, count 9, creator 20, time 6, date 6. Dates of lines have no year: it is the
 * one that brings the date nearest to the business day, so that 31/12 in a file of 1 January is
 * last year's. There is no column for fee, currency, original transaction and Treasury.
 */
#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "base/utf8.h"
#include "recon/settlement_read.h"

#define LINE_BYTES    239
#define HEAD_BYTES    16
#define TRAILER_BYTES 45

enum {
    REC,
    MTI,
    ACCOUNT,
    PROCESSING,
    AMOUNT,
    TRACE,
    TXN,
    TIME,
    DATE,
    SETTLED,
    DEVICE,
    INITIATOR,
    NUMBER,
    RESPONSE,
    COMPARE,
    TERMINAL,
    BONUS,
    MERCHANT,
    COLUMNS
};

static const size_t widths[COLUMNS] = {
    4, 4, 21, 6, 12, 40, 20, 6, 4, 4, 4, 6, 6, 2, 2, 8, 30, 60
};

struct fw1 {
    struct settlement_reader *r;
    struct settlement_text text;
    struct settlement_cell cells[COLUMNS];
    bool failed; /* this line */
};

static void blame(struct fw1 *f, int i, const char *code, const char *why)
{
    const struct settlement_place at = { f->text.line, f->cells[i].column };

    settlement_blame(f->r, code, at, f->cells[i].text, "%s", why);
    f->failed = true;
}

static struct str text(struct fw1 *f, int i)
{
    struct str s = f->cells[i].text;

    while (s.n > 0 && s.p[s.n - 1] == ' ')
        s.n--;
    if (!utf8_is_text(s))
        blame(f, i, "COR", "not a text");
    return s;
}

static int two(struct str digits, size_t from)
{
    return (digits.p[from] - '0') * 10 + (digits.p[from + 1] - '0');
}

static int days_between(struct date a, struct date b)
{
    const int64_t ms = clock_day_start_ms(a) - clock_day_start_ms(b);

    return (int)((ms < 0 ? -ms : ms) / 86400000);
}

/* MMdd of the year that is nearest to `by`. */
static bool date_near(struct str mmdd, struct date by, struct date *out)
{
    bool found = false;

    if (mmdd.n != 4 || !str_digits(mmdd))
        return false;
    for (int y = by.y - 1; y <= by.y + 1; y++) {
        const struct date d = { y, two(mmdd, 0), two(mmdd, 2) };
        if (date_is_valid(d) && (!found || days_between(d, by) < days_between(*out, by))) {
            *out = d;
            found = true;
        }
    }
    return found;
}

static int64_t time_read(struct fw1 *f)
{
    struct str s = f->cells[TIME].text;
    struct local_time t = { 0 };
    struct date settled;

    if (!date_near(f->cells[DATE].text, f->r->head->day, &t.date))
        blame(f, DATE, "COR", "not a day");
    else if (!date_near(f->cells[SETTLED].text, f->r->head->day, &settled))
        blame(f, SETTLED, "COR", "not a day");
    else if (!str_digits(s) || two(s, 0) > 23 || two(s, 2) > 59 || two(s, 4) > 59)
        blame(f, TIME, "COR", "not a time");
    if (f->failed)
        return 0;
    t.hour = two(s, 0);
    t.minute = two(s, 2);
    t.second = two(s, 4);
    return clock_from_local(t);
}

static int64_t amount_read(struct fw1 *f)
{
    struct str s = f->cells[AMOUNT].text;
    int64_t vnd = 0;

    if (!str_digits(str_from(s, s.p[0] == '-' ? 1 : 0)) || !str_to_i64(s, &vnd))
        blame(f, AMOUNT, "COR", "not an amount");
    return vnd;
}

static enum settlement_kind kind_read(struct fw1 *f)
{
    struct str mti = f->cells[MTI].text, processing = f->cells[PROCESSING].text;

    if (str_is(mti, "0420"))
        return SETTLEMENT_REVERSAL;
    if (!str_is(mti, "0210"))
        blame(f, MTI, "VER", "an unknown kind of message");
    if (str_is(processing, "200000"))
        return SETTLEMENT_REFUND;
    if (str_is(processing, "020000"))
        return SETTLEMENT_ADJUST;
    if (!str_is(processing, "000000"))
        blame(f, PROCESSING, "VER", "an unknown processing code");
    return SETTLEMENT_PAY;
}

static result detail(struct fw1 *f, struct str line, struct err *e)
{
    const struct settlement_place start = { f->text.line, 1 };
    struct settlement_line l;
    size_t from = 0;

    f->failed = false;
    if (line.n != LINE_BYTES) {
        settlement_blame(f->r, "COR", start, line, "%zu bytes instead of %d", line.n, LINE_BYTES);
        settlement_lose(f->r);
        return OK;
    }
    for (size_t i = 0; i < COLUMNS; from += widths[i++])
        f->cells[i] = (struct settlement_cell){ str_sub(line, from, widths[i]), (int64_t)from + 1 };
    l = (struct settlement_line){ .n = f->r->head->lines + 1,
                                  .kind = kind_read(f),
                                  .portal_txn = text(f, TXN),
                                  .merchant_ref = text(f, TRACE),
                                  .dossier = text(f, BONUS),
                                  .body = text(f, MERCHANT),
                                  .account = text(f, ACCOUNT),
                                  .bank = text(f, INITIATOR),
                                  .gross_vnd = amount_read(f),
                                  .code = text(f, RESPONSE),
                                  .txn_at_ms = time_read(f) };
    l.success = str_is(l.code, "00");
    if (!f->failed)
        return settlement_put(f->r, &l, e);
    settlement_lose(f->r);
    return OK;
}

static bool head_read(struct fw1 *f, struct str line)
{
    const struct settlement_place version = { 1, 1 }, day = { 1, 11 };
    struct str digits = str_from(line, 10);
    struct date d;

    if (!str_starts(line, STR("0001"))) {
        settlement_blame(f->r, "VER", version, line, "a header other than 0001");
        return false;
    }
    d = (struct date){ 2000 + two(digits, 4), two(digits, 2), two(digits, 0) };
    if (!date_is_valid(d)) {
        settlement_blame(f->r, "COR", day, digits, "not a date ddMMyy");
        return false;
    }
    f->r->head->day = d;
    return true;
}

static void trailer_read(struct fw1 *f, struct str line)
{
    const struct settlement_place start = { f->text.line, 1 }, count = { f->text.line, 5 };
    struct str digits = str_sub(line, 4, 9);
    int64_t said = 0;

    f->r->has_trailer = true;
    if (line.n < TRAILER_BYTES || !str_digits(digits) || !str_to_i64(digits, &said))
        settlement_blame(f->r, "COR", start, line, "not a trailer");
    else if (said != f->r->head->lines)
        settlement_blame(f->r, "CTL", count, digits, "there are %lld lines",
                         (long long)f->r->head->lines);
}

static result record(struct fw1 *f, struct str line, struct err *e)
{
    const struct settlement_place at = { f->text.line, 1 };

    if (str_starts(line, STR("0002")))
        return detail(f, line, e);
    if (str_starts(line, STR("0009")))
        trailer_read(f, line);
    else
        settlement_blame(f->r, "VER", at, line, "an unknown kind of record");
    return OK;
}

result settlement_read_fw1(struct settlement_reader *r, struct str bytes, struct err *e)
{
    struct fw1 f = { .r = r, .text = { .rest = bytes } };
    struct settlement_place after;
    struct str line;

    if (!settlement_next_line(r, &f.text, &line) || !head_read(&f, line))
        return OK;
    while (!r->has_trailer && settlement_has_more(r, &f.text)) {
        arena_reset(r->scratch);
        if (!settlement_next_line(r, &f.text, &line))
            return OK;
        TRY(record(&f, line, e));
    }
    after = (struct settlement_place){ f.text.line + 1, 1 };
    if (!r->has_trailer)
        settlement_blame(r, "COR", after, STR(""), "cut short: no 0009 line");
    else if (settlement_has_more(r, &f.text))
        settlement_blame(r, "COR", after, f.text.rest, "more after the 0009 line");
    return OK;
}
