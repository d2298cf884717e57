/* Files of a day, written independently of the readers. */
#include "tests/finance/day_file.h"

#include <stdio.h>

#include "base/json.h"
#include "crypto/digest.h"
#include "paper/sheet.h"

#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"

struct day_file day_file_make(struct date day, int64_t seq)
{
    return (struct day_file){ .day = day,
                              .seq = seq,
                              .revision = 1,
                              .previous = STR(ZEROS),
                              .account = DAY_FILE_ACCOUNT,
                              .provider = "PP" };
}

struct settlement_line *day_file_add(struct day_file *f, struct str txn, struct str reference,
                                     int64_t gross_vnd)
{
    struct settlement_line *l = &f->lines[f->count++];

    check(f->count <= DAY_FILE_LINES);
    *l = (struct settlement_line){ .n = (int64_t)f->count,
                                   .kind = SETTLEMENT_PAY,
                                   .portal_txn = txn,
                                   .merchant_ref = reference,
                                   .original_ref = STR(""),
                                   .dossier = STR("H56.14-261123-0001"),
                                   .procedure = STR("2.000889"),
                                   .body = STR("H56.14"),
                                   .account = str_c(f->account),
                                   .bank = STR("VCB"),
                                   .gross_vnd = gross_vnd,
                                   .currency = STR("VND"),
                                   .success = true,
                                   .code = STR("00"),
                                   .txn_at_ms = clock_day_start_ms(f->day) + 32700000LL };
    return l;
}

static int64_t net_of(const struct settlement_line *l)
{
    const bool back = l->kind == SETTLEMENT_REFUND || l->kind == SETTLEMENT_REVERSAL;

    return back ? -l->gross_vnd : l->gross_vnd - l->fee_vnd;
}

int64_t day_file_closing_vnd(const struct day_file *f)
{
    int64_t vnd = f->opening_vnd;

    for (size_t i = 0; i < f->count; i++)
        vnd += net_of(&f->lines[i]);
    return vnd;
}

static struct str escaped(struct str s)
{
    struct buf b = buf_make(test_arena(), 4096);

    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '|' || s.p[i] == '%')
            buf_fmt(&b, "%%%02X", s.p[i]);
        else
            buf_putc(&b, s.p[i]);
    }
    return buf_str(&b);
}

static void head_cells(const struct day_file *f, struct str *c)
{
    struct arena *a = test_arena();

    c[0] = STR("MC1");
    c[1] = str_c(f->provider);
    c[2] = str_c(f->account);
    c[3] = date_iso(a, f->day);
    c[4] = STR("+07:00");
    c[5] = str_i64(a, f->seq);
    c[6] = str_i64(a, f->revision);
    c[7] = f->previous;
    c[8] = clock_rfc3339(a, clock_day_start_ms(f->day) + 88200000LL);
    c[9] = str_i64(a, f->opening_vnd);
}

static void line_cells(const struct day_file *f, size_t i, struct str *c)
{
    struct arena *a = test_arena();
    const struct settlement_line *l = &f->lines[i];
    const struct str all[21] = { str_i64(a, l->n),
                                 str_c(settlement_kind_name(l->kind)),
                                 l->portal_txn,
                                 l->merchant_ref,
                                 l->original_ref,
                                 l->dossier,
                                 l->procedure,
                                 l->body,
                                 l->account,
                                 l->bank,
                                 str_i64(a, l->gross_vnd),
                                 str_i64(a, l->fee_vnd),
                                 str_i64(a, net_of(l)),
                                 l->currency,
                                 l->success ? STR("SUCCESS") : STR("FAILED"),
                                 l->code,
                                 clock_rfc3339(a, l->txn_at_ms),
                                 date_iso(a, date_add_days(f->day, 1)),
                                 STR("PORTAL"),
                                 l->treasury_ref,
                                 l->treasury_status };

    for (size_t k = 0; k < LEN(all); k++)
        c[k] = all[k];
}

