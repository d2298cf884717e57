/*
 * One exception: both records side by side, what it may be about, what may be done, what that would
 * post, and who did what. Attacker: whoever would have an officer sign something else than is on
 * the screen; promise: the form that proposes names the digest of the preview.
 */
#include "web/page_exception.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
#include "finance/exception_action.h"
#include "finance/exception_search.h"
#include "http/form.h"
#include "payments/attempt.h"
#include "web/officer.h"
#include "web/personal.h"
#include "web/proposal_text.h"
#include "web/view.h"

#define TARGET_ROWS 4

static const char *const looks[] = { "", "good", "warn", "bad" };

struct showing {
    struct ctx *c;
    struct request *rq;
    struct response *rs;
    const struct err *why;
    const struct exception_draft *d;         /* NULL: none was made yet */
    const struct exception_preview *preview; /* NULL: not asked for */
    struct str asked, pick;                  /* search; chosen order */
};

static void pair_put(struct ctx *c, struct json *rows, const char *name, struct str ours,
                     struct str theirs)
{
    struct json *row = json_object();
    const bool differs = ours.n > 0 && theirs.n > 0 && !str_eq(ours, theirs);

    json_put_str(row, "name", view_text(c, name));
    json_put_str(row, "ours", ours.n > 0 ? ours : STR("–"));
    json_put_str(row, "theirs", theirs.n > 0 ? theirs : STR("–"));
    json_put_bool(row, "differs", differs);
    json_add(rows, row);
}

static struct str money(struct ctx *c, int64_t vnd)
{
    DEFER(json_close) struct json *o = json_object();
    struct str s;

    view_put_money(c, o, "v", vnd);
    return json_str(json_member(o, "v"), &s) ? str_dup(c->arena, s) : STR("");
}

static struct str minute(struct ctx *c, int64_t ms)
{
    return ms > 0 ? clock_vn(c->arena, ms) : STR("");
}

/* Our attempt beside their line; what either side lacks is a dash. */
static result put_records(struct ctx *c, struct json *data, const struct exception *x,
                          struct err *e)
{
    struct json *rows = json_array();
    struct settlement_line l = { .kind = SETTLEMENT_PAY };
    struct attempt at = { .state = ATTEMPT_NONE };
    struct err why = { .code = ERR_NONE };
    bool there = false, here = false;

    json_put(data, "pairs", rows);
    TRY(exception_line(&c->app->office, x, c->arena, &l, &there, e));
    if (x->reference.n > 0)
        here = !attempt_load(&c->app->till, x->reference, c->arena, &at, &why).failed;
    if (why.code != ERR_NONE && why.code != ERR_NOT_FOUND) {
        *e = why;
        return (result){ true };
    }
    pair_put(c, rows, "exception.amount",
             here || x->ours_vnd != 0 ? money(c, here ? at.captured_vnd : x->ours_vnd) : STR(""),
             there || x->theirs_vnd != 0 ? money(c, there ? l.gross_vnd : x->theirs_vnd) : STR(""));
    pair_put(c, rows, "exception.reference", here ? at.reference : STR(""),
             there ? l.merchant_ref : STR(""));
    pair_put(c, rows, "exception.transaction", here ? at.portal_txn : STR(""),
             there ? l.portal_txn : x->portal_txn);
    pair_put(c, rows, "exception.dossier", here ? x->dossier : STR(""),
             there ? l.dossier : STR(""));
    pair_put(c, rows, "exception.state",
             here ? officer_text(c, "attempt.state.", str_c(attempt_state_name(at.state)))
                  : STR(""),
             there ? view_text(c, l.success ? "exception.success" : "exception.failure") : STR(""));
    pair_put(c, rows, "exception.account", here ? at.account : STR(""),
             there ? l.account : x->account);
    pair_put(c, rows, "exception.currency", here ? STR("VND") : STR(""),
             there ? l.currency : STR(""));
    pair_put(c, rows, "exception.at", minute(c, at.captured_ms),
             there ? minute(c, l.txn_at_ms) : STR(""));
    return OK;
}

