/* What takes two persons: who may decide, on what, how often, and what an altered row is. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "payments/proposal.h"
#include "store/sql.h"
#include "tests/payments/counter.h"

#define DECIDERS 64

/* Limits of these are far over the amount, unless a test says otherwise. */
static struct proposal_actor person(const char *name)
{
    return (struct proposal_actor){ .name = str_c(name),
                                    .limit_vnd = INT64_MAX,
                                    .request_id = STR("rq-2"),
                                    .ip = STR("203.0.113.8") };
}

struct making {
    struct counter *c;
    struct proposal *p;
};

static result make(struct sql *db, void *arg, struct err *e)
{
    struct making *k = arg;
    const struct proposal_actor by = person("staff:an");

    return proposal_make(db, &k->c->till, k->p, &by, test_arena(), e);
}

static result propose_with(struct counter *c, const char *subject, struct str remark,
                           struct proposal *p, struct err *e)
{
    struct making k = { c, p };

    *p = (struct proposal){ .agency_id = STR("H56.14"),
                            .kind = PROPOSAL_REVERSAL,
                            .subject = str_c(subject),
                            .content = STR("{\"attempt\":1}"),
                            .amount_vnd = 578000,
                            .remark = remark };
    return sql_transact(c->till.store, make, &k, e);
}

static struct proposal propose(struct counter *c, const char *subject)
{
    struct proposal p;
    struct err e = { .code = ERR_NONE };

    check_ok(propose_with(c, subject, STR("the portal took it back"), &p, &e), e);
    check_int(p.hash.n, 64);
    return p;
}

static result decide(struct counter *c, struct str id, enum proposal_state verdict, struct str hash,
                     const struct proposal_actor *by, struct err *e)
{
    const struct proposal_decision d = {
        .id = id, .verdict = verdict, .hash = hash, .remark = STR("as the file says")
    };
    struct proposal out;

    return proposal_decide(&c->till, &d, by, test_arena(), &out, e);
}

static struct proposal loaded(struct counter *c, struct str id)
{
    struct proposal p;
    struct err e = { .code = ERR_NONE };

    check_ok(proposal_load(&c->till, id, test_arena(), &p, &e), e);
    return p;
}

TEST_STORE(a_proposal_is_read_back_as_it_was_made)
{
    struct counter *c = counter_open();
    const struct proposal p = propose(c, "ref-1");
    const struct proposal x = loaded(c, p.id);
    struct err e = { .code = ERR_NONE };
    struct proposal none;

    check_int(x.state, PROPOSAL_OPEN);
    check_int(x.kind, PROPOSAL_REVERSAL);
    check_same(x.hash, p.hash);
    check_str(x.maker, "staff:an");
    check_str(x.remark, "the portal took it back");
    check_int(x.decided_ms, 0);
    check_fails(proposal_load(&c->till, STR("ppl_x"), test_arena(), &none, &e), e, ERR_NOT_FOUND);
}

TEST_STORE(its_maker_never_decides_on_it)
{
    struct counter *c = counter_open();
    const struct proposal p = propose(c, "ref-1");
    const struct proposal_actor maker = person("staff:an");
    struct err e = { .code = ERR_NONE };

    check_fails(decide(c, p.id, PROPOSAL_APPROVED, p.hash, &maker, &e), e, ERR_SELF_APPROVAL);
    check_fails(decide(c, p.id, PROPOSAL_REJECTED, p.hash, &maker, &e), e, ERR_SELF_APPROVAL);
    check_int(loaded(c, p.id).state, PROPOSAL_OPEN);
}

TEST_STORE(a_decision_names_what_was_shown)
{
    struct counter *c = counter_open();
    const struct proposal p = propose(c, "ref-1");
    const struct proposal other = propose(c, "ref-2");
    const struct proposal_actor by = person("staff:binh");
    struct err e = { .code = ERR_NONE };

    check(!str_eq(p.hash, other.hash));
    check_fails(decide(c, p.id, PROPOSAL_REJECTED, other.hash, &by, &e), e, ERR_STALE);
    check_fails(decide(c, p.id, PROPOSAL_APPROVED, other.hash, &by, &e), e, ERR_STALE);
    check_fails(decide(c, p.id, PROPOSAL_APPROVED, STR(""), &by, &e), e, ERR_STALE);
    check_int(loaded(c, p.id).state, PROPOSAL_OPEN);
}

