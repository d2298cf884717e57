/*
 * claim_text.h - the names of claims in words that a citizen reads: on the page that asks whether
 * data may be shared, and wherever what is shared is shown.
 */
#ifndef WEB_CLAIM_TEXT_H
#define WEB_CLAIM_TEXT_H

#include "web/route_row.h"

struct json;

/* A list of texts, each once, for what the scopes tell and for single claims (both space-separated;
 * either may be empty). The caller owns it. */
struct json *claim_texts(const struct ctx *c, struct str scopes, struct str claims);

#endif
