/* Receipts: the bodies' keys, signatures, files that somebody shows, ranges of numbers. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
#include "cli/cli.h"
#include "conf/file.h"
#include "crypto/signer.h"
#include "payments/receipt_range.h"
#include "payments/receipt_sign.h"
#include "payments/receipt_summary.h"

#define SAMPLE_DAYS    1825
#define FILE_BYTES_MAX (8 * 1024 * 1024)
#define SAMPLE_NAME    "CHỨNG THƯ MẪU, KHÔNG CÓ GIÁ TRỊ PHÁP LÝ (sample)"

/* The folder is made when it is not there: only its owner may read what is in it. */
static result folder_need(const struct till *t, struct arena *a, struct err *e)
{
    const char *path = str_cstr(a, t->receipt_keys_dir);

    if (mkdir(path, 0700) != 0 && errno != EEXIST)
        return fail(e, ERR_CONFIG, "%s: %s", path, strerror(errno));
    return OK;
}

static void key_tell(struct cli *cli, const struct till *t, const struct fee_agency *g,
                     struct json *rows)
{
    DEFER(signer_close) struct signer *s = NULL;
    const char *path = str_cstr(cli->arena, receipt_key_path(t, g->id, cli->arena));
    const char *state = "missing";
    struct signer_facts facts = { .trusted = false };
    struct err why = { .code = ERR_NONE };
    struct json *row = json_object();

    if (!signer_open(path, &s, &why).failed) {
        signer_tell(s, cli->arena, &facts);
        state = signer_check(s, clock_now_ms(&cli->clock), &why).failed ? "out of date" : "good";
    } else if (why.code != ERR_NOT_FOUND) {
        state = "unusable";
    }
    json_put_str(row, "agency", g->id);
    json_put_str(row, "state", str_c(state));
    json_put_str(row, "subject", facts.subject);
    json_put_str(row, "until", s == NULL ? STR("") : clock_rfc3339(cli->arena, facts.not_after_ms));
    if (!cli_flag(cli, "--json"))
        (void)printf("%-8.*s %-11s %.*s\n", STR_ARG(g->id), state, STR_ARG(facts.subject));
    json_add(rows, row);
}

result cmd_receipts_keys(struct cli *cli, struct err *e)
{
    DEFER(stores_close) struct stores stores = { 0 };
    DEFER(app_close) struct app *app = NULL;
    DEFER(json_close) struct json *all = json_object();
    struct json *rows = json_array();
    int64_t waiting, oldest_s;
    struct fee_agency g;

    json_put(all, "keys", rows);
    TRY(cli_open_app(cli, &stores, &app, e));
    for (size_t i = 0; fee_agency_at(app->till.fees, i, clock_today(&cli->clock), &g); i++)
        key_tell(cli, &app->till, &g, rows);
    TRY(receipt_sign_waiting(&app->till, &waiting, &oldest_s, e));
    json_put_int(all, "unsigned", waiting);
    json_put_int(all, "oldest_s", oldest_s);
    if (cli_flag(cli, "--json"))
        cli_print_json(cli, all);
    else
        (void)printf("%lld receipts are not signed yet, the oldest for %lld s\n",
                     (long long)waiting, (long long)oldest_s);
    return OK;
}

static result password_read(struct cli *cli, const char **out, struct err *e)
{
    const char *path = cli_option(cli, "--password-file", 0);
    struct str text;

    *out = "";
    if (path == NULL)
        return OK;
    TRY(conf_file_load(cli->arena, path, 1024, &text, e));
    *out = str_cstr(cli->arena, str_trim(text));
    return OK;
}

