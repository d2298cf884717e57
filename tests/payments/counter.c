/* A till for tests, and the payment portal it talks to. */
#include "tests/payments/counter.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "base/json.h"
#include "crypto/partner.h"
#include "crypto/seal.h"
#include "crypto/secret.h"
#include "http/client.h"
#include "payments/ledger.h"
#include "payments/receipt.h"
#include "payments/refund_rules.h"
#include "payments/reversal.h"
#include "store/sql.h"
#include "tests/fixture.h"

static struct counter counter;
static struct till_counts counts;

static struct str text_of(const struct json *o, const char *name)
{
    struct str s = { "", 0 };

    (void)json_str(json_member(o, name), &s);
    return s;
}

/* The portal's own check of the hash, so that we never mark our own homework. */
static bool hash_is_right(const struct json *o, bool init, struct arena *a)
{
    static const char *const init_names[] = { "LoaiBanTin",      "PhienBan",   "MaDoiTac",
                                              "MaThamChieu",     "SoTien",     "LoaiHinhThanhToan",
                                              "MaKenhThanhToan", "MaThietBi",  "NgonNgu",
                                              "MaTienTe",        "MaNganHang", "ThongTinGiaoDich",
                                              "ThoiGianGD",      "Ip" };
    static const char *const query_names[] = { "LoaiBanTin", "PhienBan", "MaDoiTac", "MaThamChieu",
                                               "ThoiGianGD" };
    const size_t n = init ? LEN(init_names) : LEN(query_names);
    struct secret secret = { .n = 0 };
    struct str fields[LEN(init_names)];
    struct err e;

    for (size_t i = 0; i < n; i++)
        fields[i] = text_of(o, init ? init_names[i] : query_names[i]);
    check_ok(secret_set(&secret, STR(COUNTER_SECRET), &e), e);
    return !partner_check(a, fields, n, &secret, text_of(o, "MaXacThuc"), &e).failed;
}

static void copy_to(char *to, size_t room, struct str from)
{
    check(from.n < room);
    memcpy(to, from.p, from.n);
    to[from.n] = '\0';
}

struct deal *counter_deal(struct counter *c, struct str reference)
{
    for (size_t i = *c->deal_count; i-- > 0;) /* the newest are asked for most */
        if (str_is(reference, c->deals[i].reference))
            return &c->deals[i];
    return NULL;
}

static struct deal *deal_add(struct counter *c, const struct json *o)
{
    struct deal *d = counter_deal(c, text_of(o, "MaThamChieu"));

    if (d != NULL) {
        /* The same INIT again must be the same to the letter. */
        check_str(text_of(o, "ThoiGianGD"), d->init_time);
        check_str(text_of(o, "SoTien"), d->amount);
        check_str(text_of(o, "Ip"), d->ip);
        d->inits++;
        return d;
    }
    check(*c->deal_count < COUNTER_DEALS);
    d = &c->deals[(*c->deal_count)++];
    *d = (struct deal){ .state = 3, .inits = 1 };
    copy_to(d->reference, sizeof(d->reference), text_of(o, "MaThamChieu"));
    copy_to(d->init_time, sizeof(d->init_time), text_of(o, "ThoiGianGD"));
    copy_to(d->amount, sizeof(d->amount), text_of(o, "SoTien"));
    copy_to(d->info, sizeof(d->info), text_of(o, "ThongTinGiaoDich"));
    copy_to(d->ip, sizeof(d->ip), text_of(o, "Ip"));
    return d;
}

static struct str wrap(struct arena *a, struct str inner)
{
    struct json *o = json_object();
    struct str s;

    json_put_str(o, "error_code", STR("0"));
    json_put_str(o, "message", inner);
    s = json_print(a, o);
    json_close(&o);
    return s;
}

static void answer_ok(struct answer *out, struct str body)
{
    *out = (struct answer){ .status = 200, .content_type = STR("application/json"), .body = body };
}

static result init_answer(struct counter *c, const struct json *o, struct arena *a,
                          struct answer *out, struct err *e)
{
    struct deal *d = NULL;