static result put_history(struct ctx *c, struct json *data, const struct exception *x,
                          struct err *e)
{
    struct json *rows = json_array();
    struct exception_history *list;
    size_t n;

    json_put(data, "history", rows);
    TRY(exception_history(&c->app->till, x, c->arena, &list, &n, e));
    for (size_t i = 0; i < n; i++) {
        struct json *row = json_object();

        json_put_str(row, "at", clock_vn(c->arena, list[i].at_ms));
        json_put_str(row, "event", officer_text(c, "exception.event.", list[i].event));
        json_put_str(row, "to", officer_text(c, "exception.stage.", list[i].to));
        json_put_str(row, "actor", officer_who(c, list[i].actor));
        json_put_str(row, "remark", list[i].remark);
        json_put_str(row, "proposal", list[i].proposal_id);
        json_add(rows, row);
    }
    return OK;
}

static result put_candidates(const struct showing *s, struct json *data, const struct exception *x,
                             struct err *e)
{
    struct ctx *c = s->c;
    struct json *rows = json_array();
    struct exception_candidate *list;
    struct str narrative;
    size_t n;

    json_put(data, "candidates", rows);
    TRY(exception_narrative(&c->app->office, x, c->arena, &narrative, e));
    if (narrative.n > 0)
        json_put_str(data, "narrative",
                     personal_may_see(c) ? narrative : personal_mask(c->arena, narrative));
    TRY(exception_candidates(&c->app->office, x, narrative, s->asked, c->arena, &list, &n, e));
    for (size_t i = 0; i < n; i++) {
        struct json *row = json_object();

        json_put_str(row, "order", list[i].order_id);
        json_put_str(row, "dossier", list[i].dossier);
        json_put_str(row, "payer",
                     personal_may_see(c) ? list[i].payer_name
                                         : personal_mask(c->arena, list[i].payer_name));
        json_put_str(row, "made", clock_vn(c->arena, list[i].made_ms));
        view_put_money(c, row, "due", list[i].due_vnd);
        json_put_str(
            row, "reason",
            officer_text(c, "exception.reason.", str_c(exception_reason_name(list[i].reason))));
        json_put_str(row, "pick",
                     str_fmt(c->arena, "/finance/exceptions/%.*s?pick=%.*s#act", STR_ARG(x->id),
                             STR_ARG(list[i].order_id)));
        json_add(rows, row);
    }
    json_put_bool(data, "seeks", true);
    json_put_bool(data, "no_candidates", n == 0);
    json_put_str(data, "asked", s->asked);
    return OK;
}

static void put_targets(const struct showing *s, struct json *data, const struct exception *x)
{
    struct json *rows = json_array();

    for (size_t i = 0; i < TARGET_ROWS; i++) {
        struct json *row = json_object();
        const bool kept = s->d != NULL && i < s->d->target_count;
        const bool picked = s->d == NULL && i == 0 && s->pick.n > 0;

        json_put_int(row, "n", (int64_t)i + 1);
        json_put_str(row, "id", kept ? s->d->targets[i].id : picked ? s->pick : STR(""));
        json_put_str(row, "amount",
                     kept && s->d->targets[i].amount_vnd > 0
                         ? str_i64(s->c->arena, s->d->targets[i].amount_vnd)
                     : picked && x->theirs_vnd > 0 ? str_i64(s->c->arena, x->theirs_vnd)
                                                   : STR(""));
        json_add(rows, row);
    }
    json_put(data, "targets", rows);
}

