/* docs/machines.md is written from the tables of all state machines. With
 * MOTCUA_WRITE_DOCS in the environment the page is written anew. */
#include <stdio.h>
#include <stdlib.h>

#include "auth/mandate.h"
#include "finance/exception.h"
#include "finance/intake.h"
#include "finance/remittance.h"
#include "finance/run.h"
#include "payments/attempt.h"
#include "payments/order.h"
#include "payments/refund.h"
#include "tests/test.h"

static void order_rows(struct buf *b)
{
    for (int s = 0; s < ORDER_STATE_COUNT; s++)
        for (int ev = 0; ev < ORDER_EV_COUNT; ev++) {
            enum order_state next;
            const char *action;

            if (order_move((enum order_state)s, (enum order_event)ev, &next, &action))
                buf_fmt(b, "| %s | %s | %s | %s |\n", order_state_name((enum order_state)s),
                        order_event_name((enum order_event)ev), order_state_name(next), action);
        }
}

static void order_graph(struct buf *b)
{
    for (int s = 0; s < ORDER_STATE_COUNT; s++)
        for (int ev = 0; ev < ORDER_EV_COUNT; ev++) {
            enum order_state next;
            const char *action;

            if (order_move((enum order_state)s, (enum order_event)ev, &next, &action) &&
                (int)next != s)
                buf_fmt(b, "    %s --> %s : %s\n",
                        s == 0 ? "[*]" : order_state_name((enum order_state)s),
                        order_state_name(next), order_event_name((enum order_event)ev));
        }
}

static void attempt_rows(struct buf *b)
{
    for (int s = 0; s < ATTEMPT_STATE_COUNT; s++)
        for (int ev = 0; ev < ATTEMPT_EV_COUNT; ev++) {
            enum attempt_state next;
            const char *action;

            if (attempt_move((enum attempt_state)s, (enum attempt_event)ev, &next, &action))
                buf_fmt(b, "| %s | %s | %s | %s |\n", attempt_state_name((enum attempt_state)s),
                        attempt_event_name((enum attempt_event)ev), attempt_state_name(next),
                        action);
        }
}

static void attempt_graph(struct buf *b)
{
    for (int s = 0; s < ATTEMPT_STATE_COUNT; s++)
        for (int ev = 0; ev < ATTEMPT_EV_COUNT; ev++) {
            enum attempt_state next;
            const char *action;

            if (attempt_move((enum attempt_state)s, (enum attempt_event)ev, &next, &action) &&
                (int)next != s)
                buf_fmt(b, "    %s --> %s : %s\n",
                        s == 0 ? "[*]" : attempt_state_name((enum attempt_state)s),
                        attempt_state_name(next), attempt_event_name((enum attempt_event)ev));
        }
}

static void refund_rows(struct buf *b)
{
    for (int s = 0; s < REFUND_STATE_COUNT; s++)
        for (int ev = 0; ev < REFUND_EV_COUNT; ev++) {
            enum refund_state next;
            const char *action;

            if (refund_move((enum refund_state)s, (enum refund_event)ev, &next, &action))
                buf_fmt(b, "| %s | %s | %s | %s |\n", refund_state_name((enum refund_state)s),
                        refund_event_name((enum refund_event)ev), refund_state_name(next), action);
        }
}

static void refund_graph(struct buf *b)
{
    for (int s = 0; s < REFUND_STATE_COUNT; s++)
        for (int ev = 0; ev < REFUND_EV_COUNT; ev++) {
            enum refund_state next;
            const char *action;

            if (refund_move((enum refund_state)s, (enum refund_event)ev, &next, &action) &&
                (int)next != s)
                buf_fmt(b, "    %s --> %s : %s\n",
                        s == 0 ? "[*]" : refund_state_name((enum refund_state)s),
                        refund_state_name(next), refund_event_name((enum refund_event)ev));
        }
}

static void mandate_rows(struct buf *b)
{
    for (int s = 0; s < MANDATE_STATE_COUNT; s++)
        for (int ev = 0; ev < MANDATE_EVENT_COUNT; ev++) {
            enum mandate_state next;
            enum mandate_action action;

            if (mandate_next((enum mandate_state)s, (enum mandate_event)ev, &next, &action))
                buf_fmt(b, "| %s | %s | %s | %s |\n", mandate_state_name((enum mandate_state)s),
                        mandate_event_name((enum mandate_event)ev), mandate_state_name(next),
                        mandate_action_name(action));
        }
}