TEST_STORE(nobody_approves_more_than_their_limit)
{
    struct counter *c = counter_open();
    const struct proposal p = propose(c, "ref-1");
    struct proposal_actor by = person("staff:binh");
    struct err e = { .code = ERR_NONE };

    by.limit_vnd = 577999;
    check_fails(decide(c, p.id, PROPOSAL_APPROVED, p.hash, &by, &e), e, ERR_OVER_LIMIT);
    check_int(loaded(c, p.id).state, PROPOSAL_OPEN);
    by.limit_vnd = 0; /* refusing money takes no limit */
    check_ok(decide(c, p.id, PROPOSAL_REJECTED, p.hash, &by, &e), e);
}

TEST_STORE(a_decision_is_made_once)
{
    struct counter *c = counter_open();
    const struct proposal p = propose(c, "ref-1");
    const struct proposal_actor by = person("staff:binh"), third = person("staff:chi");
    struct err e = { .code = ERR_NONE };
    struct proposal x;

    check_ok(decide(c, p.id, PROPOSAL_REJECTED, p.hash, &by, &e), e);
    check_fails(decide(c, p.id, PROPOSAL_REJECTED, p.hash, &by, &e), e, ERR_WRONG_STATE);
    check_fails(decide(c, p.id, PROPOSAL_APPROVED, p.hash, &third, &e), e, ERR_WRONG_STATE);
    x = loaded(c, p.id);
    check_int(x.state, PROPOSAL_REJECTED);
    check_str(x.decided_by, "staff:binh");
    check_str(x.decision_remark, "as the file says");
    check_fails(decide(c, STR("ppl_x"), PROPOSAL_REJECTED, p.hash, &by, &e), e, ERR_NOT_FOUND);
}

TEST_STORE(only_its_maker_withdraws_a_proposal)
{
    struct counter *c = counter_open();
    const struct proposal p = propose(c, "ref-1");
    const struct proposal_actor by = person("staff:binh"), maker = person("staff:an");
    struct err e = { .code = ERR_NONE };

    check_fails(decide(c, p.id, PROPOSAL_WITHDRAWN, p.hash, &by, &e), e, ERR_FORBIDDEN);
    check_ok(decide(c, p.id, PROPOSAL_WITHDRAWN, STR(""), &maker, &e), e);
    check_int(loaded(c, p.id).state, PROPOSAL_WITHDRAWN);
    check_fails(decide(c, p.id, PROPOSAL_APPROVED, p.hash, &by, &e), e, ERR_WRONG_STATE);
}

TEST_STORE(reasons_are_texts_of_some_length)
{
    struct counter *c = counter_open();
    const struct proposal p = propose(c, "ref-1");
    const struct proposal_actor by = person("staff:binh");
    char long_text[PROPOSAL_REMARK_BYTES_MAX + 1];
    struct proposal_decision d = { .id = p.id, .verdict = PROPOSAL_REJECTED, .hash = p.hash };
    struct proposal out;
    struct err e = { .code = ERR_NONE };

    memset(long_text, 'x', sizeof(long_text));
    check_fails(propose_with(c, "ref-2", STR(""), &out, &e), e, ERR_INVALID);
    check_str(str_c(e.field), "remark");
    check_fails(propose_with(c, "ref-2", STR(" \t "), &out, &e), e, ERR_INVALID);
    check_fails(propose_with(c, "ref-2", (struct str){ long_text, sizeof(long_text) }, &out, &e), e,
                ERR_INVALID);
    check_ok(propose_with(c, "ref-2", (struct str){ long_text, sizeof(long_text) - 1 }, &out, &e),
             e);
    check_fails(proposal_decide(&c->till, &d, &by, test_arena(), &out, &e), e, ERR_INVALID);
    d.remark = (struct str){ long_text, sizeof(long_text) };
    check_fails(proposal_decide(&c->till, &d, &by, test_arena(), &out, &e), e, ERR_INVALID);
    check_int(loaded(c, p.id).state, PROPOSAL_OPEN);
}

TEST_STORE(one_is_open_for_each_subject)
{
    struct counter *c = counter_open();
    const struct proposal p = propose(c, "ref-1");
    const struct proposal_actor by = person("staff:binh");
    struct proposal second, *list;
    size_t n;
    struct err e = { .code = ERR_NONE };

    check_fails(propose_with(c, "ref-1", STR("again"), &second, &e), e, ERR_CONFLICT);
    check_ok(decide(c, p.id, PROPOSAL_REJECTED, p.hash, &by, &e), e);
    counter_forward(c, 1);
    second = propose(c, "ref-1");
    check_ok(proposal_list_subject(&c->till, STR("ref-1"), test_arena(), &list, &n, &e), e);
    check_int(n, 2);
    check_same(list[0].id, second.id);
    check_same(list[1].id, p.id);
}

