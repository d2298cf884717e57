/*
 * dossiers.h - the dossiers of the demo portal, journalled (data/dossiers.jsonl).
 *
 * A person who comes for the first time finds one dossier open. Codes are
 * H56.14-<yyMMdd>-<number>; the number starts anew each day. Thread rule: any thread.
 */
#ifndef SANDBOX_DOSSIERS_H
#define SANDBOX_DOSSIERS_H

#include "base/base.h"

#define DOSSIER_AGENCY "H56.14"

struct procedure {
    const char *code, *text, *items;
};
extern const struct procedure procedures[];
extern const size_t procedure_count;
const struct procedure *procedure_find(struct str code); /* or NULL */

struct dossier {
    struct str code, sub, procedure;
    struct str payment; /* id of motcua's order, or empty */
    int64_t payments;   /* how often one was asked for */
    int64_t opened_ms;
};

struct dossiers;
struct clock;

MUST_USE result dossiers_open(const char *path, const struct clock *clock, struct dossiers **out,
                              struct err *e);
void dossiers_close(struct dossiers **d);
MUST_USE result dossier_add(struct dossiers *d, struct str sub, const struct procedure *p,
                            struct dossier *out, struct err *e);
/* Only one's own: false for anyone else's. */
bool dossier_find(struct dossiers *d, struct str sub, struct str code, struct dossier *out);
size_t dossier_list(struct dossiers *d, struct arena *a, struct str sub, struct dossier **out);
MUST_USE result dossier_pay(struct dossiers *d, struct str code, struct str payment, struct err *e);

#endif
