#include "crypto/seal.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/test.h"

#define PLACE STR("account.name/ac_1")

static const char *path_of(const char *name)
{
    return str_cstr(test_arena(), str_fmt(test_arena(), "%s/%s", test_folder(), name));
}

static struct seal *fresh(const char *name)
{
    struct seal *s = NULL;
    struct err e = { 0 };

    check_ok(seal_make_file(path_of(name), &e), e);
    check_ok(seal_open(path_of(name), &s, &e), e);
    return s;
}

static void refused(const struct seal *s, struct str place, struct str sealed)
{
    struct str plain = STR("untouched");
    struct err e = { 0 };

    check_fails(seal_get(test_arena(), s, place, sealed, &plain, &e), e, ERR_CRYPTO);
    check_str(plain, "untouched");
}

TEST(a_sealed_value_changed_anywhere_does_not_open)
{
    DEFER(seal_close) struct seal *s = fresh("bits");
    const struct str sealed = seal_put(test_arena(), s, PLACE, STR("Nguyễn Thị Hoà"));

    for (size_t bit = 0; bit < sealed.n * 8; bit++) {
        char *copy = arena_copy(test_arena(), sealed.p, sealed.n);

        copy[bit / 8] = (char)(copy[bit / 8] ^ (1 << bit % 8));
        refused(s, PLACE, str_of(copy, sealed.n));
    }
}

TEST(a_sealed_value_cut_or_moved_does_not_open)
{
    DEFER(seal_close) struct seal *s = fresh("moved");
    DEFER(seal_close) struct seal *other = fresh("moved_other");
    const struct str sealed = seal_put(test_arena(), s, PLACE, STR("079300001234"));

    for (size_t n = 0; n < sealed.n; n++)
        refused(s, PLACE, str_sub(sealed, 0, n));
    refused(s, STR("account.name/ac_2"), sealed);
    refused(s, STR("account.address/ac_1"), sealed);
    refused(other, PLACE, sealed);
    refused(s, PLACE, str_cat(test_arena(), sealed, STR("x")));
}

TEST(what_is_sealed_opens_and_never_looks_the_same)
{
    DEFER(seal_close) struct seal *s = fresh("round");
    const struct str x = seal_put(test_arena(), s, PLACE, STR("Nguyễn Văn An"));
    const struct str y = seal_put(test_arena(), s, PLACE, STR("Nguyễn Văn An"));
    struct str plain = { 0 };
    struct err e = { 0 };

    check(!str_eq(x, y));
    check(!str_has(x, STR("An")));
    check_int(x.n, STR("Nguyễn Văn An").n + 29);
    check_ok(seal_get(test_arena(), s, PLACE, x, &plain, &e), e);
    check_str(plain, "Nguyễn Văn An");
    check_ok(
        seal_get(test_arena(), s, PLACE, seal_put(test_arena(), s, PLACE, STR("")), &plain, &e), e);
    check_int(plain.n, 0);
}

TEST(a_new_key_seals_and_the_old_still_opens)
{
    DEFER(seal_close) struct seal *one = fresh("keys");
    DEFER(seal_close) struct seal *two = NULL;
    const struct str old = seal_put(test_arena(), one, PLACE, STR("cũ"));
    struct str fresher, plain = { 0 };
    struct err e = { 0 };

    check_ok(seal_add_key(path_of("keys"), &e), e);
    check_ok(seal_open(path_of("keys"), &two, &e), e);
    fresher = seal_put(test_arena(), two, PLACE, STR("mới"));
    check_int(old.p[0], 1);
    check_int(fresher.p[0], 2);
    check_ok(seal_get(test_arena(), two, PLACE, old, &plain, &e), e);
    check_str(plain, "cũ");
    check_ok(seal_get(test_arena(), two, PLACE, fresher, &plain, &e), e);
    check_str(plain, "mới");
    refused(one, PLACE, fresher);
    /* Indexes that are stored stay findable. */
    check_same(seal_index(test_arena(), one, STR("idno"), STR("079300001234")),
               seal_index(test_arena(), two, STR("idno"), STR("079300001234")));
}

TEST(an_index_tells_places_values_and_keys_apart)
{
    DEFER(seal_close) struct seal *s = fresh("index");
    DEFER(seal_close) struct seal *other = fresh("index_other");
    const struct str x = seal_index(test_arena(), s, STR("idno"), STR("079300001234"));

    check_int(x.n, 43);
    check_same(seal_index(test_arena(), s, STR("idno"), STR("079300001234")), x);
    check(!str_eq(seal_index(test_arena(), s, STR("idno"), STR("079300001235")), x));
    check(!str_eq(seal_index(test_arena(), s, STR("taxcode"), STR("079300001234")), x));
    check(!str_eq(seal_index(test_arena(), s, STR("idno0"), STR("79300001234")), x));
    check(!str_eq(seal_index(test_arena(), other, STR("idno"), STR("079300001234")), x));
}

static void write_file(const char *path, const char *text)
{
    FILE *f;

    (void)unlink(path);
    f = fopen(path, "w");
    check(f != NULL);
    check(fputs(text, f) >= 0);
    check(fclose(f) == 0);
    check(chmod(path, 0600) == 0);
}

#define DIGITS "00112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEFF"

TEST(key_files_are_read_strictly)
{
    static const char *const wrong[] = {
        "", "\n", "00\n", DIGITS "0\n", DIGITS "\n\n", "g" DIGITS, DIGITS "\r\n", DIGITS "\nx"
    };
    const char *path = path_of("strict");
    struct seal *s = NULL;
    struct err e = { 0 };

    for (size_t i = 0; i < LEN(wrong); i++) {
        write_file(path, wrong[i]);
        check_fails(seal_open(path, &s, &e), e, ERR_CONFIG);
        check(strstr(e.detail, "0011") == NULL);
        check(s == NULL);
    }
    write_file(path, DIGITS "\n" DIGITS);
    check_ok(seal_open(path, &s, &e), e);
    seal_close(&s);
    check(chmod(path, 0640) == 0);
    check_fails(seal_open(path, &s, &e), e, ERR_CONFIG);
}

TEST(making_a_key_file_never_replaces_one)
{
    struct seal *s = fresh("once");
    struct stat st;
    struct err e = { 0 };

    check_fails(seal_make_file(path_of("once"), &e), e, ERR_CONFIG);
    seal_close(&s);
    check(stat(path_of("once"), &st) == 0);
    check_int(st.st_mode & 07777, 0600);
    check_int(st.st_size, 65);
}
