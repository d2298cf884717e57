/*
 * The audit log in the workplace, for auditors and administrators: a list like any other, whose
 * files are themselves rows of the log. Proving the chains is long work (web/progress.h).
 */
#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
#include "store/audit_view.h"
#include "web/officer.h"
#include "web/progress.h"
#include "web/table.h"
#include "web/view.h"

#define ROUNDS_MAX 40 /* of rows that the other filters leave out, before a page ends early */

enum { COL_AT, COL_ACTOR, COL_ACTION, COL_SUBJECT, COL_ADDRESS, COL_REQUEST, COL_DETAIL };
static const struct table_column columns[] = {
    [COL_AT] = { .name = "at", .text = "admin.at", .kind = TABLE_TIME },
    [COL_ACTOR] = { .name = "actor", .text = "admin.actor", .kind = TABLE_TEXT },
    [COL_ACTION] = { .name = "action", .text = "admin.action", .kind = TABLE_TEXT },
    [COL_SUBJECT] = { .name = "subject", .text = "admin.subject", .kind = TABLE_TEXT },
    [COL_ADDRESS] = { .name = "address",
                      .text = "admin.address",
                      .kind = TABLE_TEXT,
                      .wide_only = true },
    [COL_REQUEST] = { .name = "request",
                      .text = "audit.request",
                      .kind = TABLE_TEXT,
                      .wide_only = true },
    [COL_DETAIL] = { .name = "detail", .text = "admin.detail", .kind = TABLE_TEXT, .wraps = true },
};
enum { BY_ACTOR, BY_SUBJECT, BY_ACTION, BY_AT };
static const struct table_filter filters[] = {
    [BY_ACTOR] = { .name = "actor",
                   .text = "admin.actor",
                   .kind = TABLE_BY_TEXT,
                   .hint = "audit.actor_hint" },
    [BY_SUBJECT] = { .name = "subject", .text = "admin.subject", .kind = TABLE_BY_TEXT },
    [BY_ACTION] = { .name = "action",
                    .text = "admin.action",
                    .kind = TABLE_BY_TEXT,
                    .hint = "audit.action_hint" },
    [BY_AT] = { .name = "at", .text = "admin.at", .kind = TABLE_BY_DAYS },
};

static struct str place_text(struct ctx *c, const struct audit_place *p)
{
    return str_fmt(c->arena, "%lld.%lld.%lld", (long long)p->at_ms, (long long)p->slot,
                   (long long)p->seq);
}

static bool place_read(struct str text, struct audit_place *out)
{
    struct str at, rest, slot, seq;

    return str_cut(text, '.', &at, &rest) && str_cut(rest, '.', &slot, &seq) &&
           str_to_i64(at, &out->at_ms) && str_to_i64(slot, &out->slot) &&
           str_to_i64(seq, &out->seq);
}

/* The store finds by one of actor and subject; what else is asked for is left out here. */
static bool is_asked(const struct table_query *q, const struct audit_row *r)
{
    const struct str actor = q->values[BY_ACTOR].text, action = q->values[BY_ACTION].text;

    return (q->values[BY_SUBJECT].text.n == 0 || actor.n == 0 || str_eq(r->actor, actor)) &&
           (action.n == 0 || str_eq(r->action, action) ||
            (str_starts(r->action, action) && r->action.p[action.n] == '.'));
}

static void put_row(struct ctx *c, struct table_rows *rows, const struct audit_row *r)
{
    struct table_row *row = table_row(rows, place_text(c, &r->place));

    if (row == NULL)
        return;
    table_time(row, COL_AT, r->place.at_ms);
    table_text(row, COL_ACTOR, r->actor);
    table_text(row, COL_ACTION, r->action);
    table_text(row, COL_SUBJECT, r->subject);
    if (r->ip.n > 0)
        table_text(row, COL_ADDRESS,
                   str_fmt(c->arena, "%.*s : %lld", STR_ARG(r->ip), (long long)r->port));
    table_text(row, COL_REQUEST, r->request_id);
    table_text(row, COL_DETAIL, r->detail);
}

static result find_rows(struct ctx *c, const struct table_query *q, struct table_rows *rows,
                        struct err *e)
{
    const int64_t to_ms = q->values[BY_AT].to_ms;
    struct audit_query ask = { .from_ms = q->values[BY_AT].from_ms,
                               .before = audit_place_at(to_ms < INT64_MAX ? to_ms : c->now_ms + 1),
                               .rows_max = q->most };
    size_t n = q->most, taken = 0;
    struct audit_row *list;

    if (q->after.n > 0 && !place_read(q->after, &ask.before))
        return fail_field(e, ERR_INVALID, "after", "no place in the log");
    if (q->values[BY_SUBJECT].text.n > 0)
        ask.subject = q->values[BY_SUBJECT].text;
    else
        ask.actor = q->values[BY_ACTOR].text;
    for (int round = 0; round < ROUNDS_MAX && n == q->most && taken < q->most; round++) {
        TRY(audit_view(c->app->stores.sql, c->arena, &ask, &list, &n, e));
        for (size_t i = 0; i < n && taken < q->most; i++) {
            ask.before = list[i].place;
            if (!is_asked(q, &list[i]))
                continue;
            put_row(c, rows, &list[i]);
            taken++;
        }
    }
    if (n == q->most && taken < q->most)
        return fail_field(e, ERR_TOO_LARGE, "at", "too many rows to look through: narrow the days");
    return OK;
}

static const struct table entries = { .name = "audit",
                                      .title = "admin.audit",
                                      .columns = columns,
                                      .column_count = LEN(columns),
                                      .filters = filters,
                                      .filter_count = LEN(filters),
                                      .rows = find_rows };

/* GET /finance/audit */
result page_finance_audit(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    DEFER(json_close) struct json *data = json_object();
    const struct table_page page = {
        .table = &entries, .tab = "audit", .page = "finance_audit", .data = data
    };

    TRY(progress_put(c, data, "audit.verify", e));
    return table_answer(c, rq, rs, &page, e);
}

/* POST /finance/audit/verify */
result audit_verify_start(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    (void)rq;
    return progress_start(c, rs, "audit.verify", e);
}
