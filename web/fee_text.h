/*
 * fee_text.h - why a rate or preference was taken or not, in words; quotes as JSON.
 */
#ifndef WEB_FEE_TEXT_H
#define WEB_FEE_TEXT_H

#include "base/catalog.h"
#include "payments/quote.h"
#include "web/app.h"

/* Of fees.why.<code>; days and names of categories are put in. */
struct str fee_why_text(const struct catalog *texts, const struct fee_explain *x, struct arena *a);
/* 1,500 ppm reads "0,15": four decimals at most, none that is zero at the end. */
struct str fee_percent(struct arena *a, int64_t ppm);
/* As schema `fee_quote` of web/api.def. The caller's. */
struct json *fee_quote_json(const struct app *app, const struct quote *q, struct arena *a);
/* As a list of schema `fee_saving`. */
struct json *fee_savings_json(const struct quote_saving *s, size_t n);

/* For pages, in the visitor's language: "lines" with name, kind, amounts, basis and explain (see
 * page/fee_why.html). */
void fee_lines_put(struct ctx *c, struct json *o, const struct bill *b);
struct json *fee_explain_texts(struct ctx *c, const struct fee_line *l);
/* A sentence for each saving. */
struct json *fee_savings_texts(struct ctx *c, const struct quote_saving *s, size_t n);

#endif
