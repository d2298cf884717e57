#include "base/xml.h"

#include <pthread.h>
#include <string.h>

#include "base/limits.h"
#include "tests/test.h"

static struct xml *read_ok(const char *text)
{
    struct xml *doc = NULL;
    struct err e;

    check_ok(xml_read(str_c(text), &doc, &e), e);
    return doc;
}

static void refused(struct str text, const char *why)
{
    struct xml *doc = NULL;
    struct err e = { 0 };

    check_fails(xml_read(text, &doc, &e), e, ERR_MALFORMED);
    check(doc == NULL);
    if (strncmp(e.detail, why, strlen(why)) != 0)
        test_fail(__FILE__, __LINE__, "%.*s: %s", STR_ARG(text), e.detail);
}

TEST(what_is_not_well_formed_is_refused)
{
    refused((struct str){ NULL, 0 }, "xml: empty");
    refused(STR(""), "xml: empty");
    refused(STR(" "), "xml: line");
    refused(STR("text"), "xml: line");
    refused(STR("<a>"), "xml: line");
    refused(STR("<a></b>"), "xml: line");
    refused(STR("<a/><b/>"), "xml: line");
    refused(STR("<a/>x"), "xml: line");
    refused(STR("<a b=1/>"), "xml: line");
    refused(STR("<a b='1' b='2'/>"), "xml: line");
    refused(STR("<a>&nbsp;</a>"), "xml: line");
    refused(STR("<a>&#0;</a>"), "xml: line");
    refused(STR("<a>&#x1;</a>"), "xml: line");
    refused(STR("<a>\x01</a>"), "xml: line");
    refused(STR("<x:a/>"), "xml: line");
}

TEST(bad_utf8_is_refused_whatever_the_declaration_says)
{
    refused(STR("<a>\xff</a>"), "xml: not UTF-8");
    refused(STR("<a>\xc0\x80</a>"), "xml: not UTF-8");
    refused(STR("<a>\0</a>"), "xml: not UTF-8");
    refused(STR("<?xml version='1.0' encoding='ISO-8859-1'?><a>\xe0</a>"), "xml: not UTF-8");
    refused(STR("\xff\xfe<\0a\0/\0>\0"), "xml: not UTF-8");
}

TEST(a_wrong_encoding_label_is_ignored)
{
    DEFER(xml_close)
    struct xml *doc = read_ok("<?xml version=\"1.0\" encoding=\"utf-16\"?><a>Hoà</a>");
    DEFER(xml_close)
    struct xml *latin = read_ok("<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><a>Hoà</a>");
    DEFER(xml_close) struct xml *marked = read_ok("\xef\xbb\xbf<a>Hoà</a>");

    check_str(xml_text(test_arena(), xml_root(doc)), "Hoà");
    check_str(xml_text(test_arena(), xml_root(latin)), "Hoà");
    check_str(xml_text(test_arena(), xml_root(marked)), "Hoà");
}

TEST(every_document_type_declaration_is_refused)
{
    static const char why[] = "xml: a document type declaration";

    refused(STR("<!DOCTYPE a><a/>"), why);
    refused(STR("<!DOCTYPE a SYSTEM \"http://127.0.0.1:1/a.dtd\"><a/>"), why);
    refused(STR("<!DOCTYPE a [<!ENTITY x \"y\">]><a>&x;</a>"), why);
    refused(STR("<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><a>&x;</a>"), why);
    refused(STR("<!DOCTYPE a [<!ENTITY % p SYSTEM \"http://127.0.0.1:1/p\">%p;]><a/>"), why);
    refused(STR("<!DOCTYPE a [<!ATTLIST a b CDATA \"c\">]><a/>"), why);
    refused(STR("<?xml version='1.0'?><!-- c --><!DOCTYPE a []><a/>"), why);
}

