#include "http/response.h"

#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/str.h"

static void value_check(struct str value)
{
    for (size_t i = 0; i < value.n; i++)
        must((unsigned char)value.p[i] >= ' ' && value.p[i] != 0x7f);
}

void response_header(struct response *rs, const char *name, struct str value)
{
    must(rs->header_count < RESPONSE_HEADERS_MAX);
    value_check(value);
    rs->headers[rs->header_count].name = name;
    rs->headers[rs->header_count].value = value;
    rs->header_count++;
}

void response_header_set(struct response *rs, const char *name, struct str value)
{
    size_t kept = 0;

    for (size_t i = 0; i < rs->header_count; i++)
        if (strcasecmp(rs->headers[i].name, name) != 0)
            rs->headers[kept++] = rs->headers[i];
    rs->header_count = kept;
    response_header(rs, name, value);
}

void response_body(struct response *rs, int status, const char *content_type, struct str body)
{
    must(status >= 200 && status <= 599);
    rs->status = status;
    rs->body = body;
    response_header_set(rs, "Content-Type", str_c(content_type));
}

void response_redirect(struct response *rs, struct str location)
{
    must(location.n > 0);
    rs->status = 303;
    rs->body = STR("");
    response_header_set(rs, "Location", location);
}

bool cookie_is_plain(struct str value)
{
    for (size_t i = 0; i < value.n; i++)
        if (value.p[i] <= ' ' || value.p[i] > '~' || strchr("\",;\\", value.p[i]) != NULL)
            return false;
    return true;
}

void response_cookie(struct response *rs, const struct cookie_out *c)
{
    const char *path = c->path == NULL ? "/" : c->path;
    struct str age = STR("");

    must(cookie_is_plain(c->value));
    if (c->max_age_s > 0)
        age = str_fmt(rs->arena, "; Max-Age=%lld", (long long)c->max_age_s);
    else if (c->max_age_s < 0)
        age = STR("; Max-Age=0");
    response_header(rs, "Set-Cookie",
                    str_fmt(rs->arena, "%s=%.*s; Path=%s%.*s; HttpOnly%s; SameSite=%s", c->name,
                            STR_ARG(c->value), path, STR_ARG(age), c->secure ? "; Secure" : "",
                            c->strict ? "Strict" : "Lax"));
}