    if (c->init == INIT_LOST)
        return fail(e, ERR_UPSTREAM_DOWN, "connect");
    if (c->init == INIT_REFUSED) {
        answer_ok(out, wrap(a, STR("{\"MaLoi\":\"03\",\"MoTaLoi\":\"sai\"}")));
        return OK;
    }
    d = deal_add(c, o);
    if (c->init == INIT_LOST_AFTER)
        return fail(e, ERR_UPSTREAM_DOWN, "timeout");
    if (c->init == INIT_500_AFTER) {
        *out = (struct answer){ .status = 500, .body = STR("oops") };
        return OK;
    }
    if (c->init == INIT_GARBAGE) {
        answer_ok(out, STR("<html>"));
        return OK;
    }
    const struct str inner =
        str_fmt(a, "{\"MaLoi\":\"00\",\"UrlThanhToan\":\"%s/pp/pay/%s\"}",
                c->init == INIT_FOREIGN_URL ? "https://evil.example" : "http://127.0.0.1:8090",
                d->reference);

    answer_ok(out, c->init == INIT_BARE ? inner : wrap(a, inner));
    return OK;
}

static result query_answer(struct counter *c, const struct json *o, struct arena *a,
                           struct answer *out, struct err *e)
{
    struct deal *d = counter_deal(c, text_of(o, "MaThamChieu"));
    int64_t amount = 0;

    if (c->query_down)
        return fail(e, ERR_UPSTREAM_DOWN, "timeout");
    if (d == NULL || !str_is(text_of(o, "ThoiGianGD"), d->init_time)) {
        answer_ok(out, wrap(a, STR("{\"MaLoi\":\"01\",\"MoTaLoi\":\"khong tim thay\"}")));
        return OK;
    }
    d->queries++;
    check(str_to_i64(str_c(d->amount), &amount));
    answer_ok(out,
              wrap(a, str_fmt(a,
                              "{\"MaLoi\":\"00\",\"TrangThaiGD\":\"%d\",\"SoTien\":\"%lld\","
                              "\"MaTienTe\":\"%s\",\"MaGiaoDich\":\"%s\",\"MaNganHang\":"
                              "\"VCB\",\"ThoiGianGD\":\"%s\"}",
                              d->state, (long long)(amount + c->query_amount_more),
                              c->query_currency, d->txn, d->time[0] ? d->time : "20261123090500")));
    return OK;
}

static result bill_answer(struct counter *c, struct answer *out)
{
    *out = (struct answer){ .status = 200,
                            .body = c->bill_is_html ? STR("<html>") : STR("%PDF-1.4 bill") };
    return OK;
}

static result portal_serve(void *self, struct str body, struct arena *a, struct answer *out,
                           struct err *e)
{
    struct counter *c = self;
    DEFER(json_close) struct json *o = NULL;
    struct str kind;
    result r;

    (void)pthread_mutex_lock(&c->lock);
    c->calls++;
    copy_to(c->last_body, sizeof(c->last_body), body);
    check_ok(json_read(body, &o, e), *e);
    kind = text_of(o, "LoaiBanTin");
    check(hash_is_right(o, str_is(kind, "INIT"), a));
    if (str_is(kind, "INIT"))
        r = init_answer(c, o, a, out, e);
    else if (str_is(kind, "QUERY"))
        r = query_answer(c, o, a, out, e);
    else
        r = bill_answer(c, out);
    (void)pthread_mutex_unlock(&c->lock);
    return r;
}

static struct str secret_file(void)
{
    const char *path = str_cstr(test_arena(), str_fmt(test_arena(), "%s/portal", test_folder()));
    FILE *f = fopen(path, "w");

    check(f != NULL);
    check(fputs(COUNTER_SECRET "\n", f) >= 0);
    check(fclose(f) == 0);
    check(chmod(path, 0600) == 0);
    return str_c(path);
}

static void portal_start(struct counter *c)
{
    const struct portal_config p = { .partner_code = STR("DOITACTEST"),
                                     .version = STR("1.0.6"),
                                     .pay_origins = STR("http://127.0.0.1:8090"),
                                     .secret_file = secret_file(),
                                     .timeout_ms = 10000 };
    struct err e;

    check_ok(portal_open_over(&p, portal_serve, c, &c->till.portal, &e), e);
}

