/*
 * A bill, found by its dossier's code, without a sign-in.
 *
 * Attacker: somebody who counts through dossier codes, to learn which exist, whose they are or what
 * they cost. Promise: a code alone shows nothing; a second fact of the paper that the payer holds
 * is asked for, a code and a network have few tries, and every refusal is the same page after the
 * same time. What is shown then names nobody. A bill that names an account or a number is only
 * paid here by who knows the last digits of that number; a fee of the law is no secret.
 * Deliberately not done: receipts, the way back to the portal, and what a sign-in would make
 * cheaper.
 */
#include <time.h>

#include "auth/auth.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/json.h"
#include "base/money.h"
#include "base/str.h"
#include "crypto/random.h"
#include "crypto/secret.h"
#include "http/form.h"
#include "payments/order.h"
#include "store/kv.h"
#include "web/page_pay.h"
#include "web/view.h"

#define CODE_COOKIE   "motcua_code"
#define GRANT_S       1800
#define GRANT_BITS    256
#define HOUR_S        3600
#define DAY_S         86400
#define PAIR_TRIES    5   /* of one code from one address, an hour */
#define CODE_TRIES    50  /* of one code from everywhere, a day */
#define ADDRESS_TRIES 40  /* of one address, an hour */
#define ANSWER_MS     400 /* every answer to the form takes as long */
#define PROOF_DIGITS  4

struct asked {
    struct str agency, code, proof;
    int64_t begun_ms; /* monotonic */
};

static result count(struct ctx *c, const char *kind, struct str what, int64_t ttl_s, int64_t most,
                    struct err *e)
{
    int64_t n;

    TRY(kv_count(c->app->stores.kv, auth_key(c->arena, kind, what), ttl_s, &n, e));
    return n <= most ? OK : fail(e, ERR_TOO_MANY, "dossier codes: too many tries");
}

/* Each try counts before it is looked at, also of a code that does not exist. */
static result tries_count(struct ctx *c, const struct asked *q, struct err *e)
{
    const struct str code = str_fmt(c->arena, "%.*s|%.*s", STR_ARG(q->agency), STR_ARG(q->code));

    TRY(count(c, "paycodenet", c->visit.ip, HOUR_S, ADDRESS_TRIES, e));
    TRY(count(c, "paycodepair", str_fmt(c->arena, "%.*s|%.*s", STR_ARG(code), STR_ARG(c->visit.ip)),
              HOUR_S, PAIR_TRIES, e));
    return count(c, "paycodeday", code, DAY_S, CODE_TRIES, e);
}

static void answer_wait(const struct asked *q)
{
    const int64_t left_ms = ANSWER_MS - (clock_monotonic_ms() - q->begun_ms);
    const struct timespec pause = { .tv_nsec = left_ms > 0 ? (long)left_ms * 1000000 : 0 };

    (void)nanosleep(&pause, NULL); /* a signal shortens it: no harm */
}

/* Digits only, of what people type with points and spaces. */
static struct str digits_of(struct ctx *c, struct str s)
{
    char *p = arena_alloc(c->arena, s.n + 1);
    size_t n = 0;

    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] >= '0' && s.p[i] <= '9')
            p[n++] = s.p[i];
    return (struct str){ p, n };
}

/* Both are compared, whichever was meant. *pays: they may pay it, too. */
static bool proof_is(struct ctx *c, const struct order *o, struct str typed, bool *pays)
{
    const struct str proof = digits_of(c, typed), id = digits_of(c, o->payer.id);
    const struct str end = str_sub(id, id.n > PROOF_DIGITS ? id.n - PROOF_DIGITS : 0, id.n);
    const bool number = id.n > PROOF_DIGITS && secret_equal(end, proof);
    const bool amount = secret_equal(str_i64(c->arena, o->bill.total_vnd), proof);

    *pays = number || (o->subject.n == 0 && o->id_index.n == 0);
    return number || amount;
}

static result find(struct ctx *c, const struct asked *q, struct order *o, bool *found, bool *pays,
                   struct err *e)
{
    struct err why = { .code = ERR_NONE };

    *found = *pays = false;
    if (order_load_reference(&c->app->till, q->agency, q->code, c->arena, o, &why).failed) {
        if (why.code == ERR_NOT_FOUND)
            return OK;
        *e = why;
        return (result){ true };
    }
    *found = proof_is(c, o, q->proof, pays);
    return OK;
}

static struct str grant_key(struct ctx *c, struct str token)
{
    return auth_key(c->arena, "paycode", token);
}

/* For half an hour this browser sees the bill: "1pay_..." where it may pay it, else "0pay_...". */
static result grant_make(struct ctx *c, struct response *rs, const struct order *o, bool pays,
                         struct err *e)
{
    const struct str token = random_token(c->arena, GRANT_BITS);

    TRY(kv_put(c->app->stores.kv, grant_key(c, token),
               str_cat(c->arena, pays ? STR("1") : STR("0"), o->id), GRANT_S, e));
    view_cookie(c, rs, CODE_COOKIE, token, GRANT_S);
    return OK;
}

