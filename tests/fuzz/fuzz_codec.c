/* Encodings: any bytes go there and back, and whatever decodes has no second text. */
/* rooms: base */
#include "base/arena.h"
#include "base/codec.h"
#include "base/str.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static void check_round_trip(struct arena *a, struct str s)
{
    struct str out;

    must(hex_decode(a, hex_encode(a, s), &out) && str_eq(out, s));
    must(base64_decode(a, base64_encode(a, s), &out) && str_eq(out, s));
    must(base64url_decode(a, base64url_encode(a, s), &out) && str_eq(out, s));
    must(percent_decode(a, percent_encode(a, s), &out) == (str_find(s, '\0') == s.n));
}

static void check_canonical(struct arena *a, struct str s)
{
    struct str out;

    if (hex_decode(a, s, &out))
        must(str_eq_nocase(hex_encode(a, out), s));
    if (base64_decode(a, s, &out))
        must(str_eq(base64_encode(a, out), s));
    if (base64url_decode(a, s, &out))
        must(str_eq(base64url_encode(a, out), s));
    if (percent_decode(a, s, &out))
        must(out.n <= s.n && str_find(out, '\0') == out.n);
    if (form_decode(a, s, &out))
        must(out.n <= s.n && str_find(out, '\0') == out.n);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct arena *a = arena_open(1 << 20);

    check_round_trip(a, str_of(bytes, n));
    check_canonical(a, str_of(bytes, n));
    arena_close(&a);
    return 0;
}
