/*
 * status.h - what the status of a tax code permits its holder to do here.
 *
 * The codes are those of Annex I to Circular 90/2026; what each permits is this installation's
 * decision, and lies in a dated table (business.status_file) so that it changes without a release.
 * The debts of a business that is closing stay payable. A code that the table does not know lets
 * its holder in and is worth an audit record: new codes appear before anybody tells us.
 *
 * The table lives in the arena it was loaded into and never changes; any thread.
 */
#ifndef CONF_STATUS_H
#define CONF_STATUS_H

#include "base/base.h"
#include "base/clock.h"

enum status_rule { STATUS_ALLOW, STATUS_WARN, STATUS_PAY_ONLY, STATUS_REFUSE };

struct status {
    bool known;      /* false: write an audit record */
    struct str code; /* "00" */
    struct str name_vi, name_en;
    enum status_rule rule;
};

struct statuses;

MUST_USE result statuses_load(struct arena *a, struct str path, struct statuses **out,
                              struct err *e); /* ERR_IO, ERR_CONFIG */
struct status status_find(const struct statuses *s, struct str code, struct date on);

#endif
