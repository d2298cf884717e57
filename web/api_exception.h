/* api_exception.h - an exception as /v1 tells of it, in lists of exceptions and of runs. */
#ifndef WEB_API_EXCEPTION_H
#define WEB_API_EXCEPTION_H

#include "finance/exception.h"
#include "web/route_row.h"

struct json;

struct json *api_exception_json(const struct ctx *c, const struct exception *x); /* caller closes */

#endif
