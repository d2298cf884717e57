/*
 * Security: the attacker is a namesake of a representative, a former representative, or a person
 * whose account is of level 1; or reads the database. Promised: the register is asked before a
 * ground counts and again when its answer has aged, and a register that does not answer gives no
 * ground; names alone never make one; what the register takes back is recorded as ended at once.
 * Deliberately not done: telling who else represents a firm.
 */
#include "auth/organisation.h"

#include "auth/business.h"
#include "auth/record.h"
#include "auth/session_rows.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/idno.h"
#include "base/json.h"
#include "base/str.h"
#include "base/utf8.h"
#include "conf/conf.h"
#include "crypto/seal.h"
#include "store/audit.h"
#include "store/sql.h"

#define VOUCHING_ACCOUNTS_MAX 20

static const struct record_field profile_fields[] = {
    RECORD(struct organisation, code),
    RECORD(struct organisation, name),
    RECORD(struct organisation, status),
    RECORD(struct organisation, address),
};

static struct str profile_place(struct arena *a, struct str id)
{
    return str_fmt(a, "organisation.profile:%.*s", STR_ARG(id));
}

static struct organisation organisation_new(struct auth *au, struct arena *a, struct str code,
                                            enum vneid_kind kind)
{
    return (struct organisation){
        .id = str_cat(a, STR("org_"), seal_index(a, au->seal, STR("organisation"), code)),
        .id_index = seal_index(a, au->seal, STR("idno"), code),
        .code = code,
        .kind = kind,
        .created_ms = clock_now_ms(au->clock),
    };
}

struct read {
    struct auth *auth;
    struct arena *arena;
    struct str organisation, account;
    struct organisation org;
    struct str sealed;
    struct representation rep;
    bool found;
    struct str *ids;
    size_t most, count;
};

static result organisation_find(struct sql *db, void *arg, struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;
    struct read *r = arg;
    struct organisation *o = &r->org;

    TRY(sql_find(db, SQL_ORGANISATION_LOAD, &rows, e, sql_t(r->organisation)));
    TRY(sql_one(rows, e));
    o->id = sql_text(rows, 0, r->arena);
    o->id_index = sql_text(rows, 1, r->arena);
    o->kind = (enum vneid_kind)sql_int(rows, 2);
    r->sealed = sql_bytes(rows, 3, r->arena);
    o->pay_only = sql_int(rows, 4) != 0;
    o->checked_ms = sql_int(rows, 5);
    o->created_ms = sql_int(rows, 6);
    return OK;
}

result organisation_load(struct auth *au, struct arena *a, struct str id, struct organisation *out,
                         struct err *e)
{
    struct read r = { .auth = au, .arena = a, .organisation = id };
    struct str plain;

    TRY(sql_read(au->sql, organisation_find, &r, e));
    TRY(seal_get(a, au->seal, profile_place(a, r.org.id), r.sealed, &plain, e));
    TRY(record_read(a, profile_fields, LEN(profile_fields), plain, &r.org, e));
    *out = r.org;
    return OK;
}

static result representation_find(struct sql *db, void *arg, struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;
    struct read *r = arg;

    TRY(sql_find(db, SQL_REPRESENTATION_FIND, &rows, e, sql_t(r->organisation), sql_t(r->account)));
    TRY(sql_next(rows, &r->found, e));
    if (!r->found)
        return OK;
    r->rep.role = sql_text(rows, 0, r->arena);
    r->rep.since_ms = sql_int(rows, 1);
    r->rep.checked_ms = sql_int(rows, 2);
    r->rep.ended_ms = sql_int(rows, 3);
    return OK;
}

static result bill_find(struct sql *db, void *arg, struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;
    struct read *r = arg;

    TRY(sql_find(db, SQL_ORGANISATION_OF_BILL, &rows, e, sql_t(r->organisation)));
    TRY(sql_next(rows, &r->found, e));
    if (r->found)
        r->org.id = sql_text(rows, 0, r->arena);
    return OK;
}

result organisation_of_bill(struct auth *au, struct arena *a, struct str id_index, struct str *id,
                            struct err *e)
{
    struct read r = { .auth = au, .arena = a, .organisation = id_index };

