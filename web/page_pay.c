/*
 * A bill and its payment, as the citizen sees it. The page tells what the order and its attempts
 * say at this moment: "paid" only when the money is in the books, "failed" only when the portal
 * said so.
 */
#include "web/page_pay.h"
#include "auth/organisation.h"
#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
#include "crypto/secret.h"
#include "http/form.h"
#include "payments/attempt.h"
#include "payments/channel.h"
#include "payments/receipt.h"
#include "payments/refund.h"
#include "web/fee_text.h"
#include "web/onlooker.h"
#include "web/view.h"

#define LONG_MS    600000       /* from then on the page says what to do when it takes long */
#define PAY_COOKIE "motcua_pay" /* the bill that this browser went to pay */

enum look { LOOK_OPEN, LOOK_WAITING, LOOK_FAILED, LOOK_PAID, LOOK_HELD, LOOK_CLOSED };

struct picture {
    enum look look;
    const char *text;       /* key of the state */
    struct attempt *latest; /* NULL: none */
};

/* An open order is told by its latest attempt. */
static struct picture picture_of(const struct order *o, struct attempt *attempts, size_t n)
{
    struct picture p = { LOOK_OPEN, "pay.state.open", n > 0 ? &attempts[n - 1] : NULL };

    const bool due = order_due_vnd(o) > 0;

    for (size_t i = 0; i < n && !due; i++)
        if (attempts[i].state == ATTEMPT_CAPTURED)
            p.latest = &attempts[i];
    switch (o->state) {
    case ORDER_PAID:
        return (struct picture){ LOOK_PAID, "pay.state.paid", p.latest };
    case ORDER_OVERPAID:
        return (struct picture){ LOOK_PAID, "pay.state.overpaid", p.latest };
    case ORDER_EXEMPT:
        return (struct picture){ LOOK_CLOSED, "pay.state.exempt", p.latest };
    case ORDER_CANCELLED:
        return (struct picture){ LOOK_CLOSED, "pay.state.cancelled", p.latest };
    case ORDER_EXPIRED:
        return (struct picture){ LOOK_CLOSED, "pay.state.expired", p.latest };
    case ORDER_REFUNDED:
        return (struct picture){ LOOK_CLOSED, "pay.state.refunded", p.latest };
    case ORDER_SUPERSEDED:
        return (struct picture){ LOOK_CLOSED, "pay.state.superseded", p.latest };
    case ORDER_UNDERPAID:
        p.text = "pay.state.underpaid";
        break;
    default:
        break;
    }
    if (p.latest == NULL || p.latest->state == ATTEMPT_NEW ||
        p.latest->state == ATTEMPT_REDIRECTED || p.latest->state == ATTEMPT_CAPTURED ||
        p.latest->state == ATTEMPT_REVERSED)
        return p;
    if (str_is(p.latest->failure, "AMT") || str_is(p.latest->failure, "CUR") ||
        str_is(p.latest->failure, "HELD") || str_is(p.latest->failure, "REV"))
        return (struct picture){ LOOK_HELD, "pay.state.waiting", p.latest };
    if (attempt_is_live(p.latest->state))
        return (struct picture){ LOOK_WAITING, "pay.state.waiting", p.latest };
    return (struct picture){ LOOK_FAILED, "pay.state.failed", p.latest };
}

/* Which preference holds may tell how somebody lives: not for who only knows the code. */
static void put_lines(struct ctx *c, struct json *data, const struct bill *b,
                      const struct onlooker *who)
{
    struct json *lines = json_array();

    for (size_t i = 0; i < b->count; i++) {
        const struct fee_line *l = &b->lines[i];
        struct json *line = json_object();

        json_put_str(line, "name", view_either(c, l->name_vi, l->name_en));
        json_put_str(line, "basis", l->basis_text);
        if (!who->guest) {
            if (l->reduction_vnd > 0)
                json_put_str(line, "why", l->reduction_text);
            json_put(line, "explain", fee_explain_texts(c, l));
        }
        json_put_str(line, "kind", view_kind(c, l->kind));
        json_put_int(line, "quantity", l->quantity);
        view_put_money(c, line, "gross", l->gross_vnd);
        view_put_money(c, line, "reduction", l->reduction_vnd);
        view_put_money(c, line, "net", l->net_vnd);
        json_add(lines, line);
    }
    json_put(data, "lines", lines);
    view_put_money(c, data, "sum_phi", b->phi_vnd);
    view_put_money(c, data, "sum_le_phi", b->le_phi_vnd);
    view_put_money(c, data, "total", b->total_vnd);
    json_put_str(data, "total_words", view_words(c, b->total_vnd));
}