static void trailer_cells(const struct day_file *f, struct str *c)
{
    int64_t n[8] = { (int64_t)f->count, 0, 0, 0, f->more_gross_vnd, 0, 0, 0 };

    for (size_t i = 0; i < f->count; i++) {
        const struct settlement_line *l = &f->lines[i];
        if (l->kind <= SETTLEMENT_REVERSAL)
            n[1 + l->kind]++;
        n[4] += l->gross_vnd;
        n[5] += l->fee_vnd;
        n[6] += net_of(l);
    }
    n[7] = day_file_closing_vnd(f);
    for (size_t i = 0; i < LEN(n); i++)
        c[i] = str_i64(test_arena(), n[i]);
}

static void row_put(struct buf *b, const char *letter, const struct str *cells, size_t n)
{
    buf_puts(b, letter);
    for (size_t i = 0; i < n; i++) {
        buf_putc(b, '|');
        buf_put(b, escaped(cells[i]));
    }
}

struct str day_file_resign(struct str mc1)
{
    struct arena *a = test_arena();
    struct buf b = buf_make(a, 1 << 20);
    struct str rest = mc1, line, chain = STR("");

    while (str_next(&rest, '\n', &line) && line.n > 0) {
        size_t cut = line.n;
        while (line.p[0] != 'H' && line.p[cut - 1] != '|')
            cut--;
        const struct str head = str_sub(line, 0, line.p[0] == 'H' ? line.n : cut - 1);
        if (line.p[0] == 'T') {
            const struct str above = digest_hex(a, digest_sha256(buf_str(&b)));
            buf_put(&b, str_cat(a, head, str_cat(a, STR("|"), above)));
        } else if (line.p[0] == 'D') {
            chain = str_sub(digest_hex(a, digest_sha256(str_cat(a, chain, head))), 0, 16);
            buf_put(&b, str_cat(a, head, str_cat(a, STR("|"), chain)));
        } else {
            buf_put(&b, line);
        }
        buf_putc(&b, '\n');
    }
    return buf_str(&b);
}

static struct str mc1(const struct day_file *f)
{
    struct buf b = buf_make(test_arena(), 1 << 20);
    struct str c[21];

    head_cells(f, c);
    row_put(&b, "H", c, 10);
    buf_putc(&b, '\n');
    for (size_t i = 0; i < f->count; i++) {
        line_cells(f, i, c);
        row_put(&b, "D", c, 21);
        buf_puts(&b, "|\n");
    }
    trailer_cells(f, c);
    row_put(&b, "T", c, 8);
    buf_puts(&b, "|\n");
    return day_file_resign(buf_str(&b));
}

static void wide(struct buf *b, struct str s, size_t width)
{
    check(s.n <= width);
    buf_put(b, s);
    for (size_t i = s.n; i < width; i++)
        buf_putc(b, ' ');
}

static void fw1_line(struct buf *b, const struct day_file *f, const struct settlement_line *l)
{
    const struct local_time t = clock_local(l->txn_at_ms);
    const struct date settled = date_add_days(f->day, 1);
    const size_t start = b->n;

    buf_puts(b, l->kind == SETTLEMENT_REVERSAL ? "00020420" : "00020210");
    wide(b, l->account, 21);
    buf_puts(b, l->kind == SETTLEMENT_REFUND   ? "200000"
                : l->kind == SETTLEMENT_ADJUST ? "020000"
                                               : "000000");
    buf_fmt(b, l->gross_vnd < 0 ? "-%011lld" : "%012lld",
            (long long)(l->gross_vnd < 0 ? -l->gross_vnd : l->gross_vnd));
    wide(b, l->merchant_ref, 40);
    wide(b, l->portal_txn, 20);
    buf_fmt(b, "%02d%02d%02d%02d%02d%02d%02d", t.hour, t.minute, t.second, t.date.m, t.date.d,
            settled.m, settled.d);
    buf_puts(b, "6014");
    wide(b, l->bank, 6);
    buf_puts(b, "000001");
    buf_puts(b, l->success ? "0000" : "0500");
    buf_puts(b, "PORTAL01");
    wide(b, l->dossier, 30);
    wide(b, l->body, 60);
    check_int(b->n - start, 239);
    buf_putc(b, '\n');
}