static void mandate_graph(struct buf *b)
{
    buf_puts(b, "    [*] --> given : give\n");
    for (int s = 0; s < MANDATE_STATE_COUNT; s++)
        for (int ev = 0; ev < MANDATE_EVENT_COUNT; ev++) {
            enum mandate_state next;
            enum mandate_action action;

            if (mandate_next((enum mandate_state)s, (enum mandate_event)ev, &next, &action) &&
                (int)next != s)
                buf_fmt(b, "    %s --> %s : %s\n", mandate_state_name((enum mandate_state)s),
                        mandate_state_name(next), mandate_event_name((enum mandate_event)ev));
        }
}

/* What leaves the stage as it is (carry, raise, ask) is in every open one, and no row of the table.
 */
static bool exception_row(int s, int ev, enum exception_stage *next)
{
    return exception_move((enum exception_stage)s, (enum exception_event)ev, next) &&
           ev < EXCEPTION_EV_CARRY;
}

static void exception_rows(struct buf *b)
{
    for (int s = 0; s < EXCEPTION_STAGE_COUNT; s++)
        for (int ev = 0; ev < EXCEPTION_EV_COUNT; ev++) {
            enum exception_stage next;

            if (exception_row(s, ev, &next))
                buf_fmt(b, "| %s | %s | %s |\n", exception_stage_name((enum exception_stage)s),
                        exception_event_name((enum exception_event)ev), exception_stage_name(next));
        }
}

static void exception_graph(struct buf *b)
{
    buf_puts(b, "    [*] --> open\n");
    for (int s = 0; s < EXCEPTION_STAGE_COUNT; s++)
        for (int ev = 0; ev < EXCEPTION_EV_COUNT; ev++) {
            enum exception_stage next;

            if (exception_row(s, ev, &next) && (int)next != s)
                buf_fmt(b, "    %s --> %s : %s\n", exception_stage_name((enum exception_stage)s),
                        exception_stage_name(next), exception_event_name((enum exception_event)ev));
        }
}

static void remittance_rows(struct buf *b)
{
    for (int s = 0; s < REMITTANCE_STATE_COUNT; s++)
        for (int ev = 0; ev < REMITTANCE_EV_COUNT; ev++) {
            enum remittance_state next;

            if (remittance_move_find((enum remittance_state)s, (enum remittance_event)ev, &next))
                buf_fmt(b, "| %s | %s | %s |\n", remittance_state_name((enum remittance_state)s),
                        remittance_event_name((enum remittance_event)ev),
                        remittance_state_name(next));
        }
}

static void remittance_graph(struct buf *b)
{
    for (int s = 0; s < REMITTANCE_STATE_COUNT; s++)
        for (int ev = 0; ev < REMITTANCE_EV_COUNT; ev++) {
            enum remittance_state next;

            if (remittance_move_find((enum remittance_state)s, (enum remittance_event)ev, &next) &&
                (int)next != s)
                buf_fmt(
                    b, "    %s --> %s : %s\n",
                    s == REMITTANCE_NONE ? "[*]" : remittance_state_name((enum remittance_state)s),
                    remittance_state_name(next), remittance_event_name((enum remittance_event)ev));
        }
}

static void run_rows(struct buf *b)
{
    for (int s = 0; s < RUN_STATE_COUNT; s++)
        for (int ev = 0; ev < RUN_EV_COUNT; ev++) {
            enum run_action action;
            enum run_state next;

            if (run_next((enum run_state)s, (enum run_event)ev, &next, &action))
                buf_fmt(b, "| %s | %s | %s | %s |\n", run_state_name((enum run_state)s),
                        run_event_name((enum run_event)ev), run_state_name(next),
                        run_action_name(action));
        }
}

static void run_graph(struct buf *b)
{
    for (int s = 0; s < RUN_STATE_COUNT; s++)
        for (int ev = 0; ev < RUN_EV_COUNT; ev++) {
            enum run_action action;
            enum run_state next;

            if (run_next((enum run_state)s, (enum run_event)ev, &next, &action) && (int)next != s)
                buf_fmt(b, "    %s --> %s : %s\n",
                        s == 0 ? "[*]" : run_state_name((enum run_state)s), run_state_name(next),
                        run_event_name((enum run_event)ev));
        }
}

