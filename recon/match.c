/* The engine's doors: what is added, the order of the passes, what is told in which order. */
#include "recon/match.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/money.h"
#include "base/str.h"
#include "crypto/digest.h"
#include "recon/match_row.h"

#define MEMORY_MAX   ((size_t)1 << 40) /* what is added is bounded by count and length instead */
#define TEXT_PIECE   ((size_t)1 << 20)
#define SEGMENTS_MAX (MATCH_ITEMS_MAX / (int)MATCH_SEGMENT + 1)
#define SUM_MAX_VND  (INT64_MAX / 8)
#define DAY_MS       86400000LL
#define LOCAL_MS     (7 * 3600000LL)
#define ID_DIGITS    32
#define THREADS_MAX  64

static int32_t day_of_ms(int64_t ms)
{
    return ms > 0 ? (int32_t)((ms + LOCAL_MS) / DAY_MS) : 0;
}

static int32_t day_of(struct date d)
{
    return d.y > 0 && date_is_valid(d) ? day_of_ms(clock_day_start_ms(d)) : 0;
}

result match_open(const struct match_rules *rules, int64_t expected, struct match **out,
                  struct err *e)
{
    struct arena *a;
    struct match *m;

    if (expected > MATCH_ITEMS_MAX)
        return fail(e, ERR_TOO_LARGE, "%lld payments", (long long)expected);
    a = arena_open(MEMORY_MAX);
    m = arena_new(a, struct match);
    m->a = a;
    m->rules = *rules;
    m->line_segments = arena_array(a, struct line_row *, SEGMENTS_MAX);
    m->ours_segments = arena_array(a, struct ours_row *, SEGMENTS_MAX);
    m->sums.rules = RECONCILE_RULES;
    m->treasury_due = day_of(rules->treasury_due);
    *out = m;
    return OK;
}

void match_close(struct match **m)
{
    struct arena *a = *m != NULL ? (*m)->a : NULL;

    arena_close(&a);
    *m = NULL;
}

struct line_row *match_line_at(const struct match *m, size_t i)
{
    return &m->line_segments[i >> MATCH_SEGMENT_BITS][i & (MATCH_SEGMENT - 1)];
}

struct ours_row *match_ours_at(const struct match *m, size_t i)
{
    return &m->ours_segments[i >> MATCH_SEGMENT_BITS][i & (MATCH_SEGMENT - 1)];
}

static struct str text_at(const char *texts, const uint16_t *n, int t)
{
    size_t from = 0;

    for (int i = 0; i < t; i++)
        from += n[i];
    return str_of(texts + from, n[t]);
}

struct str match_ours_text(const struct ours_row *u, enum ours_text t)
{
    return text_at(u->texts, u->n, (int)t);
}

struct str match_line_text(const struct line_row *l, enum line_text t)
{
    return text_at(l->texts, l->len, (int)t);
}

int64_t match_ours_moved(const struct ours_row *u)
{
    if (!u->in_day || !u->captured || u->returned)
        return 0;
    return u->kind == MATCH_REFUND ? -u->amount_vnd : u->amount_vnd;
}

/* FNV-1a, mixed at its end because partitions are its high bits. It groups; it proves nothing. */
uint64_t match_hash(struct str s)
{
    uint64_t h = 0xcbf29ce484222325ULL;

    for (size_t i = 0; i < s.n; i++)
        h = (h ^ (unsigned char)s.p[i]) * 0x100000001b3ULL;
    h = (h ^ (h >> 32)) * 0x9e3779b97f4a7c15ULL;
    return h ^ (h >> 29);
}

static char *text_room(struct match *m, size_t bytes)
{
    char *p;

    if (bytes > m->texts_left) {
        m->texts_left = bytes > TEXT_PIECE ? bytes : TEXT_PIECE;
        m->texts = arena_alloc(m->a, m->texts_left);
    }
    p = m->texts;
    m->texts += bytes;
    m->texts_left -= bytes;
    return p;
}

static result texts_keep(struct match *m, const struct str *texts, size_t count, uint16_t *n,
                         const char **out, struct err *e)
{
    size_t all = 0, at = 0;
    char *p;

    for (size_t i = 0; i < count; i++) {
        if (texts[i].n > MATCH_TEXT_MAX)
            return fail(e, ERR_TOO_LARGE, "a text of %zu bytes", texts[i].n);
        all += texts[i].n;
    }
    p = text_room(m, all);
    for (size_t i = 0; i < count; i++) {
        if (texts[i].n > 0)
            memcpy(p + at, texts[i].p, texts[i].n);
        at += texts[i].n;
        n[i] = (uint16_t)texts[i].n;
    }
    *out = p;
    return OK;
}