static struct str fw1(const struct day_file *f)
{
    struct buf b = buf_make(test_arena(), 1 << 20);

    buf_fmt(&b, "0001999900%02d%02d%02d\n", f->day.d, f->day.m, f->day.y % 100);
    for (size_t i = 0; i < f->count; i++)
        fw1_line(&b, f, &f->lines[i]);
    buf_fmt(&b, "0009%09zu", f->count + (f->more_gross_vnd != 0 ? 1 : 0));
    wide(&b, STR("TEST"), 20);
    buf_puts(&b, "003000241126\n");
    return buf_str(&b);
}

static struct str bj1(const struct day_file *f)
{
    struct arena *a = test_arena();
    struct json *root = json_object(), *rows = json_array();
    int64_t sum_vnd = f->more_gross_vnd;
    struct str text;

    for (size_t i = 0; i < f->count; i++) {
        const struct settlement_line *l = &f->lines[i];
        struct json *o = json_object();
        json_put_str(o, "transId", l->portal_txn);
        json_put_str(o, "toKhaiId", l->merchant_ref);
        json_put_int(o, "amount", l->gross_vnd);
        json_put_str(o, "status", l->success ? STR("SUCCESS") : STR("FAILED"));
        json_put_str(o, "payTime", clock_vn(a, l->txn_at_ms));
        json_put_str(o, "sendToKBNNStatus",
                     l->treasury_status.n > 0 ? l->treasury_status : STR("NOT_SENT"));
        json_put_str(o, "remark",
                     str_fmt(a, "%s %.*s", settlement_kind_name(l->kind),
                             STR_ARG(l->original_ref.n ? l->original_ref : l->dossier)));
        json_add(rows, o);
        sum_vnd += l->gross_vnd;
    }
    json_put_str(root, "reconcileDate", date_vn(a, f->day));
    json_put_str(root, "bankCode", STR("999900"));
    json_put_str(root, "bankName", STR("Ngân hàng \"mô phỏng\" [1]"));
    json_put_int(root, "totalTransaction", (int64_t)f->count);
    json_put_int(root, "totalAmount", sum_vnd);
    json_put(root, "transactions", rows);
    text = json_print(a, root);
    json_close(&root);
    return text;
}

static void tab(struct sheet *s, const char *name, const char *first, size_t n)
{
    struct str heads[21];

    for (size_t i = 0; i < n; i++)
        heads[i] = i == 0 ? str_c(first) : str_fmt(test_arena(), "c%zu", i);
    sheet_tab(s, str_c(name), heads, n);
}

static void sheet_row(struct sheet *s, const struct str *cells, size_t n)
{
    for (size_t i = 0; i < n; i++)
        sheet_text(s, cells[i]);
    sheet_next(s);
}

static struct str xlsx(const struct day_file *f)
{
    DEFER(sheet_close) struct sheet *s = NULL;
    struct str c[21], out;
    struct err e = { 0 };

    check_ok(sheet_open(STR("S"), 1795399200000, &s, &e), e);
    tab(s, "H", "format", 10);
    head_cells(f, c);
    sheet_row(s, c, 10);
    tab(s, "D", "n", 21);
    for (size_t i = 0; i < f->count; i++) {
        line_cells(f, i, c);
        sheet_row(s, c, 21);
    }
    tab(s, "T", "count", 8);
    trailer_cells(f, c);
    sheet_row(s, c, 8);
    check_ok(sheet_write(s, test_arena(), &out, &e), e);
    return out;
}

struct str day_file_print(const struct day_file *f, enum settlement_form form)
{
    return form == SETTLEMENT_MC1   ? mc1(f)
           : form == SETTLEMENT_FW1 ? fw1(f)
           : form == SETTLEMENT_BJ1 ? bj1(f)
                                    : xlsx(f);
}
