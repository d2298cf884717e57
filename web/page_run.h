/*
 * page_run.h - what the pages of days share.
 */
#ifndef WEB_PAGE_RUN_H
#define WEB_PAGE_RUN_H

#include "finance/reconcile.h"
#include "web/route_row.h"

struct json;

/* Word, look and note of a verdict. */
void finance_put_verdict(struct ctx *c, struct json *o, const struct reconcile_day *day);

#endif
