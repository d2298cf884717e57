/* What an order or a quote was priced from. */
#include "payments/fee_case.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/money.h"
#include "base/str.h"
#include "store/sql.h"

struct fee_case fee_case_of(const struct order_request *rq)
{
    return (struct fee_case){ .agency_id = rq->agency_id,
                              .procedure = rq->procedure,
                              .received_on = rq->received_on,
                              .channel = rq->channel,
                              .level = rq->level,
                              .categories = rq->categories,
                              .category_count = rq->category_count,
                              .citizen_known = rq->subject.n > 0 };
}

static struct json *item_json(const struct fee_item *item, struct arena *a)
{
    struct json *o = json_object();

    json_put_str(o, "fee", item->fee);
    json_put_int(o, "quantity", item->quantity);
    json_put_int(o, "base_vnd", item->base_vnd);
    if (item->area.n > 0)
        json_put_str(o, "area", item->area);
    if (item->event_on.d != 0)
        json_put_str(o, "event_on", date_iso(a, item->event_on));
    return o;
}

struct str fee_case_print(const struct order_request *rq, struct arena *a)
{
    DEFER(json_close) struct json *o = json_object();
    struct json *items = json_array(), *categories = json_array();

    json_put_str(o, "procedure", rq->procedure);
    json_put_str(o, "received_on", date_iso(a, rq->received_on));
    json_put_str(o, "channel", rq->channel == FEE_ONLINE ? STR("online") : STR("counter"));
    for (size_t i = 0; i < rq->item_count; i++)
        json_add(items, item_json(&rq->items[i], a));
    for (size_t i = 0; i < rq->category_count; i++)
        json_add_str(categories, rq->categories[i]);
    json_put(o, "items", items);
    json_put(o, "categories", categories);
    return json_print_canonical(a, o);
}

static bool text_get(const struct json *o, const char *name, struct arena *a, struct str *out)
{
    struct str s;

    if (!json_str(json_member(o, name), &s))
        return false;
    *out = str_dup(a, s);
    return true;
}

static bool item_get(const struct json *o, struct fee_item *item, struct arena *a)
{
    struct str day;

    *item = (struct fee_item){ .quantity = 1 };
    (void)text_get(o, "area", a, &item->area);
    if (text_get(o, "event_on", a, &day) && !date_read(day, &item->event_on))
        return false;
    return text_get(o, "fee", a, &item->fee) &&
           json_int(json_member(o, "quantity"), &item->quantity) &&
           json_int(json_member(o, "base_vnd"), &item->base_vnd);
}

static bool lists_get(const struct json *o, struct order_request *rq, struct arena *a)
{
    const struct json *items = json_member(o, "items"), *names = json_member(o, "categories");
    struct fee_item *list = arena_array(a, struct fee_item, json_count(items) + 1);
    struct str *categories = arena_array(a, struct str, json_count(names) + 1);

    for (size_t i = 0; i < json_count(items); i++)
        if (!item_get(json_at(items, i), &list[i], a))
            return false;
    for (size_t i = 0; i < json_count(names); i++) {
        if (!json_str(json_at(names, i), &categories[i]))
            return false;
        categories[i] = str_dup(a, categories[i]);
    }
    rq->items = list;
    rq->item_count = json_count(items);
    rq->categories = categories;
    rq->category_count = json_count(names);
    return true;
}

result fee_case_read(struct str json, struct order_request *rq, struct arena *a, struct err *e)
{
    DEFER(json_close) struct json *o = NULL;
    struct str day, channel;

    TRY(json_read(json, &o, e));
    if (!text_get(o, "procedure", a, &rq->procedure) || !text_get(o, "received_on", a, &day) ||
        !text_get(o, "channel", a, &channel) || !date_read(day, &rq->received_on) ||
        !lists_get(o, rq, a))
        return fail(e, ERR_STORE, "a case is unreadable");
    rq->channel = str_is(channel, "online") ? FEE_ONLINE : FEE_COUNTER;
    return OK;
}

result fee_case_put(struct sql *db, const struct order *o, const struct order_request *rq,
                    struct arena *a, struct err *e)
{
    return sql_run(db, SQL_FEE_CASE_INSERT, e, sql_t(o->agency_id), sql_t(o->id),
                   sql_t(fee_case_print(rq, a)));
}

result fee_case_load(struct sql *db, const struct order *o, struct order_request *rq,
                     struct arena *a, struct err *e)
{
    DEFER(sql_end) struct sql_rows *rows = NULL;

    TRY(sql_find(db, SQL_FEE_CASE_LOAD, &rows, e, sql_t(o->agency_id), sql_t(o->id)));
    TRY(sql_one(rows, e));
    TRY(fee_case_read(sql_text(rows, 0, a), rq, a, e));
    rq->agency_id = o->agency_id;
    rq->subject = o->subject;
    rq->level = o->level;
    return OK;
}
