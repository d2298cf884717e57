/*
 * Attacker: an officer's machine or a wire that gives another file than the portal made, and
 * whoever would have a day say something else afterwards. Promise: a file is kept whole or not at
 * all, no bytes are taken twice, nothing replaces an accepted file but a later revision, a file
 * whose source signs is believed with its signature only, and each taking is in the audit log.
 * Deliberately not done: believing what a file says of its own source.
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
#include "finance/intake_keep.h"
#include "finance/intake_row.h"
#include "finance/intake_sign.h"
#include "finance/payout.h"
#include "finance/reconcile.h"
#include "finance/remittance.h"
#include "payments/transfer.h"
#include "store/audit.h"
#include "store/sql_bulk.h"

#define FAULT_TEXT_BYTES (16 * 1024)
#define NAME_BYTES       255

struct taking {
    const struct till *t;
    const struct source *source;
    struct settlement_key key;
    struct str name, actor, sha256;
    struct str bytes, jws;
    struct arena *a;
    struct settlement_head head;
    struct settlement_faults own, faults; /* of the file by itself; with what is beside it */
    bool is_signed;
    struct settlement_kept row;
    int64_t pieces;
};

static bool is_mine(const struct settlement_file *f)
{
    return f->state == SETTLEMENT_ACCEPTED || f->state == SETTLEMENT_SUPERSEDED;
}

static result row_insert(struct sql *db, struct taking *k, struct err *e)
{
    const struct settlement_head *h = &k->head;
    const bool chain = h->has_chain;
    int64_t from_ms, to_ms;

    source_day_span(k->source, k->key.day, &from_ms, &to_ms);
    return sql_run(db, SQL_SETTLEMENT_FILE_INSERT, e, sql_t(k->key.provider), sql_t(k->key.account),
                   sql_t(date_iso(k->a, k->key.day)), sql_t(k->sha256), sql_i(k->row.file_n),
                   sql_t(k->name), sql_i(h->form), sql_i(chain ? h->revision : 1),
                   sql_i(chain ? 1 : 0), sql_i(chain ? h->seq : 0), sql_i(h->opening_vnd),
                   sql_i(h->closing_vnd), sql_i((int64_t)k->bytes.n), sql_i(h->lines),
                   sql_i(h->gross_vnd), sql_i(h->moved_vnd), sql_t(h->content), sql_t(h->previous),
                   sql_t(STR("")), sql_i(h->crlf ? 1 : 0), sql_t(k->actor),
                   sql_i(clock_now_ms(k->t->clock)), sql_t(k->source->id),
                   sql_t(k->is_signed ? k->jws : STR("")), sql_i(to_ms));
}

/* A row of its own, with a new number; what an interrupted or refused taking left is dropped. */
static result begin(struct sql *db, void *arg, struct err *e)
{
    struct taking *k = arg;
    struct settlement_kept old;
    bool found;

    TRY(settlement_number(db, "file", &k->row.file_n, e)); /* holds the row: one at a time */
    TRY(settlement_find(db, &k->key, k->sha256, k->a, &found, &old, e));
    if (found && is_mine(&old.file))
        return fail(e, ERR_CONFLICT, "the same file was taken meanwhile");
    if (found) { /* its row first: whoever still fills it fills it no more */
        TRY(sql_run(db, SQL_SETTLEMENT_FILE_DROP, e, sql_t(k->key.provider), sql_t(k->key.account),
                    sql_t(date_iso(k->a, k->key.day)), sql_t(k->sha256)));
        TRY(sql_run(db, SQL_SETTLEMENT_LINE_DROP, e, sql_i(old.file_n)));
        TRY(sql_run(db, SQL_SETTLEMENT_PIECE_DROP, e, sql_i(old.file_n)));
    }
    return row_insert(db, k, e);
}

/* The file, by its own form or by the map of its source. */
static result file_read(const struct taking *k, settlement_sink *sink, void *arg,
                        struct settlement_head *head, struct settlement_faults *faults,
                        struct err *e)
{
    const struct settlement_input in = {
        .bytes = k->bytes, .sink = sink, .arg = arg, .map = k->source->map
    };

