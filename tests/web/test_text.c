/* The pages and their texts: both languages say the same things, and every page can be rendered. */
#include <string.h>

#include "auth/client_metadata.h"
#include "base/catalog.h"
#include "base/embed.h"
#include "base/json.h"
#include "base/template.h"
#include "finance/reconcile.h"
#include "payments/ledger.h"
#include "payments/proposal.h"
#include "tests/test.h"

extern const struct embed_set web_pages, web_texts;

static struct catalog *catalog(const char *file)
{
    struct catalog *c;
    struct str text;
    struct err e;

    check(embed_find(&web_texts, str_c(file), &text));
    check_ok(catalog_read(text, &c, &e), e);
    return c;
}

static void need_key(const struct catalog *vi, const struct catalog *en, struct str key)
{
    struct str text;

    if (!catalog_find(vi, key, &text) || !catalog_find(en, key, &text))
        test_fail(__FILE__, __LINE__, "no text for %.*s", STR_ARG(key));
}

TEST(both_languages_have_the_same_keys)
{
    struct catalog *vi = catalog("vi.txt"), *en = catalog("en.txt");

    check_int(catalog_count(vi), catalog_count(en));
    for (size_t i = 0; i < catalog_count(vi); i++)
        check_same(catalog_key_at(vi, i), catalog_key_at(en, i));
    catalog_close(&vi);
    catalog_close(&en);
}

TEST(a_text_that_sends_to_another_page_names_it_as_it_is_called)
{
    static const char *const files[] = { "vi.txt", "en.txt" };

    for (size_t i = 0; i < LEN(files); i++) {
        struct catalog *c = catalog(files[i]);
        struct str text, title;

        check(catalog_find(c, STR("approve.warning"), &text));
        check(catalog_find(c, STR("me_sessions.title"), &title));
        check(str_has(text, title));
        catalog_close(&c);
    }
}

TEST(every_text_that_a_page_names_exists)
{
    struct catalog *vi = catalog("vi.txt"), *en = catalog("en.txt");

    for (size_t i = 0; i < web_pages.n; i++) {
        struct str rest = web_pages.files[i].bytes;
        const char *at;

        while ((at = memmem(rest.p, rest.n, "{{t.", 4)) != NULL) {
            rest = str_from(rest, (size_t)(at - rest.p) + 4);
            need_key(vi, en, str_sub(rest, 0, str_find(rest, '}')));
        }
    }
    catalog_close(&vi);
    catalog_close(&en);
}

TEST(every_error_and_every_class_of_difference_has_a_text)
{
    struct catalog *vi = catalog("vi.txt"), *en = catalog("en.txt");

    for (int i = 0; i < ERR_COUNT; i++)
        need_key(vi, en, str_c(err_text((enum err_code)i)));
    for (int i = ERR_NONE + 1; i < ERR_COUNT; i++) /* and a page that says what to check */
        need_key(vi, en,
                 str_cat(test_arena(), STR("why."),
                         str_from(str_c(err_text((enum err_code)i)), sizeof("err.") - 1)));
    for (int i = 0; i < MATCH_COUNT; i++)
        need_key(vi, en, str_c(match_text((enum match_class)i)));
    for (int i = 0; i < RECONCILE_VERDICT_COUNT; i++)
        need_key(vi, en,
                 str_fmt(test_arena(), "finance.verdict_text.%s",
                         reconcile_verdict_name((enum reconcile_verdict)i)));
    catalog_close(&vi);
    catalog_close(&en);
}

static const int accounts[] = {
#define ACCOUNT(code, side, name) code,
#include "payments/account.def"
#undef ACCOUNT
};

TEST(every_kind_and_state_of_a_proposal_and_every_account_has_a_text)
{
    struct catalog *vi = catalog("vi.txt"), *en = catalog("en.txt");

    for (int i = 0; i < PROPOSAL_KIND_COUNT; i++)
        need_key(
            vi, en,
            str_fmt(test_arena(), "proposal.kind.%s", proposal_kind_name((enum proposal_kind)i)));
    for (int i = 0; i < PROPOSAL_STATE_COUNT; i++)
        need_key(vi, en,
                 str_fmt(test_arena(), "proposal.state.%s",
                         proposal_state_name((enum proposal_state)i)));
    for (size_t i = 0; i < LEN(accounts); i++)
        need_key(vi, en, str_fmt(test_arena(), "ledger.account.%d", accounts[i]));
    catalog_close(&vi);
    catalog_close(&en);
}

TEST(every_field_of_a_client_has_a_text_in_the_readers_language)
{
    struct catalog *vi = catalog("vi.txt"), *en = catalog("en.txt");
    size_t n;
    const struct client_field *fields = client_fields(&n);

    for (size_t i = 0; i < n; i++) {
        struct str in_vi, in_en, key;

        if (fields[i].option[0] == '\0')
            continue;
        key = str_cat(test_arena(), STR("client_field."), str_c(fields[i].option + 2));
        need_key(vi, en, key);
        check(catalog_find(vi, key, &in_vi) && catalog_find(en, key, &in_en));
        check(!str_eq(in_vi, in_en));
    }
    catalog_close(&vi);
    catalog_close(&en);
}

static bool find_page(const void *self, struct str name, struct str *text)
{
    (void)self;
    return embed_find(&web_pages, str_cat(test_arena(), name, STR(".html")), text);
}

TEST(every_page_parses_and_its_parts_exist)
{
    const struct template_source source = { find_page, NULL };
    struct err e;

    check(web_pages.n >= 15);
    for (size_t i = 0; i < web_pages.n; i++) {
        const struct str file = web_pages.files[i].name;

        check_ok(template_check(&source, str_sub(file, 0, file.n - 5), test_arena(), &e), e);
    }
}

TEST(no_page_carries_script_or_style_of_its_own)
{
    for (size_t i = 0; i < web_pages.n; i++) {
        const struct str page = web_pages.files[i].bytes;

        check(!str_has(page, STR("<style")));
        check(!str_has(page, STR(" style=")));
        check(!str_has(page, STR(" onclick=")));
        check(!str_has(page, STR("<script>")));
    }
}