static result grant_find(struct ctx *c, const struct request *rq, bool *found, struct str *value,
                         struct err *e)
{
    const struct str token =
        request_cookie(rq, str_cstr(c->arena, cookie_name(c->app, c->arena, CODE_COOKIE)));

    *found = false;
    if (token.n == 0)
        return OK;
    TRY(kv_get(c->app->stores.kv, c->arena, grant_key(c, token), found, value, e));
    *found = *found && value->n > 1;
    return OK;
}

result pay_code_holds(struct ctx *c, const struct request *rq, const struct order *o, bool *holds,
                      struct err *e)
{
    struct str value;

    TRY(grant_find(c, rq, holds, &value, e));
    *holds = *holds && str_eq(str_sub(value, 1, value.n), o->id);
    return OK;
}

static result guest_load(struct ctx *c, const struct request *rq, struct order *o,
                         struct onlooker *who, bool *found, struct err *e)
{
    struct str value;

    *who = (struct onlooker){ .guest = true };
    TRY(grant_find(c, rq, found, &value, e));
    if (!*found)
        return OK;
    who->guest_may_pay = value.p[0] == '1';
    return order_load(&c->app->till, str_sub(value, 1, value.n), STR(""), c->arena, o, e);
}

static void put_agencies(struct ctx *c, struct json *data, struct str chosen)
{
    const struct date today = clock_today(c->app->clock);
    struct json *list = json_array();
    struct fee_agency *all;
    size_t n;

    fee_agencies(c->app->fees, today, c->arena, &all, &n);
    for (size_t i = 0; i < n; i++) {
        struct json *o = json_object();

        json_put_str(o, "id", all[i].id);
        json_put_str(o, "name", view_either(c, all[i].name_vi, all[i].name_en));
        json_put_bool(o, "chosen", str_eq(all[i].id, chosen));
        json_add(list, o);
    }
    json_put(data, "agencies", list);
}

static result form_show(struct ctx *c, struct request *rq, struct response *rs,
                        const struct asked *q, const char *wrong, struct err *e)
{
    DEFER(json_close) struct json *data = json_object();

    put_agencies(c, data, q->agency);
    json_put_str(data, "code", q->code);
    if (wrong != NULL)
        json_put_str(data, "wrong", view_text(c, wrong));
    return view_page(c, rq, rs, "pay_code", "pay_code.title", data, e);
}

/* GET /pay */
result page_pay_code(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    const struct asked nothing = { .begun_ms = 0 };

    return form_show(c, rq, rs, &nothing, NULL, e);
}

/* POST /pay */
result pay_code_find(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    static const char *const fields[] = { "csrf", "agency", "code", "proof", NULL };
    struct asked q = { .begun_ms = clock_monotonic_ms() };
    struct order order;
    struct form form;
    bool found, pays;

    TRY(form_body(rq, &form, e));
    TRY(form_only(&form, fields, e));
    TRY(form_need(&form, "agency", 64, &q.agency, e));
    TRY(form_need(&form, "code", 64, &q.code, e));
    TRY(form_need(&form, "proof", 32, &q.proof, e));
    q.code = str_trim(q.code);
    TRY(tries_count(c, &q, e));
    TRY(find(c, &q, &order, &found, &pays, e));
    if (found)
        TRY(grant_make(c, rs, &order, pays, e));
    answer_wait(&q);
    if (!found)
        return form_show(c, rq, rs, &q, "pay_code.wrong", e);
    view_redirect(rs, STR("/pay/code"));
    return OK;
}

/* GET /pay/code */
result page_pay_guest(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    const struct asked nothing = { .begun_ms = 0 };
    struct onlooker who;
    struct order order;
    bool found;

    TRY(guest_load(c, rq, &order, &who, &found, e));
    if (!found)
        return form_show(c, rq, rs, &nothing, "pay_code.over", e);
    return pay_show(c, rq, rs, &order, &who, e);
}

/* POST /pay/code/start */
result pay_guest_start(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    struct onlooker who;
    struct order order;
    bool found;

    TRY(guest_load(c, rq, &order, &who, &found, e));
    if (!found) {
        view_redirect(rs, STR("/pay/code"));
        return OK;
    }
    return pay_begin(c, rq, rs, &order, &who, e);
}

static result symbol(struct ctx *c, const struct request *rq, struct response *rs, bool svg,
                     struct err *e)
{
    struct onlooker who;
    struct order order;
    bool found;

    TRY(guest_load(c, rq, &order, &who, &found, e));
    if (!found || !who.guest_may_pay)
        return fail(e, ERR_NOT_FOUND, "nothing to scan");
    return pay_symbol(c, rs, &order, svg, e);
}

/* GET /pay/code/qr.png */
result pay_guest_png(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    return symbol(c, rq, rs, false, e);
}

/* GET /pay/code/qr.svg */
result pay_guest_svg(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    return symbol(c, rq, rs, true, e);
}