result cmd_receipts_install(struct cli *cli, struct err *e)
{
    DEFER(stores_close) struct stores stores = { 0 };
    DEFER(app_close) struct app *app = NULL;
    struct str agency, file, bytes;
    const char *password;
    struct fee_agency g;

    TRY(cli_need_word(cli, 0, "AGENCY", &agency, e));
    TRY(cli_need_word(cli, 1, "FILE", &file, e));
    TRY(password_read(cli, &password, e));
    TRY(cli_open_app(cli, &stores, &app, e));
    TRY(fee_agency_find(app->till.fees, agency, clock_today(&cli->clock), &g, e));
    TRY(conf_file_load(cli->arena, str_cstr(cli->arena, file), FILE_BYTES_MAX, &bytes, e));
    TRY(folder_need(&app->till, cli->arena, e));
    TRY(signer_install(str_cstr(cli->arena, receipt_key_path(&app->till, agency, cli->arena)),
                       bytes, password, e));
    (void)printf("receipts of %.*s are signed with it from now on\n", STR_ARG(agency));
    return OK;
}

static result authority_need(struct cli *cli, const struct till *t, const char **path,
                             struct err *e)
{
    const struct signer_sample of = { .common_name = STR("CA " SAMPLE_NAME),
                                      .organisation = STR(SAMPLE_NAME),
                                      .now_ms = clock_now_ms(&cli->clock),
                                      .days = 2LL * SAMPLE_DAYS };
    const char *public_path = str_cstr(cli->arena, t->receipt_trust_file);
    struct str pem;
    FILE *f;

    *path = str_cstr(cli->arena,
                     str_fmt(cli->arena, "%.*s/sample-ca.pem", STR_ARG(t->receipt_keys_dir)));
    if (access(*path, F_OK) != 0)
        TRY(signer_make_authority(*path, &of, e));
    TRY(signer_certificates(*path, cli->arena, &pem, e));
    f = fopen(public_path, "wb");
    if (f == NULL || fwrite(pem.p, 1, pem.n, f) != pem.n || fclose(f) != 0)
        return fail(e, ERR_CONFIG, "%s: not written", public_path);
    return OK;
}

static result sample_need(struct cli *cli, const struct till *t, const struct fee_agency *g,
                          const char *authority, struct err *e)
{
    const char *path = str_cstr(cli->arena, receipt_key_path(t, g->id, cli->arena));
    /* An attribute of a name has 64 letters at most. */
    const struct signer_sample of = { .common_name =
                                          str_fmt(cli->arena, "%.*s, MẪU (sample)", STR_ARG(g->id)),
                                      .organisation = STR(SAMPLE_NAME),
                                      .tax_code = g->tax_code,
                                      .now_ms = clock_now_ms(&cli->clock),
                                      .days = SAMPLE_DAYS };

    return access(path, F_OK) == 0 ? OK : signer_make_sample(path, authority, &of, e);
}

result cmd_receipts_sample(struct cli *cli, struct err *e)
{
    DEFER(stores_close) struct stores stores = { 0 };
    DEFER(app_close) struct app *app = NULL;
    const char *authority;
    struct fee_agency g;

    TRY(cli_open_app(cli, &stores, &app, e));
    if (!str_is(cli->conf.service.national_systems, "simulated"))
        return fail(e, ERR_FORBIDDEN, "sample keys are for simulated installations only");
    TRY(folder_need(&app->till, cli->arena, e));
    TRY(authority_need(cli, &app->till, &authority, e));
    for (size_t i = 0; fee_agency_at(app->till.fees, i, clock_today(&cli->clock), &g); i++)
        TRY(sample_need(cli, &app->till, &g, authority, e));
    return OK;
}

