#include "crypto/keyring.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/codec.h"
#include "base/json.h"
#include "crypto/digest.h"
#include "tests/test.h"

#define NOW_MS 1795392000000
#define DAY_MS 86400000LL

static const char *dir_of(const char *name)
{
    return str_cstr(test_arena(), str_fmt(test_arena(), "%s/%s", test_folder(), name));
}

static struct str make(const char *dir, enum key_alg alg, enum key_state state)
{
    struct str kid = { 0 };
    struct err e = { 0 };

    check_ok(keyring_make_key(dir, alg, state, test_arena(), &kid, &e), e);
    return kid;
}

static const char *file_of(const char *dir, struct str kid, const char *state)
{
    return str_cstr(test_arena(),
                    str_fmt(test_arena(), "%s/%.*s.%s.pem", dir, STR_ARG(kid), state));
}

static bool there(const char *path)
{
    return access(path, F_OK) == 0;
}

static size_t count(const char *dir, const char *ending)
{
    DIR *d = opendir(dir);
    const struct dirent *entry;
    size_t n = 0;

    check(d != NULL);
    while ((entry = readdir(d)) != NULL)
        n += str_ends(str_c(entry->d_name), str_c(ending));
    (void)closedir(d);
    return n;
}

static struct str active_id(struct keyring *ring, enum key_alg alg)
{
    DEFER(key_release) struct key *key = NULL;
    struct err e = { 0 };

    check_ok(keyring_active(ring, alg, &key, &e), e);
    return str_dup(test_arena(), key_id(key));
}

/* By order, with a key that need not have been published before. */
static result rotate(const char *dir, enum key_alg alg, int64_t now_ms, int64_t keep_s,
                     struct err *e)
{
    const struct rotation r = { .alg = alg, .now_ms = now_ms, .keep_s = keep_s };
    bool moved;

    return keyring_rotate(dir, &r, &moved, e);
}

/* Sets since when a key is in its state. */
static void stamp(const char *file, int64_t ms)
{
    const struct timespec at = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };

    check(utimensat(AT_FDCWD, file, (const struct timespec[2]){ at, at }, 0) == 0);
}

TEST(folders_and_files_that_others_may_enter_are_refused)
{
    const char *dir = dir_of("loose");
    const struct str kid = make(dir, KEY_ES256, KEY_ACTIVE);
    const char *file = file_of(dir, kid, "active");
    struct keyring *ring = NULL;
    struct stat st;
    struct err e = { 0 };

    check(stat(dir, &st) == 0);
    check_int(st.st_mode & 07777, 0700);
    check(stat(file, &st) == 0);
    check_int(st.st_mode & 07777, 0600);
    check(chmod(dir, 0750) == 0);
    check_fails(keyring_open(dir, &ring, &e), e, ERR_CONFIG);
    check(chmod(dir, 0700) == 0);
    check(chmod(file, 0640) == 0);
    check_fails(keyring_open(dir, &ring, &e), e, ERR_CONFIG);
    check(chmod(file, 0400) == 0);
    check_ok(keyring_open(dir, &ring, &e), e);
    keyring_close(&ring);
    check_fails(keyring_open("/nonexistent/keys", &ring, &e), e, ERR_CONFIG);
}

static void write_file(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");

    check(f != NULL);
    check(fputs(text, f) >= 0);
    check(fclose(f) == 0);
    check(chmod(path, 0600) == 0);
}

TEST(a_folder_with_a_fault_does_not_open)
{
    static const char *const names[] = { "x.pem",        "server.key.pem",   ".active.pem",
                                         "x.active.pem", "x.active.old.pem", "x.current.pem" };
    const char *dir = dir_of("fault");
    struct keyring *ring = NULL;
    struct err e = { 0 };

    (void)make(dir, KEY_ES256, KEY_ACTIVE);
    for (size_t i = 0; i < LEN(names); i++) {
        const char *path =
            dir_of(str_cstr(test_arena(), str_fmt(test_arena(), "fault/%s", names[i])));

        write_file(path, "-----BEGIN PRIVATE KEY-----\nMC4=\n-----END PRIVATE KEY-----\n");
        check_fails(keyring_open(dir, &ring, &e), e, ERR_CONFIG);
        check(unlink(path) == 0);
    }
    write_file(dir_of("fault/notes.txt"), "not ours to judge");
    check_ok(keyring_open(dir, &ring, &e), e);
    keyring_close(&ring);
}

