/*
 * Attacker: whoever can put a file where the portal's is expected, or damage it on its way.
 * Promise: bounded memory whatever the bytes are; a file that contradicts itself in any way is not
 * used at all; every fault says where. Deliberately not done: repairing, guessing an encoding.
 */
#include "recon/settlement_read.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/limits.h"
#include "base/money.h"
#include "base/str.h"
#include "base/utf8.h"

#define FAULT_BYTES   40
#define SCRATCH_BYTES ((size_t)LIMIT_SETTLEMENT_LINE * 64) /* a line as a JSON document as well */
#define TOLD_BYTES    4096
#define KEEP_BYTES    ((size_t)LIMIT_SETTLEMENT_LINE * 32) /* rows that may be below a table */
#define FW1_HEAD      16

static const char *const form_names[SETTLEMENT_FORM_COUNT] = { "",     "MC1", "FW1", "BJ1",
                                                               "XLSX", "KJ1", "CSV" };
static const char *const kind_names[SETTLEMENT_KIND_COUNT] = { "PAY", "REFUND", "REVERSAL", "FEE",
                                                               "ADJUST" };

const char *settlement_form_name(enum settlement_form f)
{
    return form_names[f];
}

const char *settlement_kind_name(enum settlement_kind k)
{
    return kind_names[k];
}

bool settlement_kind_find(struct str name, enum settlement_kind *out)
{
    for (int i = 0; i < SETTLEMENT_KIND_COUNT; i++) {
        if (str_is(name, kind_names[i])) {
            *out = (enum settlement_kind)i;
            return true;
        }
    }
    return false;
}

static struct str skip_bom(struct str bytes)
{
    return str_starts(bytes, STR("\xEF\xBB\xBF")) ? str_from(bytes, 3) : bytes;
}

static bool is_fixed_width(struct str bytes)
{
    struct str first = str_sub(bytes, 0, FW1_HEAD);

    return str_digits(first) && first.n == FW1_HEAD &&
           (bytes.n == FW1_HEAD || bytes.p[FW1_HEAD] == '\n' || bytes.p[FW1_HEAD] == '\r');
}

enum settlement_form settlement_form_of(struct str bytes)
{
    struct str s = skip_bom(bytes), text = s;

    if (str_starts(s, STR("PK\x03\x04")))
        return SETTLEMENT_XLSX;
    if (str_starts(s, STR("H|")))
        return SETTLEMENT_MC1;
    if (is_fixed_width(s))
        return SETTLEMENT_FW1;
    while (text.n > 0 && str_all_in(str_sub(text, 0, 1), " \t\r\n"))
        text = str_from(text, 1);
    return str_starts(text, STR("{")) ? SETTLEMENT_BJ1 : SETTLEMENT_NO_FORM;
}

static struct str shown(struct arena *a, struct str bytes)
{
    struct buf b = buf_make(a, FAULT_BYTES * 4);

    for (size_t i = 0; i < bytes.n && i < FAULT_BYTES; i++) {
        const unsigned char c = (unsigned char)bytes.p[i];
        if (c >= 0x20 && c < 0x7f && c != '\\')
            buf_putc(&b, (char)c);
        else
            buf_fmt(&b, "\\x%02X", c);
    }
    return buf_str(&b);
}

void settlement_blame(struct settlement_reader *r, const char *code, struct settlement_place at,
                      struct str bytes, const char *why_fmt, ...)
{
    struct settlement_faults *all = r->faults;
    const bool is_kept = all->count < SETTLEMENT_FAULTS_MAX;
    const bool is_first = r->blamed == NULL || r->blamed->line != at.line;
    struct settlement_fault *f = is_kept ? &all->list[all->count++] : &r->last;
    struct arena *a = is_kept ? r->a : r->told;
    struct buf why;
    va_list va;

    all->total++;
    if (!is_kept && (!is_first || !r->in->released || r->in->damage == NULL))
        return;
    arena_reset(r->told);
    why = buf_make(a, 256);
    va_start(va, why_fmt);
    buf_vfmt(&why, why_fmt, va);
    va_end(va);
    r->blamed = is_first ? f : r->blamed;
    *f = (struct settlement_fault){ .code = code,
                                    .line = at.line,
                                    .column = at.column,
                                    .bytes = shown(a, bytes),
                                    .why = buf_str(&why) };
}

int64_t settlement_moved_vnd(const struct settlement_line *l)
{
    if (!l->success || (l->currency.n > 0 && !str_is(l->currency, "VND")))
        return 0;
    switch (l->kind) {
    case SETTLEMENT_PAY:
    case SETTLEMENT_ADJUST:
        return l->gross_vnd;
    case SETTLEMENT_REFUND:
    case SETTLEMENT_REVERSAL:
        return -l->gross_vnd;
    default:
        return 0;
    }
}

