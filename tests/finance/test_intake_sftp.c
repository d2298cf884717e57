/* Files from a real SFTP server: by the calendar, and who answers in its place is not believed. */
#include <stdio.h>
#include <sys/stat.h>

#include "conf/conf.h"
#include "finance/intake_fetch.h"
#include "http/sftp.h"
#include "tests/finance/sshd.h"
#include "tests/fixture.h"
#include "tests/payments/counter.h"

#define BYTES  "no,amt,at\nF1,1000,23/11/2026 09:05\nF2,2000,23/11/2026 09:06\n"
#define SECOND 1000

static const struct date monday = { 2026, 11, 23 };
static struct conf settings;

static void put(const char *name, struct str text)
{
    FILE *f = fopen(sshd_path(name), "w");

    check(f != NULL && fwrite(text.p, 1, text.n, f) == text.n && fclose(f) == 0);
}

static struct sftp_file file_of(const struct sshd *s, const char *name)
{
    return (struct sftp_file){ .url = str_fmt(test_arena(), "sftp://127.0.0.1:%d%s", s->port,
                                              sshd_path(name)),
                               .user = str_c(s->user),
                               .key_file = s->key,
                               .known_hosts_file = s->known_hosts,
                               .connect_ms = 5 * SECOND,
                               .total_ms = 20 * SECOND,
                               .bytes_max = 1000 };
}

static void refused(const struct sftp_file *f, enum err_code code)
{
    struct str got = STR("");
    struct err e = { 0 };

    check_fails(sftp_get(f, test_arena(), &got, &e), e, code);
    check_int((int64_t)got.n, 0);
    check(e.detail[0] != '\0');
}

TEST(a_file_is_fetched_and_one_that_is_not_there_is_told)
{
    const struct sshd *s = sshd_open();
    struct sftp_file f = file_of(s, "a.csv");
    struct str got;
    struct err e = { 0 };

    put("a.csv", STR(BYTES));
    check_ok(sftp_get(&f, test_arena(), &got, &e), e);
    check_str(got, BYTES);
    f = file_of(s, "absent.csv");
    refused(&f, ERR_NOT_FOUND);
    f = file_of(s, "a.csv");
    f.bytes_max = 10;
    refused(&f, ERR_UPSTREAM_BAD);
}

TEST(a_server_with_another_key_is_not_spoken_to)
{
    const struct sshd *s = sshd_open();
    struct sftp_file f = file_of(s, "a.csv");

    put("a.csv", STR(BYTES));
    f.known_hosts_file = s->other_known_hosts;
    refused(&f, ERR_UPSTREAM_DOWN);
    f.known_hosts_file = s->empty_known_hosts;
    refused(&f, ERR_UPSTREAM_DOWN);
    f.known_hosts_file = sshd_path("no_such_file");
    refused(&f, ERR_UPSTREAM_DOWN);
}

TEST(nothing_but_our_key_logs_us_in)
{
    const struct sshd *s = sshd_open();
    struct sftp_file f = file_of(s, "a.csv");

    put("a.csv", STR(BYTES));
    f.key_file = sshd_path("user.other");
    refused(&f, ERR_UPSTREAM_DOWN);
    check(chmod(s->key, 0644) == 0);
    f.key_file = s->key;
    refused(&f, ERR_CONFIG);
    f.key_file = sshd_path("no_such_file");
    refused(&f, ERR_CONFIG);
}

TEST(a_server_that_is_not_there_is_told)
{
    const struct sshd *s = sshd_open();
    struct sshd nobody = *s;

    nobody.port = sshd_free_port();
    const struct sftp_file f = file_of(&nobody, "a.csv");
    refused(&f, ERR_UPSTREAM_DOWN);
}

static void sources_put(const struct sshd *s, const char *known_hosts)
{
    (void)mkdir(sshd_path("sources"), 0700);
    put("sources/a.json",
        str_fmt(test_arena(),
                "{\"sources\":[{\"id\":\"ACB\",\"from\":\"2026-01-01\",\"name_vi\":\"x\","
                "\"name_en\":\"x\",\"role\":\"bank\",\"provider\":\"ACB\",\"account\":\"1\","
                "\"form\":\"csv\",\"map\":{\"columns\":{\"txn\":{\"header\":\"no\"},\"amount\":{"
                "\"header\":\"amt\"},\"time\":{\"header\":\"at\",\"format\":\"dd/MM/yyyy HH:mm\"}}"
                "},\"cut_off\":\"24:00\",\"deadline\":{\"days\":1,\"at\":\"00:10\"},\"fetch\":{"
                "\"url\":\"sftp://127.0.0.1:%d%s/{yyyyMMdd}.csv\",\"at\":\"00:05\",\"user\":\"%s\","
                "\"credentials_file\":\"%s\",\"known_hosts_file\":\"%s\"}}]}",
                s->port, test_folder(), s->user, s->key, known_hosts));
}

static void desk_open(struct office *f, const struct sshd *s, const char *known_hosts)
{
    struct counter *c = counter_open();
    struct err e = { 0 };

    sources_put(s, known_hosts);
    c->clock.fixed_ms = clock_day_start_ms(monday) + 86400LL * SECOND + 7 * 3600 * SECOND;
    settings.portal.settlement_form = STR("mc1");
    settings.portal.timeout_ms = 5 * SECOND;
    settings.jobs.settlement_at = STR("06:00");
    settings.finance.sources_dir = str_c(sshd_path("sources"));
    check_ok(office_open(&settings, &c->till, NULL, f, &e), e);
}

TEST_STORE(the_file_of_the_day_is_fetched_when_it_is_due)
{
    DEFER(office_close) struct office f;
    const struct sshd *s = sshd_open();
    const struct settlement_key key = { STR("ACB"), STR("1"), monday };
    struct settlement_file *list;
    bool did = false;
    size_t n;
    struct err e = { 0 };

    put("20261123.csv", STR(BYTES));
    desk_open(&f, s, s->known_hosts);
    check_ok(intake_due(&f, &did, &e), e);
    check(did);
    check_ok(intake_of_day(&f, &key, 5, test_arena(), &list, &n, &e), e);
    check_int((int64_t)n, 1);
    check_str(list[0].name, "20261123.csv");
    check_int(list[0].lines, 2);
    check_int(list[0].state, SETTLEMENT_ACCEPTED);
    check_ok(intake_due(&f, &did, &e), e);
    check(!did); /* it is there */
}

TEST_STORE(an_impostor_of_the_server_brings_no_file)
{
    DEFER(office_close) struct office f;
    const struct sshd *s = sshd_open();
    const struct settlement_key key = { STR("ACB"), STR("1"), monday };
    struct settlement_file *list;
    struct intake_result r;
    size_t n;
    struct err e = { 0 };

    put("20261123.csv", STR(BYTES));
    desk_open(&f, s, s->other_known_hosts);
    const struct intake_ask ask = { source_find(f.sources, STR("ACB"), monday), monday,
                                    STR("staff:1") };
    check_fails(intake_fetch(&f, &ask, test_arena(), &r, &e), e, ERR_UPSTREAM_DOWN);
    e = (struct err){ 0 };
    check_ok(intake_of_day(&f, &key, 5, test_arena(), &list, &n, &e), e);
    check_int((int64_t)n, 0);
}
