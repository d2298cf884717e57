#include "web/proposal_text.h"

#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
#include "payments/channel.h"
#include "payments/fee_table.h"
#include "payments/ledger.h"
#include "payments/refund_rules.h"
#include "web/officer.h"
#include "web/view.h"

#define DEPTH_SHOWN   4
#define MEMBERS_MOST  200
#define STR_WAS       STR(" | was")
#define ACCOUNT_LEAST 1000
#define ISO_DAY_BYTES 10 /* as content has them; 23/11/2026 is left as it is */

/* What differs between two fee tables is told apart from the rest. */
static const char *const diff_lists[] = { "added", "changed", "removed" };
static const char *const diff_flags[] = { "has_added", "has_changed", "has_removed" };

static struct str member_text(struct ctx *c, struct str name)
{
    const struct str key = str_cat(c->arena, STR("proposal.member."), name);
    struct str text;

    return catalog_find(view_catalog(c), key, &text) ? text : name;
}

static struct str reason_text(struct ctx *c, struct str code)
{
    struct refund_reason r;

    if (!refund_reason_find(c->app->till.refunds, code, clock_local(c->now_ms).date, &r))
        return code;
    return view_either(c, r.name_vi, r.name_en);
}

static struct str fee_text(struct ctx *c, struct str code)
{
    const struct fee_name *f = fee_name_find(fee_rows_of(c->app->fees), code);

    return f != NULL ? view_either(c, f->name_vi, f->name_en) : code;
}

/* Codes of members that have words: "bank" is "Bank transfer". */
static struct str word_of(struct ctx *c, struct str name, struct str value)
{
    const struct channel *channel = channel_find(value);
    struct date day;

    if (value.n == ISO_DAY_BYTES && date_read(value, &day))
        return date_vn(c->arena, day);
    if (str_starts(value, STR("staff:")))
        return officer_who(c, value);
    if (str_is(name, "channel") && channel != NULL)
        return view_text(c, channel->text);
    if (str_is(name, "route"))
        return officer_text(c, "refund.route.", value);
    if (str_is(name, "class"))
        return officer_text(c, "match.", value);
    if (str_is(name, "action"))
        return officer_text(c, "action.", value);
    if (str_is(name, "fee"))
        return fee_text(c, value);
    if (str_is(name, "verdict"))
        return officer_text(c, "finance.verdict_text.", value);
    if (str_is(name, "fault"))
        return officer_text(c, "receipts.fault.", value);
    if (str_is(name, "reason"))
        return reason_text(c, value);
    return value;
}

static struct str account_text(struct ctx *c, int64_t account)
{
    if (account == POSTING_NONE)
        return STR("");
    if (account == POSTING_PARTS)
        return view_text(c, "proposal.posting.parts");
    return str_fmt(c->arena, "%lld %.*s", (long long)account,
                   STR_ARG(officer_text(c, "ledger.account.", str_i64(c->arena, account))));
}

static struct str money_text(struct ctx *c, int64_t vnd)
{
    DEFER(json_close) struct json *o = json_object();
    struct str s;

    view_put_money(c, o, "v", vnd);
    return json_str(json_member(o, "v"), &s) ? str_dup(c->arena, s) : STR("");
}

static struct str value_text(struct ctx *c, struct str name, const struct json *v)
{
    struct str s;
    int64_t n;
    bool b;

    if (json_str(v, &s))
        return word_of(c, name, s);
    if (json_int(v, &n)) {
        if (str_ends(name, STR("_vnd")))
            return money_text(c, n);
        return str_is(name, "account") && n >= ACCOUNT_LEAST ? account_text(c, n)
                                                             : str_i64(c->arena, n);
    }
    return json_bool(v, &b) ? view_text(c, b ? "proposal.yes" : "proposal.no") : STR("");
}

static void row_put(struct ctx *c, struct json *rows, struct str shown, struct str name,
                    const struct json *v)
{
    const struct str text = value_text(c, name, v);
    struct json *row;

    if (text.n == 0 || json_count(rows) >= MEMBERS_MOST)
        return;
    row = json_object();
    json_put_str(row, "name", shown);
    json_put_str(row, "value", text);
    json_add(rows, row);
}

/* Members as they are; those of members, and the items of lists, by their path. */
static bool is_diff(struct str member)
{
    for (size_t i = 0; i < LEN(diff_lists); i++)
        if (str_is(member, diff_lists[i]))
            return true;
    return false;
}

