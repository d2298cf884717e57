/* Who is told what, signed how, and what becomes of events that do not arrive. */
#include "payments/webhook.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "crypto/digest.h"
#include "store/sql.h"
#include "tests/payments/counter.h"

struct adding {
    struct counter *c;
    struct webhook_endpoint w;
};

static result add(struct sql *db, void *arg, struct err *e)
{
    struct adding *x = arg;

    return webhook_add(db, &x->c->till, &x->w, test_arena(), e);
}

static struct webhook_endpoint endpoint_at(struct counter *c, struct str url, const char *client,
                                           const char *events)
{
    struct adding x = { c, { .client_id = str_c(client), .url = url, .events = str_c(events) } };
    struct err e;

    check_ok(sql_transact(c->till.store, add, &x, &e), e);
    return x.w;
}

static struct webhook_endpoint endpoint(struct counter *c, const char *client, const char *events)
{
    return endpoint_at(c, STR("http://127.0.0.1:1/hook"), client, events);
}

static struct webhook_delivery *deliveries(struct counter *c, const char *client, size_t *n)
{
    const struct webhook_filter f = { .client_id = str_c(client), .before_ms = INT64_MAX };
    struct webhook_delivery *list;
    struct err e;

    check_ok(webhook_deliveries(&c->till, &f, WEBHOOK_LIST_MAX, test_arena(), &list, n, &e), e);
    return list;
}

static bool may(void *arg, struct arena *a, struct str client_id, struct str url)
{
    const bool *allowed = arg;

    (void)a;
    (void)client_id;
    (void)url;
    return *allowed;
}

static bool send_one(struct counter *c, bool allowed)
{
    const struct webhook_ways ways = { .may = may, .arg = &allowed, .loopback_ok = true };
    struct err e;
    bool did;

    check_ok(webhook_send(&c->till, &ways, &did, &e), e);
    return did;
}

static const char *client_of(const struct order_request *rq)
{
    return str_cstr(test_arena(), rq->client_id);
}

TEST(a_step_that_is_not_listed_or_stays_is_not_told)
{
    check(webhook_type("payment", "open", "open") == NULL);
    check(webhook_type("payment", "none", "nowhere") == NULL);
    check(webhook_type("nothing", "open", "paid") == NULL);
    check_str(str_c(webhook_type("payment", "open", "paid")), "payment.paid");
    check_str(str_c(webhook_type("payment", "none", "open")), "payment.created");
    check_str(str_c(webhook_type("payment", "paid", "open")), "payment.reopened");
    check_str(str_c(webhook_type("refund", "submitted", "succeeded")), "refund.succeeded");
}

/* Every state that an order can come to by a listed move is told, or is where it began. */
TEST(every_state_of_an_order_has_a_type)
{
    for (int s = 0; s < ORDER_STATE_COUNT; s++)
        for (int ev = 0; ev < ORDER_EV_COUNT; ev++) {
            enum order_state next;
            const char *action;

            if (!order_move((enum order_state)s, (enum order_event)ev, &next, &action) ||
                next == (enum order_state)s)
                continue;
            check(webhook_type("payment", order_state_name((enum order_state)s),
                               order_state_name(next)) != NULL);
        }
}

/* Computed with openssl dgst -sha256 -hmac. */
TEST(the_signature_is_of_time_and_body_by_each_live_secret)
{
    const struct str one = webhook_signature(test_arena(), 1700000000, STR("{\"id\":\"evt_1\"}"),
                                             STR("whsec_a"), STR(""));
    const struct str two = webhook_signature(test_arena(), 1700000000, STR("{\"id\":\"evt_1\"}"),
                                             STR("whsec_a"), STR("whsec_b"));

    check_str(one, "t=1700000000,v1="
                   "97ea69f91fd566038386bacf87292eb0d73a8207414ee62ed313d49996fe0639");
    check_str(two, "t=1700000000,v1="
                   "97ea69f91fd566038386bacf87292eb0d73a8207414ee62ed313d49996fe0639"
                   ",v1=c0c4c9e4637bb269965a5df170a9c6c3c973e3fafe3d4bed97086daad7fdc63c");
}

