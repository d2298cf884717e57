/*
 * Attacker: whoever writes a table, or a map of one. Promised: a cell is read as the map says or
 * its row is wrong; amounts are exact; no cell takes long, whatever its expression is (the bounds
 * are csv_form_read's). Deliberately not done: guessing what a cell could have meant.
 */
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/limits.h"
#include "base/money.h"
#include "base/str.h"
#include "base/utf8.h"
#include "recon/csv_form.h"

#define GROUPS 2

struct csv_cells {
    const struct csv_form *f;
    struct arena *a; /* of one row */
    struct csv_layout at;
    regex_t expressions[CSV_ROLES];
    bool compiled[CSV_ROLES];
};

static bool has_column(const struct csv_form *f, int role)
{
    return f->rules[role].column.header.n > 0 || f->rules[role].column.position > 0;
}

result csv_cells_open(const struct csv_form *f, struct csv_cells **out, struct err *e)
{
    struct csv_cells *c = calloc(1, sizeof(*c));
    char text[CSV_REGEX_BYTES + 1];

    must(c != NULL);
    *out = c;
    c->f = f;
    c->a = arena_open((size_t)CSV_ROLES * CSV_CELL_BYTES * 8);
    for (int i = 0; i < CSV_ROLES; i++) {
        struct str s = f->rules[i].regex;

        if (s.n == 0)
            continue;
        memcpy(text, s.p, s.n);
        text[s.n] = '\0';
        if (regcomp(&c->expressions[i], text, REG_EXTENDED) != 0)
            return fail_field(e, ERR_INVALID, "regex", "not a regular expression");
        c->compiled[i] = true;
    }
    return OK;
}

void csv_cells_close(struct csv_cells **c)
{
    if (*c == NULL)
        return;
    for (int i = 0; i < CSV_ROLES; i++)
        if ((*c)->compiled[i])
            regfree(&(*c)->expressions[i]);
    arena_close(&(*c)->a);
    free(*c);
    *c = NULL;
}

result csv_cells_layout(struct csv_cells *c, const struct csv_row *header, struct err *e)
{
    struct csv_map map = { .no_header = c->f->no_header };
    struct csv_layout named;

    for (int i = 0; i < CSV_ROLES; i++)
        map.columns[i] = c->f->rules[i].column;
    TRY(csv_layout_named(&map, header, &named, e));
    c->at = named;
    return OK;
}

const char *csv_why_text(enum csv_why why)
{
    static const char *const texts[] = {
        "",
#define CSV_WHY(name, text) text,
#include "recon/csv_why.def"
#undef CSV_WHY
    };

    return texts[why];
}

const char *csv_why_name(enum csv_why why)
{
    static const char *const names[] = {
        "",
#define CSV_WHY(name, text) #name,
#include "recon/csv_why.def"
#undef CSV_WHY
    };

    return names[why];
}

struct cell {
    struct csv_cells *c;
    enum csv_role role;
    struct str s;
    enum csv_why why;
};

static bool refuse(struct cell *c, enum csv_why why)
{
    c->why = why;
    return false;
}

static bool is_word(const struct csv_words *w, struct str s)
{
    for (size_t i = 0; i < w->count; i++)
        if (str_eq(w->list[i], s))
            return true;
    return false;
}

static bool group_take(struct cell *c)
{
    const regex_t *expression = &c->c->expressions[c->role];
    const char *text = str_cstr(c->c->a, c->s);
    regmatch_t at[GROUPS];
    size_t k;

    if (regexec(expression, text, GROUPS, at, 0) != 0)
        return refuse(c, CSV_WHY_REGEX);
    k = expression->re_nsub > 0 ? 1 : 0;
    c->s =
        at[k].rm_so < 0 ? STR("") : str_of(text + at[k].rm_so, (size_t)(at[k].rm_eo - at[k].rm_so));
    return utf8_is_valid(c->s) || refuse(c, CSV_WHY_LETTER);
}

/* A line that was broken within its cell. */
static struct str on_one_line(struct arena *a, struct str s)
{
    char *out = NULL;

    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] != '\r' && s.p[i] != '\n' && s.p[i] != '\t')
            continue;
        out = out != NULL ? out : arena_copy(a, s.p, s.n);
        out[i] = ' ';
    }
    return out != NULL ? str_of(out, s.n) : s;
}

static bool code_read(struct cell *c)
{
    const struct csv_rule *rule = &c->c->f->rules[c->role];

    for (size_t i = 0; i < rule->code_count; i++) {
        if (str_eq(rule->codes[i].written, c->s)) {
            c->s = rule->codes[i].meant;
            return true;
        }
    }
    return refuse(c, CSV_WHY_CODE);
}

