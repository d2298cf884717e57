#include "web/cors.h"

#include "base/str.h"

static const struct {
    enum method method;
    const char *path;
} rows[] = {
#define ROUTE(method, path, handler, who, csrf, bytes, rate, pool, face, purpose)                  \
    { METHOD_##method, path },
#include "web/routes.def"
#undef ROUTE
};

bool cors_is_open(struct str path)
{
    for (size_t i = 0; i < LEN(rows); i++)
        if (rows[i].method == METHOD_OPTIONS && str_is(path, rows[i].path))
            return true;
    return false;
}

void cors_allow(struct response *rs, struct str path)
{
    if (!cors_is_open(path))
        return;
    response_header(rs, "Access-Control-Allow-Origin", STR("*"));
    response_header(rs, "Access-Control-Expose-Headers", STR("DPoP-Nonce, WWW-Authenticate"));
}

/* A browser asks before it sends what a plain form could not. */
result cors_preflight(struct ctx *c, struct request *rq, struct response *rs, struct err *e)
{
    (void)c, (void)rq, (void)e;
    response_header(rs, "Access-Control-Allow-Methods", STR("GET, POST"));
    response_header(rs, "Access-Control-Allow-Headers", STR("authorization, content-type, dpop"));
    response_header(rs, "Access-Control-Max-Age", STR("3600"));
    rs->status = 204;
    return OK;
}
