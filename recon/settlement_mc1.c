/*
 * MC1: H, D and T lines of fields between '|'; '|', '%', CR and LF are written %7C %25 %0D %0A. A
 * line's chain is the first 16 hex digits of SHA-256 over the chain before and the line without its
 * own; the trailer's digest is over all lines above, with LF.
 */
#include "base/arena.h"
#include "base/err.h"
#include "base/limits.h"
#include "base/str.h"
#include "recon/settlement_read.h"

#define CHAIN_DIGITS 16
#define CELLS_MAX    (SETTLEMENT_LINE_CELLS + 2)

struct mc1 {
    struct settlement_reader *r;
    struct digest_run *above;
    char chain[CHAIN_DIGITS]; /* of the last line */
    size_t chain_n;           /* 0 before the first */
    bool chain_broken;        /* told once: all that follow would be wrong too */
    int64_t line;
};

static struct str unescape(struct mc1 *m, struct str s, int64_t column, bool *bad)
{
    static const char codes[4][3] = { "7C", "25", "0D", "0A" };
    static const char meant[4] = { '|', '%', '\r', '\n' };
    char *out = arena_alloc(m->r->scratch, s.n + 1);
    size_t n = 0;

    for (size_t i = 0; i < s.n; i++) {
        size_t k = 0;
        if (s.p[i] != '%') {
            out[n++] = s.p[i];
            continue;
        }
        while (k < LEN(codes) && !str_eq_nocase(str_sub(s, i + 1, 2), str_c(codes[k])))
            k++;
        if (k == LEN(codes)) {
            const struct settlement_place at = { m->line, column + (int64_t)i };
            settlement_blame(m->r, "COR", at, str_from(s, i), "an escape that MC1 does not have");
            *bad = true;
            return s;
        }
        out[n++] = meant[k];
        i += 2;
    }
    return str_of(out, n);
}

/* The fields after the record's letter. Counts them all, keeps CELLS_MAX. */
static size_t cut(struct mc1 *m, struct str line, struct settlement_cell *cells, bool *bad)
{
    struct str rest = line, field;
    size_t count = 0;

    (void)str_next(&rest, '|', &field);
    while (str_next(&rest, '|', &field)) {
        const int64_t column = field.p - line.p + 1;
        if (count < CELLS_MAX)
            cells[count] = (struct settlement_cell){
                str_find(field, '%') == field.n ? field : unescape(m, field, column, bad), column
            };
        count++;
    }
    return count;
}

static bool has_cells(struct mc1 *m, struct str line, size_t count, size_t want)
{
    const struct settlement_place at = { m->line, 1 };

    if (count == want)
        return true;
    settlement_blame(m->r, "COR", at, line, "%zu fields after the letter instead of %zu", count,
                     want);
    return false;
}

static void chain_check(struct mc1 *m, struct str line, const struct settlement_cell *said)
{
    struct str before = str_of(m->chain, m->chain_n);
    struct str head = str_sub(line, 0, (size_t)said->column - 2); /* without '|' and the chain */
    struct str made =
        str_sub(digest_hex(m->r->scratch, digest_sha256(str_cat(m->r->scratch, before, head))), 0,
                CHAIN_DIGITS);
    const struct settlement_place at = { m->line, said->column };

    if (!m->chain_broken && !str_eq(made, said->text)) {
        settlement_blame(m->r, "COR", at, said->text,
                         "the chain breaks here: %.*s is that of the line", STR_ARG(made));
        m->chain_broken = true;
    }
    for (size_t i = 0; i < CHAIN_DIGITS; i++)
        m->chain[i] = made.p[i];
    m->chain_n = CHAIN_DIGITS;
}

static result detail(struct mc1 *m, struct str line, const struct settlement_cell *cells,
                     struct err *e)
{
    struct settlement_line l;

    chain_check(m, line, &cells[SETTLEMENT_LINE_CELLS]);
    if (!settlement_read_line(m->r, cells, m->line, &l)) {
        settlement_lose(m->r);
        return OK;
    }
    return settlement_put(m->r, &l, e);
}

static void trailer(struct mc1 *m, const struct settlement_cell *cells)
{
    const struct settlement_cell *said = &cells[SETTLEMENT_TRAILER_CELLS];
    const struct settlement_place at = { m->line, said->column };
    struct str made = digest_hex(m->r->scratch, digest_sum(m->above));

    if (!settlement_read_trailer(m->r, cells, m->line))
        return;
    settlement_check_trailer(m->r, m->line);
    if (!str_eq(made, said->text))
        settlement_blame(m->r, "CTL", at, said->text, "the lines above have the SHA-256 %.*s",
                         STR_ARG(made));
}

/* False: what follows makes no sense. */
static bool record(struct mc1 *m, struct str line, result *done, struct err *e)
{
    const struct settlement_place at = { m->line, 1 };
    struct settlement_cell cells[CELLS_MAX];
    bool bad = false;
    const size_t count = cut(m, line, cells, &bad);
    struct str letter = str_sub(line, 0, str_find(line, '|'));

    if (m->line == 1)
        return has_cells(m, line, count, SETTLEMENT_HEAD_CELLS) && !bad &&
               settlement_read_head(m->r, cells, m->line);
    if (str_is(letter, "D")) {
        if (!has_cells(m, line, count, SETTLEMENT_LINE_CELLS + 1) || bad)
            settlement_lose(m->r);
        else
            *done = detail(m, line, cells, e);
        return true;
    }
    if (str_is(letter, "T")) {
        if (has_cells(m, line, count, SETTLEMENT_TRAILER_CELLS + 1) && !bad)
            trailer(m, cells);
        m->r->has_trailer = true;
        return false;
    }
    settlement_blame(m->r, "VER", at, line, "an unknown kind of record");
    return true;
}

static void ending_check(struct mc1 *m, struct settlement_text *t)
{
    const struct settlement_place at = { t->line + 1, 1 };

    if (!m->r->has_trailer && m->r->faults->total == 0)
        settlement_blame(m->r, "COR", at, STR(""), "cut short: no T line");
    else if (m->r->has_trailer && settlement_has_more(m->r, t))
        settlement_blame(m->r, "COR", at, t->rest, "more after the T line");
}

result settlement_read_mc1(struct settlement_reader *r, struct str bytes, struct err *e)
{
    DEFER(digest_close) struct digest_run *above = digest_begin();
    struct mc1 m = { .r = r, .above = above };
    struct settlement_text t = { .rest = bytes };
    struct str line;
    bool more = true;

    while (more && settlement_has_more(r, &t)) {
        result done = OK;
        arena_reset(r->scratch);
        if (!settlement_next_line(r, &t, &line))
            return OK;
        m.line = t.line;
        more = record(&m, line, &done, e);
        TRY(done);
        digest_add(above, line);
        digest_add(above, STR("\n"));
    }
    ending_check(&m, &t);
    return OK;
}
