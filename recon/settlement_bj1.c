/*
 * BJ1: a bank's JSON, one object with totals and `transactions`. The text is cut into its members
 * and transactions here, and only these are read as documents of their own, so that a large day
 * costs the memory of one transaction. transId is the portal's transaction, toKhaiId our
 * reference; `remark` begins with the kind and goes on with the dossier, or the transaction undone.
 *
 * KJ1 is the same of the treasury (bankCode KBNN): transId is the treasury's own number, and what a
 * line says was received there.
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
#define NOT_KEPT       SIZE_MAX

struct bj1 {
    struct settlement_reader *r;
    struct str s; /* what is there of the file, from `base` on */
    size_t at;
    size_t keep;        /* from here on it must stay there; NOT_KEPT: from `at` on */
    int64_t base, line; /* line: from 1 */
    int64_t line_start; /* offset of its first byte in the file */
    struct buf head;    /* all members but the transactions */
    bool has_rows;
};

static struct settlement_place place(const struct bj1 *b)
{
    return (struct settlement_place){ b->line, b->base + (int64_t)b->at - b->line_start + 1 };
}

static bool blame(struct bj1 *b, const char *code, const char *why)
{
    settlement_blame(b->r, code, place(b), str_from(b->s, b->at), "%s", why);
    return false;
}

/* Whether there is another byte; brings more of the file. */
static bool has_next(struct bj1 *b)
{
    const size_t from = b->keep < b->at ? b->keep : b->at;
    struct str rest;

    if (b->at < b->s.n || b->r->ended || b->r->room == NULL)
        return b->at < b->s.n;
    rest = str_from(b->s, from);
    settlement_refill(b->r, &rest);
    b->s = rest;
    b->base += (int64_t)from;
    b->at -= from;
    b->keep -= b->keep == NOT_KEPT ? 0 : from;
    return b->at < b->s.n;
}

static char next(struct bj1 *b)
{
    return has_next(b) ? b->s.p[b->at] : '\0';
}

static void step(struct bj1 *b)
{
    if (b->s.p[b->at++] == '\n') {
        b->line++;
        b->line_start = b->base + (int64_t)b->at;
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
    if (!has_next(b) || next(b) != c)
        return false;
    step(b);
    return true;
}

static bool skip_string(struct bj1 *b)
{
    step(b);
    while (has_next(b) && next(b) != '"') {
        const bool escaped = next(b) == '\\';

        if (b->at - b->keep > LIMIT_SETTLEMENT_LINE)
            return blame(b, "COR", "a text of more than 65536 bytes");
        step(b);
        if (escaped && has_next(b))
            step(b);
    }
    if (!has_next(b))
        return blame(b, "COR", "cut short inside a text");
    step(b);
    return true;
}

/* Steps over one value by its brackets; what is inside is read by json_read afterwards. The value
 * is there until the next step. */
static bool skip_value(struct bj1 *b, struct str *value)
{
    int depth = 0;

    b->keep = b->at;
    while (has_next(b)) {
        const char c = next(b);
        if (b->at - b->keep > LIMIT_SETTLEMENT_LINE)
            return blame(b, "COR", "a value of more than 65536 bytes");
        if (depth == 0 && (c == ',' || c == '}' || c == ']'))
            break;
        depth += c == '{' || c == '[' ? 1 : c == '}' || c == ']' ? -1 : 0;
        if (c != '"')
            step(b);
        else if (!skip_string(b))
            return false;
    }
    *value = str_trim(str_sub(b->s, b->keep, b->at - b->keep));
    b->keep = NOT_KEPT;
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
        settlement_lose(b->r);
    return !done->failed && !b->r->failed;
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

    skip_space(b);
    if (next(b) != '"')
        return blame(b, "COR", "not the name of a member");
    b->keep = b->at;
    if (!skip_string(b))
        return false;
    arena_reset(b->r->scratch);
    name = str_dup(b->r->scratch, str_sub(b->s, b->keep, b->at - b->keep));
    b->keep = NOT_KEPT;
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
    return !has_next(b) ? true : blame(b, "COR", "more after the object");
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
        b->r->head->form = SETTLEMENT_KJ1;
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
        settlement_blame(b->r, "COR", whole, STR(""), "%s: %s", why.field, why.detail);
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
    struct bj1 b = {
        .r = r, .s = bytes, .keep = NOT_KEPT, .line = 1, .head = buf_make(r->a, HEAD_BYTES_MAX)
    };
    result done = OK;
    const bool whole = object_read(&b, &done, e);

    TRY(done);
    if (whole && !r->failed)
        head_check(&b);
    return OK;
}