static void content_put(struct ctx *c, struct json *rows, struct str path, struct str name,
                        const struct json *v, int depth)
{
    struct str member;
    struct json *value;

    if (depth == 0)
        return;
    if (!json_is_object(v) && !json_is_array(v)) {
        row_put(c, rows, path, name, v);
        return;
    }
    for (size_t i = 0; json_is_array(v) && i < json_count(v); i++)
        content_put(c, rows, str_fmt(c->arena, "%.*s %zu", STR_ARG(path), i + 1), name,
                    json_at(v, i), depth - 1);
    for (size_t i = 0; json_is_object(v) && json_each(v, i, &member, &value); i++) {
        const struct str text = member_text(c, member);

        if (is_diff(member) || str_is(member, "postings"))
            continue; /* shown apart */
        content_put(c, rows,
                    path.n > 0 ? str_fmt(c->arena, "%.*s · %.*s", STR_ARG(path), STR_ARG(text))
                               : text,
                    member, value, depth - 1);
    }
}

/* "rule x (from ..): as it will be | was (..): as it is", in two parts. */
static struct json *diff_row(struct str line)
{
    struct json *row = json_object();
    size_t at;

    for (at = 0; at + STR_WAS.n <= line.n; at++)
        if (str_starts(str_from(line, at), STR_WAS))
            break;
    if (at + STR_WAS.n > line.n) {
        json_put_str(row, "text", line);
        return row;
    }
    json_put_str(row, "text", str_sub(line, 0, at));
    json_put_str(row, "was", str_from(line, at + STR_WAS.n));
    return row;
}

static void diff_put(struct json *data, const struct json *content)
{
    struct json *diff = json_object();

    json_put(data, "diff", diff);
    for (size_t i = 0; i < LEN(diff_lists); i++) {
        const struct json *from = json_member(content, diff_lists[i]);
        struct json *rows = json_array();
        struct str line;

        for (size_t k = 0; json_is_array(from) && k < json_count(from); k++)
            if (json_str(json_at(from, k), &line))
                json_add(rows, diff_row(line));
        json_put(diff, diff_lists[i], rows);
        json_put_bool(diff, diff_flags[i], json_count(rows) > 0);
    }
}

void posting_put(struct ctx *c, struct json *rows, const char *when, int64_t debit, int64_t credit,
                 int64_t vnd)
{
    struct json *row = json_object();

    json_put_str(row, "when", officer_text(c, "proposal.posting.", str_c(when)));
    json_put_str(row, "debit", account_text(c, debit));
    json_put_str(row, "credit", account_text(c, credit));
    view_put_money(c, row, "amount", vnd);
    json_add(rows, row);
}

static int64_t number_of(const struct json *o, const char *name)
{
    int64_t n = 0;

    (void)json_int(json_member(o, name), &n);
    return n;
}

static struct str text_of(const struct json *o, const char *name)
{
    struct str s;

    return json_str(json_member(o, name), &s) ? s : STR("");
}

/* J8, then J8a or J8R. */
static void reversal_postings(struct ctx *c, struct json *rows, const struct json *content)
{
    const struct channel *channel = channel_find(text_of(content, "channel"));
    const int64_t vnd = number_of(content, "amount_vnd");

    if (channel == NULL)
        return;
    posting_put(c, rows, "done", LEDGER_1180, channel->account, vnd);
    posting_put(c, rows, "approved", POSTING_PARTS, LEDGER_1180, vnd);
    posting_put(c, rows, "rejected", channel->account, LEDGER_1180, vnd);
}

/* J5, then J6 when it was paid, or J5R. */
static void refund_postings(struct ctx *c, struct json *rows, const struct json *content)
{
    const struct json *parts = json_member(content, "parts");
    const int64_t from =
        str_is(text_of(content, "route"), "treasury") ? LEDGER_1150 : number_of(content, "account");

    for (size_t i = 0; json_is_array(parts) && i < json_count(parts); i++)
        posting_put(c, rows, "done", number_of(json_at(parts, i), "account"), LEDGER_2140,
                    number_of(json_at(parts, i), "amount_vnd"));
    posting_put(c, rows, "paid", LEDGER_2140, from, number_of(content, "amount_vnd"));
    for (size_t i = 0; json_is_array(parts) && i < json_count(parts); i++)
        posting_put(c, rows, "rejected", LEDGER_2140, number_of(json_at(parts, i), "account"),
                    number_of(json_at(parts, i), "amount_vnd"));
}

