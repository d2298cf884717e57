/* The cells of MC1 and XLSX: what each must look like, and the trailer's word against the sums. */
#include "base/err.h"
#include "base/money.h"
#include "base/str.h"
#include "base/utf8.h"
#include "recon/settlement_read.h"

#define TEXT_BYTES_MAX 255
#define ACCOUNT_MAX    64

enum {
    TRAILER_LINES,
    TRAILER_PAY,
    TRAILER_REFUND,
    TRAILER_REVERSAL,
    TRAILER_GROSS,
    TRAILER_FEE,
    TRAILER_NET,
    TRAILER_CLOSING
};

struct cell_reader {
    struct settlement_reader *r;
    const struct settlement_cell *cells;
    int64_t line;
    bool failed;
};

static void blame(struct cell_reader *c, size_t i, const char *code, const char *why)
{
    const struct settlement_place at = { c->line, c->cells[i].column };

    settlement_blame(c->r, code, at, c->cells[i].text, "%s", why);
    c->failed = true;
}

static struct str text(struct cell_reader *c, size_t i, size_t bytes_max)
{
    struct str s = c->cells[i].text;

    if (s.n > bytes_max)
        blame(c, i, "COR", "a text that is too long");
    else if (!utf8_is_text(s))
        blame(c, i, "COR", "control characters in a text");
    return s;
}

/* A whole number of at most `most` either way. */
static int64_t number(struct cell_reader *c, size_t i, int64_t most)
{
    struct str s = c->cells[i].text, digits = str_from(s, str_starts(s, STR("-")) ? 1 : 0);
    const bool padded = digits.n > 1 && digits.p[0] == '0';
    int64_t n = 0;

    if (padded || !str_to_i64(s, &n) || n > most || n < -most)
        blame(c, i, "COR", "not a whole number");
    return n;
}

static bool digest_read(struct str s)
{
    return s.n == 2 * DIGEST_BYTES && str_all_in(s, "0123456789abcdef");
}

bool settlement_read_head(struct settlement_reader *r, const struct settlement_cell *cells,
                          int64_t line)
{
    struct cell_reader c = { r, cells, line, false };
    struct settlement_head *h = r->head;
    int64_t created_ms;

    if (!str_is(cells[0].text, "MC1")) {
        blame(&c, 0, "VER", "a version other than MC1");
        return false;
    }
    h->provider = str_dup(r->a, text(&c, 1, TEXT_BYTES_MAX));
    h->account = str_dup(r->a, text(&c, 2, ACCOUNT_MAX));
    if (!date_read(cells[3].text, &h->day) || !date_is_valid(h->day))
        blame(&c, 3, "COR", "not a date");
    if (!str_is(cells[4].text, "+07:00"))
        blame(&c, 4, "VER", "another time zone than +07:00");
    h->seq = number(&c, 5, MONEY_MAX_VND);
    h->revision = number(&c, 6, MONEY_MAX_VND);
    if (h->seq < 1 || h->revision < 1)
        blame(&c, h->seq < 1 ? 5 : 6, "COR", "numbers count from 1");
    if (!digest_read(cells[7].text))
        blame(&c, 7, "COR", "not a SHA-256");
    h->previous = str_dup(r->a, str_sub(cells[7].text, 0, (size_t)2 * DIGEST_BYTES));
    if (!clock_read_rfc3339(cells[8].text, &created_ms))
        blame(&c, 8, "COR", "not a time");
    h->opening_vnd = number(&c, 9, SETTLEMENT_SUM_MAX_VND);
    h->has_chain = !c.failed;
    return !c.failed;
}

static bool status_read(struct cell_reader *c, size_t i)
{
    static const char *const known[] = { "SUCCESS", "FAILED", "PENDING" };

    for (size_t k = 0; k < LEN(known); k++)
        if (str_is(c->cells[i].text, known[k]))
            return k == 0;
    blame(c, i, "VER", "an unknown status");
    return false;
}

