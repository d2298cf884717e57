/*
 * fee.h - the dated fee tables (conf/fees/, JSON) and what one item costs.
 *
 * Law 97/2015/QH13: phi covers the cost of a public service, part of it may be retained by the
 * collecting body (art. 12); le phi goes to the budget in full (art. 13). Rates are set by several
 * authorities and by each province (art. 4), so a rule is found by fee, place, area, channel and
 * the date on which the dossier was received.
 *
 * Order of an item: base rule -> times quantity, or per cent of the base value -> rounding of the
 * rule (1 dong, halves up, unless it says otherwise) -> clamp (least, most) -> every preference
 * whose conditions hold -> the single largest reduction (Circular 117/2026 art. 2(2): preferences
 * do not add up) -> its floor and ceiling -> rounding -> line. A reduction is a ratio of whichever
 * base is in force: when a base circular is amended, the ratio is of the new base. The same input
 * gives the same line, and explain[] tells every rule that was tried and why it did not apply.
 *
 * A table is a handle: what it holds is immutable, and fee_table_renew() swaps it whole while
 * others price. Slices of agencies, lines and so on stay good for FEE_RETIRED_MS after they were
 * replaced: longer than any request or job. Any thread.
 */
#ifndef PAYMENTS_FEE_H
#define PAYMENTS_FEE_H

#include "base/base.h"
#include "base/clock.h"

struct buf;
struct json;
struct fee_table;

#define FEE_RETIRED_MS 3600000

enum fee_kind { FEE_PHI = 1, FEE_LE_PHI = 2 }; /* LoaiPhiLePhi of the payment portal */
enum fee_channel { FEE_COUNTER, FEE_ONLINE };

struct fee_agency {
    struct str id; /* "H56.14" */
    struct str name_vi, name_en;
    struct str tax_code;
    struct str address;
    struct str place;   /* province code, "38" */
    struct str area;    /* "ward" or "other": rates of land fees differ */
    struct str account; /* TKThuHuong: beneficiary account */
    struct str account_name;
    struct str bank; /* MaNHThuHuong */
};

struct fee_procedure {
    struct str code; /* "2.000889.000.00.00.H56" */
    struct str name_vi, name_en;
};

/* What an order asks to be priced. */
struct fee_item {
    struct str fee;       /* code */
    int64_t quantity;     /* >= 1 */
    int64_t base_vnd;     /* price or value that a per-cent fee is taken of; else 0 */
    struct str area;      /* "ward", "other", or empty: the agency's own */
    struct date event_on; /* the birth that is registered late, ...; d 0: not given */
};

/* What is known of the dossier and of the citizen. */
struct fee_case {
    struct str agency_id;
    struct str procedure;
    struct date received_on; /* of the dossier: this date decides, not that of payment */
    enum fee_channel channel;
    int level;                    /* identity level of the signed-in citizen: 0 unknown, 1, 2 */
    const struct str *categories; /* "poor", "disabled", ... as proven to the agency */
    size_t category_count;
    bool citizen_known;     /* so that what is granted once a year can be counted: fee_quota.h */
    const struct str *used; /* kinds of asset whose grant of that year is gone */
    size_t used_count;
};

enum fee_reason {
#define REASON(name, code) FEE_WHY_##name,
#include "payments/fee_reason.def"
#undef REASON
    FEE_REASON_COUNT
};

/* One rule or preference that was tried. */
struct fee_explain {
    struct str rule;
    bool applied;
    enum fee_reason reason;
    struct str detail; /* see fee_reason.def; or empty */
    struct str basis;  /* legal basis, as printed */
};

struct fee_line {
    struct str fee;
    enum fee_kind kind;
    struct str name_vi, name_en;
    int64_t quantity;
    int64_t base_vnd;
    int64_t gross_vnd;
    int64_t reduction_vnd;
    int64_t net_vnd;           /* gross - reduction */
    int64_t retained_vnd;      /* of net: kept by the collecting body; 0 for le phi */
    int64_t budget_vnd;        /* net - retained */
    struct str basis;          /* id of the rule: "tt281-2016.extract" */
    struct str basis_text;     /* its legal basis, as printed */
    struct str reduction_id;   /* id of the preference that was taken, or empty */
    struct str reduction_text; /* its legal basis */
    struct str quota;          /* kind of asset whose grant of the year the preference takes */
    bool refundable;           /* the fee is paid back when the dossier is refused */
    const struct fee_explain *explain; /* rules, then preferences, in the order of the table */
    size_t explain_count;
};