    TRY(sql_read(au->sql, bill_find, &r, e));
    *id = r.found ? r.org.id : STR("");
    return OK;
}

result representation_load(struct auth *au, struct arena *a, struct str account,
                           struct str organisation, struct representation *out, struct err *e)
{
    struct read r = { .auth = au, .arena = a, .organisation = organisation, .account = account };

    TRY(sql_read(au->sql, representation_find, &r, e));
    *out = r.rep;
    return OK;
}

static result list_find(struct sql *db, void *arg, struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;
    struct read *r = arg;
    bool more;

    r->count = 0;
    TRY(sql_find(db, SQL_REPRESENTATION_LIST, &rows, e, sql_t(r->account),
                 sql_i((int64_t)r->most)));
    for (;;) {
        TRY(sql_next(rows, &more, e));
        if (!more)
            return OK;
        r->ids[r->count++] = sql_text(rows, 0, r->arena);
    }
}

result organisation_list(struct auth *au, struct arena *a, struct str account, struct str *ids,
                         size_t most, size_t *count, struct err *e)
{
    struct read r = { .auth = au, .arena = a, .account = account, .ids = ids, .most = most };

    TRY(sql_read(au->sql, list_find, &r, e));
    *count = r.count;
    return OK;
}

/* ---- writing ---- */

struct write {
    struct auth *auth;
    const struct visit *visit;
    struct organisation org;
    struct str account, role;
    const char *why;
    int64_t now_ms;
};

static result ground_put(struct sql *db, void *arg, struct err *e)
{
    struct write *w = arg;
    const struct organisation *o = &w->org;
    struct arena *a = w->visit->arena;
    const struct str plain = record_print(a, profile_fields, LEN(profile_fields), o);

    TRY(sql_run(db, SQL_ORGANISATION_PUT, e, sql_t(o->id), sql_t(o->id_index),
                sql_i((int64_t)o->kind),
                sql_b(seal_put(a, w->auth->seal, profile_place(a, o->id), plain)),
                sql_i(o->pay_only), sql_i(o->checked_ms), sql_i(o->created_ms)));
    if (w->account.n == 0)
        return OK;
    return sql_run(db, SQL_REPRESENTATION_PUT, e, sql_t(o->id), sql_t(w->account), sql_t(w->role),
                   sql_i(w->now_ms));
}

static result ground_drop(struct sql *db, void *arg, struct err *e)
{
    DEFER(json_close) struct json *detail = json_object();
    struct write *w = arg;
    struct audit_event ev;
    int64_t changed;

    TRY(sql_run_count(db, SQL_REPRESENTATION_END, &changed, e, sql_t(w->org.id), sql_t(w->account),
                      sql_i(w->now_ms), sql_t(str_c(w->why))));
    if (changed == 0)
        return OK;
    TRY(session_acting_end(db, w->visit->arena, w->now_ms, w->account, w->org.id, e));
    json_put_str(detail, "account", w->account);
    json_put_str(detail, "why", str_c(w->why));
    ev = auth_event(w->visit, str_cat(w->visit->arena, STR("citizen:"), w->account),
                    "representation.ended", w->org.id, detail);
    return audit_append(db, w->now_ms, &ev, e);
}

static result ground_end(struct auth *au, const struct visit *v, struct str organisation,
                         struct str account, const char *why, struct err *e)
{
    struct write w = { .auth = au,
                       .visit = v,
                       .org = { .id = organisation },
                       .account = account,
                       .why = why,
                       .now_ms = clock_now_ms(au->clock) };

    return sql_transact(au->sql, ground_drop, &w, e);
}

result organisation_leave(struct auth *au, const struct visit *v, struct str account,
                          struct str organisation, struct err *e)
{
    return ground_end(au, v, organisation, account, "person", e);
}

/* ---- asking the register ---- */

static bool is_code(struct auth *au, struct str text, struct str code)
{
    struct taxcode t;

    return !taxcode_read(text, clock_today(au->clock).y, &t, NULL).failed && str_is(code, t.text);
}

static bool is_named_by_number(const struct business_record *r, struct str number)
{
    for (size_t i = 0; i < r->count; i++)
        if (number.n > 0 && str_eq(r->representatives[i].number, number))
            return true;
    return false;
}

