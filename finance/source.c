/* What follows from a source: its days, their spans and deadlines, its fees; see source.h. */
#include "finance/source.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/money.h"
#include "base/str.h"

#define DAY_MS        86400000LL
#define DAY_S         86400
#define URL_BYTES_MAX 2048

static bool holds(struct date from, struct date to, struct date on)
{
    return date_cmp(from, on) <= 0 && (to.y == 0 || date_cmp(on, to) <= 0);
}

const struct source *source_find(const struct source_book *b, struct str id, struct date on)
{
    for (size_t i = 0; i < b->count; i++)
        if (str_eq(b->rows[i].id, id) && holds(b->rows[i].from, b->rows[i].to, on))
            return &b->rows[i];
    return NULL;
}

const struct source *source_by_key(const struct source_book *b, struct str provider,
                                   struct str account, struct date on)
{
    for (size_t i = 0; i < b->count; i++) {
        const struct source *s = &b->rows[i];

        if (str_eq(s->provider, provider) && str_eq(s->account, account) &&
            holds(s->from, s->to, on))
            return s;
    }
    return NULL;
}

bool source_is_run(const struct source *s)
{
    return s != NULL && s->role == SOURCE_CLEARING && s->channel_count > 0;
}

const struct source *source_of_channel(const struct source_book *b, struct str channel,
                                       struct date on)
{
    for (size_t i = 0; i < b->count; i++) {
        const struct source *s = &b->rows[i];

        for (size_t k = 0; k < s->channel_count && holds(s->from, s->to, on); k++)
            if (str_eq(s->channels[k], channel))
                return s;
    }
    return NULL;
}

const struct source *source_each(const struct source_book *b, struct date on, size_t i)
{
    for (size_t k = 0; k < b->count; k++)
        if (holds(b->rows[k].from, b->rows[k].to, on) && i-- == 0)
            return &b->rows[k];
    return NULL;
}

bool source_has_day(const struct source *s, struct date day)
{
    return !s->business_days || calendar_is_business_day(s->calendar, day);
}

struct date source_day_of(const struct source *s, int64_t at_ms)
{
    const struct local_time t = clock_local(at_ms);
    const int64_t second_s = (int64_t)t.hour * 3600 + (int64_t)t.minute * 60 + t.second;
    const struct date day = second_s < s->cut_off_s ? t.date : date_add_days(t.date, 1);

    return s->business_days ? calendar_next(s->calendar, day, 0) : day;
}

struct date source_day_before(const struct source *s, struct date day)
{
    do
        day = date_add_days(day, -1);
    while (day.y > 1 && !source_has_day(s, day));
    return day;
}

struct date source_day_after(const struct source *s, struct date day)
{
    const struct date next = date_add_days(day, 1);

    return s->business_days ? calendar_next(s->calendar, next, 0) : next;
}

void source_day_span(const struct source *s, struct date day, int64_t *from_ms, int64_t *to_ms)
{
    *from_ms = clock_day_start_ms(source_day_before(s, day)) + s->cut_off_s * 1000;
    *to_ms = clock_day_start_ms(day) + s->cut_off_s * 1000;
}

static struct date due_day(const struct source *s, struct date day)
{
    return s->business_days ? calendar_next(s->calendar, day, s->deadline_days)
                            : date_add_days(day, s->deadline_days);
}

int64_t source_deadline(const struct source *s, struct date day)
{
    return clock_day_start_ms(due_day(s, day)) + s->deadline_s * 1000;
}

int64_t source_fetch_at(const struct source *s, struct date day)
{
    return clock_day_start_ms(due_day(s, day)) + s->fetch.at_s * 1000;
}

const struct source_tariff *source_tariff_of(const struct source *s, struct date day)
{
    for (size_t i = 0; i < s->tariff_count; i++)
        if (holds(s->tariffs[i].from, s->tariffs[i].to, day))
            return &s->tariffs[i];
    return NULL;
}

bool source_fee_vnd(const struct source *s, struct date day, int64_t amount_vnd, int64_t *fee_vnd)
{
    const struct source_tariff *t = source_tariff_of(s, day);
    int64_t part_vnd = 0, sum_vnd = 0;

    if (t == NULL || money_rate(amount_vnd, t->rate_ppm, &part_vnd, NULL).failed ||
        money_add(part_vnd, t->flat_vnd, &sum_vnd, NULL).failed)
        return false;
    if (sum_vnd < t->least_vnd)
        sum_vnd = t->least_vnd;
    if (t->most_vnd > 0 && sum_vnd > t->most_vnd)
        sum_vnd = t->most_vnd;
    *fee_vnd = sum_vnd;
    return true;
}

/* One {token} of a pattern; false: none that is known. */
static bool token_put(struct buf *b, struct str token, struct date d)
{
    if (str_is(token, "yyyyMMdd"))
        buf_fmt(b, "%04d%02d%02d", d.y, d.m, d.d);
    else if (str_is(token, "yyyy-MM-dd"))
        buf_fmt(b, "%04d-%02d-%02d", d.y, d.m, d.d);
    else if (str_is(token, "ddMMyyyy"))
        buf_fmt(b, "%02d%02d%04d", d.d, d.m, d.y);
    else if (str_is(token, "ddMMyy"))
        buf_fmt(b, "%02d%02d%02d", d.d, d.m, d.y % 100);
    else
        return false;
    return true;
}

struct str source_url(const struct source *s, struct date day, struct arena *a)
{
    struct buf b = buf_make(a, URL_BYTES_MAX);
    struct str rest = s->fetch.url, before, token;

    while (str_cut(rest, '{', &before, &rest)) {
        buf_put(&b, before);
        if (!str_cut(rest, '}', &token, &rest) || !token_put(&b, token, day))
            return STR(""); /* sources_read lets none through */
    }
    buf_put(&b, rest);
    return buf_str(&b);
}

const char *source_role_name(enum source_role r)
{
    static const char *const names[] = { "clearing", "bank", "treasury" };

    return names[r];
}

const char *source_ledger_account(const struct source *s)
{
    static const char *const accounts[] = { "1110", "1120", "" };

    return accounts[s->role];
}
