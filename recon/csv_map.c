#include "recon/csv_map.h"

#include "base/err.h"
#include "base/str.h"

#define NAMES_MAX 16

static const struct {
    const char *role;
    const char *usual[NAMES_MAX]; /* the first that is there wins */
} roles[CSV_ROLES] = {
    [CSV_REFERENCE] = { "reference",
                        { "reference", "merchant_ref", "ma_tham_chieu", "mathamchieu", "ref",
                          "order_ref", "Mã tham chiếu" } },
    [CSV_TXN] = { "txn",
                  { "portal_txn", "portal_ref", "transaction_id", "trans_id", "transid", "txn",
                    "ma_giao_dich", "magiaodich", "Mã giao dịch" } },
    [CSV_KIND] = { "kind", { "type", "kind", "loai", "Loại" } },
    [CSV_AMOUNT] = { "amount",
                     { "amount", "gross", "amount_vnd", "so_tien", "sotien", "Số tiền" } },
    [CSV_FEE] = { "fee", { "fee", "fee_vnd", "phi", "Phí" } },
    [CSV_NET] = { "net", { "net", "net_vnd" } },
    [CSV_STATUS] = { "status", { "status", "state", "trang_thai", "trangthai", "Trạng thái" } },
    [CSV_TIME] = { "time",
                   { "paid_at", "txn_at", "time", "pay_time", "paytime", "thoi_gian", "thoigiangd",
                     "Thời gian", "date", "day", "ngay", "Ngày", "at" } },
    [CSV_CURRENCY] = { "currency", { "currency", "loai_tien", "Tiền tệ" } },
    [CSV_ACCOUNT] = { "account",
                      { "account", "benef_account", "tk_thu_huong", "tkthuhuong", "Tài khoản" } },
    [CSV_BODY] = { "body", { "body", "agency", "ma_don_vi", "madonvi", "unit_code", "Đơn vị" } },
    [CSV_BANK] = { "bank", { "bank", "ngan_hang", "Ngân hàng" } },
    [CSV_ORIGINAL] = { "original",
                       { "original_ref", "original_txn", "original", "Giao dịch gốc" } },
    [CSV_DOSSIER] = { "dossier", { "dossier", "ma_ho_so", "mahoso", "Mã hồ sơ" } },
    [CSV_ORDER] = { "order", { "order", "order_id" } },
    [CSV_BATCH] = { "batch", { "batch", "payout", "settlement_batch" } },
    [CSV_TREASURY] = { "treasury", { "treasury_status", "sendtokbnnstatus" } },
    [CSV_NARRATIVE] = { "narrative", { "narrative", "remark", "noi_dung", "description" } },
};

const char *csv_role_name(enum csv_role r)
{
    return roles[r].role;
}

bool csv_role_find(struct str name, enum csv_role *out)
{
    for (int r = 0; r < CSV_ROLES; r++) {
        if (str_is(name, roles[r].role)) {
            *out = (enum csv_role)r;
            return true;
        }
    }
    return false;
}

/* -1: nowhere. Two columns of one name cannot be told apart. */
static result header_find(const struct csv_row *header, struct str name, enum csv_role role,
                          int *at, struct err *e)
{
    *at = -1;
    for (int i = 0; i < header->count; i++) {
        if (!str_eq_nocase(str_trim(header->fields[i]), name))
            continue;
        if (*at >= 0)
            return fail_field(e, ERR_INVALID, roles[role].role, "two columns are named %.*s",
                              STR_ARG(name));
        *at = i;
    }
    return OK;
}

static result named_find(const struct csv_map *map, const struct csv_row *header,
                         enum csv_role role, int *at, struct err *e)
{
    const struct csv_column *c = &map->columns[role];

    if (c->position > 0) {
        *at = c->position - 1;
        if (*at >= header->count)
            return fail_field(e, ERR_INVALID, roles[role].role, "there is no column %d",
                              c->position);
        return OK;
    }
    if (map->no_header)
        return fail_field(e, ERR_INVALID, roles[role].role, "a name, and no header line");
    TRY(header_find(header, c->header, role, at, e));
    if (*at < 0)
        return fail_field(e, ERR_INVALID, roles[role].role, "no column is named %.*s",
                          STR_ARG(c->header));
    return OK;
}

static result usual_find(const struct csv_row *header, enum csv_role role, int *at, struct err *e)
{
    *at = -1;
    for (int k = 0; *at < 0 && k < NAMES_MAX && roles[role].usual[k] != NULL; k++)
        TRY(header_find(header, str_c(roles[role].usual[k]), role, at, e));
    return OK;
}

static bool is_used(const struct csv_layout *l, enum csv_role before, int at)
{
    for (int r = 0; r < (int)before; r++)
        if (l->at[r] == at)
            return true;
    return false;
}

static result layout_make(const struct csv_map *map, const struct csv_row *header, bool usual,
                          struct csv_layout *out, struct err *e)
{
    struct csv_layout l = { .fields = header->count };

    if (header->fault != NULL)
        return fail_field(e, ERR_INVALID, "header", "%s", header->fault);
    for (int r = 0; r < CSV_ROLES; r++) {
        const enum csv_role role = (enum csv_role)r;
        const struct csv_column *c = &map->columns[r];
        l.at[r] = -1;
        if (c->header.n > 0 || c->position > 0)
            TRY(named_find(map, header, role, &l.at[r], e));
        else if (usual && !map->no_header)
            TRY(usual_find(header, role, &l.at[r], e));
        if (l.at[r] >= 0 && is_used(&l, role, l.at[r]))
            return fail_field(e, ERR_INVALID, roles[r].role, "its column is another's too");
    }
    *out = l;
    return OK;
}

result csv_layout_make(const struct csv_map *map, const struct csv_row *header,
                       struct csv_layout *out, struct err *e)
{
    return layout_make(map, header, true, out, e);
}

result csv_layout_named(const struct csv_map *map, const struct csv_row *header,
                        struct csv_layout *out, struct err *e)
{
    return layout_make(map, header, false, out, e);
}