static void counter_end(void)
{
    portal_close(&counter.till.portal);
    refund_rules_close(&counter.till.refunds);
    fee_table_close(&counter.fees);
    seal_close(&counter.seal);
}

struct counter *counter_share(void)
{
    const size_t bytes = COUNTER_DEALS * sizeof(struct deal) + sizeof(size_t) + sizeof(_Atomic int);
    char *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    check(p != MAP_FAILED);
    counter.deals = (struct deal *)(void *)p;
    p += COUNTER_DEALS * sizeof(struct deal);
    counter.deal_count = (size_t *)(void *)p;
    counter.children = (_Atomic int *)(void *)(p + sizeof(size_t));
    return &counter;
}

struct counter *counter_open(void)
{
    struct counter *c = &counter;
    struct arena *a = test_arena();
    const char *seal_file = str_cstr(a, str_fmt(a, "%s/seal", test_folder()));
    struct err e = { .code = ERR_NONE };

    if (c->till.store != NULL)
        return c;
    c->till.store = fixture_pool();
    (void)atexit(counter_end);
    if (c->deals == NULL)
        (void)counter_share();
    (void)pthread_mutex_init(&c->lock, NULL);
    if (access(seal_file, F_OK) != 0)
        check_ok(seal_make_file(seal_file, &e), e);
    check_ok(seal_open(seal_file, &c->seal, &e), e);
    check_ok(
        fee_table_open(str_cstr(a, str_fmt(a, "%s/conf/fees", test_source())), &c->fees, NULL, &e),
        e);
    check_ok(refund_rules_open(str_fmt(a, "%s/conf/refunds", test_source()), &c->till.refunds, &e),
             e);
    c->clock = clock_fixed(FIXTURE_NOW_MS);
    c->query_currency = "VND";
    c->till.seal = c->seal;
    c->till.clock = &c->clock;
    c->till.fees = c->fees;
    c->till.issuer = STR("http://127.0.0.1:8080");
    c->till.order_ttl_s = 86400;
    c->till.quote_ttl_s = 1800;
    c->till.query_first_s = 5;
    c->till.query_horizon_s = 259200;
    c->till.lease_s = 60;
    c->till.receipt_form = STR("EBL01");
    c->till.receipt_letters = STR("AA");
    c->till.words_chan = true;
    c->till.receipt_keys_dir = str_fmt(a, "%s/receipts", test_folder());
    c->till.summary_before_s = 1800;
    c->till.receipt_trust_file = str_fmt(a, "%s/receipts/ca.crt", test_folder());
    c->till.counts = &counts;
    portal_start(c);
    return c;
}

result counter_reverse(struct counter *c, struct str reference, struct err *e)
{
    const struct proposal_actor maker = { .name = STR("staff:an"), .limit_vnd = INT64_MAX };
    const struct proposal_actor checker = { .name = STR("staff:binh"), .limit_vnd = INT64_MAX };
    struct proposal p, out;

    TRY(reversal_propose(&c->till, reference, STR("taken back"), &maker, test_arena(), &p, e));
    const struct proposal_decision d = {
        .id = p.id, .verdict = PROPOSAL_APPROVED, .hash = p.hash, .remark = STR("seen")
    };

    return proposal_decide(&c->till, &d, &checker, test_arena(), &out, e);
}

void counter_forward(struct counter *c, int64_t seconds)
{
    c->clock.fixed_ms += seconds * 1000;
}

struct order_request counter_request(void)
{
    return (struct order_request){ .client_id = STR("demo-onestop"),
                                   .agency_id = STR("H56.14"),
                                   .reference = STR("H56.14-261123-0001"),
                                   .procedure = STR("2.000889.000.00.00.H56"),
                                   .received_on = { 2026, 11, 23 },
                                   .channel = FEE_ONLINE,
                                   .payer = { STR("Nguyễn Thị Hòa"), STR("038190000001"),
                                              STR("Phường Hạc Thành") },
                                   .subject = STR("acc_1"),
                                   .level = 2,
                                   .request_id = STR("rq-1"),
                                   .ip = STR("203.0.113.7") };
}