static void judgement_print(struct cli *cli, const struct receipt_judgement *j)
{
    DEFER(json_close) struct json *o = json_object();

    json_put_str(o, "form", j->is_pdf ? STR("pdf") : STR("xml"));
    json_put_bool(o, "issued", j->is_issued);
    json_put_bool(o, "signed", j->is_signed);
    json_put_bool(o, "trusted", j->is_trusted);
    json_put_str(o, "subject", j->subject);
    json_put_str(o, "certificate", j->serial);
    json_put_str(o, "sha256", j->sha256);
    json_put_str(o, "code", j->code);
    if (cli_flag(cli, "--json")) {
        cli_print_json(cli, o);
        return;
    }
    (void)printf("issued here, byte for byte  %s\nsignature                   %s\n"
                 "certificate                 %s\nsigner                      %.*s\n"
                 "SHA-256                     %.*s\n",
                 j->is_issued ? "yes" : "NO", j->is_signed ? "valid" : "NOT VALID",
                 j->is_trusted ? "trusted" : "not of a known authority", STR_ARG(j->subject),
                 STR_ARG(j->sha256));
}

static result judge(struct cli *cli, const struct app *app, struct str bytes, struct err *e)
{
    struct receipt_judgement j;

    TRY(receipt_judge(&app->till, bytes, cli->arena, &j, e));
    judgement_print(cli, &j);
    if (!j.is_issued || !j.is_signed)
        return fail(e, ERR_BAD_SIGNATURE, "not what was issued");
    return OK;
}

result cmd_receipts_verify(struct cli *cli, struct err *e)
{
    DEFER(stores_close) struct stores stores = { 0 };
    DEFER(app_close) struct app *app = NULL;
    struct receipt_paper paper;
    struct str what, bytes;

    TRY(cli_need_word(cli, 0, "FILE or ID", &what, e));
    TRY(cli_open_app(cli, &stores, &app, e));
    if (!str_starts(what, STR("rct_"))) {
        TRY(conf_file_load(cli->arena, str_cstr(cli->arena, what), FILE_BYTES_MAX, &bytes, e));
        return judge(cli, app, bytes, e);
    }
    TRY(receipt_paper_load(&app->till, what, cli->arena, &paper, e));
    if (paper.signed_ms == 0)
        return fail(e, ERR_WRONG_STATE, "its signature is pending: %.*s", STR_ARG(paper.failure));
    TRY(judge(cli, app, paper.bytes[RECEIPT_XML], e));
    return judge(cli, app, paper.bytes[RECEIPT_PDF], e);
}

result cmd_receipts_resend(struct cli *cli, struct err *e)
{
    DEFER(stores_close) struct stores stores = { 0 };
    DEFER(app_close) struct app *app = NULL;
    DEFER(json_close) struct json *o = json_object();
    struct receipt_paper paper;
    struct str id;

    TRY(cli_need_word(cli, 0, "ID", &id, e));
    TRY(cli_open_app(cli, &stores, &app, e));
    TRY(receipt_sign(&app->till, id, cli->arena, e));
    TRY(receipt_paper_load(&app->till, id, cli->arena, &paper, e));
    json_put_str(o, "id", id);
    json_put_str(o, "signed_at", clock_rfc3339(cli->arena, paper.signed_ms));
    json_put_str(o, "signer", paper.signer);
    json_put_str(o, "xml_sha256", paper.sha256[RECEIPT_XML]);
    json_put_str(o, "pdf_sha256", paper.sha256[RECEIPT_PDF]);
    if (cli_flag(cli, "--json"))
        cli_print_json(cli, o);
    else
        (void)printf("signed %.*s by %.*s\n", STR_ARG(clock_rfc3339(cli->arena, paper.signed_ms)),
                     STR_ARG(paper.signer));
    return OK;
}

static result option_need(struct cli *cli, const char *name, struct str *out, struct err *e)
{
    const char *value = cli_option(cli, name, 0);

    if (value == NULL)
        return fail_field(e, ERR_INVALID, name, "%s is missing", name);
    *out = str_c(value);
    return OK;
}

result cmd_receipts_delegate(struct cli *cli, struct err *e)
{
    DEFER(stores_close) struct stores stores = { 0 };
    DEFER(app_close) struct app *app = NULL;
    struct receipt_unit u;

    TRY(cli_need_word(cli, 0, "AGENCY", &u.agency_id, e));
    TRY(cli_need_word(cli, 1, "CLIENT", &u.unit, e));
    TRY(option_need(cli, "--name", &u.name, e));
    TRY(option_need(cli, "--address", &u.address, e));
    TRY(option_need(cli, "--document", &u.document, e));
    TRY(cli_open_app(cli, &stores, &app, e));
    return receipt_unit_put(&app->till, &u, e);
}

