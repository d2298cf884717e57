/*
 * source.h - where files come from, and when they are due.
 *
 * A source is one stream of daily files: those of a portal or gateway about the money it holds
 * (clearing, ledger account 1110), of a bank about a collection account (bank, 1120), or of the
 * treasury. Its key is (provider, account); no two sources share one. Sources are dated JSON in
 * conf/sources, read strictly: any mistake refuses to start and all are told. A change is a new row
 * of the same id with another `from`, so that an old day is read as it was then. When no file names
 * "PP", the portal itself is a source with the settings portal.settlement_url, _form,
 * portal.account and jobs.settlement_at.
 *
 *     {"sources": [{"id": "PP", "from": "2025-07-01", "to": "...",      to may be absent
 *       "name_vi": "...", "name_en": "...",
 *       "role": "clearing" | "bank" | "treasury",
 *       "provider": "PP", "account": "3713...",
 *       "channels": ["portal"],            clearing: whose captures it settles (channel.def)
 *       "account_is": "beneficiary" | "merchant",   lines name the account of a body (default), or
 *                                          the account is our own at the provider
 *       "form": "mc1" | "fw1" | "bj1" | "kj1" | "xlsx" | "csv",
 *       "map": "name" | {...},             csv: maps/name.json beside it, or here (csv_form.h)
 *       "calendar": "vn",                  conf/calendar
 *       "business_days": false,            files for business days only; else for every day
 *       "cut_off": "24:00",                what happens from then on is the next day's
 *       "deadline": {"days": 1, "at": "06:00"},   business days (or days) after the day
 *       "expected": true,                  a missing file is an alert
 *       "fetch": {"url": "https://.../{yyyyMMdd}.mc1" | "sftp://...", "at": "06:00",
 *                 "user": "...", "credentials_file": "...",   sftp: the private key
 *                 "known_hosts_file": "...", "ca_file": "..."},
 *       "watch_dir": "...",
 *       "signature": {"key_file": "...", "alg": "RS256" | "ES256" | "EdDSA"},
 *       "tariff": [{"from": "...", "to": "...", "flat_vnd": 0, "rate_ppm": 0,
 *                   "least_vnd": 0, "most_vnd": 0}]}]}
 *
 * Relative paths start at the folder of the configuration file. Immutable after reading; any
 * thread.
 */
#ifndef FINANCE_SOURCE_H
#define FINANCE_SOURCE_H

#include "base/base.h"
#include "base/clock.h"
#include "finance/calendar.h"
#include "recon/settlement.h"

struct buf;
struct conf;

#define SOURCE_PORTAL       "PP" /* the National Centralized Payment Portal */
#define SOURCE_ROWS_MAX     200
#define SOURCE_CHANNELS_MAX 4

enum source_role {
    SOURCE_CLEARING, /* its money stands on 1110 until it is paid out */
    SOURCE_BANK,     /* statement of a collection account, 1120 */
    SOURCE_TREASURY  /* what the treasury says it received */
};

/* What the provider takes for a payment, dated. */
struct source_tariff {
    struct date from, to;        /* to.y 0: no end */
    int64_t flat_vnd, rate_ppm;  /* flat + rate of the amount, rounded half up */
    int64_t least_vnd, most_vnd; /* bounds of the fee; most 0: none */
};

enum source_way { SOURCE_NOT_FETCHED, SOURCE_HTTPS, SOURCE_SFTP };

struct source_fetch {
    enum source_way way;
    struct str url;  /* pattern: {yyyyMMdd} {yyyy-MM-dd} {ddMMyy} {ddMMyyyy} are the day */
    int64_t at_s;    /* of the local day on which the deadline falls: when it is tried first */
    struct str user; /* sftp */
    const char *credentials_file, *known_hosts_file, *ca_file; /* NULL: none */
};

enum source_alg { SOURCE_UNSIGNED, SOURCE_RS256, SOURCE_ES256, SOURCE_EDDSA };

struct source {
    struct str id;
    struct date from, to; /* both included; to.y 0: no end */
    struct str name_vi, name_en;
    enum source_role role;
    struct str provider, account;
    struct str channels[SOURCE_CHANNELS_MAX]; /* names of channel.def; clearing only */
    size_t channel_count;
    bool is_merchant;           /* the account is ours at the provider, not a body's */
    enum settlement_form form;  /* what is expected; SETTLEMENT_NO_FORM: any that is recognised */
    const struct csv_form *map; /* SETTLEMENT_CSV; else NULL */
    const struct calendar *calendar;
    bool business_days;
    int64_t cut_off_s; /* seconds of the local day; 86400: midnight */
    int deadline_days;
    int64_t deadline_s;
    bool expected;
    struct source_fetch fetch;
    const char *watch_dir; /* NULL: none */
    enum source_alg alg;
    const char *key_file; /* public JWK; NULL: unsigned */
    struct source_tariff *tariffs;
    size_t tariff_count;
};

struct source_book {
    struct calendar *calendars; /* [0] always works: no day is off */
    size_t calendar_count;
    struct source *rows; /* by id, then from */
    size_t count;
};

/* Reads finance.calendar_dir and finance.sources_dir (empty: the default portal only). Mistakes are
 * appended, a line each: "file: sources[0].form: why". ERR_CONFIG. */
MUST_USE result sources_load(const struct conf *c, struct arena *a, struct buf *mistakes,
                             struct source_book *out, struct err *e);
/* One file's text into the book; for sources_load, tests and the screen that edits. */
MUST_USE result sources_read(const struct conf *c, struct arena *a, struct str file,
                             struct str text, struct buf *mistakes, struct source_book *book,
                             struct err *e);

/* NULL: none holds on that day. */
const struct source *source_find(const struct source_book *b, struct str id, struct date on);
const struct source *source_by_key(const struct source_book *b, struct str provider,
                                   struct str account, struct date on);
/* Whether its days are reconciled: it holds money that we captured through it. NULL: no. */
bool source_is_run(const struct source *s);
/* The clearing source that settles the captures of a channel ("portal", "vnpay"). */
const struct source *source_of_channel(const struct source_book *b, struct str channel,
                                       struct date on);
/* The i-th source that holds on the day, by id: walk i = 0, 1, ... until NULL. */
const struct source *source_each(const struct source_book *b, struct date on, size_t i);

/* The day whose file holds what happened at the instant: from the cut-off on it is the next one,
 * and, for files of business days only, the next business day. */
struct date source_day_of(const struct source *s, int64_t at_ms);
/* The instants of a day's file: from (included) and to (not included). */
void source_day_span(const struct source *s, struct date day, int64_t *from_ms, int64_t *to_ms);
bool source_has_day(const struct source *s, struct date day); /* whether a file is made for it */
struct date source_day_before(const struct source *s, struct date day); /* with a file */
struct date source_day_after(const struct source *s, struct date day);
/* When the file of the day has to be there. */
int64_t source_deadline(const struct source *s, struct date day);
/* When it is first fetched: fetch.at_s on the day of the deadline. */
int64_t source_fetch_at(const struct source *s, struct date day);
const struct source_tariff *source_tariff_of(const struct source *s, struct date day); /* or NULL */
/* What the tariff makes of a payment; false: none holds on the day. */
bool source_fee_vnd(const struct source *s, struct date day, int64_t amount_vnd, int64_t *fee_vnd);
/* The address of the day's file. */
struct str source_url(const struct source *s, struct date day, struct arena *a);

const char *source_role_name(enum source_role r); /* "clearing" */
/* Ledger account on which the money of a source stands: "1110", "1120"; treasury "". */
const char *source_ledger_account(const struct source *s);

#endif
