/*
 * remittance.h - paying into the state budget: C1-02/NS "Giấy nộp tiền vào ngân sách nhà nước"
 * (Decree 347/2025, appendix I).
 *
 * A draft takes, of one agency and period, what was captured, settled and neither refunded nor
 * remitted: for each order what is left of 2110 and 2120, by fee, less what other remittances
 * claim. Beside it stands what the body keeps (2130), which is released to it with the same
 * decision. A fee's line of the budget is that of conf/refunds/budget.csv on the day of the draft;
 * there is one draft for each treasury.
 *
 * As data it is canonical JSON:
 *
 *   {"form":"C1-02/NS","number":"…","date":"…","from":"…","to":"…",
 *    "payer":{"id","name","tax_code","address","account","bank"},
 *    "treasury":{"name","code","account","bank"},
 *    "lines":[{"content","fee","chapter","sub_item","locality","orders","amount_vnd"}],
 *    "total_vnd":…,"words":"…","retained":[{"content","fee","amount_vnd"}],"retained_vnd":…,
 *    "claims_sha256":"…"}
 *
 * total_vnd is the sum of the lines or nothing is made; claims_sha256 is over the orders and
 * amounts it is made of. The document is what two persons agree on (proposal.h, kind REMITTANCE):
 * approval computes it anew under the row's lock and is ERR_STALE when money was refunded
 * meanwhile.
 *
 * J4 and J4b are posted when the treasury confirms, on the day it names: under article 9 of Decree
 * 11/2020/ND-CP money is paid into the budget when the treasury or its bank has certified the slip,
 * not when it was handed in, and a refused slip has moved nothing. From approval on, though, the
 * money is on its way: refunds of these orders go by the treasury, and wait until it confirmed.
 *
 * States and events are remittance.def. A confirmation names the treasury's number, its day and the
 * amount; the same one twice is one. Locks: proposal, remittance, ledger chain; whoever has an
 * order takes its remittances after it.
 */
#ifndef FINANCE_REMITTANCE_H
#define FINANCE_REMITTANCE_H

#include "base/base.h"
#include "base/clock.h"
#include "finance/office.h"

#define REMITTANCE_LIST_MAX  200
#define REMITTANCE_DRAFT_MAX 16 /* treasuries of one agency */

enum remittance_state {
    REMITTANCE_NONE,
    REMITTANCE_DRAFT,
    REMITTANCE_APPROVED,
    REMITTANCE_SENT,
    REMITTANCE_CONFIRMED,
    REMITTANCE_CANCELLED,
    REMITTANCE_STATE_COUNT
};
enum remittance_event {
    REMITTANCE_EV_DRAFT,
    REMITTANCE_EV_RENEW,
    REMITTANCE_EV_SUBMIT,
    REMITTANCE_EV_APPROVE,
    REMITTANCE_EV_REJECT, /* rejected or withdrawn */
    REMITTANCE_EV_CANCEL,
    REMITTANCE_EV_SEND,
    REMITTANCE_EV_RECALL, /* approved, and not to be sent like this */
    REMITTANCE_EV_CONFIRM,
    REMITTANCE_EV_REFUSE,
    REMITTANCE_EV_COUNT
};

struct remittance {
    struct str agency_id;
    int64_t n;
    struct str id, number, treasury;
    struct date from, to;
    enum remittance_state state;
    int64_t total_vnd, retained_vnd;
    struct str document; /* canonical JSON */
    struct str maker, proposal_id;
    struct str hash; /* of its proposal; filled in by remittance_submit only */
    struct str treasury_ref, remitted_day, failure;
    int64_t created_ms, updated_ms, sent_ms;
};

/* One line of the slip, as shown and exported. */
struct remittance_line {
    struct str content, fee, chapter, sub_item, locality;
    int64_t orders, amount_vnd;
};

struct remittance_period {
    struct str agency_id;
    struct date from, to; /* of the days on which it was captured or settled, both included */
};

/* Drafts what may be remitted of the period, one for each treasury. ERR_NOT_FOUND: nothing;
 * ERR_CONFIG: a fee without a row in budget.csv, or a chapter that is not in force; ERR_INVALID
 * "to": before from, or not over yet. */
MUST_USE result remittance_draft(const struct office *f, const struct remittance_period *p,
                                 const struct proposal_actor *by, struct arena *a,
                                 struct remittance **out, size_t *count, struct err *e);
