#include "finance/report_766.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "finance/report_row.h"
#include "payments/fee.h"
#include "store/sql.h"

/* Dossiers as `online` shows them. */
struct share {
    int64_t to_pay, portal, own, counter;
};
/* A procedure, with its dossiers counted. */
struct procedure {
    struct str code;
    bool has_fee;
    int64_t dossiers, zero, unpaid, refunded, withdrawn, no_fee, verified;
    struct share online;
};
/* An agency, the same. */
struct agency {
    struct str id;
    struct share online;
};

struct counting {
    const struct office *f;
    const struct report_query *q;
    struct arena *a;
    bool by_start;
    struct procedure *procedures; /* sorted by code */
    size_t count, cap;
    struct agency *agencies; /* by id, as the rows come */
    size_t agency_count, agency_cap;
};

static int procedure_cmp(const void *a, const void *b)
{
    return str_cmp(((const struct procedure *)a)->code, ((const struct procedure *)b)->code);
}

/* Those of the tables that have a fee on the period's last day. */
static void procedures_list(struct counting *c)
{
    struct fee_procedure *all;
    size_t n;

    fee_procedures(c->f->till->fees, c->q->to, c->a, &all, &n);
    c->cap = n + 64;
    c->procedures = arena_array(c->a, struct procedure, c->cap);
    for (size_t i = 0; i < n; i++) {
        const struct fee_case of = { .procedure = all[i].code, .received_on = c->q->to };
        struct err why = { .code = ERR_NONE };
        struct fee_item *items;
        size_t fees;

        if (fee_default_items(c->f->till->fees, &of, c->a, &items, &fees, &why).failed ||
            (c->q->procedure.n > 0 && !str_eq(c->q->procedure, all[i].code)))
            continue;
        c->procedures[c->count++] = (struct procedure){ .code = all[i].code, .has_fee = true };
    }
    if (c->count > 0)
        qsort(c->procedures, c->count, sizeof(*c->procedures), procedure_cmp);
}

static struct procedure *procedure_of(struct counting *c, struct str code)
{
    const struct procedure key = { .code = code };
    struct procedure *found =
        c->count == 0 ? NULL : bsearch(&key, c->procedures, c->count, sizeof(key), procedure_cmp);
    size_t at;

    if (found != NULL)
        return found;
    if (c->count == c->cap) {
        struct procedure *more = arena_array(c->a, struct procedure, 2 * c->cap);

        memcpy(more, c->procedures, c->count * sizeof(*more));
        c->procedures = more;
        c->cap *= 2;
    }
    for (at = c->count; at > 0 && str_cmp(c->procedures[at - 1].code, code) > 0; at--)
        c->procedures[at] = c->procedures[at - 1];
    c->procedures[at] = key;
    c->count++;
    return &c->procedures[at];
}

static struct agency *agency_of(struct counting *c, struct str id)
{
    if (c->agency_count > 0 && str_eq(c->agencies[c->agency_count - 1].id, id))
        return &c->agencies[c->agency_count - 1];
    if (c->agency_count == c->agency_cap) {
        const size_t cap = c->agency_cap == 0 ? 64 : 2 * c->agency_cap;
        struct agency *more = arena_array(c->a, struct agency, cap);

        if (c->agency_count > 0)
            memcpy(more, c->agencies, c->agency_count * sizeof(*more));
        c->agencies = more;
        c->agency_cap = cap;
    }
    c->agencies[c->agency_count] = (struct agency){ .id = id };
    return &c->agencies[c->agency_count++];
}

static void share_count(struct share *g, int64_t fee, struct str why, int64_t n)
{
    if (fee == 2)
        g->to_pay += n;
    if (str_is(why, "portal"))
        g->portal += n;
    else if (str_is(why, "own"))
        g->own += n;
    else if (str_is(why, "counter"))
        g->counter += n;
}

static void procedure_count(struct procedure *p, int64_t fee, struct str why, int64_t n)
{
    p->dossiers += n;
    share_count(&p->online, fee, why, n);
    if (str_is(why, "refunded"))
        p->refunded += n;
    else if (str_is(why, "withdrawn"))
        p->withdrawn += n;
    else if (str_is(why, "zero"))
        p->zero += n;
    else if (str_is(why, "no_fee"))
        p->no_fee += n;
    else if (str_is(why, "unpaid"))
        p->unpaid += n;
}

