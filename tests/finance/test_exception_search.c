/* Credits that nothing explains, and what they may be for. */
#include "finance/exception_search.h"
#include "payments/transfer.h"
#include "tests/finance/exceptions.h"
#include "tests/fixture.h"

static struct exception told(const char *narrative, int64_t amount_vnd)
{
    const struct transfer in = { .account = STR(DAY_FILE_ACCOUNT),
                                 .bank_txn = STR("FT-1"),
                                 .bank = STR("970436"),
                                 .amount_vnd = amount_vnd,
                                 .currency = STR("VND"),
                                 .at_ms = FIXTURE_NOW_MS,
                                 .narrative = str_c(narrative) };
    enum transfer_outcome outcome;
    struct err e = { .code = ERR_NONE };
    bool did;

    check_ok(transfer_recognise(&case_desk()->till, &in, "bank_notice", test_arena(), &outcome, &e),
             e);
    check_int(outcome, TRANSFER_UNRECOGNISED);
    check_ok(exception_take_transfers(case_room(), &did, &e), e);
    check(did);
    check_ok(exception_take_transfers(case_room(), &did, &e), e);
    check(!did); /* once */
    return case_only("MIS_OURS");
}

static const char *found(const struct exception *x, struct str asked, struct str order_id)
{
    struct exception_candidate *list;
    struct err e = { .code = ERR_NONE };
    struct str narrative;
    size_t count;

    check_ok(exception_narrative(case_room(), x, test_arena(), &narrative, &e), e);
    check_ok(
        exception_candidates(case_room(), x, narrative, asked, test_arena(), &list, &count, &e), e);
    for (size_t i = 0; i < count; i++)
        if (str_eq(list[i].order_id, order_id))
            return exception_reason_name(list[i].reason);
    return "nothing";
}

TEST_STORE(a_credit_that_nothing_explains_is_assigned_from_the_bank_account)
{
    const struct order o = case_ordered();
    const struct exception x = told("chuyen tien", CASE_AMOUNT);
    const struct exception_target to = { o.id, CASE_AMOUNT };
    struct exception_draft d = case_draft(EXCEPTION_DO_ASSIGN);
    struct exception_preview shown;
    struct proposal p;

    check_str(x.source, "bank_notice");
    check_int(x.theirs_vnd, CASE_AMOUNT);
    d.targets = &to;
    d.target_count = 1;
    shown = case_previewed(x.id, &d);
    check_int(case_posted(&shown, "J7", 1120, LEDGER_DEBIT), CASE_AMOUNT);
    p = case_proposed(x.id, &d);
    case_approve(&p);
    check_int(counter_state(case_desk(), &o), ORDER_PAID);
    check_int(counter_balance(case_desk(), 1120), CASE_AMOUNT);
    check_str(str_c(case_stage_of(x.id)), "closed");
}

TEST_STORE(what_it_may_be_for_is_told_with_the_reason)
{
    const struct order o = case_ordered();
    const struct exception x = told(
        str_cstr(test_arena(), str_fmt(test_arena(), "nop phi ho so %.*s", STR_ARG(o.reference))),
        CASE_STRANGE);

    check_str(str_c(found(&x, STR(""), o.id)), "dossier");
    check_str(str_c(found(&x, STR("nguyen thi hoa"), o.id)), "name");
    check_str(str_c(found(&x, STR("Tran Van Khac"), o.id)), "nothing");
    check_str(str_c(found(&x, STR("578000"), o.id)), "unique");
    check_str(str_c(found(&x, STR("577999"), o.id)), "nothing");
}

TEST_STORE(the_only_payment_of_that_amount_is_a_suggestion_and_two_are_less)
{
    const struct order o = case_ordered();
    const struct exception x = told("khong ro", CASE_AMOUNT);

    check_str(str_c(found(&x, STR(""), o.id)), "unique");
    const struct order other = case_ordered();
    check_str(str_c(found(&x, STR(""), o.id)), "amount");
    check_str(str_c(found(&x, STR(""), other.id)), "amount");
    check_str(str_c(case_stage_of(x.id)), "open"); /* never more than a suggestion */
}

TEST_STORE(a_code_with_one_wrong_character_is_recognised_as_nearly_right)
{
    struct counter *c = case_desk();
    const struct order o = case_ordered();
    struct attempt_way way;
    struct attempt *all;
    struct err e = { .code = ERR_NONE };
    char text[TRANSFER_CODE_BYTES + 1] = { 0 };
    size_t n;

    c->till.vietqr_bin = STR("970436");
    c->till.vietqr_account = STR("1133666888");
    check_ok(
        attempt_start(&c->till, &o, counter_by("vietqr"), counter_cause(), test_arena(), &way, &e),
        e);
    check_ok(attempt_list(&c->till, &o, test_arena(), &all, &n, &e), e);
    check_int(n, 1);
    for (size_t i = 0; i < TRANSFER_CODE_BYTES; i++)
        text[i] = all[0].reference.p[i];
    text[6] = text[6] == '7' ? '8' : '7';
    const struct exception x =
        told(str_cstr(test_arena(), str_fmt(test_arena(), "ck %s cam on", text)), CASE_STRANGE);
    check_str(str_c(found(&x, STR(""), o.id)), "code");
}

TEST_STORE(what_a_payer_wrote_is_erased_after_its_time_unless_somebody_needs_it)
{
    const struct exception x = told("nguyen van a nop phi", CASE_STRANGE);
    const struct exception_target body = { STR("H56.14"), 0 };
    struct exception_draft d = case_draft(EXCEPTION_DO_RETURN);
    struct err e = { .code = ERR_NONE };
    struct str narrative;
    struct proposal p;
    bool did;

    d.targets = &body;
    d.target_count = 1;
    counter_forward(case_desk(), 86400 * 31);
    check_ok(exception_narratives_purge(case_room(), 30, &did, &e), e);
    check(!did); /* it is open */
    p = case_proposed(x.id, &d);
    case_approve(&p);
    check_ok(exception_narrative(case_room(), &x, test_arena(), &narrative, &e), e);
    check_str(narrative, "nguyen van a nop phi");
    check_ok(exception_narratives_purge(case_room(), 30, &did, &e), e);
    check(did);
    check_ok(exception_narrative(case_room(), &x, test_arena(), &narrative, &e), e);
    check_str(narrative, "");
    check_ok(exception_narratives_purge(case_room(), 30, &did, &e), e);
    check(!did);
}
