/* Background work: doubts are resolved, whatever dies in between, and races post once. */
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "crypto/random.h"

#include "payments/idempotency.h"
#include "payments/poll.h"
#include "tests/payments/counter.h"

static bool poll(struct counter *c)
{
    bool did;
    struct err e = { .code = ERR_NONE };

    check_ok(poll_attempt(&c->till, &did, &e), e);
    return did;
}

TEST_STORE(doubts_are_asked_about_on_a_schedule_that_backs_off)
{
    static const int64_t delays_s[] = { 5, 15, 60, 300, 900, 3600, 3600 };
    struct counter *c = counter_open();
    struct order o = counter_order(c);

    c->init = INIT_LOST_AFTER;
    c->query_down = true;
    (void)counter_start(c, &o);
    for (size_t i = 0; i < LEN(delays_s); i++) {
        counter_forward(c, delays_s[i] - 1);
        check(!poll(c));
        counter_forward(c, 1);
        check(poll(c));
        check(!poll(c));
    }
}

TEST_STORE(a_payment_whose_every_message_was_lost_is_found)
{
    struct counter *c = counter_open();
    struct order o = counter_order(c);
    struct str ref = counter_start(c, &o);

    counter_pay(c, ref);
    check(!poll(c));
    counter_forward(c, 60);
    check(poll(c));
    check_int(counter_state(c, &o), ORDER_PAID);
    counter_forward(c, 86400);
    check(!poll(c)); /* nothing is in doubt any more */
}

TEST_STORE(a_doubt_past_the_horizon_is_left_to_a_human)
{
    struct counter *c = counter_open();
    struct order o = counter_order(c);

    c->query_down = true;
    (void)counter_start(c, &o);
    for (int i = 0; i < 200 && !counter_has_mismatch(c, &o, "STUCK"); i++) {
        counter_forward(c, 3600);
        (void)poll(c);
    }
    check(counter_has_mismatch(c, &o, "STUCK"));
    counter_forward(c, 86400);
    check(!poll(c));
}

/* A process that dies between the commit of the reference and the answer to INIT leaves this. */
TEST_STORE(a_process_that_died_during_init_is_cleaned_up_by_another)
{
    struct counter *c = counter_open();
    struct order o = counter_order(c);
    struct str ref;

    c->init = INIT_LOST_AFTER;
    ref = counter_start(c, &o);
    counter_pay(c, ref);
    counter_forward(c, 20);
    check(poll(c));
    check_int(counter_state(c, &o), ORDER_PAID);
    check_int(counter_journals(c, &o, "J2"), 1);
    check_int(counter_receipts(c, &o), 2);
}

TEST_STORE(claimed_work_comes_back_when_its_holder_died)
{
    struct counter *c = counter_open();
    struct order o = counter_order(c);
    struct str ref = counter_start(c, &o);

    counter_forward(c, 60);
    c->query_down = true;
    check(poll(c)); /* as if its holder had died: nothing was learned */
    c->query_down = false;
    counter_pay(c, ref);
    counter_forward(c, 3600);
    check(poll(c));
    check_int(counter_state(c, &o), ORDER_PAID);
}

struct racing {
    struct counter *c;
    struct str body, reference;
    int kind;
};

static void *race(void *arg)
{
    struct racing *r = arg;
    struct arena *a = arena_open((size_t)16 << 20);

    for (int i = 0; i < 4; i++) {
        struct notice_reply reply;
        struct err why;
        bool did;

        if (r->kind == 0)
            notice_take(&r->c->till, r->body, STR("198.51.100.1"), STR("rq"), a, &reply, &why);
        else if (r->kind == 1)
            (void)poll_attempt(&r->c->till, &did, &why).failed;
        else
            (void)attempt_ask(&r->c->till, r->reference, counter_cause(), &why).failed;
    }
    arena_close(&a);
    return NULL;
}