static void put_actions(const struct showing *s, struct json *data, const struct exception *x)
{
    struct json *rows = json_array();
    bool first = true;

    for (int i = 0; i < EXCEPTION_ACTION_COUNT; i++) {
        const enum exception_action act = (enum exception_action)i;
        const struct str name = str_c(exception_action_name(act));
        struct json *row;

        if (!exception_may(act, x))
            continue;
        row = json_object();
        json_put_str(row, "name", name);
        json_put_str(row, "text", officer_text(s->c, "action.", name));
        json_put_str(row, "note",
                     view_text(s->c, str_cstr(s->c->arena, str_fmt(s->c->arena, "action.%.*s_note",
                                                                   STR_ARG(name)))));
        json_put_bool(row, "chosen", s->d != NULL ? s->d->action == act : first);
        first = false;
        json_add(rows, row);
    }
    json_put(data, "actions", rows);
    json_put_bool(data, "may_propose", json_count(rows) > 0 && s->c->staff.role >= STAFF_OFFICER);
    json_put_str(data, "remark", s->d != NULL ? s->d->remark : STR(""));
    put_targets(s, data, x);
}

static void put_preview(const struct showing *s, struct json *data)
{
    struct json *p = json_object(), *rows = json_array(), *kept = json_array();

    for (size_t i = 0; i < s->preview->posting_count; i++) {
        const struct exception_posting *one = &s->preview->postings[i];
        const int64_t account = one->p.account;

        posting_put(s->c, rows, "approved", one->p.side == LEDGER_DEBIT ? account : POSTING_NONE,
                    one->p.side == LEDGER_CREDIT ? account : POSTING_NONE, one->p.amount_vnd);
        json_put_str(json_at(rows, i), "journal", one->journal);
        json_put_str(json_at(rows, i), "fee", one->p.fee);
    }
    for (size_t i = 0; i < s->d->target_count; i++) {
        struct json *row = json_object();

        json_put_int(row, "n", (int64_t)i + 1);
        json_put_str(row, "id", s->d->targets[i].id);
        json_put_int(row, "amount", s->d->targets[i].amount_vnd);
        json_add(kept, row);
    }
    json_put(p, "rows", rows);
    json_put(p, "kept", kept);
    json_put_bool(p, "posts", s->preview->posting_count > 0);
    json_put_str(p, "hash", s->preview->hash);
    json_put_str(p, "action", str_c(exception_action_name(s->d->action)));
    json_put_str(p, "action_text",
                 officer_text(s->c, "action.", str_c(exception_action_name(s->d->action))));
    json_put_str(p, "remark", s->d->remark);
    view_put_money(s->c, p, "amount", s->preview->amount_vnd);
    json_put(data, "preview", p);
}

/* Which payments, which body: in words, where an error's own text would only name a field. */
static void put_mistake(const struct showing *s, struct json *data)
{
    static const char *const needs[] = {
        [EXCEPTION_NEEDS_ORDERS] = "exception.need.orders",
        [EXCEPTION_NEEDS_ORDER] = "exception.need.order",
        [EXCEPTION_NEEDS_BODY] = "exception.need.body",
        [EXCEPTION_NEEDS_REFUND] = "exception.need.refund",
        [EXCEPTION_NEEDS_NOTHING] = "exception.need.nothing",
    };
    const struct str field = str_c(s->why->field);

    officer_put_mistake(s->c, data, s->why);
    if (s->why->code == ERR_CONFLICT && str_is(field, "owner"))
        json_put_str(data, "message", view_text(s->c, "exception.taken"));
    if (s->why->code == ERR_WRONG_STATE && field.n == 0)
        json_put_str(data, "message", view_text(s->c, "exception.moved_on"));
    if (s->why->code != ERR_INVALID || s->d == NULL)
        return;
    if (str_is(field, "target"))
        json_put_str(data, "message", view_text(s->c, needs[exception_action_need(s->d->action)]));
    else if (str_is(field, "amount_vnd"))
        json_put_str(data, "message", view_text(s->c, "exception.need.amounts"));
}

