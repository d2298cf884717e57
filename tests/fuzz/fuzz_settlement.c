/* Settlement files: what any bytes give is bounded, and what is accepted adds up and reads the same
 * again. */
/* rooms: base crypto paper recon */
#include "base/arena.h"
#include "base/err.h"
#include "base/money.h"
#include "base/str.h"
#include "base/utf8.h"
#include "recon/settlement.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

struct sums {
    int64_t lines, gross_vnd, moved_vnd;
};

static result add(void *arg, const struct settlement_line *l, struct err *e)
{
    struct sums *s = arg;

    (void)e;
    must(l->n == ++s->lines);
    must(l->kind < SETTLEMENT_KIND_COUNT);
    must(utf8_is_text(l->portal_txn) && utf8_is_text(l->merchant_ref) && utf8_is_text(l->dossier));
    must(l->gross_vnd <= MONEY_MAX_VND && l->gross_vnd >= -MONEY_MAX_VND);
    s->gross_vnd += l->gross_vnd;
    s->moved_vnd += settlement_moved_vnd(l);
    return OK;
}

static void faults_are_told(const struct settlement_faults *f)
{
    must(f->total > 0 && f->count > 0 && f->count <= SETTLEMENT_FAULTS_MAX);
    for (size_t i = 0; i < f->count; i++)
        must(f->list[i].code != NULL && f->list[i].line >= 0 && f->list[i].column >= 0 &&
             utf8_is_valid(f->list[i].bytes));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct arena *a = arena_open(32u << 20);
    struct settlement_faults faults, again;
    struct settlement_head head, same;
    struct sums sums = { 0 };
    struct err e = { 0 };

    must(!settlement_read(str_of(bytes, n), a, NULL, NULL, &head, &faults, &e).failed);
    if (faults.total > 0) {
        faults_are_told(&faults);
    } else {
        must(!settlement_read(str_of(bytes, n), a, add, &sums, &same, &again, &e).failed);
        must(again.total == 0 && str_eq(head.content, same.content));
        must(sums.lines == head.lines && sums.gross_vnd == head.gross_vnd);
        must(sums.moved_vnd == head.moved_vnd && date_is_valid(head.day));
    }
    arena_close(&a);
    return 0;
}
