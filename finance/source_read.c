/*
 * Reading conf/sources and conf/calendar. Attacker: whoever may edit them without the second
 * person's eye, and honest mistakes, which cost as much. Promise: nothing is guessed; an unknown
 * member, a source that two rows define for one day, a secret that is sent without TLS are refused,
 * all at once and each by file, row and field. Deliberately not done: asking the addresses.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/money.h"
#include "base/str.h"
#include "base/utf8.h"
#include "conf/conf.h"
#include "conf/file.h"
#include "finance/source.h"
#include "recon/csv_form.h"

#define FILE_BYTES_MAX (1 << 20)
#define FILES_MAX      64
#define CALENDARS_MAX  20
#define TARIFFS_MAX    50
#define DEADLINE_DAYS  30
#define ID_BYTES_MAX   60
#define PATH_BYTES_MAX 1000
#define ACCOUNT_BYTES  64

struct reading {
    const struct conf *c;
    struct arena *a;
    struct str file;
    struct buf *mistakes;
    struct source_book *book;
    size_t bad;
};

static void mistake(struct reading *r, const char *where, const char *field, const char *why)
{
    r->bad++;
    if (r->mistakes != NULL)
        buf_fmt(r->mistakes, "%.*s: %s%s%s%s%s\n", STR_ARG(r->file), where,
                where[0] != '\0' && field[0] != '\0' ? "." : "", field,
                where[0] != '\0' || field[0] != '\0' ? ": " : "", why);
}

static result text_read(const struct reading *r, const struct json *o, const char *name,
                        struct str *out, struct err *e)
{
    struct str s;

    TRY(json_need_str(o, name, LIMIT_NAME_BYTES, &s, e));
    if (s.n == 0 || !utf8_is_text(s))
        return fail_field(e, ERR_INVALID, name, "empty or not text");
    *out = str_dup(r->a, s);
    return OK;
}

/* What becomes part of keys, names of files and addresses. */
static result code_read(const struct reading *r, const struct json *o, const char *name,
                        struct str *out, struct err *e)
{
    TRY(text_read(r, o, name, out, e));
    if (out->n > ID_BYTES_MAX || out->p[0] == '.' ||
        !str_all_in(*out, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-"))
        return fail_field(e, ERR_INVALID, name, "letters, digits, . _ - only, at most %d",
                          ID_BYTES_MAX);
    return OK;
}

static result one_of(const struct json *o, const char *name, const char *const *words, int *out,
                     struct err *e)
{
    struct str s;

    TRY(json_need_str(o, name, 20, &s, e));
    for (int i = 0; words[i] != NULL; i++) {
        if (str_is(s, words[i])) {
            *out = i;
            return OK;
        }
    }
    return fail_field(e, ERR_INVALID, name, "none of the words for it");
}

static result dates_read(const struct json *o, struct date *from, struct date *to, struct err *e)
{
    struct str s, t = STR("");

    TRY(json_need_str(o, "from", 10, &s, e));
    if (s.n != 10 || !date_read(s, from) || !date_is_valid(*from))
        return fail_field(e, ERR_INVALID, "from", "not a date yyyy-MM-dd");
    TRY(json_want_str(o, "to", 10, &t, e));
    if (t.n == 0)
        return OK;
    if (t.n != 10 || !date_read(t, to) || !date_is_valid(*to) || date_cmp(*to, *from) < 0)
        return fail_field(e, ERR_INVALID, "to", "not a date yyyy-MM-dd from `from` on");
    return OK;
}

/* "HH:MM", to 24:00. */
static bool time_read(struct str s, int64_t *out_s)
{
    struct str h = str_sub(s, 0, 2), m = str_from(s, 3);
    int64_t hour, minute;

    if (s.n != 5 || s.p[2] != ':' || !str_digits(h) || !str_digits(m) || !str_to_i64(h, &hour) ||
        !str_to_i64(m, &minute) || minute > 59 || hour * 60 + minute > 24 * 60)
        return false;
    *out_s = (hour * 60 + minute) * 60;
    return true;
}

static result time_need(const struct json *o, const char *name, int64_t *out_s, struct err *e)
{
    struct str s;

    TRY(json_need_str(o, name, 5, &s, e));
    return time_read(s, out_s) ? OK : fail_field(e, ERR_INVALID, name, "not a time HH:MM");
}

static result path_want(const struct reading *r, const struct json *o, const char *name,
                        const char **out, struct err *e)
{
    struct str s = STR("");

    TRY(json_want_str(o, name, PATH_BYTES_MAX, &s, e));
    if (s.n == 0)
        return OK;
    if (!utf8_is_text(s))
        return fail_field(e, ERR_INVALID, name, "not text");
    *out = s.p[0] == '/'
               ? str_cstr(r->a, s)
               : str_cstr(r->a, str_fmt(r->a, "%.*s/%.*s", STR_ARG(r->c->folder), STR_ARG(s)));
    return OK;
}

static result channels_read(const struct reading *r, const struct json *o, struct source *s,
                            struct err *e)
{
    static const char *const known[] = {
#define CHANNEL(name, ...) #name,
#include "payments/channel.def"
#undef CHANNEL
    };
    const struct json *list = json_member(o, "channels");

    if (list == NULL)
        return OK;
    if (!json_is_array(list) || json_count(list) > SOURCE_CHANNELS_MAX)
        return fail_field(e, ERR_INVALID, "channels", "not a list of at most %d names",
                          SOURCE_CHANNELS_MAX);
    for (size_t i = 0; i < json_count(list); i++) {
        struct str name = STR("");
        bool found = false;

        (void)json_str(json_at(list, i), &name);
        for (size_t k = 0; k < LEN(known); k++)
            found |= str_is(name, known[k]);
        if (!found)
            return fail_field(e, ERR_INVALID, "channels", "item %zu is no way to pay", i);
        s->channels[s->channel_count++] = str_dup(r->a, name);
    }
    return OK;
}

/* Whose account it is: that of a body, by which lines are told apart, or ours at a gateway. */
static result account_is_read(const struct json *o, struct source *s, struct err *e)
{
    static const char *const whose[] = { "beneficiary", "merchant", NULL };
    int i = 0;

    if (json_member(o, "account_is") != NULL)
        TRY(one_of(o, "account_is", whose, &i, e));
    s->is_merchant = i == 1;
    return OK;
}

static result form_read(const struct json *o, struct source *s, struct err *e)
{
    static const char *const forms[] = { "mc1", "fw1", "bj1", "kj1", "xlsx", "csv", NULL };
    static const enum settlement_form meant[] = { SETTLEMENT_MC1, SETTLEMENT_FW1,  SETTLEMENT_BJ1,
                                                  SETTLEMENT_KJ1, SETTLEMENT_XLSX, SETTLEMENT_CSV };
    int i;

    TRY(one_of(o, "form", forms, &i, e));
    s->form = meant[i];
    return OK;
}

/* The map by its name: maps/<name>.json in the folder of sources. */
static result map_load(const struct reading *r, const struct json *o, struct json **out,
                       struct err *e)
{
    struct str name, text;
    const char *path;

    TRY(code_read(r, o, "map", &name, e));
    path = str_cstr(r->a, str_fmt(r->a, "%.*s/maps/%.*s.json", STR_ARG(r->c->finance.sources_dir),
                                  STR_ARG(name)));
    TRY(conf_file_load(r->a, path, FILE_BYTES_MAX, &text, e));
    return json_read(text, out, e);
}

static result map_read(const struct reading *r, const struct json *o, struct source *s,
                       struct err *e)
{
    DEFER(json_close) struct json *loaded = NULL;
    const struct json *map = json_member(o, "map");
    struct csv_form *form = arena_new(r->a, struct csv_form);
    struct err why = { 0 };

    if ((map != NULL) != (s->form == SETTLEMENT_CSV))
        return fail_field(e, ERR_INVALID, "map", "wanted for the form csv, and for no other");
    if (map == NULL)
        return OK;
    if (!json_is_object(map)) {
        if (map_load(r, o, &loaded, &why).failed)
            return fail_field(e, ERR_INVALID, "map", "%s", why.detail);
        map = loaded;
    }
    if (csv_form_read(map, r->a, form, &why).failed)
        return fail_field(e, ERR_INVALID, "map", "%s: %s", why.field, why.detail);
    if (form->rules[CSV_TIME].format.n == 0)
        return fail_field(e, ERR_INVALID, "map", "no time: a day's file tells when money moved");
    s->map = form;
    return OK;
}

static result days_read(struct reading *r, const struct json *o, struct source *s, struct err *e)
{
    static const char *const members[] = { "days", "at", NULL };
    struct str name = STR("");
    struct json *deadline = NULL;
    int64_t days;

    TRY(json_want_str(o, "calendar", ID_BYTES_MAX, &name, e));
    s->calendar = name.n == 0 ? &r->book->calendars[0] : NULL;
    for (size_t i = 1; i < r->book->calendar_count; i++)
        if (str_eq(r->book->calendars[i].id, name))
            s->calendar = &r->book->calendars[i];
    if (s->calendar == NULL)
        return fail_field(e, ERR_INVALID, "calendar", "there is none of that name");
    TRY(json_want_bool(o, "business_days", &s->business_days, e));
    TRY(time_need(o, "cut_off", &s->cut_off_s, e));
    TRY(json_want_object(o, "deadline", &deadline, e));
    if (deadline == NULL)
        return fail_field(e, ERR_INVALID, "deadline", "missing");
    TRY(json_only(deadline, members, e));
    TRY(json_need_int(deadline, "days", 0, DEADLINE_DAYS, &days, e));
    TRY(time_need(deadline, "at", &s->deadline_s, e));
    s->deadline_days = (int)days;
    s->expected = true;
    return json_want_bool(o, "expected", &s->expected, e);
}

static bool is_loopback(struct str url)
{
    return str_starts(url, STR("http://127.0.0.1:")) || str_starts(url, STR("http://[::1]:"));
}

static result url_check(const struct reading *r, struct source *s, struct err *e)
{
    struct str url = s->fetch.url;

    s->fetch.way = str_starts(url, STR("sftp://")) ? SOURCE_SFTP : SOURCE_HTTPS;
    if (!str_starts(url, STR("sftp://")) && !str_starts(url, STR("https://")) && !is_loopback(url))
        return fail_field(e, ERR_INVALID, "url", "neither https:// nor sftp://");
    for (size_t i = 0; i < url.n; i++)
        if (url.p[i] <= ' ' || url.p[i] > '~')
            return fail_field(e, ERR_INVALID, "url", "a character that an address may not have");
    if (source_url(s, (struct date){ 2026, 1, 2 }, r->a).n == 0 ||
        str_eq(source_url(s, (struct date){ 2026, 1, 2 }, r->a), url))
        return fail_field(e, ERR_INVALID, "url", "the day is missing: {yyyyMMdd} and the like");
    return OK;
}

static result fetch_read(const struct reading *r, const struct json *o, struct source *s,
                         struct err *e)
{
    static const char *const members[] = {
        "url", "at", "user", "credentials_file", "known_hosts_file", "ca_file", NULL
    };
    struct source_fetch *f = &s->fetch;
    struct json *fetch = NULL;

    TRY(json_want_object(o, "fetch", &fetch, e));
    if (fetch == NULL)
        return OK;
    TRY(json_only(fetch, members, e));
    TRY(text_read(r, fetch, "url", &f->url, e));
    TRY(url_check(r, s, e));
    TRY(time_need(fetch, "at", &f->at_s, e));
    TRY(json_want_str(fetch, "user", ID_BYTES_MAX, &f->user, e));
    f->user = str_dup(r->a, f->user);
    TRY(path_want(r, fetch, "credentials_file", &f->credentials_file, e));
    TRY(path_want(r, fetch, "known_hosts_file", &f->known_hosts_file, e));
    TRY(path_want(r, fetch, "ca_file", &f->ca_file, e));
    if (f->way == SOURCE_SFTP &&
        (f->user.n == 0 || f->credentials_file == NULL || f->known_hosts_file == NULL))
        return fail_field(e, ERR_INVALID, "fetch",
                          "sftp wants user, credentials_file and known_hosts_file");
    return OK;
}

static result signature_read(const struct reading *r, const struct json *o, struct source *s,
                             struct err *e)
{
    static const char *const members[] = { "key_file", "alg", NULL };
    static const char *const algs[] = { "RS256", "ES256", "EdDSA", NULL };
    struct json *signature = NULL;
    int alg;

    TRY(json_want_object(o, "signature", &signature, e));
    if (signature == NULL)
        return OK;
    TRY(json_only(signature, members, e));
    TRY(one_of(signature, "alg", algs, &alg, e));
    s->alg = (enum source_alg)(SOURCE_RS256 + alg);
    TRY(path_want(r, signature, "key_file", &s->key_file, e));
    return s->key_file != NULL ? OK : fail_field(e, ERR_INVALID, "key_file", "missing");
}

static bool dates_meet(struct date from, struct date to, struct date other_from,
                       struct date other_to)
{
    return (to.y == 0 || date_cmp(other_from, to) <= 0) &&
           (other_to.y == 0 || date_cmp(from, other_to) <= 0);
}

static result tariff_read(struct source *s, const struct json *o, struct err *e)
{
    static const char *const members[] = { "from",      "to",       "flat_vnd", "rate_ppm",
                                           "least_vnd", "most_vnd", NULL };
    struct source_tariff t = { .flat_vnd = 0 };

    TRY(json_only(o, members, e));
    TRY(dates_read(o, &t.from, &t.to, e));
    TRY(json_want_int(o, "flat_vnd", 0, MONEY_MAX_VND, &t.flat_vnd, e));
    TRY(json_want_int(o, "rate_ppm", 0, 1000000, &t.rate_ppm, e));
    TRY(json_want_int(o, "least_vnd", 0, MONEY_MAX_VND, &t.least_vnd, e));
    TRY(json_want_int(o, "most_vnd", 0, MONEY_MAX_VND, &t.most_vnd, e));
    if (t.most_vnd > 0 && t.most_vnd < t.least_vnd)
        return fail_field(e, ERR_INVALID, "most_vnd", "below least_vnd");
    for (size_t i = 0; i < s->tariff_count; i++)
        if (dates_meet(s->tariffs[i].from, s->tariffs[i].to, t.from, t.to))
            return fail_field(e, ERR_INVALID, "tariff", "two rows hold on the same day");
    s->tariffs[s->tariff_count++] = t;
    return OK;
}

static result tariffs_read(const struct reading *r, const struct json *o, struct source *s,
                           struct err *e)
{
    const struct json *list = json_member(o, "tariff");

    if (list == NULL)
        return OK;
    if (!json_is_array(list) || json_count(list) > TARIFFS_MAX)
        return fail_field(e, ERR_INVALID, "tariff", "not a list of at most %d rows", TARIFFS_MAX);
    s->tariffs = arena_array(r->a, struct source_tariff, json_count(list) + 1);
    for (size_t i = 0; i < json_count(list); i++)
        TRY(tariff_read(s, json_at(list, i), e));
    return OK;
}

static bool channels_share(const struct source *x, const struct source *y)
{
    for (size_t i = 0; i < x->channel_count; i++)
        for (size_t k = 0; k < y->channel_count; k++)
            if (str_eq(x->channels[i], y->channels[k]))
                return true;
    return false;
}

static result others_check(const struct source_book *b, const struct source *s, struct err *e)
{
    for (size_t i = 0; i < b->count; i++) {
        const struct source *other = &b->rows[i];

        if (!dates_meet(s->from, s->to, other->from, other->to))
            continue;
        if (str_eq(other->id, s->id))
            return fail_field(e, ERR_INVALID, "id", "defined twice for the same day");
        if (str_eq(other->provider, s->provider) && str_eq(other->account, s->account))
            return fail_field(e, ERR_INVALID, "account", "another source has this provider's");
        if (channels_share(other, s))
            return fail_field(e, ERR_INVALID, "channels", "another source settles one of them");
    }
    return OK;
}

static result source_row(struct reading *r, const struct json *o, struct err *e)
{
    static const char *const members[] = {
        "id",       "from",     "to",    "name_vi",   "name_en",   "role",          "provider",
        "account",  "channels", "form",  "map",       "calendar",  "business_days", "cut_off",
        "deadline", "expected", "fetch", "watch_dir", "signature", "tariff",        "account_is",
        NULL
    };
    static const char *const roles[] = { "clearing", "bank", "treasury", NULL };
    struct source s = { .expected = true };
    int role;

    TRY(json_only(o, members, e));
    TRY(code_read(r, o, "id", &s.id, e));
    TRY(dates_read(o, &s.from, &s.to, e));
    TRY(text_read(r, o, "name_vi", &s.name_vi, e));
    TRY(text_read(r, o, "name_en", &s.name_en, e));
    TRY(one_of(o, "role", roles, &role, e));
    s.role = (enum source_role)role;
    TRY(code_read(r, o, "provider", &s.provider, e));
    TRY(code_read(r, o, "account", &s.account, e));
    TRY(account_is_read(o, &s, e));
    TRY(channels_read(r, o, &s, e));
    TRY(form_read(o, &s, e));
    TRY(map_read(r, o, &s, e));
    TRY(days_read(r, o, &s, e));
    TRY(fetch_read(r, o, &s, e));
    TRY(path_want(r, o, "watch_dir", &s.watch_dir, e));
    TRY(signature_read(r, o, &s, e));
    TRY(tariffs_read(r, o, &s, e));
    TRY(others_check(r->book, &s, e));
    r->book->rows[r->book->count++] = s;
    return OK;
}

static void rows_read(struct reading *r, const struct json *list)
{
    for (size_t i = 0; i < json_count(list); i++) {
        const struct json *o = json_at(list, i);
        struct err e = { 0 };
        char where[40];

        (void)snprintf(where, sizeof(where), "sources[%zu]", i);
        if (!json_is_object(o))
            mistake(r, where, "", "not an object");
        else if (r->book->count == SOURCE_ROWS_MAX)
            mistake(r, where, "", "one row too many");
        else if (source_row(r, o, &e).failed)
            mistake(r, where, e.field, e.detail);
    }
}

static void sources_take(struct reading *r, struct str text)
{
    static const char *const members[] = { "sources", NULL };
    DEFER(json_close) struct json *root = NULL;
    struct err e = { 0 };
    struct json *list;

    if (json_read(text, &root, &e).failed || json_only(root, members, &e).failed ||
        json_need_array(root, "sources", SOURCE_ROWS_MAX, &list, &e).failed)
        mistake(r, "", e.field, e.detail);
    else
        rows_read(r, list);
}

static void calendar_take(struct reading *r, struct str text)
{
    DEFER(json_close) struct json *root = NULL;
    struct source_book *b = r->book;
    struct err e = { 0 };
    struct calendar c;
    bool taken = false;

    if (json_read(text, &root, &e).failed || calendar_read(root, r->a, &c, &e).failed) {
        mistake(r, "", e.field, e.detail);
        return;
    }
    for (size_t i = 1; i < b->calendar_count; i++)
        taken |= str_eq(b->calendars[i].id, c.id);
    if (taken)
        mistake(r, "", "id", "another calendar has it");
    else if (b->calendar_count == CALENDARS_MAX)
        mistake(r, "", "", "one calendar too many");
    else
        b->calendars[b->calendar_count++] = c;
}

static int is_json(const struct dirent *d)
{
    return str_ends(str_c(d->d_name), STR(".json")) && d->d_name[0] != '.';
}

static void file_take(struct reading *r, struct str folder, const char *name,
                      void (*take)(struct reading *, struct str))
{
    const char *path = str_cstr(r->a, str_fmt(r->a, "%.*s/%s", STR_ARG(folder), name));
    struct err e = { 0 };
    struct str text;

    r->file = str_dup(r->a, str_c(name));
    if (conf_file_load(r->a, path, FILE_BYTES_MAX, &text, &e).failed)
        mistake(r, "", "", e.detail);
    else
        take(r, text);
}

static void folder_walk(struct reading *r, struct str folder,
                        void (*take)(struct reading *, struct str))
{
    struct dirent **names = NULL;
    int n;

    if (folder.n == 0)
        return;
    r->file = folder;
    n = scandir(str_cstr(r->a, folder), &names, is_json, alphasort);
    if (n < 0 || n > FILES_MAX)
        mistake(r, "", "", n < 0 ? "cannot read the folder" : "too many files");
    for (int i = 0; i < n; i++) {
        if (n <= FILES_MAX)
            file_take(r, folder, names[i]->d_name, take);
        free(names[i]);
    }
    free(names);
}

static bool is_named(const struct source_book *b, const char *id)
{
    for (size_t i = 0; i < b->count; i++)
        if (str_is(b->rows[i].id, id))
            return true;
    return false;
}

static enum settlement_form portal_form(const struct conf *c)
{
    for (enum settlement_form f = SETTLEMENT_MC1; f < SETTLEMENT_CSV; f++)
        if (str_eq_nocase(c->portal.settlement_form, str_c(settlement_form_name(f))))
            return f;
    return SETTLEMENT_MC1;
}

/* The portal as the settings describe it. */
static void portal_add(struct reading *r)
{
    const struct conf *c = r->c;
    struct source s = {
        .id = STR(SOURCE_PORTAL),
        .from = { 2020, 1, 1 },
        .name_vi = STR("Cổng thanh toán tập trung quốc gia"),
        .name_en = STR("National Centralized Payment Portal"),
        .provider = STR(SOURCE_PORTAL),
        .account = c->portal.account,
        .channels = { STR("portal") },
        .channel_count = 1,
        .form = portal_form(c),
        .calendar = &r->book->calendars[0],
        .cut_off_s = 86400,
        .deadline_days = 1,
        .expected = c->jobs.settlement,
    };
    struct err e = { 0 };

    if (!time_read(c->jobs.settlement_at, &s.fetch.at_s))
        mistake(r, "jobs", "settlement_at", "not a time HH:MM");
    s.deadline_s = s.fetch.at_s;
    if (c->portal.settlement_url.n > 0) {
        s.fetch.way = SOURCE_HTTPS;
        s.fetch.url = str_fmt(r->a, "%.*s/{yyyyMMdd}.%.*s", STR_ARG(c->portal.settlement_url),
                              STR_ARG(c->portal.settlement_form));
    }
    if (others_check(r->book, &s, &e).failed)
        mistake(r, SOURCE_PORTAL, e.field, e.detail);
    else
        r->book->rows[r->book->count++] = s;
}

static int row_order(const void *x, const void *y)
{
    const struct source *a = x, *b = y;
    const int by_id = str_cmp(a->id, b->id);

    return by_id != 0 ? by_id : date_cmp(a->from, b->from);
}

static void book_begin(struct arena *a, struct source_book *b)
{
    if (b->rows != NULL)
        return;
    b->calendars = arena_array(a, struct calendar, CALENDARS_MAX);
    b->calendars[0] = (struct calendar){ .id = STR("every_day"),
                                         .name_vi = STR("Mọi ngày"),
                                         .name_en = STR("Every day") };
    b->calendar_count = 1;
    b->rows = arena_array(a, struct source, SOURCE_ROWS_MAX + 1);
}

result sources_read(const struct conf *c, struct arena *a, struct str file, struct str text,
                    struct buf *mistakes, struct source_book *book, struct err *e)
{
    struct reading r = { c, a, file, mistakes, book, 0 };

    book_begin(a, book);
    sources_take(&r, text);
    return r.bad == 0 ? OK : fail(e, ERR_CONFIG, "sources: %zu mistakes", r.bad);
}

result sources_load(const struct conf *c, struct arena *a, struct buf *mistakes,
                    struct source_book *out, struct err *e)
{
    struct source_book book = { .rows = NULL };
    struct reading r = { c, a, STR("settings"), mistakes, &book, 0 };

    book_begin(a, &book);
    folder_walk(&r, c->finance.calendar_dir, calendar_take);
    folder_walk(&r, c->finance.sources_dir, sources_take);
    r.file = STR("settings");
    if (!is_named(&book, SOURCE_PORTAL))
        portal_add(&r);
    qsort(book.rows, book.count, sizeof(book.rows[0]), row_order);
    *out = book;
    return r.bad == 0 ? OK : fail(e, ERR_CONFIG, "sources and calendars: %zu mistakes", r.bad);
}
