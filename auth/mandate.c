/*
 * Security: the attacker gives a mandate for a firm they do not represent, accepts one meant for
 * another person, widens one, or goes on acting after its end. Promised: the giver's ground is
 * checked when it is given and whenever it is used; only the person of that number and name sees or
 * accepts it, with identity level 2, and never the giver; who no longer represents the
 * organisation sees there what they gave and nothing else; nothing of it changes after it was given
 * but its state; the end takes back what was granted by it. Deliberately not done: mandates that
 * are passed on, and mandates without a last day.
 */
#include "auth/mandate.h"

#include "auth/acting.h"
#include "auth/organisation.h"
#include "auth/record.h"
#include "auth/session_rows.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/idno.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/str.h"
#include "base/utf8.h"
#include "conf/conf.h"
#include "crypto/random.h"
#include "crypto/seal.h"
#include "store/audit.h"
#include "store/sql.h"

#define FUNCTION_BYTES_MAX 64
#define LOSE_ROUNDS_MAX    100

static const struct {
    enum mandate_state state;
    enum mandate_event event;
    enum mandate_state next;
    enum mandate_action action;
} table[] = {
#define MANDATE(s, ev, next, action)                                                               \
    { MANDATE_##s, MANDATE_EV_##ev, MANDATE_##next, MANDATE_DO_##action },
#include "auth/mandate.def"
#undef MANDATE
};

bool mandate_next(enum mandate_state s, enum mandate_event ev, enum mandate_state *next,
                  enum mandate_action *action)
{
    for (size_t i = 0; i < LEN(table); i++) {
        if (table[i].state == s && table[i].event == ev) {
            *next = table[i].next;
            *action = table[i].action;
            return true;
        }
    }
    return false;
}

const char *mandate_state_name(enum mandate_state s)
{
    static const char *const names[] = { "given", "accepted", "declined", "revoked", "expired" };

    _Static_assert(LEN(names) == MANDATE_STATE_COUNT, "a name for each state");
    must(s < MANDATE_STATE_COUNT);
    return names[s];
}

const char *mandate_event_name(enum mandate_event ev)
{
    static const char *const names[] = { "accept", "decline", "revoke", "expire", "lose" };

    _Static_assert(LEN(names) == MANDATE_EVENT_COUNT, "a name for each event");
    must(ev < MANDATE_EVENT_COUNT);
    return names[ev];
}

const char *mandate_action_name(enum mandate_action action)
{
    static const char *const names[] = { "NOTHING", "START", "CLOSE", "END" };

    must(action < LEN(names));
    return names[action];
}

bool mandate_is_live(const struct mandate *m, int64_t now_ms)
{
    return m->state == MANDATE_ACCEPTED && now_ms >= m->from_ms && now_ms < m->until_ms;
}

/* ---- rows ---- */

static const struct record_field receiver_fields[] = {
    RECORD(struct mandate, number),
    RECORD(struct mandate, name),
};

static struct str receiver_place(struct arena *a, struct str id)
{
    return str_fmt(a, "mandate.receiver:%.*s", STR_ARG(id));
}

struct reading {
    struct auth *auth;
    struct arena *arena;
    enum sql_query query;
    struct sql_param params[3];
    size_t param_count;
    struct mandate *list;
    size_t most, count;
};

static result state_read(struct str name, enum mandate_state *out, struct err *e)
{
    for (int s = 0; s < MANDATE_STATE_COUNT; s++) {
        if (str_is(name, mandate_state_name((enum mandate_state)s))) {
            *out = (enum mandate_state)s;
            return OK;
        }
    }
    return fail(e, ERR_INTERNAL, "mandate: a state that is none");
}

static result row_read(const struct reading *r, const struct sql_rows *rows, struct mandate *out,
                       struct err *e)
{
    struct arena *a = r->arena;
    struct mandate m = { 0 };
    struct str plain;

    m.id = sql_text(rows, 0, a);
    m.organisation = sql_text(rows, 1, a);
    m.giver = sql_text(rows, 2, a);
    m.receiver_index = sql_text(rows, 3, a);
    TRY(seal_get(a, r->auth->seal, receiver_place(a, m.id), sql_bytes(rows, 4, a), &plain, e));
    TRY(record_read(a, receiver_fields, LEN(receiver_fields), plain, &m, e));
    m.receiver_account = sql_text(rows, 5, a);
    TRY(state_read(sql_text(rows, 6, a), &m.state, e));
    m.powers = sql_text(rows, 7, a);
    m.functions = sql_text(rows, 8, a);
    m.amount_limit_vnd = sql_int(rows, 9);
    m.from_ms = sql_int(rows, 10);
    m.until_ms = sql_int(rows, 11);
    m.given_ms = sql_int(rows, 12);
    *out = m;
    return OK;
}

static result rows_read(struct sql *db, void *arg, struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;
    struct reading *r = arg;
    bool more;

    r->count = 0;
    TRY(sql_find_n(db, r->query, r->params, r->param_count, &rows, e));
    for (;;) {
        TRY(sql_next(rows, &more, e));
        if (!more || r->count == r->most)
            return OK;
        TRY(row_read(r, rows, &r->list[r->count], e));
        r->count++;
    }
}

static result read_all(struct auth *au, struct arena *a, struct reading *r, size_t most,
                       struct err *e)
{
    r->auth = au;
    r->arena = a;
    r->most = most;
    r->list = arena_array(a, struct mandate, most);
    r->params[r->param_count++] = sql_i((int64_t)most);
    return sql_read(au->sql, rows_read, r, e);
}

/* ---- steps ---- */

struct stepping {
    struct auth *auth;
    const struct visit *visit;
    const struct mandate *mandate;
    const struct mandate_move *move;
    enum mandate_state next;
    enum mandate_action action;
    const struct json *detail;
    int64_t now_ms;
};

static result step_write(struct sql *db, void *arg, struct err *e)
{
    const struct stepping *w = arg;
    const struct mandate *m = w->mandate;
    const struct str next = str_c(mandate_state_name(w->next));
    const struct audit_event ev =
        auth_event(w->visit, w->move->actor,
                   str_cstr(w->visit->arena, str_cat(w->visit->arena, STR("mandate."), next)),
                   m->id, w->detail);
    int64_t changed;

    TRY(sql_run_count(db, SQL_MANDATE_MOVE, &changed, e, sql_t(m->id),
                      sql_t(str_c(mandate_state_name(m->state))), sql_t(next),
                      sql_t_or_null(w->move->receiver_account)));
    if (changed == 0)
        return fail(e, ERR_WRONG_STATE, "mandate: moved meanwhile");
    TRY(sql_run(db, SQL_MANDATE_PAST_PUT, e, sql_t(m->id), sql_t(next), sql_i(w->now_ms),
                sql_t(str_c(w->move->role))));
    if (w->action == MANDATE_DO_END) /* portals learn it, whatever becomes of this process */
        TRY(session_acting_end(db, w->visit->arena, w->now_ms, m->receiver_account, m->organisation,
                               e));
    return audit_append(db, w->now_ms, &ev, e);
}

result mandate_step(struct auth *au, const struct visit *v, struct mandate *m,
                    const struct mandate_move *move, enum mandate_action *action, struct err *e)
{
    DEFER(json_close) struct json *detail = json_object();
    struct stepping w = { .auth = au,
                          .visit = v,
                          .mandate = m,
                          .move = move,
                          .detail = detail,
                          .now_ms = clock_now_ms(au->clock) };

    if (!mandate_next(m->state, move->event, &w.next, action))
        return fail(e, ERR_WRONG_STATE, "mandate: %s while %s", mandate_event_name(move->event),
                    mandate_state_name(m->state));
    if (w.next == m->state)
        return OK;
    w.action = *action;
    json_put_str(detail, "organisation", m->organisation);
    json_put_str(detail, "role", str_c(move->role));
    TRY(sql_transact(au->sql, step_write, &w, e));
    m->state = w.next;
    if (move->receiver_account.n > 0)
        m->receiver_account = move->receiver_account;
    return OK;
}

/* The step and what it demands. */
static result mandate_do(struct auth *au, const struct visit *v, struct mandate *m,
                         const struct mandate_move *move, struct err *e)
{
    enum mandate_action action;

    TRY(mandate_step(au, v, m, move, &action, e));
    if (action != MANDATE_DO_END)
        return OK;
    return acting_end_mandate(au, v, m->id, e);
}

static result expire_if_due(struct auth *au, const struct visit *v, struct mandate *m,
                            struct err *e)
{
    const struct mandate_move move = { .event = MANDATE_EV_EXPIRE,
                                       .role = "time",
                                       .actor = STR("system") };
    struct err why = { 0 };

    if ((m->state != MANDATE_GIVEN && m->state != MANDATE_ACCEPTED) ||
        clock_now_ms(au->clock) < m->until_ms)
        return OK;
    if (!mandate_do(au, v, m, &move, &why).failed)
        return OK;
    if (why.code != ERR_WRONG_STATE)
        return fail(e, why.code, "%s", why.detail);
    m->state = MANDATE_EXPIRED; /* another was faster, and whatever it became, its days are over */
    return OK;
}

result mandate_load(struct auth *au, const struct visit *v, struct str id, struct mandate *out,
                    struct err *e)
{
    struct mandate one;
    struct reading r = { .auth = au,
                         .arena = v->arena,
                         .query = SQL_MANDATE_LOAD,
                         .params = { sql_t(id) },
                         .param_count = 1,
                         .list = &one,
                         .most = 1 };

    TRY(sql_read(au->sql, rows_read, &r, e));
    if (r.count == 0)
        return fail(e, ERR_NOT_FOUND, "mandate: unknown");
    TRY(expire_if_due(au, v, &one, e));
    *out = one;
    return OK;
}

/* ---- giving ---- */

static bool powers_are_good(struct str powers)
{
    struct str word;
    size_t n = 0;

    while (str_next(&powers, ' ', &word)) {
        if (!str_is(word, "sign_in") && !str_is(word, "bills") && !str_is(word, "pay"))
            return false;
        n++;
    }
    return n > 0 && n <= 3;
}

static bool functions_are_good(struct str functions)
{
    struct str word;
    size_t n = 0;

    if (functions.n == 0)
        return true;
    while (str_next(&functions, ' ', &word)) {
        if (word.n == 0 || word.n > FUNCTION_BYTES_MAX ||
            !str_all_in(word, "abcdefghijklmnopqrstuvwxyz0123456789._-"))
            return false;
        n++;
    }
    return n <= MANDATE_FUNCTIONS_MAX;
}

static result days_check(const struct auth *au, const struct mandate_ask *ask, struct err *e)
{
    const struct date today = clock_today(au->clock);
    const struct date last = { today.y + MANDATE_YEARS_MOST, today.m, today.m == 2 ? 28 : today.d };

    if (!date_is_valid(ask->from))
        return fail_field(e, ERR_INVALID, "from", "no day");
    if (!date_is_valid(ask->until) || date_cmp(ask->until, ask->from) < 0 ||
        date_cmp(ask->until, today) < 0)
        return fail_field(e, ERR_INVALID, "until", "no day, over, or before the first");
    if (date_cmp(ask->until, last) > 0)
        return fail_field(e, ERR_INVALID, "until", "more than %d years ahead", MANDATE_YEARS_MOST);
    return OK;
}

static result ask_check(const struct auth *au, const struct account *giver,
                        const struct mandate_ask *ask, struct idno *number, struct err *e)
{
    if (idno_read(ask->number, clock_today(au->clock).y, number, NULL).failed)
        return fail_field(e, ERR_INVALID, "number", "no personal number");
    if (str_is(giver->profile.number, number->text))
        return fail_field(e, ERR_INVALID, "number", "the giver's own");
    if (ask->name.n == 0 || ask->name.n > LIMIT_NAME_BYTES || !utf8_is_text(ask->name))
        return fail_field(e, ERR_INVALID, "name", "empty, too long, or no text");
    if (!powers_are_good(ask->powers))
        return fail_field(e, ERR_INVALID, "powers", "none, or unknown");
    if (!functions_are_good(ask->functions))
        return fail_field(e, ERR_INVALID, "functions", "no list of functions");
    if (ask->amount_limit_vnd < 0 || ask->amount_limit_vnd > MANDATE_AMOUNT_VND_MOST)
        return fail_field(e, ERR_INVALID, "limit", "no amount");
    return days_check(au, ask, e);
}

struct giving {
    struct auth *auth;
    const struct visit *visit;
    const struct mandate *mandate;
    const struct json *detail;
};

/* Two at once may pass one more: the bound keeps lists short, it guards nothing. */
static result open_bound(struct sql *db, const struct giving *w, struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;
    const int64_t most = w->auth->conf->auth.mandates_open_max;

    TRY(sql_find(db, SQL_MANDATE_OPEN_COUNT, &rows, e, sql_t(w->mandate->organisation)));
    TRY(sql_one(rows, e));
    return sql_int(rows, 0) < most
               ? OK
               : fail_field(e, ERR_INVALID, "many", "%lld mandates are open", (long long)most);
}

static result give_write(struct sql *db, void *arg, struct err *e)
{
    const struct giving *w = arg;
    const struct mandate *m = w->mandate;
    struct arena *a = w->visit->arena;
    const struct str plain = record_print(a, receiver_fields, LEN(receiver_fields), m);
    const struct audit_event ev = auth_event(w->visit, str_cat(a, STR("citizen:"), m->giver),
                                             "mandate.given", m->id, w->detail);

    TRY(open_bound(db, w, e));
    TRY(sql_run(db, SQL_MANDATE_INSERT, e, sql_t(m->id), sql_t(m->organisation), sql_t(m->giver),
                sql_t(m->receiver_index),
                sql_b(seal_put(a, w->auth->seal, receiver_place(a, m->id), plain)),
                sql_t(m->powers), sql_t(m->functions), sql_i(m->amount_limit_vnd),
                sql_i(m->from_ms), sql_i(m->until_ms), sql_i(m->given_ms)));
    TRY(sql_run(db, SQL_MANDATE_PAST_PUT, e, sql_t(m->id), sql_t(STR("given")), sql_i(m->given_ms),
                sql_t(STR("giver"))));
    return audit_append(db, m->given_ms, &ev, e);
}

result mandate_give(struct auth *au, const struct visit *v, const struct account *giver,
                    const struct mandate_ask *ask, struct mandate *out, struct err *e)
{
    DEFER(json_close) struct json *detail = json_object();
    const int64_t now_ms = clock_now_ms(au->clock);
    struct acting own;
    struct idno number;
    struct mandate m = { .organisation = ask->organisation,
                         .giver = giver->id,
                         .powers = ask->powers,
                         .functions = ask->functions,
                         .amount_limit_vnd = ask->amount_limit_vnd,
                         .given_ms = now_ms };
    struct giving w = { .auth = au, .visit = v, .mandate = &m, .detail = detail };

    TRY(ask_check(au, giver, ask, &number, e));
    TRY(acting_check(au, v, giver->id, giver->level, NULL, ask->organisation, &own, e));
    if (own.mandate.n > 0)
        return fail(e, ERR_NOT_REPRESENTATIVE, "a mandate is not passed on");
    TRY(utf8_tidy(v->arena, ask->name, &m.name, e));
    m.number = str_dup(v->arena, str_c(number.text));
    m.id = random_id(v->arena, "mnd_", now_ms);
    m.receiver_index = seal_index(v->arena, au->seal, STR("idno"), m.number);
    m.from_ms = clock_day_start_ms(ask->from);
    m.until_ms = clock_day_start_ms(date_add_days(ask->until, 1));
    json_put_str(detail, "organisation", m.organisation);
    json_put_str(detail, "powers", m.powers);
    TRY(sql_transact(au->sql, give_write, &w, e));
    *out = m;
    return OK;
}

/* ---- answering and ending ---- */

/* Whether it was meant for this person: number and name. */
static bool is_receiver(struct arena *a, const struct mandate *m, const struct account *who)
{
    return who->kind == VNEID_CITIZEN && who->id_index.n > 0 &&
           str_eq(who->id_index, m->receiver_index) &&
           utf8_match(a, m->name, who->profile.name) != UTF8_DIFFERENT;
}

result mandate_answer(struct auth *au, const struct visit *v, const struct account *who, int level,
                      struct str id, bool accepted, struct err *e)
{
    const struct mandate_move move = { .event = accepted ? MANDATE_EV_ACCEPT : MANDATE_EV_DECLINE,
                                       .role = "receiver",
                                       .actor = str_cat(v->arena, STR("citizen:"), who->id),
                                       .receiver_account = who->id };
    struct mandate m;

    TRY(mandate_load(au, v, id, &m, e));
    if (!is_receiver(v->arena, &m, who))
        return fail(e, ERR_NOT_FOUND, "mandate: of another person");
    if (accepted && level < 2)
        return fail(e, ERR_FORBIDDEN, "only a person of identity level 2 acts for others");
    return mandate_do(au, v, &m, &move, e);
}

static result role_find(struct auth *au, const struct visit *v, const struct mandate *m,
                        const struct account *who, const char **role, struct err *e)
{
    struct str *ids = arena_array(v->arena, struct str, ACTING_MAX);
    size_t n;

    *role = NULL;
    if (str_eq(m->giver, who->id))
        *role = "giver";
    else if (is_receiver(v->arena, m, who))
        *role = "receiver";
    if (*role != NULL)
        return OK;
    TRY(organisation_list(au, v->arena, who->id, ids, ACTING_MAX, &n, e));
    for (size_t i = 0; i < n; i++)
        if (str_eq(ids[i], m->organisation))
            *role = "representative";
    return OK;
}

result mandate_revoke(struct auth *au, const struct visit *v, const struct account *who,
                      struct str id, struct err *e)
{
    struct mandate_move move = { .event = MANDATE_EV_REVOKE,
                                 .actor = str_cat(v->arena, STR("citizen:"), who->id) };
    struct mandate m;

    TRY(mandate_load(au, v, id, &m, e));
    TRY(role_find(au, v, &m, who, &move.role, e));
    if (move.role == NULL)
        return fail(e, ERR_NOT_FOUND, "mandate: of others");
    if (m.state == MANDATE_GIVEN && str_is(str_c(move.role), "receiver"))
        move.event = MANDATE_EV_DECLINE;
    return mandate_do(au, v, &m, &move, e);
}

result mandate_revoke_by_staff(struct auth *au, const struct visit *v, struct str actor,
                               struct str id, struct err *e)
{
    const struct mandate_move move = { .event = MANDATE_EV_REVOKE,
                                       .role = "staff",
                                       .actor = actor };
    enum mandate_action action;
    struct mandate m;

    TRY(mandate_load(au, v, id, &m, e));
    return mandate_step(au, v, &m, &move, &action, e);
}

static const struct mandate_move giver_lost = { .event = MANDATE_EV_LOSE,
                                                .role = "register",
                                                .actor = { "system", sizeof("system") - 1 } };

result mandate_lose_next(struct auth *au, const struct visit *v, bool *did, struct err *e)
{
    struct reading r = { .query = SQL_MANDATE_ORPHAN };

    TRY(read_all(au, v->arena, &r, 1, e));
    *did = r.count > 0;
    return *did ? mandate_do(au, v, &r.list[0], &giver_lost, e) : OK;
}

result mandate_lose(struct auth *au, const struct visit *v, struct str organisation,
                    struct str giver, struct err *e)
{
    for (int round = 0; round < LOSE_ROUNDS_MAX; round++) {
        struct reading r = { .query = SQL_MANDATE_OF_GIVER,
                             .params = { sql_t(organisation), sql_t(giver) },
                             .param_count = 2 };

        TRY(read_all(au, v->arena, &r, MANDATE_LIST_MAX, e));
        for (size_t i = 0; i < r.count; i++)
            TRY(mandate_do(au, v, &r.list[i], &giver_lost, e));
        if (r.count < MANDATE_LIST_MAX)
            return OK;
    }
    return fail(e, ERR_BUSY, "mandate: more to end than one request does");
}

result mandate_expire_next(struct auth *au, const struct visit *v, bool *did, struct err *e)
{
    struct reading r = { .query = SQL_MANDATE_DUE,
                         .params = { sql_i(clock_now_ms(au->clock)) },
                         .param_count = 1 };

    *did = false;
    TRY(read_all(au, v->arena, &r, 1, e));
    if (r.count == 0)
        return OK;
    TRY(expire_if_due(au, v, &r.list[0], e));
    *did = true;
    return OK;
}

/* ---- lists ---- */

static result list_of(struct auth *au, const struct visit *v, struct reading *r,
                      struct mandate **list, size_t *count, struct err *e)
{
    TRY(read_all(au, v->arena, r, MANDATE_LIST_MAX, e));
    for (size_t i = 0; i < r->count; i++)
        TRY(expire_if_due(au, v, &r->list[i], e));
    *list = r->list;
    *count = r->count;
    return OK;
}

result mandate_list_received(struct auth *au, const struct visit *v, const struct account *who,
                             struct mandate **list, size_t *count, struct err *e)
{
    struct reading r = { .query = SQL_MANDATE_RECEIVED,
                         .params = { sql_t(who->id_index) },
                         .param_count = 1 };
    size_t n = 0;

    *count = 0;
    if (who->kind != VNEID_CITIZEN || who->id_index.n == 0)
        return OK;
    TRY(list_of(au, v, &r, list, count, e));
    for (size_t i = 0; i < *count; i++)
        if (is_receiver(v->arena, &(*list)[i], who))
            (*list)[n++] = (*list)[i];
    *count = n;
    return OK;
}

result mandate_list_given(struct auth *au, const struct visit *v, const struct account *who,
                          struct str organisation, struct mandate **list, size_t *count,
                          struct err *e)
{
    struct reading r = { .query = SQL_MANDATE_GIVEN,
                         .params = { sql_t(organisation) },
                         .param_count = 1 };
    struct acting own;
    const bool all =
        !acting_check(au, v, who->id, who->level, NULL, organisation, &own, NULL).failed &&
        own.mandate.n == 0;
    size_t n = 0;

    TRY(list_of(au, v, &r, list, count, e));
    for (size_t i = 0; i < *count; i++)
        if (all || str_eq((*list)[i].giver, who->id))
            (*list)[n++] = (*list)[i];
    *count = n;
    return OK;
}

result mandate_list_all(struct auth *au, const struct visit *v, struct mandate **list,
                        size_t *count, struct err *e)
{
    struct reading r = { .query = SQL_MANDATE_ALL, .params = { sql_t(STR("")) }, .param_count = 1 };

    return list_of(au, v, &r, list, count, e);
}

struct past_reading {
    struct arena *arena;
    struct str id;
    struct mandate_past *list;
    size_t count;
};

static result past_read(struct sql *db, void *arg, struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;
    struct past_reading *r = arg;
    bool more;

    r->count = 0;
    TRY(sql_find(db, SQL_MANDATE_PAST, &rows, e, sql_t(r->id), sql_i(MANDATE_STEPS_MAX)));
    for (;;) {
        TRY(sql_next(rows, &more, e));
        if (!more)
            return OK;
        r->list[r->count].state = sql_text(rows, 0, r->arena);
        r->list[r->count].at_ms = sql_int(rows, 1);
        r->list[r->count].role = sql_text(rows, 2, r->arena);
        r->count++;
    }
}

result mandate_history(struct auth *au, struct arena *a, struct str id, struct mandate_past **list,
                       size_t *count, struct err *e)
{
    struct past_reading r = { .arena = a,
                              .id = id,
                              .list = arena_array(a, struct mandate_past, MANDATE_STEPS_MAX) };

    TRY(sql_read(au->sql, past_read, &r, e));
    *list = r.list;
    *count = r.count;
    return OK;
}
