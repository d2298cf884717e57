/*
 * Files of sources for systems. Attacker: a registered system that reads money which is none of its
 * business, or hands in a file for another; promised: files carry the money of all bodies, so a
 * client that is registered for some agencies only gets none of them; a file is judged as from any
 * other hand (finance/intake.h), and what stands at its faults, which may be a payer's, is not
 * told.
 */
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
#include "finance/intake.h"
#include "web/api.h"
#include "web/input.h"

#define OF_DAY_MAX 100

/* "CTL line 7 column 40 `...`: why" without what stands there. */
static struct str fault_masked(struct arena *a, struct str fault)
{
    const size_t from = str_find(fault, '`');
    struct str place, rest, bytes, why;

    if (from == fault.n)
        return fault;
    place = str_trim(str_sub(fault, 0, from));
    rest = str_from(fault, from + 1);
    while (str_cut(rest, '`', &bytes, &why)) /* the bytes may hold one themselves */
        rest = why;
    return str_cat(a, place, rest);
}

static struct json *faults_json(struct arena *a, struct str faults)
{
    struct json *list = json_array();
    struct str fault;

    while (str_next(&faults, '\n', &fault))
        if (fault.n > 0)
            json_add_str(list, fault_masked(a, fault));
    return list;
}

static struct json *file_json(const struct ctx *c, const struct settlement_file *f)
{
    struct json *o = json_object();

    json_put_int(o, "n", f->n);
    json_put_str(o, "source", f->source_id);
    json_put_str(o, "provider", f->key.provider);
    json_put_str(o, "account", f->key.account);
    json_put_str(o, "day", date_iso(c->arena, f->day));
    json_put_str(o, "name", f->name);
    json_put_str(o, "form", str_c(settlement_form_name(f->form)));
    json_put_str(o, "state", str_c(settlement_state_name(f->state)));
    json_put_int(o, "revision", f->revision);
    json_put_int(o, "bytes", f->bytes);
    json_put_int(o, "lines", f->lines);
    json_put_int(o, "gross_vnd", f->gross_vnd);
    json_put_int(o, "moved_vnd", f->moved_vnd);
    if (f->has_chain) {
        json_put_int(o, "sequence", f->seq);
        json_put_int(o, "opening_vnd", f->opening_vnd);
        json_put_int(o, "closing_vnd", f->closing_vnd);
    }
    json_put_str(o, "sha256", f->sha256);
    json_put_bool(o, "signed", f->is_signed);
    json_put(o, "faults", faults_json(c->arena, f->faults));
    json_put_bool(o, "released", f->released_by.n > 0);
    json_put_str(o, "by", f->actor);
    json_put_str(o, "received_at", clock_rfc3339(c->arena, f->received_ms));
    return o;
}

static result source_of(const struct ctx *c, const struct form *query, struct date *day,
                        const struct source **out, struct err *e)
{
    const struct str text = form_get(query, "day");

    *day = (struct date){ 0 };
    if (text.n > 0)
        TRY(input_date(text, "day", day, e));
    *out = source_find(c->app->office.sources, form_get(query, "source"),
                       day->y != 0 ? *day : clock_local(c->now_ms).date);
    return *out != NULL ? OK : fail_field(e, ERR_INVALID, "source", "no such source on that day");
}

static result files_of_day(struct ctx *c, const struct form *query, struct settlement_file **list,
                           size_t *n, struct err *e)
{
    const struct source *source;
    struct settlement_key key;

    TRY(source_of(c, query, &key.day, &source, e));
    if (key.day.y == 0)
        return fail_field(e, ERR_INVALID, "day", "the day of the source");
    key.provider = source->provider;
    key.account = source->account;
    return intake_of_day(&c->app->office, &key, OF_DAY_MAX, c->arena, list, n, e);
}

static result files_find(struct ctx *c, const struct form *query, struct settlement_file **list,
                         size_t *n, size_t *most, struct err *e)
{
    struct intake_query q = { 0 };
    struct api_place from;

    TRY(api_page(c, query, &from, most, e));
    if (form_get(query, "source").n > 0 || form_get(query, "day").n > 0) {
        *most = OF_DAY_MAX;
        return files_of_day(c, query, list, n, e);
    }
    q.has_state = settlement_state_find(form_get(query, "state"), &q.state);
    if (from.id.n > 0 && str_to_i64(from.id, &q.before_n))
        q.before_ms = from.at_ms;
    q.most = *most + 1;
    return intake_list(&c->app->office, &q, c->arena, list, n, e);
}

/* GET /v1/settlement-files */
result api_file_list(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    const struct settlement_file *last;
    struct settlement_file *list;
    struct json *body, *data;
    struct form query;
    size_t n, most;

    TRY(api_may(c, e));
    TRY(api_query(c, rq, &query, e));
    TRY(api_agency(c, STR(""), e));
    TRY(files_find(c, &query, &list, &n, &most, e));
    body = json_object();
    data = json_array();
    for (size_t i = 0; i < n && i < most; i++)
        json_add(data, file_json(c, &list[i]));
    json_put(body, "data", data);
    if (n > most) {
        last = &list[most - 1];
        json_put_str(body, "next_cursor",
                     api_cursor(c, &query, last->received_ms, str_i64(c->arena, last->n)));
    }
    return api_send(c, rq, rs, body, e);
}

/* GET /v1/settlement-files/{n} */
result api_file_get(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    struct settlement_file f;
    int64_t n;

    TRY(api_may(c, e));
    TRY(api_agency(c, STR(""), e));
    if (!str_to_i64(request_param(rq, "n"), &n) || n < 1)
        return fail(e, ERR_NOT_FOUND, "no such file");
    TRY(intake_load(&c->app->office, n, c->arena, &f, e));
    return api_send(c, rq, rs, file_json(c, &f), e);
}

static result upload_read(struct ctx *c, const struct request *rq, struct intake_file *in,
                          struct err *e)
{
    struct form query;

    TRY(api_query(c, rq, &query, e));
    TRY(source_of(c, &query, &in->day, &in->source, e));
    in->name = form_get(&query, "name");
    in->jws = form_get(&query, "signature");
    in->bytes = rq->body;
    in->actor = api_actor(c).name;
    return OK;
}

/* POST /v1/settlement-files */
result api_file_take(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    struct intake_file in = { 0 };
    struct intake_result taken;
    struct json *body;

    TRY(api_may(c, e));
    TRY(api_agency(c, STR(""), e));
    TRY(upload_read(c, rq, &in, e));
    TRY(intake_file(&c->app->office, &in, c->arena, &taken, e));
    body = json_object();
    json_put_bool(body, "known", taken.known);
    json_put(body, "file", file_json(c, &taken.file));
    return api_send(c, rq, rs, body, e);
}
