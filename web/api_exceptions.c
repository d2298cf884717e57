/*
 * Exceptions for systems. Attacker: a registered system that reads another body's, or has its own
 * proposal done; promised: the list is for clients of the whole installation, one exception is
 * shown to who is registered for its agency, and a client only proposes: an officer decides, on
 * postings that were shown. Remarks are free text and stay with the officers.
 */
#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
#include "finance/exception_action.h"
#include "web/api.h"
#include "web/api_exception.h"

struct json *api_exception_json(const struct ctx *c, const struct exception *x)
{
    struct json *o = json_object();

    json_put_str(o, "id", x->id);
    json_put_str(o, "provider", x->provider);
    json_put_str(o, "account", x->account);
    json_put_str(o, "day", x->day);
    json_put_str(o, "class", str_c(match_name(x->class)));
    json_put_int(o, "priority", x->priority);
    json_put_str(o, "state", str_c(exception_state_name(x->state)));
    json_put_str(o, "stage", str_c(exception_stage_name(x->stage)));
    json_put_str(o, "age", str_c(exception_age_name(exception_age(x->first_seen_ms, c->now_ms))));
    api_put_text(o, "attempt_reference", x->reference);
    api_put_text(o, "transaction", x->portal_txn);
    api_put_text(o, "reference", x->dossier);
    api_put_text(o, "payment_id", x->order_id);
    api_put_text(o, "agency_id", x->agency_id);
    if (x->line > 0) {
        json_put_int(o, "file", x->file_n);
        json_put_int(o, "line", x->line);
    }
    json_put_int(o, "ours_vnd", x->ours_vnd);
    json_put_int(o, "theirs_vnd", x->theirs_vnd);
    json_put_int(o, "difference_vnd", x->difference_vnd);
    api_put_text(o, "owner", x->owner);
    api_put_text(o, "break_on", x->break_on);
    api_put_text(o, "action", x->action);
    api_put_text(o, "proposal_id", x->proposal_id);
    json_put_bool(o, "raised", x->raised_ms > 0);
    json_put_str(o, "first_seen_at", clock_rfc3339(c->arena, x->first_seen_ms));
    api_put_time(c, o, "resolved_at", x->resolved_ms);
    return o;
}

/* ---- reading ---- */

static result filter_read(const struct form *query, struct exception_filter *f, struct err *e)
{
    const struct str tab = form_get(query, "tab");
    enum match_class class;

    *f = (struct exception_filter){ .tab = -1,
                                    .age = -1,
                                    .closed_too = str_is(form_get(query, "which"), "all"),
                                    .class = form_get(query, "class"),
                                    .stage = form_get(query, "stage"),
                                    .dossier = form_get(query, "reference"),
                                    .txn = form_get(query, "transaction"),
                                    .day_from = form_get(query, "day_from"),
                                    .day_to = form_get(query, "day_to"),
                                    .min_vnd = api_money_of(query, "min_vnd", 0),
                                    .max_vnd = api_money_of(query, "max_vnd", 0) };
    for (int t = 0; t < EXCEPTION_TAB_COUNT; t++)
        if (str_is(tab, exception_tab_name((enum exception_tab)t)))
            f->tab = t;
    if (f->class.n > 0 && !match_find(f->class, &class))
        return fail_field(e, ERR_INVALID, "class", "no such class");
    return OK;
}

/* GET /v1/exceptions */
result api_exception_list(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    struct exception_filter f;
    struct json *body, *data;
    struct exception *list;
    struct api_place from;
    struct form query;
    size_t n, most;

    TRY(api_may(c, e));
    TRY(api_query(c, rq, &query, e));
    TRY(api_agency(c, STR(""), e));
    TRY(api_page(c, &query, &from, &most, e));
    TRY(filter_read(&query, &f, e));
    f.after = from.id;
    f.most = most + 1;
    TRY(exception_list(&c->app->till, &f, c->arena, &list, &n, NULL, e));
    body = json_object();
    data = json_array();
    for (size_t i = 0; i < n && i < most; i++)
        json_add(data, api_exception_json(c, &list[i]));
    json_put(body, "data", data);
    if (n > most)
        json_put_str(body, "next_cursor",
                     api_cursor(c, &query, list[most - 1].first_seen_ms, list[most - 1].id));
    return api_send(c, rq, rs, body, e);
}

static result exception_find(struct ctx *c, const struct request *rq, struct exception *x,
                             struct err *e)
{
    TRY(exception_load(&c->app->till, request_param(rq, "id"), c->arena, x, e));
    return api_see(c, x->agency_id, e);
}

