/*
 * Attacker: an officer's machine or a wire that gives another file than the portal made, and
 * whoever would have a day say something else afterwards. Promise: a file is kept whole or not at
 * all, no bytes are taken twice, nothing replaces an accepted file but a later revision, and each
 * taking is in the audit log. Deliberately not done: keeping the file's bytes; releasing a
 * quarantined file, which wants two persons.
 */
#include "finance/intake.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/str.h"
#include "base/utf8.h"
#include "crypto/digest.h"
#include "finance/intake_row.h"
#include "finance/reconcile.h"
#include "payments/transfer.h"
#include "store/audit.h"

#define BATCH_LINES      500
#define FAULT_TEXT_BYTES (16 * 1024)
#define NAME_BYTES       255

struct taking {
    const struct till *t;
    struct date day;
    struct str name, actor, sha256;
    struct str bytes;
    struct arena *a;
    struct settlement_head head;
    struct settlement_faults own, faults; /* of the file by itself; with what is beside it */
    struct settlement_kept row;
};

static bool is_mine(const struct settlement_file *f)
{
    return f->state == SETTLEMENT_ACCEPTED || f->state == SETTLEMENT_SUPERSEDED;
}

static result row_insert(struct sql *db, struct taking *k, struct err *e)
{
    const struct settlement_head *h = &k->head;
    const bool chain = h->has_chain;

    return sql_run(db, SQL_SETTLEMENT_FILE_INSERT, e, sql_t(STR(SETTLEMENT_PROVIDER)),
                   sql_t(k->t->account), sql_t(date_iso(k->a, k->day)), sql_t(k->sha256),
                   sql_i(k->row.file_n), sql_t(k->name), sql_i(h->form),
                   sql_i(chain ? h->revision : 1), sql_i(chain ? 1 : 0), sql_i(chain ? h->seq : 0),
                   sql_i(h->opening_vnd), sql_i(h->closing_vnd), sql_i((int64_t)k->bytes.n),
                   sql_i(h->lines), sql_i(h->gross_vnd), sql_i(h->moved_vnd), sql_t(h->content),
                   sql_t(h->previous), sql_t(STR("")), sql_i(h->crlf ? 1 : 0), sql_t(k->actor),
                   sql_i(clock_now_ms(k->t->clock)));
}

/* A row of its own, with a new number; what an interrupted or refused taking left is dropped. */
static result begin(struct sql *db, void *arg, struct err *e)
{
    struct taking *k = arg;
    struct settlement_kept old;
    bool found;

    TRY(settlement_number(db, "file", &k->row.file_n, e)); /* holds the row: one at a time */
    TRY(settlement_find(db, k->t, k->day, k->sha256, k->a, &found, &old, e));
    if (found && is_mine(&old.file))
        return fail(e, ERR_CONFLICT, "the same file was taken meanwhile");
    if (found) {
        TRY(sql_run(db, SQL_SETTLEMENT_LINE_DROP, e, sql_i(old.file_n)));
        TRY(sql_run(db, SQL_SETTLEMENT_FILE_DROP, e, sql_t(STR(SETTLEMENT_PROVIDER)),
                    sql_t(k->t->account), sql_t(date_iso(k->a, k->day)), sql_t(k->sha256)));
    }
    return row_insert(db, k, e);
}

/* Lines on their way into the store. */
struct batch {
    const struct till *t;
    int64_t file_n;
    struct arena *a;
    struct settlement_line lines[BATCH_LINES];
    size_t count;
};

