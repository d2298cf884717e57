#include "cli/reconcile_out.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

#define OUT_BYTES ((size_t)1 << 20)
#define BAR_WIDTH 40

static const char columns[] = "class,priority,action,reference,portal_txn,dossier,body,file,line,"
                              "our_line,ours_vnd,theirs_vnd,difference_vnd,candidate_line,detail\n";

static result write_failed(const struct exceptions_file *f, struct err *e)
{
    return fail_field(e, ERR_INVALID, "out", "%s cannot be written: %s", f->path, strerror(errno));
}

result exceptions_open(struct exceptions_file *f, struct err *e)
{
    if (snprintf(f->temporary, sizeof f->temporary, "%s.%ld.part", f->path, (long)getpid()) >=
        (int)sizeof f->temporary)
        return fail_field(e, ERR_INVALID, "out", "a name that is too long");
    f->to = fopen(f->temporary, "wxe");
    if (f->to == NULL)
        return write_failed(f, e);
    (void)setvbuf(f->to, NULL, _IOFBF, OUT_BYTES);
    return fputs(columns, f->to) < 0 ? write_failed(f, e) : OK;
}

/* A text of a stranger and the separator behind it. Bytes that are no text are shown as \xNN. */
static void put_text(FILE *to, struct str s)
{
    bool quote = csv_is_formula(s);

    for (size_t i = 0; i < s.n && !quote; i++)
        quote = s.p[i] == ',' || s.p[i] == '"' || (unsigned char)s.p[i] < ' ';
    if (!quote) { /* nearly always */
        if (s.n > 0)
            (void)fwrite_unlocked(s.p, 1, s.n, to);
        (void)fputc_unlocked(',', to);
        return;
    }
    (void)fputs_unlocked(csv_is_formula(s) ? "\"'" : "\"", to);
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '"')
            (void)fputc_unlocked('"', to);
        (void)fputc_unlocked(s.p[i], to);
    }
    (void)fputs_unlocked("\",", to);
}

static void put_number(FILE *to, int64_t n)
{
    char digits[24];
    size_t at = sizeof digits;
    uint64_t left = n < 0 ? 0 - (uint64_t)n : (uint64_t)n;

    digits[--at] = ',';
    do
        digits[--at] = (char)('0' + left % 10);
    while ((left /= 10) > 0);
    if (n < 0)
        digits[--at] = '-';
    (void)fwrite_unlocked(digits + at, 1, sizeof digits - at, to);
}

static void put_class(FILE *to, enum match_class c)
{
    (void)fputs_unlocked(match_name(c), to);
    (void)fputc_unlocked(',', to);
    put_number(to, match_priority(c));
    put_text(to, str_c(match_action(c)));
}

/* An absent number is an empty cell. */
static void put_line(FILE *to, int64_t n)
{
    if (n >= 0)
        put_number(to, n);
    else
        (void)fputc_unlocked(',', to);
}

static struct str either(struct str a, struct str b)
{
    return a.n > 0 ? a : b;
}

static void show(struct exceptions_file *f, const struct match_outcome *o)
{
    struct str ref = either(o->ours.reference, o->theirs.merchant_ref);

    if (f->shown++ == f->shown_most)
        (void)printf("  ...\n");
    if (f->shown > f->shown_most)
        return;
    (void)printf("  %-10s %-26.*s line %-9" PRId64 " ours %" PRId64 "  theirs %" PRId64 "\n",
                 match_name(o->class), STR_ARG(either(ref, o->theirs.portal_txn)),
                 o->line > 0 ? o->line : 0, o->ours_vnd, o->theirs_vnd);
}

result exceptions_put(struct exceptions_file *f, const struct match_outcome *o, struct err *e)
{
    FILE *to = f->to;

    put_class(to, o->class);
    put_text(to, either(o->ours.reference, o->theirs.merchant_ref));
    put_text(to, either(o->theirs.portal_txn, o->ours.portal_txn));
    put_text(to, either(o->ours.dossier, o->theirs.dossier));
    put_text(to, either(o->ours.body, o->theirs.body));
    put_text(to, str_c(o->file >= 0 ? f->names[o->file + 1] : ""));
    put_line(to, o->line);
    put_line(to, o->ours_id);
    put_number(to, o->ours_vnd);
    put_number(to, o->theirs_vnd);
    put_number(to, o->difference_vnd);
    put_line(to, o->candidate_id);
    if (fputc_unlocked('\n', to) == EOF)
        return write_failed(f, e);
    f->written++;
    show(f, o);
    return OK;
}

/* The bytes as they can be read: what is no printable ASCII is \xNN. */
static void put_shown(FILE *to, struct str bytes)
{
    for (size_t i = 0; i < bytes.n; i++) {
        const unsigned char c = (unsigned char)bytes.p[i];
        if (c == '"')
            (void)fputs_unlocked("\"\"", to);
        else if (c >= ' ' && c < 0x7f && c != '\\')
            (void)fputc_unlocked(c, to);
        else
            (void)fprintf(to, "\\x%02X", c);
    }
}

