/*
 * match_class.h - what a line, a payment of ours or a file can end in.
 */
#ifndef RECON_MATCH_CLASS_H
#define RECON_MATCH_CLASS_H

#include "base/base.h"

enum match_class {
#define MATCH(code, priority, weight, action) MATCH_##code,
#include "recon/match.def"
#undef MATCH
    MATCH_COUNT
};
/* How much a class weighs in the verdict. */
enum match_weight { MATCH_GOOD, MATCH_PENDING, MATCH_WARNING, MATCH_BREAK, MATCH_FILE };

const char *match_name(enum match_class c);   /* "MIS_OURS" */
const char *match_text(enum match_class c);   /* key: "match.MIS_OURS" */
const char *match_action(enum match_class c); /* "query" */
int match_priority(enum match_class c);       /* 1 most urgent; 0: none */
enum match_weight match_weight(enum match_class c);
bool match_find(struct str name, enum match_class *out);

#endif
