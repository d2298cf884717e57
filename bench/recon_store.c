/*
 * recon_store.c - what bench/recon_store.sh needs beside motcua: one payment through the product's
 * own doors, its rows many times over with the chains of the books, the portal's file of that day,
 * and the day from taking that file to its signed end, measured step by step.
 *
 *     bench_recon_store one CONF            pays one order; prints agency, order, reference,
 * account bench_recon_store clone FOLDER N AGENCIES from FOLDER/one/<table>.tsv writes
 * FOLDER/many/<table>.tsv and FOLDER/file.mc1; prints what was planted bench_recon_store run CONF
 * FILE       prints a line for each step
 *
 * BENCH_SERVER: process id of the database server, whose processor time is told beside ours.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/limits.h"
#include "base/str.h"
#include "conf/conf.h"
#include "crypto/digest.h"
#include "crypto/keyring.h"
#include "crypto/seal.h"
#include "finance/exception.h"
#include "finance/intake.h"
#include "finance/office.h"
#include "finance/run.h"
#include "payments/attempt.h"
#include "payments/fee.h"
#include "payments/ledger_row.h"
#include "payments/order.h"
#include "payments/till.h"
#include "store/sql.h"

#define AGENCY      "H56.14"
#define DOSSIER     AGENCY "-261123-0000001"
#define PROCEDURE   "2.000889.000.00.00.H56"
#define ARENA_BYTES ((size_t)512 << 20)
#define DIGITS      8     /* of a payment's number, at the end of what must be unique */
#define PLANTED     100   /* of each class */
#define CLASSES     4     /* that are planted */
#define WHOLE       10000 /* payments up to which everything is copied that proves the books */
#define CARRIED     5000  /* exceptions at most */

static const struct date day = { 2026, 11, 23 };

static _Noreturn void die(const char *what, const struct err *e)
{
    (void)fprintf(stderr, "recon_store: %s: %s %s\n", what, e != NULL ? e->detail : strerror(errno),
                  e != NULL ? e->field : ""); /* NOLINT: ends here */
    exit(1);
}

static void need(bool fine, const char *what)
{
    if (!fine)
        die(what, NULL);
}

/* The office of an installation, on the morning after the day. */

struct world {
    struct conf conf;
    struct clock clock;
    struct till till;
    struct office office;
    struct arena *a;
};

static struct world *world_open(const char *path)
{
    struct arena *a = arena_open(ARENA_BYTES);
    struct world *w = arena_new(a, struct world);
    struct buf mistakes = buf_make(a, 65536);
    struct sql_config store = { 0 };
    struct keyring *keys;
    struct seal *seal;
    struct fee_table *fees;
    struct sql_pool *pool;
    struct err e = { .code = ERR_NONE };

    w->a = a;
    w->clock = clock_fixed(clock_day_start_ms(date_add_days(day, 1)) + 8 * 3600000LL);
    if (conf_load(a, path, &w->conf, &mistakes, &e).failed)
        die("settings", &e);
    store.postgresql = str_is(w->conf.store.engine, "postgresql");
    store.target = store.postgresql ? w->conf.store.postgresql : w->conf.store.sqlite_file;
    store.wait_ms = w->conf.store.wait_ms;
    store.connections_max = 4;
    if (seal_open(str_cstr(a, w->conf.crypto.seal_file), &seal, &e).failed ||
        keyring_open(str_cstr(a, w->conf.crypto.keys_dir), &keys, &e).failed ||
        fee_table_open(str_cstr(a, w->conf.payments.fees_dir), &fees, &mistakes, &e).failed ||
        sql_open(&store, &pool, &e).failed ||
        till_open(&w->conf, pool, seal, &w->clock, fees, &w->till, &e).failed ||
        office_open(&w->conf, &w->till, keys, &w->office, &e).failed)
        die("office", &e);
    return w;
}

/* One payment. */

struct paying {
    struct world *w;
    struct order order;
};