static void range_print(struct cli *cli, const struct receipt_range *g, struct json *rows)
{
    struct json *row = json_object();

    json_put_str(row, "agency", g->agency_id);
    json_put_str(row, "unit", g->unit);
    json_put_str(row, "serial", g->serial);
    json_put_int(row, "first", g->first);
    json_put_int(row, "last", g->last);
    json_put_int(row, "used", g->used);
    json_put_int(row, "left", g->left);
    json_put_int(row, "gaps", g->gaps);
    json_add(rows, row);
    if (!cli_flag(cli, "--json"))
        (void)printf("%.*s %.*s %.*s %07lld to %07lld, %lld used, %lld left, %lld missing\n",
                     STR_ARG(g->agency_id), STR_ARG(g->unit.n > 0 ? g->unit : STR("(own)")),
                     STR_ARG(g->serial), (long long)g->first, (long long)g->last,
                     (long long)g->used, (long long)g->left, (long long)g->gaps);
}

result cmd_receipts_range(struct cli *cli, struct err *e)
{
    DEFER(stores_close) struct stores stores = { 0 };
    DEFER(app_close) struct app *app = NULL;
    DEFER(json_close) struct json *rows = json_array();
    struct str agency, unit, text;
    struct receipt_range g;
    int64_t count;

    TRY(cli_need_word(cli, 0, "AGENCY", &agency, e));
    TRY(cli_need_word(cli, 1, "CLIENT", &unit, e));
    TRY(cli_need_word(cli, 2, "COUNT", &text, e));
    if (!str_to_i64(text, &count))
        return fail_field(e, ERR_INVALID, "count", "not a number");
    TRY(cli_open_app(cli, &stores, &app, e));
    TRY(receipt_range_split(&app->till, agency, unit, count, cli->arena, &g, e));
    range_print(cli, &g, rows);
    if (cli_flag(cli, "--json"))
        cli_print_json(cli, rows);
    return OK;
}

result cmd_receipts_ranges(struct cli *cli, struct err *e)
{
    DEFER(stores_close) struct stores stores = { 0 };
    DEFER(app_close) struct app *app = NULL;
    DEFER(json_close) struct json *rows = json_array();
    struct receipt_range *list;
    size_t count;

    TRY(cli_open_app(cli, &stores, &app, e));
    TRY(receipt_range_list(&app->till, clock_today(&cli->clock).y, STR(""), cli->arena, &list,
                           &count, e));
    for (size_t i = 0; i < count; i++)
        range_print(cli, &list[i], rows);
    if (cli_flag(cli, "--json"))
        cli_print_json(cli, rows);
    return OK;
}

static void summary_print(struct cli *cli, const struct receipt_summary *m, struct json *rows)
{
    struct json *row = json_object();

    json_put_str(row, "agency", m->agency_id);
    json_put_str(row, "day", m->day);
    json_put_int(row, "n", m->n);
    json_put_int(row, "lines", m->lines);
    json_put_int(row, "total_vnd", m->total_vnd);
    json_put_str(row, "sha256", m->sha256);
    json_put_bool(row, "signed", m->signed_ms > 0);
    json_put_int(row, "handed_over", m->tries);
    json_put_str(row, "confirmed_by", m->acked_by);
    json_add(rows, row);
    if (!cli_flag(cli, "--json"))
        (void)printf("%.*s %.*s %lld: %lld lines, %lld VND, %s, handed over %lld times, %s%.*s\n",
                     STR_ARG(m->agency_id), STR_ARG(m->day), (long long)m->n, (long long)m->lines,
                     (long long)m->total_vnd, m->signed_ms > 0 ? "signed" : "NOT SIGNED",
                     (long long)m->tries, m->acked_ms > 0 ? "confirmed by " : "open",
                     STR_ARG(m->acked_by));
}