TEST(a_key_under_another_keys_name_is_refused)
{
    const char *dir = dir_of("swap");
    const struct str x = make(dir, KEY_ES256, KEY_ACTIVE), y = make(dir, KEY_ES256, KEY_NEXT);
    struct keyring *ring = NULL;
    struct err e = { 0 };

    check(rename(file_of(dir, y, "next"), file_of(dir, x, "active")) == 0);
    check_fails(keyring_open(dir, &ring, &e), e, ERR_CONFIG);
}

TEST(two_active_keys_of_one_algorithm_are_refused)
{
    const char *dir = dir_of("two");
    const struct str next = make(dir, KEY_ES256, KEY_NEXT);
    struct keyring *ring = NULL;
    struct str kid = { 0 };
    struct err e = { 0 };

    (void)make(dir, KEY_ES256, KEY_ACTIVE);
    check_fails(keyring_make_key(dir, KEY_ES256, KEY_ACTIVE, test_arena(), &kid, &e), e,
                ERR_CONFLICT);
    check(rename(file_of(dir, next, "next"), file_of(dir, next, "active")) == 0);
    check_fails(keyring_open(dir, &ring, &e), e, ERR_CONFIG);
}

TEST(each_algorithm_has_its_own_active_key)
{
    DEFER(keyring_close) struct keyring *ring = NULL;
    const char *dir = dir_of("algs");
    const struct str es = make(dir, KEY_ES256, KEY_ACTIVE), rs = make(dir, KEY_RS256, KEY_ACTIVE);
    struct key *key = NULL;
    struct err e = { 0 };

    check_ok(keyring_open(dir, &ring, &e), e);
    check_same(active_id(ring, KEY_ES256), es);
    check_same(active_id(ring, KEY_RS256), rs);
    check_fails(keyring_active(ring, KEY_PS256, &key, &e), e, ERR_CONFIG);
    check(key == NULL);
}

/* The id of a published key, made again from its members in the order of RFC 7638 3. */
static struct str thumbprint(const struct json *jwk)
{
    struct str kty = { 0 }, x = { 0 }, y = { 0 }, text;

    check(json_str(json_member(jwk, "kty"), &kty));
    if (str_is(kty, "EC")) {
        check(json_str(json_member(jwk, "x"), &x));
        check(json_str(json_member(jwk, "y"), &y));
        text = str_fmt(test_arena(),
                       "{\"crv\":\"P-256\",\"kty\":\"EC\",\"x\":\"%.*s\",\"y\":\"%.*s\"}",
                       STR_ARG(x), STR_ARG(y));
    } else {
        check(json_str(json_member(jwk, "e"), &x));
        check(json_str(json_member(jwk, "n"), &y));
        text = str_fmt(test_arena(), "{\"e\":\"%.*s\",\"kty\":\"RSA\",\"n\":\"%.*s\"}", STR_ARG(x),
                       STR_ARG(y));
    }
    return digest_base64url(test_arena(), digest_sha256(text));
}

static void check_published(const struct json *jwk)
{
    static const char *const members[] = { "kty", "crv", "x",   "y",   "n",
                                           "e",   "kid", "use", "alg", NULL };
    struct str kid = { 0 }, text = { 0 };
    struct err e = { 0 };

    check_ok(json_only(jwk, members, &e), e); /* so no d, p, q, dp, dq, qi */
    check(json_str(json_member(jwk, "kid"), &kid));
    check_same(kid, thumbprint(jwk));
    check(json_str(json_member(jwk, "use"), &text));
    check_str(text, "sig");
    check(json_str(json_member(jwk, "alg"), &text));
    check(str_is(text, "ES256") || str_is(text, "RS256") || str_is(text, "PS256"));
}

