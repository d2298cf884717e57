/*
 * Fee tables as officers see them: which version is in force and who decided on it, since when and
 * until when each rule holds, and the form that proposes other tables. Attacker: an officer who
 * wants a rate of their own; promised: here it is only proposed; payments/fee_version.h says what
 * may be, and another person decides on what differs.
 */
#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/money.h"
#include "base/str.h"
#include "http/multipart.h"
#include "payments/fee_table.h"
#include "payments/fee_version.h"
#include "web/fee_text.h"
#include "web/officer.h"
#include "web/view.h"

#define VERSIONS_SHOWN 20
#define MISTAKES_SHOWN 200

static result put_versions(struct ctx *c, struct json *data, struct err *e)
{
    struct json *rows = json_array();
    struct fee_version *list;
    size_t n;

    json_put(data, "versions", rows);
    TRY(fee_version_list(&c->app->till, VERSIONS_SHOWN, c->arena, &list, &n, e));
    for (size_t i = 0; i < n; i++) {
        struct json *row = json_object();

        json_put_int(row, "n", list[i].n);
        json_put_str(row, "state", officer_text(c, "fee_version.state.", list[i].state));
        json_put_str(row, "look",
                     str_is(list[i].state, "active") ? STR("good")
                     : str_is(list[i].state, "open") ? STR("warn")
                                                     : STR("bad"));
        json_put_bool(row, "in_use", list[i].n == fee_table_version(c->app->fees));
        json_put_str(row, "made", clock_vn(c->arena, list[i].made_ms));
        json_put_str(row, "made_by", officer_who(c, list[i].made_by));
        json_put_str(row, "decided_by", officer_who(c, list[i].decided_by));
        if (list[i].decided_ms > 0)
            json_put_str(row, "decided", clock_vn(c->arena, list[i].decided_ms));
        json_put_str(row, "sha256", list[i].sha256);
        json_add(rows, row);
    }
    json_put_int(data, "version", fee_table_version(c->app->fees));
    return OK;
}

static struct str rate_text(struct ctx *c, const struct fee_rule *r)
{
    if (!r->by_rate)
        return money_print(c->arena, r->amount_vnd);
    return str_fmt(c->arena, "%.*s %% %.*s", STR_ARG(fee_percent(c->arena, r->rate_ppm)),
                   STR_ARG(view_text(c, "fees.of_value")));
}

/* Where the day stands: before, within or after what the scope says. */
static const char *time_of(const struct fee_scope *s, struct date today)
{
    if (date_cmp(s->from, today) > 0)
        return "future";
    return fee_in_force(s, today) ? "now" : "past";
}

static struct json *rule_row(struct ctx *c, const struct fee_rule *r, struct date today)
{
    const char *when = time_of(&r->scope, today);
    struct json *row = json_object();

    json_put_str(row, "id", r->id);
    json_put_str(row, "from", date_vn(c->arena, r->scope.from));
    if (r->scope.to.d != 0)
        json_put_str(row, "to", date_vn(c->arena, r->scope.to));
    json_put_str(row, "rate", rate_text(c, r));
    json_put_str(row, "authority", r->authority);
    json_put_str(row, "basis", r->basis);
    json_put_bool(row, "sample", r->sample != 0);
    json_put_str(row, "when", officer_text(c, "fee_version.time.", str_c(when)));
    json_put_str(row, "look", str_is(str_c(when), "now") ? STR("good") : STR("warn"));
    return row;
}

/* Each fee with its rules by first day: the timeline. */
static void put_timeline(struct ctx *c, struct json *data)
{
    const struct fee_rows *t = fee_rows_of(c->app->fees);
    const struct date today = clock_today(c->app->clock);
    struct json *fees = json_array();
    int64_t future = 0;

    for (size_t i = 0; i < t->fee_count; i++) {
        struct json *fee = json_object(), *rules = json_array();
        struct date last = { 0, 0, 0 };
        bool more = true;

        while (more) { /* the next first day; rules of one fee are few */
            struct date next = { 0, 0, 0 };

            more = false;
            for (size_t k = 0; k < t->rule_count; k++) {
                const struct fee_rule *r = &t->rules[k];

                if (!str_eq(r->fee, t->fees[i].code) || date_cmp(r->scope.from, last) <= 0)
                    continue;
                if (!more || date_cmp(r->scope.from, next) < 0)
                    next = r->scope.from;
                more = true;
            }
            for (size_t k = 0; more && k < t->rule_count; k++)
                if (str_eq(t->rules[k].fee, t->fees[i].code) &&
                    date_cmp(t->rules[k].scope.from, next) == 0) {
                    json_add(rules, rule_row(c, &t->rules[k], today));
                    future += date_cmp(next, today) > 0 ? 1 : 0;
                }
            last = next;
        }
        json_put_str(fee, "code", t->fees[i].code);
        json_put_str(fee, "name", view_either(c, t->fees[i].name_vi, t->fees[i].name_en));
        json_put_str(fee, "kind", view_kind(c, t->fees[i].kind));
        json_put(fee, "rules", rules);
        json_add(fees, fee);
    }
    json_put(data, "fees", fees);
    json_put_int(data, "future", future);
}