static result batch_insert(struct sql *db, void *arg, struct err *e)
{
    const struct batch *b = arg;

    for (size_t i = 0; i < b->count; i++) {
        const struct settlement_line *l = &b->lines[i];
        TRY(sql_run(db, SQL_SETTLEMENT_LINE_INSERT, e, sql_i(b->file_n), sql_i(l->n),
                    sql_i(l->kind), sql_t(l->portal_txn), sql_t(l->merchant_ref),
                    sql_t(l->original_ref), sql_t(l->dossier), sql_t(l->body), sql_t(l->account),
                    sql_t(l->bank), sql_i(l->gross_vnd), sql_i(l->fee_vnd), sql_i(l->net_vnd),
                    sql_i(settlement_moved_vnd(l)), sql_t(l->currency), sql_i(l->success ? 1 : 0),
                    sql_t(l->code), sql_i(l->txn_at_ms), sql_t(l->treasury_ref),
                    sql_t(l->treasury_status)));
    }
    return OK;
}

static result batch_flush(struct batch *b, struct err *e)
{
    if (b->count > 0)
        TRY(sql_transact(b->t->store, batch_insert, b, e));
    b->count = 0;
    arena_reset(b->a);
    return OK;
}

static result line_keep(void *arg, const struct settlement_line *l, struct err *e)
{
    struct batch *b = arg;
    struct settlement_line *own = &b->lines[b->count++];
    struct str *const texts[] = { &own->portal_txn,   &own->merchant_ref,   &own->original_ref,
                                  &own->dossier,      &own->body,           &own->account,
                                  &own->bank,         &own->currency,       &own->code,
                                  &own->treasury_ref, &own->treasury_status };

    *own = *l;
    for (size_t i = 0; i < LEN(texts); i++)
        *texts[i] = str_dup(b->a, *texts[i]);
    return b->count < BATCH_LINES ? OK : batch_flush(b, e);
}

static result lines_keep(struct taking *k, struct err *e)
{
    DEFER(arena_close) struct arena *a = arena_open(LIMIT_ARENA_JOB_BYTES);
    struct batch *b = arena_new(k->a, struct batch);
    struct settlement_faults faults;
    struct settlement_head head;

    b->t = k->t;
    b->file_n = k->row.file_n;
    b->a = a;
    TRY(settlement_read(k->bytes, k->a, line_keep, b, &head, &faults, e));
    return batch_flush(b, e);
}

static void blame(struct taking *k, const char *code, const char *why)
{
    struct settlement_faults *all = &k->faults;

    all->total++;
    if (all->count < SETTLEMENT_FAULTS_MAX)
        all->list[all->count++] =
            (struct settlement_fault){ .code = code, .bytes = STR(""), .why = str_c(why) };
}

/* What can be said without the files beside it. */
static void head_judge(struct taking *k)
{
    const struct settlement_head *h = &k->head;

    if (h->provider.n > 0 && !str_is(h->provider, SETTLEMENT_PROVIDER))
        blame(k, "ACC", "the file is of another provider");
    if (h->account.n > 0 && !str_eq(h->account, k->t->account))
        blame(k, "ACC", "the file is of another account than portal.account");
    if (h->day.y != 0 && date_cmp(h->day, k->day) != 0)
        blame(k, "DATE", "the file is of another day");
}

static result before_judge(struct sql *db, struct taking *k, struct err *e)
{
    const struct settlement_head *h = &k->head;
    struct settlement_kept before;
    bool found;

    TRY(settlement_find_seq(db, k->t, h->seq - 1, k->a, &found, &before, e));
    if (!found)
        return OK; /* a gap, which the verdict tells */
    if (date_cmp(before.file.day, k->day) >= 0)
        blame(k, "SEQ", "the file numbered before it is of a later day");
    if (settlement_is_early(&before.file))
        return OK;
    if (before.file.form == SETTLEMENT_MC1 && !str_eq(before.file.sha256, h->previous))
        blame(k, "SEQ", "made after another file than the one that was taken before it");
    if (before.closing_vnd != h->opening_vnd)
        blame(k, "CTL", "the opening balance is not the closing balance before it");
    return OK;
}

