#include "store/gate.h"

#include <pthread.h>
#include <time.h>

#include "base/arena.h"
#include "base/err.h"

struct waiter {
    struct waiter *next;
    pthread_cond_t called;
    int seat; /* -1 until it is called */
};

struct gate {
    pthread_mutex_t mutex;
    struct waiter *first, *last;
    bool *taken;
    int seats;
};

struct gate *gate_open(struct arena *a, int seats)
{
    struct gate *g = arena_new(a, struct gate);

    must(seats > 0);
    must(pthread_mutex_init(&g->mutex, NULL) == 0);
    g->taken = arena_array(a, bool, (size_t)seats);
    g->seats = seats;
    return g;
}

void gate_close(struct gate **g)
{
    if (*g == NULL)
        return;
    must((*g)->first == NULL);
    (void)pthread_mutex_destroy(&(*g)->mutex);
    *g = NULL;
}

/* The lowest free seat: the connections used last are used again, the others may rest. */
static int free_seat(struct gate *g)
{
    for (int i = 0; i < g->seats; i++)
        if (!g->taken[i])
            return i;
    return -1;
}

static struct timespec deadline(int64_t wait_ms)
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

static void line_join(struct gate *g, struct waiter *w)
{
    if (g->last == NULL)
        g->first = w;
    else
        g->last->next = w;
    g->last = w;
}

static void line_quit(struct gate *g, const struct waiter *w)
{
    struct waiter *before = NULL;

    for (struct waiter *x = g->first; x != w; x = x->next)
        before = x;
    if (before == NULL)
        g->first = w->next;
    else
        before->next = w->next;
    if (g->last == w)
        g->last = before;
}

static int wait_in_line(struct gate *g, int64_t wait_ms)
{
    const struct timespec until = deadline(wait_ms);
    struct waiter w = { .seat = -1 };
    int late = 0;

    must(pthread_cond_init(&w.called, NULL) == 0);
    line_join(g, &w);
    while (w.seat < 0 && late == 0)
        late = pthread_cond_clockwait(&w.called, &g->mutex, CLOCK_MONOTONIC, &until);
    if (w.seat < 0)
        line_quit(g, &w);
    (void)pthread_cond_destroy(&w.called);
    return w.seat;
}

result gate_enter(struct gate *g, int64_t wait_ms, int *seat, struct err *e)
{
    int got;

    must(pthread_mutex_lock(&g->mutex) == 0);
    got = g->first == NULL ? free_seat(g) : -1;
    if (got >= 0)
        g->taken[got] = true;
    else
        got = wait_in_line(g, wait_ms);
    must(pthread_mutex_unlock(&g->mutex) == 0);
    if (got < 0)
        return fail(e, ERR_BUSY, "no connection of %d became free in %lld ms", g->seats,
                    (long long)wait_ms);
    *seat = got;
    return OK;
}

void gate_leave(struct gate *g, int seat)
{
    struct waiter *w;

    must(pthread_mutex_lock(&g->mutex) == 0);
    must(seat >= 0 && seat < g->seats && g->taken[seat]);
    w = g->first;
    if (w == NULL) {
        g->taken[seat] = false;
    } else { /* handed over, so that no newcomer can slip in between */
        line_quit(g, w);
        w->seat = seat;
        must(pthread_cond_signal(&w->called) == 0);
    }
    must(pthread_mutex_unlock(&g->mutex) == 0);
}
