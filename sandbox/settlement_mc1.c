/*
 * MC1: one header, one line per movement, one trailer; UTF-8, LF, fields separated by '|', with
 * '|', '%', CR and LF percent-escaped. chain = first 16 hex digits of SHA-256 over the previous
 * chain and this line without its chain; the chain before the first line is the empty text. The
 * trailer's digest is over all lines above, with their line ends.
 */
#include "base/buf.h"
#include "sandbox/sandbox.h"
#include "sandbox/settlement.h"

#define PROVIDER "PP"
#define DAY_MS   86400000LL

static struct str date_of(struct arena *a, struct date d)
{
    return date_iso(a, d);
}

void settlement_header(struct sandbox *sb, struct arena *a, const struct settle_day *day,
                       struct str *cells)
{
    struct digest before = day->before;
    int64_t created_ms =
        day->made_ms > 0 ? day->made_ms : clock_day_start_ms(day->date) + DAY_MS + 1800 * 1000LL;
    bool has_before = day->seq > 1;

    if (day->wrong_before)
        before.bytes[0] = (unsigned char)(before.bytes[0] ^ 1);
    if (day->replayed)
        created_ms += 3600 * 1000LL;
    const struct str all[SETTLE_HEADER_CELLS] = {
        day->unknown_version ? STR("MC9") : STR("MC1"),
        STR(PROVIDER),
        sb->conf.portal.account,
        date_of(a, day->date),
        STR("+07:00"),
        str_i64(a, day->seq),
        str_i64(a, day->revision > 0 ? day->revision : 1),
        has_before ? digest_hex(a, before) : str_fmt(a, "%064d", 0),
        clock_rfc3339(a, created_ms),
        str_i64(a, day->opening_vnd),
    };
    for (size_t i = 0; i < SETTLE_HEADER_CELLS; i++)
        cells[i] = all[i];
}

void settlement_line(struct arena *a, const struct settle_day *day, size_t i, struct str *cells)
{
    const struct settle_line *l = &day->lines[i];
    const struct str all[SETTLE_LINE_CELLS] = {
        str_i64(a, (int64_t)i + 1),
        str_c(settle_type_name(l->type)),
        l->txn,
        l->reference,
        l->original,
        l->dossier,
        l->procedure,
        l->body,
        l->account,
        l->bank,
        str_i64(a, l->gross_vnd),
        str_i64(a, l->fee_vnd),
        str_i64(a, l->net_vnd),
        str_c(l->currency),
        str_c(l->status),
        str_c(l->code),
        clock_rfc3339(a, l->at_ms),
        date_of(a, date_add_days(day->date, 1)),
        STR("PORTAL"),
        l->treasury_ref,
        str_c(l->treasury_status),
    };
    for (size_t k = 0; k < SETTLE_LINE_CELLS; k++)
        cells[k] = all[k];
}

void settlement_trailer(struct arena *a, const struct settle_day *day, struct str *cells)
{
    int64_t count[SETTLE_ADJUST + 1] = { 0 }, gross_vnd = 0, fee_vnd = 0, net_vnd = 0;

    for (size_t i = 0; i < day->n; i++) {
        const struct settle_line *l = &day->lines[i];
        count[l->type]++;
        gross_vnd += l->gross_vnd;
        fee_vnd += l->fee_vnd;
        net_vnd += l->net_vnd;
    }
    const int64_t all[SETTLE_TRAILER_CELLS] = {
        (int64_t)day->n,
        count[SETTLE_PAY],
        count[SETTLE_REFUND],
        count[SETTLE_REVERSAL],
        gross_vnd + (day->wrong_total ? 1 : 0),
        fee_vnd,
        net_vnd,
        settle_closing_vnd(day),
    };
    for (size_t i = 0; i < SETTLE_TRAILER_CELLS; i++)
        cells[i] = str_i64(a, all[i]);
}

static void field_put(struct buf *b, struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (c == '|' || c == '%' || c == '\r' || c == '\n')
            buf_fmt(b, "%%%02X", (unsigned char)c);
        else
            buf_putc(b, c);
    }
}

static void record_put(struct buf *b, char kind, const struct str *cells, size_t n)
{
    buf_putc(b, kind);
    for (size_t i = 0; i < n; i++) {
        buf_putc(b, '|');
        field_put(b, cells[i]);
    }
}

void settlement_mc1(struct sandbox *sb, struct arena *a, const struct settle_day *day,
                    struct buf *out)
{
    struct str cells[SETTLE_LINE_CELLS], chain = STR("");

    settlement_header(sb, a, day, cells);
    record_put(out, 'H', cells, SETTLE_HEADER_CELLS);
    buf_putc(out, '\n');
    for (size_t i = 0; i < day->n; i++) {
        size_t start = out->n;
        settlement_line(a, day, i, cells);
        record_put(out, 'D', cells, SETTLE_LINE_CELLS);
        struct str line = str_from(buf_str(out), start);
        chain = str_sub(digest_hex(a, digest_sha256(str_cat(a, chain, line))), 0, 16);
        buf_putc(out, '|');
        buf_put(out, day->lines[i].corrupt ? STR("0000000000000000") : chain);
        buf_putc(out, '\n');
    }
    struct digest above = digest_sha256(buf_str(out));
    settlement_trailer(a, day, cells);
    record_put(out, 'T', cells, SETTLE_TRAILER_CELLS);
    buf_putc(out, '|');
    buf_put(out, digest_hex(a, above));
    buf_putc(out, '\n');
}
