/*
 * BJ1, the bank's JSON, and KJ1, the Treasury's: one object with totals and transactions. transId
 * is the portal's transaction, toKhaiId our reference; `remark` begins with the type and goes on
 * with the dossier (payments) or the transaction that is undone. The Treasury lists only what was
 * sent to it.
 */
#include "base/buf.h"
#include "base/json.h"
#include "base/str.h"
#include "sandbox/settlement.h"

static struct json *row_make(struct arena *a, const struct settle_line *l, int64_t amount_vnd)
{
    struct json *o = json_object();
    struct str what = l->original.n ? l->original : l->dossier;
    json_put_str(o, "transId", l->txn);
    json_put_str(o, "toKhaiId", l->reference);
    json_put_int(o, "amount", amount_vnd);
    json_put_str(o, "status", str_c(l->status));
    json_put_str(o, "payTime", clock_vn(a, l->at_ms));
    json_put_str(o, "sendToKBNNStatus", str_c(l->treasury_status));
    json_put_str(o, "remark",
                 l->narrative.n > 0
                     ? l->narrative
                     : str_fmt(a, "%s %.*s", settle_type_name(l->type), STR_ARG(what)));
    return o;
}

void settlement_json(struct arena *a, const struct settle_day *day, bool treasury, struct buf *out)
{
    DEFER(json_close) struct json *root = json_object();
    struct json *rows = json_array();
    int64_t sum_vnd = 0, count = 0;

    for (size_t i = 0; i < day->n; i++) {
        const struct settle_line *l = &day->lines[i];
        int64_t vnd = l->gross_vnd - (treasury ? l->treasury_less_vnd : 0);
        if (treasury && !str_is(str_c(l->treasury_status), "SENT_SUCCESS"))
            continue;
        json_add(rows, row_make(a, l, vnd));
        sum_vnd += vnd;
        count++;
    }
    json_put_str(root, "reconcileDate", date_vn(a, day->date));
    json_put_str(root, "bankCode", treasury ? STR("KBNN") : STR("PP"));
    json_put_str(root, "bankName",
                 treasury ? STR("Kho bạc Nhà nước (mô phỏng)") : STR("Cổng thanh toán (mô phỏng)"));
    json_put_str(root, "unitCode", STR("H56"));
    json_put_str(root, "unitName", STR("Đơn vị thu mô phỏng"));
    json_put_int(root, "totalTransaction", count);
    json_put_int(root, "totalAmount", sum_vnd + (day->wrong_total && !treasury ? 1 : 0));
    json_put(root, "transactions", rows);
    buf_put(out, json_print(a, root));
}
