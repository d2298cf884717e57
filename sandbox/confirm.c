/*
 * CONFIRM as the portal posts it. MaXacThuc is over LoaiBanTin|MaLoi|MaDoiTac|MaThamChieu|SoTien|
 * MaTienTe|MaGiaoDich|MaNganHang|ThoiGianGD|ThongTinGiaoDich; that of the answer over MaLoi|
 * MoTaLoi|MaDoiTac|MaThamChieu|ThoiGianGD. An answer that only echoes our hash does not verify.
 */
#include "sandbox/confirm.h"

#include "base/log.h"
#include "crypto/partner.h"
#include "sandbox/drip.h"
#include "sandbox/notice.h"
#include "sandbox/portal.h"
#include "sandbox/sandbox.h"

#define CONFIRM_PATH        "/DvcPayment/Confirm"
#define CONFIRM_ARENA_BYTES (8L * 1024 * 1024)

struct confirm {
    struct str code, partner, amount, currency, txn, bank, time;
};

static result confirm_body(struct sandbox *sb, struct arena *a, const struct txn *t,
                           const struct confirm *c, bool forged, struct str *body)
{
    DEFER(secret_wipe) struct secret wrong = { 0 };
    const char *const names[] = { "LoaiBanTin", "MaLoi",           "MaDoiTac",   "MaThamChieu",
                                  "SoTien",     "MaTienTe",        "MaGiaoDich", "MaNganHang",
                                  "ThoiGianGD", "ThongTinGiaoDich" };
    const struct str fields[] = { STR("CONFIRM"), c->code, c->partner, t->reference, c->amount,
                                  c->currency,    c->txn,  c->bank,    c->time,      t->info };
    struct str hash;

    TRY(secret_set(&wrong, STR("not-the-shared-secret"), NULL));
    TRY(partner_hash(a, fields, LEN(fields), forged ? &wrong : &sb->portal_secret, &hash, NULL));
    DEFER(json_close) struct json *o = json_object();
    for (size_t i = 0; i < LEN(names); i++)
        json_put_str(o, names[i], fields[i]);
    json_put_str(o, "MaXacThuc", hash);
    *body = json_print(a, o);
    return OK;
}

static bool answer_is_good(struct sandbox *sb, struct arena *a, const struct answer *answer,
                           struct str reference)
{
    static const char *const names[] = { "MaLoi", "MoTaLoi", "MaDoiTac", "MaThamChieu",
                                         "ThoiGianGD" };
    DEFER(json_close) struct json *doc = NULL;
    struct str fields[LEN(names)], hash;

    if (answer->status != 200 || json_read(answer->body, &doc, NULL).failed)
        return false;
    for (size_t i = 0; i < LEN(names); i++)
        if (!json_str(json_member(doc, names[i]), &fields[i]))
            return false;
    return json_str(json_member(doc, "MaXacThuc"), &hash) &&
           !partner_check(a, fields, LEN(fields), &sb->portal_secret, hash, NULL).failed &&
           str_is(fields[0], "00") && str_eq(fields[3], reference);
}

/* One message; true when motcua acknowledged it. */
static bool confirm_post(struct sandbox *sb, struct arena *a, struct str reference, struct str body,
                         struct err *e)
{
    const struct call call = { .method = METHOD_POST,
                               .path = STR(CONFIRM_PATH),
                               .content_type = STR("application/json"),
                               .body = body };
    struct answer answer;
    if (partner_call(sb->to_motcua, &call, a, &answer, e).failed)
        return false;
    return answer_is_good(sb, a, &answer, reference);
}

static bool is_spoiled(const struct fault_set *set)
{
    return set->on[FAULT_confirm_forged] || set->on[FAULT_confirm_truncated] ||
           set->on[FAULT_confirm_amount] || set->on[FAULT_confirm_currency] ||
           set->on[FAULT_confirm_partner];
}

