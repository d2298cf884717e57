/*
 * settlement_read.h - what the readers of the four forms share; inside the room only.
 *
 * A reader tells each line to settlement_put(), which counts, sums and passes it on, and each fault
 * to settlement_blame(); it goes on after a fault where the form allows, so that one look shows
 * more than the first mistake.
 */
#ifndef RECON_SETTLEMENT_READ_H
#define RECON_SETTLEMENT_READ_H

#include "base/err.h"
#include "crypto/digest.h"
#include "recon/settlement.h"

/* Sums and balances; far from the ends of 64 bits, so that later sums of a few stay inside. */
#define SETTLEMENT_SUM_MAX_VND (INT64_MAX / 8)

struct settlement_reader {
    struct arena *a;       /* what outlives the reading: head and faults */
    struct arena *scratch; /* one line; the reader resets it */
    struct arena *keep;    /* until the reading ends; CSV only */
    struct arena *told;    /* a fault beyond SETTLEMENT_FAULTS_MAX, until the next one */
    const struct settlement_input *in;
    char *room;  /* window of a file that comes in pieces; NULL: it is there whole */
    bool ended;  /* no more pieces */
    bool failed; /* in->pull or in->damage did: *why */
    struct err *why;
    struct settlement_head *head;
    struct settlement_faults *faults;
    struct settlement_fault last;
    const struct settlement_fault *blamed; /* since the last lost line; NULL: nothing */
    struct digest_run *content;
    bool overflow;   /* a sum left SETTLEMENT_SUM_MAX_VND */
    int64_t said[8]; /* MC1 and XLSX: the trailer's numbers */
    bool has_trailer;
};

/* Where something is in the file. */
struct settlement_place {
    int64_t line, column;
};

struct settlement_cell {
    struct str text;
    int64_t column;
};

/* A line that cannot be read: counted all the same, so that one bad line is not a fault of all
 * others. Its fault was told before. */
void settlement_lose(struct settlement_reader *r);
/* Brings the rest to the front of the window and more behind it. */
void settlement_refill(struct settlement_reader *r, struct str *rest);
void settlement_blame(struct settlement_reader *r, const char *code, struct settlement_place at,
                      struct str bytes, const char *why_fmt, ...) PRINTF(5, 6);
MUST_USE result settlement_put(struct settlement_reader *r, const struct settlement_line *l,
                               struct err *e);

/* Cells of MC1 and XLSX: head (without the letter H), line (without D and chain), trailer (without
 * T and digest). False: a fault was told, and the line cannot be used. */
#define SETTLEMENT_HEAD_CELLS    10
#define SETTLEMENT_LINE_CELLS    21
#define SETTLEMENT_TRAILER_CELLS 8
bool settlement_read_head(struct settlement_reader *r, const struct settlement_cell *cells,
                          int64_t line);
bool settlement_read_line(struct settlement_reader *r, const struct settlement_cell *cells,
                          int64_t line, struct settlement_line *out);
bool settlement_read_trailer(struct settlement_reader *r, const struct settlement_cell *cells,
                             int64_t line);
void settlement_check_trailer(struct settlement_reader *r, int64_t line);

bool settlement_kind_find(struct str name, enum settlement_kind *out);

MUST_USE result settlement_read_mc1(struct settlement_reader *r, struct str bytes, struct err *e);
MUST_USE result settlement_read_fw1(struct settlement_reader *r, struct str bytes, struct err *e);
MUST_USE result settlement_read_bj1(struct settlement_reader *r, struct str bytes, struct err *e);
MUST_USE result settlement_read_csv(struct settlement_reader *r, struct str bytes, struct err *e);
MUST_USE result settlement_read_xlsx(struct settlement_reader *r, struct str bytes, struct err *e);

/* One line of a text off `rest`, without its end. Faults: too long, not UTF-8; of a released file
 * such a line is lost and the next one is taken. False: nothing more can be read. */
struct settlement_text {
    struct str rest;
    int64_t line; /* of the last one taken, from 1 */
};
bool settlement_has_more(struct settlement_reader *r, struct settlement_text *t);
bool settlement_next_line(struct settlement_reader *r, struct settlement_text *t, struct str *line);

#endif