static result order_make(struct sql *db, void *arg, struct err *e)
{
    struct paying *p = arg;
    const struct order_request rq = { .client_id = STR("demo-onestop"),
                                      .agency_id = STR(AGENCY),
                                      .reference = STR(DOSSIER),
                                      .procedure = STR(PROCEDURE),
                                      .received_on = day,
                                      .channel = FEE_ONLINE,
                                      .payer = { STR("Nguyễn Thị Hòa"), STR("038190000001"),
                                                 STR("Phường Hạc Thành") },
                                      .subject = STR("acc_bench"),
                                      .level = 2,
                                      .request_id = STR("bench"),
                                      .ip = STR("127.0.0.1") };

    return order_create(db, &p->w->till, &rq, p->w->a, &p->order, e);
}

static int one(const char *conf_path)
{
    struct paying p = { .w = world_open(conf_path) };
    const struct attempt_choice choice = { .channel = STR("portal"), .payer_ip = STR("127.0.0.1") };
    const struct order_cause cause = { .actor = STR("citizen:acc_bench"), .source = STR("page") };
    const struct till *t = &p.w->till;
    struct fee_agency agency;
    struct attempt_way way;
    struct attempt *all;
    size_t count;
    struct err e = { .code = ERR_NONE };

    p.w->clock = clock_fixed(clock_day_start_ms(day) + (9 * 60 + 6) * 60000LL);
    if (sql_transact(t->store, order_make, &p, &e).failed ||
        attempt_start(t, &p.order, &choice, &cause, p.w->a, &way, &e).failed ||
        attempt_list(t, &p.order, p.w->a, &all, &count, &e).failed ||
        attempt_ask(t, all[0].reference, &cause, &e).failed ||
        attempt_list(t, &p.order, p.w->a, &all, &count, &e).failed ||
        fee_agency_find(t->fees, STR(AGENCY), day, &agency, &e).failed)
        die("payment", &e);
    must(count == 1 && all[0].state == ATTEMPT_CAPTURED);
    printf("%s %.*s %.*s %.*s %.*s %.*s %lld\n", AGENCY, STR_ARG(p.order.id),
           STR_ARG(all[0].reference), STR_ARG(agency.account), STR_ARG(t->account),
           STR_ARG(all[0].portal_txn), (long long)all[0].captured_vnd);
    return 0; /* the process ends: nothing is closed one by one */
}

/* Many payments: rows of the one with other names in them. */

struct chain {
    int64_t n;
    struct str hash;
};
struct cloning {
    struct arena *a, *page;
    const char *folder;
    int64_t n, agencies, i; /* i: the payment under way, from 1 */
    struct str order_id, reference, account, collection, txn;
    int64_t vnd;
    struct chain *chains;
    int64_t together; /* receipts of a payment in one series */
    struct ledger_journal journals[4];
    struct ledger_place places[4];
    size_t journal_count;
};

static struct str file_read(struct arena *a, const char *path)
{
    FILE *f = fopen(path, "r");
    long n;
    char *p;

    need(f != NULL && fseek(f, 0, SEEK_END) == 0, path);
    n = ftell(f);
    p = arena_alloc(a, (size_t)n + 1);
    rewind(f);
    need(fread(p, 1, (size_t)n, f) == (size_t)n && fclose(f) == 0, path);
    return str_of(p, (size_t)n);
}

static struct str at(struct cloning *c, const char *kind, const char *table)
{
    return str_fmt(c->a, "%s/%s/%s.tsv", c->folder, kind, table);
}

static FILE *made(struct str path)
{
    char name[512];
    FILE *f;

    (void)snprintf(name, sizeof(name), "%.*s", STR_ARG(path));
    f = fopen(name, "w");
    need(f != NULL, name);
    return f;
}

static void agency_name(char out[32], const struct cloning *c)
{
    (void)snprintf(out, 32, "H56.%lld", (long long)(1000 + c->i % c->agencies));
}

/* A text that is unique for the template, with the payment's number at its end. */
static void named_put(FILE *f, struct str s, const struct cloning *c)
{
    need(fprintf(f, "%.*s%0*lld", (int)(s.n - DIGITS), s.p, DIGITS, (long long)c->i) > 0, "write");
}

/* The template's text with order, reference (it is part of the portal's number), dossier and agency
 * replaced. */
