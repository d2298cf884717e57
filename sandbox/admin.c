/*
 * The switches' API and page. There is no sign-in: the sandbox listens on loopback only, and forms
 * of other sites are refused.
 */
#include "base/limits.h"
#include "sandbox/fault.h"
#include "sandbox/page.h"
#include "sandbox/pay.h"
#include "sandbox/people.h"

#define TRANSACTIONS_ON_PAGE 50
#define ALWAYS_PPM           1000000
#define DEFAULT_BANK         "VCB"

static result text_copy(char *to, size_t room, const char *field, struct str s, struct err *e)
{
    if (s.n >= room)
        return fail_field(e, ERR_INVALID, field, "too long");
    for (size_t i = 0; i < s.n; i++)
        to[i] = s.p[i];
    to[s.n] = '\0';
    return OK;
}

/* A person may be named by handle or number. */
static struct str person_number(struct sandbox *sb, struct str who)
{
    const struct person *p = people_find(sb->people, who);
    return p ? p->number : who;
}

static result row_make(struct sandbox *sb, struct str name, struct str person, struct str reference,
                       struct fault_row *row, struct err *e)
{
    *row = (struct fault_row){ .count = -1, .rate_ppm = ALWAYS_PPM };
    if (!fault_find(name, &row->fault))
        return fail_field(e, ERR_INVALID, "fault", "no such switch");
    row->arg = fault_arg(row->fault);
    TRY(text_copy(row->person, sizeof(row->person), "person", person_number(sb, person), e));
    return text_copy(row->reference, sizeof(row->reference), "reference", reference, e);
}

static result row_set(struct sandbox *sb, const struct fault_row *row, int64_t *id, struct err *e)
{
    *id = fault_put(sb->faults, row);
    return *id ? OK : fail(e, ERR_TOO_MANY, "too many switches");
}

result admin_faults(struct sandbox *sb, struct request *rq, struct response *rs, struct err *e)
{
    struct json *o = json_object();
    (void)e;
    json_put(o, "faults", fault_list(sb->faults));
    json_put(o, "known", fault_known(sb->en, rq->arena));
    page_json(rq, rs, 200, o);
    return OK;
}

result admin_fault_set(struct sandbox *sb, struct request *rq, struct response *rs, struct err *e)
{
    static const char *const names[] = { "fault",    "person", "reference", "count",
                                         "rate_ppm", "arg",    NULL };
    DEFER(json_close) struct json *doc = NULL;
    struct str name, person = STR(""), reference = STR("");
    struct fault_row row;
    int64_t id = 0;

    TRY(json_read(rq->body, &doc, e));
    TRY(json_only(doc, names, e));
    TRY(json_need_str(doc, "fault", 64, &name, e));
    TRY(json_want_str(doc, "person", 31, &person, e));
    TRY(json_want_str(doc, "reference", 63, &reference, e));
    TRY(row_make(sb, name, person, reference, &row, e));
    TRY(json_want_int(doc, "count", -1, 1000000, &row.count, e));
    TRY(json_want_int(doc, "rate_ppm", 0, ALWAYS_PPM, &row.rate_ppm, e));
    TRY(json_want_int(doc, "arg", -1000000000, 1000000000, &row.arg, e));
    TRY(row_set(sb, &row, &id, e));
    struct json *o = json_object();
    json_put_int(o, "id", id);
    page_json(rq, rs, 201, o);
    return OK;
}

result admin_faults_clear(struct sandbox *sb, struct request *rq, struct response *rs,
                          struct err *e)
{
    fault_clear(sb->faults);
    return admin_faults(sb, rq, rs, e);
}

result admin_fault_clear(struct sandbox *sb, struct request *rq, struct response *rs, struct err *e)
{
    int64_t id = 0;
    if (!str_to_i64(request_param(rq, "id"), &id) || !fault_drop(sb->faults, id))
        return fail(e, ERR_NOT_FOUND, "switch");
    return admin_faults(sb, rq, rs, e);
}

result admin_people(struct sandbox *sb, struct request *rq, struct response *rs, struct err *e)
{
    struct json *root = json_object(), *list = json_array();
    (void)e;
    for (size_t i = 0; i < people_count(sb->people); i++) {
        const struct person *p = people_at(sb->people, i);
        struct json *o = json_object();
#define COLUMN(name) json_put_str(o, #name, p->name);
#include "sandbox/people.def"
#undef COLUMN
        json_add(list, o);
    }
    json_put(root, "people", list);
    page_json(rq, rs, 200, root);
    return OK;
}

static void arena_end(struct arena **a)
{
    arena_close(a);
}

/* All of them may be many: made outside the request's arena, and copied if they fit. */
result admin_transactions(struct sandbox *sb, struct request *rq, struct response *rs,
                          struct err *e)
{
    DEFER(arena_end) struct arena *a = arena_open(1024L * 1024 * 1024);
    DEFER(json_close) struct json *root = json_object();
    struct json *list = json_array();
    struct txn *rows;
    size_t n = portal_list(sb->portal, a, &rows);

