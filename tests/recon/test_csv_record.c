/* Amounts and times of rows, beside readings that are slow and were written apart from them. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/money.h"
#include "recon/csv_record.h"
#include "tests/test.h"

#define HEADER "amount,time,reference\n"

static bool read_row(const char *amount, const char *time, const char *behind,
                     struct csv_record *out)
{
    const struct csv_map map = { 0 };
    static char scratch[LIMIT_SETTLEMENT_LINE];
    struct csv_reader r =
        csv_begin(str_fmt(test_arena(), HEADER "%s,%s,%s\n", amount, time, behind), ',', scratch);
    struct csv_layout layout;
    struct csv_fault fault;
    struct csv_row row;
    struct err e = { 0 };

    check(csv_next(&r, &row));
    check_ok(csv_layout_make(&map, &row, &layout, &e), e);
    check(csv_next(&r, &row));
    return csv_record_read(&layout, &row, out, &fault);
}

static bool is_digits(const char *s, int n)
{
    for (int i = 0; i < n; i++)
        if (s[i] < '0' || s[i] > '9')
            return false;
    return true;
}

/* Digits by the letter; by base what is grouped. */
static bool amount_slow(const char *s, int64_t *vnd)
{
    const bool minus = s[0] == '-';
    const char *rest = s + (minus ? 1 : 0);

    *vnd = 0;
    if (is_digits(rest, (int)strlen(rest)))
        for (const char *c = rest; *c != '\0'; c++)
            *vnd = *vnd * 10 + (*c - '0');
    else if (rest[0] == '-' || money_read(str_c(rest), vnd, NULL).failed)
        return false;
    *vnd = minus ? -*vnd : *vnd;
    return rest[0] != '\0';
}

TEST(amounts_of_all_lengths_are_read_wherever_the_row_ends)
{
    static const char *const digits = "987654321098765";
    static const char wrong[] = { '/', ':', ' ', '.', '-', 'O', '\x7f', '+', '0' };
    struct csv_record r;

    for (int n = 1; n <= 15; n++) {
        for (int at = -1; at < n; at++) {
            for (size_t w = 0; w < sizeof wrong; w++) {
                char amount[20];
                int64_t want = 0;
                (void)snprintf(amount, sizeof amount, "%.*s", n, digits);
                if (at >= 0)
                    amount[at] = wrong[w];
                const bool good = amount_slow(amount, &want);
                for (int behind = 0; behind < 2; behind++) {
                    check_int(read_row(amount, "", behind ? "a reference" : "", &r), good);
                    if (good)
                        check_int(r.amount_vnd, want);
                }
            }
        }
        arena_reset(test_arena());
    }
}

/* yyyy-MM-dd HH:mm:ss by the letter, with anything between. */
static bool time_slow(const char *s, int64_t *ms)
{
    struct date d;
    int h, m, second;

    if (!is_digits(s, 4) || s[4] != '-' || !is_digits(s + 5, 2) || s[7] != '-' ||
        !is_digits(s + 8, 2) || !is_digits(s + 11, 2) || s[13] != ':' || !is_digits(s + 14, 2) ||
        s[16] != ':' || !is_digits(s + 17, 2))
        return false;
    if (sscanf(s, "%4d-%2d-%2d%*c%2d:%2d:%2d", &d.y, &d.m, &d.d, &h, &m, &second) != 6 ||
        d.y < 1970 || !date_is_valid(d) || h > 23 || m > 59 || second > 59)
        return false;
    *ms = clock_day_start_ms(d) + ((h * 60LL + m) * 60 + second) * 1000;
    return true;
}

TEST(times_are_read_exactly_and_one_wrong_character_is_seen)
{
    static const char *const times[] = { "2026-11-23 07:09:58", "2024-02-29T23:59:59",
                                         "1999-12-31 00:00:00" };
    int good = 0;

    for (size_t t = 0; t < LEN(times); t++) {
        for (int at = 0; at < 19; at++) {
            for (int c = ' '; c < 0x7f; c++) {
                char time[20];
                struct csv_record r;
                int64_t want = 0;
                (void)snprintf(time, sizeof time, "%s", times[t]);
                time[at] = (char)c;
                if (c == '"' || c == ',')
                    continue;
                const bool is = time_slow(time, &want);
                check_int(read_row("1", time, "x", &r), is);
                if (is)
                    check_int(r.time_ms, want);
                good += is ? 1 : 0;
            }
            arena_reset(test_arena());
        }
    }
    check(good > 150);
}

TEST(days_and_minutes_without_more_are_times_too)
{
    struct csv_record r;
    int64_t day, later;

    check(read_row("1", "2026-11-23", "x", &r));
    day = r.time_ms;
    check(read_row("1", "2026-11-23 08:30", "x", &r));
    later = r.time_ms;
    check_int(later - day, 510 * 60000);
    check(!read_row("1", "2026-11-23 24:00", "x", &r));
    check(!read_row("1", "2026-11-23 08-30", "x", &r));
    check(!read_row("1", "2026-02-29", "x", &r));
    check(!read_row("1", "2026-11-23 08:30:0", "x", &r));
}
