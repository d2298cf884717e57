#include "store/seats.h"

#include <pthread.h>
#include <unistd.h>

#include "tests/test.h"

#define WAITERS 6

static struct err e;

TEST(each_seat_is_had_by_one_and_the_lowest_is_given_first)
{
    struct seats *s DEFER(seats_close) = seats_open(test_arena(), 3);
    int a = -1, b = -1, c = -1;

    check_ok(seats_take(s, 0, &a, &e), e);
    check_ok(seats_take(s, 0, &b, &e), e);
    check_ok(seats_take(s, 0, &c, &e), e);
    check_int(a, 0);
    check_int(b, 1);
    check_int(c, 2);
    seats_leave(s, b);
    check_ok(seats_take(s, 0, &b, &e), e);
    check_int(b, 1);
    for (int i = 0; i < 3; i++)
        seats_leave(s, i);
}

TEST(who_waits_in_vain_is_told_and_leaves_the_line)
{
    struct seats *s DEFER(seats_close) = seats_open(test_arena(), 1);
    int seat = -1, late = -1;

    check_ok(seats_take(s, 0, &seat, &e), e);
    check_fails(seats_take(s, 20, &late, &e), e, ERR_BUSY);
    check_int(late, -1);
    seats_leave(s, seat); /* to nobody: who gave up is not called */
    check_ok(seats_take(s, 0, &seat, &e), e);
    seats_leave(s, seat);
}

struct line {
    struct seats *seats;
    int served;
    int order[WAITERS];
    pthread_mutex_t mutex;
};

struct asker {
    struct line *line;
    int number;
};

static void *ask(void *arg)
{
    const struct asker *me = arg;
    struct line *l = me->line;
    struct err why = { .code = ERR_NONE };
    int seat;

    check_ok(seats_take(l->seats, 30000, &seat, &why), why);
    (void)pthread_mutex_lock(&l->mutex);
    l->order[l->served++] = me->number;
    (void)pthread_mutex_unlock(&l->mutex);
    seats_leave(l->seats, seat);
    return NULL;
}

TEST(who_asked_first_is_served_first)
{
    struct line l = { .seats = seats_open(test_arena(), 1), .mutex = PTHREAD_MUTEX_INITIALIZER };
    struct asker askers[WAITERS];
    pthread_t threads[WAITERS];
    int seat = -1;

    check_ok(seats_take(l.seats, 0, &seat, &e), e);
    for (int i = 0; i < WAITERS; i++) {
        askers[i] = (struct asker){ &l, i };
        check_int(pthread_create(&threads[i], NULL, ask, &askers[i]), 0);
        while (seats_waiting(l.seats) != i + 1)
            (void)usleep(1000);
    }
    seats_leave(l.seats, seat);
    for (int i = 0; i < WAITERS; i++)
        check_int(pthread_join(threads[i], NULL), 0);
    for (int i = 0; i < WAITERS; i++)
        check_int(l.order[i], i);
    seats_close(&l.seats);
}
