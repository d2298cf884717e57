/*
 * BJ1: a bank's JSON, one object with totals and `transactions`. The text is cut into its members
 * and transactions here, and only these are read as documents of their own, so that a large day
 * costs the memory of one transaction. transId is the portal's transaction, toKhaiId our
 * reference; `remark` begins with the kind and goes on with the dossier, or the transaction undone.
 */
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/money.h"
#include "base/str.h"
#include "base/utf8.h"
#include "recon/settlement_read.h"

#define TREASURY       "KBNN"
#define TEXT_BYTES_MAX 255
#define HEAD_BYTES_MAX (64 * 1024)

struct bj1 {
    struct settlement_reader *r;
    struct str s;
    size_t at;
    int64_t line;      /* from 1 */
    size_t line_start; /* offset of its first byte */
    struct buf head;   /* all members but the transactions */
    bool has_rows;
};

static struct settlement_place place(const struct bj1 *b)
{
    return (struct settlement_place){ b->line, (int64_t)(b->at - b->line_start) + 1 };
}

static bool blame(struct bj1 *b, const char *code, const char *why)
{
    settlement_blame(b->r, code, place(b), str_from(b->s, b->at), "%s", why);
    return false;
}

static char next(const struct bj1 *b)
{
    return b->at < b->s.n ? b->s.p[b->at] : '\0';
}

static void step(struct bj1 *b)
{
    if (b->s.p[b->at++] == '\n') {
        b->line++;
        b->line_start = b->at;
    }
}

static void skip_space(struct bj1 *b)
{
    while (next(b) == ' ' || next(b) == '\t' || next(b) == '\r' || next(b) == '\n')
        step(b);
}

static bool take(struct bj1 *b, char c)
{
    skip_space(b);
    if (next(b) != c || b->at == b->s.n)
        return false;
    step(b);
    return true;
}

static bool skip_string(struct bj1 *b)
{
    step(b);
    while (b->at < b->s.n && next(b) != '"') {
        if (next(b) == '\\' && b->at + 1 < b->s.n)
            step(b);
        step(b);
    }
    if (b->at == b->s.n)
        return blame(b, "COR", "cut short inside a text");
    step(b);
    return true;
}

/* Steps over one value by its brackets; what is inside is read by json_read afterwards. */
static bool skip_value(struct bj1 *b, struct str *value)
{
    const size_t start = b->at;
    int depth = 0;

    while (b->at < b->s.n) {
        const char c = next(b);
        if (b->at - start > LIMIT_SETTLEMENT_LINE)
            return blame(b, "COR", "a value of more than 65536 bytes");
        if (depth == 0 && (c == ',' || c == '}' || c == ']'))
            break;
        depth += c == '{' || c == '[' ? 1 : c == '}' || c == ']' ? -1 : 0;
        if (c != '"')
            step(b);
        else if (!skip_string(b))
            return false;
    }
    *value = str_trim(str_sub(b->s, start, b->at - start));
    return depth == 0 && value->n > 0 ? true : blame(b, "COR", "not a JSON value");
}

static bool time_read(struct str s, int64_t *ms)
{
    struct local_time t = { 0 };
    int64_t h, m, sec;

    if (s.n != 19 || s.p[10] != ' ' || s.p[13] != ':' || s.p[16] != ':' ||
        !date_read(str_sub(s, 0, 10), &t.date) || !date_is_valid(t.date) ||
        !str_digits(str_sub(s, 11, 2)) || !str_digits(str_sub(s, 14, 2)) ||
        !str_digits(str_sub(s, 17, 2)))
        return false;
    (void)str_to_i64(str_sub(s, 11, 2), &h);
    (void)str_to_i64(str_sub(s, 14, 2), &m);
    (void)str_to_i64(str_sub(s, 17, 2), &sec);
    if (h > 23 || m > 59 || sec > 59)
        return false;
    t.hour = (int)h;
    t.minute = (int)m;
    t.second = (int)sec;
    *ms = clock_from_local(t);
    return true;
}

