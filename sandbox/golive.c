/* The go-live check as a page and as JSON: POST the two addresses, read the report. */
#include "sandbox/golive.h"

#include "sandbox/page.h"

static struct str text_of(const struct sandbox *sb, const struct request *rq, const char *key)
{
    return catalog_text(page_words(sb, rq), str_c(key));
}

static struct json *round_row(const struct sandbox *sb, const struct request *rq,
                              const struct golive_report *r, enum golive_round round)
{
    const struct golive_result *one = &r->rounds[round];
    struct json *o = json_object();
    const char *key =
        str_cstr(rq->arena, str_fmt(rq->arena, "golive.round.%s", golive_name(round)));

    json_put_str(o, "round", str_c(golive_name(round)));
    json_put_str(o, "want", golive_wants_accept(round) ? STR("accept") : STR("refuse"));
    json_put_bool(o, "want_accept", golive_wants_accept(round));
    json_put_bool(o, "accepted", one->accepted);
    json_put_bool(o, "answered", one->ran);
    json_put_int(o, "status", one->status);
    json_put_bool(o, "passed", golive_passed(r, round));
    json_put_str(o, "source", str_c(golive_source(round)));
    json_put_str(o, "text", text_of(sb, rq, key));
    return o;
}

static struct json *report_data(const struct sandbox *sb, const struct request *rq,
                                const struct golive_report *r)
{
    struct json *o = json_object(), *list = json_array();

    for (size_t i = 0; i < GOLIVE_COUNT; i++)
        json_add(list, round_row(sb, rq, r, (enum golive_round)i));
    json_put_int(o, "passed", (int64_t)r->passed);
    json_put_int(o, "rounds_in_all", GOLIVE_COUNT);
    json_put_bool(o, "ready", r->passed == GOLIVE_COUNT && r->sends_state);
    json_put_bool(o, "sends_state", r->sends_state);
    json_put_bool(o, "sends_nonce", r->sends_nonce);
    json_put_bool(o, "sends_pkce", r->sends_pkce);
    json_put(o, "rounds", list);
    return o;
}

static result show(struct sandbox *sb, struct request *rq, struct response *rs, struct json *report,
                   struct err *e)
{
    struct json *data = json_object();
    struct page p = { .status = 200, .name = "golive", .title = "title.golive", .data = data };

    json_put_str(data, "issuer", golive_issuer(sb, rq->arena));
    json_put(data, "report", report);
    return page_show(sb, rq, rs, &p, e);
}

result golive_home(struct sandbox *sb, struct request *rq, struct response *rs, struct err *e)
{
    return show(sb, rq, rs, NULL, e);
}

/* The developer's own addresses: what was wrong with them may be said in full. */
static result show_mistake(struct sandbox *sb, struct request *rq, struct response *rs,
                           struct err *e)
{
    struct json *data = json_object();
    struct page p = { .status = 400, .name = "golive", .title = "title.golive", .data = data };
    const struct str said = str_fmt(rq->arena, "%s: %s", e->field, e->detail);

    if (request_wants_json(rq)) {
        json_put_str(data, "error", said);
        page_json(rq, rs, 400, data);
        return OK;
    }
    json_put_str(data, "issuer", golive_issuer(sb, rq->arena));
    json_put_str(data, "mistake", said);
    return page_show(sb, rq, rs, &p, e);
}

result golive_check(struct sandbox *sb, struct request *rq, struct response *rs, struct err *e)
{
    struct golive_report *report = arena_new(rq->arena, struct golive_report);
    struct golive_portal portal;
    struct form f;
    result r;

    TRY(form_body(rq, &f, e));
    TRY(form_need(&f, "start_url", 2000, &portal.start_url, e));
    portal.page_url = form_get(&f, "page_url");
    if (!golive_begin(sb->golive))
        return fail(e, ERR_BUSY, "another check is under way");
    r = golive_run(sb, rq->arena, &portal, report, e);
    golive_end(sb->golive);
    if (r.failed && e->code == ERR_INVALID)
        return show_mistake(sb, rq, rs, e);
    TRY(r);
    if (request_wants_json(rq)) {
        page_json(rq, rs, 200, report_data(sb, rq, report));
        return OK;
    }
    return show(sb, rq, rs, report_data(sb, rq, report), e);
}
