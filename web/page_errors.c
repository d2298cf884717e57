/* What each error code means, for whoever builds a portal: one page for all, one for each. */
#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
#include "web/view.h"

/* Codes that people see as the same sentence mean the same to a portal. */
static struct str why_text(const struct ctx *c, enum err_code code)
{
    const struct str key = str_from(str_c(err_text(code)), sizeof("err.") - 1);

    return view_text(c, str_cstr(c->arena, str_cat(c->arena, STR("why."), key)));
}

static struct json *code_row(const struct ctx *c, enum err_code code)
{
    struct json *row = json_object();

    json_put_str(row, "code", str_lower(c->arena, str_c(err_name(code))));
    json_put_int(row, "status", err_status(code));
    json_put_str(row, "oauth", str_c(err_oauth(code)));
    json_put_str(row, "shown", view_text(c, err_text(code)));
    json_put_str(row, "why", why_text(c, code));
    return row;
}

static result show(struct ctx *c, struct request *rq, struct response *rs, struct json *rows,
                   bool all, struct err *e)
{
    DEFER(json_close) struct json *data = json_object();

    json_put(data, "codes", rows);
    json_put_bool(data, "all", all);
    return view_page(c, rq, rs, "errors", "errors.title", data, e);
}

result page_errors(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    struct json *rows = json_array();

    for (int code = ERR_NONE + 1; code < ERR_COUNT; code++)
        json_add(rows, code_row(c, (enum err_code)code));
    return show(c, rq, rs, rows, true, e);
}

result page_error_code(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    const struct str asked = request_param(rq, "code");
    struct json *rows;

    for (int code = ERR_NONE + 1; code < ERR_COUNT; code++) {
        if (!str_eq(asked, str_lower(c->arena, str_c(err_name((enum err_code)code)))))
            continue;
        rows = json_array();
        json_add(rows, code_row(c, (enum err_code)code));
        return show(c, rq, rs, rows, false, e);
    }
    return fail_field(e, ERR_NOT_FOUND, "code", "no such error");
}