static result dossiers_read(struct sql *db, void *arg, struct err *e)
{
    struct counting *c = arg;
    DEFER(sql_end) struct sql_rows *rows = NULL;
    bool more;

    TRY(sql_find(db, c->by_start ? SQL_REPORT_DOSSIER_STARTED : SQL_REPORT_DOSSIER_RECEIVED, &rows,
                 e, sql_t(date_iso(c->a, c->q->from)), sql_t(date_iso(c->a, c->q->to)),
                 sql_t(c->q->agency), sql_t(c->q->procedure)));
    for (;;) {
        TRY(sql_next(rows, &more, e));
        if (!more)
            return OK;
        const struct str why = sql_text(rows, 3, c->a);
        const int64_t fee = sql_int(rows, 2), n = sql_int(rows, 5);
        struct procedure *p = procedure_of(c, sql_text(rows, 1, c->a));

        procedure_count(p, fee, why, n);
        if (sql_int(rows, 4) == 1)
            p->verified += n;
        share_count(&agency_of(c, sql_text(rows, 0, c->a))->online, fee, why, n);
    }
}

static result count(const struct office *f, const struct report_query *q, bool by_start,
                    struct arena *a, struct counting *c, struct err *e)
{
    *c = (struct counting){ .f = f, .q = q, .a = a, .by_start = by_start };
    procedures_list(c);
    return sql_read(f->till->store, dossiers_read, c, e);
}

int64_t report_766_score(int64_t numerator, int64_t denominator, const struct report_rule *r)
{
    int64_t score;

    if (denominator <= 0 || r->max_points == 0)
        return REPORT_NOT;
    /* Hundredths of points: n/d : full/100 x max x 100. */
    score = (2 * numerator * r->max_points * 10000 + denominator * r->full_percent) /
            (2 * denominator * r->full_percent);
    return score < 100 * r->max_points ? score : 100 * r->max_points;
}

static int64_t online_of(const struct procedure *p)
{
    return p->online.portal + p->online.own;
}

static void parts(const struct counting *c, enum report_indicator i, int64_t *n, int64_t *d)
{
    *n = *d = 0;
    for (size_t k = 0; k < c->count; k++) {
        const struct procedure *p = &c->procedures[k];

        if (i == REPORT_45) {
            *n += p->verified;
            *d += p->dossiers;
        } else if (!p->has_fee) {
            continue;
        } else if (i == REPORT_35A) {
            *n += p->online.to_pay > 0;
            *d += 1;
        } else if (i == REPORT_35B) {
            *n += online_of(p) > 0;
            *d += p->dossiers > 0;
        } else {
            *n += online_of(p);
            *d += p->dossiers - p->zero;
        }
    }
}

result report_766_make(const struct office *f, const struct report_query *q, struct arena *a,
                       struct report_766 *out, struct err *e)
{
    struct counting by[2];
    struct report_766 r;

    TRY(report_rules_on(f->reports, q->to, &r.rules, e));
    TRY(count(f, q, false, a, &by[0], e));
    TRY(count(f, q, true, a, &by[1], e));
    for (enum report_indicator i = 0; i < REPORT_INDICATOR_COUNT; i++) {
        const struct report_rule *rule = &r.rules.of[i];

        parts(&by[rule->by_start], i, &r.of[i].numerator, &r.of[i].denominator);
        r.of[i].rate = report_rate(r.of[i].numerator, r.of[i].denominator, 100);
        r.of[i].score = report_766_score(r.of[i].numerator, r.of[i].denominator, rule);
    }
    *out = r;
    return OK;
}

result report_qd766(const struct office *f, const struct report_query *q, struct report_rows *r,
                    struct err *e)
{
    static const struct report_column columns[] = {
        { "indicator", REPORT_TEXT },  { "meaning", REPORT_WORD },
        { "numerator", REPORT_COUNT }, { "denominator", REPORT_COUNT },
        { "rate", REPORT_RATE },       { "full_at", REPORT_RATE },
        { "score", REPORT_RATE },      { "max_score", REPORT_RATE },
    };
    static const char *const meanings[] = { "qd35a", "qd35b", "qd36", "qd45" };
    struct report_766 of;

