#include "sandbox/pay.h"

#include "base/money.h"
#include "base/words.h"
#include "sandbox/notice.h"
#include "sandbox/page.h"
#include "sandbox/people.h"

#define DAY_MS 86400000LL

/* Banks of the pay page: MaNganHang and a name that says that nothing is real. */
static const struct {
    const char *code, *name;
} banks[] = {
    { "VCB", "VCB (mô phỏng / simulated)" },   { "CTG", "CTG (mô phỏng / simulated)" },
    { "BIDV", "BIDV (mô phỏng / simulated)" }, { "VBA", "VBA (mô phỏng / simulated)" },
    { "MB", "MB (mô phỏng / simulated)" },
};

bool pay_outcome_find(struct str name, enum pay_outcome *out)
{
    static const char *const names[] = { "paid", "failed", "cancelled" };
    for (size_t i = 0; i < LEN(names); i++) {
        if (str_is(name, names[i])) {
            *out = (enum pay_outcome)i;
            return true;
        }
    }
    return false;
}

bool pay_bank_is_known(struct str code)
{
    for (size_t i = 0; i < LEN(banks); i++)
        if (str_is(code, banks[i].code))
            return true;
    return false;
}

void pay_faults(struct sandbox *sb, const struct request *rq, enum fault_system system,
                const struct txn *t, struct fault_set *set)
{
    const struct person *p = t ? people_by_number(sb->people, t->payer_id) : NULL;
    const struct fault_where w = { .system = system,
                                   .header = request_header(rq, "X-Sandbox-Fault"),
                                   .person = t ? t->payer_id : STR(""),
                                   .always = p ? p->fault : STR(""),
                                   .reference = t ? t->reference : STR("") };
    fault_draw(sb->faults, &w, set);
}

static result mismatches_plant(struct sandbox *sb, const struct request *rq, const struct txn *t,
                               struct err *e)
{
    struct fault_set set = { 0 };
    pay_faults(sb, rq, FAULT_OF_SETTLEMENT, t, &set);
    for (size_t i = 0; i < FAULT_COUNT; i++)
        if (set.on[i])
            TRY(portal_mismatch(sb->portal, t->reference, (enum fault)i, set.arg[i], e));
    return OK;
}

static result pay_capture(struct sandbox *sb, const struct request *rq, struct txn *t,
                          struct str bank, const struct fault_set *set, struct err *e)
{
    size_t times = set->on[FAULT_portal_pay_twice] ? 2 : 1;
    for (size_t i = 0; i < times; i++) {
        if (i == 0 && set->on[FAULT_portal_days_ago])
            TRY(portal_capture_ago(sb->portal, t->reference, bank,
                                   DAY_MS * set->arg[FAULT_portal_days_ago], t, e));
        else
            TRY(portal_capture(sb->portal, t->reference, bank, i, t, e));
        notice_put(sb->notices, t->reference, t->capture_count - 1, set);
    }
    if (set->on[FAULT_portal_reversed])
        TRY(portal_reverse(sb->portal, t->reference, t->capture_count - 1,
                           clock_now_ms(&sb->clock) + DAY_MS * set->arg[FAULT_portal_reversed], e));
    return mismatches_plant(sb, rq, t, e);
}

result pay_finish(struct sandbox *sb, const struct request *rq, struct str reference,
                  enum pay_outcome outcome, struct str bank, struct txn *out, struct err *e)
{
    struct fault_set set = { 0 };

    if (!portal_find(sb->portal, reference, out))
        return fail(e, ERR_NOT_FOUND, "no such reference");
    if (out->state != TXN_WAITING)
        return fail(e, ERR_WRONG_STATE, "over already");
    pay_faults(sb, rq, FAULT_OF_PORTAL, out, &set);
    pay_faults(sb, rq, FAULT_OF_CONFIRM, out, &set);
    if (outcome == PAY_PAID)
        return pay_capture(sb, rq, out, bank, &set, e);
    TRY(portal_end(sb->portal, reference, outcome == PAY_FAILED ? TXN_FAILED : TXN_CANCELLED, out,
                   e));
    notice_put(sb->notices, out->reference, NOTICE_OF_FAILURE, &set);
    if (set.on[FAULT_portal_late_success])
        notice_put_late(sb->notices, out->reference, bank, set.arg[FAULT_portal_late_success]);
    return OK;
}