TEST(a_billion_laughs_are_not_heard)
{
    struct buf b = buf_make(test_arena(), LIMIT_XML_BYTES);

    buf_puts(&b, "<!DOCTYPE l [<!ENTITY l0 \"lol\">");
    for (int i = 1; i < 10; i++) {
        buf_fmt(&b, "<!ENTITY l%d \"", i);
        for (int j = 0; j < 10; j++)
            buf_fmt(&b, "&l%d;", i - 1);
        buf_puts(&b, "\">");
    }
    buf_puts(&b, "]><l>&l9;</l>");
    refused(buf_str(&b), "xml: a document type declaration");
}

static struct str nested(int depth)
{
    struct buf b = buf_make(test_arena(), 8u << 20);

    for (int i = 0; i < depth; i++)
        buf_puts(&b, "<a>");
    for (int i = 0; i < depth; i++)
        buf_puts(&b, "</a>");
    return buf_str(&b);
}

TEST(depth_has_an_end)
{
    struct xml *doc = NULL;
    struct err e;

    check_ok(xml_read(nested(200), &doc, &e), e);
    xml_close(&doc);
    refused(nested(300), "xml: line");
    refused(nested(70000), "xml: line");
}

TEST(size_has_an_end)
{
    struct buf b = buf_make(test_arena(), 2u << 20);
    struct xml *doc = NULL;
    struct err e;

    buf_puts(&b, "<a>");
    while (b.n < LIMIT_XML_BYTES)
        buf_puts(&b, "xxxxxxxxxxxxxxxx");
    buf_puts(&b, "</a>");
    check_fails(xml_read(buf_str(&b), &doc, &e), e, ERR_TOO_LARGE);
    check_ok(xml_read_max(buf_str(&b), 1u << 20, &doc, &e), e);
    check_int(xml_text(test_arena(), xml_root(doc)).n, b.n - 7);
    xml_close(&doc);
}

TEST(an_error_never_quotes_the_input)
{
    struct xml *doc = NULL;
    struct err e;

    check_fails(xml_read(STR("<a>\n<001087123456></a>"), &doc, &e), e, ERR_MALFORMED);
    check(strstr(e.detail, "00108") == NULL);
    check(strstr(e.detail, "line 2") != NULL);
}

#define ENVELOPE                                                                                   \
    "<soap:Envelope xmlns:soap='http://schemas.xmlsoap.org/soap/envelope/'><soap:Body>"            \
    "<p:List xmlns:p='http://example.vn/p' kind='all' p:of='&quot;x&quot;'>\n"                     \
    " <!-- c --><p:Item>1</p:Item><?pi x?><Other>o<b>bold</b>p</Other>"                            \
    "<q:Item xmlns:q='http://example.vn/q'> <![CDATA[<2>]]> &amp; &#272; </q:Item><Item/>\n"       \
    "</p:List></soap:Body></soap:Envelope>"

TEST(elements_are_found_by_local_name)
{
    DEFER(xml_close) struct xml *doc = read_ok(ENVELOPE);
    const struct xml_node *root = xml_root(doc);
    const struct xml_node *item = xml_find(root, "Body/List/Item");

    check_str(xml_name(root), "Envelope");
    check_str(xml_space(root), "http://schemas.xmlsoap.org/soap/envelope/");
    check_str(xml_text(test_arena(), item), "1");
    check_str(xml_space(item), "http://example.vn/p");
    item = xml_next(item);
    check_str(xml_text(test_arena(), item), "<2> & Đ");
    check_str(xml_space(item), "http://example.vn/q");
    item = xml_next(item);
    check_str(xml_text(test_arena(), item), "");
    check_str(xml_space(item), "");
    check(xml_next(item) == NULL);
    check(xml_find(root, "Body/List/item") == NULL);
    check(xml_find(root, "List") == NULL);
    check(xml_find(root, "Body/No/Item") == NULL);
    check(xml_find(NULL, "Body") == NULL);
}

