/*
 * intake.h - files of providers on their way in: judged beside what was taken before, and kept.
 *
 * A file is believed whole or quarantined with its faults: of the file itself (recon/settlement.h),
 * and of what stands beside it, another account or day, a number out of sequence, a balance that
 * does not go on. The same bytes again change nothing; revision n+1 takes the place of revision n,
 * and so may another form of the same movements; other bytes under the same revision are
 * quarantined (REP), unless the earlier file came before its day was over. Nothing here moves
 * money.
 */
#ifndef FINANCE_INTAKE_H
#define FINANCE_INTAKE_H

#include "base/base.h"
#include "base/clock.h"
#include "payments/till.h"
#include "recon/settlement.h"

struct conf;
struct reconcile_day;

enum settlement_state {
    SETTLEMENT_RECEIVED, /* being stored */
    SETTLEMENT_ACCEPTED,
    SETTLEMENT_SUPERSEDED,
    SETTLEMENT_QUARANTINED
};

/* A file that was taken. */
struct settlement_file {
    struct str sha256; /* hex: its name here */
    struct str name;   /* as it was given */
    enum settlement_form form;
    enum settlement_state state;
    struct date day;
    int64_t revision; /* of the file, or counted here when the form has none */
    int64_t bytes, lines;
    int64_t gross_vnd;
    struct str faults; /* quarantined: "CTL line 7 column 40 `...`: why", one a line */
    bool crlf;
    struct str actor;
    int64_t received_ms;
};

struct intake_result {
    bool known;       /* these bytes were taken before: nothing changed */
    bool quarantined; /* file.faults tells why; the day was not reconciled anew */
    struct settlement_file file;
    struct reconcile_day *day; /* as it is now */
};

/* Takes a file for a day and reconciles the day, and the days beside it where they wait for this
 * one. May ask QUERY (network: SLOW pool or jobs). A quarantined file is no failure. ERR_INVALID
 * (field "file"): empty. ERR_TOO_LARGE. */
MUST_USE result intake_take(const struct till *t, struct date day, struct str file_name,
                            struct str bytes, struct str actor, struct arena *a,
                            struct intake_result *out, struct err *e);
/* Fetches the file from conf portal.settlement_url "/<yyyyMMdd>.<settlement_form>" and takes it.
 * ERR_NOT_FOUND: the portal has none for the day; ERR_UPSTREAM_DOWN, ERR_UPSTREAM_BAD. */
MUST_USE result intake_fetch(const struct till *t, const struct conf *c, struct date day,
                             struct str actor, struct arena *a, struct intake_result *out,
                             struct err *e);
/* Background: once jobs.settlement_at has passed, fetches yesterday's file when none was accepted;
 * one process does it, and tries again after 15 minutes. Fails as settlement_fetch does. */
MUST_USE result intake_due(const struct till *t, const struct conf *c, bool *did, struct err *e);

const char *settlement_state_name(enum settlement_state s); /* "accepted" */

#endif
