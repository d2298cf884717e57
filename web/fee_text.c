#include "web/fee_text.h"

#include "base/arena.h"
#include "base/json.h"
#include "base/str.h"

#define PPM_PER_PERCENT 10000

/* A day as people write it, a category by its name; anything else as it is. */
static struct str detail_text(const struct catalog *texts, const struct fee_explain *x,
                              struct arena *a)
{
    struct str name;
    struct date day;

    if ((x->reason == FEE_WHY_NOT_YET || x->reason == FEE_WHY_NO_LONGER) &&
        date_read(x->detail, &day))
        return date_vn(a, day);
    if (catalog_find(texts, str_cat(a, STR("fees.category."), x->detail), &name))
        return name;
    return x->detail;
}

struct str fee_why_text(const struct catalog *texts, const struct fee_explain *x, struct arena *a)
{
    const struct str detail = detail_text(texts, x, a);

    return catalog_fill(a, texts, str_cat(a, STR("fees.why."), str_c(fee_reason_name(x->reason))),
                        &detail, 1);
}

struct str fee_percent(struct arena *a, int64_t ppm)
{
    struct str s = str_fmt(a, "%lld,%04lld", (long long)(ppm / PPM_PER_PERCENT),
                           (long long)(ppm % PPM_PER_PERCENT));

    while (s.p[s.n - 1] == '0')
        s.n--;
    return s.p[s.n - 1] == ',' ? str_sub(s, 0, s.n - 1) : s;
}

static struct json *explain_json(const struct app *app, const struct fee_line *l, struct arena *a)
{
    struct json *list = fee_explain_json(l);

    for (size_t i = 0; i < l->explain_count; i++) {
        json_put_str(json_at(list, i), "text_vi", fee_why_text(app->vi, &l->explain[i], a));
        json_put_str(json_at(list, i), "text_en", fee_why_text(app->en, &l->explain[i], a));
    }
    return list;
}

static struct json *line_json(const struct app *app, const struct fee_line *l, struct arena *a)
{
    struct json *o = json_object();

    json_put_str(o, "fee", l->fee);
    json_put_str(o, "kind", fee_kind_name(l->kind));
    json_put_str(o, "name", l->name_vi);
    json_put_str(o, "name_en", l->name_en);
    json_put_int(o, "quantity", l->quantity);
    json_put_int(o, "gross_vnd", l->gross_vnd);
    json_put_int(o, "reduction_vnd", l->reduction_vnd);
    json_put_int(o, "net_vnd", l->net_vnd);
    json_put_int(o, "retained_vnd", l->retained_vnd);
    json_put_int(o, "budget_vnd", l->budget_vnd);
    json_put_str(o, "basis", l->basis_text);
    if (l->reduction_id.n > 0)
        json_put_str(o, "reduction_basis", l->reduction_text);
    json_put_bool(o, "refundable", l->refundable);
    json_put(o, "explain", explain_json(app, l, a));
    return o;
}

struct json *fee_savings_json(const struct quote_saving *s, size_t n)
{
    struct json *list = json_array();

    for (size_t i = 0; i < n; i++) {
        struct json *o = json_object();

        json_put_str(o, "fee", s[i].fee);
        json_put_int(o, "level", s[i].level);
        json_put_int(o, "saved_vnd", s[i].saved_vnd);
        json_put_str(o, "rule", s[i].reduction_id);
        json_put_str(o, "basis", s[i].reduction_text);
        json_add(list, o);
    }
    return list;
}

struct json *fee_quote_json(const struct app *app, const struct quote *q, struct arena *a)
{
    struct json *o = json_object(), *lines = json_array();

    if (q->id.n > 0)
        json_put_str(o, "id", q->id);
    json_put_str(o, "agency_id", q->order.agency_id);
    json_put_str(o, "procedure", q->order.procedure);
    json_put_str(o, "received_on", date_iso(a, q->order.received_on));
    json_put_str(o, "channel", q->order.channel == FEE_ONLINE ? STR("online") : STR("counter"));
    json_put_int(o, "level", q->order.level);
    for (size_t i = 0; i < q->bill.count; i++)
        json_add(lines, line_json(app, &q->bill.lines[i], a));
    json_put(o, "lines", lines);
    json_put_int(o, "total_vnd", q->total_vnd);
    json_put_int(o, "phi_vnd", q->bill.phi_vnd);
    json_put_int(o, "le_phi_vnd", q->bill.le_phi_vnd);
    json_put(o, "savings", fee_savings_json(q->savings, q->saving_count));
    json_put_str(o, "hash", q->bill_hash);
    json_put_str(o, "created_at", clock_rfc3339(a, q->created_ms));
    json_put_str(o, "expires_at", clock_rfc3339(a, q->expires_ms));
    return o;
}