static result member_texts(const struct json *o, struct settlement_line *l, struct str *status,
                           struct str *time, struct str *remark, struct err *e)
{
    TRY(json_need_str(o, "transId", TEXT_BYTES_MAX, &l->portal_txn, e));
    TRY(json_need_str(o, "toKhaiId", TEXT_BYTES_MAX, &l->merchant_ref, e));
    TRY(json_need_int(o, "amount", -MONEY_MAX_VND, MONEY_MAX_VND, &l->gross_vnd, e));
    TRY(json_need_str(o, "status", TEXT_BYTES_MAX, status, e));
    TRY(json_need_str(o, "payTime", TEXT_BYTES_MAX, time, e));
    TRY(json_want_str(o, "sendToKBNNStatus", TEXT_BYTES_MAX, &l->treasury_status, e));
    TRY(json_want_str(o, "remark", TEXT_BYTES_MAX, remark, e));
    if (!utf8_is_text(l->portal_txn) || !utf8_is_text(l->merchant_ref) || !utf8_is_text(*remark) ||
        !utf8_is_text(l->treasury_status))
        return fail_field(e, ERR_MALFORMED, "remark", "control characters");
    return OK;
}

static void remark_read(struct str remark, struct settlement_line *l)
{
    struct str kind = remark, what = STR("");

    (void)str_cut(remark, ' ', &kind, &what);
    if (!settlement_kind_find(kind, &l->kind)) {
        l->narrative = remark; /* a bank's own words: a payment */
        return;
    }
    if (l->kind == SETTLEMENT_REFUND || l->kind == SETTLEMENT_REVERSAL)
        l->original_ref = what;
    else
        l->dossier = what;
}

/* False: told; the line is counted all the same. */
static bool line_read(struct bj1 *b, const struct json *o, struct settlement_place at,
                      struct settlement_line *l)
{
    struct str status = STR(""), time = STR(""), remark = STR("");
    struct err why = { 0 };

    *l = (struct settlement_line){ .n = b->r->head->lines + 1, .kind = SETTLEMENT_PAY };
    if (member_texts(o, l, &status, &time, &remark, &why).failed)
        settlement_blame(b->r, "COR", at, STR(""), "transaction %lld: %s %s", (long long)l->n,
                         why.field, why.detail);
    else if (!time_read(time, &l->txn_at_ms))
        settlement_blame(b->r, "COR", at, time, "payTime: not a time");
    else if (!str_is(status, "SUCCESS") && !str_is(status, "FAILED") && !str_is(status, "PENDING"))
        settlement_blame(b->r, "VER", at, status, "an unknown status");
    else {
        l->success = str_is(status, "SUCCESS");
        l->code = status;
        remark_read(remark, l);
        return true;
    }
    return false;
}

static bool row_read(struct bj1 *b, result *done, struct err *e)
{
    DEFER(json_close) struct json *o = NULL;
    struct settlement_place at;
    struct settlement_line l;
    struct str value;
    struct err why = { 0 };

    skip_space(b);
    at = place(b);
    arena_reset(b->r->scratch);
    if (!skip_value(b, &value))
        return false;
    if (json_read(value, &o, &why).failed || !json_is_object(o)) {
        settlement_blame(b->r, "COR", at, value, "not a JSON object: %s", why.detail);
        return false;
    }
    if (line_read(b, o, at, &l))
        *done = settlement_put(b->r, &l, e);
    else
        b->r->head->lines++;
    return !done->failed;
}

static bool rows_read(struct bj1 *b, result *done, struct err *e)
{
    if (b->has_rows)
        return blame(b, "COR", "transactions twice");
    b->has_rows = true;
    if (!take(b, '['))
        return blame(b, "COR", "transactions is not an array");
    if (take(b, ']'))
        return true;
    do {
        if (!row_read(b, done, e))
            return false;
    } while (take(b, ','));
    return take(b, ']') ? true : blame(b, "COR", "the array does not end");
}