TEST(elements_are_walked_in_order)
{
    DEFER(xml_close) struct xml *doc = read_ok(ENVELOPE);
    const struct xml_node *n = xml_first(xml_find(xml_root(doc), "Body/List"));
    static const char *const names[] = { "Item", "Other", "Item", "Item" };

    for (size_t i = 0; i < LEN(names); i++, n = xml_sibling(n))
        check_str(xml_name(n), names[i]);
    check(n == NULL);
    check(xml_first(NULL) == NULL && xml_sibling(NULL) == NULL && xml_next(NULL) == NULL);
    check(xml_first(xml_find(xml_root(doc), "Body/List/Item")) == NULL);
}

TEST(the_text_of_an_element_is_its_own)
{
    DEFER(xml_close) struct xml *doc = read_ok(ENVELOPE);
    const struct xml_node *list = xml_find(xml_root(doc), "Body/List");

    check_str(xml_text(test_arena(), xml_find(list, "Other")), "op");
    check_str(xml_text(test_arena(), list), "");
    check_str(xml_text(test_arena(), NULL), "");
}

TEST(attributes_are_found_by_local_name)
{
    DEFER(xml_close) struct xml *doc = read_ok(ENVELOPE);
    const struct xml_node *list = xml_find(xml_root(doc), "Body/List");

    check_str(xml_attr(test_arena(), list, "kind"), "all");
    check_str(xml_attr(test_arena(), list, "of"), "\"x\"");
    check_str(xml_attr(test_arena(), list, "no"), "");
    check_str(xml_attr(test_arena(), NULL, "kind"), "");
}

TEST(what_is_written_can_be_read)
{
    const struct str text = STR("<&>\"'\r\n\tĐ");
    struct buf b = buf_make(test_arena(), 1000);
    struct xml *doc = NULL;
    struct err e;

    buf_puts(&b, "<r a=\"");
    xml_put_text(&b, STR("\"<&>'"));
    buf_puts(&b, "\">");
    xml_put_element(&b, "t", text);
    xml_put_element(&b, "c", STR("a\x01\x1f z"));
    xml_put_element(&b, "n", STR("\xef\xbf\xbe.\xef\xbf\xbf.\xef\xbf\xbd"));
    buf_puts(&b, "</r>");
    check_str(buf_str(&b), "<r a=\"&quot;&lt;&amp;&gt;&#39;\"><t>&lt;&amp;&gt;&quot;&#39;&#13;\n\tĐ"
                           "</t><c>a\xef\xbf\xbd\xef\xbf\xbd z</c>"
                           "<n>\xef\xbf\xbd.\xef\xbf\xbd.\xef\xbf\xbd</n></r>");
    check_ok(xml_read(buf_str(&b), &doc, &e), e);
    check_same(xml_text(test_arena(), xml_find(xml_root(doc), "t")), text);
    check_str(xml_attr(test_arena(), xml_root(doc), "a"), "\"<&>'");
    xml_close(&doc);
}

static void *read_many(void *failures)
{
    for (int i = 0; i < 50; i++) {
        struct xml *doc = NULL;

        if (xml_read(STR(ENVELOPE), &doc, NULL).failed ||
            !xml_read(STR("<!DOCTYPE a><a/>"), &doc, NULL).failed)
            ++*(int *)failures;
        xml_close(&doc);
    }
    return NULL;
}

TEST(threads_read_at_the_same_time)
{
    pthread_t threads[4];
    int failures[LEN(threads)] = { 0 };

    for (size_t i = 0; i < LEN(threads); i++)
        check(pthread_create(&threads[i], NULL, read_many, &failures[i]) == 0);
    for (size_t i = 0; i < LEN(threads); i++) {
        check(pthread_join(threads[i], NULL) == 0);
        check_int(failures[i], 0);
    }
}

TEST(closing_twice_does_nothing)
{
    struct xml *doc = read_ok("<a/>");

    xml_close(&doc);
    xml_close(&doc);
    check(doc == NULL);
}
