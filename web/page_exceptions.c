/*
 * Exceptions as lists: all of them by tab (G5), and money that nothing here explains with what the
 * payer's bank wrote (G7); giving many to one owner, and many proposals from one sheet.
 */
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
#include "finance/exception_action.h"
#include "finance/exception_search.h"
#include "http/form.h"
#include "http/multipart.h"
#include "web/officer.h"
#include "web/page_exception.h"
#include "web/table.h"
#include "web/view.h"

#define TICK         "x_" /* before the id of a ticked row */
#define TICKED_BYTES 262144

enum {
    COL_ID,
    COL_CLASS,
    COL_STAGE,
    COL_DAY,
    COL_DOSSIER,
    COL_OURS,
    COL_THEIRS,
    COL_DIFFERENCE,
    COL_REFUND,
    COL_AGE,
    COL_OWNER,
    COL_TRANSACTION,
    COL_REFERENCE
};
static const struct table_column columns[] = {
    [COL_ID] = { .name = "id", .text = "exception.id", .kind = TABLE_LINK },
    [COL_CLASS] = { .name = "class", .text = "exception.class", .kind = TABLE_TEXT, .wraps = true },
    [COL_STAGE] = { .name = "stage", .text = "exception.stage", .kind = TABLE_STATE },
    [COL_DAY] = { .name = "day", .text = "exception.day", .kind = TABLE_DAY },
    [COL_DOSSIER] = { .name = "dossier", .text = "exception.dossier", .kind = TABLE_LINK },
    [COL_OURS] = { .name = "ours", .text = "exception.ours", .kind = TABLE_MONEY },
    [COL_THEIRS] = { .name = "theirs", .text = "exception.theirs", .kind = TABLE_MONEY },
    [COL_DIFFERENCE] = { .name = "difference",
                         .text = "exception.difference",
                         .kind = TABLE_MONEY },
    [COL_REFUND] = { .name = "refund", .text = "exception.refund", .kind = TABLE_MONEY },
    [COL_AGE] = { .name = "age", .text = "exception.age", .kind = TABLE_TEXT },
    [COL_OWNER] = { .name = "owner", .text = "exception.owner", .kind = TABLE_TEXT },
    [COL_TRANSACTION] = { .name = "transaction",
                          .text = "exception.transaction",
                          .kind = TABLE_TEXT,
                          .wide_only = true },
    [COL_REFERENCE] = { .name = "reference",
                        .text = "exception.reference",
                        .kind = TABLE_TEXT,
                        .wide_only = true },
};

#define STAGES "open assigned proposed executed reopened closed auto_resolved"

enum {
    BY_DOSSIER,
    BY_TXN,
    BY_TAB,
    BY_CLASS,
    BY_STAGE,
    BY_AGE,
    BY_OWNER,
    BY_PROCEDURE,
    BY_AMOUNT,
    BY_DAY
};
static const struct table_filter filters[] = {
    [BY_DOSSIER] = { .name = "dossier", .text = "exception.dossier", .kind = TABLE_BY_TEXT },
    [BY_TXN] = { .name = "txn",
                 .text = "exception.txn",
                 .kind = TABLE_BY_TEXT,
                 .hint = "exception.txn_hint" },
    [BY_TAB] = { .name = "tab",
                 .text = "exception.tab",
                 .kind = TABLE_BY_CHOICE,
                 .choices = "mismatch unidentified refund doubt",
                 .choice_text = "exception.tab." },
    [BY_CLASS] = { .name = "class",
                   .text = "exception.class",
                   .kind = TABLE_BY_CHOICE,
                   .choices = "MIS_OURS MIS_THEIRS AMT_LESS AMT_MORE STA DUP_FILE DUP_PAY ACC AGY "
                              "DATE LATE CUR REF_UNM REF_AMT REV FEE TRS TRS_AMT UNKEY SIGN SPLIT "
                              "AMB OK_W",
                   .choice_text = "match." },
    [BY_STAGE] = { .name = "stage",
                   .text = "exception.stage",
                   .kind = TABLE_BY_CHOICE,
                   .choices = STAGES,
                   .choice_text = "exception.stage." },
    [BY_AGE] = { .name = "age",
                 .text = "exception.age",
                 .kind = TABLE_BY_CHOICE,
                 .choices = "0-1 2-7 8-30 over-30",
                 .choice_text = "exception.age." },
    [BY_OWNER] = { .name = "owner", .text = "exception.owner", .kind = TABLE_BY_OWNER },
    [BY_PROCEDURE] = { .name = "procedure", .text = "exception.procedure", .kind = TABLE_BY_TEXT },
    [BY_AMOUNT] = { .name = "amount", .text = "exception.difference", .kind = TABLE_BY_AMOUNT },
    [BY_DAY] = { .name = "day", .text = "exception.day", .kind = TABLE_BY_DAYS },
};