/* Reads every .json file of the folder, strictly. All mistakes are appended to `mistakes` (may be
 * NULL), a line each with file and field; ERR_CONFIG when there is any. */
MUST_USE result fee_table_open(const char *dir, struct fee_table **out, struct buf *mistakes,
                               struct err *e);
/* The same from one text, for tests and fuzzing. */
MUST_USE result fee_table_read(struct str json, const char *file, struct fee_table **out,
                               struct buf *mistakes, struct err *e);
void fee_table_close(struct fee_table **t); /* DEFER(fee_table_close) */
/* All files of a folder, or the one file, as one canonical JSON text in the arena: what is
 * published and hashed. The file's name stands in `mistakes`. ERR_CONFIG. */
MUST_USE result fee_text_load(const char *path, struct arena *a, struct str *out,
                              struct buf *mistakes, struct err *e);
/* Puts the tables of the text in place of what the handle held. version: of fee_version.h, which
 * is told by fee_table_version; 0 the shipped folder. ERR_CONFIG leaves all as it was. */
MUST_USE result fee_table_renew(struct fee_table *t, struct str json, int64_t version,
                                struct buf *mistakes, struct err *e);
int64_t fee_table_version(const struct fee_table *t);

/* As in force on that day. ERR_INVALID, fields "agency_id", "procedure". Slices live in the table.
 */
MUST_USE result fee_agency_find(const struct fee_table *t, struct str id, struct date on,
                                struct fee_agency *out, struct err *e);
/* The n-th agency in force on that day, in the order of the tables; false: there are no more. */
bool fee_agency_at(const struct fee_table *t, size_t n, struct date on, struct fee_agency *out);
MUST_USE result fee_procedure_find(const struct fee_table *t, struct str code, struct date on,
                                   struct fee_procedure *out, struct err *e);
/* All that are there on a day, in the order of the tables; copies of slices in the table. */
void fee_procedures(const struct fee_table *t, struct date on, struct arena *a,
                    struct fee_procedure **out, size_t *count);
void fee_agencies(const struct fee_table *t, struct date on, struct arena *a,
                  struct fee_agency **out, size_t *count);
/* Default items of a procedure at an agency. ERR_NOT_FOUND when none is defined. */
MUST_USE result fee_default_items(const struct fee_table *t, const struct fee_case *c,
                                  struct arena *a, struct fee_item **items, size_t *count,
                                  struct err *e);
/* ERR_INVALID names "fee", "quantity", "base_vnd", "area", "event_on"; ERR_BUSINESS_RULE: no rule
 * is in force. Slices of the line live in the table or the arena. */
MUST_USE result fee_price(const struct fee_table *t, const struct fee_case *c,
                          const struct fee_item *item, struct arena *a, struct fee_line *out,
                          struct err *e);
/* Whether what this rule (its id: fee_line.basis) priced is paid back when a dossier is refused or
 * withdrawn. A rule that is not in the tables any more is not. */
bool fee_is_refundable(const struct fee_table *t, struct str rule_id);
/* What the public catalogue shows (Law 97/2015 art. 14(1)): rules in force on a day, as a JSON
 * object {"on","fees":[{fee,kind,name,..,rules:[..],preferences:[..]}]}; empty filters match all.
 * Caller closes. */
struct json *fee_catalogue(const struct fee_table *t, struct date on, struct str place,
                           struct str procedure);
struct str fee_kind_name(enum fee_kind k);      /* "phi", "le_phi" */
const char *fee_reason_name(enum fee_reason r); /* its code */
/* explain[] as orders keep it: [{"rule","applied","reason","detail","basis"}]. */
struct json *fee_explain_json(const struct fee_line *l);
/* Fills explain and explain_count from such a list, or from an older one of texts. ERR_STORE. */
MUST_USE result fee_explain_read(struct str json, struct fee_line *l, struct arena *a,
                                 struct err *e);

#endif
