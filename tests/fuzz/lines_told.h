/*
 * lines_told.h - what must hold of any bytes that are read as a file of lines: what is believed
 * adds up and reads the same again, in pieces too, and of a released file every line is taken or
 * told.
 */
#ifndef TESTS_FUZZ_LINES_TOLD_H
#define TESTS_FUZZ_LINES_TOLD_H

#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/money.h"
#include "base/str.h"
#include "base/utf8.h"
#include "recon/settlement.h"

struct told {
    int64_t lines, damaged, gross_vnd, moved_vnd;
    struct settlement_head head;
    struct settlement_faults faults;
};

static result told_line(void *arg, const struct settlement_line *l, struct err *e)
{
    struct told *t = arg;

    (void)e;
    t->lines++;
    must(l->n == t->lines + t->damaged);
    must(l->kind < SETTLEMENT_KIND_COUNT);
    must(utf8_is_text(l->portal_txn) && utf8_is_text(l->merchant_ref) && utf8_is_text(l->dossier));
    must(l->gross_vnd <= MONEY_MAX_VND && l->gross_vnd >= -MONEY_MAX_VND);
    t->gross_vnd += l->gross_vnd;
    t->moved_vnd += settlement_moved_vnd(l);
    return OK;
}

static result told_damage(void *arg, int64_t n, const struct settlement_fault *f, struct err *e)
{
    struct told *t = arg;

    (void)e;
    t->damaged++;
    must(n == t->lines + t->damaged && f->code != NULL);
    return OK;
}

struct feed {
    struct str rest;
    size_t at_once;
};

static result feed_pull(void *arg, char *room, size_t n, size_t *got, struct err *e)
{
    struct feed *f = arg;

    (void)e;
    n = n < f->at_once ? n : f->at_once;
    *got = n < f->rest.n ? n : f->rest.n;
    if (*got > 0)
        memcpy(room, f->rest.p, *got);
    f->rest = str_from(f->rest, *got);
    return OK;
}

/* at_once 0: the file is there whole. */
static void told_read(struct told *t, struct str bytes, const struct csv_form *map, bool released,
                      size_t at_once, struct arena *a)
{
    struct feed feed = { bytes, at_once };
    const struct settlement_input in = { .bytes = bytes,
                                         .pull = at_once > 0 ? feed_pull : NULL,
                                         .pull_arg = &feed,
                                         .sink = told_line,
                                         .damage = told_damage,
                                         .map = map,
                                         .arg = t,
                                         .released = released };
    struct err e = { 0 };

    *t = (struct told){ 0 };
    must(!settlement_read_input(&in, a, &t->head, &t->faults, &e).failed);
    for (size_t i = 0; i < t->faults.count; i++)
        must(t->faults.list[i].code != NULL && t->faults.list[i].line >= 0 &&
             t->faults.list[i].column >= 0 && utf8_is_valid(t->faults.list[i].bytes));
}

static void told_all(struct str bytes, const struct csv_form *map)
{
    struct arena *a = arena_open(64u << 20);
    struct told *t = arena_new(a, struct told), *p = arena_new(a, struct told);

    told_read(t, bytes, map, false, 0, a);
    must((t->faults.total > 0) == (t->faults.count > 0));
    must(t->faults.count <= SETTLEMENT_FAULTS_MAX);
    if (t->faults.total == 0) {
        struct told *again = arena_new(a, struct told);

        must(t->lines == t->head.lines && t->damaged == 0);
        must(t->gross_vnd == t->head.gross_vnd && t->moved_vnd == t->head.moved_vnd);
        must(map != NULL || date_is_valid(t->head.day));
        told_read(again, bytes, map, false, 0, a);
        must(str_eq(again->head.content, t->head.content));
    }
    told_read(t, bytes, map, true, 0, a);
    must(t->lines + t->damaged == t->head.lines);
    must(t->damaged == 0 || t->faults.total > 0);
    if (t->head.form != SETTLEMENT_XLSX) {
        told_read(p, bytes, map, true, 1 + bytes.n % 97, a);
        must(p->lines == t->lines && p->damaged == t->damaged);
        must(p->faults.total == t->faults.total && str_eq(p->head.content, t->head.content));
    }
    arena_close(&a);
}

#endif