TEST(the_published_set_has_all_states_and_no_private_part)
{
    DEFER(keyring_close) struct keyring *ring = NULL;
    DEFER(json_close) struct json *jwks = NULL;
    DEFER(key_set_close) struct key_set *set = NULL;
    const char *dir = dir_of("publish");
    struct json *keys;
    struct err e = { 0 };

    (void)make(dir, KEY_ES256, KEY_ACTIVE);
    (void)make(dir, KEY_ES256, KEY_NEXT);
    (void)make(dir, KEY_RS256, KEY_RETIRED);
    (void)make(dir, KEY_PS256, KEY_ACTIVE);
    check_ok(keyring_open(dir, &ring, &e), e);
    jwks = keyring_jwks(ring);
    keys = json_member(jwks, "keys");
    check_int(json_count(keys), 4);
    for (size_t i = 0; i < json_count(keys); i++)
        check_published(json_at(keys, i));
    check_ok(key_set_read(jwks, &set, &e), e);
    check_int(key_set_count(set), 4);
}

TEST(a_rotation_moves_every_key_one_state_on)
{
    const char *dir = dir_of("rotate");
    DEFER(keyring_close) struct keyring *ring = NULL;
    struct str first, second;
    struct err e = { 0 };

    check_ok(rotate(dir, KEY_ES256, NOW_MS, 86400, &e), e); /* an empty folder */
    check_ok(keyring_open(dir, &ring, &e), e);
    first = active_id(ring, KEY_ES256);
    check_int(count(dir, ".next.pem"), 1);
    check_ok(rotate(dir, KEY_ES256, NOW_MS + DAY_MS, 86400, &e), e);
    check(there(file_of(dir, first, "retired")));
    check_same(active_id(ring, KEY_ES256), first); /* until the reload */
    check_ok(keyring_reload(ring, &e), e);
    second = active_id(ring, KEY_ES256);
    check(!str_eq(first, second));
    check_int(count(dir, ".pem"), 3);
}

TEST(a_retired_key_goes_when_its_time_is_over_and_not_before)
{
    const char *dir = dir_of("retire");
    const struct str kid = make(dir, KEY_ES256, KEY_ACTIVE);
    struct err e = { 0 };

    (void)make(dir, KEY_ES256, KEY_NEXT);
    check_ok(rotate(dir, KEY_ES256, NOW_MS, 86400, &e), e);
    check_ok(rotate(dir, KEY_ES256, NOW_MS + DAY_MS, 86400, &e), e);
    check(there(file_of(dir, kid, "retired")));
    check_ok(rotate(dir, KEY_RS256, NOW_MS + 9 * DAY_MS, 86400, &e), e);
    check(there(file_of(dir, kid, "retired"))); /* the other algorithm's rotation */
    check_ok(rotate(dir, KEY_ES256, NOW_MS + DAY_MS + 1, 86400, &e), e);
    check(!there(file_of(dir, kid, "retired")));
}

TEST(a_rotation_cut_short_is_finished_by_the_next)
{
    DEFER(keyring_close) struct keyring *ring = NULL;
    const char *dir = dir_of("cut");
    const struct str active = make(dir, KEY_ES256, KEY_ACTIVE),
                     next = make(dir, KEY_ES256, KEY_NEXT);
    struct err e = { 0 };

    check_ok(keyring_open(dir, &ring, &e), e);
    check(rename(file_of(dir, active, "active"), file_of(dir, active, "retired")) == 0);
    check_fails(keyring_reload(ring, &e), e, ERR_CONFIG);
    check_same(active_id(ring, KEY_ES256), active); /* the old ring serves on */
    check_ok(rotate(dir, KEY_ES256, NOW_MS, 1LL << 40, &e), e);
    check_ok(keyring_reload(ring, &e), e);
    check_same(active_id(ring, KEY_ES256), next);
}

/* A key that no client could have seen beforehand would sign otherwise. */
TEST(a_rotation_cut_short_before_its_last_step_makes_the_next_key_only)
{
    DEFER(keyring_close) struct keyring *ring = NULL;
    const char *dir = dir_of("last");
    const struct str active = make(dir, KEY_ES256, KEY_ACTIVE);
    struct err e = { 0 };

    check_ok(rotate(dir, KEY_ES256, NOW_MS, 86400, &e), e);
    check_ok(keyring_open(dir, &ring, &e), e);
    check_same(active_id(ring, KEY_ES256), active);
    check_int(count(dir, ".next.pem"), 1);
    check_int(count(dir, ".pem"), 2);
}

