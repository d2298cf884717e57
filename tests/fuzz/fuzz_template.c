/* Templates: whatever the page and the data, what a value prints cannot open a tag. */
/* rooms: base */
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
#include "base/template.h"

#define OUT_BYTES_MAX (256u * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

/* Every part is the page itself, cut in half, so that it recurses. */
static bool page_find(const void *self, struct str name, struct str *text)
{
    const struct str *page = self;

    if (name.n > 8)
        return false;
    *text = str_is(name, "page") ? *page : str_from(*page, page->n / 2);
    return true;
}

static bool word_find(const void *self, struct str key, struct str *text)
{
    (void)self;
    *text = STR("<word>");
    return key.n % 2 == 0;
}

/* A page without "<" gives a page without "<". */
static void render(struct arena *a, struct str page, const struct json *data)
{
    const struct template_source source = { page_find, &page };
    const struct template_words words = { word_find, NULL };
    struct buf out = buf_make(a, OUT_BYTES_MAX);

    if (!template_render(&source, &words, STR("page"), data, &out, NULL).failed)
        must(str_find(page, '<') < page.n || str_find(buf_str(&out), '<') == out.n);
    must(out.n <= OUT_BYTES_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct arena *a = arena_open(256u << 20);
    struct json *data = NULL;

    must(!json_read(STR("{\"a\":\"<i>\",\"l\":[{\"b\":1},{\"b\":\"<\"}],\"o\":{\"p\":{\"q\":[]}},"
                        "\"n\":null,\"t\":true,\"f\":false,\"r\":1.25}"),
                    &data, NULL)
              .failed);
    if (n <= 2048)
        render(a, str_of(bytes, n), data);
    json_close(&data);
    arena_close(&a);
    return 0;
}
