/*
 * receipt_summary.h - the summary 01/TH-BLDT that goes to the tax authority on the same day (Decree
 * 254/2026 art. 29(3)b, Circular 91/2026 App. III).
 *
 * For each body and day: the receipts that were issued, and the notices (04/SS-CTDT) about earlier
 * ones. Each receipt and notice stands in exactly one summary. Number 1 of a day is made
 * summary_before_s before midnight; what is issued afterwards goes into supplements of that day,
 * made from midnight on. The XML is signed by the body when its key is there. No interface of the
 * tax authority is known: an operator hands the file over and enters that it was confirmed; until
 * then it is open and its deadline runs.
 */
#ifndef PAYMENTS_RECEIPT_SUMMARY_H
#define PAYMENTS_RECEIPT_SUMMARY_H

#include "payments/receipt.h"

#define RECEIPT_SUMMARY_LINES_MAX 2000 /* more go into the next of the day */
#define RECEIPT_SUMMARY_LIST_MAX  500

struct receipt_summary {
    struct str agency_id, day; /* YYYY-MM-DD */
    int64_t n;
    int64_t made_ms, lines, total_vnd;
    struct str sha256;
    int64_t signed_ms; /* 0: without signature */
    int64_t sent_ms, tries, acked_ms;
    struct str acked_by;
    struct str xml; /* of receipt_summary_load only; else empty */
};

/* A line: the columns of the form. */
struct receipt_summary_line {
    struct str form, serial, number_text;
    struct str date;    /* dd/mm/yyyy */
    struct str fees;    /* names, "; " between them */
    int64_t amount_vnd; /* 0 for a notice */
    struct str status;  /* "Mới", "Thay thế", "Giải trình" */
    struct receipt_ref related;
    struct str explanation;
};

/* The job: makes one summary that is due. */
MUST_USE result receipt_summary_due(const struct till *t, bool *did, struct err *e);
/* Makes the body's next summary of that day of whatever is not in one yet; *made false: nothing. */
MUST_USE result receipt_summary_make(const struct till *t, struct str agency_id, struct date day,
                                     struct arena *a, bool *made, struct err *e);
/* Those of a day, of all bodies. */
MUST_USE result receipt_summary_list(const struct till *t, struct date day, struct arena *a,
                                     struct receipt_summary **out, size_t *count, struct err *e);
/* One with its file. ERR_NOT_FOUND. */
MUST_USE result receipt_summary_load(const struct till *t, struct str agency_id, struct date day,
                                     int64_t n, struct arena *a, struct receipt_summary *out,
                                     struct err *e);
/* Its lines as a spreadsheet, and as CSV with the same columns (UTF-8, quoted). */
MUST_USE result receipt_summary_lines(const struct till *t, const struct receipt_summary *s,
                                      struct arena *a, struct receipt_summary_line **out,
                                      size_t *count, struct err *e);
MUST_USE result receipt_summary_csv(const struct till *t, const struct receipt_summary *s,
                                    struct arena *a, struct str *csv, struct err *e);
MUST_USE result receipt_summary_xlsx(const struct till *t, const struct receipt_summary *s,
                                     struct arena *a, struct str *xlsx, struct err *e);
/* It was handed over once more; ERR_NOT_FOUND. */
MUST_USE result receipt_summary_sent(const struct till *t, const struct receipt_summary *s,
                                     struct err *e);
/* The tax authority confirmed it; once. ERR_WRONG_STATE. */
MUST_USE result receipt_summary_ack(const struct till *t, const struct receipt_summary *s,
                                    struct str by, struct err *e);
/* For alarms: how many bodies' days are open, and seconds left until the end of the oldest such
 * day; below 0 when it has passed. */
MUST_USE result receipt_summary_open(const struct till *t, int64_t *count, int64_t *left_s,
                                     struct err *e);

#endif