/* -1: none of that name. */
static int tab_find(struct str name)
{
    for (int t = 0; t < EXCEPTION_TAB_COUNT; t++)
        if (str_is(name, exception_tab_name((enum exception_tab)t)))
            return t;
    return -1;
}

static int age_find(struct str name)
{
    for (int g = 0; g < EXCEPTION_AGE_COUNT; g++)
        if (str_is(name, exception_age_name((enum exception_age)g)))
            return g;
    return -1;
}

static struct exception_filter filter_of(const struct table_query *q)
{
    const struct table_value *v = q->values;

    return (struct exception_filter){ .tab = tab_find(v[BY_TAB].text),
                                      .dossier = v[BY_DOSSIER].text,
                                      .txn = v[BY_TXN].text,
                                      .procedure = v[BY_PROCEDURE].text,
                                      .class = v[BY_CLASS].text,
                                      .stage = v[BY_STAGE].text,
                                      .owner = v[BY_OWNER].text,
                                      .day_from = v[BY_DAY].from_day,
                                      .day_to = v[BY_DAY].to_day,
                                      .age = age_find(v[BY_AGE].text),
                                      .min_vnd = v[BY_AMOUNT].least_vnd,
                                      .max_vnd = v[BY_AMOUNT].most_vnd,
                                      .after = q->after,
                                      .most = q->most };
}

enum table_look exception_look(const struct exception *x)
{
    if (!exception_is_open(x->stage))
        return TABLE_GOOD;
    return x->priority <= 1 || x->raised_ms > 0 ? TABLE_BAD : TABLE_WARN;
}

static struct str age_text(struct ctx *c, const struct exception *x)
{
    return officer_text(c, "exception.age.",
                        str_c(exception_age_name(exception_age(x->first_seen_ms, c->now_ms))));
}

static struct str page_of(struct ctx *c, const struct exception *x)
{
    return str_cat(c->arena, STR("/finance/exceptions/"), x->id);
}

static void put_row(struct ctx *c, struct table_row *row, const struct exception *x)
{
    table_link(row, COL_ID, str_sub(x->id, 0, 8), page_of(c, x));
    if (c->staff.role >= STAFF_OFFICER && exception_is_open(x->stage))
        table_pick(row, str_cat(c->arena, STR(TICK), x->id));
    table_text(row, COL_CLASS, officer_text(c, "match.", str_c(match_name(x->class))));
    table_state(row, COL_STAGE, exception_look(x),
                officer_text(c, "exception.stage.", str_c(exception_stage_name(x->stage))));
    table_day(row, COL_DAY, x->day);
    if (x->order_id.n > 0)
        table_link(row, COL_DOSSIER, x->dossier,
                   str_cat(c->arena, STR("/finance/orders/"), x->order_id));
    else
        table_text(row, COL_DOSSIER, x->dossier);
    table_number(row, COL_OURS, x->ours_vnd);
    table_number(row, COL_THEIRS, x->theirs_vnd);
    table_number(row, COL_DIFFERENCE, x->difference_vnd);
    if (exception_tab_of(x->class) == EXCEPTION_TAB_REFUND && x->difference_vnd < 0)
        table_number(row, COL_REFUND, -x->difference_vnd);
    table_text(row, COL_AGE, age_text(c, x));
    table_text(row, COL_OWNER, officer_who(c, x->owner));
    table_text(row, COL_TRANSACTION, x->portal_txn);
    table_text(row, COL_REFERENCE, x->reference);
    if (x->raised_ms > 0 && exception_is_open(x->stage))
        table_mark(row, TABLE_BAD);
}

