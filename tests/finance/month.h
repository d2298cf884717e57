/*
 * month.h - a month of files that the sandbox made, and what is to be found in them: its truth.json
 * and ours.csv (sandbox/month.h), read.
 */
#ifndef TESTS_FINANCE_MONTH_H
#define TESTS_FINANCE_MONTH_H

#include "base/clock.h"
#include "base/json.h"
#include "recon/csv_form.h"
#include "recon/match.h"
#include "tests/test.h"

/* A row of ours.csv. */
struct month_ours {
    bool refund, captured, late, twice;
    struct str reference, txn, original, order, dossier, procedure, body, account, bank;
    int64_t amount_vnd, at_ms;
    struct date day;
};

struct month_world {
    const char *folder;
    struct json *truth;
    struct month_ours *ours;
    size_t count;
};

/* ours: NULL, or the path of our side. Runs motcua-sandbox month. */
struct month_world *month_world(int64_t seed, const char *month, const char *ours);
/* Bytes of a file below the folder. */
struct str month_bytes(const struct month_world *w, struct str name);
/* The rows of truth.files[form], in their order of arrival. */
struct json *month_files(const struct month_world *w, const char *form);
/* How the files of a form are read: the generator's map for csv; else NULL. */
const struct csv_form *month_map(const struct month_world *w, const char *form);
struct str month_text(const struct json *o, const char *name);
int64_t month_int(const struct json *o, const char *name);
struct date month_day(const struct json *o);

/* What must be found on a day in one form: a line for each, sorted:
 * "<class> <line> <reference> <theirs_vnd>". without: classes that are not asked for, with a space
 * after each, such as those of fees where there is no tariff. */
struct str month_expected(const struct month_world *w, struct date day, const char *form,
                          const char *without);
/* Sorts the lines of a text. */
struct str month_sorted(struct str text);

#endif
