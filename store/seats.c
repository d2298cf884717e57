#include "store/seats.h"

#include <pthread.h>
#include <time.h>

#include "base/arena.h"
#include "base/err.h"

struct waiter {
    struct waiter *next;
    pthread_cond_t called;
    int seat; /* -1 until it is called */
};

struct seats {
    pthread_mutex_t mutex;
    struct waiter *first, *last;
    bool *taken;
    int count;
};

struct seats *seats_open(struct arena *a, int count)
{
    struct seats *s = arena_new(a, struct seats);

    must(count > 0);
    must(pthread_mutex_init(&s->mutex, NULL) == 0);
    s->taken = arena_array(a, bool, (size_t)count);
    s->count = count;
    return s;
}

void seats_close(struct seats **s)
{
    if (*s == NULL)
        return;
    must((*s)->first == NULL);
    (void)pthread_mutex_destroy(&(*s)->mutex);
    *s = NULL;
}

/* The lowest free seat: the connections used last are used again, the others may rest. */
static int free_seat(struct seats *s)
{
    for (int i = 0; i < s->count; i++)
        if (!s->taken[i])
            return i;
    return -1;
}

struct timespec seats_deadline(int64_t wait_ms)
{
    struct timespec t;

    must(clock_gettime(CLOCK_MONOTONIC, &t) == 0);
    t.tv_sec += (time_t)(wait_ms / 1000);
    t.tv_nsec += (long)(wait_ms % 1000) * 1000000;
    if (t.tv_nsec >= 1000000000) {
        t.tv_sec++;
        t.tv_nsec -= 1000000000;
    }
    return t;
}

static void line_join(struct seats *s, struct waiter *w)
{
    if (s->last == NULL)
        s->first = w;
    else
        s->last->next = w;
    s->last = w;
}

static void line_quit(struct seats *s, const struct waiter *w)
{
    struct waiter *before = NULL;

    for (struct waiter *x = s->first; x != w; x = x->next)
        before = x;
    if (before == NULL)
        s->first = w->next;
    else
        before->next = w->next;
    if (s->last == w)
        s->last = before;
}

static int wait_in_line(struct seats *s, int64_t wait_ms)
{
    const struct timespec until = seats_deadline(wait_ms);
    struct waiter w = { .seat = -1 };
    int late = 0;

    must(pthread_cond_init(&w.called, NULL) == 0);
    line_join(s, &w);
    while (w.seat < 0 && late == 0)
        late = pthread_cond_clockwait(&w.called, &s->mutex, CLOCK_MONOTONIC, &until);
    if (w.seat < 0)
        line_quit(s, &w);
    (void)pthread_cond_destroy(&w.called);
    return w.seat;
}

result seats_take(struct seats *s, int64_t wait_ms, int *seat, struct err *e)
{
    int got;

    must(pthread_mutex_lock(&s->mutex) == 0);
    got = free_seat(s); /* none while anybody waits: a seat that is left is handed over */
    if (got >= 0)
        s->taken[got] = true;
    else
        got = wait_in_line(s, wait_ms);
    must(pthread_mutex_unlock(&s->mutex) == 0);
    if (got < 0)
        return fail(e, ERR_BUSY, "no connection of %d became free in %lld ms", s->count,
                    (long long)wait_ms);
    *seat = got;
    return OK;
}

void seats_leave(struct seats *s, int seat)
{
    struct waiter *w;

    must(pthread_mutex_lock(&s->mutex) == 0);
    must(seat >= 0 && seat < s->count && s->taken[seat]);
    w = s->first;
    if (w == NULL) {
        s->taken[seat] = false;
    } else { /* handed over, so that no newcomer can slip in between */
        line_quit(s, w);
        w->seat = seat;
        must(pthread_cond_signal(&w->called) == 0);
    }
    must(pthread_mutex_unlock(&s->mutex) == 0);
}

int seats_waiting(struct seats *s)
{
    int n = 0;

    must(pthread_mutex_lock(&s->mutex) == 0);
    for (const struct waiter *w = s->first; w != NULL; w = w->next)
        n++;
    must(pthread_mutex_unlock(&s->mutex) == 0);
    return n;
}