static void text_put(FILE *f, struct str text, const struct cloning *c)
{
    char agency[32];

    agency_name(agency, c);
    for (size_t i = 0; i < text.n;) {
        const struct str rest = str_from(text, i);
        if (str_starts(rest, c->order_id)) {
            named_put(f, c->order_id, c);
            i += c->order_id.n;
        } else if (str_starts(rest, c->reference)) {
            named_put(f, c->reference, c);
            i += c->reference.n;
        } else if (str_starts(rest, STR(DOSSIER))) {
            (void)fprintf(f, "%s-261123-%07lld", agency, (long long)c->i);
            i += strlen(DOSSIER);
        } else if (str_starts(rest, STR(AGENCY))) {
            (void)fputs(agency, f);
            i += strlen(AGENCY);
        } else {
            (void)putc_unlocked(text.p[i++], f);
        }
    }
}

/* Cells of a row; true while there is one. */
static bool row_cut(struct str *text, struct str *cells, size_t n)
{
    struct str line;

    if (text->n == 0 || !str_next(text, '\n', &line) || line.n == 0)
        return false;
    for (size_t i = 0; i < n; i++)
        need(str_next(&line, '\t', &cells[i]), "a row is short");
    return true;
}

static int64_t number(struct str s)
{
    int64_t n = 0;

    need(str_to_i64(s, &n), "number");
    return n;
}

/* How a table's first cells are copied; those after them as text. */
struct table {
    const char *name, *cells; /* t text, u unique, n number of the body, from 1 */
};

/* The how-manieth payment of its body it is, from 0. */
static int64_t place_of(const struct cloning *c)
{
    return (c->i - 1) / c->agencies;
}

static void row_clone(FILE *f, struct str row, const struct table *t, const struct cloning *c)
{
    struct str cell;

    for (const char *p = t->cells; *p != '\0'; p++) {
        need(str_next(&row, '\t', &cell), t->name);
        if (*p == 'u')
            named_put(f, cell, c);
        else if (*p == 'n')
            (void)fprintf(f, "%lld", (long long)(place_of(c) * c->together + number(cell)));
        else
            text_put(f, cell, c);
        (void)putc_unlocked('\t', f);
    }
    text_put(f, row, c);
    (void)putc_unlocked('\n', f);
}

static void rows_clone(struct cloning *c, const struct table *t)
{
    const struct str text = file_read(c->a, str_cstr(c->a, at(c, "one", t->name)));
    FILE *f = made(at(c, "many", t->name));

    for (c->i = 1; c->i <= c->n; c->i++) {
        struct str rest = text, row;
        while (rest.n > 0 && str_next(&rest, '\n', &row) && row.n > 0)
            row_clone(f, row, t, c);
    }
    need(fclose(f) == 0, t->name);
}

/* The last number of each series of each body. */
static void series_clone(struct cloning *c)
{
    const struct str text = file_read(c->a, str_cstr(c->a, at(c, "one", "receipt_head")));
    FILE *f = made(at(c, "many", "receipt_head"));

    for (int64_t k = 0; k < c->agencies && k < c->n; k++) {
        struct str rest = text, cells[5];
        c->i = c->n - k;
        while (row_cut(&rest, cells, 5)) {
            text_put(f, cells[0], c);
            (void)fprintf(f, "\t%.*s\t%.*s\t%.*s\t%lld\n", STR_ARG(cells[1]), STR_ARG(cells[2]),
                          STR_ARG(cells[3]), (long long)((place_of(c) + 1) * number(cells[4])));
            c->together = number(cells[4]);
        }
    }
    need(fclose(f) == 0, "receipt_head");
}

