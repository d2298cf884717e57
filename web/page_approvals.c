/*
 * What waits for a second person, of every kind. Attacker: an officer who would approve their own,
 * or have another approve something else than what was shown; promised: the form carries the hash
 * of what the page showed, and who may decide is asked again when the answer comes
 * (payments/proposal.h).
 */
#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
#include "http/form.h"
#include "payments/proposal.h"
#include "web/officer.h"
#include "web/proposal_text.h"
#include "web/view.h"

#define ROWS_SHOWN 50
#define HASH_SHOWN 12

static struct str kind_text(struct ctx *c, enum proposal_kind k)
{
    return officer_text(c, "proposal.kind.", str_c(proposal_kind_name(k)));
}

static const char *look_of(enum proposal_state s)
{
    return s == PROPOSAL_APPROVED ? "good" : s == PROPOSAL_OPEN ? "warn" : "bad";
}

static struct json *proposal_row(struct ctx *c, const struct proposal *p)
{
    const bool open = p->state == PROPOSAL_OPEN;
    struct json *row = json_object();

    json_put_str(row, "id", p->id);
    json_put_str(row, "kind", kind_text(c, p->kind));
    json_put_str(row, "subject", proposal_subject(c, p));
    json_put_str(row, "agency", p->agency_id);
    json_put_str(row, "made", clock_vn(c->arena, p->made_ms));
    json_put_str(row, "maker", officer_who(c, p->maker));
    json_put_str(row, "remark", p->remark);
    json_put_str(row, "hash_short", str_sub(p->hash, 0, HASH_SHOWN));
    json_put_str(row, "state",
                 officer_text(c, "proposal.state.", str_c(proposal_state_name(p->state))));
    json_put_str(row, "look", str_c(look_of(p->state)));
    if (p->amount_vnd > 0)
        view_put_money(c, row, "amount", p->amount_vnd);
    json_put_str(row, "decided_by", officer_who(c, p->decided_by));
    if (p->decided_ms > 0)
        json_put_str(row, "decided", clock_vn(c->arena, p->decided_ms));
    json_put_bool(row, "own", open && str_eq(p->maker, officer_actor(c).name));
    json_put_bool(row, "over",
                  open && c->staff.role >= STAFF_TREASURER &&
                      p->amount_vnd > officer_actor(c).limit_vnd);
    return row;
}

static void put_states(struct ctx *c, struct json *data, enum proposal_state chosen)
{
    struct json *rows = json_array();

    for (int s = 0; s < PROPOSAL_STATE_COUNT; s++) {
        const struct str name = str_c(proposal_state_name((enum proposal_state)s));
        struct json *row = json_object();

        json_put_str(row, "value", name);
        json_put_str(row, "text", officer_text(c, "proposal.state.", name));
        json_put_bool(row, "chosen", s == (int)chosen);
        json_add(rows, row);
    }
    json_put(data, "states", rows);
}

/* GET /finance/approvals */
result page_approvals(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    DEFER(json_close) struct json *data = json_object();
    enum proposal_state state = PROPOSAL_OPEN;
    struct json *rows = json_array();
    struct proposal *list;
    struct form query;
    size_t n;

    json_put(data, "proposals", rows);
    TRY(form_query(rq, &query, e));
    if (form_get(&query, "state").n > 0 && !proposal_state_find(form_get(&query, "state"), &state))
        return fail_field(e, ERR_INVALID, "state", "no such state");
    TRY(proposal_list(&c->app->till, state, form_get(&query, "before"), ROWS_SHOWN + 1, c->arena,
                      &list, &n, e));
    for (size_t i = 0; i < n && i < ROWS_SHOWN; i++)
        json_add(rows, proposal_row(c, &list[i]));
    if (n > ROWS_SHOWN)
        json_put_str(data, "next_url",
                     str_fmt(c->arena, "/finance/approvals?state=%s&before=%.*s",
                             proposal_state_name(state), STR_ARG(list[ROWS_SHOWN - 1].id)));
    put_states(c, data, state);
    officer_put_tabs(c, data, "approvals");
    return view_page(c, rq, rs, "finance_approvals", "proposal.title", data, e);
}