    for (size_t i = 0; i < n; i++)
        json_add(list, txn_json(&rows[i]));
    json_put(root, "transactions", list);
    struct str text = json_print(a, root);
    TRY(arena_may(rq->arena, text.n, e));
    response_body(rs, 200, "application/json", str_dup(rq->arena, text));
    return OK;
}

result admin_transaction(struct sandbox *sb, struct request *rq, struct response *rs, struct err *e)
{
    struct txn t;
    if (!portal_find(sb->portal, request_param(rq, "reference"), &t))
        return fail(e, ERR_NOT_FOUND, "transaction");
    page_json(rq, rs, 200, txn_json(&t));
    return OK;
}

result admin_pay(struct sandbox *sb, struct request *rq, struct response *rs, struct err *e)
{
    static const char *const names[] = { "outcome", "bank", NULL };
    DEFER(json_close) struct json *doc = NULL;
    struct str name = STR("paid"), bank = STR(DEFAULT_BANK);
    enum pay_outcome outcome;
    struct txn t;

    if (rq->body.n) {
        TRY(json_read(rq->body, &doc, e));
        TRY(json_only(doc, names, e));
        TRY(json_want_str(doc, "outcome", 16, &name, e));
        TRY(json_want_str(doc, "bank", 16, &bank, e));
    }
    if (!pay_outcome_find(name, &outcome))
        return fail_field(e, ERR_INVALID, "outcome", "paid, failed or cancelled");
    if (!pay_bank_is_known(bank))
        return fail_field(e, ERR_INVALID, "bank", "not offered");
    TRY(pay_finish(sb, rq, request_param(rq, "reference"), outcome, bank, &t, e));
    page_json(rq, rs, 200, txn_json(&t));
    return OK;
}

result admin_mismatch(struct sandbox *sb, struct request *rq, struct response *rs, struct err *e)
{
    static const char *const names[] = { "fault", "arg", NULL };
    DEFER(json_close) struct json *doc = NULL;
    struct str reference = request_param(rq, "reference"), name;
    enum fault fault;
    int64_t arg = 0;
    struct txn t;

    TRY(json_read(rq->body, &doc, e));
    TRY(json_only(doc, names, e));
    TRY(json_need_str(doc, "fault", 64, &name, e));
    if (!fault_find(name, &fault) || fault_system(fault) != FAULT_OF_SETTLEMENT)
        return fail_field(e, ERR_INVALID, "fault", "no settlement switch");
    arg = fault_arg(fault);
    TRY(json_want_int(doc, "arg", 0, 1000000000, &arg, e));
    TRY(portal_mismatch(sb->portal, reference, fault, arg, e));
    must(portal_find(sb->portal, reference, &t));
    page_json(rq, rs, 200, txn_json(&t));
    return OK;
}

static struct json *recent_make(struct sandbox *sb)
{
    DEFER(arena_end) struct arena *a = arena_open(1024L * 1024 * 1024);
    struct json *list = json_array();
    struct txn *rows;
    size_t n = portal_list(sb->portal, a, &rows);

    for (size_t i = n; i-- > 0 && n - i <= TRANSACTIONS_ON_PAGE;)
        json_add(list, txn_json(&rows[i]));
    return list;
}

result admin_home(struct sandbox *sb, struct request *rq, struct response *rs, struct err *e)
{
    struct json *data = json_object();
    json_put(data, "faults", fault_list(sb->faults));
    json_put(data, "known", fault_known(page_words(sb, rq), rq->arena));
    json_put(data, "transactions", recent_make(sb));
    const struct page p = { .status = 200, .name = "admin", .title = "title.admin", .data = data };
    return page_show(sb, rq, rs, &p, e);
}

static result number_read(const struct form *f, const char *name, int64_t least, int64_t most,
                          int64_t *out, struct err *e)
{
    struct str s = form_get(f, name);
    if (!s.n)
        return OK;
    if (!str_to_i64(s, out) || *out < least || *out > most)
        return fail_field(e, ERR_INVALID, name, "not a number within its bounds");
    return OK;
}

result admin_form(struct sandbox *sb, struct request *rq, struct response *rs, struct err *e)
{
    struct form f;
    struct fault_row row;
    int64_t id = 0;

    TRY(form_body(rq, &f, e));
    if (form_has(&f, "clear")) {
        fault_clear(sb->faults);
    } else if (form_has(&f, "drop")) {
        TRY(number_read(&f, "drop", 1, INT64_MAX, &id, e));
        (void)fault_drop(sb->faults, id);
    } else {
        TRY(row_make(sb, form_get(&f, "fault"), form_get(&f, "person"), form_get(&f, "reference"),
                     &row, e));
        TRY(number_read(&f, "count", -1, 1000000, &row.count, e));
        TRY(number_read(&f, "rate_ppm", 0, ALWAYS_PPM, &row.rate_ppm, e));
        TRY(number_read(&f, "arg", -1000000000, 1000000000, &row.arg, e));
        TRY(row_set(sb, &row, &id, e));
    }
    response_redirect(rs, STR("/admin"));
    return OK;
}