TEST(a_folder_is_never_filled_beyond_opening)
{
    DEFER(keyring_close) struct keyring *ring = NULL;
    const char *dir = dir_of("full");
    struct str kid = { 0 };
    struct err e = { 0 };

    for (int i = 0; i < 32; i++)
        (void)make(dir, KEY_ES256, KEY_NEXT);
    check_fails(keyring_make_key(dir, KEY_ES256, KEY_NEXT, test_arena(), &kid, &e), e,
                ERR_CONFLICT);
    check_fails(rotate(dir, KEY_ES256, NOW_MS, 86400, &e), e, ERR_CONFLICT);
    check_ok(keyring_open(dir, &ring, &e), e);
}

#define HOUR_MS 3600000LL

/* Portals cache the set for up to ahead_s: a key that they cannot know does not sign. */
TEST(an_order_before_the_next_key_was_published_long_enough_is_refused)
{
    const char *dir = dir_of("ahead");
    struct rotation r = { .alg = KEY_ES256, .now_ms = NOW_MS, .keep_s = 86400, .ahead_s = 86400 };
    DEFER(keyring_close) struct keyring *ring = NULL;
    struct str first;
    bool moved = false;
    struct err e = { 0 };

    check_ok(keyring_rotate(dir, &r, &moved, &e), e); /* an empty folder */
    check(moved);
    check_ok(keyring_open(dir, &ring, &e), e);
    first = active_id(ring, KEY_ES256);
    r.now_ms += DAY_MS - 1;
    check_fails(keyring_rotate(dir, &r, &moved, &e), e, ERR_CONFLICT);
    check(!moved && strstr(e.detail, "2026-11-24T07:00:00+07:00") != NULL);
    check(there(file_of(dir, first, "active")));
    r.now_ms += 1;
    check_ok(keyring_rotate(dir, &r, &moved, &e), e);
    check(moved && there(file_of(dir, first, "retired")));
    r.now_ms += HOUR_MS;
    r.ahead_s = 0; /* --now */
    check_ok(keyring_rotate(dir, &r, &moved, &e), e);
    check(moved);
    check_int(count(dir, ".retired.pem"), 2);
}

TEST(a_rotation_by_schedule_happens_when_the_key_is_old_and_its_next_is_known)
{
    const char *dir = dir_of("schedule");
    struct rotation r = {
        .alg = KEY_ES256, .now_ms = NOW_MS, .keep_s = 86400, .ahead_s = 86400, .every_s = 30 * 86400
    };
    struct key_entry *list = NULL;
    size_t n = 0;
    bool moved = false;
    struct err e = { 0 };

    check_ok(keyring_rotate(dir, &r, &moved, &e), e);
    r.now_ms += 30 * DAY_MS - 1;
    check_ok(keyring_rotate(dir, &r, &moved, &e), e);
    check(!moved);
    check_ok(keyring_list(dir, test_arena(), &list, &n, &e), e);
    check_int(n, 2);
    check(list[0].state == KEY_NEXT && list[1].state == KEY_ACTIVE);
    /* Somebody made the next key anew an hour ago. */
    stamp(file_of(dir, list[0].id, "next"), r.now_ms - HOUR_MS);
    r.now_ms += 1;
    check_ok(keyring_rotate(dir, &r, &moved, &e), e);
    check(!moved);
    stamp(file_of(dir, list[0].id, "next"), r.now_ms - DAY_MS);
    check_ok(keyring_rotate(dir, &r, &moved, &e), e);
    check(moved);
    check(there(file_of(dir, list[0].id, "active")) && there(file_of(dir, list[1].id, "retired")));
    check_ok(keyring_rotate(dir, &r, &moved, &e), e); /* the next process, a moment later */
    check(!moved);
    check_ok(keyring_list(dir, test_arena(), &list, &n, &e), e);
    check_int(n, 3);
    for (size_t i = 0; i < n; i++) {
        check_int(list[i].state, i);
        check(list[i].since_ms == r.now_ms);
    }
}

TEST(of_several_next_keys_the_one_published_first_signs)
{
    const char *dir = dir_of("several");
    struct str next[3];
    struct err e = { 0 };

    (void)make(dir, KEY_ES256, KEY_ACTIVE);
    for (size_t i = 0; i < LEN(next); i++) {
        next[i] = make(dir, KEY_ES256, KEY_NEXT);
        stamp(file_of(dir, next[i], "next"), NOW_MS - (i == 1 ? 2 : 1) * DAY_MS);
    }
    check_ok(rotate(dir, KEY_ES256, NOW_MS, 86400, &e), e);
    check(there(file_of(dir, next[1], "active")));
}

