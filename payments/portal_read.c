/*
 * Reading the portal's replies. Attacker: whoever can put bytes into a reply; promise: only a whole
 * JSON object with the members of the specification means anything, a payment URL leads to a named
 * origin, and a reply about another transaction is no answer to ours.
 */
#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "base/money.h"
#include "base/str.h"
#include "base/utf8.h"
#include "payments/portal.h"
#include "payments/portal_row.h"

#define FIELD_BYTES_MAX 255

void portal_no_answer(struct portal_answer *out, struct str why)
{
    *out = (struct portal_answer){ .result = PORTAL_NO_ANSWER, .code = why };
}

/* A member as text, whether it was sent as a string or as a number. */
static struct str member_text(const struct json *o, const char *name, struct arena *a)
{
    const struct json *v = json_member(o, name);
    struct str s;
    int64_t n;

    if (json_str(v, &s))
        return s.n <= FIELD_BYTES_MAX && utf8_is_text(s) ? str_dup(a, s) : (struct str){ "", 0 };
    if (json_int(v, &n))
        return str_i64(a, n);
    return (struct str){ "", 0 };
}

/* The object that carries MaLoi: the reply itself, or the JSON inside its `message`. */
static bool reply_open(struct str body, struct arena *a, struct json **root)
{
    struct json *outer = NULL;
    struct str text;

    if (json_read(body, &outer, NULL).failed)
        return false;
    if (json_is_object(outer) && json_member(outer, "error_code") != NULL) {
        const struct json *message = json_member(outer, "message");
        bool read = json_is_object(message);

        if (read)
            *root = json_copy(message);
        else if (json_str(message, &text))
            read = !json_read(str_dup(a, text), root, NULL).failed;
        json_close(&outer);
        if (!read)
            return false;
    } else {
        *root = outer;
    }
    return json_is_object(*root);
}

static bool host_is_loopback(struct str host)
{
    return str_is(host, "127.0.0.1") || str_is(host, "localhost") || str_is(host, "[::1]");
}

/* Scheme and authority; false for anything unusual. */
static bool origin_of(struct str url, struct str *origin, struct str *host, bool *https)
{
    static const char printable[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                    "-._~:/?#[]@!$&'()*+,;=%";
    struct str rest;
    size_t end = 0, colon;

    if (!str_all_in(url, printable))
        return false;
    *https = str_starts(url, STR("https://"));
    if (!*https && !str_starts(url, STR("http://")))
        return false;
    rest = str_from(url, *https ? 8 : 7);
    while (end < rest.n && rest.p[end] != '/' && rest.p[end] != '?' && rest.p[end] != '#')
        end++;
    rest = str_sub(rest, 0, end);
    if (rest.n == 0 || str_find(rest, '@') != rest.n || str_find(rest, '%') != rest.n)
        return false;
    *origin = str_sub(url, 0, (*https ? 8u : 7u) + end);
    colon = rest.n;
    while (colon > 0 && rest.p[colon - 1] >= '0' && rest.p[colon - 1] <= '9')
        colon--;
    *host = colon > 1 && rest.p[colon - 1] == ':' ? str_sub(rest, 0, colon - 1) : rest;
    return true;
}

bool portal_may_send_to(struct str url, struct str pay_origins)
{
    struct str origin, host, one;
    bool https;

    if (url.n == 0 || url.n > 2000 || !origin_of(url, &origin, &host, &https))
        return false;
    if (!https && !host_is_loopback(host))
        return false;
    while (str_next(&pay_origins, ',', &one))
        if (str_eq_nocase(str_trim(one), origin))
            return true;
    return false;
}

static void evidence_make(struct portal_answer *out, struct str status, struct arena *a)
{
    DEFER(json_close) struct json *o = json_object();

    json_put_str(o, "MaLoi", out->code);
    json_put_str(o, "TrangThaiGD", status);
    json_put_int(o, "SoTien", out->amount_vnd);
    json_put_str(o, "MaTienTe", out->currency);
    json_put_str(o, "MaGiaoDich", out->txn);
    json_put_str(o, "MaNganHang", out->bank);
    if (out->state == PORTAL_PAID) /* else it is the time of the answer, new with each */
        json_put_str(o, "ThoiGianGD", out->time);
    out->evidence = json_print_canonical(a, o);
}

void portal_read_init(const struct portal *p, int status, struct str body, struct arena *a,
                      struct portal_answer *out)
{
    DEFER(json_close) struct json *root = NULL;
    struct portal_answer got = { .result = PORTAL_REFUSED };
    struct str url;

    if (status != 200) {
        portal_no_answer(out, str_fmt(a, "http_%d", status));
        return;
    }
    if (!reply_open(body, a, &root)) {
        portal_no_answer(out, STR("malformed"));
        return;
    }
    got.code = member_text(root, "MaLoi", a);
    if (got.code.n == 0 || got.code.n > 10) {
        portal_no_answer(out, STR("no_code"));
        return;
    }
    if (str_is(got.code, "00")) {
        if (!json_str(json_member(root, "UrlThanhToan"), &url) ||
            !portal_may_send_to(url, p->pay_origins)) {
            portal_no_answer(out, STR("bad_url"));
            return;
        }
        got.result = PORTAL_OK;
        got.pay_url = str_dup(a, url);
    }
    evidence_make(&got, STR(""), a);
    *out = got;
}

static bool query_fields(const struct json *root, struct portal_answer *got, struct arena *a)
{
    const struct str amount = member_text(root, "SoTien", a);

    got->currency = member_text(root, "MaTienTe", a);
    got->txn = member_text(root, "MaGiaoDich", a);
    got->bank = member_text(root, "MaNganHang", a);
    got->time = member_text(root, "ThoiGianGD", a);
    return amount.n == 0 || !money_read_wire(amount, &got->amount_vnd, NULL).failed;
}

/* The portal does not know the reference: MaLoi without a state. */
static bool code_is_not_found(struct str code)
{
    return str_is(code, "01") || str_is(code, "91");
}

void portal_read_query(const struct portal *p, int status, struct str body, struct str reference,
                       struct arena *a, struct portal_answer *out)
{
    DEFER(json_close) struct json *root = NULL;
    struct portal_answer got = { .result = PORTAL_OK };
    struct str state, other;

    (void)p;
    if (status != 200 || !reply_open(body, a, &root)) {
        portal_no_answer(out, status != 200 ? str_fmt(a, "http_%d", status) : STR("malformed"));
        return;
    }
    got.code = member_text(root, "MaLoi", a);
    state = member_text(root, "TrangThaiGD", a);
    other = member_text(root, "MaThamChieu", a);
    if (got.code.n == 0 || got.code.n > 10 || (other.n > 0 && !str_eq(other, reference)) ||
        !query_fields(root, &got, a)) {
        portal_no_answer(out, STR("not_ours"));
        return;
    }
    if (str_is(state, "1") && str_is(got.code, "00") && got.amount_vnd > 0 && got.currency.n > 0)
        got.state = PORTAL_PAID;
    else if (str_is(state, "3"))
        got.state = PORTAL_PENDING;
    else if (str_is(state, "4"))
        got.state = PORTAL_FAILED;
    else if (state.n == 0 && code_is_not_found(got.code))
        got.state = PORTAL_NOT_FOUND;
    else {
        portal_no_answer(out, STR("no_state"));
        return;
    }
    evidence_make(&got, state, a);
    *out = got;
}
