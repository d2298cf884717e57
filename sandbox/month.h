/*
 * month.h - a month of files with every mismatch planted, and the truth about them.
 *
 *     motcua-sandbox month --seed N --month 2026-10 --out DIR [--scale K] [--ours FILE]
 *
 * Without --ours the side of motcua is invented, too: 40 * K payments on an ordinary day, some of
 * them late, some waiting, an order paid twice, refunds; one day has none and one has a single one.
 * With --ours it is what motcua has, in the columns that are written to DIR/ours.csv, and the
 * mismatches are planted on that. The same arguments give the same bytes.
 *
 *     DIR/ours.csv         what motcua has: a row for each attempt and each refund
 *     DIR/<form>/<nn>-<yyyymmdd>[-<what>].<form>   mc1 fw1 bj1 xlsx csv, in their order of arrival
 *     DIR/csv-map.json     which column of a csv is what
 *     DIR/bank/<yyyymmdd>.bj1    the bank's statement: payouts, and payers' transfers
 *     DIR/treasury/<yyyymmdd>.kj1
 *     DIR/truth.json       what is to be found: month_truth.c tells its members
 *
 * The day after the month has a file as well, for what was settled late. All forms carry the same
 * movements; what a form has no column for cannot be found in it, and the truth says so.
 */
#ifndef SANDBOX_MONTH_H
#define SANDBOX_MONTH_H

#include "base/base.h"
#include "sandbox/settlement.h"

#define MONTH_DAYS_MAX 33

enum month_form { MONTH_MC1, MONTH_FW1, MONTH_BJ1, MONTH_XLSX, MONTH_CSV, MONTH_FORMS };
#define MONTH_BIT(form) (1U << (unsigned)(form))
#define MONTH_ALL       (MONTH_BIT(MONTH_FORMS) - 1)
#define MONTH_CELLED    (MONTH_BIT(MONTH_MC1) | MONTH_BIT(MONTH_XLSX) | MONTH_BIT(MONTH_CSV))

/* What motcua has: a payer's attempt, or a refund of one. */
enum month_state { MONTH_CAPTURED, MONTH_WAITING, MONTH_FAILED };
struct month_pay {
    bool refund;
    struct str reference; /* MaThamChieu; a refund has that of the payment */
    struct str txn;       /* the portal's; empty before it is paid */
    struct str original;  /* a refund: the transaction paid back */
    struct str order, dossier, procedure, body, account, bank;
    int64_t amount_vnd, at_ms; /* captured, refunded, or begun */
    enum month_state state;
    bool late;     /* captured after its order had expired */
    bool twice;    /* its order had been paid before */
    bool refunded; /* a refund gives it back: nothing else is planted on it */
    bool used;     /* something is planted on it */
};

/* One thing to be found. theirs_vnd is signed: what the line moves. */
struct month_found {
    const char *class;
    size_t day;  /* index */
    size_t line; /* in the day's file, from 1; 0: none */
    struct str reference, txn;
    int64_t ours_vnd, theirs_vnd;
    unsigned forms;        /* where it can be found */
    const char *otherwise; /* its class in the others; NULL: it passes for equal */
    int64_t otherwise_vnd; /* and what the line moves there */
};

/* What the bank's statement shows: a payout of the portal, or a payer's transfer. */
struct month_credit {
    bool payout;
    size_t day, first_day, last_day; /* of the statement; payout: of the lines that it pays */
    struct str txn, account, narrative, code; /* transfer: its code, or empty */
    int64_t due_vnd, paid_vnd;                /* payout: due_vnd follows from the lines */
};

/* One file on its way in. */
struct month_file {
    struct str name; /* below DIR/<form>/ */
    size_t day;
    int64_t revision, arrives_ms;
    const char *expect; /* accepted, quarantined, known, superseded */
    const char *class;  /* quarantined: the class; else empty */
    const char *what;   /* why it is there */
};

struct month {
    struct arena *a;
    struct sandbox *sb; /* its settings only */
    uint64_t seed, rng;
    int64_t scale;
    int year, number;
    size_t days; /* of the month, and one more */
    const char *out;
    struct settle_day day[MONTH_DAYS_MAX];
    size_t room[MONTH_DAYS_MAX]; /* for lines */
    struct month_pay *ours;
    size_t ours_count, ours_room;
    struct month_found *found;
    size_t found_count, found_room;
    struct month_credit *credits;
    size_t credit_count;
    struct month_file *files[MONTH_FORMS];
    size_t file_count[MONTH_FORMS];
};

int month_main(int argc, char **argv);

int64_t month_below(struct month *m, int64_t n); /* 0 .. n - 1 */
struct date month_date(const struct month *m, size_t day);
/* -1: before the month; m->days: after its extra day. */
int month_day_of(const struct month *m, int64_t at_ms);
struct settle_line *month_line(struct month *m, size_t day, const struct settle_line *l);
struct settle_line month_line_of(struct month *m, const struct month_pay *p);
const char *month_form_name(enum month_form f);

void month_invent(struct month *m); /* month_ours.c */
MUST_USE result month_load(struct month *m, const char *path, struct err *e);
MUST_USE result month_ours_write(struct month *m, struct err *e);
void month_plant(struct month *m, bool invented);                  /* month_plant.c */
MUST_USE result month_files_write(struct month *m, struct err *e); /* month_files.c */
MUST_USE result month_bank_write(struct month *m, struct err *e);  /* month_bank.c */
MUST_USE result month_truth_write(struct month *m, struct err *e); /* month_truth.c */
/* DIR/<name>; folders are made. */
MUST_USE result month_put(struct month *m, struct str name, struct str bytes, struct err *e);
void month_csv(struct month *m, const struct settle_day *day, struct buf *out);
void month_csv_map(struct buf *out);

#endif