    TRY(report_766_make(f, q, r->a, &of, e));
    report_rows_begin(r, r->table, "qd766", columns, LEN(columns), r->a);
    for (enum report_indicator i = 0; i < REPORT_INDICATOR_COUNT; i++) {
        const struct report_rule *rule = &of.rules.of[i];
        struct report_cell *row = report_rows_next(r);

        row[0].text = str_c(report_indicator_name(i));
        row[1].text = str_c(meanings[i]);
        row[2].n = of.of[i].numerator;
        row[3].n = of.of[i].denominator;
        row[4].n = of.of[i].rate;
        row[5].n = rule->max_points > 0 ? 100 * rule->full_percent : REPORT_NOT;
        row[6].n = of.of[i].score;
        row[7].n = rule->max_points > 0 ? 100 * rule->max_points : REPORT_NOT;
    }
    return OK;
}

/* Behind qd766: by the first day of processing, as 3.6 counts. */
result report_procedures(const struct office *f, const struct report_query *q,
                         struct report_rows *r, struct err *e)
{
    static const struct report_column columns[] = {
        { "procedure", REPORT_TEXT },     { "procedure_name", REPORT_TEXT },
        { "in_catalogue", REPORT_WORD },  { "dossiers", REPORT_COUNT },
        { "to_pay", REPORT_COUNT },       { "paid_online", REPORT_COUNT },
        { "paid_counter", REPORT_COUNT }, { "unpaid", REPORT_COUNT },
        { "not_counted", REPORT_COUNT },  { "zero", REPORT_COUNT },
        { "verified", REPORT_COUNT },     { "rate", REPORT_RATE },
    };
    struct report_rules rules;
    struct counting c;

    TRY(report_rules_on(f->reports, q->to, &rules, e));
    TRY(count(f, q, rules.of[REPORT_36].by_start, r->a, &c, e));
    report_rows_begin(r, r->table, "procedures", columns, LEN(columns), r->a);
    for (size_t i = 0; i < c.count; i++) {
        const struct procedure *p = &c.procedures[i];
        struct report_cell *row = report_rows_next(r);

        row[0].text = p->code;
        row[1].text = report_procedure_name(f, q, p->code);
        row[2].text = p->has_fee ? STR("has_fee") : STR("not_in_catalogue");
        row[3].n = p->dossiers;
        row[4].n = p->online.to_pay;
        row[5].n = online_of(p);
        row[6].n = p->online.counter;
        row[7].n = p->unpaid + p->no_fee;
        row[8].n = p->refunded + p->withdrawn;
        row[9].n = p->zero;
        row[10].n = p->verified;
        row[11].n = p->has_fee ? report_rate(online_of(p), p->dossiers - p->zero, 100) : REPORT_NOT;
    }
    report_rows_total(r);
    return OK;
}

enum { O_CODE, O_NAME, O_TO_PAY, O_PORTAL, O_OWN, O_COUNTER, O_RATE, O_DIRECT };

static void online_rates(struct report_table *t)
{
    for (size_t i = 0; i < t->row_count; i++) {
        struct report_cell *row = &t->cells[i * t->column_count];

        row[O_RATE].n = report_rate(row[O_PORTAL].n + row[O_OWN].n, row[O_TO_PAY].n, 100);
        row[O_DIRECT].n = report_rate(row[O_COUNTER].n, row[O_TO_PAY].n, 100);
    }
}

static const struct report_column online_agencies[] = {
    { "agency", REPORT_TEXT },      { "agency_name", REPORT_TEXT },
    { "to_pay", REPORT_COUNT },     { "paid_portal", REPORT_COUNT },
    { "paid_own", REPORT_COUNT },   { "paid_counter", REPORT_COUNT },
    { "online_rate", REPORT_RATE }, { "direct_rate", REPORT_RATE },
};
static const struct report_column online_procedures[] = {
    { "procedure", REPORT_TEXT },   { "procedure_name", REPORT_TEXT },
    { "to_pay", REPORT_COUNT },     { "paid_portal", REPORT_COUNT },
    { "paid_own", REPORT_COUNT },   { "paid_counter", REPORT_COUNT },
    { "online_rate", REPORT_RATE }, { "direct_rate", REPORT_RATE },
};

