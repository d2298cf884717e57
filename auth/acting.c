/*
 * Security: the attacker was a representative, has a mandate that is over or too narrow, or hopes
 * that a register which is down says nothing. Promised: the ground is asked about when a choice is
 * listed, a code is redeemed and a token refreshed, and never believed for longer than
 * auth.acting_max_age_s; a mandate counts only while its giver could give it anew; what ended takes
 * its grants with it at once, and portals are told in the same transaction. An organisation whose
 * status allows paying only is signed in nowhere.
 */
#include "auth/acting.h"

#include "auth/account.h"
#include "auth/grant.h"
#include "auth/mandate.h"
#include "auth/organisation.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/limits.h"
#include "base/str.h"
#include "conf/conf.h"
#include "store/sql.h"

#define GRANTS_AT_ONCE    100
#define GRANT_ROUNDS_MAX  100
#define GRANTS_PURGE_ROWS 20

static const struct str all_powers = { "sign_in bills pay", sizeof("sign_in bills pay") - 1 };

static struct str client_of(const struct client *c)
{
    return c != NULL ? c->id : STR("");
}

static struct acting acting_of(const struct organisation *org)
{
    return (struct acting){ .organisation = org->id,
                            .name = org->name,
                            .code = org->code,
                            .address = org->address,
                            .status = org->status,
                            .kind = (int)org->kind,
                            .id_index = org->id_index,
                            .powers = all_powers,
                            .functions = STR(""),
                            .mandate = STR(""),
                            .pay_only = org->pay_only };
}

static bool is_no_ground(enum err_code code)
{
    return code == ERR_NOT_REPRESENTATIVE || code == ERR_BUSINESS_UNKNOWN;
}

/* A ground of the account's own. Where it has gone, so does what rested on it. */
static result own_ground(struct auth *au, const struct visit *v, const struct account *acc,
                         const struct client *c, struct str organisation, struct acting *out,
                         struct err *e)
{
    const struct ground_question q = { .account = acc,
                                       .organisation = organisation,
                                       .client_id = client_of(c) };
    struct representation rep = { 0 };
    struct organisation org;
    struct err why = { 0 };

    if (organisation_ground(au, v, &q, &org, &rep, &why).failed) {
        if (is_no_ground(why.code) && rep.since_ms != 0)
            TRY(acting_end_person(au, v, organisation, acc->id, e));
        return fail_field(e, why.code, why.field, "%s", why.detail);
    }
    *out = acting_of(&org);
    out->role = rep.role;
    out->valid_from_ms = rep.since_ms;
    out->checked_ms = rep.checked_ms;
    return OK;
}

static void mandate_apply(const struct mandate *m, struct acting *a)
{
    a->role = STR("authorised");
    a->mandate = m->id;
    a->powers = m->powers;
    a->functions = m->functions;
    a->amount_limit_vnd = m->amount_limit_vnd;
    a->valid_from_ms = m->from_ms > m->given_ms ? m->from_ms : m->given_ms;
    a->valid_until_ms = m->until_ms;
}

/* By a mandate that is the person's and live: while its giver's own ground holds. */
static result mandate_ground(struct auth *au, const struct visit *v, const struct mandate *m,
                             const struct client *c, struct acting *out, struct err *e)
{
    struct account giver;
    struct acting own;
    struct err why = { 0 };

    TRY(account_load(au, v->arena, m->giver, &giver, e));
    if (own_ground(au, v, &giver, c, m->organisation, &own, &why).failed)
        return fail(e, is_no_ground(why.code) ? ERR_MANDATE : why.code, "mandate's giver: %s",
                    why.detail);
    mandate_apply(m, &own);
    *out = own;
    return OK;
}

static bool mandate_fits(const struct mandate *m, const struct account *acc, const struct client *c,
                         int64_t now_ms)
{
    return mandate_is_live(m, now_ms) && str_eq(m->receiver_account, acc->id) &&
           (c == NULL
                ? client_list_has(m->powers, STR("bills")) || client_list_has(m->powers, STR("pay"))
                : client_list_has(m->powers, STR("sign_in")));
}

/* The newest that holds; here, where bills are paid, rather one that allows to pay. */
static result by_mandate(struct auth *au, const struct visit *v, const struct account *acc,
                         const struct client *c, struct str organisation, struct acting *out,
                         struct err *e)
{
    const int64_t now_ms = clock_now_ms(au->clock);
    struct mandate *list;
    struct err why = { 0 };
    struct acting one;
    bool found = false, pays = false;
    size_t n;