static void line_texts(struct cell_reader *c, struct settlement_line *l)
{
    struct str *const texts[] = { &l->portal_txn, &l->merchant_ref, &l->original_ref, &l->dossier,
                                  &l->procedure,  &l->body,         &l->account,      &l->bank };

    for (size_t i = 0; i < LEN(texts); i++)
        *texts[i] = text(c, 2 + i, i == 6 ? ACCOUNT_MAX : TEXT_BYTES_MAX);
    l->currency = text(c, 13, 3);
    if (l->currency.n != 3)
        blame(c, 13, "COR", "not a currency");
    l->code = text(c, 15, TEXT_BYTES_MAX);
    (void)text(c, 18, TEXT_BYTES_MAX);
    l->treasury_ref = text(c, 19, TEXT_BYTES_MAX);
    l->treasury_status = text(c, 20, TEXT_BYTES_MAX);
}

bool settlement_read_line(struct settlement_reader *r, const struct settlement_cell *cells,
                          int64_t line, struct settlement_line *out)
{
    struct cell_reader c = { r, cells, line, false };
    struct settlement_line l = { .n = number(&c, 0, MONEY_MAX_VND), .has_fee = true };
    struct date settled;

    if (!c.failed && l.n != r->head->lines + 1)
        blame(&c, 0, "COR", "lines are not numbered 1, 2, 3");
    if (!settlement_kind_find(cells[1].text, &l.kind))
        blame(&c, 1, "VER", "an unknown kind of line");
    line_texts(&c, &l);
    l.gross_vnd = number(&c, 10, MONEY_MAX_VND);
    l.fee_vnd = number(&c, 11, MONEY_MAX_VND);
    l.net_vnd = number(&c, 12, MONEY_MAX_VND);
    l.success = status_read(&c, 14);
    if (!clock_read_rfc3339(cells[16].text, &l.txn_at_ms))
        blame(&c, 16, "COR", "not a time with its offset");
    if (!date_read(cells[17].text, &settled) || !date_is_valid(settled))
        blame(&c, 17, "COR", "not a date");
    *out = l;
    return !c.failed;
}

bool settlement_read_trailer(struct settlement_reader *r, const struct settlement_cell *cells,
                             int64_t line)
{
    struct cell_reader c = { r, cells, line, false };

    for (size_t i = 0; i < SETTLEMENT_TRAILER_CELLS; i++)
        r->said[i] = number(&c, i, SETTLEMENT_SUM_MAX_VND);
    r->head->closing_vnd = r->said[TRAILER_CLOSING];
    r->has_trailer = true;
    return !c.failed;
}

void settlement_check_trailer(struct settlement_reader *r, int64_t line)
{
    const struct settlement_head *h = r->head;
    const struct {
        const char *what;
        int64_t found;
    } sums[] = { { "lines", h->lines },
                 { "payments", h->kinds[SETTLEMENT_PAY] },
                 { "refunds", h->kinds[SETTLEMENT_REFUND] },
                 { "reversals", h->kinds[SETTLEMENT_REVERSAL] },
                 { "gross", h->gross_vnd },
                 { "fees", h->fee_vnd },
                 { "net", h->net_vnd } };
    const struct settlement_place at = { line, 0 };
    int64_t closing_vnd = 0;

    if (!r->has_trailer || !h->has_chain)
        return;
    for (size_t i = 0; i < LEN(sums); i++)
        if (r->said[i] != sums[i].found)
            settlement_blame(r, "CTL", at, str_i64(r->scratch, r->said[i]),
                             "%s: the lines give %lld", sums[i].what, (long long)sums[i].found);
    if (money_add(h->opening_vnd, h->net_vnd, &closing_vnd, NULL).failed ||
        closing_vnd != h->closing_vnd)
        settlement_blame(r, "CTL", at, str_i64(r->scratch, h->closing_vnd),
                         "closing balance: opening and net give %lld", (long long)closing_vnd);
}