    return settlement_read_input(&in, k->a, head, faults, e);
}

static result lines_read(struct taking *k, struct intake_batch *b, struct err *e)
{
    struct settlement_faults *faults = arena_new(k->a, struct settlement_faults);
    struct settlement_head head;

    TRY(file_read(k, intake_batch_take, b, &head, faults, e));
    return intake_batch_end(b, e);
}

static result lines_stream(struct sql *db, void *arg, struct err *e)
{
    DEFER(intake_batch_close) struct intake_batch *b = NULL;
    struct taking *k = arg;

    TRY(settlement_hold(db, k->row.file_n, e));
    TRY(intake_stream_open(db, k->row.file_n, &b, e));
    return lines_read(k, b, e);
}

static result lines_keep(struct taking *k, struct err *e)
{
    DEFER(intake_batch_close) struct intake_batch *b = NULL;

    if (sql_bulk_streams(k->t->store))
        return sql_transact(k->t->store, lines_stream, k, e);
    TRY(intake_batch_open(k->t->store, k->row.file_n, &b, e));
    return lines_read(k, b, e);
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
    const bool treasury = k->source->role == SOURCE_TREASURY;

    if (h->provider.n > 0 && !str_eq(h->provider, k->key.provider))
        blame(k, "ACC", "the file is of another provider");
    if (h->account.n > 0 && !str_eq(h->account, k->key.account))
        blame(k, "ACC", "the file is of another account than that of its source");
    if (h->day.y != 0 && date_cmp(h->day, k->key.day) != 0)
        blame(k, "DATE", "the file is of another day");
    if (!source_has_day(k->source, k->key.day))
        blame(k, "DATE", "the source has no file for that day: it is no business day");
    if ((h->form == SETTLEMENT_KJ1) != treasury &&
        (h->form == SETTLEMENT_KJ1 || h->form == SETTLEMENT_BJ1))
        blame(k, "VER", treasury ? "not the treasury's file" : "the treasury's file");
}

/* A source that signs is believed with its signature only. */
static result sign_judge(struct taking *k, struct err *e)
{
    struct err why = { 0 };

    if (k->source->alg == SOURCE_UNSIGNED)
        return OK;
    if (!intake_sign_check(k->source, k->bytes, k->jws, k->a, &why).failed) {
        k->is_signed = true;
        return OK;
    }
    if (why.code != ERR_BAD_TOKEN)
        return fail(e, why.code, "%s", why.detail);
    blame(k, "COR", k->jws.n == 0 ? "the signature is missing" : "the signature does not hold");
    return OK;
}

