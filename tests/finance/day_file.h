/*
 * day_file.h - the portal's file of a day in each of its forms, made by hand for tests.
 */
#ifndef TESTS_PAYMENTS_DAY_FILE_H
#define TESTS_PAYMENTS_DAY_FILE_H

#include "finance/intake.h"
#include "tests/test.h"

#define DAY_FILE_LINES   32
#define DAY_FILE_ACCOUNT "3713.0.1234567.00000"

struct day_file {
    struct date day;
    int64_t seq, revision, opening_vnd;
    struct str previous; /* empty: 64 zeros */
    struct settlement_line lines[DAY_FILE_LINES];
    size_t count;
    int64_t more_gross_vnd; /* a wrong total */
    const char *account, *provider;
};

struct day_file day_file_make(struct date day, int64_t seq);
/* A payment of 09:05:00 that day; the line may be changed afterwards. */
struct settlement_line *day_file_add(struct day_file *f, struct str txn, struct str reference,
                                     int64_t gross_vnd);
int64_t day_file_closing_vnd(const struct day_file *f);
struct str day_file_print(const struct day_file *f, enum settlement_form form);
/* The digests of an MC1 text whose fields were changed, made right again. */
struct str day_file_resign(struct str mc1);

#endif