TEST_STORE(lists_go_on_where_they_ended)
{
    struct counter *c = counter_open();
    struct proposal made[3], *list;
    size_t n;
    struct err e = { .code = ERR_NONE };

    made[0] = propose(c, "ref-1");
    made[1] = propose(c, "ref-2"); /* within the same millisecond */
    counter_forward(c, 1);
    made[2] = propose(c, "ref-3");
    check_ok(proposal_list(&c->till, PROPOSAL_OPEN, STR(""), 2, test_arena(), &list, &n, &e), e);
    check_int(n, 2);
    check_same(list[0].id, made[2].id);
    const bool second_first = str_eq(list[1].id, made[1].id);

    check_ok(proposal_list(&c->till, PROPOSAL_OPEN, list[1].id, 2, test_arena(), &list, &n, &e), e);
    check_int(n, 1);
    check_same(list[0].id, made[second_first ? 0 : 1].id);
    check_ok(proposal_list(&c->till, PROPOSAL_REJECTED, STR(""), 9, test_arena(), &list, &n, &e),
             e);
    check_int(n, 0);
}

/* Statements that the program does not have, by the databases' own shells. */
static void tamper(const char *statement)
{
    struct arena *a = test_arena();
    struct str command;

    if (str_is(str_c(test_engine()), "postgresql"))
        command = str_fmt(a, "psql -q -v ON_ERROR_STOP=1 \"%.*s\" -c \"%s\" >/dev/null",
                          STR_ARG(test_postgresql()), statement);
    else
        command = str_fmt(a, "sqlite3 %s/fixture.db \"%s\"", test_folder(), statement);
    if (system(str_cstr(a, command)) != 0)
        test_fail(__FILE__, __LINE__, "%s", statement);
}

TEST_STORE(an_altered_proposal_is_not_decided)
{
    static const char *const ways[][2] = {
        { "UPDATE proposal SET amount_vnd = amount_vnd + 1",
          "UPDATE proposal SET amount_vnd = amount_vnd - 1" },
        { "UPDATE proposal SET content = content || 'x'",
          "UPDATE proposal SET content = substr(content, 1, length(content) - 1)" },
        { "UPDATE proposal SET subject = 'ref-2'", "UPDATE proposal SET subject = 'ref-1'" },
        { "UPDATE proposal SET agency_id = 'H57'", "UPDATE proposal SET agency_id = 'H56.14'" },
    };
    struct counter *c = counter_open();
    const struct proposal p = propose(c, "ref-1");
    const struct proposal_actor by = person("staff:binh");
    struct proposal out;
    struct err e = { .code = ERR_NONE };

    for (size_t i = 0; i < LEN(ways); i++) {
        tamper(ways[i][0]);
        check_fails(decide(c, p.id, PROPOSAL_REJECTED, p.hash, &by, &e), e, ERR_BROKEN_CHAIN);
        check_fails(proposal_load(&c->till, p.id, test_arena(), &out, &e), e, ERR_BROKEN_CHAIN);
        tamper(ways[i][1]);
        check_int(loaded(c, p.id).state, PROPOSAL_OPEN);
    }
}

struct deciding {
    struct counter *c;
    struct proposal p;
    _Atomic int begun, won, lost;
};

static void *decide_one(void *arg)
{
    struct deciding *k = arg;
    DEFER(arena_close) struct arena *a = arena_open((size_t)1 << 20);
    const int i = atomic_fetch_add(&k->begun, 1);
    const struct proposal_actor by = { .name = str_fmt(a, "staff:n%d", i), .limit_vnd = INT64_MAX };
    const struct proposal_decision d = {
        .id = k->p.id, .verdict = PROPOSAL_REJECTED, .hash = k->p.hash, .remark = STR("no")
    };
    struct proposal out;
    struct err e = { .code = ERR_NONE };

    if (!proposal_decide(&k->c->till, &d, &by, a, &out, &e).failed)
        atomic_fetch_add(&k->won, 1);
    else if (e.code == ERR_WRONG_STATE)
        atomic_fetch_add(&k->lost, 1);
    return NULL;
}

TEST_STORE(of_many_deciders_at_once_one_wins)
{
    struct deciding k = { .c = counter_open() };
    pthread_t threads[DECIDERS];

    k.p = propose(k.c, "ref-1");
    for (size_t i = 0; i < DECIDERS; i++)
        check_int(pthread_create(&threads[i], NULL, decide_one, &k), 0);
    for (size_t i = 0; i < DECIDERS; i++)
        check_int(pthread_join(threads[i], NULL), 0);
    check_int(k.won, 1);
    check_int(k.lost, DECIDERS - 1);
}
