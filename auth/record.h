/*
 * record.h - a struct as one JSON object, for what auth keeps in kv and seals in a column.
 *
 * A table names the members once; printing and reading follow it, in its order and without white
 * space. Members are struct str, int, enum, int64_t and bool. Reading refuses what printing would
 * not have made: other members, or in another order. Texts are kept byte for byte.
 */
#ifndef AUTH_RECORD_H
#define AUTH_RECORD_H

#include "base/base.h"

struct record_field {
    const char *name;
    size_t at;
    enum { RECORD_STR, RECORD_INT, RECORD_INT64, RECORD_BOOL } kind;
};

#define RECORD(type, member)                                                                       \
    {                                                                                              \
#member, offsetof(type, member),                                                           \
            _Generic(((type *)NULL)->member, struct str                                            \
                     : RECORD_STR, int                                                             \
                     : RECORD_INT, unsigned                                                        \
                     : RECORD_INT, int64_t                                                         \
                     : RECORD_INT64, bool                                                          \
                     : RECORD_BOOL)                                                                \
    }

struct str record_print(struct arena *a, const struct record_field *fields, size_t n,
                        const void *from);
/* Texts are copied into the arena. ERR_INTERNAL: not such a record. */
MUST_USE result record_read(struct arena *a, const struct record_field *fields, size_t n,
                            struct str text, void *to, struct err *e);

#endif