static result find_rows(struct ctx *c, const struct table_query *q, struct table_rows *rows,
                        struct err *e)
{
    const struct exception_filter f = filter_of(q);
    struct exception *list;
    size_t n;

    TRY(exception_list(&c->app->till, &f, c->arena, &list, &n, NULL, e));
    for (size_t i = 0; i < n; i++)
        put_row(c, table_row(rows, list[i].id), &list[i]);
    return OK;
}

static result sum_rows(struct ctx *c, const struct table_query *q, struct table_totals *totals,
                       struct err *e)
{
    struct exception_filter f = filter_of(q);
    struct exception_sum sum;
    struct exception *list;
    size_t n;

    f.most = 1;
    f.after = STR("");
    TRY(exception_list(&c->app->till, &f, c->arena, &list, &n, &sum, e));
    totals->count = sum.count;
    table_sum(totals, COL_DIFFERENCE, sum.difference_vnd);
    return OK;
}

static const struct table exceptions = { .name = "exceptions",
                                         .title = "exception.title",
                                         .columns = columns,
                                         .column_count = LEN(columns),
                                         .filters = filters,
                                         .filter_count = LEN(filters),
                                         .rows = find_rows,
                                         .totals = sum_rows,
                                         .empty = "exception.none" };

static result put_tabs(struct ctx *c, const struct request *rq, struct json *data, struct err *e)
{
    struct json *tabs = json_array();
    struct form query;

    json_put(data, "tabs", tabs);
    TRY(form_query(rq, &query, e));
    for (int t = 0; t < EXCEPTION_TAB_COUNT; t++) {
        const struct str name = str_c(exception_tab_name((enum exception_tab)t));
        struct json *o = json_object();

        json_put_str(o, "url", str_cat(c->arena, STR("/finance/exceptions?tab="), name));
        json_put_str(o, "text", officer_text(c, "exception.tab.", name));
        json_put_bool(o, "here", str_eq(form_get(&query, "tab"), name));
        json_add(tabs, o);
    }
    json_put_bool(data, "all_here", form_get(&query, "tab").n == 0);
    json_put_bool(data, "may_act", c->staff.role >= STAFF_OFFICER);
    return OK;
}

/* Those that need to be told of nothing but why. */
static void put_actions(struct ctx *c, struct json *data)
{
    struct json *rows = json_array();

    for (int i = 0; i < EXCEPTION_ACTION_COUNT; i++) {
        const enum exception_action act = (enum exception_action)i;
        struct json *o;

        if (exception_action_need(act) != EXCEPTION_NEEDS_NOTHING)
            continue;
        o = json_object();
        json_put_str(o, "value", str_c(exception_action_name(act)));
        json_put_str(o, "word", officer_text(c, "action.", str_c(exception_action_name(act))));
        json_add(rows, o);
    }
    json_put(data, "actions", rows);
}

/* GET /finance/exceptions */
result page_exceptions(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    DEFER(json_close) struct json *data = json_object();
    const struct table_page page = { .table = &exceptions,
                                     .tab = "exceptions",
                                     .page = "finance_exceptions",
                                     .data = data,
                                     .picks = "ticked" };

    TRY(put_tabs(c, rq, data, e));
    put_actions(c, data);
    return table_answer(c, rq, rs, &page, e);
}

static struct str part_text(const struct multipart *parts, const char *name)
{
    const struct part *p = multipart_find(parts, name);

    return p != NULL ? str_trim(p->bytes) : STR("");
}

/* Empty: whoever asks. */
static struct str owner_of(struct ctx *c, struct str name, const struct proposal_actor *by)
{
    name = str_trim(name);
    if (name.n == 0)
        return by->name;
    return str_starts(name, STR("staff:")) ? name : str_cat(c->arena, STR("staff:"), name);
}

