/* Transfers and how they are told. */
#include "sandbox/bank.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/money.h"
#include "base/utf8.h"
#include "crypto/digest.h"
#include "sandbox/errand.h"
#include "sandbox/journal.h"
#include "sandbox/page.h"
#include "sandbox/settlement.h"

#define BANK_ARENA_BYTES (256L * 1024 * 1024)
#define ERRAND_BYTES     (1L * 1024 * 1024)
#define TEXT_BYTES       1000
#define ON_PAGE          50
#define COPIES_MAX       100
#define NUMBER_FIRST     26327000000
#define SAMPLE_ACCOUNT   "113366668888" /* that of deploy/seed.sh */
#define BANK_NAME        "VCB"
#define NOTICE_PATH      "/bank/transfers"
#define DAY_MS           86400000LL

struct node {
    struct bank_transfer row;
    struct node *next;
};

struct bank {
    pthread_mutex_t lock;
    struct arena *arena;
    const struct clock *clock;
    struct journal *journal;
    struct node *first, *last;
    size_t count;
};

static void arena_end(struct arena **a)
{
    arena_close(a);
}

static struct json *row_json(const struct bank_transfer *t)
{
    struct json *o = json_object();

    json_put_str(o, "txn", t->txn);
    json_put_str(o, "account", t->account);
    json_put_str(o, "bank", t->bank);
    json_put_str(o, "narrative", t->narrative);
    json_put_int(o, "amount_vnd", t->amount_vnd);
    json_put_int(o, "at_ms", t->at_ms);
    json_put_str(o, "told", t->told);
    return o;
}

static struct node *node_find(struct bank *b, struct str txn)
{
    struct node *n = b->first;

    while (n && !str_eq(n->row.txn, txn))
        n = n->next;
    return n;
}

static struct node *node_add(struct bank *b)
{
    struct node *n = arena_new(b->arena, struct node);

    if (b->last)
        b->last->next = n;
    else
        b->first = n;
    b->last = n;
    b->count++;
    return n;
}

static result line_replay(void *self, const struct json *line, struct err *e)
{
    struct bank *b = self;
    struct bank_transfer t = { 0 };
    struct str *const texts[] = { &t.txn, &t.account, &t.bank, &t.narrative, &t.told };
    static const char *const names[] = { "txn", "account", "bank", "narrative", "told" };
    struct node *n;

    for (size_t i = 0; i < LEN(names); i++) {
        TRY(json_need_str(line, names[i], TEXT_BYTES, texts[i], e));
        *texts[i] = str_dup(b->arena, *texts[i]);
    }
    TRY(json_need_int(line, "amount_vnd", 1, INT64_MAX, &t.amount_vnd, e));
    TRY(json_need_int(line, "at_ms", 0, INT64_MAX, &t.at_ms, e));
    n = node_find(b, t.txn);
    if (!n)
        n = node_add(b);
    n->row = t;
    return OK;
}

/* Lock held. */
static result row_put(struct bank *b, const struct bank_transfer *t, struct err *e)
{
    struct json *line = row_json(t);
    DEFER(json_close) struct json *own = json_copy(line);

    TRY(journal_add(b->journal, line, e));
    return line_replay(b, own, e);
}

result bank_open(const char *path, const struct clock *clock, struct bank **out, struct err *e)
{
    struct bank *b = calloc(1, sizeof(*b));

    must(b != NULL);
    must(pthread_mutex_init(&b->lock, NULL) == 0);
    b->arena = arena_open(BANK_ARENA_BYTES);
    b->clock = clock;
    if (journal_open(path, b, line_replay, &b->journal, e).failed) {
        bank_close(&b);
        return (result){ true };
    }
    *out = b;
    return OK;
}

void bank_close(struct bank **b)
{
    if (!*b)
        return;
    journal_close(&(*b)->journal);
    arena_close(&(*b)->arena);
    pthread_mutex_destroy(&(*b)->lock);
    free(*b);
    *b = NULL;
}

size_t bank_list(struct bank *b, struct arena *a, struct bank_transfer **out)
{
    size_t n = 0;

    pthread_mutex_lock(&b->lock);
    *out = arena_array(a, struct bank_transfer, b->count + 1);
    for (const struct node *each = b->first; each; each = each->next)
        (*out)[n++] = each->row;
    pthread_mutex_unlock(&b->lock);
    return n;
}

static bool bank_find(struct bank *b, struct str txn, struct bank_transfer *out)
{
    pthread_mutex_lock(&b->lock);
    const struct node *n = node_find(b, txn);
    if (n)
        *out = n->row;
    pthread_mutex_unlock(&b->lock);
    return n != NULL;
}

struct str bank_narrative(struct arena *a, int64_t number, struct str wrote, int64_t bytes)
{
    struct str text = str_fmt(a, "MBVCB.%lld.", (long long)number), word, key;

