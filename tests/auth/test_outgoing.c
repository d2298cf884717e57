#include "auth/outgoing.h"

#include <stdio.h>
#include <sys/stat.h>

#include "auth/client.h"
#include "auth/login_notice.h"
#include "auth/logout_notice.h"
#include "auth/session_rows.h"
#include "base/clock.h"
#include "base/codec.h"
#include "base/json.h"
#include "conf/conf.h"
#include "crypto/digest.h"
#include "crypto/keyring.h"
#include "crypto/token.h"
#include "tests/auth/world.h"
#include "tests/fixture.h"

static struct err e;
static const struct account person = { .id = { "acc_1", 5 }, .kind = VNEID_CITIZEN, .level = 2 };

/* A portal that is told at `uri`. */
static struct auth *here(const char *id, struct str uri)
{
    struct auth *au = world(fixture_pool(), fixture_kv(), &fixture_clock);
    const struct visit v = world_visit();
    struct str secret = STR(WORLD_SECRET);
    struct client c = {
        .id = str_c(id),
        .name_vi = STR("Cổng"),
        .has_secret = true,
        .profile = CLIENT_OIDC,
        .redirect_uris = { STR("https://portal.example.vn/callback") },
        .redirect_count = 1,
        .backchannel_logout_uri = uri,
    };

    check_ok(client_add(au, &v, &c, &secret, &e), e);
    return au;
}

/* The portal "told", which hears what it is told. */
static struct auth *told(void)
{
    (void)world(fixture_pool(), fixture_kv(), &fixture_clock);
    return here("told", world_receiver());
}

/* Somebody was at that portal and leaves; the session's sid. */
static struct str leave(struct auth *au, const char *client_id)
{
    const struct visit v = world_visit();
    struct session s;
    struct str token;

    check_ok(session_make(au, &v, &person, NULL, &s, &token, &e), e);
    check_ok(session_add_client(au, &v, &s, str_c(client_id), &e), e);
    check_ok(session_end(au, &v, &s, &e), e);
    return s.sid;
}

static bool deliver(struct auth *au)
{
    bool did;

    check_ok(outgoing_send(au, &did, &e), e);
    return did;
}

static struct outgoing_row row_of(struct auth *au, struct str sid)
{
    struct outgoing_row *list;
    size_t count;

    check_ok(outgoing_of_session(au, test_arena(), sid, &list, &count, &e), e);
    check_int(count, 1);
    return list[0];
}

TEST_STORE(a_portal_hears_a_logout_token_as_the_specification_has_it)
{
    struct auth *au = here("portal", STR(""));
    struct client c;
    struct str sid, text, head, rest, s;
    struct form f;
    DEFER(key_set_close) struct key_set *keys = keyring_public(au->keys);
    DEFER(json_close) struct json *claims = NULL;
    DEFER(json_close) struct json *header = NULL;
    const struct token_expect expect = { .typ = "logout+jwt",
                                         .issuer = STR("https://id.example.vn"),
                                         .audience = STR("told"),
                                         .now_s = FIXTURE_NOW_MS / 1000 };
    int64_t iat, exp;

    (void)told();
    sid = leave(au, "told");
    check(deliver(au));
    check_int(upstream()->receiver_calls, 1);
    check_str(row_of(au, sid).state, "delivered");
    check(!deliver(au));
    f = world_form(str_cstr(test_arena(), upstream()->receiver_body));
    check_int(f.count, 1);
    text = form_get(&f, "logout_token");
    check(str_cut(text, '.', &head, &rest) && base64url_decode(test_arena(), head, &head));
    check_ok(json_read(head, &header, &e), e);
    check(json_str(json_member(header, "typ"), &s) && str_is(s, "logout+jwt"));
    check(json_str(json_member(header, "kid"), &s) && s.n > 0);
    check_ok(token_verify(test_arena(), keys, text, &expect, &claims, &e), e);
    check_ok(client_load(au, test_arena(), STR("told"), &c, &e), e);
    check(json_str(json_member(claims, "sid"), &s) && str_eq(s, sid));
    check(json_str(json_member(claims, "sub"), &s) && s.n > 20 && !str_eq(s, person.id));
    check(json_str(json_member(claims, "jti"), &s) && s.n >= 22);
    check(json_member(claims, "nonce") == NULL);
    check_ok(json_need_int(claims, "iat", 0, INT64_MAX, &iat, &e), e);
    check_ok(json_need_int(claims, "exp", 0, INT64_MAX, &exp, &e), e);
    check(iat == FIXTURE_NOW_MS / 1000 && exp == iat + LOGOUT_TOKEN_TTL_S);
    check_str(json_print(test_arena(), json_member(claims, "events")),
              "{\"http://schemas.openid.net/event/backchannel-logout\":{}}");
}

