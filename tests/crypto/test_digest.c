#include "crypto/digest.h"

#include <pthread.h>
#include <string.h>

#include "tests/test.h"

TEST(sha256_gives_the_published_digests)
{
    /* FIPS 180-4 examples. */
    check_str(digest_hex(test_arena(), digest_sha256(STR(""))),
              "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    check_str(digest_hex(test_arena(), digest_sha256(STR("abc"))),
              "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    /* RFC 7636 appendix B: the code challenge. */
    check_str(digest_base64url(test_arena(),
                               digest_sha256(STR("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"))),
              "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
}

TEST(hmac_gives_the_published_digests)
{
    char key[131] = { 0 };
    struct str long_key = str_of(key, sizeof(key));

    /* RFC 4231, cases 1, 2 and 6. */
    memset(key, 0x0b, sizeof(key));
    check_str(digest_hex(test_arena(), digest_hmac(str_sub(long_key, 0, 20), STR("Hi There"))),
              "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    check_str(
        digest_hex(test_arena(), digest_hmac(STR("Jefe"), STR("what do ya want for nothing?"))),
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    memset(key, 0xaa, sizeof(key));
    check_str(digest_hex(test_arena(),
                         digest_hmac(long_key, STR("Test Using Larger Than Block-Size Key - "
                                                   "Hash Key First"))),
              "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(a_run_equals_the_whole_and_goes_on_after_a_sum)
{
    DEFER(digest_close) struct digest_run *r = digest_begin();
    struct digest_run *none = NULL;

    digest_add(r, STR("a"));
    digest_add(r, STR(""));
    check_same(digest_hex(test_arena(), digest_sum(r)),
               digest_hex(test_arena(), digest_sha256(STR("a"))));
    digest_add(r, STR("bc"));
    check_same(digest_hex(test_arena(), digest_sum(r)),
               digest_hex(test_arena(), digest_sha256(STR("abc"))));
    digest_close(&none);
}

static void *thread_sum(void *out)
{
    *(struct digest *)out = digest_hmac(STR("key"), STR("text"));
    return NULL;
}

TEST(threads_have_contexts_of_their_own)
{
    struct digest got[4];
    pthread_t threads[4];

    for (size_t i = 0; i < LEN(got); i++)
        check(pthread_create(&threads[i], NULL, thread_sum, &got[i]) == 0);
    for (size_t i = 0; i < LEN(got); i++) {
        check(pthread_join(threads[i], NULL) == 0);
        check_same(digest_hex(test_arena(), got[i]),
                   digest_hex(test_arena(), digest_hmac(STR("key"), STR("text"))));
    }
}
