#include "tests/finance/closing.h"

#include <stdio.h>
#include <unistd.h>

#include "crypto/digest.h"
#include "crypto/keyring.h"
#include "payments/attempt.h"

const struct source *closing_source;

static const char *keys_dir(void)
{
    return str_cstr(test_arena(), str_fmt(test_arena(), "%s/keys", test_folder()));
}

void closing_key_make(void)
{
    struct str kid;
    struct err e = { .code = ERR_NONE };

    if (access(keys_dir(), F_OK) != 0)
        check_ok(keyring_make_key(keys_dir(), KEY_ES256, KEY_ACTIVE, test_arena(), &kid, &e), e);
}

const struct office *closing_room(void)
{
    static struct keyring *keys;
    struct err e = { .code = ERR_NONE };

    (void)case_room();
    closing_key_make();
    if (keys == NULL)
        check_ok(keyring_open(keys_dir(), &keys, &e), e);
    case_office.keys = keys;
    return &case_office;
}

struct run_key closing_key(struct date day)
{
    if (closing_source != NULL)
        return (struct run_key){ closing_source->provider, closing_source->account, day };
    return (struct run_key){ STR(SETTLEMENT_PROVIDER), STR(DAY_FILE_ACCOUNT), day };
}

struct run_view closing_shown(struct date day)
{
    const struct run_key k = closing_key(day);
    struct run_view v;
    struct err e = { .code = ERR_NONE };

    check_ok(run_load(closing_room(), &k, test_arena(), &v, &e), e);
    return v;
}

struct str closing_paid(struct day_file *f)
{
    struct counter *c = case_desk();
    struct order o = case_ordered();
    const struct str reference = counter_start(c, &o);
    struct err e = { .code = ERR_NONE };
    struct attempt at;

    counter_pay(c, reference);
    (void)snprintf(counter_deal(c, reference)->time, 16, "%.*s090500",
                   STR_ARG(date_compact(test_arena(), f->day)));
    check_ok(attempt_ask(&c->till, reference, counter_cause(), &e), e);
    check_ok(attempt_load(&c->till, reference, test_arena(), &at, &e), e);
    day_file_add(f, at.portal_txn, reference, at.captured_vnd)->fee_vnd = 1100;
    return reference;
}

void closing_carry(struct str id, struct date day)
{
    const struct proposal_actor an = case_person("staff:an");
    struct err e = { .code = ERR_NONE };

    check_ok(exception_assign(&case_desk()->till, id, an.name, STR(""), &an, test_arena(), &e), e);
    check_ok(exception_carry(&case_desk()->till, id, date_add_days(day, 10), STR("chờ tệp"), &an,
                             test_arena(), &e),
             e);
}

void closing_accept(struct str id)
{
    const struct exception_draft d = case_draft(EXCEPTION_DO_ACCEPT);
    const struct proposal p = case_proposed(id, &d);

    case_approve(&p);
    check_str(str_c(case_stage_of(id)), "closed");
}

void closing_close(struct date day)
{
    const struct proposal_actor an = case_person("staff:an");
    const struct run_ask ask = { closing_key(day), closing_shown(day).run.manifest_hash,
                                 STR("đã kiểm tra") };
    struct err e = { .code = ERR_NONE };
    struct proposal p;

    check_ok(run_submit(closing_room(), &ask, &an, test_arena(), &p, &e), e);
    case_approve(&p);
    check_int(closing_shown(day).run.state, RUN_CLOSED);
}

struct manifest closing_manifest(struct date day)
{
    const struct run_key k = closing_key(day);
    struct manifest m;
    struct err e = { .code = ERR_NONE };

    check_ok(manifest_load(closing_room(), &k, 0, test_arena(), &m, &e), e);
    return m;
}

bool closing_comes_out_the_same(struct date day)
{
    const struct run_key k = closing_key(day);
    struct manifest_check check_again;
    struct err e = { .code = ERR_NONE };

    check_ok(manifest_check(closing_room(), &k, test_arena(), &check_again, &e), e);
    if (!check_again.is_same)
        fprintf(stderr, "closed %.*s\nagain  %.*s\n", STR_ARG(closing_manifest(day).bytes),
                STR_ARG(check_again.bytes));
    return check_again.is_same;
}

struct day_file closing_follow(const struct day_file *before)
{
    struct day_file f = day_file_make(date_add_days(before->day, 1), before->seq + 1);

    f.provider = before->provider;
    f.account = before->account;
    f.opening_vnd = day_file_closing_vnd(before);
    f.previous = digest_hex(test_arena(), digest_sha256(day_file_print(before, SETTLEMENT_MC1)));
    return f;
}