TEST_STORE(what_does_not_arrive_is_sent_again_later_and_later_for_a_day)
{
    static const int64_t pauses_s[] = { 10, 60, 300, 3600, 3600 };
    struct auth *au = told();
    const struct visit v = world_visit();
    const struct str sid = leave(au, "told");
    struct outgoing_row row;

    upstream()->receiver_status = 400;
    for (size_t i = 0; i < LEN(pauses_s); i++) {
        check(deliver(au));
        check(!deliver(au));
        row = row_of(au, sid);
        check_str(row.state, "waiting");
        check_str(row.failure, "HTTP 400");
        check_int(row.tries, (int64_t)i + 1);
        fixture_clock.fixed_ms += pauses_s[i] * 1000 - 1;
        check(!deliver(au));
        fixture_clock.fixed_ms += 1;
    }
    for (int i = 0; i < 30 && deliver(au); i++)
        fixture_clock.fixed_ms += 3600 * 1000;
    row = row_of(au, sid);
    check_str(row.state, "dead");
    check(row.tries > 20 && row.tries < 30);
    check_int(upstream()->receiver_calls, row.tries);
    check_ok(outgoing_revive(au, &v, row.id, STR("staff:test"), &e), e);
    check_fails(outgoing_revive(au, &v, row.id, STR("staff:test"), &e), e, ERR_NOT_FOUND);
    check(deliver(au));
    check_str(row_of(au, sid).state, "dead"); /* once more, and no more */
    check_ok(outgoing_revive(au, &v, row.id, STR("staff:test"), &e), e);
    upstream()->receiver_status = 200;
    check(deliver(au));
    check_str(row_of(au, sid).state, "delivered");
    check_fails(outgoing_revive(au, &v, row.id, STR("staff:test"), &e), e, ERR_NOT_FOUND);
}

TEST_STORE(a_portal_that_comes_back_hears_what_it_missed_and_with_another_token)
{
    struct auth *au = told();
    const struct str sid = leave(au, "told");
    struct str first;

    upstream()->receiver_status = 503;
    check(deliver(au));
    first = upstream()->receiver_body;
    upstream()->receiver_status = 204;
    fixture_clock.fixed_ms += 10000;
    check(deliver(au));
    check_str(row_of(au, sid).state, "delivered");
    check(!str_eq(first, upstream()->receiver_body));
}

TEST_STORE(a_portal_that_is_silent_holds_up_nobody_else)
{
    struct auth *au = here("silent", STR("http://127.0.0.1:1/nobody"));
    struct str silent[5], other;

    (void)told();
    for (size_t i = 0; i < LEN(silent); i++)
        silent[i] = leave(au, "silent");
    fixture_clock.fixed_ms += 1;
    other = leave(au, "told");
    check(deliver(au)); /* the silent one: one try, and its others wait */
    check(deliver(au));
    check_str(row_of(au, other).state, "delivered");
    check(!deliver(au));
    check_int(row_of(au, silent[0]).tries + row_of(au, silent[1]).tries, 1);
    check_str(row_of(au, silent[4]).state, "waiting");
}

TEST_STORE(a_portal_without_an_address_and_one_that_is_gone_are_untold)
{
    struct auth *au = here("quiet", STR(""));
    const struct visit v = world_visit();
    struct str sid;

    sid = leave(au, "quiet");
    check(deliver(au));
    check_str(row_of(au, sid).state, "untold");
    (void)here("gone", world_receiver());
    sid = leave(au, "gone");
    check_ok(client_remove(au, &v, STR("gone"), &e), e);
    check(deliver(au));
    check_str(row_of(au, sid).state, "untold");
    check_int(upstream()->receiver_calls, 0);
}

TEST(no_address_but_https_is_called_where_the_systems_are_real)
{
    struct auth *au = here("told", STR(""));
    struct outgoing_post post = { .content_type = STR("text/plain"), .body = STR("x") };
    static const char *const bad[] = { "ftp://127.0.0.1/", "http://portal.example.vn/x",
                                       "http://127.0.0.1.evil.example/", "file:///etc/passwd", "" };
    struct outgoing_verdict verdict;

    for (size_t i = 0; i < LEN(bad); i++) {
        post.url = str_c(bad[i]);
        outgoing_post(au, test_arena(), &post, &verdict);
        check(!verdict.arrived);
        check_str(verdict.failure, "ADDRESS");
    }
    post.url = STR("https://10.0.0.1/inside"); /* of our own network: refused before it is called */
    outgoing_post(au, test_arena(), &post, &verdict);
    check(!verdict.arrived);
    check_str(verdict.failure, "UPSTREAM_DOWN");
    post.url = world_receiver();
    outgoing_post(au, test_arena(), &post, &verdict);
    check(verdict.arrived);
    world_conf()->service.national_systems = STR("real");
    outgoing_post(au, test_arena(), &post, &verdict);
    check(!verdict.arrived);
    check_int(upstream()->receiver_calls, 1);
}