/* What a sign-in of a higher level would have saved; the portal asks for a new bill then. */
static result put_savings(struct ctx *c, struct json *data, const struct order *o, struct err *e)
{
    struct quote_saving *savings;
    size_t n;

    TRY(quote_savings_of(&c->app->till, o, c->arena, &savings, &n, e));
    if (n > 0)
        json_put(data, "savings", fee_savings_texts(c, savings, n));
    return OK;
}

static result put_receipts(struct ctx *c, struct json *data, const struct order *o, struct err *e)
{
    struct receipt *receipts;
    struct json *items, *box;
    size_t n;

    TRY(receipt_list(&c->app->till, o, c->arena, &receipts, &n, e));
    if (n == 0)
        return OK;
    items = json_array();
    for (size_t i = 0; i < n; i++) {
        struct json *item = json_object();

        json_put_str(item, "id", receipts[i].id);
        json_put_str(item, "code", receipts[i].code);
        json_put_str(item, "number", receipts[i].number_text);
        json_put_str(item, "kind", view_kind(c, receipts[i].kind));
        view_put_money(c, item, "amount", receipts[i].amount_vnd);
        json_add(items, item);
    }
    box = json_object();
    json_put(box, "items", items);
    json_put(data, "receipts", box);
    return OK;
}

/* What is paid back, and how far that is; a request that nobody decided on yet is no promise. */
static result put_refunds(struct ctx *c, struct json *data, const struct order *o, struct err *e)
{
    struct json *rows = json_array();
    struct refund *list;
    size_t n;

    json_put(data, "refunds", rows);
    TRY(refund_list_order(&c->app->till, o, c->arena, &list, &n, e));
    for (size_t i = 0; i < n; i++) {
        const char *state = refund_state_name(list[i].state);
        struct json *row;

        if (list[i].state == REFUND_REQUESTED || list[i].state == REFUND_REJECTED ||
            list[i].state == REFUND_CANCELLED)
            continue;
        row = json_object();
        json_put_str(row, "state",
                     view_text(c, str_cstr(c->arena, str_fmt(c->arena, "refund.state.%s", state))));
        json_put_str(row, "at", clock_vn(c->arena, list[i].updated_ms));
        view_put_money(c, row, "amount", list[i].amount_vnd);
        json_add(rows, row);
    }
    json_put_bool(data, "has_refunds", json_count(rows) > 0);
    return OK;
}

static void put_picture(struct ctx *c, struct json *data, const struct picture *p)
{
    static const char *const flags[] = {
        [LOOK_OPEN] = "is_open", [LOOK_WAITING] = "is_waiting", [LOOK_FAILED] = "is_failed",
        [LOOK_PAID] = "is_paid", [LOOK_HELD] = "is_held",       [LOOK_CLOSED] = "is_closed"
    };

    json_put_bool(data, flags[p->look], true);
    json_put_str(data, "state_text", view_text(c, p->text));
    if (p->look == LOOK_PAID && p->latest != NULL) {
        json_put_str(data, "paid_at", clock_vn(c->arena, p->latest->captured_ms));
        json_put_str(data, "transaction", p->latest->portal_txn);
    }
}

/* By the header, which readers of the markup (axe) do not take for a time limit without a way out.
 */
static void refresh_by_header(struct ctx *c, struct response *rs, const struct json *data)
{
    int64_t s;

    if (json_int(json_member(data, "pace_s"), &s))
        response_header(rs, "Refresh", str_i64(c->arena, s));
}

/* The page asks again by itself, the less often the longer it takes, and not at all where the
 * payer turned that off or after an hour (WCAG 2.2.1): it says so, with a way to do it by hand. */
static void put_refresh(struct ctx *c, const struct request *rq, struct json *data,
                        const struct picture *p)
{
    static const struct {
        int64_t until_ms;
        int s;
    } paces[] = { { 30000, 5 }, { 120000, 10 }, { LONG_MS, 30 }, { 3600000, 60 } };
    const int64_t age_ms = p->latest != NULL ? c->now_ms - p->latest->updated_ms : 0;
    struct form query;
    struct str in;
    bool off;

    if (p->look != LOOK_WAITING)
        return;
    off = !form_query(rq, &query, NULL).failed && str_is(form_get(&query, "refresh"), "off");
    json_put_bool(data, "refresh_off", off);
    json_put_bool(data, "takes_long", age_ms >= LONG_MS);
    for (size_t i = 0; i < LEN(paces) && !off; i++) {
        if (age_ms >= paces[i].until_ms)
            continue;
        in = str_i64(c->arena, paces[i].s);
        json_put_int(data, "pace_s", paces[i].s);
        json_put_str(data, "refresh_text", view_fill(c, "pay.refresh_in", &in, 1));
        return;
    }
}