struct creating {
    struct counter *c;
    const struct order_request *rq;
    struct order *out;
};

static result create(struct sql *db, void *arg, struct err *e)
{
    struct creating *k = arg;

    return order_create(db, &k->c->till, k->rq, test_arena(), k->out, e);
}

struct order counter_order_for(struct counter *c, const struct order_request *rq)
{
    struct order o = { 0 };
    struct creating k = { c, rq, &o };
    struct err e = { .code = ERR_NONE };

    check_ok(sql_transact(c->till.store, create, &k, &e), e);
    return o;
}

struct order counter_order(struct counter *c)
{
    const struct order_request rq = counter_request();

    return counter_order_for(c, &rq);
}

const struct order_cause *counter_cause(void)
{
    static const struct order_cause cause = { .actor = { "citizen:acc_1", 13 },
                                              .source = { "page", 4 } };

    return &cause;
}

const struct attempt_choice *counter_by(const char *channel)
{
    struct attempt_choice *choice = arena_new(test_arena(), struct attempt_choice);

    *choice = (struct attempt_choice){ .channel = str_c(channel), .payer_ip = STR("203.0.113.7") };
    return choice;
}

struct str counter_start(struct counter *c, const struct order *o)
{
    struct attempt_way way;
    struct attempt *all;
    size_t count;
    struct err e = { .code = ERR_NONE };

    check_ok(
        attempt_start(&c->till, o, counter_by("portal"), counter_cause(), test_arena(), &way, &e),
        e);
    check_ok(attempt_list(&c->till, o, test_arena(), &all, &count, &e), e);
    check(count > 0);
    return all[count - 1].reference;
}

void counter_pay(struct counter *c, struct str reference)
{
    struct deal *d = counter_deal(c, reference);

    check(d != NULL);
    d->state = 1;
    copy_to(d->txn, sizeof(d->txn), str_fmt(test_arena(), "GD%04zu", (size_t)(d - c->deals) + 1));
}

void counter_fail(struct counter *c, struct str reference)
{
    check(counter_deal(c, reference) != NULL);
    counter_deal(c, reference)->state = 4;
}

static struct str or_right(const char *given, struct str right)
{
    return given != NULL ? str_c(given) : right;
}

struct str counter_confirm_body(struct counter *c, struct str reference, struct confirm with)
{
    static const char *const names[] = { "LoaiBanTin",      "MaLoi",      "MaDoiTac",
                                         "MaThamChieu",     "SoTien",     "MaTienTe",
                                         "MaGiaoDich",      "MaNganHang", "ThoiGianGD",
                                         "ThongTinGiaoDich" };
    const struct deal *d = counter_deal(c, reference);
    struct secret secret = { .n = 0 };
    struct json *o = json_object();
    struct str hash, body;
    struct err e;
    const struct str fields[] = {
        STR("CONFIRM"),
        or_right(with.code, STR("00")),
        or_right(with.partner, STR("DOITACTEST")),
        reference,
        or_right(with.amount, d != NULL ? str_c(d->amount) : STR("1000")),
        or_right(with.currency, STR("VND")),
        or_right(with.txn, d != NULL ? str_c(d->txn) : STR("GD")),
        STR("VCB"),
        or_right(with.time, STR("20261123090500")),
        d != NULL ? str_c(d->info) : STR("info"),
    };

    check_ok(secret_set(&secret, or_right(with.secret, STR(COUNTER_SECRET)), &e), e);
    check_ok(partner_hash(test_arena(), fields, LEN(fields), &secret, &hash, &e), e);
    for (size_t i = 0; i < LEN(fields); i++)
        json_put_str(o, names[i], fields[i]);
    json_put_str(o, "MaXacThuc", hash);
    body = json_print(test_arena(), o);
    json_close(&o);
    return body;
}

struct notice_reply counter_confirm(struct counter *c, struct str reference, struct confirm with)
{
    struct notice_reply reply;
    struct err why;

    notice_take(&c->till, counter_confirm_body(c, reference, with), STR("198.51.100.1"),
                STR("rq-2"), test_arena(), &reply, &why);
    return reply;
}