/* Ids by lines or spaces. */
static result assign_many(struct ctx *c, const struct multipart *parts, struct err *e)
{
    const struct proposal_actor by = officer_actor(c);
    struct str *ids = arena_array(c->arena, struct str, EXCEPTION_LIST_MAX);
    struct str text = part_text(parts, "ids"), owner = part_text(parts, "owner");
    size_t n = 0;

    while (text.n > 0) {
        size_t end = 0;

        while (end < text.n && text.p[end] > ' ' && text.p[end] != ',')
            end++;
        if (n == EXCEPTION_LIST_MAX)
            return fail_field(e, ERR_INVALID, "ids", "more than %d", EXCEPTION_LIST_MAX);
        if (end > 0)
            ids[n++] = str_sub(text, 0, end);
        text = str_trim(str_from(text, end < text.n ? end + 1 : end));
    }
    return exception_assign_all(&c->app->till, ids, n, owner_of(c, owner, &by), &by, c->arena, e);
}

static void put_faults(struct ctx *c, struct json *data, const struct exception_fault *faults,
                       size_t n)
{
    struct json *rows = json_array();

    for (size_t i = 0; i < n; i++) {
        struct json *row = json_object();

        json_put_int(row, "line", faults[i].line);
        json_put_str(row, "field", str_c(faults[i].field));
        json_put_str(row, "why", view_text(c, err_text(faults[i].code)));
        json_add(rows, row);
    }
    json_put(data, "faults", rows);
    json_put_bool(data, "has_faults", n > 0);
}

static result propose_many(struct ctx *c, const struct multipart *parts, struct json *data,
                           size_t *made, struct err *e)
{
    const struct part *file = multipart_find(parts, "file");
    const struct proposal_actor by = officer_actor(c);
    struct exception_fault faults[EXCEPTION_FAULTS_MAX];
    size_t n;

    if (file == NULL || file->bytes.n == 0)
        return fail_field(e, ERR_INVALID, "file", "no file was sent");
    TRY(exception_propose_csv(&c->app->office, file->bytes, &by, made, faults, &n, e));
    put_faults(c, data, faults, n);
    return n == 0 ? OK : fail_field(e, ERR_BUSINESS_RULE, "file", "%zu faults", n);
}

static result told(struct ctx *c, struct request *rq, struct response *rs, struct json *data,
                   const struct err *why, struct err *e)
{
    if (!officer_is_mistake(why) && why->code != ERR_NOT_FOUND && why->code != ERR_TOO_LARGE) {
        *e = *why;
        return (result){ true };
    }
    officer_put_mistake(c, data, why);
    officer_put_tabs(c, data, "exceptions");
    TRY(view_page(c, rq, rs, "finance_exceptions_told", "exception.title", data, e));
    view_status(rs, err_status(why->code));
    return OK;
}

/* POST /finance/exceptions */
result exceptions_post(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    DEFER(json_close) struct json *data = json_object();
    struct err why = { .code = ERR_NONE };
    struct multipart parts;
    size_t made = 0;
    bool failed;

    TRY(multipart_read(c->arena, request_header(rq, "Content-Type"), rq->body, &parts, e));
    if (str_is(part_text(&parts, "do"), "assign"))
        failed = assign_many(c, &parts, &why).failed;
    else
        failed = propose_many(c, &parts, data, &made, &why).failed;
    if (!failed) {
        view_redirect(rs, made > 0 ? STR("/finance/approvals") : STR("/finance/exceptions"));
        return OK;
    }
    return told(c, rq, rs, data, &why, e);
}

/* Ids of the ticked rows: fields "x_<id>". */
static result ticked_read(struct ctx *c, const struct form *f, struct str **ids, size_t *n,
                          struct err *e)
{
    *ids = arena_array(c->arena, struct str, f->count + 1);
    *n = 0;
    for (size_t i = 0; i < f->count; i++)
        if (str_starts(f->fields[i].name, STR(TICK)))
            (*ids)[(*n)++] = str_from(f->fields[i].name, sizeof TICK - 1);
    return *n > 0 ? OK : fail_field(e, ERR_INVALID, "ids", "none is ticked");
}

