/*
 * Security: the attacker reads the database, or signs in upstream with a second account of the same
 * number. Promised: personal data is sealed with the row's place as associated data, so a value
 * moved to another row does not open; look-ups go by keyed digests. Two accounts of one citizen
 * become one only when the register confirmed the number or the upstream vouches for it by level 2;
 * a different number under a known TechID makes the row follow the upstream, which is the
 * authority.
 */
#include "auth/account.h"

#include "auth/record.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/idno.h"
#include "base/str.h"
#include "conf/conf.h"
#include "crypto/random.h"
#include "crypto/seal.h"
#include "store/sql.h"

#define ACCOUNT_SAVE_ATTEMPTS 5

static const struct record_field profile_fields[] = {
    RECORD(struct vneid_claims, sub),           RECORD(struct vneid_claims, tech_id),
    RECORD(struct vneid_claims, kind),          RECORD(struct vneid_claims, level),
    RECORD(struct vneid_claims, name),          RECORD(struct vneid_claims, number),
    RECORD(struct vneid_claims, old_card),      RECORD(struct vneid_claims, passport),
    RECORD(struct vneid_claims, tax_code),      RECORD(struct vneid_claims, business_code),
    RECORD(struct vneid_claims, business_name), RECORD(struct vneid_claims, insurance),
    RECORD(struct vneid_claims, birth.y),       RECORD(struct vneid_claims, birth.m),
    RECORD(struct vneid_claims, birth.d),       RECORD(struct vneid_claims, sex),
    RECORD(struct vneid_claims, address),       RECORD(struct vneid_claims, email),
    RECORD(struct vneid_claims, phone),         RECORD(struct vneid_claims, nationality),
    RECORD(struct vneid_claims, auth_time_s),   RECORD(struct vneid_claims, standard),
};
/* Accounts that were saved before it was kept are read without the last one. */
#define PROFILE_FIELDS_AT_FIRST (LEN(profile_fields) - 1)

static struct str profile_place(struct arena *a, struct str id)
{
    return str_fmt(a, "account.profile:%.*s", STR_ARG(id));
}

/* The number by which bills find their debtor. */
static struct str account_number(struct auth *au, struct arena *a, const struct vneid_claims *c)
{
    const int year = clock_today(au->clock).y;
    const struct str code = c->business_code.n > 0 ? c->business_code : c->tax_code;
    struct taxcode tax;
    struct idno id;

    if (c->kind == VNEID_CITIZEN)
        return !idno_read(c->number, year, &id, NULL).failed ? str_dup(a, str_c(id.text)) : STR("");
    return !taxcode_read(code, year, &tax, NULL).failed ? str_dup(a, str_c(tax.text)) : STR("");
}

struct account_write {
    struct auth *auth;
    const struct account_seen *seen;
    struct arena *arena;
    struct str tech_index, id_index, issuer;
    int64_t now_ms;
    struct str id; /* found or made */
};

static result id_find(struct sql *db, enum sql_query q, const struct sql_param *by,
                      struct account_write *w, struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;
    bool found;

    TRY(sql_find_n(db, q, by, 2, &rows, e));
    TRY(sql_next(rows, &found, e));
    if (found)
        w->id = sql_text(rows, 0, w->arena);
    return OK;
}

static struct str profile_seal(const struct account_write *w)
{
    const struct str plain =
        record_print(w->arena, profile_fields, LEN(profile_fields), w->seen->claims);

    return seal_put(w->arena, w->auth->seal, profile_place(w->arena, w->id), plain);
}

static result account_insert(struct sql *db, struct account_write *w, struct err *e)
{
    const struct account_seen *s = w->seen;
    int64_t changed;

    w->id = random_id(w->arena, "acc_", w->now_ms);
    TRY(sql_run_count(db, SQL_ACCOUNT_INSERT, &changed, e, sql_t(w->id),
                      sql_i((int64_t)s->claims->kind), sql_i(s->claims->level),
                      sql_t_or_null(w->id_index), sql_b(profile_seal(w)), sql_i(s->checked),
                      sql_i(s->degraded), sql_i(s->pay_only), sql_i(s->checked_ms),
                      sql_i(w->now_ms)));
    if (changed == 0) /* another process made the same person's account just now */
        return fail(e, ERR_RETRY, "account made twice at once");
    return OK;
}