static result put_history(struct ctx *c, struct json *data, const struct proposal *p, struct err *e)
{
    struct json *rows = json_array();
    struct proposal *list;
    size_t n;

    json_put(data, "before", rows);
    TRY(proposal_list_subject(&c->app->till, p->subject, c->arena, &list, &n, e));
    for (size_t i = 0; i < n; i++)
        if (!str_eq(list[i].id, p->id))
            json_add(rows, proposal_row(c, &list[i]));
    return OK;
}

/* Who may do what with it, and why not. */
static void put_acts(struct ctx *c, struct json *data, const struct proposal *p)
{
    const struct proposal_actor by = officer_actor(c);
    const bool own = str_eq(p->maker, by.name);
    const bool decides = c->staff.role >= STAFF_TREASURER;

    if (p->state != PROPOSAL_OPEN)
        return;
    json_put_bool(data, "may_withdraw", own && c->staff.role >= STAFF_OFFICER);
    json_put_bool(data, "may_reject", !own && decides);
    json_put_bool(data, "may_approve", !own && decides && p->amount_vnd <= by.limit_vnd);
    if (own)
        json_put_str(data, "why_not", view_text(c, "proposal.own"));
    else if (!decides)
        json_put_str(data, "why_not", view_text(c, "proposal.role"));
    else if (p->amount_vnd > by.limit_vnd)
        json_put_str(data, "why_not", view_text(c, "proposal.over"));
    if (decides)
        view_put_money(c, data, "limit", by.limit_vnd);
}

/* Why a decision did not count, as whoever had the page open should read it. */
static void put_mistake(struct ctx *c, struct json *data, const struct err *why,
                        const struct proposal *p)
{
    officer_put_mistake(c, data, why);
    if (why->code == ERR_WRONG_STATE && p->state != PROPOSAL_OPEN)
        json_put_str(data, "message", view_text(c, "proposal.gone"));
    if (why->code == ERR_STALE)
        json_put_str(data, "message", view_text(c, "proposal.stale"));
}

static result show(struct ctx *c, struct request *rq, struct response *rs, const struct err *why,
                   struct err *e)
{
    DEFER(json_close) struct json *data = json_object();
    struct json *one;
    struct proposal p;

    TRY(proposal_load(&c->app->till, request_param(rq, "id"), c->arena, &p, e));
    one = proposal_row(c, &p);
    json_put(data, "proposal", one);
    json_put_str(one, "hash", p.hash);
    json_put_str(one, "decision_remark", p.decision_remark);
    TRY(proposal_put(c, one, &p, e));
    TRY(put_history(c, data, &p, e));
    put_acts(c, data, &p);
    put_mistake(c, data, why, &p);
    officer_put_tabs(c, data, "approvals");
    TRY(view_page(c, rq, rs, "finance_approval", "proposal.one", data, e));
    view_status(rs, err_status(why->code));
    return OK;
}

/* GET /finance/approvals/{id} */
result page_approval(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    const struct err none = { .code = ERR_NONE };

    return show(c, rq, rs, &none, e);
}

static result decide(struct ctx *c, const struct form *form, struct str id, struct err *e)
{
    const struct proposal_actor by = officer_actor(c);
    const struct str act = form_get(form, "act");
    struct proposal_decision d = { .id = id,
                                   .verdict = PROPOSAL_WITHDRAWN,
                                   .hash = form_get(form, "hash"),
                                   .remark = form_get(form, "remark") };
    struct proposal p;

    if (str_is(act, "approve"))
        d.verdict = PROPOSAL_APPROVED;
    else if (str_is(act, "reject"))
        d.verdict = PROPOSAL_REJECTED;
    else if (!str_is(act, "withdraw"))
        return fail_field(e, ERR_INVALID, "act", "no such act");
    if (d.verdict != PROPOSAL_WITHDRAWN)
        TRY(officer_may_decide(c, e));
    return proposal_decide(&c->app->till, &d, &by, c->arena, &p, e);
}

/* POST /finance/approvals/{id} */
result approval_decide(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    const struct str id = request_param(rq, "id");
    struct err why = { .code = ERR_NONE };
    struct form form;

    TRY(form_body(rq, &form, e));
    if (!decide(c, &form, id, &why).failed) {
        view_redirect(rs, str_cat(c->arena, STR("/finance/approvals/"), id));
        return OK;
    }
    if (officer_is_mistake(&why))
        return show(c, rq, rs, &why, e);
    *e = why;
    return (result){ true };
}