static bool text_make(struct cell *c)
{
    const struct csv_rule *rule = &c->c->f->rules[c->role];

    if (c->s.n > CSV_CELL_BYTES)
        return refuse(c, CSV_WHY_LONG);
    c->s = on_one_line(c->c->a, c->s);
    if (!utf8_is_text(c->s))
        return refuse(c, CSV_WHY_CONTROL);
    if (!rule->keep_space)
        c->s = str_trim(c->s);
    if (is_word(&rule->skip, c->s))
        c->s = STR("");
    if (c->s.n > 0 && c->c->compiled[c->role] && !group_take(c))
        return false;
    if (rule->letters != CSV_AS_IS)
        c->s = rule->letters == CSV_UPPER ? str_upper(c->c->a, c->s) : str_lower(c->c->a, c->s);
    if (c->s.n > 0 && rule->code_count > 0 && !code_read(c))
        return false;
    if (c->s.n == 0)
        c->s = rule->fallback;
    return true;
}

/* Digits between `thousands`, in threes behind the first. */
static bool whole_read(struct str s, char thousands, int64_t *n)
{
    size_t in_group = 0, groups = 0;

    *n = 0;
    for (size_t i = 0; i < s.n; i++) {
        if (thousands != '\0' && s.p[i] == thousands) {
            if (in_group == 0 || in_group > 3 || (groups > 0 && in_group != 3))
                return false;
            groups++;
            in_group = 0;
            continue;
        }
        if (s.p[i] < '0' || s.p[i] > '9' || *n > MONEY_MAX_VND)
            return false;
        *n = *n * 10 + (s.p[i] - '0');
        in_group++;
    }
    return in_group > 0 && (groups == 0 || in_group == 3) && *n <= MONEY_MAX_VND;
}

/* n, with `digits` behind the mark, times factor by divisor; false: not whole, or too large. */
static bool scaled(int64_t n, struct str digits, const struct csv_rule *rule, int64_t *vnd)
{
    int64_t by = rule->divisor;

    while (digits.n > 0 && digits.p[digits.n - 1] == '0')
        digits.n--;
    for (size_t i = 0; i < digits.n; i++)
        if (digits.p[i] < '0' || digits.p[i] > '9' || __builtin_mul_overflow(n, (int64_t)10, &n) ||
            __builtin_add_overflow(n, (int64_t)(digits.p[i] - '0'), &n) ||
            __builtin_mul_overflow(by, (int64_t)10, &by))
            return false;
    if (__builtin_mul_overflow(n, rule->factor, &n) || n % by != 0 || n / by > MONEY_MAX_VND)
        return false;
    *vnd = n / by;
    return true;
}

static bool amount_read(struct cell *c, int64_t *vnd)
{
    const struct csv_rule *rule = &c->c->f->rules[c->role];
    const bool minus = str_starts(c->s, STR("-"));
    struct str s = str_from(c->s, minus || str_starts(c->s, STR("+")) ? 1 : 0);
    struct str digits = STR("0");
    int64_t n;

    if (rule->decimal != '\0' && str_cut(s, rule->decimal, &s, &digits) && !str_digits(digits))
        return refuse(c, CSV_WHY_AMOUNT);
    if (!whole_read(s, rule->thousands, &n))
        return refuse(c, CSV_WHY_AMOUNT);
    if (!scaled(n, digits, rule, &n))
        return refuse(c, CSV_WHY_WHOLE);
    *vnd = minus != (rule->sign == CSV_REVERSE) ? -n : n;
    return true;
}

static bool number_at(struct str s, size_t at, size_t n, int *out)
{
    struct str digits = str_sub(s, at, n);
    int64_t value = 0;

    if (digits.n != n || !str_digits(digits) || !str_to_i64(digits, &value))
        return false;
    *out = (int)value;
    return true;
}

static bool format_read(struct str s, struct str format, struct local_time *t)
{
    const struct {
        struct str part;
        int *value;
    } parts[] = {
        { STR("yyyy"), &t->date.y }, { STR("MM"), &t->date.m }, { STR("dd"), &t->date.d },
        { STR("HH"), &t->hour },     { STR("mm"), &t->minute }, { STR("ss"), &t->second }
    };

    if (s.n != format.n)
        return false;
    for (size_t i = 0; i < format.n;) {
        size_t k = 0;

        while (k < LEN(parts) && !str_starts(str_from(format, i), parts[k].part))
            k++;
        if (k < LEN(parts) ? !number_at(s, i, parts[k].part.n, parts[k].value)
                           : s.p[i] != format.p[i])
            return false;
        i += k < LEN(parts) ? parts[k].part.n : 1;
    }
    return date_is_valid(t->date) && t->date.y >= 1970 && t->hour <= 23 && t->minute <= 59 &&
           t->second <= 59;
}

static bool time_read(struct cell *c, int64_t *ms)
{
    struct str format = c->c->f->rules[CSV_TIME].format;
    struct local_time t = { 0 };

    if (str_is(format, "rfc3339"))
        return (clock_read_rfc3339(c->s, ms) && *ms > 0) || refuse(c, CSV_WHY_OFFSET);
    if (!format_read(c->s, format, &t))
        return refuse(c, CSV_WHY_TIME);
    *ms = clock_from_local(t);
    return *ms > 0 || refuse(c, CSV_WHY_EARLY);
}

static bool status_read(struct cell *c, bool *success)
{
    *success = is_word(&c->c->f->success, c->s);
    return *success || is_word(&c->c->f->failure, c->s) || refuse(c, CSV_WHY_STATUS);
}

