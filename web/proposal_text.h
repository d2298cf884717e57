/*
 * proposal_text.h - what a proposal says, in words, and what the books would post for it.
 */
#ifndef WEB_PROPOSAL_TEXT_H
#define WEB_PROPOSAL_TEXT_H

#include "payments/proposal.h"
#include "web/route_row.h"

struct json;

#define POSTING_PARTS 0    /* no one account: those that the payment was credited to */
#define POSTING_NONE  (-1) /* nothing on this side: the other one stands in a row of its own */

/* Into `data`: "content" (rows name, value), "diff" with lists "added", "changed", "removed" of fee
 * tables (rows text, was), "postings" (rows when, debit, credit, amount) of what moves money, and
 * "link": the page of what it is about, or nothing. ERR_MALFORMED: content that is no JSON. */
MUST_USE result proposal_put(struct ctx *c, struct json *data, const struct proposal *p,
                             struct err *e);
/* What it is about, as people call it: the name of a file, source and day, a slip's number. */
struct str proposal_subject(struct ctx *c, const struct proposal *p);
/* One row of a preview: text proposal.posting.<when>, then accounts with their names. */
void posting_put(struct ctx *c, struct json *rows, const char *when, int64_t debit, int64_t credit,
                 int64_t vnd);

#endif
