/*
 * json.h - the only door to jansson.
 *
 * Reading is strict: UTF-8, no duplicate members, no NUL in strings, depth and size limited,
 * nothing after the value. Each getter names the member in its error, so a handler's first lines
 * check a whole body; json_only() refuses members that nobody asked for. Strings returned point
 * into the document, which lives until its json_close.
 *
 * Limits: LIMIT_JSON_DEPTH levels, 1024 members in an object, 64 MiB of text; callers hold what
 * strangers send to LIMIT_JSON_BYTES. Numbers are integers of 64 bits or reals; a larger integer is
 * malformed. Error details tell the place of a mistake, never the text. Thread rule: a document
 * belongs to one thread, and may be read by many while nobody changes it.
 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include "base/base.h"

/* jansson exports these three names, and libjwt calls them: ours must not stand in for them. */
#define json_object json_make_object
#define json_array  json_make_array
#define json_copy   json_make_copy

struct json; /* a value; the root owns all below it */

MUST_USE result json_read(struct str text, struct json **root, struct err *e); /* ERR_MALFORMED */
void json_close(struct json **root); /* DEFER(json_close) */

bool json_is_object(const struct json *v);
bool json_is_array(const struct json *v);
struct json *json_member(const struct json *obj, const char *name); /* NULL when absent or null */
size_t json_count(const struct json *array);                        /* 0 for anything else */
struct json *json_at(const struct json *array, size_t i);
bool json_str(const struct json *v, struct str *out); /* false: not a string */
bool json_int(const struct json *v, int64_t *out);
bool json_decimal(const struct json *v, double *out); /* a number with a fraction or exponent */
bool json_bool(const struct json *v, bool *out);
/* Whether the member is there; *value is NULL when it is there and null. */
bool json_lookup(const struct json *o, struct str name, struct json **value);

/* Members of a request body; a member that is null counts as absent. `need` fails with ERR_INVALID
 * and the field's name when it is absent or of another type; `want` leaves the output untouched
 * when it is absent. */
MUST_USE result json_need_str(const struct json *o, const char *name, size_t bytes_max,
                              struct str *out, struct err *e);
MUST_USE result json_want_str(const struct json *o, const char *name, size_t bytes_max,
                              struct str *out, struct err *e);
MUST_USE result json_need_int(const struct json *o, const char *name, int64_t least, int64_t most,
                              int64_t *out, struct err *e);
MUST_USE result json_want_int(const struct json *o, const char *name, int64_t least, int64_t most,
                              int64_t *out, struct err *e);
MUST_USE result json_want_bool(const struct json *o, const char *name, bool *out, struct err *e);
MUST_USE result json_need_array(const struct json *o, const char *name, size_t count_max,
                                struct json **out, struct err *e);
MUST_USE result json_want_object(const struct json *o, const char *name, struct json **out,
                                 struct err *e);
/* ERR_UNKNOWN_FIELD naming the first member that is not in the NULL-terminated list. */
MUST_USE result json_only(const struct json *o, const char *const *names, struct err *e);
/* Walks an object's members in their order: start with i = 0, until false. */
bool json_each(const struct json *o, size_t i, struct str *name, struct json **value);

/* Writing. A new value belongs to its caller until it is put into another. */
struct json *json_object(void);
struct json *json_array(void);
void json_put(struct json *o, const char *name,
              struct json *value); /* takes value; NULL is skipped */
void json_put_str(struct json *o, const char *name, struct str s); /* s valid UTF-8 */
void json_put_int(struct json *o, const char *name, int64_t n);
void json_put_bool(struct json *o, const char *name, bool b);
void json_put_null(struct json *o, const char *name);
void json_add(struct json *array, struct json *value);
void json_add_str(struct json *array, struct str s);
void json_add_int(struct json *array, int64_t n);
struct json *json_copy(const struct json *v);
struct str json_print(struct arena *a, const struct json *v); /* compact, insertion order */
struct str json_print_canonical(struct arena *a,
                                const struct json *v); /* compact, sorted members */

#endif