/* Processes that find a rotation due at the same moment. */
TEST(many_processes_rotate_once)
{
    const char *dir = dir_of("crowd");
    const struct rotation r = {
        .alg = KEY_ES256, .now_ms = NOW_MS, .keep_s = 86400, .ahead_s = 3600, .every_s = 86400
    };
    pid_t children[8];
    int moves = 0;

    stamp(file_of(dir, make(dir, KEY_ES256, KEY_ACTIVE), "active"), NOW_MS - DAY_MS);
    stamp(file_of(dir, make(dir, KEY_ES256, KEY_NEXT), "next"), NOW_MS - DAY_MS);
    for (size_t i = 0; i < LEN(children); i++) {
        children[i] = fork();
        if (children[i] == 0) {
            bool moved = false;

            _exit(keyring_rotate(dir, &r, &moved, NULL).failed ? 2 : moved);
        }
        check(children[i] > 0);
    }
    for (size_t i = 0; i < LEN(children); i++) {
        int status = 0;

        check(waitpid(children[i], &status, 0) == children[i]);
        check(WIFEXITED(status) && WEXITSTATUS(status) < 2);
        moves += WEXITSTATUS(status);
    }
    check_int(moves, 1);
    check_int(count(dir, ".active.pem"), 1);
    check_int(count(dir, ".next.pem"), 1);
    check_int(count(dir, ".retired.pem"), 1);
}

TEST(a_change_by_another_process_is_noticed_and_a_fault_changes_nothing)
{
    const struct rotation by_command = { .now_ms = NOW_MS, .keep_s = 86400, .ahead_s = 3600 };
    const char *dir = dir_of("notice");
    DEFER(keyring_close) struct keyring *ring = NULL;
    struct str first, second;
    bool changed = true;
    struct err e = { 0 };

    check_ok(rotate(dir, KEY_ES256, NOW_MS, 86400, &e), e);
    check_ok(keyring_open(dir, &ring, &e), e);
    first = active_id(ring, KEY_ES256);
    check_ok(keyring_tend(ring, &by_command, &changed, &e), e);
    check(!changed);
    check_ok(rotate(dir, KEY_ES256, NOW_MS + DAY_MS, 86400, &e), e);
    check_ok(keyring_tend(ring, &by_command, &changed, &e), e);
    check(changed);
    second = active_id(ring, KEY_ES256);
    check(!str_eq(first, second));
    write_file(dir_of("notice/x.active.pem"), "nonsense");
    check_fails(keyring_tend(ring, &by_command, &changed, &e), e, ERR_CONFIG);
    check(!changed);
    check_same(active_id(ring, KEY_ES256), second);
    check(unlink(dir_of("notice/x.active.pem")) == 0);
    check_ok(keyring_tend(ring, &by_command, &changed, &e), e);
    check(!changed);
}

TEST(a_ring_that_is_tended_rotates_each_algorithm_that_is_due)
{
    struct rotation plan = {
        .now_ms = NOW_MS, .keep_s = 86400, .ahead_s = 86400, .every_s = 30 * 86400
    };
    const char *dir = dir_of("tend");
    const struct str es = make(dir, KEY_ES256, KEY_ACTIVE), rs = make(dir, KEY_RS256, KEY_ACTIVE);
    DEFER(keyring_close) struct keyring *ring = NULL;
    bool changed = false;
    struct err e = { 0 };

    stamp(file_of(dir, es, "active"), NOW_MS);
    stamp(file_of(dir, rs, "active"), NOW_MS);
    check_ok(keyring_open(dir, &ring, &e), e);
    check_int(keyring_algs(ring), KEY_BIT(KEY_ES256) | KEY_BIT(KEY_RS256));
    check_ok(keyring_tend(ring, &plan, &changed, &e), e); /* the next keys are missing */
    check(changed);
    check_int(count(dir, ".next.pem"), 2);
    plan.now_ms += 29 * DAY_MS;
    check_ok(keyring_tend(ring, &plan, &changed, &e), e);
    check(!changed);
    plan.now_ms += DAY_MS;
    check_ok(keyring_tend(ring, &plan, &changed, &e), e);
    check(changed);
    check(!str_eq(active_id(ring, KEY_ES256), es) && !str_eq(active_id(ring, KEY_RS256), rs));
    check_int(count(dir, ".pem"), 6);
    /* The keys of before go, each algorithm's own. */
    plan.now_ms += DAY_MS + 1;
    check_ok(keyring_tend(ring, &plan, &changed, &e), e);
    check(changed);
    check_int(count(dir, ".retired.pem"), 0);
    check_int(count(dir, ".pem"), 4);
}

