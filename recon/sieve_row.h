/*
 * sieve_row.h - what the steps of the sieve share; inside the room only.
 *
 * Steps: cut the files into pieces; read all pieces (rows into parts by their reference); match
 * part by part (pairs, and places of rows that do not agree); read those again for the engine.
 */
#ifndef RECON_SIEVE_ROW_H
#define RECON_SIEVE_ROW_H

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>

#include "base/err.h"
#include "recon/csv_record.h"
#include "recon/sieve.h"

#define SIEVE_PIECE       ((int64_t)1 << 18) /* with its rows it stays in a core's cache */
#define SIEVE_ROW         4096               /* nearly every row is shorter */
#define SIEVE_TAIL        (LIMIT_SETTLEMENT_LINE + 4096) /* a row that begins in a piece ends in it */
#define SIEVE_SLACK       8  /* bytes behind each buffer that may be read */
#define SIEVE_SHOWN       40 /* bytes of a row that cannot be read */
#define SIEVE_THREADS_MAX 64

/* A row that may agree with one of the other side. */
struct sieve_row {
    uint64_t whole[2]; /* hash of all that is compared; of our half of a pair [0] is its line */
    uint32_t key;      /* hash of the reference: finds, and decides nothing */
    uint32_t txn;      /* hash of the portal's number of ours, which lines may name; 0: none */
    uint64_t place;    /* SIEVE_PAIR: ours agrees with exactly one line */
};
#define SIEVE_PAIR (1ULL << 63)

/* Rows lie in pages, one after the other for each part, side and thread. */
#define SIEVE_PAGE      4096
#define SIEVE_PAGE_ROWS 127
struct sieve_page {
    struct sieve_page *before;                                                 /* it is full */
    _Alignas(sizeof(struct sieve_row)) struct sieve_row rows[SIEVE_PAGE_ROWS]; /* to its end */
};
static_assert(sizeof(struct sieve_page) == SIEVE_PAGE, "a page");

/* Places of rows: (position in all files + 1) << 20 | line within its piece. 0: none. */
struct sieve_places {
    uint64_t *list;
    size_t count, room;
};

struct sieve_wrong {
    uint64_t place;
    const char *why;
    uint32_t column, shown;
    char bytes[SIEVE_SHOWN];
};

/* A piece of a file. */
struct sieve_piece {
    size_t file;
    int64_t from, to; /* rows that begin there */
    int64_t base;     /* position of the file in all files */
    bool at_row;      /* `from` begins a row; else the first behind a line end does */
    int64_t lines;    /* that begin there; in the end, or if careful: the number of the first */
};

/*
 * What is compared of a row is a vector of 64-bit words, each text with zeros behind it (no text
 * has a zero byte). Its hash is two sums of these words times random numbers of 128 bits, of which
 * the upper halves are taken. Two different vectors have one hash once in 2^128 whatever they are,
 * since nobody knows the numbers, which are new in each run (multilinear hashing: Carter and
 * Wegman; Lemire and Kaser, "Strongly universal string hashing is fast"). So rows with one hash
 * say the same.
 */
#define SIEVE_TEXT_WORDS 4
#define SIEVE_TEXT       (SIEVE_TEXT_WORDS * 8) /* longer texts are left to the engine */
enum sieve_word {
    SIEVE_ONE, /* always there */
    SIEVE_AMOUNT,
    SIEVE_FEE,
    SIEVE_DAY, /* and whether there is a fee, and whether it was given back */
    SIEVE_KEY,
    SIEVE_TXN = SIEVE_KEY + SIEVE_TEXT_WORDS,
    SIEVE_ACCOUNT = SIEVE_TXN + SIEVE_TEXT_WORDS,
    SIEVE_BODY = SIEVE_ACCOUNT + SIEVE_TEXT_WORDS,
    SIEVE_WORDS = SIEVE_BODY + SIEVE_TEXT_WORDS
};

enum sieve_side { SIEVE_OURS, SIEVE_THEIRS, SIEVE_SIDES };

struct sieve;

