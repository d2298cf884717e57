/* People: what is kept about one, ending that person's sessions, keeping one from signing in. */
#include <stdio.h>

#include "auth/account.h"
#include "auth/consent.h"
#include "auth/history.h"
#include "auth/session_rows.h"
#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
#include "cli/cli.h"

#define LINE_BYTES 100
#define PAGES_MAX  2000

/* Not an argument: those are in the shell's history and in the list of processes. */
result cmd_person_find(struct cli *cli, struct err *e)
{
    DEFER(stores_close) struct stores stores = { 0 };
    DEFER(app_close) struct app *app = NULL;
    char line[LINE_BYTES];
    struct str id;

    TRY(cli_open_app(cli, &stores, &app, e));
    if (fgets(line, sizeof(line), stdin) == NULL)
        return fail_field(e, ERR_INVALID, "number", "nothing on standard input");
    TRY(account_by_number(&app->auth, cli->arena, str_trim(str_c(line)), &id, e));
    cli_print(id);
    cli_print(STR("\n"));
    return OK;
}

static void put_time(struct cli *cli, struct json *o, const char *name, int64_t ms)
{
    if (ms > 0)
        json_put_str(o, name, clock_rfc3339(cli->arena, ms));
}

static void put_text(struct json *o, const char *name, struct str text)
{
    if (text.n > 0)
        json_put_str(o, name, text);
}

static void put_account(struct cli *cli, struct json *o, const struct account *acc)
{
    const struct vneid_claims *p = &acc->profile;

    json_put_str(o, "account", acc->id);
    json_put_int(o, "kind", (int64_t)acc->kind);
    json_put_int(o, "level", acc->level);
    put_text(o, "name", p->name);
    put_text(o, "number", p->number);
    put_text(o, "old_card", p->old_card);
    put_text(o, "passport", p->passport);
    if (p->birth.y > 0)
        json_put_str(o, "birth", date_iso(cli->arena, p->birth));
    put_text(o, "sex", p->sex);
    put_text(o, "address", p->address);
    put_text(o, "email", p->email);
    put_text(o, "phone", p->phone);
    put_text(o, "nationality", p->nationality);
    put_text(o, "insurance", p->insurance);
    put_text(o, "tax_code", p->tax_code);
    put_text(o, "business_name", p->business_name);
    put_text(o, "business_code", p->business_code);
    put_text(o, "more", p->standard);
    json_put_bool(o, "confirmed_by_register", acc->checked);
    put_time(cli, o, "asked_register_at", acc->checked_ms);
    put_time(cli, o, "first_sign_in", acc->created_ms);
    put_time(cli, o, "last_sign_in", acc->updated_ms);
    put_time(cli, o, "blocked_since", acc->blocked_ms);
}

static result put_sessions(struct cli *cli, struct auth *au, struct str account, struct json *o,
                           struct err *e)
{
    struct json *list = json_array();
    struct session_row *rows;
    size_t count;

    json_put(o, "sessions", list);
    TRY(session_list(au, cli->arena, account, &rows, &count, e));
    for (size_t i = 0; i < count; i++) {
        struct json *row = json_object(), *portals = json_array();

        json_add(list, row);
        put_text(row, "agent", rows[i].agent);
        put_time(cli, row, "since", rows[i].created_ms);
        put_time(cli, row, "last_used", rows[i].seen_ms);
        json_put(row, "portals", portals);
        for (size_t n = 0; n < rows[i].client_count; n++)
            json_add_str(portals, rows[i].clients[n].client_id);
    }
    return OK;
}

static result put_consents(struct cli *cli, struct auth *au, struct str account, struct json *o,
                           struct err *e)
{
    struct json *list = json_array();
    struct consent *rows;
    size_t count;

    json_put(o, "consents", list);
    TRY(consent_list(au, cli->arena, account, &rows, &count, e));
    for (size_t i = 0; i < count; i++) {
        struct json *row = json_object();

        json_add(list, row);
        json_put_str(row, "portal", rows[i].client_id);
        json_put_str(row, "scopes", rows[i].scopes);
        put_text(row, "claims", rows[i].claims);
        put_time(cli, row, "agreed", rows[i].agreed_ms);
        put_time(cli, row, "until", rows[i].expires_ms);
    }
    return OK;
}