TEST_STORE(threads_that_race_post_one_journal_and_one_receipt_of_each_kind)
{
    struct counter *c = counter_open();

    for (int round = 0; round < 5; round++) {
        struct order o = counter_order(c);
        struct str ref = counter_start(c, &o);
        struct racing racers[8];
        pthread_t threads[8];

        counter_pay(c, ref);
        counter_forward(c, 61);
        for (int i = 0; i < 8; i++)
            racers[i] = (struct racing){ c, counter_confirm_body(c, ref, (struct confirm){ 0 }),
                                         ref, i % 3 };
        for (int i = 0; i < 8; i++)
            check(pthread_create(&threads[i], NULL, race, &racers[i]) == 0);
        for (int i = 0; i < 8; i++)
            check(pthread_join(threads[i], NULL) == 0);
        check_int(counter_state(c, &o), ORDER_PAID);
        check_int(counter_journals(c, &o, "J2"), 1);
        check_int(counter_journals(c, &o, "J2c"), 0);
        check_int(counter_receipts(c, &o), 2);
    }
    check_int(counter_balance(c, 1110), 5 * COUNTER_ORDER);
    counter_books_hold(c);
}

/* What a process does all day, until it is killed. */
static void child(void)
{
    struct counter *c = counter_open();

    (*c->children)++;
    for (int i = 0; i < 5; i++) {
        struct order o = counter_order(c);
        struct str ref = counter_start(c, &o);
        bool did;
        struct err e;

        if (i % 5 == 4)
            continue; /* left at the portal */
        counter_pay(c, ref);
        if (i % 2 == 0)
            (void)counter_confirm(c, ref, (struct confirm){ 0 });
        else
            (void)poll_attempt(&c->till, &did, &e).failed;
    }
    for (;;)
        (void)pause();
}

static void kill_one(struct counter *c, unsigned longer)
{
    const int before = *c->children;
    unsigned char chance[2];
    int status;
    const pid_t pid = fork();

    check(pid >= 0);
    if (pid == 0)
        child();
    random_fill(chance, sizeof(chance));
    for (int i = 0; i < 2000 && *c->children == before; i++)
        (void)usleep(5000);
    /* Up to 65 ms of work, and more each time: a busy machine comes to a payment, too. */
    (void)usleep(((unsigned)chance[0] << 8 | chance[1]) * longer);
    check(kill(pid, SIGKILL) == 0);
    check(waitpid(pid, &status, 0) == pid);
    check(WIFSIGNALED(status)); /* and did not fail a check before */
}

static void order_converged(struct counter *c, const struct order *o, int64_t *paid)
{
    struct attempt *all;
    size_t count;
    int64_t paid_there = 0;
    struct err e = { .code = ERR_NONE };

    check_ok(attempt_list(&c->till, o, test_arena(), &all, &count, &e), e);
    for (size_t i = 0; i < count; i++) {
        const struct deal *d = counter_deal(c, all[i].reference);

        check((d != NULL && d->state == 1) == (all[i].state == ATTEMPT_CAPTURED));
        paid_there += d != NULL && d->state == 1;
    }
    check_int(counter_journals(c, o, "J2"), paid_there);
    check_int(counter_receipts(c, o), 2 * paid_there);
    check((o->state == ORDER_PAID) == (paid_there == 1));
    *paid += paid_there;
}

TEST_STORE(killed_at_any_moment_the_truth_of_the_portal_is_reached)
{
    struct counter *c = counter_share();
    struct order *all;
    size_t count;
    int64_t paid = 0;
    bool did = true;
    struct err e = { .code = ERR_NONE };

    (void)test_folder();
    if (strcmp(test_engine(), "postgresql") == 0)
        (void)test_postgresql();
    for (unsigned i = 1; i <= 10; i++)
        kill_one(c, i);
    (void)counter_open();
    for (int i = 0; i < 30; i++) {
        counter_forward(c, 3600);
        while (poll(c))
            continue;
        for (did = true; did;)
            check_ok(poll_expiry(&c->till, &did, &e), e);
    }
    check_ok(order_list_mine(&c->till, STR("acc_1"), STR(""), 100, test_arena(), &all, &count, &e),
             e);
    for (size_t i = 0; i < count; i++)
        order_converged(c, &all[i], &paid);
    check(count > 0 && paid > 0);
    check_int(counter_balance(c, 1110), paid * COUNTER_ORDER);
    counter_books_hold(c);
}