static bool kind_read(struct cell *c, enum settlement_kind *kind)
{
    for (int k = 0; k < SETTLEMENT_KIND_COUNT; k++) {
        if (is_word(&c->c->f->kinds[k], c->s)) {
            *kind = (enum settlement_kind)k;
            return true;
        }
    }
    return refuse(c, CSV_WHY_KIND);
}

static bool fee_read(struct cell *c, struct csv_record *out)
{
    out->has_fee = c->s.n > 0;
    return !out->has_fee || amount_read(c, &out->fee_vnd);
}

static bool meaning_read(struct cell *c, struct csv_record *out)
{
    switch (c->role) {
    case CSV_AMOUNT:
        return amount_read(c, &out->amount_vnd);
    case CSV_FEE:
        return fee_read(c, out);
    case CSV_NET:
        return c->s.n == 0 || amount_read(c, &out->net_vnd);
    case CSV_TIME:
        return time_read(c, &out->time_ms);
    case CSV_STATUS:
        return status_read(c, &out->success);
    case CSV_KIND:
        return kind_read(c, &out->kind);
    case CSV_CURRENCY:
        return c->s.n == 0 || c->s.n == 3 || refuse(c, CSV_WHY_CURRENCY);
    default:
        return c->s.n <= 255 || refuse(c, CSV_WHY_TEXT);
    }
}

/* What was moved less the fee, where the file does not tell. */
static void net_make(const struct csv_form *f, struct csv_record *r)
{
    const bool back = r->kind == SETTLEMENT_REFUND || r->kind == SETTLEMENT_REVERSAL;

    if (f->rules[CSV_AMOUNT].sign == CSV_REFUND && r->amount_vnd < 0) {
        r->kind = SETTLEMENT_REFUND;
        r->amount_vnd = -r->amount_vnd;
    }
    if (r->has_fee && r->text[CSV_NET].n == 0)
        r->net_vnd = (back || r->kind == SETTLEMENT_REFUND ? -r->amount_vnd
                      : r->kind == SETTLEMENT_FEE          ? 0
                                                           : r->amount_vnd) -
                     r->fee_vnd;
}

static int64_t column_of(const struct csv_row *row, char quote, char separator, int field)
{
    bool inside = false;

    for (size_t i = 0; i < row->text.n; i++) {
        if (field == 0)
            return (int64_t)i + 1;
        inside ^= quote != '\0' && row->text.p[i] == quote;
        field -= !inside && row->text.p[i] == separator ? 1 : 0;
    }
    return (int64_t)row->text.n + 1;
}

static bool row_is_whole(const struct csv_cells *c, const struct csv_row *row,
                         struct csv_fault *fault, struct str *cell)
{
    if (row->fault != NULL) {
        *fault = (struct csv_fault){ row->fault, row->column };
        *cell = str_from(row->text, (size_t)row->column - 1);
        return false;
    }
    if (row->count != c->at.fields) {
        *fault = (struct csv_fault){ "not as many fields as the first row has", 1 };
        *cell = row->text;
        return false;
    }
    return true;
}

/* One role of a whole row; *cell is what the file has for it. */
static enum csv_why role_read(struct csv_cells *c, const struct csv_row *row, int role,
                              struct csv_record *out, struct str *cell)
{
    struct cell one = { .c = c, .role = (enum csv_role)role };

    if (!has_column(c->f, role)) {
        out->text[role] = c->f->rules[role].constant;
        return CSV_RIGHT;
    }
    one.s = *cell = row->fields[c->at.at[role]];
    if (text_make(&one) && meaning_read(&one, out))
        out->text[role] = one.s;
    return one.why;
}

bool csv_cells_read(struct csv_cells *c, const struct csv_row *row, struct csv_record *out,
                    struct csv_fault *fault, struct str *cell)
{
    arena_reset(c->a);
    *out = (struct csv_record){ .success = true };
    if (!row_is_whole(c, row, fault, cell))
        return false;
    for (int r = 0; r < CSV_ROLES; r++) {
        const enum csv_why why = role_read(c, row, r, out, cell);

        if (why == CSV_RIGHT)
            continue;
        fault->why = str_cstr(
            c->a, str_fmt(c->a, "%s: %s", csv_role_name((enum csv_role)r), csv_why_text(why)));
        fault->column = column_of(row, c->f->quote, row->separator, c->at.at[r]);
        return false;
    }
    net_make(c->f, out);
    return true;
}

const char *csv_cells_look(struct csv_cells *c, const struct csv_row *row, struct csv_record *out,
                           enum csv_why why[CSV_ROLES], struct str raw[CSV_ROLES])
{
    struct csv_fault fault;
    struct str cell;
    bool wrong = false;

    arena_reset(c->a);
    *out = (struct csv_record){ .success = true };
    if (!row_is_whole(c, row, &fault, &cell))
        return fault.why;
    for (int r = 0; r < CSV_ROLES; r++) {
        why[r] = role_read(c, row, r, out, &raw[r]);
        wrong |= why[r] != CSV_RIGHT;
    }
    if (!wrong)
        net_make(c->f, out);
    return NULL;
}
