/*
 * Two tables, or more, go through the sieve; as soon as one file has another form, or lines belong
 * to batches, everything goes to the engine, which needs some 300 bytes for each row instead.
 *
 * Attacker: whoever wrote the files. Promised: what cannot be read is told and never skipped, and a
 * file of another form that contradicts itself is used in no part.
 */
#include "cli/reconcile_files.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
#include "cli/reconcile_out.h"
#include "conf/file.h"
#include "recon/csv_form.h"

#define HEAD_BYTES  (LIMIT_SETTLEMENT_LINE + 16)
#define THREADS_MAX 64
#define SHOWN       10
#define FAULTS_TOLD 5
#define MAP_BYTES   (1 << 20)

struct input {
    const char *name;
    enum settlement_form form;  /* SETTLEMENT_NO_FORM: a table */
    const struct csv_form *map; /* SETTLEMENT_CSV */
    struct sieve_file table;    /* of other forms fd and bytes only */
    dev_t device;
    ino_t inode;
};

struct files {
    struct cli *cli;
    struct input *list; /* ours first */
    size_t count;
    const char **names;
    struct exceptions_file out;
    struct progress progress;
    struct sieve_result sieved;
    struct match *match;
    char *head, *scratch, *other; /* HEAD_BYTES each */
};

static void files_close(const struct files *f)
{
    for (size_t i = 0; i < f->count; i++)
        (void)close(f->list[i].table.fd);
}

