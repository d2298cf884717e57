/*
 * bank.h - the simulated bank of the collection account: transfers that payers made, told to motcua
 * by POST <motcua>/bank/transfers (HMAC-SHA-256 of the body in X-Signature) until it answers 200,
 * and listed in the day's BJ1 file. Journalled (data/bank.jsonl). Thread rule: any thread.
 */
#ifndef SANDBOX_BANK_H
#define SANDBOX_BANK_H

#include "base/base.h"
#include "sandbox/fault.h"

struct bank_transfer {
    struct str txn; /* "FT..." */
    struct str account, bank, narrative;
    int64_t amount_vnd, at_ms;
    struct str told; /* "", "confirmed", "lost", "spoiled" */
};

struct sandbox;
struct bank;
struct clock;

MUST_USE result bank_open(const char *path, const struct clock *clock, struct bank **out,
                          struct err *e);
void bank_close(struct bank **b);
size_t bank_list(struct bank *b, struct arena *a, struct bank_transfer **out);
/* As this bank writes what a payer wrote: "MBVCB.<number>.", capitals without marks, and of at most
 * `bytes` bytes when that is not 0. */
struct str bank_narrative(struct arena *a, int64_t number, struct str wrote, int64_t bytes);
/* The bank's rows that nobody has acknowledged, told again. */
void bank_untold_take_up(struct sandbox *sb);

#endif
