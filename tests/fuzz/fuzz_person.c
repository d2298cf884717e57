/* rooms: base crypto conf store http auth */
/* The population database's answer: SOAP or the JSON wrapper around it. */
#include "auth/person.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    static const struct person_question asked = { .number = { "001087123456", 12 },
                                                  .name = { "An", 2 },
                                                  .birth = { 1987, 2, 1 } };
    struct arena *a = arena_open((size_t)64 << 20);
    struct person_record r;
    struct err e = { .code = ERR_NONE };

    if (!person_read(a, str_of(p, n), &r, &e).failed) {
        must(r.found == PERSON_NOT_FOUND || r.name.n > 0);
        (void)!person_match(a, &asked, &r, &e).failed;
    } else {
        must(e.code == ERR_UPSTREAM_DOWN); /* a fault is never a verdict */
    }
    arena_close(&a);
    return 0;
}