/* Computes a draft anew, as the books stand now. ERR_NOT_FOUND: nothing is left of it. */
MUST_USE result remittance_renew(const struct office *f, struct str id,
                                 const struct proposal_actor *by, struct arena *a,
                                 struct remittance *out, struct err *e);
/* What the maker saw: SHA-256 of the document, and why it is right. */
struct remittance_ask {
    struct str document_sha256; /* remittance_digest() of what was shown */
    struct str remark;
};
struct str remittance_digest(const struct remittance *r, struct arena *a);
/* Proposes the draft; another person decides (proposal_decide). ERR_STALE "document": it is another
 * one by now. */
MUST_USE result remittance_submit(const struct office *f, struct str id,
                                  const struct remittance_ask *ask, const struct proposal_actor *by,
                                  struct arena *a, struct remittance *out, struct err *e);
/* CANCEL, SEND, RECALL. */
MUST_USE result remittance_move(const struct office *f, struct str id, enum remittance_event ev,
                                const struct proposal_actor *by, struct arena *a,
                                struct remittance *out, struct err *e);

/* What the treasury told: CONFIRM or REFUSE. */
struct remittance_word {
    enum remittance_event event;
    struct str number;  /* the treasury's, for CONFIRM */
    struct date day;    /* for CONFIRM */
    int64_t amount_vnd; /* for CONFIRM */
    struct str why;     /* for REFUSE */
};
/* ERR_BUSINESS_RULE "amount_vnd": not the slip's total; ERR_INVALID "number", "day", "why";
 * ERR_CONFLICT: the number confirmed another slip. A CONFIRM is the treasury's own file's (by
 * "system"); of a person it is ERR_FORBIDDEN: see remittance_propose_word. */
MUST_USE result remittance_settle(const struct office *f, struct str id,
                                  const struct remittance_word *w, const struct proposal_actor *by,
                                  struct arena *a, struct remittance *out, struct err *e);

/* A CONFIRM that a person read on paper: what settle would refuse is refused now, and what is left
 * takes another person (kind REMITTANCE_WORD). The treasury's number is 4 to 64 of A-Z 0-9 . / -,
 * with a digit, and begins and ends with a letter or digit. */
MUST_USE result remittance_propose_word(const struct office *f, struct str id,
                                        const struct remittance_word *w, struct str remark,
                                        const struct proposal_actor *by, struct arena *a,
                                        struct proposal *out, struct err *e);

struct remittance_matched {
    int64_t confirmed, refunded; /* slips; refunds that the treasury paid */
    int64_t differs;             /* named with another sum, or otherwise not to be believed */
};
/* The accepted file of a treasury source: confirms the slips that it names by their number and
 * total, and the refunds that it says were paid. Twice is once. */
MUST_USE result remittance_match(const struct office *f, struct str provider, struct str account,
                                 struct date day, struct remittance_matched *out, struct err *e);

MUST_USE result remittance_load(const struct office *f, struct str id, struct arena *a,
                                struct remittance *out, struct err *e); /* ERR_NOT_FOUND */
struct remittance_filter {
    struct str agency_id, state; /* empty: any */
    struct str before;           /* id of the last one seen, or empty */
    size_t most;
};
/* Newest first. */
MUST_USE result remittance_list(const struct office *f, const struct remittance_filter *q,
                                struct arena *a, struct remittance **out, size_t *count,
                                struct err *e);
MUST_USE result remittance_lines(const struct remittance *r, struct arena *a,
                                 struct remittance_line **out, size_t *count, struct err *e);
struct remittance_history {
    int64_t seq, at_ms;
    struct str event, from, to, actor, detail;
};
MUST_USE result remittance_history(const struct office *f, const struct remittance *r,
                                   struct arena *a, struct remittance_history **out, size_t *count,
                                   struct err *e);

enum remittance_form { REMITTANCE_PDF, REMITTANCE_CSV, REMITTANCE_XLSX };
/* On paper, or as a table; the same bytes every time. */
MUST_USE result remittance_print(const struct remittance *r, enum remittance_form form,
                                 struct arena *a, struct str *out, struct err *e);

const char *remittance_state_name(enum remittance_state s); /* "draft" */
bool remittance_state_find(struct str name, enum remittance_state *out);
const char *remittance_event_name(enum remittance_event ev);
bool remittance_move_find(enum remittance_state s, enum remittance_event ev,
                          enum remittance_state *next);

#endif