static struct str channel_name(const struct ctx *c, const struct channel *ch)
{
    return view_text(c, ch->text);
}

/* The ways to choose from, the first one chosen already. */
static void put_channels(struct ctx *c, struct json *data, const struct order *o)
{
    struct json *list = json_array();
    bool chosen = false;

    for (size_t i = 0; i < channel_count; i++) {
        const struct channel *ch = &channels[i];
        struct json *row;

        if (!channel_is_offered(ch, &c->app->till, o))
            continue;
        row = json_object();
        json_put_str(row, "name", str_c(ch->name));
        json_put_str(row, "text", channel_name(c, ch));
        json_put_str(row, "note",
                     view_text(c, str_cstr(c->arena, str_fmt(c->arena, "%s_note", ch->text))));
        if (!chosen)
            json_put_bool(row, "chosen", true);
        chosen = true;
        json_add(list, row);
    }
    json_put(data, "channels", list);
}

/* What the payer's bank needs to know, beside the symbol. */
static void put_transfer(struct ctx *c, struct json *data, const struct order *o,
                         const struct attempt *attempts, size_t n)
{
    struct json *box;
    const int64_t left_ms = o->expires_ms - c->now_ms;
    const struct attempt *at;

    while (n > 0 && !(attempt_is_live(attempts[n - 1].state) &&
                      channel_can(attempts[n - 1].channel, CHANNEL_QR)))
        n--;
    if (n == 0 || left_ms <= 0)
        return;
    at = &attempts[n - 1];
    box = json_object();
    json_put_str(box, "account", at->account);
    json_put_str(box, "account_name", c->app->conf.vietqr.account_name);
    json_put_str(box, "bank", c->app->conf.vietqr.bank_name);
    view_put_money(c, box, "amount", at->amount_vnd);
    json_put_str(box, "code", at->reference);
    json_put_str(box, "until", clock_vn(c->arena, o->expires_ms));
    json_put_str(box, "left",
                 str_fmt(c->arena, "%lld:%02lld", (long long)(left_ms / 3600000),
                         (long long)(left_ms / 60000 % 60)));
    json_put(data, "transfer", box);
}

static struct str page_of(const struct ctx *c, const struct order *o, const struct onlooker *who)
{
    return who->guest ? STR("/pay/code") : str_cat(c->arena, STR("/pay/"), o->token);
}

/* What to do about a bill that cannot be paid any more, and which one took its place. */
static void put_closed(struct ctx *c, struct json *data, const struct order *o,
                       const struct onlooker *who)
{
    const bool late = o->state == ORDER_OPEN && c->now_ms >= o->expires_ms;
    struct order next;

    json_put_str(data, "closed_look", o->state == ORDER_EXEMPT ? STR("good") : STR("bad"));
    if (late || o->state == ORDER_EXPIRED)
        json_put_str(data, "closed_note", view_text(c, "pay.closed.expired"));
    else if (o->state == ORDER_CANCELLED)
        json_put_str(data, "closed_note", view_text(c, "pay.closed.cancelled"));
    else if (o->state == ORDER_EXEMPT)
        json_put_str(data, "closed_note", view_text(c, "pay.closed.exempt"));
    if (who->guest || o->superseded_by.n == 0 ||
        order_load(&c->app->till, o->superseded_by, STR(""), c->arena, &next, NULL).failed ||
        order_may_see(&next, c->session.account, who->id_index, NULL).failed)
        return;
    json_put_str(data, "successor", next.token);
}