/* Every sum of amounts, with whatever signs, is within the sum of all absolute values. */
static result amount_check(struct match *m, int64_t vnd, size_t count, struct err *e)
{
    if (vnd > MONEY_MAX_VND || vnd < -MONEY_MAX_VND)
        return fail_field(e, ERR_INVALID, "amount", "more than can be true");
    if (m->absolute_vnd + (vnd < 0 ? -vnd : vnd) > SUM_MAX_VND || count >= MATCH_ITEMS_MAX)
        return fail(e, ERR_TOO_LARGE, "more than an engine takes");
    m->absolute_vnd += vnd < 0 ? -vnd : vnd;
    return OK;
}

result match_ours(struct match *m, const struct match_ours *o, struct err *e)
{
    const struct str texts[OURS_TEXTS] = { o->reference,    o->portal_txn, o->original,
                                           o->original_ref, o->order,      o->dossier,
                                           o->account,      o->body,       o->batch,
                                           o->code };
    const size_t i = m->ours_count, segment = i >> MATCH_SEGMENT_BITS;
    struct ours_row row = { .id = o->id,
                            .amount_vnd = o->amount_vnd,
                            .fee_vnd = o->fee_vnd,
                            .hash = match_hash(o->reference),
                            .day = day_of(o->day),
                            .kind = (uint8_t)o->kind,
                            .class = MATCH_OPEN,
                            .captured = o->captured,
                            .in_day = o->in_day,
                            .late = o->late,
                            .twice = o->twice,
                            .returned = o->returned,
                            .elsewhere = o->elsewhere,
                            .has_fee = o->has_fee };

    must(!m->ran);
    if (o->id < 0)
        return fail_field(e, ERR_INVALID, "id", "below 0");
    TRY(amount_check(m, o->amount_vnd, i, e));
    TRY(texts_keep(m, texts, OURS_TEXTS, row.n, &row.texts, e));
    if (m->ours_segments[segment] == NULL)
        m->ours_segments[segment] = arena_array(m->a, struct ours_row, MATCH_SEGMENT);
    m->ours_count++;
    *match_ours_at(m, i) = row;
    m->sums.ours_count += o->in_day && o->captured ? 1 : 0;
    m->sums.ours_vnd += match_ours_moved(&row);
    return OK;
}

static bool is_unsent(struct str status)
{
    return str_is(status, "NOT_SENT") || str_is(status, "SENT_FAIL");
}

result match_line(struct match *m, const struct match_line *in, struct err *e)
{
    const struct settlement_line *l = in->line;
    const struct str texts[LINE_TEXTS] = { l->merchant_ref, l->portal_txn, l->original_ref,
                                           l->dossier,      l->body,       l->account,
                                           l->bank,         l->currency,   l->narrative,
                                           in->batch,       in->code };
    const size_t i = m->line_count, segment = i >> MATCH_SEGMENT_BITS;
    struct line_row row = { .n = l->n,
                            .gross_vnd = l->gross_vnd,
                            .fee_vnd = l->fee_vnd,
                            .net_vnd = l->net_vnd,
                            .moved_vnd = in->returned ? 0 : settlement_moved_vnd(l),
                            .txn_at_ms = l->txn_at_ms,
                            .hash = match_hash(l->merchant_ref),
                            .day = day_of_ms(l->txn_at_ms),
                            .file = in->file,
                            .kind = (uint8_t)l->kind,
                            .class = MATCH_OPEN,
                            .success = l->success,
                            .has_fee = l->has_fee,
                            .returned = in->returned,
                            .unsent = is_unsent(l->treasury_status) };

    must(!m->ran);
    TRY(amount_check(m, l->gross_vnd, i, e));
    TRY(texts_keep(m, texts, LINE_TEXTS, row.len, &row.texts, e));
    if (m->line_segments[segment] == NULL)
        m->line_segments[segment] = arena_array(m->a, struct line_row, MATCH_SEGMENT);
    m->line_count++;
    *match_line_at(m, i) = row;
    m->sums.line_count++;
    m->sums.theirs_vnd += row.moved_vnd;
    return OK;
}

/* What is sorted for the telling: the first bytes of the key decide nearly always. */
struct told {
    uint64_t first, second; /* 16 bytes of the key, the first byte highest */
    const struct line_row *line;
    const struct ours_row *ours;
    int class;
};

static struct str told_key(const struct told *t)
{
    struct str ref = t->ours != NULL ? match_ours_text(t->ours, OURS_REFERENCE) : STR("");

    if (ref.n == 0 && t->line != NULL)
        ref = match_line_text(t->line, LINE_REF);
    return ref;
}