static void put_facts(struct ctx *c, struct json *data, const struct exception *x)
{
    const struct proposal_actor me = officer_actor(c);
    const bool open = exception_is_open(x->stage), officer = c->staff.role >= STAFF_OFFICER;
    struct date day;

    json_put_str(data, "id", x->id);
    json_put_str(data, "class", officer_text(c, "match.", str_c(match_name(x->class))));
    json_put_str(data, "stage",
                 officer_text(c, "exception.stage.", str_c(exception_stage_name(x->stage))));
    json_put_str(data, "look", str_c(looks[exception_look(x)]));
    json_put_str(data, "state",
                 officer_text(c, "exception.seen.", str_c(exception_state_name(x->state))));
    json_put_int(data, "priority", x->priority);
    json_put_str(
        data, "age",
        officer_text(c, "exception.age.",
                     str_c(exception_age_name(exception_age(x->first_seen_ms, c->now_ms)))));
    json_put_str(data, "day", x->day);
    json_put_str(data, "day_text", date_read(x->day, &day) ? date_vn(c->arena, day) : x->day);
    json_put_str(data, "provider", x->provider);
    json_put_str(data, "owner", x->owner);
    json_put_str(data, "owner_text", officer_who(c, x->owner));
    json_put_str(data, "dossier", x->dossier);
    json_put_str(data, "order", x->order_id);
    json_put_str(data, "break_on", x->break_on);
    json_put_str(data, "proposal", x->stage == EXCEPTION_PROPOSED ? x->proposal_id : STR(""));
    json_put_bool(data, "raised", open && x->raised_ms > 0);
    json_put_bool(data, "explained", open && x->state == EXCEPTION_RESOLVED);
    json_put_bool(data, "locked", open && x->class == MATCH_MIS_THEIRS);
    if (x->line > 0)
        json_put_str(data, "line", str_i64(c->arena, x->line));
    view_put_money(c, data, "ours", x->ours_vnd);
    view_put_money(c, data, "theirs", x->theirs_vnd);
    view_put_money(c, data, "difference", x->difference_vnd);
    json_put_bool(data, "may_take",
                  officer && open && x->stage != EXCEPTION_PROPOSED &&
                      x->stage != EXCEPTION_EXECUTED && !str_eq(x->owner, me.name));
    json_put_bool(data, "mine",
                  officer && x->stage == EXCEPTION_ASSIGNED && str_eq(x->owner, me.name));
    json_put_bool(data, "may_ask", officer && open && x->reference.n > 0);
    json_put_bool(data, "may_close", officer && x->stage == EXCEPTION_EXECUTED);
    json_put_bool(data, "may_reopen", officer && x->stage == EXCEPTION_CLOSED);
}

static result show(const struct showing *s, struct err *e)
{
    DEFER(json_close) struct json *data = json_object();
    struct ctx *c = s->c;
    struct exception x;

    TRY(exception_load(&c->app->till, request_param(s->rq, "id"), c->arena, &x, e));
    put_facts(c, data, &x);
    TRY(put_records(c, data, &x, e));
    if (c->staff.role >= STAFF_OFFICER && exception_may(EXCEPTION_DO_ASSIGN, &x))
        TRY(put_candidates(s, data, &x, e));
    put_actions(s, data, &x);
    if (s->preview != NULL)
        put_preview(s, data);
    TRY(put_history(c, data, &x, e));
    put_mistake(s, data);
    officer_put_tabs(c, data, "exceptions");
    TRY(view_page(c, s->rq, s->rs, "finance_exception", "exception.one", data, e));
    view_status(s->rs, err_status(s->why->code));
    return OK;
}

/* GET /finance/exceptions/{id} */
result page_exception(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    const struct err none = { .code = ERR_NONE };
    struct showing s = { .c = c, .rq = rq, .rs = rs, .why = &none };
    struct form query;

    TRY(form_query(rq, &query, e));
    s.asked = str_trim(form_get(&query, "q"));
    s.pick = form_get(&query, "pick");
    return show(&s, e);
}

static result draft_read(struct ctx *c, const struct form *form, struct exception_draft *d,
                         struct err *e)
{
    struct exception_target *all = arena_array(c->arena, struct exception_target, TARGET_ROWS);