static void add(struct settlement_reader *r, int64_t *sum_vnd, int64_t vnd)
{
    r->overflow |= money_add(*sum_vnd, vnd, sum_vnd, NULL).failed ||
                   *sum_vnd > SETTLEMENT_SUM_MAX_VND || *sum_vnd < -SETTLEMENT_SUM_MAX_VND;
}

/* What all forms hold, so that the same movements have the same digest in each. */
static void content_add(struct settlement_reader *r, const struct settlement_line *l)
{
    digest_add(r->content,
               str_fmt(r->scratch, "%s|%.*s|%.*s|%lld|%d|%lld\n", kind_names[l->kind],
                       STR_ARG(l->portal_txn), STR_ARG(l->merchant_ref), (long long)l->gross_vnd,
                       l->success ? 1 : 0, (long long)(l->txn_at_ms / 1000)));
}

result settlement_put(struct settlement_reader *r, const struct settlement_line *l, struct err *e)
{
    struct settlement_head *h = r->head;

    h->lines++;
    h->kinds[l->kind]++;
    add(r, &h->gross_vnd, l->gross_vnd);
    add(r, &h->fee_vnd, l->fee_vnd);
    add(r, &h->net_vnd, l->net_vnd);
    add(r, &h->moved_vnd, settlement_moved_vnd(l));
    content_add(r, l);
    if (r->in->sink == NULL || (r->faults->total > 0 && !r->in->released))
        return OK;
    return r->in->sink(r->in->arg, l, e);
}

void settlement_lose(struct settlement_reader *r)
{
    static const struct settlement_fault unknown = { .code = "COR" };
    const struct settlement_fault *f = r->blamed != NULL ? r->blamed : &unknown;

    r->blamed = NULL;
    r->head->lines++;
    if (!r->in->released || r->in->damage == NULL || r->failed)
        return;
    r->failed = r->in->damage(r->in->arg, r->head->lines, f, r->why).failed;
}

void settlement_refill(struct settlement_reader *r, struct str *rest)
{
    size_t n = rest->n, got = 1;

    if (r->room == NULL || r->ended)
        return;
    memmove(r->room, rest->p, n);
    while (n < SETTLEMENT_WINDOW_BYTES && got > 0 && !r->failed) {
        got = 0;
        r->failed =
            r->in->pull(r->in->pull_arg, r->room + n, SETTLEMENT_WINDOW_BYTES - n, &got, r->why)
                .failed;
        n += got;
    }
    r->ended = got == 0 || r->failed;
    *rest = str_of(r->room, n);
}

bool settlement_has_more(struct settlement_reader *r, struct settlement_text *t)
{
    if (t->rest.n == 0)
        settlement_refill(r, &t->rest);
    return t->rest.n > 0 && !r->failed;
}

/* The bytes from the first that is not UTF-8. */
static struct str bad_bytes(struct str s)
{
    for (struct str left = s; left.n > 0;) {
        struct str before = left;
        const uint32_t c = utf8_next(&left);
        if (c == UTF8_BAD || c == 0)
            return before;
    }
    return str_from(s, s.n);
}

/* Where the line ends, or LIMIT_SETTLEMENT_LINE + 2 when it does not so soon. */
static size_t end_find(struct settlement_reader *r, struct settlement_text *t)
{
    size_t end = str_find(str_sub(t->rest, 0, LIMIT_SETTLEMENT_LINE + 2), '\n');

    if (end == t->rest.n && !r->ended && r->room != NULL) {
        settlement_refill(r, &t->rest);
        end = str_find(str_sub(t->rest, 0, LIMIT_SETTLEMENT_LINE + 2), '\n');
    }
    return end;
}

static void line_skip(struct settlement_reader *r, struct settlement_text *t)
{
    bool found = false;

    while (!found && settlement_has_more(r, t)) {
        const size_t end = str_find(t->rest, '\n');

        found = end < t->rest.n;
        t->rest = str_from(t->rest, end + (found ? 1 : 0));
    }
}

static bool line_is_text(struct settlement_reader *r, struct settlement_place at, struct str s)
{
    struct str bad;

    if (utf8_is_valid(s))
        return true;
    bad = bad_bytes(s);
    at.column = (int64_t)(s.n - bad.n) + 1;
    settlement_blame(r, "COR", at, bad, "not UTF-8");
    return false;
}

