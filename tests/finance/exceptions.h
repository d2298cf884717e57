/*
 * exceptions.h - an office on the fixture's store, and exceptions in it, for tests.
 */
#ifndef TESTS_FINANCE_EXCEPTIONS_H
#define TESTS_FINANCE_EXCEPTIONS_H

#include "conf/conf.h"
#include "finance/exception_action.h"
#include "payments/ledger.h"
#include "tests/finance/day_file.h"
#include "tests/payments/counter.h"

#define CASE_AMOUNT  COUNTER_ORDER
#define CASE_STRANGE 200000
#define CASE_DAY_MS  86400000LL

extern struct office case_office;
extern struct conf case_settings; /* of the office; before it is opened */
extern const struct date case_monday;

struct counter *case_desk(void);
const struct office *case_room(void);
struct proposal_actor case_person(const char *name);
void case_books_hold(void);
struct order case_ordered(void);
struct str case_captured(struct order *o);
void case_take(struct day_file *f);
struct exception case_only(const char *class);
struct exception case_seen(struct str id);
const char *case_stage_of(struct str id);
struct exception_draft case_draft(enum exception_action act);
struct exception_preview case_previewed(struct str id, const struct exception_draft *d);
struct proposal case_proposed(struct str id, const struct exception_draft *d);
result case_decide(const struct proposal *p, enum proposal_state verdict, const char *who,
                   struct err *e);
void case_approve(const struct proposal *p);
enum err_code case_refused(const struct proposal *p, enum proposal_state verdict, const char *who);
int64_t case_posted(const struct exception_preview *p, const char *journal, int account, int side);
struct exception case_strange(struct day_file *f, int64_t amount_vnd);
void case_run_again(void);

#endif