static void journals_read(struct cloning *c)
{
    struct str rows = file_read(c->a, str_cstr(c->a, at(c, "one", "journal")));
    struct str lines = file_read(c->a, str_cstr(c->a, at(c, "one", "posting")));
    struct str k[13];

    while (row_cut(&rows, k, 13)) {
        struct ledger_journal *j = &c->journals[c->journal_count];
        must(c->journal_count < LEN(c->journals));
        must(number(k[2]) == (int64_t)c->journal_count + 1); /* one chain, in order */
        *j = (struct ledger_journal){
            .kind = k[3], .source = k[4], .attempt_n = number(k[6]), .corrects = k[8]
        };
        need(date_read(k[7], &j->day), "day");
        c->places[c->journal_count++] =
            (struct ledger_place){ .at_ms = number(k[9]), .prev_hash = STR("") };
    }
    while (row_cut(&lines, k, 8)) {
        struct ledger_journal *j = &c->journals[number(k[2]) - 1];
        j->postings[j->count++] =
            (struct ledger_posting){ .account = (enum ledger_account)number(k[4]),
                                     .side = (enum ledger_side)number(k[5]),
                                     .amount_vnd = number(k[6]),
                                     .fee = k[7] };
    }
}

static struct str replaced(struct cloning *c, struct str text)
{
    char *p = NULL;
    size_t n = 0;
    FILE *f = open_memstream(&p, &n);
    struct str out;

    text_put(f, text, c);
    need(fclose(f) == 0, "memory");
    out = str_dup(c->page, str_of(p, n));
    free(p);
    return out;
}

static void journal_clone(struct cloning *c, size_t which, FILE *rows, FILE *lines)
{
    struct ledger_journal j = c->journals[which];
    struct ledger_place place = c->places[which];
    struct chain *chain = &c->chains[c->i % c->agencies];
    struct str hash;
    int64_t total_vnd;
    struct err e;

    j.agency_id = replaced(c, STR(AGENCY));
    j.source = replaced(c, j.source);
    j.order_id = replaced(c, c->order_id);
    place.n = ++chain->n;
    place.prev_hash = chain->hash;
    if (ledger_journal_check(&j, &total_vnd, &e).failed ||
        ledger_journal_hash(&j, &place, c->page, &hash, &e).failed)
        die("journal", &e);
    (void)fprintf(rows, "%.*s\t0\t%lld\t%.*s\t%.*s\t%.*s\t%lld\t%.*s\t%.*s\t%lld\t%lld\t%.*s\t",
                  STR_ARG(j.agency_id), (long long)place.n, STR_ARG(j.kind), STR_ARG(j.source),
                  STR_ARG(j.order_id), (long long)j.attempt_n, STR_ARG(date_iso(c->page, j.day)),
                  STR_ARG(j.corrects), (long long)place.at_ms, (long long)total_vnd,
                  STR_ARG(place.prev_hash));
    (void)fprintf(rows, "%.*s\n", STR_ARG(hash));
    for (size_t i = 0; i < j.count; i++)
        (void)fprintf(lines, "%.*s\t0\t%lld\t%zu\t%d\t%d\t%lld\t%.*s\n", STR_ARG(j.agency_id),
                      (long long)place.n, i + 1, (int)j.postings[i].account,
                      (int)j.postings[i].side, (long long)j.postings[i].amount_vnd,
                      STR_ARG(j.postings[i].fee));
    memcpy((char *)chain->hash.p, hash.p, hash.n);
    chain->hash.n = hash.n;
}

static void books_clone(struct cloning *c)
{
    FILE *rows = made(at(c, "many", "journal")), *lines = made(at(c, "many", "posting"));
    FILE *heads = made(at(c, "many", "ledger_head"));

    journals_read(c);
    c->chains = arena_array(c->a, struct chain, (size_t)c->agencies);
    for (int64_t i = 0; i < c->agencies; i++)
        c->chains[i].hash = str_of(arena_alloc(c->a, 64), 0);
    for (c->i = 1; c->i <= c->n; c->i++) {
        arena_reset(c->page);
        for (size_t k = 0; k < c->journal_count; k++)
            journal_clone(c, k, rows, lines);
    }
    for (c->i = 0; c->i < c->agencies; c->i++) {
        char agency[32];
        const struct chain *chain = &c->chains[c->i];
        agency_name(agency, c);
        if (chain->n > 0)
            (void)fprintf(heads, "%s\t0\t%lld\t%.*s\n", agency, (long long)chain->n,
                          STR_ARG(chain->hash));
    }
    need(fclose(rows) == 0 && fclose(lines) == 0 && fclose(heads) == 0, "books");
}