TEST(a_ring_that_is_tended_finishes_a_rotation_that_was_cut_short)
{
    const struct rotation plan = {
        .now_ms = NOW_MS, .keep_s = 86400, .ahead_s = 3600, .every_s = 86400
    };
    const char *dir = dir_of("mend");
    const struct str active = make(dir, KEY_ES256, KEY_ACTIVE),
                     next = make(dir, KEY_ES256, KEY_NEXT);
    DEFER(keyring_close) struct keyring *ring = NULL;
    bool changed = false;
    struct err e = { 0 };

    stamp(file_of(dir, active, "active"), NOW_MS - DAY_MS);
    stamp(file_of(dir, next, "next"), NOW_MS - DAY_MS);
    check_ok(keyring_open(dir, &ring, &e), e);
    check(rename(file_of(dir, active, "active"), file_of(dir, active, "retired")) == 0);
    check_ok(keyring_tend(ring, &plan, &changed, &e), e);
    check(changed);
    check_same(active_id(ring, KEY_ES256), next);
    check_int(count(dir, ".next.pem"), 1);
}

TEST(a_borrowed_key_outlives_reload_and_close)
{
    const char *dir = dir_of("borrow");
    const struct str kid = make(dir, KEY_ES256, KEY_ACTIVE);
    struct keyring *ring = NULL;
    DEFER(key_release) struct key *key = NULL;
    struct err e = { 0 };

    check_ok(keyring_open(dir, &ring, &e), e);
    check_ok(keyring_active(ring, KEY_ES256, &key, &e), e);
    check_ok(rotate(dir, KEY_ES256, NOW_MS, 86400, &e), e);
    check_ok(keyring_reload(ring, &e), e);
    keyring_close(&ring);
    check(ring == NULL);
    check_same(key_id(key), kid);
}

/* RFC 7515 A.3: a P-256 key. */
#define X      "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"
#define Y      "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"
#define EC_KEY "\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" X "\",\"y\":\"" Y "\""

static result set_read(const char *text, struct key_set **set, struct err *e)
{
    DEFER(json_close) struct json *jwks = NULL;

    TRY(json_read(str_c(text), &jwks, e));
    return key_set_read(jwks, set, e);
}

/* RFC 8037 A.2: an Ed25519 key. */
#define OKP_KEY                                                                                    \
    "\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\""

static result registered_read(const char *text, struct key_set **set, struct err *e)
{
    DEFER(json_close) struct json *jwks = NULL;

    TRY(json_read(str_c(text), &jwks, e));
    return key_set_read_registered(jwks, set, e);
}

static struct str rsa_jwks(size_t bits)
{
    char *n = arena_alloc(test_arena(), bits / 8);

    memset(n, 0xff, bits / 8);
    return str_fmt(test_arena(), "{\"keys\":[{\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":\"%.*s\"}]}",
                   STR_ARG(base64url_encode(test_arena(), str_of(n, bits / 8))));
}

