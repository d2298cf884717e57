/* Many proposals from one sheet. */
#include "base/arena.h"
#include "base/buf.h"
#include "tests/finance/exceptions.h"
#include "tests/fixture.h"

/* ---- many at once ---- */

static size_t bulk(struct str csv, struct exception_fault *faults, size_t *fault_count,
                   enum err_code *code)
{
    const struct proposal_actor an = case_person("staff:an");
    struct err e = { .code = ERR_NONE };
    size_t proposed_count = 0;

    if (exception_propose_csv(case_room(), csv, &an, &proposed_count, faults, fault_count, &e)
            .failed)
        check_int(proposed_count, 0);
    *code = e.code;
    return proposed_count;
}

TEST_STORE(a_sheet_becomes_proposals_all_or_none)
{
    struct day_file f = day_file_make(case_monday, 1);
    const struct order o = case_ordered();
    struct exception_fault faults[EXCEPTION_FAULTS_MAX];
    struct exception *list;
    struct err e = { .code = ERR_NONE };
    enum err_code code;
    size_t count, fault_count;

    (void)day_file_add(&f, STR("PP-STRANGE-1"), STR("NOT-OURS-1"), CASE_AMOUNT);
    (void)day_file_add(&f, STR("PP-STRANGE-2"), STR("NOT-OURS-2"), CASE_STRANGE);
    case_take(&f);
    const struct exception_filter all = { .tab = EXCEPTION_TAB_UNIDENTIFIED, .age = -1 };
    check_ok(exception_list(&case_desk()->till, &all, test_arena(), &list, &count, NULL, &e), e);
    check_int(count, 2);
    const int first = list[0].theirs_vnd == CASE_AMOUNT ? 0 : 1;
    const struct str one = list[first].id, two = list[1 - first].id;
    struct str good =
        str_fmt(test_arena(),
                "exception,action,target,remark\r\n%.*s,assign,%.*s,\"found, by code\"\r\n"
                "%.*s,return,H56.14,unknown sender\n",
                STR_ARG(one), STR_ARG(o.id), STR_ARG(two));
    struct str bad = str_fmt(test_arena(),
                             "exception,action,target,remark\n%.*s,assign,%.*s,by code\n"
                             "%.*s,return,H56.14,\n%.*s,dance,,x\nnobody,accept,,x\n",
                             STR_ARG(one), STR_ARG(o.id), STR_ARG(two), STR_ARG(one));

    check_int(bulk(bad, faults, &fault_count, &code), 0);
    check_int(code, ERR_NONE);
    check_int(fault_count, 3);
    check_int(faults[0].line, 3);
    check_str(str_c(faults[0].field), "remark");
    check_int(faults[1].line, 4);
    check_str(str_c(faults[1].field), "action");
    check_int(faults[2].line, 5);
    check_int(faults[2].code, ERR_NOT_FOUND);
    check_str(str_c(case_stage_of(one)), "open"); /* not even the good one */
    check_int(bulk(STR("a,b\n"), faults, &fault_count, &code), 0);
    check_int(code, ERR_INVALID);
    check_int(bulk(good, faults, &fault_count, &code), 2);
    check_str(str_c(case_stage_of(one)), "proposed");
    check_str(str_c(case_stage_of(two)), "proposed");
}

/* Each cell used to take as much memory as was left of the sheet: the process stopped. */
TEST(a_sheet_of_the_most_lines_takes_little_memory)
{
    struct exception_fault faults[EXCEPTION_FAULTS_MAX];
    struct buf b = buf_make(test_arena(), (size_t)1 << 20);
    const size_t before = arena_used_bytes(test_arena());
    enum err_code code;
    size_t fault_count;
    struct str csv;

    buf_puts(&b, "exception,action,target,remark\n");
    for (int i = 0; i < EXCEPTION_BULK_LINES; i++) {
        buf_fmt(&b, "exc_%d,accept,,", i);
        for (int n = 0; n < 1900; n++)
            buf_putc(&b, 'x');
        buf_putc(&b, '\n');
    }
    csv = buf_str(&b);
    check_int(bulk(csv, faults, &fault_count, &code), 0);
    check_int(code, ERR_NONE);
    check_int(fault_count, EXCEPTION_FAULTS_MAX);
    check_int(faults[0].code, ERR_NOT_FOUND);
    check(arena_used_bytes(test_arena()) - before < (size_t)4 << 20);
}
