/*
 * sieve_row.h - what the steps of the sieve share; inside the room only.
 *
 * Steps: read ours (records), index them by key, read theirs (marks in records, places of rows that
 * do not agree), sweep (which pairs are whole), and read again what goes to the engine.
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
#define SIEVE_KEY         24
#define SIEVE_SLACK       SIEVE_KEY         /* bytes behind each buffer that may be read */
#define SIEVE_SEGMENT     ((size_t)1 << 15) /* records: 2 MiB, a huge page */
#define SIEVE_THREADS_MAX 64
#define SIEVE_NO_FEE      UINT32_MAX
#define SIEVE_DOUBT       (1ULL << 63) /* in `taken`: another row has this reference */

/* 64 bytes, one line of the cache. */
struct sieve_record {
    uint64_t key[SIEVE_KEY / 8]; /* the reference, with zeros behind: no text has a zero byte */
    uint64_t money;              /* sieve_money */
    uint64_t txn;                /* hash of the portal's number; 0: none */
    uint32_t fee_vnd;
    uint16_t account, body; /* numbers of words; 0: none */
    uint64_t place;         /* of our row */
    _Atomic uint64_t taken; /* place of the line that agrees; SIEVE_DOUBT */
};
static_assert(sizeof(struct sieve_record) == 64, "one line of the cache");

/* money: amount, day, returned, and whether a pair could agree at all. */
#define SIEVE_ODD          1ULL
#define SIEVE_RETURNED     2ULL
#define SIEVE_DAY_SHIFT    2
#define SIEVE_DAY_MASK     (0xffffULL << SIEVE_DAY_SHIFT)
#define SIEVE_AMOUNT_SHIFT 18
#define SIEVE_AMOUNT_MAX   ((1LL << (64 - SIEVE_AMOUNT_SHIFT)) - 1)

/* A row of a file: (position in all files + 1) << 20 | line within its piece. 0: none. */
struct sieve_places {
    uint64_t *list;
    size_t count, room;
};

struct sieve_wrong {
    uint64_t place;
    uint32_t column;
    const char *why;
};

/* Accounts and bodies: few, so each has a number and is compared by it, exactly. */
#define SIEVE_WORDS      65534
#define SIEVE_WORD_SLOTS ((size_t)1 << 17)
enum sieve_kind { SIEVE_ACCOUNT, SIEVE_BODY, SIEVE_KINDS };
struct sieve_word {
    uint64_t text[SIEVE_KEY / 8];
    _Atomic uint32_t number; /* from 1; 0: the slot is free */
};

/* A piece of a file. */
struct sieve_piece {
    size_t file;
    int64_t from, to; /* rows that begin there */
    int64_t base;     /* position of the file in all files */
    bool at_row;      /* `from` begins a row; else the first behind a line end does */
    int64_t lines;    /* that begin there; in the end, or if careful: the number of the first */
};

/* What the sieve compares of a row. */
struct sieve_view {
    uint64_t key[SIEVE_KEY / 8];
    uint64_t money, txn, original; /* hashes of numbers: the row's, and of what it gives back */
    uint64_t word[SIEVE_KINDS][SIEVE_KEY / 8]; /* accounts and bodies; 0: unknown */
    uint64_t slot[SIEVE_KINDS];                /* where to look for them */
    uint16_t number[SIEVE_KINDS];              /* after sieve_words */
    uint32_t fee_vnd;
    bool has_key;
};

/* A line that waits until its record has come from memory. */
#define SIEVE_BATCH 32
struct sieve_waiting {
    struct sieve_view view;
    uint64_t hash, place;
    struct sieve_record *found;
};

struct sieve;

struct sieve_thread {
    struct sieve *s;
    size_t file; /* whose rows it reads */
    struct sieve_waiting waiting[SIEVE_BATCH];
    size_t waiting_count;
    char *buffer, *scratch;
    struct sieve_places lines; /* theirs, to be told to the engine */
    struct sieve_places ours;  /* the same of ours */
    struct sieve_wrong *wrongs;
    size_t wrong_count, wrong_room;
    struct sieve_places wanted;   /* hashes of numbers that rows left over name */
    struct sieve_record *segment; /* records are added here */
    size_t *segment_count;
    int64_t pairs, pairs_vnd;
    struct err err;
    bool failed;
};

struct sieve {
    const struct sieve_job *job;
    bool careful; /* some row has a quote, so that a line end need not end a row */
    atomic_bool give_up, saw_quote;
    struct sieve_piece *pieces;
    size_t piece_count, ours_pieces;
    atomic_size_t next;
    atomic_int_least64_t done_bytes;
    struct sieve_record **segments;
    size_t *segment_counts;
    atomic_size_t segment_count;
    size_t segments_max;
    _Atomic uint64_t *slots; /* tag << 32 | number of the record + 1 */
    uint64_t slot_mask;
    bool compares[SIEVE_KINDS]; /* both sides tell them */
    struct sieve_word *words;
    uint32_t word_count;
    pthread_mutex_t lock;
    struct sieve_places names; /* all `wanted`, sorted */
    struct sieve_thread threads[SIEVE_THREADS_MAX];
};

void sieve_put(struct sieve_places *p, uint64_t value);
uint64_t sieve_hash(const uint64_t key[SIEVE_KEY / 8]);
uint64_t sieve_text_hash(struct str s); /* never 0 */
/* Words are asked for here, and numbered by sieve_words, when they have come from memory. */
void sieve_look(const struct sieve *s, const struct csv_record *r, struct sieve_view *v);
void sieve_words(struct sieve *s, struct sieve_view *v);
struct sieve_record *sieve_record_at(const struct sieve *s, uint64_t number);
void *sieve_alloc(size_t bytes); /* zeroed, huge pages where there are; stops without memory */
void sieve_release(void *p, size_t bytes);

typedef void *sieve_step(void *thread);
/* Runs a step on all threads, `next` from there on, and waits; the failure of one is everybody's.
 */
MUST_USE result sieve_parallel(struct sieve *s, sieve_step *step, size_t from, struct err *e);
/* Cuts the files into pieces; if careful, where rows begin. */
MUST_USE result sieve_cut(struct sieve *s, struct err *e);
/* Rows of a piece, one after the other. */
typedef void sieve_row(struct sieve_thread *t, const struct csv_row *row, uint64_t place);
MUST_USE result sieve_piece_read(struct sieve_thread *t, struct sieve_piece *p, sieve_row *each,
                                 struct err *e);
/* The rows that agree with nothing, and the wrong ones, again. */
MUST_USE result sieve_rest(struct sieve *s, struct sieve_result *out, struct err *e);

#endif
