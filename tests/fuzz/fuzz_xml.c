/* XML: no document type ever gets in, and every text of a document survives being written. */
/* rooms: base */
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "base/utf8.h"
#include "base/xml.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static void look(struct arena *a, const struct xml_node *n)
{
    struct buf b = buf_make(a, 8u << 20);
    const struct str text = xml_text(a, n);
    struct xml *doc = NULL;

    must(utf8_is_valid(text) && utf8_is_valid(xml_attr(a, n, "a")));
    xml_put_element(&b, "t", text);
    must(!xml_read_max(buf_str(&b), 8u << 20, &doc, NULL).failed);
    must(str_eq(xml_text(a, xml_root(doc)), text));
    xml_close(&doc);
}

static void walk(struct arena *a, const struct xml_node *n)
{
    for (; n != NULL; n = xml_sibling(n)) {
        must(xml_name(n).n > 0);
        (void)xml_space(n);
        (void)xml_next(n);
        (void)xml_find(n, "a/b");
        walk(a, xml_first(n));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct arena *a = arena_open(64u << 20);
    struct xml *doc = NULL;

    if (n <= 65536 && !xml_read(str_of(bytes, n), &doc, NULL).failed) {
        look(a, xml_root(doc));
        walk(a, xml_root(doc));
    }
    xml_close(&doc);
    arena_close(&a);
    return 0;
}