static result put_order(struct ctx *c, const struct request *rq, struct json *data,
                        const struct order *o, const struct onlooker *who, struct err *e)
{
    const char *refusal = onlooker_refusal(who, o);
    struct fee_agency agency;
    struct attempt *attempts;
    struct picture p;
    size_t n;

    TRY(fee_agency_find(c->app->fees, o->agency_id, o->received_on, &agency, e));
    TRY(attempt_list(&c->app->till, o, c->arena, &attempts, &n, e));
    p = picture_of(o, attempts, n);
    put_lines(c, data, &o->bill, who);
    if (o->state == ORDER_UNDERPAID)
        view_put_money(c, data, "rest", order_due_vnd(o));
    if (o->state == ORDER_OPEN && !who->guest)
        TRY(put_savings(c, data, o, e));
    put_picture(c, data, &p);
    put_refresh(c, rq, data, &p);
    put_closed(c, data, o, who);
    json_put_str(data, "base", page_of(c, o, who));
    json_put_bool(data, "guest", who->guest);
    json_put_str(data, "dossier", o->reference);
    json_put_str(data, "procedure", view_either(c, o->procedure_name_vi, o->procedure_name_en));
    json_put_str(data, "agency", view_either(c, agency.name_vi, agency.name_en));
    if (order_may_see_payer(o, c->session.account, who->id_index))
        json_put_str(data, "payer", o->payer.name);
    if (who->acts)
        json_put_str(data, "acts_for", who->acting.name);
    if (refusal != NULL)
        json_put_str(data, "refusal", view_text(c, refusal));
    if (!who->guest)
        json_put_str(data, "return_url", o->return_url);
    if (o->state == ORDER_OPEN)
        json_put_str(data, "expires", clock_vn(c->arena, o->expires_ms));
    json_put_bool(data, "may_pay",
                  refusal == NULL && !json_member(data, "dearer") &&
                      (p.look == LOOK_OPEN || p.look == LOOK_FAILED) &&
                      !order_may_pay(o, c->now_ms, NULL).failed);
    /* A payer who closed the portal's page, or never got its address, goes on with the same
     * reference: attempt_start() asks first, so that nothing is paid twice. */
    json_put_bool(data, "may_resume",
                  refusal == NULL && p.look == LOOK_WAITING &&
                      !order_may_pay(o, c->now_ms, NULL).failed);
    put_channels(c, data, o);
    put_transfer(c, data, o, attempts, n);
    if (p.latest != NULL)
        json_put_str(data, "channel", p.latest->channel);
    TRY(put_refunds(c, data, o, e));
    return put_receipts(c, data, o, e);
}

/* The bill, if it is the person's or of somebody they act for. */
static result load_for(struct ctx *c, const struct request *rq, struct order *o,
                       struct onlooker *who, struct err *e)
{
    TRY(order_load_token(&c->app->till, request_param(rq, "token"), c->arena, o, e));
    TRY(onlooker_find(c, o, who, e));
    return order_may_see(o, c->session.account, who->id_index, e);
}

struct order_cause pay_cause(const struct ctx *c)
{
    return (struct order_cause){
        .actor =
            c->signed_in ? str_cat(c->arena, STR("citizen:"), c->session.account) : STR("citizen:"),
        .source = STR("page"),
        .request_id = c->visit.request_id,
        .ip = c->visit.ip,
    };
}

result pay_show(struct ctx *c, struct request *rq, struct response *rs, struct order *o,
                const struct onlooker *who, struct err *e)
{
    DEFER(json_close) struct json *data = json_object();

    TRY(pay_price_follow(c, data, o, who, e));
    TRY(put_order(c, rq, data, o, who, e));
    refresh_by_header(c, rs, data);
    return view_page(c, rq, rs, "pay", "pay.title", data, e);
}

/* GET /pay/{token} */
result page_pay(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    const struct onlooker self = { .id_index = c->session.id_index };
    struct str organisation = STR("");
    struct order order;

    TRY(order_load_token(&c->app->till, request_param(rq, "token"), c->arena, &order, e));
    if (order.id_index.n > 0 &&
        order_may_see(&order, c->session.account, self.id_index, NULL).failed)
        TRY(organisation_of_bill(&c->app->auth, c->arena, order.id_index, &organisation, e));
    if (organisation.n > 0) { /* whether they act for it is a question for registers: SLOW pool */
        view_redirect(rs, str_cat(c->arena, page_of(c, &order, &self), STR("/for")));
        return OK;
    }
    TRY(order_may_see(&order, c->session.account, self.id_index, e));
    return pay_show(c, rq, rs, &order, &self, e);
}

/* GET /pay/{token}/for */
result page_pay_for(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    struct onlooker who;
    struct order order;

    TRY(load_for(c, rq, &order, &who, e));
    return pay_show(c, rq, rs, &order, &who, e);
}

/* Who paid for whom, and on which ground. */
static result acting_audit(struct ctx *c, const struct order *o, const struct onlooker *who,
                           struct err *e)
{
    DEFER(json_close) struct json *detail = json_object();

    json_put_str(detail, "order", o->id);
    json_put_str(detail, "role", who->acting.role);
    json_put_str(detail, "mandate", who->acting.mandate);
    return auth_audit(&c->app->auth, &c->visit,
                      str_cat(c->arena, STR("citizen:"), c->session.account), "acting.pay",
                      who->acting.organisation, detail, e);
}

/* One way may still end in a payment: whether another is really wanted beside it. */
struct beside {
    const struct attempt_choice *choice;
    struct str now;  /* the channel that may still end in a payment */
    struct str base; /* of the bill's pages */
};