static result after_judge(struct sql *db, struct taking *k, struct err *e)
{
    const struct settlement_head *h = &k->head;
    struct settlement_kept after;
    bool found;

    TRY(settlement_find_seq(db, k->t, h->seq + 1, k->a, &found, &after, e));
    if (!found)
        return OK;
    if (date_cmp(after.file.day, k->day) <= 0)
        blame(k, "SEQ", "the file numbered after it is of an earlier day");
    if (h->form == SETTLEMENT_MC1 && !str_eq(after.previous, k->sha256))
        blame(k, "SEQ", "the file that follows was made after another one");
    if (after.opening_vnd != h->closing_vnd)
        blame(k, "CTL", "the closing balance is not the opening balance after it");
    return OK;
}

/* The file that was taken for the day before. One without numbers gives way to one that has them.
 */
static void twin_judge(struct taking *k, const struct settlement_kept *twin)
{
    const struct settlement_head *h = &k->head;

    if (!twin->has_chain)
        return;
    if (twin->seq != h->seq)
        blame(k, "SEQ", "another number than the file that was taken for the day");
    if (h->revision < twin->file.revision)
        blame(k, "SEQ", "an older revision than the one that was taken");
    else if (h->revision == twin->file.revision && !settlement_is_early(&twin->file) &&
             (h->form == twin->file.form || !str_eq(h->content, twin->content)))
        blame(k, "REP", "other bytes under a revision that was taken");
}

static result seq_judge(struct sql *db, struct taking *k, struct err *e)
{
    struct settlement_kept same;
    bool found;

    TRY(settlement_find_seq(db, k->t, k->head.seq, k->a, &found, &same, e));
    if (found && date_cmp(same.file.day, k->day) != 0)
        blame(k, "SEQ", "the number belongs to the file of another day");
    TRY(before_judge(db, k, e));
    return after_judge(db, k, e);
}

static struct str faults_print(struct taking *k)
{
    struct buf b = buf_make(k->a, FAULT_TEXT_BYTES);

    for (size_t i = 0; i < k->faults.count; i++) {
        const struct settlement_fault *f = &k->faults.list[i];
        buf_puts(&b, f->code);
        if (f->line > 0)
            buf_fmt(&b, " line %lld", (long long)f->line);
        if (f->column > 0)
            buf_fmt(&b, " column %lld", (long long)f->column);
        if (f->bytes.n > 0)
            buf_fmt(&b, " `%.*s`", STR_ARG(f->bytes));
        buf_fmt(&b, ": %.*s\n", STR_ARG(f->why));
    }
    if (k->faults.total > (int64_t)k->faults.count)
        buf_fmt(&b, "and %lld more\n", (long long)k->faults.total - (long long)k->faults.count);
    return str_trim(buf_str(&b));
}

static result audit(struct sql *db, struct taking *k, struct err *e)
{
    DEFER(json_close) struct json *detail = json_object();
    const struct audit_event ev = {
        .actor = k->actor,
        .action =
            str_cat(k->a, STR("settlement."), str_c(settlement_state_name(k->row.file.state))),
        .subject = str_fmt(k->a, "day:%.*s", STR_ARG(date_iso(k->a, k->day))),
        .request_id = STR(""),
        .ip = STR(""),
        .detail = detail,
    };

    json_put_str(detail, "sha256", k->sha256);
    json_put_str(detail, "form", str_c(settlement_form_name(k->head.form)));
    json_put_int(detail, "lines", k->head.lines);
    json_put_int(detail, "faults", k->faults.total);
    return audit_append(db, clock_now_ms(k->t->clock), &ev, e);
}