static result account_update(struct sql *db, struct account_write *w, struct err *e)
{
    const struct account_seen *s = w->seen;

    return sql_run(db, SQL_ACCOUNT_UPDATE, e, sql_t(w->id), sql_i((int64_t)s->claims->kind),
                   sql_i(s->claims->level), sql_t_or_null(w->id_index), sql_b(profile_seal(w)),
                   sql_i(s->checked), sql_i(s->degraded), sql_i(s->pay_only), sql_i(s->checked_ms),
                   sql_i(w->now_ms));
}

/* Another process that linked the same key meanwhile has an account for it: look again. */
static result link_insert(struct sql *db, const struct account_write *w, struct err *e)
{
    int64_t changed;

    TRY(sql_run_count(db, SQL_ACCOUNT_LINK, &changed, e, sql_t(w->issuer), sql_t(w->tech_index),
                      sql_t(w->id), sql_i(w->now_ms)));
    return changed == 1 ? OK : fail(e, ERR_RETRY, "account linked twice at once");
}

/* Somebody else's account, should the number be false: the upstream saw the person's papers (level
 * 2), or the register confirmed the number. */
static result join_check(const struct account_seen *s, struct err *e)
{
    if (s->checked || s->claims->level == 2)
        return OK;
    return fail(e, s->degraded ? ERR_UPSTREAM_DOWN : ERR_FORBIDDEN,
                "an account of that number exists, and nobody confirmed the number");
}

static result account_write(struct sql *db, void *arg, struct err *e)
{
    struct account_write *w = arg;
    const int64_t kind = (int64_t)w->seen->claims->kind;
    const struct sql_param by_tech[] = { sql_t(w->issuer), sql_t(w->tech_index) };
    const struct sql_param by_number[] = { sql_i(kind), sql_t(w->id_index) };

    w->id = STR("");
    TRY(id_find(db, SQL_ACCOUNT_BY_TECH, by_tech, w, e));
    if (w->id.n > 0)
        return account_update(db, w, e);
    if (kind == VNEID_CITIZEN && w->id_index.n > 0)
        TRY(id_find(db, SQL_ACCOUNT_BY_NUMBER, by_number, w, e));
    if (w->id.n > 0)
        TRY(join_check(w->seen, e));
    if (w->id.n > 0)
        TRY(account_update(db, w, e));
    else
        TRY(account_insert(db, w, e));
    return link_insert(db, w, e);
}

/* ERR_RETRY from account_write means that another sign-in of the same person was first: the next
 * look finds its rows. */
static result account_write_again(struct sql_pool *pool, struct account_write *w, struct err *e)
{
    struct err why = { .code = ERR_NONE };

    for (int attempt = 0; attempt < ACCOUNT_SAVE_ATTEMPTS; attempt++) {
        if (!sql_transact(pool, account_write, w, &why).failed)
            return OK;
        if (why.code != ERR_RETRY)
            break;
    }
    return fail_field(e, why.code, why.field, "%s", why.detail);
}

result account_save(struct auth *au, const struct visit *v, const struct account_seen *seen,
                    struct account *out, struct err *e)
{
    const struct str number = account_number(au, v->arena, seen->claims);
    struct account_write w = {
        .auth = au,
        .seen = seen,
        .arena = v->arena,
        .issuer = au->conf->vneid.issuer,
        .tech_index = seal_index(v->arena, au->seal, STR("techid"), seen->claims->tech_id),
        .id_index = number.n > 0 ? seal_index(v->arena, au->seal, STR("idno"), number) : STR(""),
        .now_ms = clock_now_ms(au->clock),
    };