TEST_STORE(old_rows_go_in_line_with_new_ones)
{
    struct auth *au = told();
    struct outgoing_row *list;
    size_t count;
    const struct outgoing_filter all = { 0 }, waiting = { .state = STR("waiting") },
                                 others = { .client_id = STR("other") };

    for (int i = 0; i < 40; i++) {
        (void)leave(au, "told");
        while (deliver(au))
            ;
        fixture_clock.fixed_ms += 600000; /* six in an hour */
    }
    check_ok(outgoing_list(au, test_arena(), &all, &list, &count, &e), e);
    check(count >= 5 && count <= 8);
    check(list[0].created_ms > list[count - 1].created_ms);
    check_ok(outgoing_list(au, test_arena(), &waiting, &list, &count, &e), e);
    check_int(count, 0);
    check_ok(outgoing_list(au, test_arena(), &others, &list, &count, &e), e);
    check_int(count, 0);
}

static void key_file(void)
{
    const struct str path = str_fmt(test_arena(), "%s/notify", test_folder());
    FILE *f = fopen(str_cstr(test_arena(), path), "w");

    check(f != NULL && fputs("khoa-bi-mat-cua-nguoi-nhan-tin-bao-0001\n", f) >= 0);
    check(fchmod(fileno(f), 0600) == 0 && fclose(f) == 0);
    world_conf()->auth.notify_key_file = path;
}

TEST_STORE(a_browser_not_seen_before_is_told_once_signed_and_without_a_name)
{
    struct auth *au = here("told", STR(""));
    struct visit v = world_visit();
    DEFER(json_close) struct json *o = NULL;
    struct session s;
    struct str token, text, want;

    key_file();
    v.agent = STR("Mozilla/5.0 (X11; Linux x86_64) Firefox/128.0");
    world_conf()->auth.notify_url = world_receiver();
    check_ok(session_make(au, &v, &person, NULL, &s, &token, &e), e);
    check_ok(session_make(au, &v, &person, NULL, &s, &token, &e), e);
    check(deliver(au) && !deliver(au));
    text = upstream()->receiver_body;
    check_ok(json_read(text, &o, &e), e);
    check(json_str(json_member(o, "agent"), &want) && str_is(want, "Firefox, Linux"));
    check(json_str(json_member(o, "account"), &want) && !str_eq(want, person.id));
    check_same(want, login_notice_account(au, test_arena(), person.id));
    check(!str_has(text, person.id) && !str_has(text, v.ip) && !str_has(text, s.sid));
    want = str_cat(test_arena(), STR("sha256="),
                   digest_hex(test_arena(),
                              digest_hmac(STR("khoa-bi-mat-cua-nguoi-nhan-tin-bao-0001"), text)));
    check_same(upstream()->receiver_signature, want);
    v.agent = STR("Mozilla/5.0 (Linux; Android 14) Chrome/131 Mobile Safari/537.36");
    check_ok(session_make(au, &v, &person, NULL, &s, &token, &e), e);
    check(deliver(au) && !deliver(au));
    world_conf()->auth.notify_url = STR("");
    v.agent = STR("Mozilla/5.0 (iPhone) Safari/5");
    check_ok(session_make(au, &v, &person, NULL, &s, &token, &e), e);
    check(!deliver(au));
}

/* T28. */
TEST_STORE(a_mandate_that_ends_signs_its_person_out_where_it_was_used)
{
    struct auth *au = told();
    const struct visit v = world_visit();
    struct session_row *list;
    struct session s, found;
    struct str token;
    bool is_in;
    size_t count;

    check_ok(session_make(au, &v, &person, NULL, &s, &token, &e), e);
    check_ok(session_join(au, &v, &s, STR("told"), STR("sub-org"), STR("org_1"), &e), e);
    check_ok(session_add_client(au, &v, &s, STR("told"), &e), e);
    check_ok(session_leave_acting(au, &v, person.id, STR("org_2"), &e), e);
    check(!deliver(au));
    check_ok(session_leave_acting(au, &v, person.id, STR("org_1"), &e), e);
    check(deliver(au) && !deliver(au));
    check_str(row_of(au, s.sid).state, "delivered");
    check_ok(session_list(au, test_arena(), person.id, &list, &count, &e), e);
    check(count == 1 && list[0].client_count == 1 && list[0].clients[0].acting.n == 0);
    check_ok(session_find(au, &v, token, &is_in, &found, &e), e);
    check(is_in);
}