enum order_state counter_state(struct counter *c, const struct order *o)
{
    struct order fresh;
    struct err e = { .code = ERR_NONE };

    check_ok(order_load(&c->till, o->id, STR(""), test_arena(), &fresh, &e), e);
    return fresh.state;
}

enum attempt_state counter_attempt(struct counter *c, struct str reference)
{
    struct attempt at;
    struct err e = { .code = ERR_NONE };

    check_ok(attempt_load(&c->till, reference, test_arena(), &at, &e), e);
    return at.state;
}

struct counting {
    const struct order *o;
    const char *kind;
    int64_t n;
};

static result journals_count(struct sql *db, void *arg, struct err *e)
{
    struct counting *k = arg;
    DEFER(sql_end) struct sql_rows *rows = NULL;

    TRY(sql_find(db, SQL_LEDGER_COUNT_KIND, &rows, e, sql_t(k->o->agency_id), sql_t(k->o->id),
                 sql_t(str_c(k->kind))));
    TRY(sql_one(rows, e));
    k->n = sql_int(rows, 0);
    return OK;
}

int64_t counter_journals(struct counter *c, const struct order *o, const char *kind)
{
    struct counting k = { o, kind, 0 };
    struct err e = { .code = ERR_NONE };

    check_ok(sql_read(c->till.store, journals_count, &k, &e), e);
    return k.n;
}

size_t counter_receipts(struct counter *c, const struct order *o)
{
    struct receipt *all;
    size_t count;
    struct err e = { .code = ERR_NONE };

    check_ok(receipt_list(&c->till, o, test_arena(), &all, &count, &e), e);
    return count;
}

struct str counter_method_said(struct counter *c, const struct order *o)
{
    struct receipt *all;
    size_t count;
    struct err e = { .code = ERR_NONE };

    check_ok(receipt_list(&c->till, o, test_arena(), &all, &count, &e), e);
    check(count > 0);
    return all[0].method;
}

int64_t counter_events(struct counter *c, const struct order *o)
{
    struct order_history *all;
    size_t count;
    struct err e = { .code = ERR_NONE };

    check_ok(order_history(&c->till, o, test_arena(), &all, &count, &e), e);
    return (int64_t)count;
}

bool counter_has_mismatch(struct counter *c, const struct order *o, const char *mismatch)
{
    struct order_history *all;
    size_t count;
    struct err e = { .code = ERR_NONE };

    check_ok(order_history(&c->till, o, test_arena(), &all, &count, &e), e);
    for (size_t i = 0; i < count; i++)
        if (str_is(all[i].mismatch, mismatch))
            return true;
    return false;
}

int64_t counter_balance(struct counter *c, int account)
{
    struct ledger_balance *all;
    size_t count;
    struct err e = { .code = ERR_NONE };

    check_ok(ledger_trial_balance(c->till.store, STR(""), (struct date){ 2099, 1, 1 }, test_arena(),
                                  &all, &count, &e),
             e);
    for (size_t i = 0; i < count; i++)
        if (all[i].account == account)
            return all[i].balance_vnd;
    return -1;
}

int64_t counter_rows(const char *table)
{
    const bool pg = str_is(str_c(test_engine()), "postgresql");
    const struct str target = pg ? test_postgresql() : str_c(test_folder());
    FILE *f = popen(
        str_cstr(test_arena(), str_fmt(test_arena(), "%s\"%.*s%s\" %s\"SELECT COUNT(*) FROM %s\"",
                                       pg ? "psql -qtA " : "sqlite3 ", STR_ARG(target),
                                       pg ? "" : "/fixture.db", pg ? "-c " : "", table)),
        "r");
    char line[32] = "";
    int64_t n = -1;

    check(f != NULL && fgets(line, sizeof(line), f) != NULL);
    check(pclose(f) == 0);
    check(str_to_i64(str_trim(str_c(line)), &n));
    return n;
}

void counter_books_hold(struct counter *c)
{
    struct ledger_report report;
    struct err e = { .code = ERR_NONE };

    check_ok(ledger_verify(c->till.store, &report, &e), e);
}