/* The portal's file. */

struct mc1 {
    struct cloning *c;
    FILE *out;
    struct digest_run *above;
    int64_t lines, gross_vnd;
    char chain[17];
    int64_t planted[CLASSES];
};

static void mc1_put(struct mc1 *m, struct str line)
{
    digest_add(m->above, line);
    need(fwrite(line.p, 1, line.n, m->out) == line.n, "file");
}

static void mc1_line(struct mc1 *m, struct str txn, struct str reference, int64_t vnd)
{
    struct cloning *c = m->c;
    char agency[32];
    struct str line, digest;

    agency_name(agency, c);
    line = str_fmt(c->page,
                   "D|%lld|PAY|%.*s|%.*s||%s-261123-%07lld|2.000889|%s|%.*s|VCB|%lld|0|%lld|VND|"
                   "SUCCESS|00|2026-11-23T09:05:00+07:00|2026-11-24|PORTAL||",
                   (long long)++m->lines, STR_ARG(txn), STR_ARG(reference), agency, (long long)c->i,
                   agency, STR_ARG(c->account), (long long)vnd, (long long)vnd);
    m->gross_vnd += vnd;
    digest = digest_hex(c->page, digest_sha256(str_cat(c->page, str_c(m->chain), line)));
    (void)snprintf(m->chain, sizeof(m->chain), "%.16s", str_cstr(c->page, digest));
    mc1_put(m, str_fmt(c->page, "%.*s|%s\n", STR_ARG(line), m->chain));
}

/* 0 absent there, 1 another amount, 2 twice there, 3 one more that nobody knows here; -1 none. */
static int plant_of(const struct cloning *c)
{
    const int64_t each = c->n / 100 < PLANTED ? c->n / 100 : PLANTED;
    const int64_t stride = c->n / (CLASSES * (each + 1));
    const int64_t k = stride > 0 ? c->i / stride : 0;

    return stride > 0 && c->i % stride == 0 && k <= CLASSES * each ? (int)(k % CLASSES) : -1;
}

static void mc1_payment(struct mc1 *m)
{
    struct cloning *c = m->c;
    const struct str reference = replaced(c, c->reference), txn = replaced(c, c->txn);
    const int plant = plant_of(c);

    if (plant >= 0)
        m->planted[plant]++;
    if (plant != 0)
        mc1_line(m, txn, reference, c->vnd + (plant == 1 ? 1000 : 0));
    if (plant == 2)
        mc1_line(m, txn, reference, c->vnd);
    if (plant == 3)
        mc1_line(m, str_cat(c->page, STR("X"), txn), str_cat(c->page, STR("X"), reference), c->vnd);
}

static void mc1_write(struct cloning *c)
{
    static const char zeros[65] =
        "0000000000000000000000000000000000000000000000000000000000000000";
    struct mc1 m = { .c = c,
                     .out = made(str_fmt(c->a, "%s/file.mc1", c->folder)),
                     .above = digest_begin() };
    struct str tail;

    mc1_put(&m,
            str_fmt(c->a, "H|MC1|PP|%.*s|2026-11-23|+07:00|1|1|%s|2026-11-24T00:30:00+07:00|0\n",
                    STR_ARG(c->collection), zeros));
    for (c->i = 1; c->i <= c->n; c->i++) {
        arena_reset(c->page);
        mc1_payment(&m);
    }
    tail = str_fmt(c->a, "T|%lld|%lld|0|0|%lld|0|%lld|%lld|%.*s\n", (long long)m.lines,
                   (long long)m.lines, (long long)m.gross_vnd, (long long)m.gross_vnd,
                   (long long)m.gross_vnd, STR_ARG(digest_hex(c->a, digest_sum(m.above))));
    need(fwrite(tail.p, 1, tail.n, m.out) == tail.n && fclose(m.out) == 0, "file");
    printf("payments %lld, lines %lld; planted: absent %lld, another amount %lld, twice %lld, "
           "unknown %lld\n",
           (long long)c->n, (long long)m.lines, (long long)m.planted[0], (long long)m.planted[1],
           (long long)m.planted[2], (long long)m.planted[3]);
}