struct vouching {
    struct arena *arena;
    struct str code_index;
    struct str ids[VOUCHING_ACCOUNTS_MAX];
    size_t count;
};

static result vouching_find(struct sql *db, void *arg, struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;
    struct vouching *w = arg;
    bool more;

    w->count = 0;
    TRY(sql_find(db, SQL_ACCOUNT_OF_ORGANISATION, &rows, e, sql_t(w->code_index),
                 sql_i(VOUCHING_ACCOUNTS_MAX)));
    for (;;) {
        TRY(sql_next(rows, &more, e));
        if (!more)
            return OK;
        w->ids[w->count++] = sql_text(rows, 0, w->arena);
    }
}

/* Whether VNeID told that code for this person. */
static result is_vouched(struct auth *au, struct arena *a, const struct account *acc,
                         const struct organisation *org, bool *vouched, struct err *e)
{
    struct vouching w = { .arena = a, .code_index = org->id_index };
    struct account other;

    *vouched = is_code(au, acc->profile.business_code, org->code) ||
               is_code(au, acc->profile.tax_code, org->code);
    if (*vouched || acc->profile.number.n == 0)
        return OK;
    TRY(sql_read(au->sql, vouching_find, &w, e));
    for (size_t i = 0; i < w.count && !*vouched; i++) {
        TRY(account_load(au, a, w.ids[i], &other, e));
        *vouched = str_eq(other.profile.number, acc->profile.number);
    }
    return OK;
}

static struct str tidy(struct arena *a, struct str s)
{
    struct str out;

    return utf8_tidy(a, s, &out, NULL).failed ? STR("") : out;
}

/* What the register said becomes the organisation's, also when this person has no ground. */
static void organisation_learn(struct arena *a, struct organisation *org,
                               const struct business_record *r, const struct business_answer *said,
                               int64_t now_ms)
{
    org->name = tidy(a, r->name);
    org->address = tidy(a, r->address);
    org->status = r->status;
    org->pay_only = said->pay_only;
    org->checked_ms = now_ms;
}

/* Asks whether `acc` represents `org`, and records the answer either way. */
static result register_ask(struct auth *au, const struct visit *v, const struct ground_question *q,
                           struct organisation *org, struct err *e)
{
    const struct account *acc = q->account;
    const struct business_question asked = { .code = org->code,
                                             .number = acc->profile.number,
                                             .name = acc->profile.name,
                                             .purpose = "acting",
                                             .client_id = q->client_id };
    struct business_record *record = arena_new(v->arena, struct business_record);
    struct business_answer said = { 0 };
    struct write w = { .auth = au,
                       .visit = v,
                       .account = acc->id,
                       .role = acc->kind == VNEID_CITIZEN ? STR("legal_representative")
                                                          : STR("organisation_account"),
                       .now_ms = clock_now_ms(au->clock) };
    struct err why = { 0 };
    bool vouched = true;

    if (!business_ask_now(au, v, &asked, record, &said, &why).failed) {
        organisation_learn(v->arena, org, record, &said, w.now_ms);
        if (!is_named_by_number(record, asked.number))
            TRY(is_vouched(au, v->arena, acc, org, &vouched, e));
        w.org = *org;
        if (vouched)
            return sql_transact(au->sql, ground_put, &w, e);
        why = (struct err){ .code = ERR_NOT_REPRESENTATIVE,
                            .detail = "the register tells names only, and VNeID does not vouch" };
    }
    if (why.code == ERR_NOT_REPRESENTATIVE || why.code == ERR_BUSINESS_UNKNOWN)
        TRY(ground_end(au, v, org->id, acc->id, "register", e));
    return fail_field(e, why.code, why.field, "%s", why.detail);
}

/* ---- grounds ---- */