TEST(unusable_keys_of_a_partner_are_left_out)
{
    static const char *const wrong[] = {
        "{}",
        "{\"keys\":{}}",
        "{\"keys\":[]}",
        "{\"keys\":[1,null,\"x\"]}",
        "{\"keys\":[{\"kty\":\"oct\",\"k\":\"AAAA\"}]}",
        "{\"keys\":[{" EC_KEY ",\"use\":\"enc\"}]}",
        "{\"keys\":[{" EC_KEY ",\"alg\":\"ES384\"}]}",
        "{\"keys\":[{" EC_KEY ",\"alg\":\"HS256\"}]}",
        "{\"keys\":[{" EC_KEY ",\"alg\":\"RS256\"}]}",
        "{\"keys\":[{" EC_KEY ",\"d\":\"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI\"}]}",
        "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-384\",\"x\":\"" X "\",\"y\":\"" Y "\"}]}",
        "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" Y "\",\"y\":\"" X "\"}]}",
        "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" X "\"}]}",
        "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" X "=\",\"y\":\"" Y "\"}]}",
        "{\"keys\":[{" OKP_KEY ",\"alg\":\"ES256\"}]}",
        "{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed448\",\"x\":\"" X "\"}]}",
        "{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"AAAA\"}]}",
        "{\"keys\":[{\"kty\":\"RSA\",\"n\":\"\",\"e\":\"AQAB\"}]}",
        /* two of one id */
        "{\"keys\":[{" EC_KEY ",\"kid\":\"a\"},{" EC_KEY ",\"kid\":\"a\"}]}",
    };
    struct key_set *set = NULL;
    struct err e = { 0 };

    for (size_t i = 0; i < LEN(wrong); i++) {
        check_fails(set_read(wrong[i], &set, &e), e, ERR_INVALID);
        check(set == NULL);
    }
    check_fails(set_read(rsa_jwks(1024).p, &set, &e), e, ERR_INVALID);
    check_fails(set_read(rsa_jwks(2040).p, &set, &e), e, ERR_INVALID);
}

TEST(usable_keys_of_a_partner_are_taken)
{
    static const char *const right[] = {
        "{\"keys\":[{" EC_KEY "}]}",
        "{\"keys\":[{" EC_KEY ",\"kid\":\"a\",\"use\":\"sig\",\"alg\":\"ES256\",\"x5c\":[]}]}",
        "{\"keys\":[{\"kty\":\"OKP\"},{" EC_KEY ",\"kid\":\"a\"}]}",
    };
    DEFER(keyring_close) struct keyring *ring = NULL;
    DEFER(json_close) struct json *jwks = NULL;
    const char *dir = dir_of("partner");
    struct key_set *set = NULL;
    struct err e = { 0 };

    for (size_t i = 0; i < LEN(right); i++) {
        check_ok(set_read(right[i], &set, &e), e);
        check_int(key_set_count(set), 1);
        key_set_close(&set);
    }
    (void)make(dir, KEY_RS256, KEY_ACTIVE);
    (void)make(dir, KEY_PS256, KEY_ACTIVE);
    check_ok(keyring_open(dir, &ring, &e), e);
    jwks = keyring_jwks(ring);
    check_ok(key_set_read(jwks, &set, &e), e);
    check_int(key_set_count(set), 2);
    key_set_close(&set);
}

#define RSA_KEY "\"kty\":\"RSA\",\"e\":\"AQAB\""

TEST(a_registered_set_that_gives_a_key_away_or_is_ambiguous_is_refused)
{
    static const struct {
        const char *text, *field;
    } wrong[] = {
        { "{\"keys\":[{" EC_KEY ",\"d\":\"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI\"}]}",
          "keys" },
        { "{\"keys\":[{" EC_KEY "},{\"kty\":\"oct\",\"k\":\"AAAA\"}]}", "keys" },
        { "{\"keys\":[{" EC_KEY "},{\"kty\":\"oct\"}]}", "keys" },
        { "{\"keys\":[{" EC_KEY ",\"d\":null}]}", "keys" },
        { "{\"keys\":[{" EC_KEY ",\"kid\":\"a\"},{\"kty\":\"X\",\"kid\":\"b\",\"oth\":[]}]}",
          "keys" },
        { "{\"keys\":[{" EC_KEY "},7]}", "keys" },
        { "{\"keys\":[{" EC_KEY ",\"kid\":\"a\"},{" EC_KEY ",\"kid\":\"b\"}]}", "keys" },
        { "{\"keys\":[{" EC_KEY ",\"kid\":\"a\"},{" EC_KEY ",\"kid\":\"a\"}]}", "kid" },
        { "{\"keys\":[{" EC_KEY "},{" OKP_KEY ",\"kid\":\"a\"}]}", "kid" },
        { "{\"keys\":[{" EC_KEY ",\"use\":\"enc\"}]}", "keys" },
        { "{\"keys\":[{" RSA_KEY ",\"n\":\"AQAB\"}]}", "keys" },
    };
    struct key_set *set = NULL;
    struct err e = { 0 };

    for (size_t i = 0; i < LEN(wrong); i++) {
        check_fails(registered_read(wrong[i].text, &set, &e), e, ERR_INVALID);
        check_str(str_c(e.field), wrong[i].field);
        check(set == NULL);
    }
}

