/* Vietnamese text: forms are stable, keys are plain, and the order of words is an order. */
/* rooms: base */
#include "base/arena.h"
#include "base/str.h"
#include "base/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static bool is_key(struct str s)
{
    return str_all_in(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789");
}

static void check_forms(struct arena *a, struct str s)
{
    struct str tidy, exact, key, again;

    if (!utf8_is_valid(s)) {
        must(utf8_tidy(a, s, &tidy, NULL).failed);
        must(utf8_match(a, s, s) == UTF8_DIFFERENT);
        return;
    }
    must(!utf8_tidy(a, s, &tidy, NULL).failed && utf8_is_valid(tidy));
    must(!utf8_tidy(a, tidy, &again, NULL).failed && str_eq(again, tidy));
    must(!utf8_exact(a, s, &exact, NULL).failed && utf8_is_valid(exact));
    must(!utf8_exact(a, exact, &again, NULL).failed && str_eq(again, exact));
    must(!utf8_nfc(a, exact, &again, NULL).failed && str_eq(again, exact));
    must(!utf8_key(a, s, &key, NULL).failed && is_key(key));
    must(!utf8_key(a, exact, &again, NULL).failed && str_eq(again, key));
    must(utf8_match(a, s, exact) == UTF8_EXACT);
    must(utf8_is_valid(utf8_upper(a, s)));
}

static void check_cut(struct str s, size_t at)
{
    const struct str cut = utf8_cut(s, at);

    must(cut.n <= at || cut.n == s.n);
    if (utf8_is_valid(s))
        must(utf8_is_valid(cut) && (cut.n == s.n || at - cut.n < 4));
}

static int sign(int n)
{
    return (n > 0) - (n < 0);
}

/* The input is three words. */
static void check_order(struct str s)
{
    const struct str x = str_sub(s, 0, s.n / 3);
    const struct str y = str_sub(s, s.n / 3, s.n / 3);
    const struct str z = str_from(s, s.n / 3 * 2);
    const int xy = sign(utf8_collate(x, y));
    const int yz = sign(utf8_collate(y, z));
    const int xz = sign(utf8_collate(x, z));

    must(utf8_collate(x, x) == 0);
    must(sign(utf8_collate(y, x)) == -xy);
    must(xy > 0 || yz > 0 || xz <= 0);
    must(xy < 0 || yz < 0 || xz >= 0);
    must(xy != 0 || yz == xz);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct arena *a = arena_open(4 << 20);
    struct str s = str_of(bytes, n);

    check_forms(a, s);
    check_cut(s, n / 2);
    check_order(s);
    while (s.n > 0) {
        const size_t before = s.n;

        (void)utf8_next(&s);
        must(s.n < before);
    }
    arena_close(&a);
    return 0;
}
