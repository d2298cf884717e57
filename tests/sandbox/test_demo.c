/* The demo portal: what it refuses, and that its words are there in both languages. */
#include "base/catalog.h"
#include "tests/sandbox/stage.h"

#include <stdio.h>

#define FORM "application/x-www-form-urlencoded"

static const struct str nowhere = { "http://127.0.0.1:9", 18 };

static struct str file_text(const char *name)
{
    struct arena *a = test_arena();
    FILE *f = fopen(str_cstr(a, str_fmt(a, "%s/sandbox/%s", test_source(), name)), "rb");
    struct buf b = buf_make(a, 1 << 20);
    int c = 0;
    check(f != NULL);
    while ((c = fgetc(f)) != EOF)
        buf_putc(&b, (char)c);
    fclose(f);
    return buf_str(&b);
}

TEST(both_languages_have_the_same_keys)
{
    struct catalog *vi = NULL, *en = NULL;
    struct err e = { 0 };
    check_ok(catalog_read(file_text("text/vi.txt"), &vi, &e), e);
    check_ok(catalog_read(file_text("text/en.txt"), &en, &e), e);
    check_int(catalog_count(vi), catalog_count(en));
    for (size_t i = 0; i < catalog_count(vi); i++)
        check_same(catalog_key_at(vi, i), catalog_key_at(en, i));
    catalog_close(&vi);
    catalog_close(&en);
}

TEST(every_word_of_every_page_is_a_key)
{
    static const char *const pages[] = { "admin",      "dossier",     "dossiers", "error",
                                         "foot",       "head",        "home",     "pay",
                                         "portal",     "portal_head", "profile",  "refused",
                                         "signed_out", "vneid" };
    struct catalog *vi = NULL;
    struct err e = { 0 };
    size_t words = 0;
    check_ok(catalog_read(file_text("text/vi.txt"), &vi, &e), e);
    for (size_t i = 0; i < LEN(pages); i++) {
        struct str rest =
            file_text(str_cstr(test_arena(), str_fmt(test_arena(), "page/%s.html", pages[i])));
        for (; rest.n > 0; rest = str_from(rest, 1)) {
            struct str key, unused;
            if (!str_starts(rest, STR("{{t.")))
                continue;
            check(str_cut(str_from(rest, 4), '}', &key, &unused));
            if (!catalog_find(vi, key, &unused))
                test_fail(__FILE__, __LINE__, "%s: %.*s", pages[i], STR_ARG(key));
            words++;
        }
    }
    check(words > 60);
    catalog_close(&vi);
}

TEST(every_switch_has_its_text)
{
    struct stage s;
    stage_start(&s, nowhere, NULL, NULL);
    DEFER(json_close) struct json *doc = stage_json(stage_get(&s, STR("/admin/faults")));
    struct json *known = json_member(doc, "known");
    for (size_t i = 0; i < json_count(known); i++)
        check(!str_starts(stage_text(json_at(known, i), "help"), STR("fault.")));
    stage_stop(&s);
}

TEST(a_page_says_in_both_languages_that_it_is_simulated)
{
    static const char *const paths[] = { "/", "/portal", "/portal/signed-out", "/admin" };
    struct stage s;
    stage_start(&s, nowhere, NULL, NULL);
    for (size_t i = 0; i < LEN(paths); i++) {
        for (int k = 0; k < 2; k++) {
            const char *lang = k == 0 ? "vi" : "en";
            struct answer a = stage_get(&s, str_fmt(test_arena(), "%s?lang=%s", paths[i], lang));
            check_int(a.status, 200);
            check(str_has(a.body, STR("<strong>Mô phỏng / simulated</strong>")));
            check(str_has(a.body, str_fmt(test_arena(), "<html lang=\"%s\">", lang)));
            check(!str_has(a.body, STR("<script")));
        }
    }
    stage_stop(&s);
}

TEST(a_callback_of_another_browser_is_refused)
{
    struct stage s;
    stage_start(&s, nowhere, NULL, NULL);
    check_int(stage_get(&s, STR("/portal/callback?code=x&state=y")).status, 403);
    const char *const forged[] = { "Cookie: demo_state=ZBjftJeZ4CVPmB92K27uhbUJU1p1rwW1gFWFOEjXkAA",
                                   NULL };
    struct answer a =
        stage_call(&s, METHOD_GET,
                   STR("/portal/callback?code=x&state=ZBjftJeZ4CVPmB92K27uhbUJU1p1rwW1gFWFOEjXkAA"),
                   forged, NULL, STR(""));
    check_int(a.status, 403);
    stage_stop(&s);
}

TEST(a_sign_in_ends_only_in_the_browser_that_began_it)
{
    struct stage s;
    struct str head, state, rest;
    stage_start(&s, motcua_start(), NULL, NULL);
    struct answer a = stage_get(&s, STR("/portal/sign-in"));
    check_int(a.status, 303);
    check(str_has(a.location, STR("code_challenge_method=S256")));
    check(str_has(a.location, STR("nonce=")));
    rest = a.location;
    while (!str_starts(rest, STR("&state=")) && rest.n > 0)
        rest = str_from(rest, 1);
    check(str_cut(str_from(rest, 7), '&', &state, &rest));
    struct str path = str_fmt(test_arena(), "/portal/callback?code=x&state=%.*s", STR_ARG(state));
    check_int(stage_get(&s, path).status, 403);
    head = str_fmt(test_arena(), "Cookie: demo_state=%.*s", STR_ARG(state));
    const char *const own[] = { str_cstr(test_arena(), head), NULL };
    /* Its own browser gets as far as the token endpoint, which this motcua lacks. */
    check_int(stage_call(&s, METHOD_GET, path, own, NULL, STR("")).status, 502);
    check_int(stage_call(&s, METHOD_GET, path, own, NULL, STR("")).status, 403);
    stage_stop(&s);
    motcua_stop();
}

TEST(strangers_see_no_dossier_and_post_nothing)
{
    struct stage s;
    stage_start(&s, nowhere, NULL, NULL);
    struct answer a = stage_get(&s, STR("/portal/dossiers"));
    check_int(a.status, 303);
    check_str(a.location, "/portal");
    check_int(stage_get(&s, STR("/portal/dossiers/H56.14-261123-0001")).status, 303);
    const char *const fields[] = { "csrf", "x", "procedure", "1.004873.000.00.00.H56", NULL };
    check_int(stage_call(&s, METHOD_POST, STR("/portal/dossiers"), NULL, FORM, form_body_of(fields))
                  .status,
              401);
    check_int(stage_call(&s, METHOD_POST, STR("/portal/sign-out"), NULL, FORM, form_body_of(fields))
                  .status,
              401);
    stage_stop(&s);
}

TEST(without_motcua_the_sign_in_says_so)
{
    struct stage s;
    stage_start(&s, nowhere, NULL, NULL);
    struct answer a = stage_get(&s, STR("/portal/sign-in"));
    check_int(a.status, 503);
    check(str_has(a.body, STR("role=\"alert\"")));
    stage_stop(&s);
}