    must(seen->claims->tech_id.n > 0);
    must(seen->claims->level == 1 || seen->claims->level == 2);
    TRY(account_write_again(au->sql, &w, e));
    TRY(account_load(au, v->arena, w.id, out, e));
    return out->blocked_ms == 0 ? OK : fail(e, ERR_BLOCKED, "the account is blocked");
}

static result claims_find(struct sql *db, void *arg, struct err *e)
{
    struct account_write *w = arg;
    const struct sql_param by[] = { sql_t(w->issuer), sql_t(w->tech_index) };

    return id_find(db, SQL_ACCOUNT_BY_TECH, by, w, e);
}

result account_of_claims(struct auth *au, struct arena *a, const struct vneid_claims *c,
                         struct str *id, struct err *e)
{
    struct account_write w = {
        .auth = au,
        .arena = a,
        .issuer = au->conf->vneid.issuer,
        .tech_index = seal_index(a, au->seal, STR("techid"), c->tech_id),
    };

    TRY(sql_read(au->sql, claims_find, &w, e));
    *id = w.id;
    return OK;
}

static result number_find(struct sql *db, void *arg, struct err *e)
{
    struct account_write *w = arg;
    const struct sql_param by[] = { sql_i(VNEID_CITIZEN), sql_t(w->id_index) };

    return id_find(db, SQL_ACCOUNT_BY_NUMBER, by, w, e);
}

result account_by_number(struct auth *au, struct arena *a, struct str number, struct str *id,
                         struct err *e)
{
    struct account_write w = { .auth = au,
                               .arena = a,
                               .id_index = seal_index(a, au->seal, STR("idno"), number) };

    TRY(sql_read(au->sql, number_find, &w, e));
    if (w.id.n == 0)
        return fail(e, ERR_NOT_FOUND, "no account of that number");
    *id = w.id;
    return OK;
}

struct account_read {
    struct auth *auth;
    struct arena *arena;
    struct str id;
    struct account account;
    struct str sealed;
};

static result account_find(struct sql *db, void *arg, struct err *e)
{
    struct account_read *r = arg;
    struct account *acc = &r->account;
    DEFER(sql_end) struct sql_rows *rows = NULL;

    TRY(sql_find(db, SQL_ACCOUNT_LOAD, &rows, e, sql_t(r->id)));
    TRY(sql_one(rows, e));
    acc->id = sql_text(rows, 0, r->arena);
    acc->kind = (enum vneid_kind)sql_int(rows, 1);
    acc->level = (int)sql_int(rows, 2);
    acc->id_index = sql_text(rows, 3, r->arena);
    r->sealed = sql_bytes(rows, 4, r->arena);
    acc->checked = sql_int(rows, 5) != 0;
    acc->degraded = sql_int(rows, 6) != 0;
    acc->pay_only = sql_int(rows, 7) != 0;
    acc->checked_ms = sql_int(rows, 8);
    acc->created_ms = sql_int(rows, 9);
    acc->updated_ms = sql_int(rows, 10);
    acc->blocked_ms = sql_int(rows, 11);
    return OK;
}

result account_load(struct auth *au, struct arena *a, struct str id, struct account *out,
                    struct err *e)
{
    struct account_read r = { .auth = au, .arena = a, .id = id };
    struct str plain;

    TRY(sql_read(au->sql, account_find, &r, e));
    TRY(seal_get(a, au->seal, profile_place(a, r.account.id), r.sealed, &plain, e));
    if (record_read(a, profile_fields, LEN(profile_fields), plain, &r.account.profile, NULL).failed)
        TRY(record_read(a, profile_fields, PROFILE_FIELDS_AT_FIRST, plain, &r.account.profile, e));
    *out = r.account;
    return OK;
}

struct str account_name(const struct account *acc)
{
    if (acc->kind != VNEID_CITIZEN && acc->profile.business_name.n > 0)
        return acc->profile.business_name;
    return acc->profile.name;
}
