/*
 * page.h - a page of the sandbox: a template of page/, the words of text/, and the data.
 */
#ifndef SANDBOX_PAGE_H
#define SANDBOX_PAGE_H

#include "sandbox/sandbox.h"

struct page {
    int status;
    const char *name;  /* page/<name>.html */
    const char *title; /* key of the catalogues */
    struct json *data; /* taken; NULL: none */
};

/* "vi" or "en": ?lang=, then the cookie, then Accept-Language. */
struct str page_language(const struct request *rq);
const struct catalog *page_words(const struct sandbox *sb, const struct request *rq);
MUST_USE result page_show(struct sandbox *sb, struct request *rq, struct response *rs,
                          const struct page *p, struct err *e);
/* The sentence for an error. */
void page_fail(struct sandbox *sb, struct request *rq, struct response *rs, enum err_code code);
/* Takes the document; application/json. */
void page_json(struct request *rq, struct response *rs, int status, struct json *doc);

#endif