struct sieve_thread {
    struct sieve *s;
    size_t file; /* whose rows it reads */
    char *buffer, *scratch;
    struct sieve_row **ends[SIEVE_SIDES]; /* of each part: where its next row goes */
    struct sieve_page **blocks;           /* where pages come from */
    size_t block_count, block_used;
    struct sieve_slot *slots;
    size_t slot_count, slot_room;
    struct sieve_places left[SIEVE_SIDES]; /* rows to be told to the engine */
    struct sieve_places wanted;            /* hashes of numbers that lines left over name */
    struct sieve_wrong *wrongs;
    size_t wrong_count, wrong_room;
    uint32_t told[SIEVE_SIDES]; /* bit of a role: some cell is not empty */
    int64_t pairs;
    __int128_t ours_vnd; /* all that was read; less what was told to the engine */
    struct err err;
    bool failed;
};

/* How a run compares. Only what has been read tells that it must be done in another way. */
struct sieve_way {
    bool careful;      /* some row has a quote, so that a line end need not end a row */
    uint32_t compares; /* bit of a role that may be unknown: both sides tell it */
};

struct sieve {
    const struct sieve_job *job;
    struct sieve_way way;
    atomic_bool give_up, saw_quote;
    struct sieve_piece *pieces;
    size_t piece_count;
    int64_t all_bytes;
    atomic_size_t next;
    atomic_int_least64_t done_bytes;
    __uint128_t numbers[2][SIEVE_WORDS];
    size_t parts;              /* a power of two */
    bool names_matter;         /* ours tell the portal's numbers */
    struct sieve_places names; /* all `wanted`, sorted */
    bool tells_ours;           /* the second telling */
    pthread_mutex_t lock;      /* of the engine */
    struct sieve_thread threads[SIEVE_THREADS_MAX];
};

/* sieve_look.c */
struct sieve_view {
    uint64_t whole[2], key;
    bool has_key;  /* else only the engine can find its fellow */
    bool odd;      /* agrees with nothing here */
    uint32_t told; /* bit of a role: of what is compared if it is known, it is */
};
void sieve_look(const struct sieve *s, const struct csv_record *r, const struct csv_layout *at,
                const struct csv_row *row, struct sieve_view *v);
uint32_t sieve_number_hash(struct str s); /* 0: empty */
int64_t sieve_moved(const struct csv_record *r);

/* sieve_part.c */
void sieve_add(struct sieve_thread *t, enum sieve_side side, const struct sieve_view *v,
               uint32_t txn, uint64_t place);
void sieve_parts_free(struct sieve *s);
/* Steps. */
void *sieve_parts_match(void *thread);
void *sieve_parts_name(void *thread); /* pairs that are named are left over too */

/* sieve_piece.c. Cuts the files into pieces; if careful, where rows begin. */
MUST_USE result sieve_cut(struct sieve *s, struct err *e);
/* Rows of a piece, one after the other. */
typedef void sieve_each(struct sieve_thread *t, const struct csv_row *row, uint64_t place);
MUST_USE result sieve_piece_read(struct sieve_thread *t, struct sieve_piece *p, sieve_each *each,
                                 struct err *e);
void sieve_lines_number(struct sieve *s); /* from lines in each piece to its first line */

/* sieve_rest.c. What is left over is read again and told to the engine. */
MUST_USE result sieve_tell(struct sieve *s, struct err *e);
MUST_USE result sieve_tell_wrong(struct sieve *s, struct sieve_result *out, struct err *e);

/* sieve.c */
void sieve_put(struct sieve_places *p, uint64_t value);
void sieve_sort(struct sieve_places *p);
bool sieve_has(const struct sieve_places *sorted, uint64_t value);
void *sieve_alloc(size_t bytes); /* zeroed, huge pages where there are; stops without memory */
void sieve_release(void *p, size_t bytes);
typedef void *sieve_step(void *thread);
/* Runs a step on all threads, `next` from 0 on, and waits; the failure of one is everybody's. */
MUST_USE result sieve_parallel(struct sieve *s, sieve_step *step, struct err *e);

#endif