/* Accepted, quarantined, or nothing new beside a richer form; decided with the numbers held. */
static result judge(struct sql *db, void *arg, struct err *e)
{
    struct taking *k = arg;
    struct settlement_file *f = &k->row.file;
    struct settlement_kept twin;
    bool has_twin, poorer;
    int64_t n;

    k->faults = k->own; /* a retry of the transaction judges anew */
    TRY(settlement_number(db, "file", &n, e));
    TRY(settlement_find_accepted(db, k->t, k->day, k->a, &has_twin, &twin, e));
    if (k->faults.total == 0 && k->head.has_chain) {
        if (has_twin)
            twin_judge(k, &twin);
        TRY(seq_judge(db, k, e));
    }
    poorer =
        has_twin && twin.has_chain && !k->head.has_chain && str_eq(twin.content, k->head.content);
    f->state = k->faults.total > 0 ? SETTLEMENT_QUARANTINED
               : poorer            ? SETTLEMENT_SUPERSEDED
                                   : SETTLEMENT_ACCEPTED;
    f->revision = k->head.has_chain ? k->head.revision
                  : !has_twin       ? 1
                  : poorer          ? twin.file.revision
                                    : twin.file.revision + 1;
    f->faults = faults_print(k);
    if (f->state == SETTLEMENT_ACCEPTED)
        TRY(sql_run(db, SQL_SETTLEMENT_FILE_SUPERSEDE, e, sql_t(STR(SETTLEMENT_PROVIDER)),
                    sql_t(k->t->account), sql_t(date_iso(k->a, k->day))));
    else
        TRY(sql_run(db, SQL_SETTLEMENT_LINE_DROP, e, sql_i(k->row.file_n)));
    TRY(sql_run(db, SQL_SETTLEMENT_FILE_SET, e, sql_t(STR(SETTLEMENT_PROVIDER)),
                sql_t(k->t->account), sql_t(date_iso(k->a, k->day)), sql_t(k->sha256),
                sql_t(str_c(settlement_state_name(f->state))), sql_i(f->revision),
                sql_t(f->faults)));
    return audit(db, k, e);
}

static result look(struct sql *db, void *arg, struct err *e)
{
    struct taking *k = arg;
    bool found;

    k->row = (struct settlement_kept){ 0 };
    return settlement_find(db, k->t, k->day, k->sha256, k->a, &found, &k->row, e);
}

struct neighbour {
    const struct till *t;
    struct date day;
    struct arena *a;
    bool accepted;
};

static result neighbour_look(struct sql *db, void *arg, struct err *e)
{
    struct neighbour *n = arg;
    struct settlement_kept kept;

    return settlement_find_accepted(db, n->t, n->day, n->a, &n->accepted, &kept, e);
}

/* What the day beside it lacked may be in this file. */
static result neighbour_run(const struct till *t, struct date day, struct err *e)
{
    DEFER(arena_close) struct arena *a = arena_open(LIMIT_ARENA_JOB_BYTES);
    struct neighbour n = { t, day, a, false };
    struct reconcile_day before;

    TRY(sql_read(t->store, neighbour_look, &n, e));
    if (!n.accepted)
        return OK;
    TRY(reconcile_day(t, day, a, &before, e));
    return before.verdict == RECONCILE_RECONCILED ? OK : reconcile_run(t, day, a, &before, e);
}

static result store(struct taking *k, struct err *e)
{
    TRY(sql_transact(k->t->store, begin, k, e));
    if (k->faults.total == 0)
        TRY(lines_keep(k, e));
    TRY(sql_transact(k->t->store, judge, k, e));
    return sql_read(k->t->store, look, k, e);
}

static result confirm(struct sql *db, void *arg, struct err *e)
{
    struct taking *k = arg;

    k->row.file.received_ms = clock_now_ms(k->t->clock);
    return sql_run(db, SQL_SETTLEMENT_FILE_CONFIRM, e, sql_t(STR(SETTLEMENT_PROVIDER)),
                   sql_t(k->t->account), sql_t(date_iso(k->a, k->day)), sql_t(k->sha256),
                   sql_i(k->row.file.received_ms));
}