static void file_rows(struct buf *b)
{
    for (int s = 0; s < SETTLEMENT_STATE_COUNT; s++)
        for (int ev = 0; ev < SETTLEMENT_EV_COUNT; ev++) {
            enum settlement_state next;
            enum settlement_action action;

            if (settlement_next((enum settlement_state)s, (enum settlement_event)ev, &next,
                                &action))
                buf_fmt(b, "| %s | %s | %s | %s |\n",
                        settlement_state_name((enum settlement_state)s),
                        settlement_event_name((enum settlement_event)ev),
                        settlement_state_name(next), settlement_action_name(action));
        }
}

static void file_graph(struct buf *b)
{
    buf_puts(b, "    [*] --> received\n");
    for (int s = 0; s < SETTLEMENT_STATE_COUNT; s++)
        for (int ev = 0; ev < SETTLEMENT_EV_COUNT; ev++) {
            enum settlement_state next;
            enum settlement_action action;

            if (settlement_next((enum settlement_state)s, (enum settlement_event)ev, &next,
                                &action))
                buf_fmt(b, "    %s --> %s : %s\n", settlement_state_name((enum settlement_state)s),
                        settlement_state_name(next),
                        settlement_event_name((enum settlement_event)ev));
        }
}

static struct str page(void)
{
    static const char table[] = "| state | event | next | action |\n|---|---|---|---|\n";
    static const char narrow[] = "| state | event | next |\n|---|---|---|\n";
    struct buf b = buf_make(test_arena(), 65536);
    struct str s;
    struct err e = { .code = ERR_NONE };

    buf_puts(
        &b, "# State machines\n\nGenerated from `payments/order.def`, `payments/attempt.def`, "
            "`payments/refund.def` and `auth/mandate.def`, where each action is explained.\nA pair "
            "that is not listed is refused with `WRONG_STATE`. To write this page anew:\n"
            "`MOTCUA_WRITE_DOCS=1 ctest --test-dir build/debug -R web/machines`.\n\n"
            "## Order\n\n```mermaid\nstateDiagram-v2\n");
    order_graph(&b);
    buf_fmt(&b, "```\n\n%s", table);
    order_rows(&b);
    buf_puts(&b, "\n## Attempt\n\n```mermaid\nstateDiagram-v2\n");
    attempt_graph(&b);
    buf_fmt(&b, "```\n\n%s", table);
    attempt_rows(&b);
    buf_puts(&b, "\n## Refund\n\n```mermaid\nstateDiagram-v2\n");
    refund_graph(&b);
    buf_fmt(&b, "```\n\n%s", table);
    refund_rows(&b);
    buf_puts(&b, "\n## Mandate\n\n```mermaid\nstateDiagram-v2\n");
    mandate_graph(&b);
    buf_fmt(&b, "```\n\n%s", table);
    mandate_rows(&b);
    buf_puts(&b, "\n## Day of a source\n\n`finance/run.def`.\n\n```mermaid\nstateDiagram-v2\n");
    run_graph(&b);
    buf_fmt(&b, "```\n\n%s", table);
    run_rows(&b);
    buf_puts(&b, "\n## File of a source\n\n`finance/file.def`.\n\n```mermaid\nstateDiagram-v2\n");
    file_graph(&b);
    buf_fmt(&b, "```\n\n%s", table);
    file_rows(&b);
    buf_puts(&b,
             "\n## Exception\n\n`finance/exception.def`; an open one may also be carried, raised "
             "and asked about.\n\n```mermaid\nstateDiagram-v2\n");
    exception_graph(&b);
    buf_fmt(&b, "```\n\n%s", narrow);
    exception_rows(&b);
    buf_puts(&b, "\n## Remittance\n\n`finance/remittance.def`.\n\n```mermaid\nstateDiagram-v2\n");
    remittance_graph(&b);
    buf_fmt(&b, "```\n\n%s", narrow);
    remittance_rows(&b);
    check_ok(buf_end(&b, &s, &e), e);
    return s;
}

TEST(the_page_of_the_machines_is_what_the_tables_say)
{
    struct arena *a = test_arena();
    const char *path = str_cstr(a, str_fmt(a, "%s/docs/machines.md", test_source()));
    const struct str want = page();
    char *bytes = arena_alloc(a, 131072);
    FILE *f;

    if (getenv("MOTCUA_WRITE_DOCS") != NULL) {
        f = fopen(path, "w");
        check(f != NULL && fwrite(want.p, 1, want.n, f) == want.n && fclose(f) == 0);
    }
    f = fopen(path, "r");
    check(f != NULL);
    check_same(str_of(bytes, fread(bytes, 1, 131072, f)), want);
    (void)fclose(f);
}