static result summary_make_all(struct cli *cli, const struct app *app, struct date day,
                               struct err *e)
{
    struct fee_agency g;

    for (size_t i = 0; fee_agency_at(app->till.fees, i, day, &g); i++) {
        bool made = true;

        while (made)
            TRY(receipt_summary_make(&app->till, g.id, day, cli->arena, &made, e));
    }
    return OK;
}

static result day_read(struct cli *cli, struct date *day, struct err *e)
{
    const char *text = cli_option(cli, "--date", 0);

    *day = clock_today(&cli->clock);
    if (text != NULL && (!date_read(str_c(text), day) || !date_is_valid(*day)))
        return fail_field(e, ERR_INVALID, "date", "not a date yyyy-mm-dd");
    return OK;
}

result cmd_receipts_summary(struct cli *cli, struct err *e)
{
    DEFER(stores_close) struct stores stores = { 0 };
    DEFER(app_close) struct app *app = NULL;
    DEFER(json_close) struct json *rows = json_array();
    struct receipt_summary *list;
    struct date day;
    size_t count;

    TRY(day_read(cli, &day, e));
    TRY(cli_open_app(cli, &stores, &app, e));
    if (cli_flag(cli, "--make"))
        TRY(summary_make_all(cli, app, day, e));
    TRY(receipt_summary_list(&app->till, day, cli->arena, &list, &count, e));
    for (size_t i = 0; i < count; i++)
        summary_print(cli, &list[i], rows);
    if (cli_flag(cli, "--json"))
        cli_print_json(cli, rows);
    return OK;
}

static result summary_find(struct cli *cli, const struct app *app, struct receipt_summary *out,
                           struct err *e)
{
    struct str agency, text;
    struct date day;
    int64_t n;

    TRY(cli_need_word(cli, 0, "AGENCY", &agency, e));
    TRY(cli_need_word(cli, 1, "N", &text, e));
    TRY(day_read(cli, &day, e));
    if (!str_to_i64(text, &n))
        return fail_field(e, ERR_INVALID, "n", "not a number");
    return receipt_summary_load(&app->till, agency, day, n, cli->arena, out, e);
}

/* The file goes to standard output, and that counts as handing it over. */
result cmd_receipts_report(struct cli *cli, struct err *e)
{
    DEFER(stores_close) struct stores stores = { 0 };
    DEFER(app_close) struct app *app = NULL;
    const char *form = cli_option(cli, "--form", 0);
    struct receipt_summary m;
    struct str file;

    TRY(cli_open_app(cli, &stores, &app, e));
    TRY(summary_find(cli, app, &m, e));
    file = m.xml;
    if (form != NULL && strcmp(form, "csv") == 0)
        TRY(receipt_summary_csv(&app->till, &m, cli->arena, &file, e));
    else if (form != NULL && strcmp(form, "xlsx") == 0)
        TRY(receipt_summary_xlsx(&app->till, &m, cli->arena, &file, e));
    else if (form != NULL && strcmp(form, "xml") != 0)
        return fail_field(e, ERR_INVALID, "form", "xml, csv or xlsx");
    TRY(receipt_summary_sent(&app->till, &m, e));
    cli_print(file);
    return OK;
}

result cmd_receipts_confirm(struct cli *cli, struct err *e)
{
    DEFER(stores_close) struct stores stores = { 0 };
    DEFER(app_close) struct app *app = NULL;
    struct receipt_summary m;
    struct str by;

    TRY(option_need(cli, "--by", &by, e));
    TRY(cli_open_app(cli, &stores, &app, e));
    TRY(summary_find(cli, app, &m, e));
    return receipt_summary_ack(&app->till, &m, by, e);
}
