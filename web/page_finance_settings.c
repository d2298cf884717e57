/* What the workplace works by, to read: sources, calendars, chart of accounts, roles, limits. */
#include "base/err.h"
#include "base/json.h"
#include "base/money.h"
#include "base/str.h"
#include "finance/source.h"
#include "payments/ledger.h"
#include "web/officer.h"
#include "web/view.h"

#define HOUR_S     3600
#define DAYS_SHOWN 12

static struct str time_text(struct ctx *c, int64_t s)
{
    return str_fmt(c->arena, "%02d:%02d", (int)(s / HOUR_S), (int)(s % HOUR_S / 60));
}

static struct str deadline_text(struct ctx *c, const struct source *s)
{
    const struct str parts[] = { str_i64(c->arena, s->deadline_days), time_text(c, s->deadline_s) };

    return view_fill(c, "office.deadline_at", parts, LEN(parts));
}

static struct json *source_json(struct ctx *c, const struct source *s)
{
    static const char *const ways[] = { "office.by_hand", "office.https", "office.sftp" };
    struct json *o = json_object();

    json_put_str(o, "name", view_either(c, s->name_vi, s->name_en));
    json_put_str(o, "id", s->id);
    json_put_str(o, "role", officer_text(c, "office.role.", str_c(source_role_name(s->role))));
    json_put_str(o, "key",
                 str_fmt(c->arena, "%.*s · %.*s", STR_ARG(s->provider), STR_ARG(s->account)));
    json_put_str(o, "form", str_c(settlement_form_name(s->form)));
    json_put_str(o, "cut_off", time_text(c, s->cut_off_s));
    json_put_str(o, "deadline", deadline_text(c, s));
    json_put_str(o, "calendar", view_either(c, s->calendar->name_vi, s->calendar->name_en));
    json_put_str(o, "way",
                 view_text(c, s->watch_dir != NULL ? "office.folder" : ways[s->fetch.way]));
    json_put_bool(o, "signed", s->alg != SOURCE_UNSIGNED);
    json_put_str(o, "since", date_vn(c->arena, s->from));
    return o;
}

static void put_sources(struct ctx *c, struct json *data)
{
    const struct date today = clock_local(c->now_ms).date;
    struct json *rows = json_array();
    const struct source *s;

    for (size_t i = 0; (s = source_each(c->app->office.sources, today, i)) != NULL; i++)
        json_add(rows, source_json(c, s));
    json_put(data, "sources", rows);
}

static struct json *day_json(struct ctx *c, const struct calendar_day *d)
{
    struct json *o = json_object();

    json_put_str(o, "date", date_vn(c->arena, d->date));
    json_put_str(o, "name", view_either(c, d->name_vi, d->name_en));
    json_put_bool(o, "work", d->work);
    json_put_str(o, "basis", d->basis);
    return o;
}

/* The next special days of each calendar. */
static void put_calendars(struct ctx *c, struct json *data)
{
    const struct source_book *book = c->app->office.sources;
    const struct date today = clock_local(c->now_ms).date;
    struct json *rows = json_array();

    for (size_t i = 1; i < book->calendar_count; i++) {
        const struct calendar *k = &book->calendars[i];
        struct json *o = json_object(), *days = json_array();

        json_put_str(o, "calendar", view_either(c, k->name_vi, k->name_en));
        for (size_t d = 0; d < k->day_count && json_count(days) < DAYS_SHOWN; d++)
            if (date_cmp(k->days[d].date, today) >= 0)
                json_add(days, day_json(c, &k->days[d]));
        json_put(o, "days", days);
        json_add(rows, o);
    }
    json_put(data, "calendars", rows);
}

static void put_accounts(struct ctx *c, struct json *data)
{
    static const int accounts[] = {
#define ACCOUNT(code, side, name) code,
#include "payments/account.def"
#undef ACCOUNT
    };
    struct json *rows = json_array();

    for (size_t i = 0; i < LEN(accounts); i++) {
        const struct str code = str_i64(c->arena, accounts[i]);
        struct json *o = json_object();

        json_put_str(o, "code", code);
        json_put_str(o, "name", officer_text(c, "ledger.account.", code));
        json_add(rows, o);
    }
    json_put(data, "accounts", rows);
}

/* Each role with what it may approve and whether it sees personal data. */
static void put_roles(struct ctx *c, struct json *data)
{
    const struct conf *conf = &c->app->conf;
    struct json *rows = json_array();
    enum staff_role sees = STAFF_ROLE_COUNT;

    (void)staff_role_find(conf->finance.personal_role, &sees);
    for (int role = 0; role < STAFF_ROLE_COUNT; role++) {
        const int64_t limit_vnd = role >= STAFF_APPROVER    ? conf->payments.approve_approver_vnd
                                  : role == STAFF_TREASURER ? conf->payments.approve_treasurer_vnd
                                                            : 0;
        const struct str name = str_c(staff_role_name((enum staff_role)role));
        struct json *o = json_object();

        json_put_str(o, "role", officer_text(c, "staff.role.", name));
        json_put_str(o, "may", officer_text(c, "office.may.", name));
        json_put_str(o, "limit", limit_vnd > 0 ? money_print(c->arena, limit_vnd) : STR("–"));
        json_put_str(o, "personal",
                     view_text(c, role >= (int)sees            ? "office.personal_always"
                                  : role >= (int)STAFF_OFFICER ? "office.personal_one"
                                                               : "office.personal_never"));
        json_put_str(o, "idle",
                     str_i64(c->arena, (role == STAFF_ADMINISTRATOR ? conf->auth.staff_admin_idle_s
                                                                    : conf->auth.staff_idle_s) /
                                           60));
        json_add(rows, o);
    }
    json_put(data, "roles", rows);
}

/* GET /finance/settings */
result page_finance_settings(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    DEFER(json_close) struct json *data = json_object();

    put_sources(c, data);
    put_calendars(c, data);
    put_accounts(c, data);
    put_roles(c, data);
    json_put_bool(data, "administrator", c->staff.role == STAFF_ADMINISTRATOR);
    officer_put_tabs(c, data, "settings");
    return view_page(c, rq, rs, "finance_settings", "nav.settings", data, e);
}