static void put_event(struct cli *cli, struct json *list, const struct history_row *h)
{
    struct json *row = json_object();

    json_add(list, row);
    put_time(cli, row, "at", h->at_ms);
    json_put_str(row, "what", str_c(history_kind_name(h->kind)));
    put_text(row, "portal", h->client_id);
    put_text(row, "agent", h->agent);
    put_text(row, "ip", h->ip);
    put_text(row, "why", h->why);
    put_text(row, "purpose", h->purpose);
    put_text(row, "outcome", h->outcome);
}

/* Every page of one of the two histories. */
static result put_history(struct cli *cli, struct auth *au, const struct account *acc,
                          bool registers, struct json *o, struct err *e)
{
    struct json *list = json_array();
    struct str mark = STR("");

    json_put(o, registers ? "asked_registers" : "sign_ins", list);
    for (int page = 0; page < PAGES_MAX; page++) {
        struct history h;

        TRY(registers ? history_registers(au, cli->arena, acc, mark, &h, e)
                      : history_sign_ins(au, cli->arena, acc->id, mark, &h, e));
        for (size_t i = 0; i < h.count; i++)
            put_event(cli, list, &h.rows[i]);
        mark = h.next;
        if (mark.n == 0)
            break;
    }
    return OK;
}

/* It is in the audit log before anything is printed. */
result cmd_person_export(struct cli *cli, struct err *e)
{
    DEFER(stores_close) struct stores stores = { 0 };
    DEFER(app_close) struct app *app = NULL;
    DEFER(json_close) struct json *o = json_object();
    const struct visit v = cli_visit(cli);
    struct account acc;
    struct str id;

    TRY(cli_need_word(cli, 0, "ACCOUNT", &id, e));
    TRY(cli_open_app(cli, &stores, &app, e));
    TRY(account_load(&app->auth, cli->arena, id, &acc, e));
    put_account(cli, o, &acc);
    TRY(put_sessions(cli, &app->auth, id, o, e));
    TRY(put_consents(cli, &app->auth, id, o, e));
    TRY(put_history(cli, &app->auth, &acc, false, o, e));
    TRY(put_history(cli, &app->auth, &acc, true, o, e));
    TRY(auth_audit(&app->auth, &v, STR("system"), "person.export", id, NULL, e));
    cli_print(json_print(cli->arena, o));
    cli_print(STR("\n"));
    return OK;
}

result cmd_person_sign_out(struct cli *cli, struct err *e)
{
    DEFER(stores_close) struct stores stores = { 0 };
    DEFER(app_close) struct app *app = NULL;
    const struct visit v = cli_visit(cli);
    struct account acc;
    struct str id;
    int64_t count;

    TRY(cli_need_word(cli, 0, "ACCOUNT", &id, e));
    TRY(cli_open_app(cli, &stores, &app, e));
    TRY(account_load(&app->auth, cli->arena, id, &acc, e));
    TRY(session_end_all(&app->auth, &v, id, STR(""), SESSION_STAFF, STR("system"), &count, e));
    (void)printf("%lld ended\n", (long long)count);
    return OK;
}

static result block(struct cli *cli, bool blocks, struct err *e)
{
    DEFER(stores_close) struct stores stores = { 0 };
    DEFER(app_close) struct app *app = NULL;
    const struct visit v = cli_visit(cli);
    struct str id;

    TRY(cli_need_word(cli, 0, "ACCOUNT", &id, e));
    TRY(cli_open_app(cli, &stores, &app, e));
    TRY(blocks ? account_block(&app->auth, &v, id, STR("system"), e)
               : account_unblock(&app->auth, &v, id, STR("system"), e));
    (void)printf("%s\n", blocks ? "blocked" : "unblocked");
    return OK;
}

result cmd_person_block(struct cli *cli, struct err *e)
{
    return block(cli, true, e);
}

result cmd_person_unblock(struct cli *cli, struct err *e)
{
    return block(cli, false, e);
}