TEST(a_registered_set_has_keys_for_signatures_and_may_have_others)
{
    static const struct {
        const char *text;
        size_t n;
    } right[] = {
        { "{\"keys\":[{" EC_KEY "}]}", 1 },
        { "{\"keys\":[{" OKP_KEY ",\"alg\":\"EdDSA\"}]}", 1 },
        { "{\"keys\":[{" EC_KEY ",\"kid\":\"a\"},{" OKP_KEY ",\"kid\":\"b\"}]}", 2 },
        { "{\"keys\":[{" EC_KEY ",\"kid\":\"a\"},{" OKP_KEY ",\"use\":\"enc\",\"kid\":\"b\"}]}",
          1 },
        { "{\"keys\":[{" EC_KEY
          ",\"kid\":\"a\"},{\"kty\":\"OKP\",\"crv\":\"X25519\",\"x\":\"AA\"}]}",
          1 },
    };
    struct key_set *set = NULL;
    struct err e = { 0 };

    for (size_t i = 0; i < LEN(right); i++) {
        check_ok(registered_read(right[i].text, &set, &e), e);
        check_int(key_set_count(set), right[i].n);
        key_set_close(&set);
    }
}

TEST(rsa_keys_whose_numbers_are_none_are_left_out)
{
    /* an even modulus; exponents 1, 2 and a long one */
    static const char *const exponents[] = { "AQ", "Ag", "AQAAAAAB" };
    char n[256];
    struct key_set *set = NULL;
    struct err e = { 0 };

    memset(n, 0xff, sizeof(n));
    for (size_t i = 0; i <= LEN(exponents); i++) {
        if (i == LEN(exponents))
            n[255] = (char)0xfe;
        check_fails(set_read(str_fmt(test_arena(),
                                     "{\"keys\":[{\"kty\":\"RSA\",\"e\":\"%s\",\"n\":\"%.*s\"}]}",
                                     i < LEN(exponents) ? exponents[i] : "AQAB",
                                     STR_ARG(base64url_encode(test_arena(), str_of(n, 256))))
                                 .p,
                             &set, &e),
                    e, ERR_INVALID);
    }
}

TEST(the_public_set_is_made_once_and_outlives_its_ring)
{
    DEFER(key_set_close) struct key_set *first = NULL;
    DEFER(key_set_close) struct key_set *second = NULL;
    const char *dir = dir_of("public");
    struct keyring *ring = NULL;
    struct err e = { 0 };

    (void)make(dir, KEY_ES256, KEY_ACTIVE);
    check_ok(keyring_open(dir, &ring, &e), e);
    first = keyring_public(ring);
    second = keyring_public(ring);
    check(first == second);
    key_set_close(&second);
    (void)make(dir, KEY_RS256, KEY_ACTIVE);
    check_ok(keyring_reload(ring, &e), e);
    second = keyring_public(ring);
    check(first != second);
    keyring_close(&ring);
    check_int(key_set_count(first), 1);
    check_int(key_set_count(second), 2);
}

TEST(no_key_of_ours_is_made_for_verifying_only)
{
    const char *dir = dir_of("eddsa");
    struct str kid = { 0 };
    struct err e = { 0 };

    check_fails(keyring_make_key(dir, KEY_EDDSA, KEY_ACTIVE, test_arena(), &kid, &e), e,
                ERR_CRYPTO);
    check_int(count(dir, ".pem"), 0);
}

TEST(algorithms_have_their_registered_names)
{
    static const char *const names[] = { "ES256", "RS256", "PS256", "EdDSA" };
    static const char *const none[] = { "", "es256", "HS256", "none", "ES256 ", "EDDSA" };
    enum key_alg alg = KEY_ES256;

    for (size_t i = 0; i < LEN(names); i++) {
        check(key_alg_by_name(str_c(names[i]), &alg));
        check_str(str_c(key_alg_name(alg)), names[i]);
    }
    for (size_t i = 0; i < LEN(none); i++)
        check(!key_alg_by_name(str_c(none[i]), &alg));
}