static result input_open(struct input *in, const char *path, struct err *e)
{
    struct stat st;

    in->name = path;
    in->table.fd = open(path, O_RDONLY | O_CLOEXEC);
    if (in->table.fd < 0)
        return fail_field(e, ERR_INVALID, "FILE", "%s: %s", path, strerror(errno));
    if (fstat(in->table.fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size == 0) {
        (void)close(in->table.fd);
        return fail_field(e, ERR_INVALID, "FILE", "%s is empty or no file", path);
    }
    in->table.bytes = st.st_size;
    in->device = st.st_dev;
    in->inode = st.st_ino;
    return OK;
}

/* Columns that are named on the command line: --column ROLE=HEADER, --ours-column ROLE=HEADER. */
static result map_make(struct cli *cli, const char *option, struct csv_map *map, struct err *e)
{
    const char *given;

    for (int i = 0; (given = cli_option(cli, option, i)) != NULL; i++) {
        struct str role, header;
        enum csv_role r;
        if (!str_cut(str_c(given), '=', &role, &header) || !csv_role_find(role, &r) ||
            header.n == 0)
            return fail_field(e, ERR_INVALID, option, "not ROLE=HEADER: %s", given);
        map->columns[r].header = header;
    }
    return OK;
}

/* --map FILE, --ours-map FILE: JSON of csv_form.h. */
static result form_make(struct cli *cli, const char *option, const struct csv_form **out,
                        struct err *e)
{
    DEFER(json_close) struct json *o = NULL;
    const char *path = cli_option(cli, option, 0);
    struct csv_form *map = arena_new(cli->arena, struct csv_form);
    struct err why = { 0 };
    struct str text;

    if (path == NULL)
        return OK;
    if (conf_file_load(cli->arena, path, MAP_BYTES, &text, &why).failed ||
        json_read(text, &o, &why).failed || csv_form_read(o, cli->arena, map, &why).failed)
        return fail_field(e, ERR_INVALID, option, "%s: %s%s%s", path, why.field,
                          why.field[0] != '\0' ? ": " : "", why.detail);
    *out = map;
    return OK;
}

/* How the tables of a side are read. */
struct side {
    struct csv_map columns;
    const struct csv_form *map; /* or NULL */
};

/* The header line tells the columns. */
static result table_open(struct files *f, struct input *in, const struct csv_map *map,
                         struct err *e)
{
    const ssize_t got = pread(in->table.fd, f->head, HEAD_BYTES, 0);
    struct csv_row row;

    if (got <= 0)
        return fail_field(e, ERR_INVALID, "FILE", "%s cannot be read", in->name);
    const struct str bytes = csv_skip_bom(str_of(f->head, (size_t)got));
    in->table.separator = map->separator != 0 ? map->separator : csv_separator_of(bytes);
    struct csv_reader r = csv_begin(bytes, in->table.separator, f->scratch);
    if (!csv_next(&r, &row) || csv_layout_make(map, &row, &in->table.layout, e).failed)
        return fail_field(e, ERR_INVALID, "FILE", "%s has no header line that can be read: %.100s",
                          in->name, e->detail);
    if (in->table.layout.at[CSV_AMOUNT] < 0)
        return fail_field(e, ERR_INVALID, "FILE", "%s: no column is known to be the amount",
                          in->name);
    in->table.from = r.at - f->head;
    in->table.line = r.line;
    return OK;
}

static result form_find(struct files *f, struct input *in, const struct side *side, struct err *e)
{
    char head[64];
    const ssize_t got = pread(in->table.fd, head, sizeof head, 0);

    in->form = got > 0 ? settlement_form_of(str_of(head, (size_t)got)) : SETTLEMENT_NO_FORM;
    if (in->form == SETTLEMENT_NO_FORM && side->map != NULL) {
        in->form = SETTLEMENT_CSV;
        in->map = side->map;
    }
    return in->form == SETTLEMENT_NO_FORM ? table_open(f, in, &side->columns, e) : OK;
}

/* The payment's key is the column that all tables have: our reference, else the portal's number. */
static result key_choose(struct files *f, struct err *e)
{
    bool all[2] = { true, true };
    static const enum csv_role roles[2] = { CSV_REFERENCE, CSV_TXN };

    for (size_t i = 0; i < f->count; i++)
        for (int k = 0; k < 2; k++)
            all[k] = all[k] && (f->list[i].form != SETTLEMENT_NO_FORM ||
                                f->list[i].table.layout.at[roles[k]] >= 0);
    if (all[0])
        return OK;
    if (!all[1])
        return fail_field(e, ERR_INVALID, "FILE",
                          "no column for the reference that all files have; name it by --column");
    for (size_t i = 0; i < f->count; i++) {
        int *at = f->list[i].table.layout.at;
        at[CSV_REFERENCE] = at[CSV_TXN];
        at[CSV_TXN] = -1;
    }
    return OK;
}

/* Byte for byte: the same file twice is no second file. */
static bool same_bytes(const struct files *f, const struct input *a, const struct input *b)
{
    if (a->table.bytes != b->table.bytes)
        return false;
    if (a->device == b->device && a->inode == b->inode)
        return true;
    for (int64_t at = 0; at < a->table.bytes;) {
        const ssize_t n = pread(a->table.fd, f->head, HEAD_BYTES, at);
        const ssize_t m = pread(b->table.fd, f->other, HEAD_BYTES, at);
        if (n <= 0 || n != m || memcmp(f->head, f->other, (size_t)n) != 0)
            return false;
        at += n;
    }
    return true;
}

static result input_add(struct files *f, const char *path, const struct side *side, struct err *e)
{
    struct input *in = &f->list[f->count];

    if (f->count == SIEVE_FILES_MAX)
        return fail_field(e, ERR_INVALID, "FILE", "more than %d files", SIEVE_FILES_MAX);
    TRY(input_open(in, path, e));
    f->count++;
    for (size_t i = 1; i + 1 < f->count; i++) {
        if (!same_bytes(f, &f->list[i], in))
            continue;
        (void)fprintf(stderr, "%s is %s once more: taken once\n", path, f->list[i].name);
        (void)close(in->table.fd);
        f->count--;
        return OK;
    }
    f->progress.all_bytes += in->table.bytes;
    return form_find(f, in, side, e);
}

static result inputs_open(struct files *f, struct err *e)
{
    const char *ours = cli_option(f->cli, "--ours", 0);
    struct side of_ours = { .map = NULL }, of_theirs = { .map = NULL };
    int first = ours == NULL ? 1 : 0;

    f->list = arena_array(f->cli->arena, struct input, SIEVE_FILES_MAX);
    f->names = arena_array(f->cli->arena, const char *, SIEVE_FILES_MAX);
    f->head = arena_alloc(f->cli->arena, HEAD_BYTES);
    f->other = arena_alloc(f->cli->arena, HEAD_BYTES);
    f->scratch = arena_alloc(f->cli->arena, HEAD_BYTES);
    TRY(map_make(f->cli, "--ours-column", &of_ours.columns, e));
    TRY(map_make(f->cli, "--column", &of_theirs.columns, e));
    TRY(form_make(f->cli, "--ours-map", &of_ours.map, e));
    TRY(form_make(f->cli, "--map", &of_theirs.map, e));
    ours = ours != NULL ? ours : cli_word(f->cli, 0);
    if (ours == NULL || cli_word(f->cli, first) == NULL)
        return fail_field(e, ERR_INVALID, "FILE", "a file of ours and one of theirs are needed");
    TRY(input_add(f, ours, &of_ours, e));
    for (int i = first; cli_word(f->cli, i) != NULL; i++)
        TRY(input_add(f, cli_word(f->cli, i), &of_theirs, e));
    for (size_t i = 0; i < f->count; i++)
        f->names[i] = f->list[i].name;
    return key_choose(f, e);
}

static result told_bad(void *arg, const struct sieve_bad *b, struct err *e)
{
    struct files *f = arg;

    return exceptions_put_bad(&f->out, b, e);
}

static void told_progress(void *arg, int64_t done_bytes)
{
    struct files *f = arg;

    progress_show(&f->progress, done_bytes);
}

static result told_outcome(void *arg, const struct match_outcome *o, struct err *e)
{
    struct files *f = arg;

    return exceptions_put(&f->out, o, e);
}

static int threads_of(struct cli *cli)
{
    const char *given = cli_option(cli, "--threads", 0);
    int64_t n = sysconf(_SC_NPROCESSORS_ONLN);

    if (given != NULL && !str_to_i64(str_c(given), &n))
        return 0;
    if (given == NULL && n > THREADS_MAX)
        n = THREADS_MAX;
    return n >= 1 && n <= THREADS_MAX ? (int)n : 0;
}

/* Tables only, and nothing that a line alone cannot tell. */
static bool can_sieve(const struct files *f)
{
    for (size_t i = 0; i < f->count; i++)
        if (f->list[i].form != SETTLEMENT_NO_FORM || f->list[i].table.layout.at[CSV_BATCH] >= 0)
            return false;
    return f->count > 1;
}

static result sieve_all(struct files *f, int threads, struct err *e)
{
    struct sieve_file *tables = arena_array(f->cli->arena, struct sieve_file, f->count);
    const struct sieve_job job = { .files = tables,
                                   .file_count = f->count,
                                   .threads = threads,
                                   .match = f->match,
                                   .bad = told_bad,
                                   .progress = told_progress,
                                   .arg = f };

    for (size_t i = 0; i < f->count; i++)
        tables[i] = f->list[i].table;
    return sieve_run(&job, &f->sieved, e);
}

/* One file's rows to the engine. */
struct loading {
    struct files *f;
    size_t file;
};

static result table_row(struct loading *l, const struct csv_row *row, int64_t line, struct err *e)
{
    struct files *f = l->f;
    struct csv_record r;
    struct csv_fault fault;

    if (!csv_record_read(&f->list[l->file].table.layout, row, &r, &fault)) {
        const struct sieve_bad b = { .file = l->file,
                                     .line = line,
                                     .column = fault.column,
                                     .why = fault.why,
                                     .bytes = str_sub(row->text, 0, 40) };
        f->sieved.bad_ours += l->file == 0 ? 1 : 0;
        f->sieved.bad_theirs += l->file == 0 ? 0 : 1;
        return exceptions_put_bad(&f->out, &b, e);
    }
    if (l->file == 0) {
        const struct match_ours ours = csv_record_ours(&r, line);
        return match_ours(f->match, &ours, e);
    }
    const struct settlement_line theirs = csv_record_line(&r, line);
    const struct match_line in = { .line = &theirs,
                                   .file = (int)l->file - 1,
                                   .returned = r.returned,
                                   .batch = r.text[CSV_BATCH] };
    return match_line(f->match, &in, e);
}

static result table_load(struct loading *l, struct str bytes, struct err *e)
{
    const struct sieve_file *t = &l->f->list[l->file].table;
    struct csv_reader r = csv_begin(str_from(bytes, (size_t)t->from), t->separator, l->f->scratch);
    struct csv_row row;

    while (csv_next(&r, &row))
        TRY(table_row(l, &row, row.line + t->line - 1, e));
    return OK;
}

static result line_load(void *arg, const struct settlement_line *line, struct err *e)
{
    const struct loading *l = arg;
    struct settlement_line own = *line;
    const struct match_line in = { .line = &own, .file = (int)l->file - 1 };
    const bool refund = line->kind == SETTLEMENT_REFUND || line->kind == SETTLEMENT_REVERSAL;

    own.n = line->text_line > 0 ? line->text_line : line->n;
    if (l->file > 0)
        return match_line(l->f->match, &in, e);
    const struct match_ours ours = { .id = own.n,
                                     .kind = refund ? MATCH_REFUND : MATCH_PAYMENT,
                                     .reference = line->merchant_ref,
                                     .portal_txn = line->portal_txn,
                                     .original = line->original_ref,
                                     .dossier = line->dossier,
                                     .account = line->account,
                                     .body = line->body,
                                     .amount_vnd = line->gross_vnd,
                                     .fee_vnd = line->fee_vnd,
                                     .has_fee = line->has_fee,
                                     .day = clock_local(line->txn_at_ms).date,
                                     .captured = line->success,
                                     .in_day = line->success };
    return match_ours(l->f->match, &ours, e);
}

/* A file with a form of its own tells itself whether it is whole; one that is not is not used. */
static result form_load(struct loading *l, struct str bytes, struct err *e)
{
    struct settlement_faults faults;
    struct settlement_head head;

    TRY(settlement_read(bytes, l->f->cli->arena, NULL, NULL, &head, &faults, e));
    for (size_t i = 0; i < faults.count && i < FAULTS_TOLD; i++)
        (void)fprintf(stderr, "%s: %s: line %lld, column %lld: %.*s\n", l->f->names[l->file],
                      faults.list[i].code, (long long)faults.list[i].line,
                      (long long)faults.list[i].column, STR_ARG(faults.list[i].why));
    if (faults.total > 0)
        return fail_field(e, ERR_INVALID, "FILE", "%s is not whole: %lld faults, %lld lines",
                          l->f->names[l->file], (long long)faults.total, (long long)head.lines);
    return settlement_read(bytes, l->f->cli->arena, line_load, l, &head, &faults, e);
}

static result fault_load(void *arg, int64_t n, const struct settlement_fault *fault, struct err *e)
{
    const struct loading *l = arg;

    (void)n;
    *(l->file == 0 ? &l->f->sieved.bad_ours : &l->f->sieved.bad_theirs) += 1;
    return exceptions_put_fault(&l->f->out, l->file, fault, e);
}

/* Its rows are read one by one; what is wrong with the table as a whole makes it useless. */
static result mapped_load(struct loading *l, struct str bytes, struct err *e)
{
    const struct settlement_input in = { .bytes = bytes,
                                         .sink = line_load,
                                         .damage = fault_load,
                                         .map = l->f->list[l->file].map,
                                         .arg = l,
                                         .released = true };
    struct settlement_faults faults;
    struct settlement_head head;

    TRY(settlement_read_input(&in, l->f->cli->arena, &head, &faults, e));
    for (size_t i = 0; i < faults.count; i++) {
        const struct settlement_fault *fault = &faults.list[i];
        if (fault->line == 0 || !str_is(str_c(fault->code), "COR"))
            return fail_field(e, ERR_INVALID, "FILE", "%s is no table of the map: %.*s",
                              l->f->names[l->file], STR_ARG(fault->why));
    }
    return OK;
}

static result input_load(struct loading *l, struct str bytes, struct err *e)
{
    const struct input *in = &l->f->list[l->file];

    if (in->map != NULL)
        return mapped_load(l, bytes, e);
    return in->form == SETTLEMENT_NO_FORM ? table_load(l, bytes, e) : form_load(l, bytes, e);
}

static void unmap(struct str *bytes)
{
    if (bytes->n > 0)
        (void)munmap((void *)(uintptr_t)bytes->p, bytes->n);
}

static result load_all(struct files *f, struct err *e)
{
    int64_t done_bytes = 0;

    for (size_t i = 0; i < f->count; i++) {
        const struct input *in = &f->list[i];
        struct loading l = { f, i };
        void *p = mmap(NULL, (size_t)in->table.bytes, PROT_READ, MAP_PRIVATE, in->table.fd, 0);
        if (p == MAP_FAILED)
            return fail_field(e, ERR_INVALID, "FILE", "%s cannot be mapped", in->name);
        DEFER(unmap) struct str bytes = str_of(p, (size_t)in->table.bytes);
        TRY(input_load(&l, bytes, e));
        done_bytes += in->table.bytes;
        progress_show(&f->progress, done_bytes);
    }
    return OK;
}

/* What the sieve found agreeing is matched like the engine's own. */
static void sums_join(struct match_result *r, const struct sieve_result *s)
{
    struct match_sum *ok = &r->classes[MATCH_OK];

    ok->count += s->pairs;
    ok->lines += s->pairs;
    ok->ours_vnd += s->pairs_vnd;
    ok->theirs_vnd += s->pairs_vnd;
    r->matched_count += s->pairs;
    r->matched_vnd += s->pairs_vnd;
    r->ours_count += s->pairs;
    r->ours_vnd += s->pairs_vnd;
    r->line_count += s->pairs;
    r->theirs_vnd += s->pairs_vnd;
}

static result run(struct files *f, int threads, struct match_result *r, struct err *e)
{
    const struct match_rules rules = { .provider = STR("") };

    TRY(match_open(&rules, 0, &f->match, e));
    if (can_sieve(f))
        TRY(sieve_all(f, threads, e));
    else
        TRY(load_all(f, e));
    TRY(match_run(f->match, threads, r, e));
    return match_each(f->match, told_outcome, f, e);
}

static result finish(struct files *f, struct match_result *r, struct err *e)
{
    const int64_t bad = f->sieved.bad_ours + f->sieved.bad_theirs;
    int64_t open = bad;

    sums_join(r, &f->sieved);
    TRY(exceptions_end(&f->out, e));
    for (int c = 0; c < MATCH_COUNT; c++)
        open += c != MATCH_OK && c != MATCH_OK_W ? r->classes[c].count : 0;
    bridge_print(r, bad);
    (void)printf("%lld listed in %s\n", (long long)f->out.written, f->out.path);
    (void)printf("rules %s; %lld lines there: each matched, an exception or not read\n", r->rules,
                 (long long)(r->line_count + f->sieved.bad_theirs));
    if (open > 0 || r->residual_vnd != 0)
        return fail(e, ERR_BUSINESS_RULE, "%lld open", (long long)open);
    (void)printf("reconciled\n");
    return OK;
}

static result reconcile(struct cli *cli, struct err *e)
{
    DEFER(files_close) struct files f = { .cli = cli };
    DEFER(match_close) struct match *match = NULL;
    const char *out = cli_option(cli, "--out", 0);
    const int threads = threads_of(cli);
    struct match_result r;
    result done;

    if (threads == 0)
        return fail_field(e, ERR_INVALID, "threads", "1 to %d", THREADS_MAX);
    TRY(inputs_open(&f, e));
    f.out.path = out != NULL ? out : "exceptions.csv";
    f.out.names = f.names;
    f.out.shown_most = SHOWN;
    f.progress.on = isatty(STDERR_FILENO) == 1;
    TRY(exceptions_open(&f.out, e));
    done = run(&f, threads, &r, e);
    match = f.match;
    progress_end(&f.progress);
    if (!done.failed)
        done = finish(&f, &r, e);
    exceptions_drop(&f.out);
    return done;
}

result reconcile_files(struct cli *cli, struct err *e)
{
    const result done = reconcile(cli, e);

    /* The exit status has two meanings only: something is open, or this cannot be answered. */
    if (done.failed && e->code != ERR_BUSINESS_RULE)
        e->code = ERR_INVALID;
    return done;
}
