#include "crypto/random.h"

#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/test.h"

TEST(tokens_have_the_bits_asked_for_and_differ)
{
    const struct str x = random_token(test_arena(), 256), y = random_token(test_arena(), 256);

    check_int(x.n, 43);
    check_int(random_token(test_arena(), 128).n, 22);
    check(!str_eq(x, y));
}

/* Pieces of all lengths, so that they lie across every border of what was asked for ahead. */
TEST(no_piece_comes_twice)
{
    static unsigned char seen[4000][8];

    for (size_t i = 0; i < LEN(seen); i++) {
        unsigned char piece[200];

        memset(piece, 0, sizeof(piece));
        random_fill(piece, 8 + i % 190);
        memcpy(seen[i], piece + i % 190, 8);
        for (size_t j = 0; j < i; j++)
            check(memcmp(seen[i], seen[j], 8) != 0);
    }
}

TEST(a_child_process_has_other_bytes_than_its_parent)
{
    unsigned char own[16], of_child[16];
    int ends[2], status;
    pid_t child;

    random_fill(own, sizeof(own)); /* now some are held ahead */
    check(pipe(ends) == 0);
    child = fork();
    if (child == 0) {
        random_fill(own, sizeof(own));
        _exit(write(ends[1], own, sizeof(own)) == (ssize_t)sizeof(own) ? 0 : 1);
    }
    check(child > 0 && waitpid(child, &status, 0) == child && status == 0);
    check(read(ends[0], of_child, sizeof(of_child)) == (ssize_t)sizeof(of_child));
    random_fill(own, sizeof(own));
    check(memcmp(own, of_child, sizeof(own)) != 0);
    (void)close(ends[0]);
    (void)close(ends[1]);
}

TEST(a_uuid_is_version_4_of_the_common_variant)
{
    for (int i = 0; i < 64; i++) {
        const struct str u = random_uuid(test_arena());

        check_int(u.n, 36);
        check(u.p[8] == '-' && u.p[13] == '-' && u.p[18] == '-' && u.p[23] == '-');
        check(u.p[14] == '4');
        check(strchr("89ab", u.p[19]) != NULL);
        check(str_all_in(u, "0123456789abcdef-"));
    }
}

TEST(an_identifier_carries_its_time_in_front)
{
    const struct str zero = random_id(test_arena(), "ord_", 0);
    const struct str known = random_id(test_arena(), "", 1469918176385);

    check_int(zero.n, 30);
    check_str(str_sub(zero, 0, 13), "ord_000000000");
    /* The time part of the published ULID example. */
    check_str(str_sub(known, 0, 10), "01ARYZ6S41");
    check_int(known.n, 26);
    check(str_all_in(known, "0123456789ABCDEFGHJKMNPQRSTVWXYZ"));
}

TEST(identifiers_sort_by_time)
{
    struct str last = random_id(test_arena(), "p", 1);

    for (int64_t ms = 2; ms < ((int64_t)1 << 48) / 3; ms = ms * 3 + 1) {
        const struct str next = random_id(test_arena(), "p", ms);

        check(str_cmp(last, next) < 0);
        last = next;
    }
}