/* Test a case: the public calculator, on any day. */
static void put_procedures(struct ctx *c, struct json *data)
{
    struct json *rows = json_array();
    struct fee_procedure *all;
    size_t n;

    fee_procedures(c->app->fees, clock_today(c->app->clock), c->arena, &all, &n);
    for (size_t i = 0; i < n; i++) {
        struct json *row = json_object();

        json_put_str(row, "code", all[i].code);
        json_put_str(row, "name", view_either(c, all[i].name_vi, all[i].name_en));
        json_add(rows, row);
    }
    json_put(data, "procedures", rows);
}

static void put_mistakes(struct json *data, struct str lines)
{
    struct json *rows = json_array();
    struct str line;

    while (json_count(rows) < MISTAKES_SHOWN && str_next(&lines, '\n', &line))
        if (line.n > 0)
            json_add_str(rows, line);
    json_put_bool(data, "has_mistakes", json_count(rows) > 0);
    json_put(data, "mistakes", rows);
}

static result show(struct ctx *c, struct request *rq, struct response *rs, struct str mistakes,
                   const struct err *why, struct err *e)
{
    DEFER(json_close) struct json *data = json_object();

    TRY(put_versions(c, data, e));
    put_timeline(c, data);
    put_procedures(c, data);
    put_mistakes(data, mistakes);
    json_put_bool(data, "may_propose", c->staff.role >= STAFF_OFFICER);
    officer_put_mistake(c, data, why);
    officer_put_tabs(c, data, "fees");
    TRY(view_page(c, rq, rs, "finance_fees", "fee_version.title", data, e));
    view_status(rs, err_status(why->code));
    return OK;
}

/* GET /finance/fees */
result page_fee_versions(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    const struct err none = { .code = ERR_NONE };

    return show(c, rq, rs, STR(""), &none, e);
}

static struct str part_text(const struct multipart *parts, const char *name)
{
    const struct part *p = multipart_find(parts, name);

    return p != NULL ? str_trim(p->bytes) : STR("");
}

/* What cannot be read stays as it is, so that the reader of tables says what is wrong with it. */
static struct str canonical(struct ctx *c, struct str text)
{
    DEFER(json_close) struct json *root = NULL;
    struct err e;

    return json_read(text, &root, &e).failed ? text : json_print_canonical(c->arena, root);
}

static result propose(struct ctx *c, const struct multipart *parts, struct buf *mistakes,
                      struct proposal *p, struct err *e)
{
    const struct part *file = multipart_find(parts, "file");
    const struct proposal_actor by = officer_actor(c);
    struct fee_publication pub = { .remark = part_text(parts, "remark"),
                                   .is_correction = str_is(part_text(parts, "correction"), "yes") };

    if (file == NULL || file->bytes.n == 0)
        return fail_field(e, ERR_INVALID, "file", "no file was sent");
    if (pub.remark.n == 0)
        return fail_field(e, ERR_INVALID, "remark", "no reason was given");
    if (file->bytes.n > FEE_VERSION_BYTES_MAX)
        return fail_field(e, ERR_INVALID, "file", "more than %d bytes", FEE_VERSION_BYTES_MAX);
    pub.tables = canonical(c, file->bytes);
    return fee_version_propose(&c->app->till, &pub, &by, mistakes, c->arena, p, e);
}

/* POST /finance/fees */
result fee_version_ask(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    struct buf mistakes = buf_make(c->arena, LIMIT_PAGE_BYTES);
    struct err why = { .code = ERR_NONE };
    struct multipart parts;
    struct proposal p;

    TRY(multipart_read(c->arena, request_header(rq, "Content-Type"), rq->body, &parts, e));
    if (!propose(c, &parts, &mistakes, &p, &why).failed) {
        view_redirect(rs, str_cat(c->arena, STR("/finance/approvals/"), p.id));
        return OK;
    }
    if (why.code == ERR_CONFIG) /* of a file that somebody sent, not of ours */
        why.code = ERR_BUSINESS_RULE;
    if (officer_is_mistake(&why))
        return show(c, rq, rs, buf_str(&mistakes), &why, e);
    *e = why;
    return (result){ true };
}
