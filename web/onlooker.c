/*
 * Attacker: somebody whose mandate is over, or too narrow for this bill. Promised: the ground is
 * checked when the bill is shown and when it is paid; the limit is of one payment, which is the
 * whole bill.
 */
#include "web/onlooker.h"

#include "auth/organisation.h"
#include "base/str.h"
#include "payments/order.h"

result onlooker_find(struct ctx *c, const struct order *o, struct onlooker *out, struct err *e)
{
    struct auth *auth = &c->app->auth;
    struct str organisation = STR("");

    *out = (struct onlooker){ .id_index = c->session.id_index };
    if (o->id_index.n == 0 || order_may_see_payer(o, c->session.account, c->session.id_index))
        return OK;
    TRY(organisation_of_bill(auth, c->arena, o->id_index, &organisation, e));
    if (organisation.n == 0)
        return OK;
    TRY(acting_check(auth, &c->visit, c->session.account, c->session.level, NULL, organisation,
                     &out->acting, e));
    out->acts = true;
    out->id_index = out->acting.id_index;
    return OK;
}

const char *onlooker_refusal(const struct onlooker *who, const struct order *o)
{
    if (who->guest)
        return who->guest_may_pay ? NULL : "pay_code.sign_in_to_pay";
    if (!who->acts)
        return NULL;
    if (!client_list_has(who->acting.powers, STR("pay")))
        return "mandate.may_not_pay";
    if (who->acting.amount_limit_vnd > 0 && o->bill.total_vnd > who->acting.amount_limit_vnd)
        return "mandate.over_limit";
    return NULL;
}
