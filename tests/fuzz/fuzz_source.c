/* Sources of files, in JSON with or without a map: read whole or refused with every mistake told.
 */
/* rooms: base crypto conf paper store http recon payments finance */
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "conf/conf.h"
#include "finance/source.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static void row_check(const struct source *s, struct arena *a)
{
    const struct date day = { 2026, 11, 23 };
    int64_t from_ms, to_ms, fee_vnd;

    must(s->id.n > 0 && s->provider.n > 0 && s->calendar != NULL);
    must((s->form == SETTLEMENT_CSV) == (s->map != NULL));
    source_day_span(s, day, &from_ms, &to_ms);
    must(from_ms < to_ms);
    must(source_deadline(s, day) > 0);
    must(s->fetch.way == SOURCE_NOT_FETCHED || source_url(s, day, a).n > 0);
    (void)source_fee_vnd(s, day, 100000, &fee_vnd);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    static const struct conf nothing;
    struct arena *a = arena_open(64u << 20);
    struct buf mistakes = buf_make(a, 1u << 20);
    struct source_book book = { .rows = NULL };
    struct err e = { 0 };

    if (sources_read(&nothing, a, STR("fuzz"), str_of(bytes, n), &mistakes, &book, &e).failed)
        must(mistakes.n > 0 && e.code == ERR_CONFIG);
    else
        for (size_t i = 0; i < book.count; i++)
            row_check(&book.rows[i], a);
    arena_close(&a);
    return 0;
}