TEST_STORE(an_event_goes_to_the_orders_own_client_and_to_who_wants_it)
{
    struct counter *c = counter_open();
    const struct order_request rq = counter_request();
    const struct webhook_endpoint all = endpoint(c, client_of(&rq), "");
    struct webhook_delivery *list;
    struct order o;
    size_t n;

    (void)endpoint(c, client_of(&rq), "payment.paid refund.succeeded");
    (void)endpoint(c, "another", "");
    o = counter_order(c);
    list = deliveries(c, client_of(&rq), &n);
    check_int(n, 1);
    check_same(list[0].endpoint_id, all.id);
    check_str(list[0].type, "payment.created");
    check_same(list[0].resource_id, o.id);
    (void)deliveries(c, "another", &n);
    check_int(n, 0);
}

static result make_and_fail(struct sql *db, void *arg, struct err *e)
{
    struct counter *c = arg;
    const struct order_request rq = counter_request();
    struct order o;

    TRY(order_create(db, &c->till, &rq, test_arena(), &o, e));
    return fail(e, ERR_BUSINESS_RULE, "no");
}

TEST_STORE(what_did_not_happen_is_not_told)
{
    struct counter *c = counter_open();
    const struct order_request rq = counter_request();
    struct err e;
    size_t n;

    (void)endpoint(c, client_of(&rq), "");
    check_fails(sql_transact(c->till.store, make_and_fail, c, &e), e, ERR_BUSINESS_RULE);
    (void)deliveries(c, client_of(&rq), &n);
    check_int(n, 0);
}

TEST_STORE(types_and_the_number_of_endpoints_are_checked)
{
    struct counter *c = counter_open();
    struct adding x = { c,
                        { .client_id = STR("x"), .url = STR("https://a/"), .events = STR("no") } };
    struct err e;

    check_fails(sql_transact(c->till.store, add, &x, &e), e, ERR_INVALID);
    check_str(str_c(e.field), "events");
    for (int i = 0; i < WEBHOOK_ENDPOINTS_MAX; i++)
        (void)endpoint(c, "x", "");
    x.w.events = STR("");
    check_fails(sql_transact(c->till.store, add, &x, &e), e, ERR_BUSINESS_RULE);
}

/* Nobody listens at port 1: after 60 s, 5 min, 1 h, 1 d and 2 d it is given up. */
TEST_STORE(what_does_not_arrive_is_sent_six_times_and_by_hand_once_more)
{
    static const int64_t after_s[] = { 60, 300, 3600, 86400, 172800 };
    struct counter *c = counter_open();
    const struct order_request rq = counter_request();
    struct webhook_attempt *tries;
    struct webhook_delivery *list;
    struct err e;
    size_t n;

    (void)endpoint(c, client_of(&rq), "");
    (void)counter_order(c);
    for (size_t i = 0; i < LEN(after_s); i++) {
        check(send_one(c, true));
        check(!send_one(c, true));
        counter_forward(c, after_s[i] - 1);
        check(!send_one(c, true));
        counter_forward(c, 1);
    }
    check(send_one(c, true));
    list = deliveries(c, client_of(&rq), &n);
    check_str(list[0].state, "failed");
    check_int(list[0].tries, WEBHOOK_TRIES_MAX);
    counter_forward(c, 86400);
    check(!send_one(c, true));
    check_fails(webhook_retry(&c->till, STR("another"), list[0].id, &e), e, ERR_NOT_FOUND);
    check_ok(webhook_retry(&c->till, rq.client_id, list[0].id, &e), e);
    check(send_one(c, true));
    list = deliveries(c, client_of(&rq), &n);
    check_str(list[0].state, "failed");
    check_ok(webhook_attempts(&c->till, list[0].id, test_arena(), &tries, &n, &e), e);
    check_int(n, WEBHOOK_TRIES_MAX + 1);
    check(tries[0].by_hand && !tries[1].by_hand);
    check_int(tries[0].status, 0);
    check_str(tries[0].failure, "UPSTREAM_DOWN");
}