    for (struct str rest = wrote; str_next(&rest, ' ', &word);)
        if (word.n && !utf8_key(a, word, &key, NULL).failed && key.n)
            text = str_cat(a, text, str_cat(a, key, STR(" ")));
    text = str_trim(text);
    return bytes > 0 && (size_t)bytes < text.n ? str_sub(text, 0, (size_t)bytes) : text;
}

static bool told(struct sandbox *sb, struct str txn, struct str how)
{
    struct bank *b = sb->bank;
    struct err e = { 0 };

    pthread_mutex_lock(&b->lock);
    struct bank_transfer t = node_find(b, txn)->row;
    t.told = how;
    if (row_put(b, &t, &e).failed)
        log_err("bank.told", &e);
    pthread_mutex_unlock(&b->lock);
    return true;
}

static bool post(struct sandbox *sb, struct arena *a, const struct bank_transfer *t,
                 const struct fault_set *set)
{
    const struct str secret =
        set->on[FAULT_bank_forged] ? STR("not-the-shared-secret") : secret_str(&sb->bank_secret);
    int64_t more_vnd = set->on[FAULT_bank_amount] ? set->arg[FAULT_bank_amount] : 0;
    DEFER(json_close) struct json *o = json_object();
    struct answer answer;
    struct str body;

    json_put_str(o, "account", t->account);
    json_put_str(o, "transaction", t->txn);
    json_put_int(o, "amount_vnd", t->amount_vnd + more_vnd);
    json_put_str(o, "currency", STR("VND"));
    json_put_str(o, "time", clock_stamp14(a, t->at_ms));
    json_put_str(o, "bank", t->bank);
    json_put_str(o, "narrative", t->narrative);
    body = json_print(a, o);
    const struct pair sign[] = { { STR("X-Signature"), digest_hex(a, digest_hmac(secret, body)) } };
    const struct call call = { .method = METHOD_POST,
                               .path = STR(NOTICE_PATH),
                               .headers = sign,
                               .header_count = LEN(sign),
                               .content_type = STR("application/json"),
                               .body = body };
    return !partner_call(sb->to_motcua, &call, a, &answer, NULL).failed && answer.status == 200;
}

static bool tell_run(struct sandbox *sb, struct errand *one)
{
    DEFER(arena_end) struct arena *a = arena_open(ERRAND_BYTES);
    const struct fault_set *set = &one->set;
    int64_t copies = set->on[FAULT_bank_duplicated] ? set->arg[FAULT_bank_duplicated] : 1;
    struct bank_transfer t;
    bool good = false;

    must(bank_find(sb->bank, one->about, &t));
    if (set->on[FAULT_bank_lost])
        return told(sb, t.txn, STR("lost"));
    for (int64_t i = 0; i < copies && i < COPIES_MAX; i++)
        good = post(sb, a, &t, set);
    if (set->on[FAULT_bank_forged] || set->on[FAULT_bank_amount])
        return told(sb, t.txn, STR("spoiled"));
    return good && told(sb, t.txn, STR("confirmed"));
}

static void tell(struct sandbox *sb, const struct bank_transfer *t, const struct fault_set *set)
{
    const struct errand one = { .run = tell_run,
                                .about = t->txn,
                                .wait_ms =
                                    set->on[FAULT_bank_delayed] ? set->arg[FAULT_bank_delayed] : 0,
                                .set = *set };

    errand_put(sb->errands, &one);
}

void bank_untold_take_up(struct sandbox *sb)
{
    DEFER(arena_end) struct arena *a = arena_open(BANK_ARENA_BYTES);
    const struct fault_set none = { 0 };
    struct bank_transfer *rows;
    const size_t n = bank_list(sb->bank, a, &rows);

    for (size_t i = 0; i < n; i++)
        if (!rows[i].told.n)
            tell(sb, &rows[i], &none);
}

/* "25.000", "25000": what a person types. */
static result amount_read(struct str s, int64_t *vnd, struct err *e)
{
    int64_t n = 0;

    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '.' || s.p[i] == ' ')
            continue;
        if (s.p[i] < '0' || s.p[i] > '9' || n > 100000000000000)
            return fail_field(e, ERR_INVALID, "amount", "not an amount");
        n = 10 * n + (s.p[i] - '0');
    }
    *vnd = n;
    return n > 0 ? OK : fail_field(e, ERR_INVALID, "amount", "not an amount");
}

static result transfer_make(struct sandbox *sb, struct request *rq, const struct form *f,
                            struct bank_transfer *t, struct err *e)
{
    const struct fault_where where = { .system = FAULT_OF_BANK,
                                       .header = request_header(rq, "X-Sandbox-Fault"),
                                       .person = STR(""),
                                       .always = STR(""),
                                       .reference = form_get(f, "narrative") };
    struct fault_set set = { 0 };
    struct bank *b = sb->bank;
    struct str wrote;