    TRY(mandate_list_received(au, v, acc, &list, &n, e));
    for (size_t i = 0; i < n && !pays && !(found && c != NULL); i++) {
        if (!str_eq(list[i].organisation, organisation) || !mandate_fits(&list[i], acc, c, now_ms))
            continue;
        if (mandate_ground(au, v, &list[i], c, &one, &why).failed) {
            if (why.code != ERR_MANDATE) /* else another giver's may do */
                return fail_field(e, why.code, why.field, "%s", why.detail);
            continue;
        }
        pays = client_list_has(one.powers, STR("pay"));
        if (!found || pays)
            *out = one;
        found = true;
    }
    return found
               ? OK
               : fail(e, ERR_MANDATE, "no mandate that is accepted, in its days, and wide enough");
}

static result level_check(const struct account *acc, int level, struct err *e)
{
    if (acc->kind == VNEID_CITIZEN && level < 2)
        return fail(e, ERR_FORBIDDEN, "only a person of identity level 2 acts for others");
    return OK;
}

static result portal_check(const struct client *c, struct err *e)
{
    if (c != NULL && c->acting == CLIENT_ACTING_NO)
        return fail(e, ERR_FORBIDDEN, "the client is not registered for organisations");
    return OK;
}

static result pay_only_check(const struct client *c, const struct acting *a, struct err *e)
{
    if (c != NULL && a->pay_only)
        return fail(e, ERR_BUSINESS_STATUS, "an organisation that may only pay");
    return OK;
}

result acting_check(struct auth *au, const struct visit *v, struct str account, int level,
                    const struct client *c, struct str organisation, struct acting *out,
                    struct err *e)
{
    struct account acc;
    struct acting found;
    struct err why = { 0 };

    TRY(portal_check(c, e));
    TRY(account_load(au, v->arena, account, &acc, e));
    TRY(level_check(&acc, level, e));
    if (own_ground(au, v, &acc, c, organisation, &found, &why).failed) {
        if (!is_no_ground(why.code) || acc.kind != VNEID_CITIZEN)
            return fail_field(e, why.code, why.field, "%s", why.detail);
        TRY(by_mandate(au, v, &acc, c, organisation, &found, e));
    }
    TRY(pay_only_check(c, &found, e));
    *out = found;
    return OK;
}

result acting_recall(struct auth *au, const struct visit *v, struct str account,
                     struct str organisation, struct str mandate, struct acting *out, struct err *e)
{
    struct representation rep;
    struct organisation org;
    struct mandate m = { 0 };

    TRY(organisation_load(au, v->arena, organisation, &org, e));
    if (mandate.n > 0)
        TRY(mandate_load(au, v, mandate, &m, e));
    TRY(representation_load(au, v->arena, mandate.n > 0 ? m.giver : account, organisation, &rep,
                            e));
    *out = acting_of(&org);
    out->role = rep.role;
    out->valid_from_ms = rep.since_ms;
    out->checked_ms = rep.checked_ms;
    if (mandate.n > 0)
        mandate_apply(&m, out);
    return OK;
}

/* ---- the choice ---- */

struct choosing {
    struct auth *auth;
    const struct visit *visit;
    const struct account *account;
    const struct client *client;
    struct acting *list;
    size_t count;
    bool incomplete;
    bool every; /* each ground, not each organisation */
};

static bool is_listed(const struct choosing *w, struct str organisation)
{
    for (size_t i = 0; i < w->count; i++)
        if (str_eq(w->list[i].organisation, organisation))
            return true;
    return false;
}

/* What cannot be known now is left out and said; what is refused is left out. */
static result choice_add(struct choosing *w, result got, const struct acting *one,
                         const struct err *why, struct err *e)
{
    if (!got.failed) {
        if (w->count < ACTING_MAX)
            w->list[w->count++] = *one;
        else
            w->incomplete = true;
        return OK;
    }
    switch (why->code) {
    case ERR_UPSTREAM_DOWN:
        w->incomplete = true;
        return OK;
    case ERR_NOT_REPRESENTATIVE:
    case ERR_BUSINESS_UNKNOWN:
    case ERR_BUSINESS_STATUS:
    case ERR_MANDATE:
        return OK;
    default:
        return fail_field(e, why->code, why->field, "%s", why->detail);
    }
}

static result choices_own(struct choosing *w, struct err *e)
{
    struct arena *a = w->visit->arena;
    struct str *ids = arena_array(a, struct str, ACTING_MAX);
    struct organisation org;
    struct err why = { 0 };
    struct acting one;
    bool has = false;
    size_t n;

    if (w->account->kind != VNEID_CITIZEN) {
        result got = organisation_of_account(w->auth, w->visit, w->account, &has, &org, &why);

        if (!got.failed && !has)
            return OK;
        if (!got.failed)
            got = own_ground(w->auth, w->visit, w->account, w->client, org.id, &one, &why);
        return choice_add(w, got, &one, &why, e);
    }
    TRY(organisation_list(w->auth, a, w->account->id, ids, ACTING_MAX, &n, e));
    for (size_t i = 0; i < n; i++) {
        const result got = own_ground(w->auth, w->visit, w->account, w->client, ids[i], &one, &why);

        TRY(choice_add(w, got, &one, &why, e));
    }
    return OK;
}

