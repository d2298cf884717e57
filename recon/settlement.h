/*
 * settlement.h - a provider's file of one local day: read and checked, nothing kept.
 *
 * Five forms hold the same movements and are told apart by their bytes: MC1 (lines of fields
 * between '|'), XLSX (the cells of MC1), FW1 (fixed width, 239 bytes), BJ1 (a bank's JSON) and KJ1
 * (the same of the treasury, whose bankCode is KBNN). All become one stream of struct
 * settlement_line. FW1, BJ1 and KJ1 have no column for some fields: those are absent, which is
 * never a difference. A table of a bank's own (CSV) is read by a map and has only what that names:
 * no totals to be held against, so what is counted here is all.
 *
 * A file that contradicts itself in any way is not believed: a wrong chain or digest, totals that
 * are not the sums of the lines, a balance that does not roll forward, an unknown version. Each
 * fault names line, column and bytes. What stands beside the file (its day, the file before it)
 * is finance/intake.h's. Pure: no store, no network.
 */
#ifndef RECON_SETTLEMENT_H
#define RECON_SETTLEMENT_H

#include "base/base.h"
#include "base/clock.h"

struct csv_form; /* recon/csv_form.h */

#define SETTLEMENT_PROVIDER                                                                        \
    "PP"                         /* the National Centralized Payment Portal: the only one so far   \
                                  */
#define SETTLEMENT_FAULTS_MAX 20 /* kept and shown; all are counted */

enum settlement_form {
    SETTLEMENT_NO_FORM, /* unrecognised */
    SETTLEMENT_MC1,
    SETTLEMENT_FW1,
    SETTLEMENT_BJ1,
    SETTLEMENT_XLSX,
    SETTLEMENT_KJ1, /* the treasury's JSON */
    SETTLEMENT_CSV, /* a table, by a map: never told by its bytes */
    SETTLEMENT_FORM_COUNT
};
enum settlement_kind {
    SETTLEMENT_PAY,
    SETTLEMENT_REFUND,
    SETTLEMENT_REVERSAL,
    SETTLEMENT_FEE,
    SETTLEMENT_ADJUST,
    SETTLEMENT_KIND_COUNT
};

/* One movement. Empty texts are absent; amounts are as the file has them. */
struct settlement_line {
    int64_t n; /* 1, 2, ... in the file */
    enum settlement_kind kind;
    struct str portal_txn, merchant_ref, original_ref, dossier, procedure, body, account, bank;
    int64_t gross_vnd, fee_vnd, net_vnd; /* fee and net: only when has_fee */
    bool has_fee;
    struct str currency; /* "VND", or absent */
    bool success;
    struct str code; /* the provider's word for it */
    int64_t txn_at_ms;
    struct str treasury_ref, treasury_status;
    struct str narrative; /* a bank's own words about a payment, or empty */
    int64_t text_line;    /* CSV: of the file, from 1; else 0 */
};

/* What the head and the end of a file say. */
struct settlement_head {
    enum settlement_form form;
    struct str provider, account; /* empty: the form has no such field */
    struct date day;              /* y 0: none */
    bool has_chain;               /* seq, revision, previous, opening and closing */
    int64_t seq, revision;        /* from 1 */
    struct str previous;          /* SHA-256 of the MC1 file before, hex */
    int64_t opening_vnd, closing_vnd;
    int64_t lines, kinds[SETTLEMENT_KIND_COUNT]; /* counted here */
    int64_t gross_vnd, fee_vnd, net_vnd;         /* summed here */
    int64_t moved_vnd;                           /* settlement_moved_vnd of all lines */
    struct str content; /* SHA-256 of what every form holds, hex: equal for equal movements */
    bool crlf;          /* lines end in CR LF: accepted with a warning */
};

/* Why a file is not believed. code is a class of match.def. */
struct settlement_fault {
    const char *code;     /* "CTL", "COR", "SEQ", "VER", "REP", "ACC", "DATE" */
    int64_t line, column; /* from 1; 0: the file as a whole. XLSX: row and cell; BJ1: text line */
    struct str bytes;     /* what is there, at most 40 bytes, not printable ones as \xNN */
    struct str why;       /* English, for the operator */
};

struct settlement_faults {
    struct settlement_fault list[SETTLEMENT_FAULTS_MAX];
    size_t count; /* in the list */
    int64_t total;
};

/* Called for each line in the file's order; the texts live until it returns. */
typedef result settlement_sink(void *arg, const struct settlement_line *l, struct err *e);
/* Called for each line of a released file that cannot be read: its number among the lines, the
 * first fault of it. */
typedef result settlement_damage(void *arg, int64_t n, const struct settlement_fault *f,
                                 struct err *e);
/* The next bytes of a file that comes in pieces: at most n into room; *got 0 is its end. */
typedef result settlement_pull(void *arg, char *room, size_t n, size_t *got, struct err *e);

struct settlement_input {
    struct str bytes;      /* the whole file, mapped or in memory; or */
    settlement_pull *pull; /* its pieces: SETTLEMENT_WINDOW_BYTES of them are held at a time. Not
                            * for XLSX, whose directory is at its end: ERR_INVALID */
    void *pull_arg;
    settlement_sink *sink; /* or NULL */
    settlement_damage *damage;
    const struct csv_form *map; /* the file is a table and read by it, whatever its bytes look
                                 * like; NULL: one of the forms that tell themselves */
    void *arg;                  /* of sink and damage */
    bool released; /* two persons want it as it is: faults do not keep lines from the sink, and what
                    * cannot be read goes to damage */
};
#define SETTLEMENT_WINDOW_BYTES (256 * 1024)

/* Reads a file of any form and checks all that the file itself tells: faults come back in *faults
 * and are no failure. The sink (or NULL) is called while there is no fault yet, so a caller that
 * stores reads once without a sink first. Pure: no store. Fails only when sink, damage or pull do.
 */
MUST_USE result settlement_read_input(const struct settlement_input *in, struct arena *a,
                                      struct settlement_head *head,
                                      struct settlement_faults *faults, struct err *e);
/* The same for bytes that are there. */
MUST_USE result settlement_read(struct str bytes, struct arena *a, settlement_sink *sink, void *arg,
                                struct settlement_head *head, struct settlement_faults *faults,
                                struct err *e);
enum settlement_form settlement_form_of(struct str bytes); /* by its first bytes */
/* What the line moved on the collection account before fees: PAY and ADJUST gross, REFUND and
 * REVERSAL -gross, FEE nothing, failures and other currencies nothing. */
int64_t settlement_moved_vnd(const struct settlement_line *l);

const char *settlement_form_name(enum settlement_form f); /* "MC1"; "" unrecognised */
const char *settlement_kind_name(enum settlement_kind k); /* "PAY" */

#endif
