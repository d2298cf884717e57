#include "web/call.h"

#include "auth/auth.h"
#include "auth/dpop.h"
#include "base/err.h"
#include "base/str.h"
#include "http/form.h"

static size_t header_count(const struct request *rq, const char *name)
{
    size_t n = 0;

    for (size_t i = 0; i < rq->header_count; i++)
        n += str_eq_nocase(rq->headers[i].name, str_c(name));
    return n;
}

bool call_has_form(const struct request *rq)
{
    struct str type = request_header(rq, "Content-Type"), first;

    return str_next(&type, ';', &first) &&
           str_eq_nocase(str_trim(first), STR("application/x-www-form-urlencoded"));
}

struct api_call call_make(const struct ctx *c, const struct request *rq, struct response *rs)
{
    const bool certificates = c->app->conf.http.client_certificates;

    if (dpop_wants_nonce(&c->app->auth))
        response_header_set(rs, "DPoP-Nonce", dpop_nonce(&c->app->auth, c->arena));
    return (struct api_call){
        .certificate = certificates ? rq->certificate : STR(""),
        .certificate_trusted = certificates && rq->certificate_verified,
        .authorization = request_header(rq, "Authorization"),
        .dpop = request_header(rq, "DPoP"),
        .dpop_count = header_count(rq, "DPoP"),
        .method = str_c(method_name(rq->method)),
        .url = str_cat(c->arena, c->app->conf.service.issuer, rq->path),
    };
}

result call_read(const struct ctx *c, const struct request *rq, struct response *rs,
                 struct form *form, struct api_call *out, struct err *e)
{
    struct api_call call = call_make(c, rq, rs);

    TRY(form_body(rq, form, e));
    call.body = form;
    *out = call;
    return OK;
}

result call_answer(const struct api_call *call, struct response *rs, result r, const struct err *e)
{
    if (r.failed && e->code == ERR_BAD_CLIENT && call->authorization.n > 0)
        response_header(rs, "WWW-Authenticate", STR("Basic realm=\"motcua\""));
    return r;
}