static int clone(const char *folder, const char *n, const char *agencies)
{
    static const struct table tables[] = { { "orders", "ttu" },
                                           { "order_line", "" },
                                           { "order_event", "" },
                                           { "attempt", "" },
                                           { "receipt", "ttttnuu" } };
    struct cloning c = { .a = arena_open(ARENA_BYTES),
                         .page = arena_open(1 << 20),
                         .folder = folder,
                         .n = strtoll(n, NULL, 10),
                         .agencies = strtoll(agencies, NULL, 10) };
    struct str ids = file_read(c.a, str_cstr(c.a, str_fmt(c.a, "%s/one/ids", folder))), rest, k[7];

    must(c.n > 0 && c.n < 10000000 && c.agencies > 0 && c.agencies < 1000);
    rest = str_trim(ids);
    for (size_t i = 0; i < LEN(k); i++)
        need(str_next(&rest, ' ', &k[i]), "ids");
    c.order_id = k[1], c.reference = k[2], c.account = k[3], c.collection = k[4], c.txn = k[5];
    c.vnd = number(k[6]);
    series_clone(&c);
    for (size_t i = 0; i < LEN(tables); i++)
        if (c.n <= WHOLE || strstr("order_line receipt", tables[i].name) == NULL)
            rows_clone(&c, &tables[i]);
    books_clone(&c);
    mc1_write(&c);
    return 0;
}

/* The day, step by step. */

struct spent {
    double wall_s, ours_s, server_s;
};

static double stat_read(const char *pid, long server, bool *of_server)
{
    char path[300], text[1024], *p;
    unsigned long own_u, own_s, child_u, child_s;
    long parent = 0;
    size_t n = 0;
    FILE *f;

    *of_server = false;
    (void)snprintf(path, sizeof(path), "/proc/%s/stat", pid);
    f = fopen(path, "r");
    if (f == NULL)
        return 0;
    n = fread(text, 1, sizeof(text) - 1, f);
    (void)fclose(f);
    text[n] = '\0';
    p = strrchr(text, ')');
    if (p == NULL || sscanf(p + 1, " %*c %ld %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu %lu %lu",
                            &parent, &own_u, &own_s, &child_u, &child_s) != 5)
        return 0;
    if (strtol(pid, NULL, 10) == server)
        own_u += child_u + child_s;
    else if (parent != server)
        return 0;
    *of_server = true;
    return (double)(own_u + own_s) / (double)sysconf(_SC_CLK_TCK);
}

/* Of the server and the processes that it has, and had. */
static double server_s(void)
{
    const char *text = getenv("BENCH_SERVER");
    const long server = text != NULL ? strtol(text, NULL, 10) : 0;
    DIR *d = server > 0 ? opendir("/proc") : NULL;
    const struct dirent *entry;
    double sum_s = 0;
    bool mine;

    while (d != NULL && (entry = readdir(d)) != NULL)
        if (entry->d_name[0] >= '0' && entry->d_name[0] <= '9')
            sum_s += stat_read(entry->d_name, server, &mine);
    if (d != NULL)
        (void)closedir(d);
    return sum_s;
}

