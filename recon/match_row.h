/*
 * match_row.h - how the engine keeps what it was given; inside the room only.
 *
 * A row holds its numbers and points to its texts, which lie one after the other without an end
 * mark: a line of a portal is some 250 bytes in all. Each line's outcome is kept in its row, so a
 * line cannot have two; the outcome of a payment of ours that no line takes is kept in its own.
 */
#ifndef RECON_MATCH_ROW_H
#define RECON_MATCH_ROW_H

#include "recon/match.h"

#define MATCH_OPEN (-1) /* no outcome yet */

/* The key that groups come from is first in both. */
enum ours_text {
    OURS_REFERENCE,
    OURS_TXN,
    OURS_ORIGINAL,
    OURS_ORIGINAL_REF,
    OURS_ORDER,
    OURS_DOSSIER,
    OURS_ACCOUNT,
    OURS_BODY,
    OURS_BATCH,
    OURS_CODE,
    OURS_TEXTS
};
enum line_text {
    LINE_REF,
    LINE_TXN,
    LINE_ORIGINAL,
    LINE_DOSSIER,
    LINE_BODY,
    LINE_ACCOUNT,
    LINE_BANK,
    LINE_CURRENCY,
    LINE_NARRATIVE,
    LINE_BATCH,
    LINE_CODE,
    LINE_TEXTS
};

struct ours_row {
    int64_t id, amount_vnd, fee_vnd;
    uint64_t hash; /* of the reference */
    const char *texts;
    uint16_t n[OURS_TEXTS];
    int32_t day; /* counted from 1970; 0 unknown */
    uint8_t kind;
    int8_t class; /* of what no line takes; else MATCH_OPEN */
    uint8_t pass;
    bool captured, in_day, late, twice, returned, elsewhere, has_fee;
    bool named;   /* a payment line has this reference */
    bool taken;   /* by a line, or in a batch */
    bool courted; /* a candidate of some line */
};

struct line_row {
    int64_t n, gross_vnd, fee_vnd, net_vnd, moved_vnd, txn_at_ms;
    uint64_t hash; /* of the reference */
    const char *texts;
    struct ours_row *ours;      /* of its outcome, or known by its reference */
    struct ours_row *candidate; /* of passes 6 and 7 */
    uint16_t len[LINE_TEXTS];
    int32_t day, file;
    int32_t occurrence;
    uint8_t kind;
    int8_t class;
    uint8_t pass;
    bool success, has_fee, returned, unsent, takes;
};

#define MATCH_SEGMENT_BITS 14 /* rows are added to pieces of so many */
#define MATCH_SEGMENT      ((size_t)1 << MATCH_SEGMENT_BITS)

struct match {
    struct arena *a;
    struct match_rules rules;
    struct line_row **line_segments;
    struct ours_row **ours_segments;
    size_t line_count, ours_count;
    char *texts; /* the piece that is being filled */
    size_t texts_left;
    int64_t absolute_vnd; /* of everything added: no sum can leave 64 bits while this does not */
    struct match_result sums;
    bool ran;
    int32_t treasury_due;
};

struct line_row *match_line_at(const struct match *m, size_t i);
struct ours_row *match_ours_at(const struct match *m, size_t i);
struct str match_ours_text(const struct ours_row *u, enum ours_text t);
struct str match_line_text(const struct line_row *l, enum line_text t);
uint64_t match_hash(struct str s);                  /* of a key */
int64_t match_ours_moved(const struct ours_row *u); /* on the day, if it is taken */

/* Bytewise; then all that a line says; then file and line. */
int match_line_cmp(const struct line_row *a, const struct line_row *b);
bool match_is_foreign(const struct line_row *l);
/* A payment line and the attempt of ours that it is about; a refund line and the refund. */
enum match_class match_pair(const struct match *m, const struct line_row *l,
                            const struct ours_row *u);
enum match_class match_refund_pair(const struct match *m, const struct line_row *l,
                                   const struct ours_row *u);
void match_line_end(struct line_row *l, enum match_class class, int pass, struct ours_row *takes);

/* Passes 1 and 2, on threads; what is left has class MATCH_OPEN. */
MUST_USE result match_groups(struct match *m, int threads, struct err *e);
/* Passes 3 to 7, and what is absent there. */
MUST_USE result match_rest(struct match *m, struct err *e);

#endif