static struct confirm confirm_make(struct arena *a, const struct txn *t, const struct notice *n)
{
    bool failure = n->capture == NOTICE_OF_FAILURE;
    const struct capture *c = failure ? NULL : &t->captures[n->capture];
    int64_t at_ms = failure ? t->ended_ms : c->at_ms, vnd = t->amount_vnd;

    if (n->set.on[FAULT_portal_clock])
        at_ms += 1000 * n->set.arg[FAULT_portal_clock];
    if (n->set.on[FAULT_confirm_amount])
        vnd += n->set.arg[FAULT_confirm_amount];
    return (struct confirm){
        .code = failure ? STR("24") : STR("00"),
        .partner = n->set.on[FAULT_confirm_partner] ? STR("ANOTHER") : t->partner,
        .amount = str_i64(a, vnd),
        .currency = n->set.on[FAULT_confirm_currency] ? STR("USD") : STR("VND"),
        .txn = failure ? STR("") : c->txn,
        .bank = failure ? STR("") : c->bank,
        .time = clock_stamp14(a, at_ms),
    };
}

static void noticed(struct sandbox *sb, const struct notice *n, const char *how)
{
    struct err e = { 0 };
    if (n->capture != NOTICE_OF_FAILURE &&
        portal_noticed(sb->portal, n->reference, n->capture, how, &e).failed)
        log_err("notice", &e);
}

/* After a success, a failure that is older: the late notice that must not undo a payment. */
static void contradict(struct sandbox *sb, struct arena *a, const struct txn *t,
                       const struct confirm *success)
{
    struct confirm c = *success;
    struct str body;
    c.code = STR("99");
    c.time = clock_stamp14(a, t->created_ms);
    if (!confirm_body(sb, a, t, &c, false, &body).failed)
        (void)confirm_post(sb, a, t->reference, body, NULL);
}

static bool confirm_deliver(struct sandbox *sb, struct arena *a, const struct txn *t,
                            const struct notice *n, struct str body)
{
    struct err e = { 0 };
    bool good = false;
    int64_t times = n->set.on[FAULT_confirm_duplicated] ? n->set.arg[FAULT_confirm_duplicated] : 1;

    if (n->set.on[FAULT_confirm_truncated])
        body = str_sub(body, 0, body.n / 2);
    if (n->set.on[FAULT_confirm_dripped] && n->tries == 0)
        drip_post(sb->motcua, CONFIRM_PATH, body, n->set.arg[FAULT_confirm_dripped]);
    for (int64_t i = 0; i < times && i < 100; i++)
        good = confirm_post(sb, a, t->reference, body, &e);
    if (!good && n->tries == 0 && e.code)
        log_err("confirm", &e);
    return good;
}

static void arena_end(struct arena **a)
{
    arena_close(a);
}

enum confirm_outcome confirm_send(struct sandbox *sb, struct notice *n)
{
    DEFER(arena_end) struct arena *a = arena_open(CONFIRM_ARENA_BYTES);
    struct txn t;
    struct str body;

    if (n->set.on[FAULT_confirm_lost]) {
        noticed(sb, n, "lost");
        return CONFIRM_DONE;
    }
    must(portal_find(sb->portal, n->reference, &t));
    const struct confirm c = confirm_make(a, &t, n);
    if (confirm_body(sb, a, &t, &c, n->set.on[FAULT_confirm_forged], &body).failed)
        return CONFIRM_DONE; /* INIT refuses what cannot be signed */
    bool good = confirm_deliver(sb, a, &t, n, body);
    if (is_spoiled(&n->set)) {
        noticed(sb, n, "spoiled");
        return CONFIRM_DONE;
    }
    if (!good)
        return CONFIRM_AGAIN;
    if (n->set.on[FAULT_confirm_contradicted])
        contradict(sb, a, &t, &c);
    noticed(sb, n, "confirmed");
    return CONFIRM_DONE;
}