static struct spent now(void)
{
    struct timespec t;
    struct rusage u;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    (void)getrusage(RUSAGE_SELF, &u);
    return (struct spent){ .wall_s = (double)t.tv_sec + (double)t.tv_nsec / 1e9,
                           .ours_s = (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
                                     (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6,
                           .server_s = server_s() };
}

static void tell(const char *step, struct spent *from)
{
    const struct spent to = now();
    struct rusage u;

    (void)getrusage(RUSAGE_SELF, &u);
    printf("%-18s %8.2f s, processor %7.2f s ours %7.2f s server, peak %ld MiB\n", step,
           to.wall_s - from->wall_s, to.ours_s - from->ours_s, to.server_s - from->server_s,
           u.ru_maxrss / 1024);
    (void)fflush(stdout);
    *from = to;
}

static const struct proposal_actor an = { .name = { "staff:an", 8 }, .limit_vnd = INT64_MAX };
static const struct proposal_actor binh = { .name = { "staff:binh", 10 }, .limit_vnd = INT64_MAX };

/* An officer takes every exception and carries it for a week. */
static size_t carry_all(struct world *w, struct arena *a)
{
    const struct till *t = &w->till;
    struct exception_filter f = { .tab = -1, .age = -1, .stage = STR("open"), .most = 100 };
    struct exception *list;
    size_t count, all = 0;
    struct err e;

    for (;;) {
        arena_reset(a);
        f.after = STR("");
        if (exception_list(t, &f, a, &list, &count, NULL, &e).failed)
            die("exceptions", &e);
        for (size_t i = 0; i < count; i++)
            if (exception_assign(t, list[i].id, an.name, STR(""), &an, a, &e).failed ||
                exception_carry(t, list[i].id, date_add_days(day, 8), STR("chờ cổng trả lời"), &an,
                                a, &e)
                    .failed)
                die("carry", &e);
        all += count;
        if (count == 0 || all > CARRIED)
            return all;
    }
}

static struct run_view view(struct world *w, const struct run_key *k, struct arena *a)
{
    struct run_view v;
    struct err e;

    if (run_load(&w->office, k, a, &v, &e).failed)
        die("run", &e);
    return v;
}

static void close_day(struct world *w, const struct run_key *k, struct spent *from)
{
    struct arena *a = w->a;
    const struct run_view v = view(w, k, a);
    const struct run_ask ask = { *k, v.run.manifest_hash, STR("đã kiểm tra") };
    struct proposal p, out;
    struct err e;

    if (run_submit(&w->office, &ask, &an, a, &p, &e).failed)
        die("submit", &e);
    tell("submit", from);
    const struct proposal_decision d = { p.id, PROPOSAL_APPROVED, p.hash, STR("đúng") };
    if (proposal_decide(&w->till, &d, &binh, a, &out, &e).failed)
        die("approve", &e);
    tell("approve and close", from);
}

static int run(const char *conf_path, const char *path)
{
    struct world *w = world_open(conf_path);
    struct arena *big = arena_open((size_t)1 << 30), *a = arena_open(LIMIT_ARENA_JOB_BYTES);
    const struct str bytes = file_read(big, path);
    const struct run_key k = { STR(SETTLEMENT_PROVIDER), w->till.account, day };
    struct spent start = now(), from = start, end;
    struct intake_result r;

    struct err e;

    if (intake_take(&w->till, day, STR("file.mc1"), bytes, STR("staff:an"), w->a, &r, &e).failed)
        die("take", &e);
    if (r.quarantined || r.day == NULL)
        printf("quarantined: %.*s\n", STR_ARG(r.file.faults));
    must(!r.quarantined && r.day != NULL);
    tell("take and match", &from);
    const size_t carried = carry_all(w, a);
    tell("(exceptions)", &from);
    close_day(w, &k, &from);
    end = from;
    if (view(w, &k, w->a).run.state != RUN_CLOSED)
        die("not closed", NULL);
    printf(
        "all                %8.2f s, processor %7.2f s; %.0f lines/s; verdict %s, residual %lld, "
        "exceptions %zu, matched %lld of %lld\n",
        end.wall_s - start.wall_s, end.ours_s - start.ours_s + end.server_s - start.server_s,
        (double)r.file.lines / (end.wall_s - start.wall_s), reconcile_verdict_name(r.day->verdict),
        (long long)r.day->residual_vnd, carried, (long long)r.day->matched_count,
        (long long)r.file.lines);

    return 0;
}

int main(int argc, char *argv[])
{
    if (argc == 3 && strcmp(argv[1], "one") == 0)
        return one(argv[2]);
    if (argc == 5 && strcmp(argv[1], "clone") == 0)
        return clone(argv[2], argv[3], argv[4]);
    if (argc == 4 && strcmp(argv[1], "run") == 0)
        return run(argv[2], argv[3]);
    (void)fputs("bench_recon_store one CONF | clone FOLDER N AGENCIES | run CONF FILE\n", stderr);
    return 2;
}
