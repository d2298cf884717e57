/* The office and its till: who decides on which kind of proposal. */
#include "conf/conf.h"
#include "finance/office.h"
#include "tests/payments/counter.h"

TEST(the_till_leads_to_the_office_while_it_is_open)
{
    const struct conf c = { .jobs = { .settlement_at = STR("06:00") } };
    struct till till = { 0 };
    struct office f;
    struct err e = { .code = ERR_NONE };

    check_ok(office_open(&c, &till, NULL, &f, &e), e);
    check(till.above == &f.above);
    check(till.above->office == &f);
    office_close(&f);
    check(till.above == NULL);
}

TEST(what_payments_decides_the_office_does_not)
{
#define PROPOSAL(kind, name, apply)        check(!office_decides(PROPOSAL_##kind));
#define OFFICE_PROPOSAL(kind, name, apply) check(office_decides(PROPOSAL_##kind));
#include "payments/proposal.def"
#undef PROPOSAL
}
