/*
 * receipt_report.h - inside payments only: the lines of a summary 01/TH-BLDT and its forms.
 */
#ifndef PAYMENTS_RECEIPT_REPORT_H
#define PAYMENTS_RECEIPT_REPORT_H

#include "payments/receipt_summary.h"

struct receipt_report {
    struct receipt_summary_line *lines;
    size_t count;
    int64_t total_vnd;
    struct str body_name, tax_code; /* [05] of the form */
};

MUST_USE result receipt_report_read(struct sql *db, const struct till *t,
                                    const struct receipt_summary *m, struct arena *a,
                                    struct receipt_report *out, struct err *e);
/* m->xml, and m->signed_ms when the body's key is there and valid. */
MUST_USE result receipt_report_xml(const struct till *t, const struct receipt_report *report,
                                   struct arena *a, struct receipt_summary *m, struct err *e);

#endif