/* All or none of them, as from a sheet. */
static result ticked_propose(struct ctx *c, const struct form *f, const struct str *ids, size_t n,
                             struct json *data, struct err *e)
{
    const struct proposal_actor by = officer_actor(c);
    struct buf b = buf_make(c->arena, TICKED_BYTES);
    struct exception_fault faults[EXCEPTION_FAULTS_MAX];
    size_t made, fault_count;
    struct str csv;

    buf_puts(&b, "exception,action,target,remark\n");
    for (size_t i = 0; i < n; i++) {
        buf_csv(&b, ids[i]);
        buf_putc(&b, ',');
        buf_csv(&b, form_get(f, "action"));
        buf_puts(&b, ",\"\",");
        buf_csv(&b, str_trim(form_get(f, "remark")));
        buf_putc(&b, '\n');
    }
    TRY(buf_end(&b, &csv, e));
    TRY(exception_propose_csv(&c->app->office, csv, &by, &made, faults, &fault_count, e));
    put_faults(c, data, faults, fault_count);
    return fault_count == 0 ? OK
                            : fail_field(e, ERR_BUSINESS_RULE, "ids", "%zu faults", fault_count);
}

static result ticked_assign(struct ctx *c, const struct form *f, const struct str *ids, size_t n,
                            struct err *e)
{
    const struct proposal_actor by = officer_actor(c);

    return exception_assign_all(&c->app->till, ids, n, owner_of(c, form_get(f, "owner"), &by), &by,
                                c->arena, e);
}

/* POST /finance/exceptions/ticked */
result exceptions_ticked(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    DEFER(json_close) struct json *data = json_object();
    struct err why = { .code = ERR_NONE };
    struct str *ids;
    struct form f;
    size_t n;
    bool failed;

    TRY(form_body(rq, &f, e));
    const bool assigns = str_is(form_get(&f, "do"), "assign");

    failed =
        ticked_read(c, &f, &ids, &n, &why).failed ||
        (assigns ? ticked_assign(c, &f, ids, n, &why) : ticked_propose(c, &f, ids, n, data, &why))
            .failed;
    if (!failed) {
        view_redirect(rs, assigns ? STR("/finance/exceptions") : STR("/finance/approvals"));
        return OK;
    }
    return told(c, rq, rs, data, &why, e);
}

enum {
    WIT_ID,
    WIT_STAGE,
    WIT_DAY,
    WIT_AMOUNT,
    WIT_NARRATIVE,
    WIT_TRANSACTION,
    WIT_FROM,
    WIT_AGE,
    WIT_OWNER
};
static const struct table_column stray_columns[] = {
    [WIT_ID] = { .name = "id", .text = "exception.id", .kind = TABLE_LINK },
    [WIT_STAGE] = { .name = "stage", .text = "exception.stage", .kind = TABLE_STATE },
    [WIT_DAY] = { .name = "day", .text = "exception.day", .kind = TABLE_DAY },
    [WIT_AMOUNT] = { .name = "amount", .text = "exception.theirs", .kind = TABLE_MONEY },
    [WIT_NARRATIVE] = { .name = "narrative",
                        .text = "exception.narrative",
                        .kind = TABLE_TEXT,
                        .least = STAFF_OFFICER,
                        .personal = true,
                        .wraps = true },
    [WIT_TRANSACTION] = { .name = "transaction",
                          .text = "exception.transaction",
                          .kind = TABLE_TEXT },
    [WIT_FROM] = { .name = "from", .text = "exception.provider", .kind = TABLE_TEXT },
    [WIT_AGE] = { .name = "age", .text = "exception.age", .kind = TABLE_TEXT },
    [WIT_OWNER] = { .name = "owner", .text = "exception.owner", .kind = TABLE_TEXT },
};
enum { STRAY_TXN, STRAY_STAGE, STRAY_OWNER, STRAY_AMOUNT, STRAY_DAY };
static const struct table_filter stray_filters[] = {
    [STRAY_TXN] = { .name = "txn", .text = "exception.txn", .kind = TABLE_BY_TEXT },
    [STRAY_STAGE] = { .name = "stage",
                      .text = "exception.stage",
                      .kind = TABLE_BY_CHOICE,
                      .choices = STAGES,
                      .choice_text = "exception.stage." },
    [STRAY_OWNER] = { .name = "owner", .text = "exception.owner", .kind = TABLE_BY_OWNER },
    [STRAY_AMOUNT] = { .name = "amount", .text = "exception.theirs", .kind = TABLE_BY_AMOUNT },
    [STRAY_DAY] = { .name = "day", .text = "exception.day", .kind = TABLE_BY_DAYS },
};

