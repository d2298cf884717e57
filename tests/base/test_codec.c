#include "base/codec.h"

#include "tests/test.h"

typedef bool decode_fn(struct arena *a, struct str text, struct str *bytes);

static void refuses(decode_fn *decode, const struct str *cases, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct str out = STR("untouched");

        if (decode(test_arena(), cases[i], &out))
            test_fail(__FILE__, __LINE__, "decoded %.*s", STR_ARG(cases[i]));
        check_str(out, "untouched");
    }
}

/* RFC 4648 10 */
TEST(base64_and_hex_agree_with_the_rfc)
{
    static const struct {
        const char *bytes, *base64, *base64url, *hex;
    } cases[] = {
        { "", "", "", "" },
        { "f", "Zg==", "Zg", "66" },
        { "fo", "Zm8=", "Zm8", "666f" },
        { "foo", "Zm9v", "Zm9v", "666f6f" },
        { "foob", "Zm9vYg==", "Zm9vYg", "666f6f62" },
        { "fooba", "Zm9vYmE=", "Zm9vYmE", "666f6f6261" },
        { "foobar", "Zm9vYmFy", "Zm9vYmFy", "666f6f626172" },
        { "\xfb\xff\xfe", "+//+", "-__-", "fbfffe" },
    };
    struct arena *a = test_arena();
    struct str out;

    for (size_t i = 0; i < LEN(cases); i++) {
        const struct str bytes = str_c(cases[i].bytes);

        check_str(base64_encode(a, bytes), cases[i].base64);
        check_str(base64url_encode(a, bytes), cases[i].base64url);
        check_str(hex_encode(a, bytes), cases[i].hex);
        check(base64_decode(a, str_c(cases[i].base64), &out));
        check_same(out, bytes);
        check(base64url_decode(a, str_c(cases[i].base64url), &out));
        check_same(out, bytes);
        check(hex_decode(a, str_c(cases[i].hex), &out));
        check_same(out, bytes);
        check(hex_decode(a, str_upper(a, str_c(cases[i].hex)), &out));
        check_same(out, bytes);
    }
}

TEST(base64_has_one_text_for_the_same_bytes)
{
    const struct str padded[] = {
        STR("A"),     STR("A==="),  STR("Zg"),     STR("Zg="),    STR("Zg==="),    STR("Z==="),
        STR("===="),  STR("="),     STR("Zh=="),   STR("Zm9="),   STR("Zg==Zg=="), STR("Z=g="),
        STR("Zm9v "), STR(" Zm9v"), STR("Zm9v\n"), STR("Zm9v-_"), STR("-__-"),     STR("Zm\0v"),
    };
    const struct str bare[] = {
        STR("A"),   STR("Zm9vA"), STR("Z"),      STR("Zg=="),  STR("Zh"),
        STR("Zm9"), STR("+//+"),  STR("Zm9v\n"), STR("Zm9vY"),
    };

    refuses(base64_decode, padded, LEN(padded));
    refuses(base64url_decode, bare, LEN(bare));
}

TEST(hex_is_pairs_of_digits)
{
    const struct str cases[] = {
        STR("a"), STR("0g"), STR("g0"), STR(" 0"), STR("0x"), STR("a\xc3")
    };

    refuses(hex_decode, cases, LEN(cases));
}

TEST(percent_keeps_only_the_unreserved)
{
    struct arena *a = test_arena();
    struct str out;

    check_str(percent_encode(a, STR("aZ09-._~")), "aZ09-._~");
    check_str(percent_encode(a, STR("a b+c/d?e=f&g%h\0")), "a%20b%2Bc%2Fd%3Fe%3Df%26g%25h%00");
    check_str(percent_encode(a, STR("Hòa")), "H%C3%B2a");
    check(percent_decode(a, STR("H%C3%B2a%2b+%20"), &out));
    check_str(out, "Hòa++ ");
    check(form_decode(a, STR("H%c3%b2a%2B+%20"), &out));
    check_str(out, "Hòa+  ");
    check(form_decode(a, STR(""), &out));
    check_str(out, "");
}

TEST(percent_refuses_nul_and_broken_escapes)
{
    const struct str cases[] = { STR("%00"), STR("a%"),   STR("a%4"),  STR("%g0"),
                                 STR("%0g"), STR("%%41"), STR("a\0b"), STR("%u0041") };

    refuses(percent_decode, cases, LEN(cases));
    refuses(form_decode, cases, LEN(cases));
}

TEST(all_bytes_in_all_lengths_go_there_and_back)
{
    struct arena *a = test_arena();
    char bytes[256 + 8];

    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (char)(i * 167 + 1); /* odd factor: every byte comes up */
    for (size_t n = 0; n <= sizeof(bytes); n++) {
        const struct str all = str_of(bytes, n);
        struct str out;

        check(base64_decode(a, base64_encode(a, all), &out));
        check_same(out, all);
        check(base64url_decode(a, base64url_encode(a, all), &out));
        check_same(out, all);
        check(hex_decode(a, hex_encode(a, all), &out));
        check_same(out, all);
        check_int(percent_decode(a, percent_encode(a, all), &out), n <= str_find(all, '\0'));
    }
}