bool settlement_next_line(struct settlement_reader *r, struct settlement_text *t, struct str *line)
{
    while (settlement_has_more(r, t)) {
        const size_t end = end_find(r, t);
        const struct settlement_place at = { ++t->line, 1 };
        struct str s = str_sub(t->rest, 0, end);
        const bool is_long = s.n > LIMIT_SETTLEMENT_LINE;

        if (r->failed)
            return false;
        if (is_long)
            settlement_blame(r, "COR", at, s, "a line of more than %d bytes",
                             LIMIT_SETTLEMENT_LINE);
        else
            t->rest = str_from(t->rest, end + (end < t->rest.n ? 1 : 0));
        if (!is_long && str_ends(s, STR("\r"))) {
            r->head->crlf = true;
            s.n--;
        }
        if (!is_long && line_is_text(r, at, s)) {
            *line = s;
            return true;
        }
        if (!r->in->released)
            return false;
        if (is_long)
            line_skip(r, t);
        settlement_lose(r);
    }
    return false;
}

static bool is_marked(struct settlement_reader *r, struct str bytes)
{
    const struct settlement_place start = { 1, 1 };

    if (r->head->form != SETTLEMENT_CSV && str_starts(bytes, STR("\xEF\xBB\xBF")))
        settlement_blame(r, "COR", start, str_sub(bytes, 0, 3), "a byte order mark of UTF-8");
    else if (str_starts(bytes, STR("\xFF\xFE")) || str_starts(bytes, STR("\xFE\xFF")))
        settlement_blame(r, "COR", start, str_sub(bytes, 0, 2), "UTF-16 with a byte order mark");
    else if (bytes.n > 1 &&
             (r->head->form == SETTLEMENT_NO_FORM || r->head->form == SETTLEMENT_CSV) &&
             (bytes.p[0] == '\0' || bytes.p[1] == '\0'))
        settlement_blame(r, "COR", start, str_sub(bytes, 0, 4), "UTF-16 without a byte order mark");
    else
        return false;
    return true;
}

static result form_read(struct settlement_reader *r, struct str bytes, struct err *e)
{
    const struct settlement_place start = { 1, 1 };

    if (is_marked(r, bytes))
        return OK;
    switch (r->head->form) {
    case SETTLEMENT_MC1:
        return settlement_read_mc1(r, bytes, e);
    case SETTLEMENT_FW1:
        return settlement_read_fw1(r, bytes, e);
    case SETTLEMENT_BJ1:
        return settlement_read_bj1(r, bytes, e);
    case SETTLEMENT_XLSX:
        return settlement_read_xlsx(r, bytes, e);
    case SETTLEMENT_CSV:
        return settlement_read_csv(r, bytes, e);
    default:
        settlement_blame(r, "VER", start, bytes, "none of the forms MC1, FW1, BJ1, KJ1, XLSX");
        return OK;
    }
}

result settlement_read_input(const struct settlement_input *in, struct arena *a,
                             struct settlement_head *head, struct settlement_faults *faults,
                             struct err *e)
{
    DEFER(arena_close) struct arena *scratch = arena_open(SCRATCH_BYTES);
    DEFER(arena_close) struct arena *window = arena_open(SETTLEMENT_WINDOW_BYTES * 2);
    DEFER(arena_close) struct arena *keep = arena_open(KEEP_BYTES);
    DEFER(arena_close) struct arena *told = arena_open(TOLD_BYTES);
    DEFER(digest_close) struct digest_run *content = digest_begin();
    struct settlement_reader r = { .a = a,
                                   .scratch = scratch,
                                   .keep = keep,
                                   .told = told,
                                   .in = in,
                                   .why = e,
                                   .head = head,
                                   .faults = faults,
                                   .content = content };
    struct str bytes = in->bytes;

    *head = (struct settlement_head){ .form = SETTLEMENT_NO_FORM };
    *faults = (struct settlement_faults){ 0 };
    if (in->pull != NULL) {
        r.room = arena_alloc(window, SETTLEMENT_WINDOW_BYTES);
        bytes = str_of(r.room, 0);
        settlement_refill(&r, &bytes);
    }
    head->form = in->map != NULL ? SETTLEMENT_CSV : settlement_form_of(bytes);
    if (!r.failed && in->pull != NULL && head->form == SETTLEMENT_XLSX)
        return fail(e, ERR_INVALID, "a spreadsheet is read whole");
    if (!r.failed)
        TRY(form_read(&r, bytes, e));
    if (r.failed)
        return (result){ true };
    if (r.overflow)
        settlement_blame(&r, "CTL", (struct settlement_place){ 0 }, STR(""),
                         "a sum is too large to be true");
    head->content = digest_hex(a, digest_sum(content));
    return OK;
}

result settlement_read(struct str bytes, struct arena *a, settlement_sink *sink, void *arg,
                       struct settlement_head *head, struct settlement_faults *faults,
                       struct err *e)
{
    const struct settlement_input in = { .bytes = bytes, .sink = sink, .arg = arg };

    return settlement_read_input(&in, a, head, faults, e);
}
