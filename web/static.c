/* Files that are part of the program, and the installation's emblem. */
#include "base/embed.h"
#include "base/err.h"
#include "base/str.h"
#include "web/view.h"

extern const struct embed_set web_static;

static const char *type_of(struct str name)
{
    if (str_ends(name, STR(".css")))
        return "text/css; charset=utf-8";
    if (str_ends(name, STR(".js")))
        return "text/javascript; charset=utf-8";
    if (str_ends(name, STR(".svg")))
        return "image/svg+xml";
    return "application/octet-stream";
}

result static_file(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    const struct str name = request_param(rq, "name");
    struct str bytes;

    (void)c;
    if (!embed_find(&web_static, name, &bytes))
        return fail(e, ERR_NOT_FOUND, "no such file");
    response_header_set(rs, "Cache-Control", STR("public, max-age=3600"));
    response_body(rs, 200, type_of(name), bytes);
    return OK;
}

result emblem_file(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    const struct str emblem = c->app->emblem;

    (void)rq;
    if (emblem.n == 0)
        return fail(e, ERR_NOT_FOUND, "no emblem is configured");
    response_header_set(rs, "Cache-Control", STR("public, max-age=3600"));
    response_body(rs, 200, str_starts(emblem, STR("\x89PNG")) ? "image/png" : "image/svg+xml",
                  str_dup(c->arena, emblem)); /* the generation may be closed before it is sent */
    return OK;
}