/* They are part of what is decided on, as the rehearsal made them. */
static void exception_postings(struct ctx *c, struct json *rows, const struct json *content)
{
    const struct json *list = json_member(content, "postings");

    for (size_t i = 0; i < json_count(list); i++) {
        const struct json *one = json_at(list, i);
        const int64_t account = number_of(one, "account");
        const bool debit = str_is(text_of(one, "side"), "debit");

        posting_put(c, rows, "approved", debit ? account : POSTING_NONE,
                    debit ? POSTING_NONE : account, number_of(one, "amount_vnd"));
    }
}

/* J4 to the treasury, J4b to the body; the slip's lines tell the parts. */
static void word_postings(struct ctx *c, struct json *rows, const struct json *content)
{
    const int64_t vnd = number_of(content, "amount_vnd");
    const int64_t retained_vnd = number_of(content, "retained_vnd");

    if (vnd > 0)
        posting_put(c, rows, "approved", POSTING_PARTS, LEDGER_1120, vnd);
    if (retained_vnd > 0)
        posting_put(c, rows, "approved", LEDGER_2130, LEDGER_1120, retained_vnd);
}

static struct str link_of(struct ctx *c, const struct proposal *p, const struct json *content)
{
    switch (p->kind) {
    case PROPOSAL_REFUND:
        return str_cat(c->arena, STR("/finance/refunds/"), p->subject);
    case PROPOSAL_REVERSAL:
        return str_cat(c->arena, STR("/finance/orders/"), text_of(content, "order"));
    case PROPOSAL_RECEIPT_NOTICE:
    case PROPOSAL_RECEIPT_REPLACEMENT:
        return str_cat(c->arena, STR("/finance/receipts/"), p->subject);
    case PROPOSAL_EXCEPTION:
        return str_cat(c->arena, STR("/finance/exceptions/"), p->subject);
    case PROPOSAL_FEE_TABLE:
        return STR("/finance/fees");
    case PROPOSAL_REMITTANCE:
    case PROPOSAL_REMITTANCE_WORD:
        return str_cat(c->arena, STR("/finance/remittances/"), p->subject);
    case PROPOSAL_RUN_CLOSE:
    case PROPOSAL_RUN_REOPEN:
        return str_fmt(c->arena, "/finance/days/%.*s/%.*s", STR_ARG(text_of(content, "source")),
                       STR_ARG(text_of(content, "day")));
    case PROPOSAL_FILE_RELEASE: /* "file:7" */
        return str_cat(c->arena, STR("/finance/files/"), str_from(p->subject, STR("file:").n));
    default:
        return STR("");
    }
}

struct str proposal_subject(struct ctx *c, const struct proposal *p)
{
    DEFER(json_close) struct json *content = NULL;
    struct str name = STR("");
    struct date day;

    if (json_read(p->content, &content, NULL).failed)
        return p->subject;
    if (p->kind == PROPOSAL_FILE_RELEASE)
        name = text_of(content, "file");
    else if (p->kind == PROPOSAL_REMITTANCE)
        name = text_of(content, "number");
    else if (date_read(text_of(content, "day"), &day) &&
             (p->kind == PROPOSAL_RUN_CLOSE || p->kind == PROPOSAL_RUN_REOPEN))
        return str_fmt(c->arena, "%.*s, %.*s", STR_ARG(text_of(content, "source")),
                       STR_ARG(date_vn(c->arena, day)));
    return name.n > 0 ? str_dup(c->arena, name) : p->subject;
}

result proposal_put(struct ctx *c, struct json *data, const struct proposal *p, struct err *e)
{
    DEFER(json_close) struct json *content = NULL;
    struct json *rows = json_array(), *postings = json_array();

    json_put(data, "content", rows);
    json_put(data, "postings", postings);
    TRY(json_read(p->content, &content, e));
    json_put_str(data, "link", link_of(c, p, content));
    if (p->kind == PROPOSAL_REVERSAL)
        reversal_postings(c, postings, content);
    if (p->kind == PROPOSAL_REFUND)
        refund_postings(c, postings, content);
    if (p->kind == PROPOSAL_EXCEPTION)
        exception_postings(c, postings, content);
    if (p->kind == PROPOSAL_REMITTANCE_WORD)
        word_postings(c, postings, content);
    json_put_bool(data, "moves_money", json_count(postings) > 0);
    if (p->kind == PROPOSAL_FEE_TABLE)
        diff_put(data, content);
    content_put(c, rows, STR(""), STR(""), content, DEPTH_SHOWN);
    return OK;
}