static result beside_ask(struct ctx *c, struct request *rq, struct response *rs,
                         const struct order *o, const struct beside *b, struct err *e)
{
    DEFER(json_close) struct json *data = json_object();
    const struct channel *now = channel_find(b->now), *next = channel_find(b->choice->channel);

    if (now == NULL || next == NULL)
        return fail(e, ERR_INTERNAL, "channel of an attempt");
    json_put_str(data, "base", b->base);
    json_put_str(data, "dossier", o->reference);
    json_put_str(data, "channel", b->choice->channel);
    json_put_str(data, "now", channel_name(c, now));
    json_put_str(data, "next", channel_name(c, next));
    return view_page(c, rq, rs, "pay_beside", "pay.beside.title", data, e);
}

result pay_begin(struct ctx *c, struct request *rq, struct response *rs, struct order *o,
                 const struct onlooker *who, struct err *e)
{
    static const char *const fields[] = { "csrf", "channel", "beside", NULL };
    const struct order_cause cause = pay_cause(c);
    struct attempt_choice choice = { .payer_ip = c->visit.ip };
    struct beside beside = { .choice = &choice, .base = page_of(c, o, who) };
    struct attempt_way way;
    struct form form;
    bool told;

    TRY(form_body(rq, &form, e));
    TRY(form_only(&form, fields, e));
    choice.channel = form_get(&form, "channel");
    choice.confirmed = str_is(form_get(&form, "beside"), "yes");
    if (onlooker_refusal(who, o) != NULL)
        return fail(e, ERR_MANDATE, "%s", onlooker_refusal(who, o));
    TRY(order_may_pay(o, c->now_ms, e));
    TRY(pay_price_told(c, o, who, &told, e));
    if (!told) { /* the price is another one now: the page tells it first */
        view_redirect(rs, beside.base);
        return OK;
    }
    if (who->acts)
        TRY(acting_audit(c, o, who, e));
    TRY(attempt_start(&c->app->till, o, &choice, &cause, c->arena, &way, e));
    beside.now = way.beside;
    if (way.beside.n > 0)
        return beside_ask(c, rq, rs, o, &beside, e);
    view_cookie(c, rs, PAY_COOKIE, o->token, 0);
    view_redirect(rs, way.redirect ? way.url : beside.base);
    return OK;
}

/* POST /pay/{token}/start: send the citizen to the provider of the channel that they chose. */
result pay_start(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    struct onlooker who;
    struct order order;

    TRY(load_for(c, rq, &order, &who, e));
    return pay_begin(c, rq, rs, &order, &who, e);
}

/* The way back: the order is asked about, and its page tells. */
static result came_back(struct ctx *c, const struct request *rq, struct response *rs,
                        const struct order *order, struct err *e)
{
    const struct order_cause cause = pay_cause(c);
    struct onlooker who = { .guest = false };
    enum order_state state;

    TRY(attempt_return(&c->app->till, order, &cause, c->arena, &state, e));
    if (!c->signed_in)
        TRY(pay_code_holds(c, rq, order, &who.guest, e));
    view_redirect(rs, page_of(c, order, &who));
    return OK;
}

/* GET /pay/{token}/return */
result pay_back(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    struct order order;

    TRY(order_load_token(&c->app->till, request_param(rq, "token"), c->arena, &order, e));
    return came_back(c, rq, rs, &order, e);
}

/* The reference stands in settlement files and bank statements, the token only in the bill's own
 * address: who knows the one must not learn the other, unless the bill asks who they are. */
static bool may_know_token(const struct ctx *c, const struct request *rq, const struct order *o)
{
    const struct str paid =
        request_cookie(rq, str_cstr(c->arena, cookie_name(c->app, c->arena, PAY_COOKIE)));

    return o->subject.n > 0 || o->id_index.n > 0 || secret_equal(paid, o->token);
}

/* GET /pay/return?MaThamChieu=...: the portal knows only its reference. */
result pay_back_by_ref(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    struct attempt attempt;
    struct order order;
    struct form query;
    struct str reference;

    TRY(form_query(rq, &query, e));
    TRY(form_need(&query, "MaThamChieu", 64, &reference, e));
    TRY(attempt_load(&c->app->till, reference, c->arena, &attempt, e));
    TRY(order_load(&c->app->till, attempt.order_id, STR(""), c->arena, &order, e));
    TRY(came_back(c, rq, rs, &order, e));
    if (!may_know_token(c, rq, &order))
        view_redirect(rs, STR("/"));
    return OK;
}