static result choices_by_mandate(struct choosing *w, struct err *e)
{
    const int64_t now_ms = clock_now_ms(w->auth->clock);
    struct mandate *list;
    struct err why = { 0 };
    struct acting one;
    size_t n;

    TRY(mandate_list_received(w->auth, w->visit, w->account, &list, &n, e));
    for (size_t i = 0; i < n; i++) {
        result got;

        if (!mandate_fits(&list[i], w->account, w->client, now_ms) ||
            (!w->every && is_listed(w, list[i].organisation)))
            continue;
        got = mandate_ground(w->auth, w->visit, &list[i], w->client, &one, &why);
        TRY(choice_add(w, got, &one, &why, e));
    }
    return OK;
}

static result choices_find(struct choosing *w, const struct session *s, struct err *e)
{
    struct account acc;

    if (w->client != NULL && w->client->acting == CLIENT_ACTING_NO)
        return OK;
    TRY(account_load(w->auth, w->visit->arena, s->account, &acc, e));
    if (level_check(&acc, s->level, NULL).failed)
        return OK;
    w->account = &acc;
    TRY(choices_own(w, e));
    return choices_by_mandate(w, e);
}

result acting_list(struct auth *au, const struct visit *v, const struct session *s,
                   const struct client *c, struct acting *list, size_t *count, bool *incomplete,
                   struct err *e)
{
    struct choosing w = { .auth = au, .visit = v, .client = c, .list = list };

    TRY(choices_find(&w, s, e));
    *count = w.count;
    *incomplete = w.incomplete;
    return OK;
}

result acting_list_grounds(struct auth *au, const struct visit *v, const struct session *s,
                           const struct client *c, struct acting *list, size_t *count,
                           bool *incomplete, struct err *e)
{
    struct choosing w = { .auth = au, .visit = v, .client = c, .list = list, .every = true };

    TRY(choices_find(&w, s, e));
    *count = w.count;
    *incomplete = w.incomplete;
    return OK;
}

/* ---- grants ---- */

struct granting {
    const struct grant *grant;
    int64_t now_ms, expires_ms;
};

static result grant_remember(struct sql *db, void *arg, struct err *e)
{
    const struct granting *w = arg;

    TRY(sql_run(db, SQL_ACTING_PURGE, e, sql_i(w->now_ms), sql_i(GRANTS_PURGE_ROWS)));
    return sql_run(db, SQL_ACTING_PUT, e, sql_t(w->grant->id), sql_t(w->grant->acting),
                   sql_t(w->grant->account), sql_t_or_null(w->grant->mandate), sql_t(w->grant->sid),
                   sql_t(w->grant->client_id), sql_i(w->expires_ms));
}

/* The very ground of the choice: another mandate, or a ground won since, is another choice. */
static result grant_ground(struct auth *au, const struct visit *v, const struct client *c,
                           const struct grant *g, struct err *e)
{
    struct account acc;
    struct acting acting;
    struct mandate m;

    TRY(portal_check(c, e));
    TRY(account_load(au, v->arena, g->account, &acc, e));
    TRY(level_check(&acc, g->level, e));
    if (g->mandate.n > 0) {
        TRY(mandate_load(au, v, g->mandate, &m, e));
        if (!str_eq(m.organisation, g->acting) ||
            !mandate_fits(&m, &acc, c, clock_now_ms(au->clock)))
            return fail(e, ERR_MANDATE, "no longer accepted, in its days, and wide enough");
        TRY(mandate_ground(au, v, &m, c, &acting, e));
    } else {
        TRY(own_ground(au, v, &acc, c, g->acting, &acting, e));
    }
    if (!str_eq(acting.role, g->acting_role))
        return fail(e, ERR_MANDATE, "another role than when it was chosen");
    return pay_only_check(c, &acting, e);
}

static bool is_refusal(enum err_code code)
{
    return is_no_ground(code) || code == ERR_MANDATE || code == ERR_NOT_FOUND ||
           code == ERR_BUSINESS_STATUS || code == ERR_FORBIDDEN;
}

result acting_confirm(struct auth *au, const struct visit *v, const struct client *c,
                      const struct grant *g, struct err *e)
{
    const struct conf *k = au->conf;
    const int64_t now_ms = clock_now_ms(au->clock);
    struct granting w = {
        .grant = g,
        .now_ms = now_ms,
        .expires_ms = now_ms + (k->auth.session_max_s + k->auth.access_ttl_s) * 1000,
    };
    struct err why = { 0 };

    if (g->acting.n == 0)
        return OK;
    /* Remembered before it is checked: an end in between finds it. */
    TRY(sql_transact(au->sql, grant_remember, &w, e));
    if (!grant_ground(au, v, c, g, &why).failed)
        return OK;
    return fail(e, is_refusal(why.code) ? ERR_BAD_GRANT : why.code, "acting: %s: %s",
                err_name(why.code), why.detail);
}

