/* JSON: what is read prints to a text that reads and prints the same. */
/* rooms: base */
#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "base/str.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static void look(const struct json *v)
{
    static const char *const names[] = { "id", "name", NULL };
    struct str s = STR("");
    struct json *item = NULL;
    int64_t number = 0;
    struct err e;

    (void)json_only(v, names, &e).failed;
    (void)json_need_str(v, "name", 10, &s, &e).failed;
    (void)json_need_int(v, "id", 0, 9, &number, &e).failed;
    (void)json_need_array(v, "items", 3, &item, &e).failed;
    must(s.n <= 10 && number >= 0 && number <= 9 && json_count(item) <= 3);
    for (size_t i = 0; json_each(v, i, &s, &item); i++)
        must(s.n == 0 || json_lookup(v, s, &item));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct arena *a = arena_open(64u << 20);
    struct json *v = NULL, *again = NULL;
    struct str text;

    if (n <= 65536 && !json_read(str_of(bytes, n), &v, NULL).failed) {
        look(v);
        text = json_print_canonical(a, v);
        must(!json_read(text, &again, NULL).failed);
        must(str_eq(json_print_canonical(a, again), text));
        json_close(&again);
        must(!json_read(json_print(a, v), &again, NULL).failed);
    }
    json_close(&again);
    json_close(&v);
    arena_close(&a);
    return 0;
}