    *d = (struct exception_draft){ .targets = all, .remark = str_trim(form_get(form, "remark")) };
    if (!exception_action_find(form_get(form, "action"), &d->action))
        return fail_field(e, ERR_INVALID, "action", "none was chosen");
    for (size_t i = 0; i < TARGET_ROWS; i++) {
        const char *id_name = str_cstr(c->arena, str_fmt(c->arena, "target_%zu", i + 1));
        const char *vnd_name = str_cstr(c->arena, str_fmt(c->arena, "amount_%zu", i + 1));
        const struct str amount = str_trim(form_get(form, vnd_name));
        struct exception_target t = { .id = str_trim(form_get(form, id_name)) };

        if (t.id.n == 0)
            continue;
        if (amount.n > 0 && !str_to_i64(amount, &t.amount_vnd))
            return fail_field(e, ERR_INVALID, "amount_vnd", "digits only");
        if (exception_action_need(d->action) != EXCEPTION_NEEDS_ORDERS)
            t.amount_vnd = 0;
        all[d->target_count++] = t;
    }
    return OK;
}

static result act(struct ctx *c, const struct form *form, struct str id, struct err *e)
{
    const struct proposal_actor by = officer_actor(c);
    const struct till *t = &c->app->till;
    const struct str what = form_get(form, "do"), remark = str_trim(form_get(form, "remark"));
    struct date day = { 0 };
    bool captured;

    if (str_is(what, "take"))
        return exception_assign(t, id, by.name, form_get(form, "seen"), &by, c->arena, e);
    if (str_is(what, "release"))
        return exception_release(t, id, &by, c->arena, e);
    if (str_is(what, "ask"))
        return exception_ask(&c->app->office, id, &by, c->arena, &captured, e);
    if (str_is(what, "close"))
        return exception_close(t, id, remark, &by, c->arena, e);
    if (str_is(what, "reopen"))
        return exception_reopen(t, id, remark, &by, c->arena, e);
    if (!str_is(what, "carry"))
        return fail_field(e, ERR_INVALID, "act", "no such act");
    if (!date_read(form_get(form, "break_on"), &day))
        return fail_field(e, ERR_INVALID, "break_on", "not a day");
    return exception_carry(t, id, day, remark, &by, c->arena, e);
}

/* Shows what it would do, or proposes what was shown. */
static result draft_act(struct showing *s, const struct form *form, struct str id, struct err *e)
{
    const struct proposal_actor by = officer_actor(s->c);
    struct ctx *c = s->c;
    struct exception_draft *d = arena_new(c->arena, struct exception_draft);
    struct exception_preview *p = arena_new(c->arena, struct exception_preview);
    struct proposal made;

    TRY(draft_read(c, form, d, e));
    s->d = d;
    if (str_is(form_get(form, "do"), "propose")) {
        TRY(exception_propose(&c->app->office, id, d, form_get(form, "hash"), &by, c->arena, &made,
                              e));
        view_redirect(s->rs, str_cat(c->arena, STR("/finance/approvals/"), made.id));
        return OK;
    }
    TRY(exception_preview(&c->app->office, id, d, &by, c->arena, p, e));
    s->preview = p;
    return OK;
}

/* POST /finance/exceptions/{id} */
result exception_post(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    const struct str id = request_param(rq, "id");
    struct err why = { .code = ERR_NONE };
    struct showing s = { .c = c, .rq = rq, .rs = rs, .why = &why };
    struct form form;
    struct str what;
    bool failed;

    TRY(form_body(rq, &form, e));
    what = form_get(&form, "do");
    if (str_is(what, "preview") || str_is(what, "propose")) {
        failed = draft_act(&s, &form, id, &why).failed;
        if (!failed && s.preview == NULL)
            return OK;
    } else {
        failed = act(c, &form, id, &why).failed;
        if (!failed) {
            view_redirect(rs, str_cat(c->arena, STR("/finance/exceptions/"), id));
            return OK;
        }
    }
    if (!failed || officer_is_mistake(&why) || why.code == ERR_NOT_FOUND)
        return show(&s, e);
    *e = why;
    return (result){ true };
}
