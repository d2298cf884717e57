/*
 * recon_gen N FOLDER: a month of N payments as two shuffled tables, ours.csv and settle.csv, with
 * seven kinds of differences planted, each in one of 200 payments, and truth.txt, which counts
 * them. The same N gives the same bytes.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define ONE_IN 200

enum planted { ABSENT_THERE, ABSENT_HERE, AMOUNT, STATUS, TWICE, DAY, PLAIN, SECOND_LINE, GARBAGE };

struct row {
    uint32_t payment;
    uint8_t planted;
};

struct rows {
    struct row *list;
    size_t count;
};

static uint64_t random_next(void)
{
    static uint64_t state = 88172645463325252ULL;

    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

/* Everything about a payment follows from its number. */
static uint64_t mixed(uint64_t x)
{
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ULL;
    x = (x ^ x >> 27) * 0x94d049bb133111ebULL;
    return x ^ x >> 31;
}

static void add(struct rows *r, uint32_t payment, enum planted planted)
{
    r->list[r->count++] = (struct row){ payment, (uint8_t)planted };
}

static void shuffle(struct rows *r)
{
    for (size_t i = r->count - 1; i > 0; i--) {
        const size_t k = random_next() % (i + 1);
        const struct row kept = r->list[i];
        r->list[i] = r->list[k];
        r->list[k] = kept;
    }
}

static const char *reference(uint32_t payment)
{
    static char text[24] = "PP2611";
    uint64_t bits = mixed((uint64_t)payment + 1);

    for (int i = 6; i < 18; i++, bits >>= 5)
        text[i] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"[bits & 31];
    return text;
}

static const char *agency(uint32_t payment)
{
    static char text[24];

    (void)snprintf(text, sizeof text, "H%02u.%02u.%02u", payment % 63 + 1, payment % 17,
                   payment % 11);
    return text;
}

static const char *time_of(uint32_t payment, unsigned later_s, unsigned later_days)
{
    static char text[40];
    const uint32_t h = (uint32_t)(mixed(payment ^ 0x9e3779b9U) >> 32);

    (void)snprintf(text, sizeof text, "2026-11-%02u %02u:%02u:%02u", 1 + h % 28 + later_days,
                   7 + h / 28 % 14, h / 400 % 60, h / 24000 % 50 + later_s);
    return text;
}

static long amount(uint32_t payment)
{
    return 20000 + (long)(mixed(payment) % 2000) * 1000;
}

static long fee(uint32_t payment)
{
    return (long)(mixed((uint64_t)payment + 7) % 4 * 1100);
}

static int is_refunded(uint32_t payment)
{
    return mixed((uint64_t)payment + 3) % 50 == 0;
}

static const char *status(int refunded)
{
    return refunded ? "REFUNDED" : "SUCCESS";
}

static FILE *table(const char *folder, const char *name, const char *header)
{
    char path[4096];
    FILE *to;

    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    to = fopen(path, "w");
    if (to == NULL) {
        perror(path);
        exit(1);
    }
    (void)setvbuf(to, NULL, _IOFBF, 1 << 20);
    (void)fputs(header, to);
    return to;
}

static void end(FILE *to)
{
    if (fclose(to) != 0) {
        perror("recon_gen");
        exit(1);
    }
}

static void print_ours(const struct rows *r, const char *folder)
{
    FILE *to = table(folder, "ours.csv", "id,portal_ref,agency,amount,fee,status,paid_at\n");

    for (size_t i = 0; i < r->count; i++) {
        const uint32_t p = r->list[i].payment;
        (void)fprintf(to, "%u,%s,%s,%ld,%ld,%s,%s\n", 1000000 + p, reference(p), agency(p),
                      amount(p), fee(p), status(is_refunded(p)), time_of(p, 0, 0));
    }
    end(to);
}

static void print_garbage(FILE *to, uint32_t p)
{
    switch (p % 4) {
    case 0:
        (void)fprintf(to, "#### page %u of report, total below\n", p);
        break;
    case 1:
        (void)fprintf(to, "%s,MC%u,H01.01.01,12O000,0\n", reference(p), p);
        break;
    case 2:
        (void)fprintf(to, "%s,MC%u,H01.01.01,N/A,0,SUCCESS,2026-11-01 08:00:00,FT0\n", reference(p),
                      p);
        break;
    default:
        (void)fprintf(to, "TOTAL,,,,,,,,,%u\n", p);
    }
}

static void print_theirs(const struct rows *r, const char *folder)
{
    FILE *to = table(folder, "settle.csv",
                     "portal_ref,merchant_ref,agency,amount,fee,status,paid_at,bank_ref\n");

    for (size_t i = 0; i < r->count; i++) {
        const uint32_t p = r->list[i].payment;
        const enum planted what = (enum planted)r->list[i].planted;
        if (what == GARBAGE) {
            print_garbage(to, p);
            continue;
        }
        (void)fprintf(to, "%s,MC%u,%s,%ld,%ld,%s,%s,FT26%03u%010llu\n", reference(p), 1000000 + p,
                      agency(p), amount(p) + (what == AMOUNT ? 1000 : 0), fee(p),
                      status(is_refunded(p) ^ (what == STATUS)),
                      time_of(p, (unsigned)(mixed((uint64_t)p + 9) % 6), what == DAY), p % 365,
                      (unsigned long long)(mixed(p + i) % 10000000000ULL));
    }
    end(to);
}

int main(int argc, char **argv)
{
    const size_t n = argc == 3 ? strtoul(argv[1], NULL, 10) : 0, some = n / ONE_IN;
    struct rows ours = { malloc((n + 1) * sizeof *ours.list), 0 };
    struct rows theirs = { malloc((n + 2 * some + 1) * sizeof *theirs.list), 0 };

    if (n < ONE_IN || n > 100000000 || ours.list == NULL || theirs.list == NULL) {
        (void)fprintf(stderr, "usage: recon_gen N FOLDER, N from 200 to 100000000\n");
        return 2;
    }
    for (uint32_t i = 0; i < n; i++) {
        const enum planted what = i < 6 * some ? (enum planted)(i / some) : PLAIN;
        if (what != ABSENT_HERE)
            add(&ours, i, what);
        if (what != ABSENT_THERE)
            add(&theirs, i, what);
        if (what == TWICE)
            add(&theirs, i, SECOND_LINE);
    }
    for (uint32_t i = 0; i < some; i++)
        add(&theirs, i, GARBAGE);
    shuffle(&ours);
    shuffle(&theirs);
    print_ours(&ours, argv[2]);
    print_theirs(&theirs, argv[2]);
    FILE *truth = table(argv[2], "truth.txt", "");
    (void)fprintf(truth,
                  "AMT_MORE %zu\nCOR %zu\nDUP_FILE %zu\nMIS_OURS %zu\nMIS_THEIRS %zu\nOK_W %zu\n"
                  "STA %zu\n",
                  some, some, some, some, some, some, some);
    end(truth);
    free(ours.list);
    free(theirs.list);
    return 0;
}
