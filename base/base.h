/*
 * base.h - the words every other file is written in.
 *
 * struct str     a slice of bytes: pointer and length, passed by value, never owned by its holder.
 * result         the outcome of anything that can fail; a struct, so that it can be neither ignored
 *                (MUST_USE) nor mistaken for a number. On failure `struct err` says why and the
 *                output arguments are untouched.
 * TRY(call)      returns from the caller when the call failed. With DEFER this replaces goto.
 * DEFER(fn)      runs fn(&variable) when the variable leaves scope; for handles (statement, file,
 *                curl), while memory belongs to an arena. fn accepts handles that were never
 * opened. must(cond)     an assertion for programmer errors, always on. Bad input is never a
 * must().
 *
 * Thread rule: values are values; anything reached through a pointer belongs to one thread unless
 * its header says otherwise.
 */
#ifndef BASE_BASE_H
#define BASE_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;
struct arena;

struct str {
    const char *p;
    size_t n;
};

typedef struct {
    bool failed;
} result;

#define MUST_USE        __attribute__((warn_unused_result))
#define DEFER(fn)       __attribute__((cleanup(fn)))
#define PRINTF(fmt, va) __attribute__((format(printf, fmt, va)))
#define OK              ((result){ false })
#define TRY(call)                                                                                  \
    do {                                                                                           \
        if ((call).failed)                                                                         \
            return (result){ true };                                                               \
    } while (0)

#define STR(literal) ((struct str){ "" literal, sizeof(literal) - 1 })
#define STR_ARG(s)   (int)(s).n, (s).p /* for printf's %.*s */
#define LEN(array)   (sizeof(array) / sizeof((array)[0]))

#define must(cond) ((cond) ? (void)0 : must_fail(#cond, __FILE__, __LINE__))
_Noreturn void must_fail(const char *cond, const char *file, int line);

#endif
