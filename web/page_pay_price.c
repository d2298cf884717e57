/*
 * The price of a bill for who signed in. The law gives a citizen of level 2 more than one of level
 * 1, and the portal that asked for the bill may have known another level than the session has. A
 * lower price is taken at once and told; a higher one only when the citizen agrees to it, and the
 * bill cannot be paid before that.
 */
#include "base/err.h"
#include "base/json.h"
#include "base/money.h"
#include "base/str.h"
#include "http/form.h"
#include "payments/order_reprice.h"
#include "web/page_pay.h"
#include "web/view.h"

/* Preferences are of the citizen whose bill it is, not of who pays it for them. */
static bool is_own(const struct ctx *c, const struct order *o, const struct onlooker *who)
{
    return c->signed_in && !who->acts && !who->guest && c->session.account.n > 0 &&
           order_may_see_payer(o, c->session.account, c->session.id_index);
}

static struct order_repricing repricing_of(const struct ctx *c, int64_t told_vnd)
{
    return (struct order_repricing){ .account = c->session.account,
                                     .id_index = c->session.id_index,
                                     .level = c->session.level,
                                     .told_vnd = told_vnd };
}

static void put_prices(struct ctx *c, struct json *data, const char *name, int64_t was_vnd,
                       int64_t now_vnd)
{
    const struct str told[] = { str_i64(c->arena, c->session.level), money_print(c->arena, was_vnd),
                                money_print(c->arena, now_vnd) };
    const struct str key = str_fmt(c->arena, "pay.price.%s", name);
    struct json *box = json_object();

    json_put_str(box, "text", view_fill(c, str_cstr(c->arena, key), told, LEN(told)));
    json_put_int(box, "vnd", now_vnd);
    view_put_money(c, box, "now", now_vnd);
    json_put(data, name, box);
}

result pay_price_follow(struct ctx *c, struct json *data, struct order *o,
                        const struct onlooker *who, struct err *e)
{
    const int64_t was_vnd = o->bill.total_vnd;
    const struct order_repricing rp = repricing_of(c, was_vnd);
    const struct order_cause cause = pay_cause(c);
    struct order_price price;

    if (!is_own(c, o, who))
        return OK;
    TRY(order_reprice_ask(&c->app->till, o, rp.account, rp.level, c->arena, &price, e));
    if (!price.differs)
        return OK;
    if (price.total_vnd > was_vnd) {
        put_prices(c, data, "dearer", was_vnd, price.total_vnd);
        return OK;
    }
    TRY(order_reprice(&c->app->till, o, &rp, &cause, c->arena, e));
    if (o->bill.total_vnd < was_vnd)
        put_prices(c, data, "cheaper", was_vnd, o->bill.total_vnd);
    return OK;
}

result pay_price_told(struct ctx *c, const struct order *o, const struct onlooker *who, bool *told,
                      struct err *e)
{
    struct order_price price;

    *told = true;
    if (!is_own(c, o, who))
        return OK;
    TRY(order_reprice_ask(&c->app->till, o, c->session.account, c->session.level, c->arena, &price,
                          e));
    *told = !price.differs || price.total_vnd == o->bill.total_vnd;
    return OK;
}

/* POST /pay/{token}/price: the citizen agrees to the price that the page told. */
result pay_reprice(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    static const char *const fields[] = { "csrf", "total_vnd", NULL };
    const struct onlooker self = { .id_index = c->session.id_index };
    const struct order_cause cause = pay_cause(c);
    struct order_repricing rp;
    struct order order;
    struct form form;
    struct str total;
    int64_t told_vnd;

    TRY(form_body(rq, &form, e));
    TRY(form_only(&form, fields, e));
    TRY(form_need(&form, "total_vnd", 20, &total, e));
    if (!str_to_i64(total, &told_vnd) || told_vnd < 0)
        return fail_field(e, ERR_INVALID, "total_vnd", "not an amount");
    TRY(order_load_token(&c->app->till, request_param(rq, "token"), c->arena, &order, e));
    if (!is_own(c, &order, &self))
        return fail(e, ERR_FORBIDDEN, "order of another citizen");
    rp = repricing_of(c, told_vnd);
    TRY(order_reprice(&c->app->till, &order, &rp, &cause, c->arena, e));
    view_redirect(rs, str_cat(c->arena, STR("/pay/"), order.token));
    return OK;
}