TEST_STORE(what_may_not_be_sent_any_more_is_not_sent)
{
    struct counter *c = counter_open();
    const struct order_request rq = counter_request();
    const struct webhook_endpoint w = endpoint(c, client_of(&rq), "");
    struct webhook_delivery *list;
    struct err e;
    size_t n;

    (void)counter_order(c);
    check(send_one(c, false)); /* its host was taken from the client's list */
    list = deliveries(c, client_of(&rq), &n);
    check_str(list[0].state, "will_not_send");
    (void)counter_order(c);
    check_fails(webhook_enable(&c->till, STR("another"), w.id, false, &e), e, ERR_NOT_FOUND);
    check_ok(webhook_enable(&c->till, rq.client_id, w.id, false, &e), e);
    check(!send_one(c, true));
    (void)counter_order(c);
    list = deliveries(c, client_of(&rq), &n);
    check_int(n, 2); /* nothing is written down for one that is off */
    for (size_t i = 0; i < n; i++)
        check_str(list[i].state, "will_not_send");
}

/* A name that the list allows may resolve to a machine of ours: nothing is to be heard there. */
TEST_STORE(nothing_is_sent_to_an_address_of_our_own)
{
    struct counter *c = counter_open();
    const struct order_request rq = counter_request();
    const int ear = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
    socklen_t at_bytes = sizeof(at);
    bool allowed = true, did;
    const struct webhook_ways ways = { .may = may, .arg = &allowed };
    struct webhook_delivery *list;
    struct err e;
    size_t n;

    check(bind(ear, (struct sockaddr *)&at, sizeof(at)) == 0 && listen(ear, 1) == 0);
    check(getsockname(ear, (struct sockaddr *)&at, &at_bytes) == 0);
    (void)endpoint_at(c, str_fmt(test_arena(), "http://127.0.0.1:%d/hook", (int)ntohs(at.sin_port)),
                      client_of(&rq), "");
    (void)counter_order(c);
    check_ok(webhook_send(&c->till, &ways, &did, &e), e);
    check(did);
    check(accept(ear, NULL, NULL) == -1 && errno == EAGAIN);
    list = deliveries(c, client_of(&rq), &n);
    check_int(n, 1);
    check_int(list[0].tries, 1);
    (void)close(ear);
}

struct rotating {
    struct counter *c;
    struct webhook_endpoint w;
};

static result rotate(struct sql *db, void *arg, struct err *e)
{
    struct rotating *r = arg;

    return webhook_rotate(db, &r->c->till, &r->w, 3600, test_arena(), e);
}

TEST_STORE(two_secrets_are_live_until_the_old_one_is_over)
{
    struct counter *c = counter_open();
    struct rotating r = { c, endpoint(c, "x", "") };
    const struct str first = r.w.secret;
    struct webhook_endpoint w;
    struct err e;

    check_ok(webhook_load(&c->till, STR("x"), r.w.id, test_arena(), &w, &e), e);
    check_same(w.secret, first);
    check_int(w.old_secret.n, 0);
    check_ok(sql_transact(c->till.store, rotate, &r, &e), e);
    check_ok(webhook_load(&c->till, STR("x"), r.w.id, test_arena(), &w, &e), e);
    check(!str_eq(w.secret, first));
    check_same(w.old_secret, first);
    counter_forward(c, 3600);
    check_ok(webhook_load(&c->till, STR("x"), r.w.id, test_arena(), &w, &e), e);
    check_int(w.old_secret.n, 0);
    check_fails(webhook_load(&c->till, STR("another"), r.w.id, test_arena(), &w, &e), e,
                ERR_NOT_FOUND);
}