/* Bytes that were taken. What came before its day was over is final when it comes again after. */
static result known(struct taking *k, struct reconcile_day *day, struct err *e)
{
    struct settlement_file *f = &k->row.file;
    const int64_t over_ms = clock_day_start_ms(date_add_days(k->day, 1));

    if (f->state == SETTLEMENT_ACCEPTED && settlement_is_early(f) &&
        clock_now_ms(k->t->clock) >= over_ms) {
        TRY(sql_transact(k->t->store, confirm, k, e));
        TRY(neighbour_run(k->t, date_add_days(k->day, 1), e));
    }
    return reconcile_day(k->t, k->day, k->a, day, e);
}

static result transfer_look(void *arg, const struct settlement_line *l, struct err *e)
{
    const struct taking *k = arg;
    DEFER(arena_close) struct arena *a = arena_open(LIMIT_ARENA_REQUEST_BYTES);
    struct err why = { .code = ERR_NONE };

    if (l->narrative.n == 0 || !transfer_recognise_line(k->t, l, a, &why).failed)
        return OK;
    /* What others wrote into one line keeps no file from being taken; the matching tells of it. */
    if (why.code == ERR_INVALID || why.code == ERR_CONFLICT)
        return OK;
    return fail(e, why.code, "%s", why.detail);
}

/* Transfers that bring a payment's code are captured before the file is matched with captures. */
static result transfers_find(struct taking *k, struct err *e)
{
    struct settlement_faults *faults = arena_new(k->a, struct settlement_faults);
    struct settlement_head head;

    if (k->row.file.form != SETTLEMENT_BJ1)
        return OK; /* the others have no narrative */
    return settlement_read(k->bytes, k->a, transfer_look, k, &head, faults, e);
}

static result finish(struct taking *k, struct intake_result *out, struct err *e)
{
    struct reconcile_day *day = arena_new(k->a, struct reconcile_day);

    out->file = k->row.file;
    out->quarantined = k->row.file.state == SETTLEMENT_QUARANTINED;
    out->day = day;
    if (out->known || out->quarantined) {
        TRY(known(k, day, e));
        out->file = k->row.file;
        if (out->quarantined || day->manifest_hash.n > 0)
            return OK; /* else the process that took it died before the run */
    }
    TRY(transfers_find(k, e));
    TRY(neighbour_run(k->t, date_add_days(k->day, -1), e));
    TRY(reconcile_run(k->t, k->day, k->a, day, e));
    return neighbour_run(k->t, date_add_days(k->day, 1), e);
}

static struct str name_tidy(struct arena *a, struct str name)
{
    return utf8_is_text(name) ? str_dup(a, utf8_cut(name, NAME_BYTES)) : STR("");
}

result intake_take(const struct till *t, struct date day, struct str file_name, struct str bytes,
                   struct str actor, struct arena *a, struct intake_result *out, struct err *e)
{
    struct taking *k = arena_new(a, struct taking);
    struct intake_result r = { 0 };

    if (bytes.n == 0)
        return fail_field(e, ERR_INVALID, "file", "empty");
    if (bytes.n > (size_t)LIMIT_SETTLEMENT_BYTES)
        return fail_field(e, ERR_TOO_LARGE, "file", "%zu bytes", bytes.n);
    *k = (struct taking){ .t = t, .day = day, .bytes = bytes, .actor = actor, .a = a };
    k->name = name_tidy(a, file_name);
    k->sha256 = digest_hex(a, digest_sha256(bytes));
    TRY(sql_read(t->store, look, k, e));
    r.known = k->row.file_n > 0 && is_mine(&k->row.file);
    if (!r.known) {
        const bool again = k->row.file_n > 0;
        TRY(settlement_read(bytes, a, NULL, NULL, &k->head, &k->faults, e));
        head_judge(k);
        k->own = k->faults;
        TRY(store(k, e));
        r.known = again && k->row.file.state == SETTLEMENT_QUARANTINED;
    }
    TRY(finish(k, &r, e));
    *out = r;
    return OK;
}