static bool member_read(struct bj1 *b, result *done, struct err *e)
{
    struct str name, value;
    size_t start;

    skip_space(b);
    start = b->at;
    if (next(b) != '"')
        return blame(b, "COR", "not the name of a member");
    if (!skip_string(b))
        return false;
    name = str_sub(b->s, start, b->at - start);
    if (!take(b, ':'))
        return blame(b, "COR", "no colon");
    skip_space(b);
    if (str_is(name, "\"transactions\""))
        return rows_read(b, done, e);
    if (!skip_value(b, &value))
        return false;
    buf_puts(&b->head, b->head.n == 0 ? "{" : ",");
    buf_put(&b->head, name);
    buf_putc(&b->head, ':');
    buf_put(&b->head, value);
    return true;
}

static bool object_read(struct bj1 *b, result *done, struct err *e)
{
    if (!take(b, '{'))
        return blame(b, "COR", "not a JSON object");
    if (!take(b, '}')) {
        do {
            if (!member_read(b, done, e))
                return false;
        } while (take(b, ','));
        if (!take(b, '}'))
            return blame(b, "COR", "cut short: the object does not end");
    }
    skip_space(b);
    return b->at == b->s.n ? true : blame(b, "COR", "more after the object");
}

static result head_members(struct bj1 *b, const struct json *o, int64_t *count, int64_t *sum_vnd,
                           struct err *e)
{
    struct str date, bank;

    TRY(json_need_str(o, "reconcileDate", 10, &date, e));
    TRY(json_need_str(o, "bankCode", TEXT_BYTES_MAX, &bank, e));
    TRY(json_need_int(o, "totalTransaction", 0, INT64_MAX, count, e));
    TRY(json_need_int(o, "totalAmount", INT64_MIN, INT64_MAX, sum_vnd, e));
    if (!date_read(date, &b->r->head->day) || !date_is_valid(b->r->head->day))
        return fail_field(e, ERR_MALFORMED, "reconcileDate", "not a date dd/MM/yyyy");
    if (str_is(bank, TREASURY))
        return fail_field(e, ERR_MEDIA_TYPE, "bankCode", "the Treasury's file, not the portal's");
    return OK;
}

static void head_check(struct bj1 *b)
{
    DEFER(json_close) struct json *o = NULL;
    const struct settlement_head *h = b->r->head;
    const struct settlement_place whole = { 0 };
    int64_t count = 0, sum_vnd = 0;
    struct err why = { 0 };

    buf_puts(&b->head, b->head.n == 0 ? "{}" : "}");
    if (b->head.overflow || json_read(buf_str(&b->head), &o, &why).failed)
        settlement_blame(b->r, "COR", whole, STR(""), "the members of the file: %s", why.detail);
    else if (head_members(b, o, &count, &sum_vnd, &why).failed)
        settlement_blame(b->r, why.code == ERR_MEDIA_TYPE ? "VER" : "COR", whole, STR(""), "%s: %s",
                         why.field, why.detail);
    else if (!b->has_rows)
        settlement_blame(b->r, "COR", whole, STR(""), "no transactions");
    else if (count != h->lines)
        settlement_blame(b->r, "CTL", whole, str_i64(b->r->scratch, count),
                         "totalTransaction: there are %lld", (long long)h->lines);
    else if (sum_vnd != h->gross_vnd)
        settlement_blame(b->r, "CTL", whole, str_i64(b->r->scratch, sum_vnd),
                         "totalAmount: the transactions give %lld", (long long)h->gross_vnd);
}

result settlement_read_bj1(struct settlement_reader *r, struct str bytes, struct err *e)
{
    struct bj1 b = { .r = r, .s = bytes, .line = 1, .head = buf_make(r->a, HEAD_BYTES_MAX) };
    result done = OK;
    const bool whole = object_read(&b, &done, e);

    TRY(done);
    if (whole)
        head_check(&b);
    return OK;
}