static void online_put(struct report_rows *r, struct str code, struct str name,
                       const struct share *g)
{
    struct report_cell *row = report_rows_next(r);

    row[O_CODE].text = code;
    row[O_NAME].text = name;
    row[O_TO_PAY].n = g->to_pay;
    row[O_PORTAL].n = g->portal;
    row[O_OWN].n = g->own;
    row[O_COUNTER].n = g->counter;
}

result report_online(const struct office *f, const struct report_query *q, struct report_rows *r,
                     struct err *e)
{
    struct report_rules rules;
    struct counting c;

    TRY(report_rules_on(f->reports, q->to, &rules, e));
    TRY(count(f, q, rules.of[REPORT_36].by_start, r->a, &c, e));
    if (q->by == REPORT_BY_AGENCY) {
        report_rows_begin(r, r->table, "online", online_agencies, LEN(online_agencies), r->a);
        for (size_t i = 0; i < c.agency_count; i++)
            online_put(r, c.agencies[i].id, report_agency_name(f, q, c.agencies[i].id),
                       &c.agencies[i].online);
    } else {
        report_rows_begin(r, r->table, "online", online_procedures, LEN(online_procedures), r->a);
        for (size_t i = 0; i < c.count; i++)
            if (c.procedures[i].dossiers > 0)
                online_put(r, c.procedures[i].code,
                           report_procedure_name(f, q, c.procedures[i].code),
                           &c.procedures[i].online);
    }
    report_rows_total(r);
    online_rates(r->table);
    return OK;
}

/* ---- the dossiers themselves ---- */

struct listing {
    const struct report_dossier_ask *ask;
    struct arena *a;
    struct report_dossier_row *rows;
    size_t count;
};

static result listed(struct sql *db, void *arg, struct err *e)
{
    struct listing *l = arg;
    const struct report_dossier_ask *k = l->ask;
    const struct report_query *q = &k->query;
    DEFER(sql_end) struct sql_rows *rows = NULL;
    bool more;

    TRY(sql_find(db,
                 k->by_start ? SQL_REPORT_DOSSIER_LIST_STARTED : SQL_REPORT_DOSSIER_LIST_RECEIVED,
                 &rows, e, sql_t(date_iso(l->a, q->from)), sql_t(date_iso(l->a, q->to)),
                 sql_t(q->agency), sql_t(q->procedure), sql_t(k->why), sql_t(k->after_day),
                 sql_t(k->after_agency), sql_t(k->after_reference), sql_i((int64_t)k->most)));
    for (l->count = 0; l->count < k->most; l->count++) {
        TRY(sql_next(rows, &more, e));
        if (!more)
            break;
        l->rows[l->count] = (struct report_dossier_row){ .agency_id = sql_text(rows, 0, l->a),
                                                         .reference = sql_text(rows, 1, l->a),
                                                         .procedure = sql_text(rows, 2, l->a),
                                                         .received_on = sql_text(rows, 3, l->a),
                                                         .started_on = sql_text(rows, 4, l->a),
                                                         .fee = sql_int(rows, 5),
                                                         .why = sql_text(rows, 6, l->a),
                                                         .verified = sql_int(rows, 7) == 1,
                                                         .is_synced = sql_int(rows, 8) == 1 };
    }
    return OK;
}

result report_dossiers(const struct office *f, const struct report_dossier_ask *ask,
                       struct arena *a, struct report_dossier_row **out, size_t *count,
                       struct err *e)
{
    struct listing l = { .ask = ask, .a = a };

    l.rows = arena_array(a, struct report_dossier_row, ask->most + 1);
    TRY(sql_read(f->till->store, listed, &l, e));
    for (size_t i = 0; i < l.count; i++) {
        const struct fee_case of = { .procedure = l.rows[i].procedure,
                                     .received_on = ask->query.to };
        struct err why = { .code = ERR_NONE };
        struct fee_item *items;
        size_t fees;

        l.rows[i].has_fee = !fee_default_items(f->till->fees, &of, a, &items, &fees, &why).failed;
    }
    *out = l.rows;
    *count = l.count;
    return OK;
}