static struct json *events_json(const struct ctx *c, const struct exception_history *list, size_t n)
{
    struct json *rows = json_array();

    for (size_t i = 0; i < n; i++) {
        struct json *o = json_object();

        json_put_int(o, "seq", list[i].seq);
        json_put_str(o, "at", clock_rfc3339(c->arena, list[i].at_ms));
        json_put_str(o, "event", list[i].event);
        json_put_str(o, "from", list[i].from);
        json_put_str(o, "to", list[i].to);
        json_put_str(o, "by", list[i].actor);
        api_put_text(o, "proposal_id", list[i].proposal_id);
        json_add(rows, o);
    }
    return rows;
}

/* GET /v1/exceptions/{id} */
result api_exception_get(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    struct exception_history *list;
    struct exception x;
    struct json *body;
    size_t n;

    TRY(api_may(c, e));
    TRY(exception_find(c, rq, &x, e));
    TRY(exception_history(&c->app->till, &x, c->arena, &list, &n, e));
    body = api_exception_json(c, &x);
    json_put(body, "events", events_json(c, list, n));
    return api_send(c, rq, rs, body, e);
}

/* ---- proposing ---- */

struct proposing {
    struct ctx *c;
    struct str id;
    struct exception_draft draft;
};

static result draft_read(struct ctx *c, const struct json *body, struct exception_draft *d,
                         struct err *e)
{
    const struct json *list = json_member(body, "targets");
    const size_t n = json_count(list);
    struct exception_target *targets = arena_array(c->arena, struct exception_target, n + 1);

    for (size_t i = 0; i < n; i++) {
        const struct json *one = json_at(list, i);

        targets[i] = (struct exception_target){ .id = api_text(one, "id") };
        (void)api_money(json_member(one, "amount_vnd"), &targets[i].amount_vnd);
    }
    *d = (struct exception_draft){ .targets = targets,
                                   .target_count = n,
                                   .remark = api_text(body, "remark") };
    if (!exception_action_find(api_text(body, "action"), &d->action))
        return fail_field(e, ERR_INVALID, "action", "no such action");
    return OK;
}

static struct json *postings_json(const struct exception_preview *shown)
{
    struct json *rows = json_array();

    for (size_t i = 0; i < shown->posting_count; i++) {
        const struct exception_posting *p = &shown->postings[i];
        struct json *o = json_object();

        json_put_str(o, "agency_id", p->agency_id);
        json_put_str(o, "journal", p->journal);
        json_put_int(o, "account", p->p.account);
        json_put_str(o, "side", p->p.side == LEDGER_DEBIT ? STR("debit") : STR("credit"));
        json_put_int(o, "amount_vnd", p->p.amount_vnd);
        api_put_text(o, "payment_id", p->order_id);
        json_add(rows, o);
    }
    return rows;
}

static result propose(void *arg, struct arena *a, struct idempotency_reply *out, struct err *e)
{
    const struct proposing *k = arg;
    struct ctx *c = k->c;
    const struct proposal_actor by = api_actor(c);
    const struct office *f = &c->app->office;
    struct exception_preview shown;
    struct proposal p;
    struct json *o;

    TRY(exception_preview(f, k->id, &k->draft, &by, a, &shown, e));
    TRY(exception_propose(f, k->id, &k->draft, shown.hash, &by, a, &p, e));
    o = json_object();
    json_put_str(o, "id", p.id);
    json_put_str(o, "exception_id", k->id);
    json_put_str(o, "action", str_c(exception_action_name(k->draft.action)));
    json_put_str(o, "state", str_c(proposal_state_name(p.state)));
    json_put_int(o, "amount_vnd", p.amount_vnd);
    json_put_str(o, "hash", p.hash);
    json_put_str(o, "made_at", clock_rfc3339(a, p.made_ms));
    json_put(o, "postings", postings_json(&shown));
    return api_reply(c, o, a, out, e);
}

/* POST /v1/exceptions/{id}/proposals */
result api_exception_propose(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    DEFER(json_close) struct json *body = NULL;
    struct proposing k = { .c = c };
    struct api_once once = { .slow = propose, .arg = &k };
    struct exception x;

    TRY(api_may(c, e));
    TRY(api_body(c, rq, &body, e));
    TRY(exception_find(c, rq, &x, e));
    TRY(draft_read(c, body, &k.draft, e));
    k.id = x.id;
    once.agency_id = x.agency_id;
    once.body = body;
    return api_do_once(c, rq, rs, &once, e);
}
