/*
 * Attacker: an officer who would have a forged or damaged file believed alone. Promise: two
 * persons, exactly the file that was shown, and its state asked again with the decision.
 * Deliberately not done: releasing some lines only.
 */
#include "finance/intake_release.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/money.h"
#include "base/str.h"
#include "finance/exception_row.h"
#include "finance/intake_keep.h"
#include "finance/intake_row.h"
#include "store/audit.h"

struct counting {
    int64_t readable, damaged;
    int64_t moved_vnd; /* of what can be read, in either direction */
};

static result count_line(void *arg, const struct settlement_line *l, struct err *e)
{
    struct counting *n = arg;

    n->readable++;
    return money_add(n->moved_vnd, l->gross_vnd < 0 ? -l->gross_vnd : l->gross_vnd, &n->moved_vnd,
                     e);
}

static result count_damage(void *arg, int64_t line, const struct settlement_fault *f, struct err *e)
{
    struct counting *n = arg;

    (void)line;
    (void)f;
    (void)e;
    n->damaged++;
    return OK;
}

struct releasing {
    const struct office *f;
    int64_t file_n;
    struct str remark;
    const struct proposal_actor *by;
    struct proposal *out;
    struct arena *a;
};

static result quarantined_find(struct sql *db, int64_t file_n, struct arena *a,
                               struct settlement_kept *out, struct err *e)
{
    enum settlement_action action;
    enum settlement_state to;
    bool found;

    TRY(settlement_find_number(db, file_n, a, &found, out, e));
    if (!found)
        return fail(e, ERR_NOT_FOUND, "no file %lld", (long long)file_n);
    if (!settlement_next(out->file.state, SETTLEMENT_EV_RELEASE, &to, &action))
        return fail(e, ERR_WRONG_STATE, "the file is %s", settlement_state_name(out->file.state));
    return OK;
}

static struct str content(const struct settlement_kept *k, const struct counting *n,
                          struct arena *a)
{
    DEFER(json_close) struct json *o = json_object();
    const struct settlement_file *f = &k->file;

    json_put_str(o, "source", f->source_id);
    json_put_str(o, "account", f->key.account);
    json_put_str(o, "day", date_iso(a, f->day));
    json_put_str(o, "file", f->name);
    json_put_str(o, "form", str_c(settlement_form_name(f->form)));
    json_put_str(o, "sha256", f->sha256);
    json_put_int(o, "bytes", f->bytes);
    json_put_int(o, "lines_readable", n->readable);
    json_put_int(o, "lines_damaged", n->damaged);
    json_put_str(o, "faults", f->faults);
    return json_print_canonical(a, o);
}

static result propose(struct sql *db, void *arg, struct err *e)
{
    const struct releasing *r = arg;
    struct settlement_kept k;
    struct counting n = { 0 };
    const struct intake_lines lines = {
        .file_n = r->file_n, .sink = count_line, .damage = count_damage, .arg = &n
    };

    TRY(quarantined_find(db, r->file_n, r->a, &k, e));
    TRY(intake_try_lines_in(db, r->f, &lines, e));
    if (n.readable == 0)
        return fail(e, ERR_BUSINESS_RULE, "no line of the file can be read");
    *r->out = (struct proposal){
        .kind = PROPOSAL_FILE_RELEASE,
        .agency_id = STR(""),
        .subject = str_fmt(r->a, "file:%lld", (long long)r->file_n),
        .content = content(&k, &n, r->a),
        .amount_vnd = n.moved_vnd > k.file.gross_vnd ? n.moved_vnd : k.file.gross_vnd,
        .remark = r->remark,
    };
    return proposal_make(db, r->f->till, r->out, r->by, r->a, e);
}

result intake_release(const struct office *f, int64_t file_n, struct str remark,
                      const struct proposal_actor *by, struct proposal *out, struct arena *a,
                      struct err *e)
{
    struct releasing r = { f, file_n, remark, by, out, a };

    return sql_transact(f->till->store, propose, &r, e);
}

static result audit(struct sql *db, const struct office *f, const struct settlement_kept *k,
                    const struct proposal *p, const struct proposal_actor *by, struct arena *a,
                    struct err *e)
{
    DEFER(json_close) struct json *detail = json_object();
    const struct audit_event ev = {
        .actor = by->name,
        .action = STR("settlement.released"),
        .subject = str_fmt(a, "day:%.*s", STR_ARG(date_iso(a, k->file.day))),
        .request_id = by->request_id,
        .ip = by->ip,
        .detail = detail,
    };

    json_put_str(detail, "source", k->file.source_id);
    json_put_str(detail, "sha256", k->file.sha256);
    json_put_str(detail, "proposal", p->id);
    return audit_append(db, clock_now_ms(f->till->clock), &ev, e);
}

static bool file_number(struct str subject, int64_t *n)
{
    return str_starts(subject, STR("file:")) && str_to_i64(str_from(subject, 5), n);
}

struct line_taking {
    struct intake_batch *batch;
    struct sql *db;
    const struct office *f;
    const struct settlement_kept *k;
    struct arena *a;
};

static result line_take(void *arg, const struct settlement_line *l, struct err *e)
{
    const struct line_taking *t = arg;

    return intake_batch_take(t->batch, l, e);
}

/* A line that cannot be read is nobody's until somebody answers for it. */
static result damage_tell(void *arg, int64_t line, const struct settlement_fault *fault,
                          struct err *e)
{
    const struct line_taking *d = arg;
    const struct settlement_key *key = &d->k->file.key;
    const struct exception_news news = { .source = "damage",
                                         .provider = key->provider,
                                         .account = key->account,
                                         .day = key->day,
                                         .class = MATCH_COR,
                                         .reference = STR(""),
                                         .portal_txn = STR(""),
                                         .agency_id = STR(""),
                                         .file_n = d->k->file_n,
                                         .line = line };

    (void)fault;
    return exception_tell(d->db, &news, clock_now_ms(d->f->till->clock), d->a, e);
}

result intake_release_decided(struct sql *db, const struct office *f, const struct proposal *p,
                              const struct proposal_actor *by, struct arena *a, struct err *e)
{
    DEFER(intake_batch_close) struct intake_batch *b = NULL;
    struct settlement_kept k;
    struct line_taking t = { NULL, db, f, &k, a };
    struct intake_lines lines = { .sink = line_take, .damage = damage_tell, .arg = &t };

    if (p->state != PROPOSAL_APPROVED)
        return OK;
    if (!file_number(p->subject, &lines.file_n))
        return fail(e, ERR_INTERNAL, "a release without its file");
    TRY(quarantined_find(db, lines.file_n, a, &k, e));
    TRY(sql_run(db, SQL_SETTLEMENT_FILE_SUPERSEDE, e, sql_t(k.file.key.provider),
                sql_t(k.file.key.account), sql_t(date_iso(a, k.file.day)),
                sql_i(clock_now_ms(f->till->clock))));
    TRY(sql_run_one(db, SQL_SETTLEMENT_FILE_RELEASE, ERR_WRONG_STATE, e, sql_i(lines.file_n),
                    sql_t(by->name), sql_t(p->id), sql_i(clock_now_ms(f->till->clock))));
    TRY(intake_batch_open_in(db, lines.file_n, &b, e));
    t.batch = b;
    TRY(intake_try_lines_in(db, f, &lines, e));
    TRY(intake_batch_end(b, e));
    return audit(db, f, &k, p, by, a, e);
}