result organisation_claim(struct auth *au, const struct visit *v, const struct account *acc,
                          int level, struct str code, struct organisation *out, struct err *e)
{
    DEFER(json_close) struct json *detail = json_object();
    const struct ground_question q = { .account = acc };
    struct organisation org;
    struct taxcode t;

    if (acc->kind != VNEID_CITIZEN || level < 2 || acc->level < 2)
        return fail(e, ERR_FORBIDDEN, "only a person of identity level 2 represents others");
    TRY(taxcode_read(code, clock_today(au->clock).y, &t, e));
    org = organisation_new(au, v->arena, str_dup(v->arena, str_c(t.text)), VNEID_ENTERPRISE);
    TRY(register_ask(au, v, &q, &org, e));
    json_put_str(detail, "account", acc->id);
    TRY(auth_audit(au, v, str_cat(v->arena, STR("citizen:"), acc->id), "representation.confirmed",
                   org.id, detail, e));
    *out = org;
    return OK;
}

/* The account is the organisation's; VNeID said so at this sign-in. */
static result account_ground(struct auth *au, const struct visit *v, const struct account *acc,
                             const struct organisation *org, struct err *e)
{
    struct write w = { .auth = au,
                       .visit = v,
                       .org = *org,
                       .account = acc->id,
                       .role = STR("organisation_account"),
                       .now_ms = clock_now_ms(au->clock) };

    w.org.name = account_name(acc);
    w.org.address = acc->profile.address;
    w.org.status = STR("");
    return sql_transact(au->sql, ground_put, &w, e);
}

result organisation_of_account(struct auth *au, const struct visit *v, const struct account *acc,
                               bool *has, struct organisation *out, struct err *e)
{
    const struct vneid_claims *p = &acc->profile;
    const struct str code = p->business_code.n > 0 ? p->business_code : p->tax_code;
    struct ground_question q = { .account = acc };
    struct representation rep;
    struct organisation org;
    struct taxcode t;

    *has = false;
    if (acc->kind == VNEID_CITIZEN || taxcode_read(code, clock_today(au->clock).y, &t, NULL).failed)
        return OK;
    org = organisation_new(au, v->arena, str_dup(v->arena, str_c(t.text)), acc->kind);
    q.organisation = org.id;
    TRY(representation_load(au, v->arena, acc->id, org.id, &rep, e));
    if (rep.since_ms == 0 || rep.ended_ms != 0)
        TRY(acc->kind == VNEID_ENTERPRISE ? register_ask(au, v, &q, &org, e)
                                          : account_ground(au, v, acc, &org, e));
    *has = true;
    return organisation_ground(au, v, &q, out, &rep, e);
}

/* Whether the account is still what the ground was recorded for: a person, or the organisation
 * whose code VNeID tells. */
static bool is_same_holder(struct auth *au, struct arena *a, const struct ground_question *q,
                           const struct representation *rep)
{
    const struct vneid_claims *p = &q->account->profile;
    const struct str code = p->business_code.n > 0 ? p->business_code : p->tax_code;
    const bool citizen = q->account->kind == VNEID_CITIZEN;
    struct taxcode t;

    if (citizen != str_is(rep->role, "legal_representative"))
        return false;
    return citizen ||
           (!taxcode_read(code, clock_today(au->clock).y, &t, NULL).failed &&
            str_eq(organisation_new(au, a, str_c(t.text), q->account->kind).id, q->organisation));
}

result organisation_ground(struct auth *au, const struct visit *v, const struct ground_question *q,
                           struct organisation *org, struct representation *out, struct err *e)
{
    const int64_t now_ms = clock_now_ms(au->clock);
    struct read r = {
        .auth = au, .arena = v->arena, .organisation = q->organisation, .account = q->account->id
    };

    TRY(representation_load(au, v->arena, r.account, r.organisation, &r.rep, e));
    *out = r.rep;
    if (r.rep.since_ms == 0 || r.rep.ended_ms != 0)
        return fail(e, ERR_NOT_REPRESENTATIVE, "no ground of their own, or none any more");
    if (!is_same_holder(au, v->arena, q, &r.rep)) {
        TRY(ground_end(au, v, r.organisation, r.account, "register", e));
        return fail(e, ERR_NOT_REPRESENTATIVE, "VNeID tells another kind or organisation now");
    }
    TRY(organisation_load(au, v->arena, q->organisation, org, e));
    if (q->account->kind != VNEID_ORGANISATION &&
        now_ms - out->checked_ms > au->conf->auth.acting_max_age_s * 1000) {
        TRY(register_ask(au, v, q, org, e));
        out->checked_ms = now_ms;
    }
    return OK;
}