    TRY(form_need(f, "account", 34, &t->account, e));
    TRY(amount_read(form_get(f, "amount"), &t->amount_vnd, e));
    TRY(form_need(f, "narrative", 200, &wrote, e));
    fault_draw(sb->faults, &where, &set);
    pthread_mutex_lock(&b->lock);
    const int64_t number = NUMBER_FIRST + (int64_t)b->count;
    t->txn = str_fmt(rq->arena, "FT%lld", (long long)number);
    t->bank = STR(BANK_NAME);
    t->told = STR("");
    t->at_ms = clock_now_ms(&sb->clock);
    t->narrative = bank_narrative(rq->arena, number, wrote,
                                  set.on[FAULT_bank_cut] ? set.arg[FAULT_bank_cut] : 0);
    result r = row_put(b, t, e);
    if (!r.failed)
        *t = b->last->row;
    pthread_mutex_unlock(&b->lock);
    if (!r.failed)
        tell(sb, t, &set);
    return r;
}

static struct json *rows_make(struct sandbox *sb, struct arena *a)
{
    struct json *list = json_array();
    struct bank_transfer *rows;
    const size_t n = bank_list(sb->bank, a, &rows);

    for (size_t i = n; i-- > 0 && n - i <= ON_PAGE;) {
        struct json *o = row_json(&rows[i]);
        json_put_str(o, "amount", money_print(a, rows[i].amount_vnd));
        json_add(list, o);
    }
    return list;
}

result bank_page(struct sandbox *sb, struct request *rq, struct response *rs, struct err *e)
{
    struct json *data;
    struct form f;

    TRY(form_query(rq, &f, e));
    data = json_object();
    json_put_str(data, "account",
                 form_get(&f, "account").n ? form_get(&f, "account") : STR(SAMPLE_ACCOUNT));
    json_put_str(data, "amount", form_get(&f, "amount"));
    json_put_str(data, "narrative", form_get(&f, "narrative"));
    json_put_bool(data, "done", form_has(&f, "done"));
    json_put_str(data, "today", str_sub(clock_stamp14(rq->arena, clock_now_ms(&sb->clock)), 0, 8));
    json_put(data, "rows", rows_make(sb, rq->arena));
    const struct page p = { .status = 200, .name = "bank", .title = "title.bank", .data = data };
    return page_show(sb, rq, rs, &p, e);
}

result bank_send(struct sandbox *sb, struct request *rq, struct response *rs, struct err *e)
{
    struct bank_transfer t = { 0 };
    struct form f;

    TRY(form_body(rq, &f, e));
    TRY(transfer_make(sb, rq, &f, &t, e));
    if (request_wants_json(rq))
        page_json(rq, rs, 201, row_json(&t));
    else
        response_redirect(rs, STR("/bank?done=1"));
    return OK;
}

result bank_transfers(struct sandbox *sb, struct request *rq, struct response *rs, struct err *e)
{
    struct json *o = json_object();

    (void)e;
    json_put(o, "transfers", rows_make(sb, rq->arena));
    page_json(rq, rs, 200, o);
    return OK;
}

/* What the bank's file says of a day. */
static struct json *day_make(struct arena *a, struct date d, const struct bank_transfer *rows,
                             size_t n)
{
    const int64_t start_ms = clock_day_start_ms(d);
    struct json *root = json_object(), *list = json_array();
    int64_t sum_vnd = 0, count = 0;

    for (size_t i = 0; i < n; i++) {
        if (rows[i].at_ms < start_ms || rows[i].at_ms >= start_ms + DAY_MS)
            continue;
        struct json *o = json_object();
        json_put_str(o, "transId", rows[i].txn);
        json_put_str(o, "toKhaiId", STR(""));
        json_put_int(o, "amount", rows[i].amount_vnd);
        json_put_str(o, "status", STR("SUCCESS"));
        json_put_str(o, "payTime", clock_vn(a, rows[i].at_ms));
        json_put_str(o, "sendToKBNNStatus", STR("SENT_SUCCESS"));
        json_put_str(o, "remark", rows[i].narrative);
        json_add(list, o);
        sum_vnd += rows[i].amount_vnd;
        count++;
    }
    json_put_str(root, "reconcileDate", date_vn(a, d));
    json_put_str(root, "bankCode", STR(BANK_NAME));
    json_put_str(root, "bankName", STR("Ngân hàng (mô phỏng)"));
    json_put_str(root, "unitCode", STR("H56"));
    json_put_str(root, "unitName", STR("Đơn vị thu mô phỏng"));
    json_put_int(root, "totalTransaction", count);
    json_put_int(root, "totalAmount", sum_vnd);
    json_put(root, "transactions", list);
    return root;
}

result bank_statement(struct sandbox *sb, struct request *rq, struct response *rs, struct err *e)
{
    struct str name, form;
    struct bank_transfer *rows;
    struct date d;

    if (!str_cut(request_param(rq, "file"), '.', &name, &form) || !str_is(form, "bj1") ||
        name.n != 8 || !date_read(name, &d) || !date_is_valid(d))
        return fail(e, ERR_NOT_FOUND, "bank file");
    const size_t n = bank_list(sb->bank, rq->arena, &rows);
    page_json(rq, rs, 200, day_make(rq->arena, d, rows, n));
    return OK;
}
