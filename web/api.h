/*
 * api.h - what every endpoint of /v1 does alike, driven by the table web/api.def.
 *
 * A request is read and an answer is sent through the schemas of its operation, which the OpenAPI
 * document shows too. Shape of a handler:
 *
 *     TRY(api_may(c, e));                         scope of the token
 *     TRY(api_body(c, rq, &body, e));             or api_query
 *     ...
 *     return api_send(c, rq, rs, answer, e);      checked, with an ETag, 304 when it is known
 *
 * An operation that is not in the table fails with ERR_INTERNAL: nothing is served undocumented. An
 * answer that does not fit its schema is ERR_INTERNAL, too; the detail in the log names the member.
 */
#ifndef WEB_API_H
#define WEB_API_H

#include "http/form.h"
#include "payments/idempotency.h"
#include "payments/proposal.h"
#include "web/route_row.h"

struct json;

enum api_kind {
    API_TEXT,
    API_INT,
    API_MONEY,
    API_BOOL,
    API_DATE,
    API_TIME,
    API_URI,
    API_CHOICE,
    API_OBJECT,
    API_LIST,
    API_WORDS,
    API_MAP
};
enum api_need { API_MAY, API_MUST, API_NO };

struct api_member {
    const char *name;
    enum api_kind kind;
    bool is_needed;
    int64_t least, most; /* most 0: no limit */
    const char *of;      /* words of a choice, or the schema of an object or list */
    const char *en, *vi;
};
struct api_schema {
    const char *name;
    const char *en, *vi;
    const struct api_member *members;
    size_t count;
};
struct api_operation {
    enum method method;
    const char *path, *id, *scope;
    const char *query, *request, *response; /* names of schemas, or "none" */
    int status;
    enum api_need once;
    const char *en, *vi;
};

const struct api_schema *api_schemas(size_t *count);
const struct api_operation *api_operations(size_t *count);
const struct api_schema *api_schema_find(const char *name); /* NULL: none of that name */
const struct api_operation *api_operation_find(enum method method, const char *path);
/* The route of an operation: its path up to the ending of a file. */
bool api_is_of_route(const struct api_operation *op, enum method method, const char *path);
/* Media type of a schema that is a file, or NULL. */
const char *api_file_type(const char *schema);

/* Whether a value is as the schema says. ERR_INVALID and ERR_UNKNOWN_FIELD name the member; those
 * of a map are its own. is_answer: money is a number. */
MUST_USE result api_check(const struct api_schema *s, const struct json *value, bool is_answer,
                          struct err *e);

MUST_USE result api_may(const struct ctx *c, struct err *e);
/* Whose data: a client that is registered for some agencies only asks for one of them (empty: the
 * whole installation); ERR_FORBIDDEN "agency_id". api_see: of one record, ERR_NOT_FOUND. */
MUST_USE result api_agency(struct ctx *c, struct str agency_id, struct err *e);
MUST_USE result api_see(struct ctx *c, struct str agency_id, struct err *e);
/* "client:<id>", as maker and checker. */
struct proposal_actor api_actor(const struct ctx *c);
/* The body, or an empty object when there is none and its schema needs nothing. */
MUST_USE result api_body(const struct ctx *c, const struct request *rq, struct json **body,
                         struct err *e);
MUST_USE result api_query(const struct ctx *c, const struct request *rq, struct form *out,
                          struct err *e);

/* The answer with the operation's status; takes the body. A GET whose ETag is in If-None-Match is
 * 304. */
MUST_USE result api_send(struct ctx *c, const struct request *rq, struct response *rs,
                         struct json *body, struct err *e);
/* The tag that api_send would give, and whether If-Match allows the change: ERR_STALE. */
struct str api_tag(const struct ctx *c, const struct json *body);
MUST_USE result api_match(const struct ctx *c, const struct request *rq, struct str tag,
                          struct err *e);

/* A POST under its Idempotency-Key: required where the operation says MUST. `work` is one
 * transaction, `slow` has its own; either fills in `out` by api_reply. */
struct api_once {
    struct str agency_id;
    const struct json *body; /* what is compared */
    idempotency_work *work;
    idempotency_slow_work *slow;
    void *arg;
};
MUST_USE result api_do_once(struct ctx *c, const struct request *rq, struct response *rs,
                            const struct api_once *once, struct err *e);
/* Fills in the operation's status and the checked body; takes it. */
MUST_USE result api_reply(const struct ctx *c, struct json *body, struct arena *a,
                          struct idempotency_reply *out, struct err *e);

/* Pages of a list that is ordered by time and id, newest first. A cursor is opaque, and good for
 * this client and these filters only: ERR_INVALID, field "cursor". */
#define API_PAGE_ROWS 20
struct api_place {
    int64_t at_ms; /* rows older than (at_ms, id); INT64_MAX: the newest */
    struct str id;
};
MUST_USE result api_page(const struct ctx *c, const struct form *query, struct api_place *from,
                         size_t *rows, struct err *e);
struct str api_cursor(const struct ctx *c, const struct form *query, int64_t at_ms, struct str id);

/* Values of a checked query or body. */
int64_t api_time_ms(const struct form *query, const char *name, int64_t otherwise);
int64_t api_money_of(const struct form *query, const char *name, int64_t otherwise);
/* A number or a text of digits. */
bool api_money(const struct json *v, int64_t *out);
struct str api_text(const struct json *o, const char *name); /* empty when absent */
/* Members that are there or not: left out when empty or 0. */
void api_put_text(struct json *o, const char *name, struct str text);
void api_put_time(const struct ctx *c, struct json *o, const char *name, int64_t at_ms);

#endif