static struct json *lines_make(struct arena *a, const struct txn *t)
{
    DEFER(json_close) struct json *lines = NULL;
    struct json *list = json_array();
    struct str name, amount;

    if (json_read(t->lines, &lines, NULL).failed)
        return list;
    for (size_t i = 0; i < json_count(lines); i++) {
        struct json *from = json_at(lines, i), *o = json_object();
        int64_t vnd = 0;
        if (!json_str(json_member(from, "TenPhiLePhi"), &name))
            name = STR("-");
        if (json_str(json_member(from, "SoTien"), &amount))
            (void)str_to_i64(amount, &vnd);
        else
            (void)json_int(json_member(from, "SoTien"), &vnd);
        json_put_str(o, "name", name);
        json_put_str(o, "amount", money_print(a, vnd));
        json_add(list, o);
    }
    return list;
}

static struct json *banks_make(void)
{
    struct json *list = json_array();
    for (size_t i = 0; i < LEN(banks); i++) {
        struct json *o = json_object();
        json_put_str(o, "code", str_c(banks[i].code));
        json_put_str(o, "name", str_c(banks[i].name));
        json_put_bool(o, "chosen", i == 0);
        json_add(list, o);
    }
    return list;
}

/* The portal is told once, per partner, where payers come back to: INIT has no field for it. */
static struct str return_url(struct sandbox *sb, struct arena *a, const struct txn *t)
{
    const struct pair field[] = { { STR("MaThamChieu"), t->reference } };
    return url_with(a, str_cat(a, sb->motcua, STR("/pay/return")), field, 1);
}

result pay_show(struct sandbox *sb, struct request *rq, struct response *rs, struct err *e)
{
    struct json *data;
    struct txn t;

    if (!portal_find_token(sb->portal, request_param(rq, "token"), &t))
        return fail(e, ERR_NOT_FOUND, "pay page");
    data = json_object();
    json_put_str(data, "path", rq->path);
    json_put_str(data, "amount", money_print(rq->arena, t.amount_vnd));
    json_put_str(data, "words",
                 str_is(page_language(rq), "en")
                     ? words_vnd_en(rq->arena, t.amount_vnd)
                     : words_vnd(rq->arena, t.amount_vnd, (struct words_style){ .chan = true }));
    json_put_str(data, "dossier", t.dossier);
    json_put_str(data, "procedure", t.procedure);
    json_put_str(data, "body", t.body_name);
    json_put_str(data, "info", t.info);
    json_put_str(data, "reference", t.reference);
    json_put_str(data, "return_url", return_url(sb, rq->arena, &t));
    json_put_bool(data, "waiting", t.state == TXN_WAITING);
    json_put_bool(data, "paid", t.state == TXN_PAID);
    json_put_bool(data, "failed", t.state == TXN_FAILED || t.state == TXN_CANCELLED);
    json_put(data, "lines", lines_make(rq->arena, &t));
    json_put(data, "banks", banks_make());
    const struct page p = { .status = 200, .name = "pay", .title = "title.pay", .data = data };
    return page_show(sb, rq, rs, &p, e);
}

result pay_choose(struct sandbox *sb, struct request *rq, struct response *rs, struct err *e)
{
    static const char *const choices[] = { "pay", "fail", "cancel" };
    enum pay_outcome outcome = PAY_PAID;
    struct form f;
    struct txn t;

    if (!portal_find_token(sb->portal, request_param(rq, "token"), &t))
        return fail(e, ERR_NOT_FOUND, "pay page");
    TRY(form_body(rq, &f, e));
    while (outcome <= PAY_CANCELLED && !str_is(form_get(&f, "choice"), choices[outcome]))
        outcome++;
    if (outcome > PAY_CANCELLED)
        return fail_field(e, ERR_INVALID, "choice", "pay, fail or cancel");
    if (!pay_bank_is_known(form_get(&f, "bank")))
        return fail_field(e, ERR_INVALID, "bank", "not offered");
    /* A second click finds the payment over and only sends the payer back. */
    if (t.state == TXN_WAITING)
        TRY(pay_finish(sb, rq, t.reference, outcome, form_get(&f, "bank"), &t, e));
    response_redirect(rs, return_url(sb, rq->arena, &t));
    return OK;
}