static struct exception_filter stray_filter(const struct table_query *q)
{
    const struct table_value *v = q->values;

    return (struct exception_filter){ .tab = EXCEPTION_TAB_UNIDENTIFIED,
                                      .txn = v[STRAY_TXN].text,
                                      .stage = v[STRAY_STAGE].text,
                                      .owner = v[STRAY_OWNER].text,
                                      .day_from = v[STRAY_DAY].from_day,
                                      .day_to = v[STRAY_DAY].to_day,
                                      .age = -1,
                                      .min_vnd = v[STRAY_AMOUNT].least_vnd,
                                      .max_vnd = v[STRAY_AMOUNT].most_vnd,
                                      .after = q->after,
                                      .most = q->most };
}

static result stray_rows(struct ctx *c, const struct table_query *q, struct table_rows *rows,
                         struct err *e)
{
    const struct exception_filter f = stray_filter(q);
    struct exception *list;
    size_t n;

    TRY(exception_list(&c->app->till, &f, c->arena, &list, &n, NULL, e));
    for (size_t i = 0; i < n; i++) {
        const struct exception *x = &list[i];
        struct table_row *row = table_row(rows, x->id);
        struct str narrative = STR("");

        if (c->staff.role >= STAFF_OFFICER)
            TRY(exception_narrative(&c->app->office, x, c->arena, &narrative, e));
        table_link(row, WIT_ID, str_sub(x->id, 0, 8), page_of(c, x));
        table_state(row, WIT_STAGE, exception_look(x),
                    officer_text(c, "exception.stage.", str_c(exception_stage_name(x->stage))));
        table_day(row, WIT_DAY, x->day);
        table_number(row, WIT_AMOUNT, x->theirs_vnd);
        table_text(row, WIT_NARRATIVE, narrative);
        table_text(row, WIT_TRANSACTION, x->portal_txn);
        table_text(row, WIT_FROM, x->provider);
        table_text(row, WIT_AGE, age_text(c, x));
        table_text(row, WIT_OWNER, officer_who(c, x->owner));
    }
    return OK;
}

static result stray_sums(struct ctx *c, const struct table_query *q, struct table_totals *totals,
                         struct err *e)
{
    struct exception_filter f = stray_filter(q);
    struct exception_sum sum;
    struct exception *list;
    size_t n;

    f.most = 1;
    f.after = STR("");
    TRY(exception_list(&c->app->till, &f, c->arena, &list, &n, &sum, e));
    totals->count = sum.count;
    table_sum(totals, WIT_AMOUNT, -sum.difference_vnd);
    return OK;
}

static const struct table strays = { .name = "unidentified",
                                     .title = "exception.strays",
                                     .columns = stray_columns,
                                     .column_count = LEN(stray_columns),
                                     .filters = stray_filters,
                                     .filter_count = LEN(stray_filters),
                                     .rows = stray_rows,
                                     .totals = stray_sums,
                                     .empty = "exception.none" };

/* GET /finance/transfers */
result page_transfers(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    const struct table_page page = { .table = &strays, .tab = "unidentified" };

    return table_answer(c, rq, rs, &page, e);
}