struct ending {
    struct arena *arena;
    struct str mandate, organisation, account; /* by mandate, or by the other two, or stale */
    struct str ids[GRANTS_AT_ONCE];
    size_t count;
};

/* Those of a stretch whose ground is gone; how many it had. */
static result stretch_read(struct sql *db, struct ending *w, struct str after, size_t most,
                           size_t *seen, struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;
    bool more;

    TRY(sql_find(db, SQL_ACTING_STRETCH, &rows, e, sql_t(after), sql_i((int64_t)most)));
    for (*seen = 0;; ++*seen) {
        TRY(sql_next(rows, &more, e));
        if (!more)
            return OK;
        if (sql_int(rows, 1) == 1)
            w->ids[w->count++] = sql_text(rows, 0, w->arena);
    }
}

/* They are few, and only there when a process died while it took them back: so not all are looked
 * through each time, but some from a random place on, and round the end. */
static result stale_find(struct sql *db, struct ending *w, struct err *e)
{
    size_t seen, again;

    TRY(stretch_read(db, w, grant_new_id(w->arena), GRANTS_AT_ONCE, &seen, e));
    if (seen == GRANTS_AT_ONCE)
        return OK;
    return stretch_read(db, w, STR(""), GRANTS_AT_ONCE - seen, &again, e);
}

static result grants_find(struct sql *db, void *arg, struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;
    struct ending *w = arg;
    bool more;

    w->count = 0;
    if (w->mandate.n == 0 && w->account.n == 0)
        return stale_find(db, w, e);
    if (w->mandate.n > 0)
        TRY(sql_find(db, SQL_ACTING_BY_MANDATE, &rows, e, sql_t(w->mandate),
                     sql_i(GRANTS_AT_ONCE)));
    else
        TRY(sql_find(db, SQL_ACTING_BY_PERSON, &rows, e, sql_t(w->organisation), sql_t(w->account),
                     sql_i(GRANTS_AT_ONCE)));
    for (;;) {
        TRY(sql_next(rows, &more, e));
        if (!more)
            return OK;
        w->ids[w->count++] = sql_text(rows, 0, w->arena);
    }
}

static result grants_drop(struct sql *db, void *arg, struct err *e)
{
    const struct ending *w = arg;

    for (size_t i = 0; i < w->count; i++)
        TRY(sql_run(db, SQL_ACTING_DROP, e, sql_t(w->ids[i])));
    return OK;
}

/* First taken back, then forgotten: who dies in between leaves what the next one finds. */
static result grants_end(struct auth *au, struct ending *w, struct err *e)
{
    for (int round = 0; round < GRANT_ROUNDS_MAX; round++) {
        TRY(sql_read(au->sql, grants_find, w, e));
        if (w->count == 0)
            return OK;
        for (size_t i = 0; i < w->count; i++)
            TRY(grant_revoke(au, w->arena, w->ids[i], e));
        TRY(sql_transact(au->sql, grants_drop, w, e));
        if (w->count < GRANTS_AT_ONCE)
            return OK;
    }
    return fail(e, ERR_BUSY, "more grants to end than one request does");
}

result acting_end_mandate(struct auth *au, const struct visit *v, struct str mandate, struct err *e)
{
    struct ending w = { .arena = v->arena, .mandate = mandate };

    must(mandate.n > 0);
    return grants_end(au, &w, e);
}

result acting_end_person(struct auth *au, const struct visit *v, struct str organisation,
                         struct str account, struct err *e)
{
    struct ending w = { .arena = v->arena, .organisation = organisation, .account = account };

    TRY(grants_end(au, &w, e));
    return mandate_lose(au, v, organisation, account, e);
}

result acting_tend(struct auth *au, bool *did, struct err *e)
{
    DEFER(arena_close) struct arena *arena = arena_open_clean(LIMIT_ARENA_JOB_BYTES);
    const struct visit v = { .arena = arena };
    struct ending stale = { .arena = arena };

    TRY(mandate_expire_next(au, &v, did, e));
    if (!*did)
        TRY(mandate_lose_next(au, &v, did, e));
    return grants_end(au, &stale, e);
}

result acting_leave(struct auth *au, const struct visit *v, struct str account,
                    struct str organisation, struct err *e)
{
    TRY(organisation_leave(au, v, account, organisation, e));
    return acting_end_person(au, v, organisation, account, e);
}