/* The row of a line that was not read, up to the text of its last cell. */
static void bad_begin(struct exceptions_file *f, size_t file, int64_t line)
{
    FILE *to = f->to;

    put_class(to, MATCH_COR);
    (void)fputs_unlocked(",,,,", to);
    put_text(to, str_c(f->names[file]));
    put_line(to, file > 0 ? line : -1);
    put_line(to, file == 0 ? line : -1);
    (void)fputs_unlocked("0,0,0,,\"", to);
}

static void bad_show(struct exceptions_file *f, size_t file, int64_t line, int64_t column,
                     struct str why)
{
    f->written++;
    if (f->shown++ < f->shown_most)
        (void)printf("  %-10s %s: line %" PRId64 ", column %" PRId64 ": %.*s\n",
                     match_name(MATCH_COR), f->names[file], line, column, STR_ARG(why));
}

result exceptions_put_bad(struct exceptions_file *f, const struct sieve_bad *b, struct err *e)
{
    FILE *to = f->to;

    bad_begin(f, b->file, b->line);
    (void)fprintf(to, "line %" PRId64 ", column %" PRId64 ": %s: ", b->line, b->column, b->why);
    put_shown(to, b->bytes);
    if (fputs_unlocked("\"\n", to) == EOF)
        return write_failed(f, e);
    bad_show(f, b->file, b->line, b->column, str_c(b->why));
    return OK;
}

static void put_doubled(FILE *to, struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '"')
            (void)fputc_unlocked('"', to);
        (void)fputc_unlocked(s.p[i], to);
    }
}

result exceptions_put_fault(struct exceptions_file *f, size_t file,
                            const struct settlement_fault *fault, struct err *e)
{
    FILE *to = f->to;

    bad_begin(f, file, fault->line);
    (void)fprintf(to, "line %" PRId64 ", column %" PRId64 ": ", fault->line, fault->column);
    put_doubled(to, fault->why);
    (void)fputs_unlocked(": ", to);
    put_doubled(to, fault->bytes);
    if (fputs_unlocked("\"\n", to) == EOF)
        return write_failed(f, e);
    bad_show(f, file, fault->line, fault->column, fault->why);
    return OK;
}

result exceptions_end(struct exceptions_file *f, struct err *e)
{
    FILE *to = f->to;
    const bool bad = ferror(to) != 0 || fflush(to) != 0;

    f->to = NULL;
    if (fclose(to) != 0 || bad || rename(f->temporary, f->path) != 0) {
        const result r = write_failed(f, e);
        (void)unlink(f->temporary);
        return r;
    }
    return OK;
}

void exceptions_drop(struct exceptions_file *f)
{
    if (f->to == NULL)
        return;
    (void)fclose(f->to);
    (void)unlink(f->temporary);
    f->to = NULL;
}

static void bridge_row(const char *what, int64_t count, int64_t vnd)
{
    (void)printf("%-24s %12" PRId64 " %22" PRId64 "\n", what, count, vnd);
}

void bridge_print(const struct match_result *r, int64_t quarantined)
{
    (void)printf("%-24s %12s %22s\n", "", "count", "dong");
    bridge_row("captured here", r->ours_count, r->ours_vnd);
    bridge_row("lines there", r->line_count, r->theirs_vnd);
    bridge_row("matched", r->matched_count, r->matched_vnd);
    (void)printf("differences, ours - theirs\n");
    for (int c = 0; c < MATCH_COUNT; c++) {
        const struct match_sum *s = &r->classes[c];
        char what[32];
        if (s->count == 0 || c == MATCH_OK)
            continue;
        (void)snprintf(what, sizeof what, "  %s", match_name((enum match_class)c));
        bridge_row(what, s->count, s->difference_vnd);
    }
    if (quarantined > 0)
        bridge_row("  COR (not read)", quarantined, 0);
    (void)printf("%-24s %12s %22" PRId64 "\n", "residual", "", r->residual_vnd);
}

void progress_show(struct progress *p, int64_t done_bytes)
{
    const int percent = p->all_bytes > 0 && done_bytes < p->all_bytes
                            ? (int)(done_bytes * 100 / p->all_bytes)
                            : 100;

    if (!p->on || percent <= p->shown)
        return;
    p->shown = percent;
    (void)fprintf(stderr, "\r[%-*.*s] %3d %%", BAR_WIDTH, percent * BAR_WIDTH / 100,
                  "########################################", percent);
}

void progress_end(struct progress *p)
{
    if (p->on)
        (void)fprintf(stderr, "\r%*s\r", BAR_WIDTH + 10, "");
}
