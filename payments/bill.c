/*
 * The lines of an order. Promise: what was shown is what is charged; the hash covers every amount
 * and basis, so that a line that was changed afterwards is found out.
 */
#include "payments/bill.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/limits.h"
#include "base/money.h"
#include "base/str.h"

#define HASH_TEXT_BYTES (LIMIT_ORDER_LINES * 1024)

static result line_check(const struct fee_line *l, struct err *e)
{
    if (l->gross_vnd < 0 || l->reduction_vnd < 0 || l->reduction_vnd > l->gross_vnd ||
        l->net_vnd != l->gross_vnd - l->reduction_vnd || l->retained_vnd < 0 || l->budget_vnd < 0 ||
        l->retained_vnd + l->budget_vnd != l->net_vnd ||
        (l->kind == FEE_LE_PHI && l->retained_vnd != 0))
        return fail(e, ERR_INTERNAL, "line of %.*s contradicts itself", STR_ARG(l->fee));
    return OK;
}

static result hash_make(const struct bill *b, struct arena *a, struct digest *out, struct err *e)
{
    struct buf text = buf_make(a, HASH_TEXT_BYTES);
    struct str s;

    for (size_t i = 0; i < b->count; i++) {
        const struct fee_line *l = &b->lines[i];

        buf_fmt(&text, "%zu|%.*s|%d|%lld|%lld|%lld|%lld|%lld|%lld|%lld|%.*s|%.*s\n", i + 1,
                STR_ARG(l->fee), (int)l->kind, (long long)l->quantity, (long long)l->base_vnd,
                (long long)l->gross_vnd, (long long)l->reduction_vnd, (long long)l->net_vnd,
                (long long)l->retained_vnd, (long long)l->budget_vnd, STR_ARG(l->basis),
                STR_ARG(l->reduction_id));
    }
    TRY(buf_end(&text, &s, e));
    *out = digest_sha256(s);
    return OK;
}

result bill_sum(struct bill *b, struct arena *a, struct err *e)
{
    b->gross_vnd = b->reduction_vnd = b->phi_vnd = b->le_phi_vnd = 0;
    b->total_vnd = b->retained_vnd = 0;
    for (size_t i = 0; i < b->count; i++) {
        const struct fee_line *l = &b->lines[i];
        int64_t *kind_vnd = l->kind == FEE_PHI ? &b->phi_vnd : &b->le_phi_vnd;

        TRY(line_check(l, e));
        TRY(money_add(b->gross_vnd, l->gross_vnd, &b->gross_vnd, e));
        TRY(money_add(b->reduction_vnd, l->reduction_vnd, &b->reduction_vnd, e));
        TRY(money_add(*kind_vnd, l->net_vnd, kind_vnd, e));
        TRY(money_add(b->total_vnd, l->net_vnd, &b->total_vnd, e));
        TRY(money_add(b->retained_vnd, l->retained_vnd, &b->retained_vnd, e));
    }
    if (b->gross_vnd > MONEY_MAX_VND)
        return fail_field(e, ERR_INVALID, "items", "amount too large");
    return hash_make(b, a, &b->hash, e);
}

result bill_make(const struct fee_table *t, const struct fee_case *c, const struct fee_item *items,
                 size_t count, struct arena *a, struct bill *out, struct err *e)
{
    struct fee_item *defaults = NULL;
    struct fee_case each = *c;
    struct bill b = { 0 };
    struct str *used;

    if (count > LIMIT_ORDER_LINES)
        return fail_field(e, ERR_INVALID, "items", "more than %d", LIMIT_ORDER_LINES);
    if (count == 0) {
        TRY(fee_default_items(t, c, a, &defaults, &count, e));
        items = defaults;
    }
    b.lines = arena_array(a, struct fee_line, count);
    b.count = count;
    used = arena_array(a, struct str, c->used_count + count);
    for (size_t i = 0; i < c->used_count; i++)
        used[i] = c->used[i];
    each.used = used;
    for (size_t i = 0; i < count; i++) {
        TRY(fee_price(t, &each, &items[i], a, &b.lines[i], e));
        if (b.lines[i].quota.n > 0) /* once means once on the same bill, too */
            used[each.used_count++] = b.lines[i].quota;
    }
    TRY(bill_sum(&b, a, e));
    *out = b;
    return OK;
}

int64_t bill_kind_vnd(const struct bill *b, enum fee_kind kind)
{
    return kind == FEE_PHI ? b->phi_vnd : b->le_phi_vnd;
}