static result before_judge(struct sql *db, struct taking *k, struct err *e)
{
    const struct settlement_head *h = &k->head;
    struct settlement_kept before;
    bool found;

    TRY(settlement_find_seq(db, &k->key, h->seq - 1, k->a, &found, &before, e));
    if (!found)
        return OK; /* a gap, which the verdict tells */
    if (date_cmp(before.file.day, k->key.day) >= 0)
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

    TRY(settlement_find_seq(db, &k->key, h->seq + 1, k->a, &found, &after, e));
    if (!found)
        return OK;
    if (date_cmp(after.file.day, k->key.day) <= 0)
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

    TRY(settlement_find_seq(db, &k->key, k->head.seq, k->a, &found, &same, e));
    if (found && date_cmp(same.file.day, k->key.day) != 0)
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

static result audit(struct sql *db, struct taking *k, bool alarm, struct err *e)
{
    DEFER(json_close) struct json *detail = json_object();
    const struct audit_event ev = {
        .actor = k->actor,
        .action = alarm ? STR("settlement.altered")
                        : str_cat(k->a, STR("settlement."),
                                  str_c(settlement_state_name(k->row.file.state))),
        .subject = str_fmt(k->a, "day:%.*s", STR_ARG(date_iso(k->a, k->key.day))),
        .request_id = STR(""),
        .ip = STR(""),
        .detail = detail,
    };

    json_put_str(detail, "source", k->source->id);
    json_put_str(detail, "sha256", k->sha256);
    json_put_str(detail, "form", str_c(settlement_form_name(k->head.form)));
    json_put_int(detail, "lines", k->head.lines);
    json_put_int(detail, "faults", k->faults.total);
    return audit_append(db, clock_now_ms(k->t->clock), &ev, e);
}

static bool has_alarm(const struct settlement_faults *faults)
{
    for (size_t i = 0; i < faults->count; i++)
        if (str_is(str_c(faults->list[i].code), "REP"))
            return true;
    return false;
}

static result row_set(struct sql *db, struct taking *k, struct err *e)
{
    const struct settlement_file *f = &k->row.file;

    return sql_run_one(db, SQL_SETTLEMENT_FILE_SET, ERR_CONFLICT, e, sql_t(k->key.provider),
                       sql_t(k->key.account), sql_t(date_iso(k->a, k->key.day)), sql_t(k->sha256),
                       sql_t(str_c(settlement_state_name(f->state))), sql_i(f->revision),
                       sql_t(f->faults), sql_i(k->pieces), sql_i(k->row.file_n),
                       sql_i(clock_now_ms(k->t->clock)));
}

static int64_t revision_of(const struct taking *k, const struct settlement_kept *twin, bool poorer)
{
    if (k->head.has_chain)
        return k->head.revision;
    if (twin == NULL)
        return 1;
    return twin->file.revision + (poorer ? 0 : 1);
}

static result outcome(struct sql *db, struct taking *k, const struct settlement_kept *twin,
                      struct err *e)
{
    struct settlement_file *f = &k->row.file;
    const bool poorer = twin != NULL && twin->has_chain && !k->head.has_chain &&
                        str_eq(twin->content, k->head.content);
    const enum settlement_event ev = has_alarm(&k->faults) ? SETTLEMENT_EV_ALTERED
                                     : k->faults.total > 0 ? SETTLEMENT_EV_FAULTY
                                     : poorer              ? SETTLEMENT_EV_POORER
                                                           : SETTLEMENT_EV_GOOD;
    enum settlement_state old;
    enum settlement_action action;

    must(settlement_next(SETTLEMENT_RECEIVED, ev, &f->state, &action));
    f->revision = revision_of(k, twin, poorer);
    f->faults = faults_print(k);
    if (action != SETTLEMENT_DO_KEEP_LINES)
        TRY(sql_run(db, SQL_SETTLEMENT_LINE_DROP, e, sql_i(k->row.file_n)));
    else if (twin != NULL) {
        must(settlement_next(twin->file.state, SETTLEMENT_EV_LATER, &old, &action));
        TRY(sql_run(db, SQL_SETTLEMENT_FILE_SUPERSEDE, e, sql_t(k->key.provider),
                    sql_t(k->key.account), sql_t(date_iso(k->a, k->key.day)),
                    sql_i(clock_now_ms(k->t->clock))));
    }
    TRY(row_set(db, k, e));
    return audit(db, k, ev == SETTLEMENT_EV_ALTERED, e);
}

/* Accepted, quarantined, or nothing new beside a richer form; decided with the numbers held. */
static result judge(struct sql *db, void *arg, struct err *e)
{
    struct taking *k = arg;
    struct settlement_kept twin;
    bool has_twin;
    int64_t n;

    k->faults = k->own; /* a retry of the transaction judges anew */
    TRY(settlement_number(db, "file", &n, e));
    TRY(settlement_find_accepted(db, &k->key, k->a, &has_twin, &twin, e));
    if (k->faults.total == 0 && k->head.has_chain) {
        if (has_twin)
            twin_judge(k, &twin);
        TRY(seq_judge(db, k, e));
    }
    return outcome(db, k, has_twin ? &twin : NULL, e);
}

static result look(struct sql *db, void *arg, struct err *e)
{
    struct taking *k = arg;
    bool found;

    k->row = (struct settlement_kept){ 0 };
    return settlement_find(db, &k->key, k->sha256, k->a, &found, &k->row, e);
}

struct neighbour {
    struct settlement_key key;
    struct arena *a;
    bool accepted;
};

static result neighbour_look(struct sql *db, void *arg, struct err *e)
{
    struct neighbour *n = arg;
    struct settlement_kept kept;

    return settlement_find_accepted(db, &n->key, n->a, &n->accepted, &kept, e);
}

/* Whether the day is reconciled as soon as its file is there. */
static bool is_matched(const struct taking *k)
{
    return source_is_run(k->source);
}

/* What the day beside it lacked may be in this file. */
static result neighbour_run(const struct taking *k, struct date day, struct err *e)
{
    DEFER(arena_close) struct arena *a = arena_open(LIMIT_ARENA_JOB_BYTES);
    struct neighbour n = { { k->key.provider, k->key.account, day }, a, false };
    struct reconcile_day before;

    TRY(sql_read(k->t->store, neighbour_look, &n, e));
    if (!n.accepted)
        return OK;
    TRY(reconcile_key_day(k->t, &n.key, a, &before, e));
    return before.verdict == RECONCILE_RECONCILED ? OK
                                                  : reconcile_key_run(k->t, &n.key, a, &before, e);
}

static result store(struct taking *k, struct err *e)
{
    TRY(sql_transact(k->t->store, begin, k, e));
    TRY(intake_keep(k->t, k->row.file_n, k->sha256, k->bytes, &k->pieces, e));
    if (k->faults.total == 0)
        TRY(lines_keep(k, e));
    TRY(sql_transact(k->t->store, judge, k, e));
    return sql_read(k->t->store, look, k, e);
}

static result confirm(struct sql *db, void *arg, struct err *e)
{
    struct taking *k = arg;

    k->row.file.received_ms = clock_now_ms(k->t->clock);
    return sql_run(db, SQL_SETTLEMENT_FILE_CONFIRM, e, sql_t(k->key.provider),
                   sql_t(k->key.account), sql_t(date_iso(k->a, k->key.day)), sql_t(k->sha256),
                   sql_i(k->row.file.received_ms));
}

/* Bytes that were taken. What came before its day was over is final when it comes again after: what
 * happened meanwhile, and is not in it, is found by a run of its own. */
static result known(struct taking *k, struct reconcile_day *day, struct err *e)
{
    if (k->row.file.state == SETTLEMENT_ACCEPTED && settlement_is_early(&k->row.file) &&
        clock_now_ms(k->t->clock) >= k->row.file.day_end_ms) {
        TRY(sql_transact(k->t->store, confirm, k, e));
        if (is_matched(k)) {
            TRY(reconcile_key_run(k->t, &k->key, k->a, day, e));
            return neighbour_run(k, source_day_after(k->source, k->key.day), e);
        }
    }
    return is_matched(k) ? reconcile_key_day(k->t, &k->key, k->a, day, e) : OK;
}

static result transfer_look(void *arg, const struct settlement_line *l, struct err *e)
{
    const struct taking *k = arg;
    DEFER(arena_close) struct arena *a = arena_open(LIMIT_ARENA_REQUEST_BYTES);
    struct err why = { .code = ERR_NONE };

    if (l->narrative.n == 0 || l->portal_txn.n == 0 ||
        !transfer_recognise_line(k->t, l, a, &why).failed)
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

    if (k->row.file.form == SETTLEMENT_CSV
            ? k->source->role != SOURCE_BANK
            : k->row.file.form != SETTLEMENT_BJ1 || k->source->role == SOURCE_TREASURY)
        return OK; /* the others have no narrative */
    return file_read(k, transfer_look, k, &head, faults, e);
}

static result run_days(struct taking *k, struct reconcile_day *day, struct err *e)
{
    TRY(transfers_find(k, e));
    if (!is_matched(k))
        return OK;
    TRY(neighbour_run(k, source_day_before(k->source, k->key.day), e));
    TRY(reconcile_key_run(k->t, &k->key, k->a, day, e));
    return neighbour_run(k, source_day_after(k->source, k->key.day), e);
}

static result finish(struct taking *k, struct intake_result *out, struct err *e)
{
    struct reconcile_day *day = arena_new(k->a, struct reconcile_day);

    out->quarantined = k->row.file.state == SETTLEMENT_QUARANTINED;
    out->day = is_matched(k) ? day : NULL;
    if (out->known || out->quarantined)
        TRY(known(k, day, e));
    out->file = k->row.file;
    if (out->quarantined || (out->known && (!is_matched(k) || day->manifest_hash.n > 0)))
        return OK; /* else the process that took it died before the run */
    return run_days(k, day, e);
}

static struct str name_tidy(struct arena *a, struct str name)
{
    return utf8_is_text(name) ? str_dup(a, utf8_cut(name, NAME_BYTES)) : STR("");
}

/* The day that a file without one was given for. */
static result day_choose(struct taking *k, struct err *e)
{
    if (k->key.day.y == 0)
        k->key.day = k->head.day;
    return k->key.day.y != 0 ? OK : fail_field(e, ERR_INVALID, "day", "the file does not tell one");
}

static result take(struct taking *k, struct intake_result *r, struct err *e)
{
    bool again;

    TRY(file_read(k, NULL, NULL, &k->head, &k->faults, e));
    TRY(day_choose(k, e));
    TRY(sql_read(k->t->store, look, k, e));
    again = k->row.file_n > 0;
    r->known = again && is_mine(&k->row.file);
    if (r->known)
        return OK;
    head_judge(k);
    TRY(sign_judge(k, e));
    k->own = k->faults;
    TRY(store(k, e));
    r->known = again && k->row.file.state == SETTLEMENT_QUARANTINED;
    return OK;
}

static result take_of(const struct till *t, const struct intake_file *in, struct arena *a,
                      struct intake_result *out, struct err *e)
{
    struct taking *k = arena_new(a, struct taking);
    struct intake_result r = { 0 };

    if (in->bytes.n == 0)
        return fail_field(e, ERR_INVALID, "file", "empty");
    if (in->bytes.n > (size_t)LIMIT_SETTLEMENT_BYTES)
        return fail_field(e, ERR_TOO_LARGE, "file", "%zu bytes", in->bytes.n);
    *k = (struct taking){ .t = t,
                          .source = in->source,
                          .key = { in->source->provider, in->source->account, in->day },
                          .bytes = in->bytes,
                          .jws = in->jws,
                          .actor = in->actor,
                          .a = a };
    k->name = name_tidy(a, in->name);
    k->sha256 = digest_hex(a, digest_sha256(in->bytes));
    TRY(take(k, &r, e));
    TRY(finish(k, &r, e));
    *out = r;
    return OK;
}

/* What a bank's or the treasury's file confirms: money that arrived. */
static result told(const struct office *f, const struct source *s, const struct settlement_key *k,
                   struct err *e)
{
    const struct payout_day statement = { k->provider, k->account, k->day };
    struct remittance_matched remitted;
    struct payout_matched paid;

    if (s->role == SOURCE_BANK)
        return payout_match(f, &statement, &paid, e);
    if (s->role == SOURCE_TREASURY)
        return remittance_match(f, k->provider, k->account, k->day, &remitted, e);
    return OK;
}

result intake_file(const struct office *f, const struct intake_file *in, struct arena *a,
                   struct intake_result *out, struct err *e)
{
    TRY(take_of(f->till, in, a, out, e));
    return out->quarantined ? OK : told(f, in->source, &out->file.key, e);
}

result intake_take(const struct till *t, struct date day, struct str file_name, struct str bytes,
                   struct str actor, struct arena *a, struct intake_result *out, struct err *e)
{
    static const struct calendar every_day = { .id = { "every_day", 9 } };
    const struct source portal = { .id = STR(SOURCE_PORTAL),
                                   .provider = STR(SOURCE_PORTAL),
                                   .account = t->account,
                                   .channels = { STR("portal") },
                                   .channel_count = 1,
                                   .calendar = &every_day,
                                   .cut_off_s = 86400 };
    const struct intake_file in = {
        .source = &portal, .day = day, .name = file_name, .bytes = bytes, .actor = actor
    };

    return take_of(t, &in, a, out, e);
}
