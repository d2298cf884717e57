#include "sandbox/page.h"

#include "base/limits.h"
#include "base/template.h"

#define LANG_COOKIE "sandbox_lang"
#define YEAR_S      31536000

static bool template_named(const void *self, struct str name, struct str *text)
{
    char file[64];
    const size_t n = name.n;

    if (n + sizeof(".html") > sizeof(file))
        return false;
    for (size_t i = 0; i < n; i++)
        file[i] = name.p[i];
    for (size_t i = 0; i < sizeof(".html"); i++)
        file[n + i] = ".html"[i];
    return embed_find(self, str_c(file), text);
}

static bool word_named(const void *self, struct str key, struct str *text)
{
    return catalog_find(self, key, text);
}

static bool is_language(struct str s)
{
    return str_is(s, "vi") || str_is(s, "en");
}

struct str page_language(const struct request *rq)
{
    struct form query;
    struct str cookie = request_cookie(rq, LANG_COOKIE);

    if (!form_query(rq, &query, NULL).failed && is_language(form_get(&query, "lang")))
        return form_get(&query, "lang");
    return is_language(cookie) ? cookie : request_language(rq);
}

const struct catalog *page_words(const struct sandbox *sb, const struct request *rq)
{
    return str_is(page_language(rq), "en") ? sb->en : sb->vi;
}

/* The address of this page in the other language. */
static struct str other_language(const struct request *rq, struct str lang)
{
    struct pair fields[LIMIT_FORM_FIELDS + 1];
    struct form query;
    size_t n = 0;

    if (rq->method == METHOD_POST || form_query(rq, &query, NULL).failed)
        query.count = 0;
    for (size_t i = 0; i < query.count; i++)
        if (!str_is(query.fields[i].name, "lang"))
            fields[n++] = query.fields[i];
    fields[n++] = (struct pair){ STR("lang"), lang };
    return url_with(rq->arena, rq->path, fields, n);
}

static void page_frame(struct sandbox *sb, struct request *rq, const struct page *p,
                       struct json *data)
{
    struct str lang = page_language(rq);
    bool en = str_is(lang, "en");

    json_put_str(data, "lang", lang);
    json_put_bool(data, "is_en", en);
    json_put_str(data, "title", catalog_text(page_words(sb, rq), str_c(p->title)));
    json_put_str(data, "motcua", sb->motcua);
    json_put_str(data, "other_lang", en ? STR("vi") : STR("en"));
    json_put_str(data, "other_lang_name", en ? STR("Tiếng Việt") : STR("English"));
    json_put_str(data, "other_lang_url", other_language(rq, en ? STR("vi") : STR("en")));
}

result page_show(struct sandbox *sb, struct request *rq, struct response *rs, const struct page *p,
                 struct err *e)
{
    DEFER(json_close) struct json *data = p->data ? p->data : json_object();
    const struct template_source source = { template_named, &sandbox_pages };
    const struct template_words words = { word_named, page_words(sb, rq) };
    struct buf out = buf_make(rq->arena, LIMIT_PAGE_BYTES);
    struct str html;

    page_frame(sb, rq, p, data);
    TRY(template_render(&source, &words, str_c(p->name), data, &out, e));
    TRY(buf_end(&out, &html, e));
    response_body(rs, p->status, "text/html; charset=utf-8", html);
    struct form query;
    if (!form_query(rq, &query, NULL).failed && is_language(form_get(&query, "lang"))) {
        const struct cookie_out c = { .name = LANG_COOKIE,
                                      .value = form_get(&query, "lang"),
                                      .max_age_s = YEAR_S };
        response_cookie(rs, &c);
    }
    return OK;
}

void page_fail(struct sandbox *sb, struct request *rq, struct response *rs, enum err_code code)
{
    struct json *data = json_object();
    json_put_str(data, "message", catalog_text(page_words(sb, rq), str_c(err_text(code))));
    json_put_str(data, "code", str_c(err_name(code)));
    const struct page p = {
        .status = err_status(code), .name = "error", .title = "title.error", .data = data
    };
    if (page_show(sb, rq, rs, &p, NULL).failed)
        response_body(rs, err_status(code), "text/plain", str_c(err_name(code)));
}

void page_json(struct request *rq, struct response *rs, int status, struct json *doc)
{
    response_body(rs, status, "application/json", json_print(rq->arena, doc));
    json_close(&doc);
}