static uint64_t eight_bytes(struct str s, size_t from)
{
    uint64_t v = 0;

    for (size_t i = 0; i < 8; i++)
        v = v << 8 | (from + i < s.n ? (unsigned char)s.p[from + i] : 0);
    return v;
}

static int by_number(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

static int told_cmp(const void *pa, const void *pb)
{
    const struct told *a = pa, *b = pb;
    int c = by_number(match_priority((enum match_class)a->class),
                      match_priority((enum match_class)b->class));

    c = c != 0 ? c : by_number(a->class, b->class);
    if (c == 0 && a->first != b->first)
        c = a->first < b->first ? -1 : 1;
    if (c == 0 && a->second != b->second)
        c = a->second < b->second ? -1 : 1;
    c = c != 0 ? c : str_cmp(told_key(a), told_key(b));
    c = c != 0 ? c : by_number(a->line == NULL, b->line == NULL);
    if (c == 0 && a->line != NULL)
        return match_line_cmp(a->line, b->line);
    return c != 0 ? c : by_number(a->ours->id, b->ours->id);
}

static void found_add(struct told *list, size_t *count, const struct line_row *l,
                      const struct ours_row *u, int class)
{
    struct told t = { .line = l, .ours = u, .class = class };
    const struct str key = told_key(&t);

    t.first = eight_bytes(key, 0);
    t.second = eight_bytes(key, 8);
    list[(*count)++] = t;
}

static void sum_add(struct match_result *r, int class, const struct line_row *l, int64_t ours_vnd)
{
    struct match_sum *s = &r->classes[class];
    const int64_t theirs_vnd = l != NULL ? l->moved_vnd : 0;

    s->count++;
    s->lines += l != NULL ? 1 : 0;
    s->ours_vnd += ours_vnd;
    s->theirs_vnd += theirs_vnd;
    s->difference_vnd += ours_vnd - theirs_vnd;
    if (class == MATCH_OK || class == MATCH_OK_W) {
        r->matched_count++;
        r->matched_vnd += ours_vnd;
    }
}

static void all_sum(struct match *m)
{
    struct match_result *r = &m->sums;

    r->residual_vnd = r->ours_vnd - r->theirs_vnd;
    for (size_t i = 0; i < m->line_count; i++) {
        const struct line_row *l = match_line_at(m, i);
        must(l->class != MATCH_OPEN);
        sum_add(r, l->class, l, l->takes ? match_ours_moved(l->ours) : 0);
    }
    for (size_t i = 0; i < m->ours_count; i++) {
        const struct ours_row *u = match_ours_at(m, i);
        if (u->class != MATCH_OPEN)
            sum_add(r, u->class, NULL, match_ours_moved(u));
    }
    for (int c = 0; c < MATCH_COUNT; c++)
        r->residual_vnd -= r->classes[c].difference_vnd;
}

/* Calls for every outcome of the wished sort (OK or not) into a list, sorted. */
static struct told *told_list(const struct match *m, bool ok, size_t *count)
{
    struct told *list = calloc(m->line_count + m->ours_count + 1, sizeof *list);

    must(list != NULL);
    for (size_t i = 0; i < m->line_count; i++) {
        const struct line_row *l = match_line_at(m, i);
        if ((l->class == MATCH_OK) == ok)
            found_add(list, count, l, l->ours, l->class);
    }
    for (size_t i = 0; i < m->ours_count; i++) {
        const struct ours_row *u = match_ours_at(m, i);
        if (u->class != MATCH_OPEN && (u->class == MATCH_OK) == ok)
            found_add(list, count, NULL, u, u->class);
    }
    qsort(list, *count, sizeof *list, told_cmp);
    return list;
}

result match_run(struct match *m, int threads, struct match_result *out, struct err *e)
{
    must(!m->ran && threads >= 1 && threads <= THREADS_MAX);
    m->ran = true;
    TRY(match_groups(m, threads, e));
    TRY(match_rest(m, e));
    all_sum(m);
    *out = m->sums;
    return OK;
}

static struct date date_of(int32_t day)
{
    return day > 0 ? clock_local((int64_t)day * DAY_MS - LOCAL_MS).date : (struct date){ 0 };
}

static struct match_ours ours_view(const struct ours_row *u)
{
    return (struct match_ours){
        .id = u->id,
        .kind = (enum match_kind)u->kind,
        .reference = match_ours_text(u, OURS_REFERENCE),
        .portal_txn = match_ours_text(u, OURS_TXN),
        .original = match_ours_text(u, OURS_ORIGINAL),
        .original_ref = match_ours_text(u, OURS_ORIGINAL_REF),
        .order = match_ours_text(u, OURS_ORDER),
        .dossier = match_ours_text(u, OURS_DOSSIER),
        .account = match_ours_text(u, OURS_ACCOUNT),
        .body = match_ours_text(u, OURS_BODY),
        .batch = match_ours_text(u, OURS_BATCH),
        .code = match_ours_text(u, OURS_CODE),
        .amount_vnd = u->amount_vnd,
        .fee_vnd = u->fee_vnd,
        .has_fee = u->has_fee,
        .day = date_of(u->day),
        .captured = u->captured,
        .in_day = u->in_day,
        .late = u->late,
        .twice = u->twice,
        .returned = u->returned,
        .elsewhere = u->elsewhere,
    };
}

static struct settlement_line line_view(const struct line_row *l)
{
    return (struct settlement_line){
        .n = l->n,
        .kind = (enum settlement_kind)l->kind,
        .merchant_ref = match_line_text(l, LINE_REF),
        .portal_txn = match_line_text(l, LINE_TXN),
        .original_ref = match_line_text(l, LINE_ORIGINAL),
        .dossier = match_line_text(l, LINE_DOSSIER),
        .body = match_line_text(l, LINE_BODY),
        .account = match_line_text(l, LINE_ACCOUNT),
        .bank = match_line_text(l, LINE_BANK),
        .currency = match_line_text(l, LINE_CURRENCY),
        .narrative = match_line_text(l, LINE_NARRATIVE),
        .gross_vnd = l->gross_vnd,
        .fee_vnd = l->fee_vnd,
        .net_vnd = l->net_vnd,
        .has_fee = l->has_fee,
        .success = l->success,
        .txn_at_ms = l->txn_at_ms,
    };
}

static struct match_outcome outcome_of(const struct told *t)
{
    const struct line_row *l = t->line;
    const struct ours_row *u = t->ours;
    struct match_outcome o = { .class = (enum match_class)t->class,
                               .ours_id = MATCH_NONE,
                               .file = MATCH_NONE,
                               .line = MATCH_NONE,
                               .candidate_id = MATCH_NONE };

    o.takes = l == NULL || l->takes;
    o.pass = l != NULL ? l->pass : u->pass;
    if (u != NULL) {
        o.ours = ours_view(u);
        o.ours_id = u->id;
        o.ours_vnd = o.takes ? match_ours_moved(u) : 0;
    }
    if (l != NULL) {
        o.theirs = line_view(l);
        o.file = l->file;
        o.line = l->n;
        o.occurrence = l->occurrence;
        o.theirs_vnd = l->moved_vnd;
        o.candidate_id = l->candidate != NULL ? l->candidate->id : MATCH_NONE;
    }
    o.difference_vnd = o.ours_vnd - o.theirs_vnd;
    return o;
}

static void free_list(struct told **list)
{
    free(*list);
}

static result each(const struct match *m, bool ok, match_sink *sink, void *arg, struct err *e)
{
    size_t count = 0;
    DEFER(free_list) struct told *list = told_list(m, ok, &count);

    must(m->ran);
    for (size_t i = 0; i < count; i++) {
        const struct match_outcome o = outcome_of(&list[i]);
        TRY(sink(arg, &o, e));
    }
    return OK;
}

result match_each(const struct match *m, match_sink *sink, void *arg, struct err *e)
{
    return each(m, false, sink, arg, e);
}

result match_each_ok(const struct match *m, match_sink *sink, void *arg, struct err *e)
{
    return each(m, true, sink, arg, e);
}

struct str match_id(struct arena *a, const struct match_rules *rules, const struct match_outcome *o)
{
    const struct settlement_line *l = &o->theirs;
    const bool keyed = l->merchant_ref.n + l->portal_txn.n > 0;
    struct str day = rules->day.y > 0 ? date_iso(a, rules->day) : STR(""), text;

    if (o->takes && o->ours_id != MATCH_NONE)
        text = str_fmt(a, "%s|%.*s", o->ours.kind == MATCH_REFUND ? "R" : "P",
                       STR_ARG(o->ours.reference));
    else
        text = str_fmt(a, "L|%s|%.*s|%.*s|%lld|%lld", settlement_kind_name(l->kind),
                       STR_ARG(l->merchant_ref), STR_ARG(l->portal_txn),
                       keyed ? 0 : (long long)l->gross_vnd, (long long)o->occurrence);
    text = str_fmt(a, "%.*s|%.*s|%.*s|%.*s", STR_ARG(rules->provider), STR_ARG(rules->account),
                   STR_ARG(day), STR_ARG(text));
    return str_sub(digest_hex(a, digest_sha256(text)), 0, ID_DIGITS);
}
