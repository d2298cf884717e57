/*
 * match_known.h - which keys an engine (match.h) was given so far: so that who fills it asks the
 * store only for payments that lines still lack, and not for all of them by a join.
 *
 * Whatever was added to the engine since the last question is taken in first. Memory: 16 bytes for
 * each payment and, once one was asked for by its number, for each line. Thread rule: that of the
 * engine, which must outlive it.
 */
#ifndef RECON_MATCH_KNOWN_H
#define RECON_MATCH_KNOWN_H

#include "recon/match.h"

struct match_known;

struct match_known *match_known_open(const struct match *m);
void match_known_close(struct match_known **k); /* DEFER(match_known_close); accepts NULL */

/* A payment (MATCH_PAYMENT) of ours with that reference; never of the empty one. */
bool match_known_ours(struct match_known *k, struct str reference);
/* A line with that portal's number; bare: one without a reference. Never of the empty one. */
bool match_known_line(struct match_known *k, struct str portal_txn, bool bare);

/* What a line may still be about. */
struct match_lack {
    struct settlement_line line; /* n, kind, success and the three keys only */
    bool ours;   /* there is none of ours with its reference, or it has no reference */
    bool number; /* or there is one with another number: its own may be that of a third */
};
typedef result match_lack_sink(void *arg, const struct match_lack *l, struct err *e);
/* Each line that lacks anything, and each that names what it undoes, in the order in which they
 * were added. The sink may add payments; what it adds counts for the lines that follow. */
MUST_USE result match_lacking(struct match_known *k, match_lack_sink *sink, void *arg,
                              struct err *e);

#endif
