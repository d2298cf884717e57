/*
 * openapi.h - the OpenAPI 3.1 document of /v1, made of routes.def and api.def.
 *
 * A route of /v1 that has no OPERATION stands in it with "x-missing", and the tests fail until it
 * has one: nothing is served that the document does not tell.
 */
#ifndef WEB_OPENAPI_H
#define WEB_OPENAPI_H

#include "web/route_row.h"

struct json;

/* The caller's. `issuer` is where the service and its tokens are. */
struct json *openapi_json(struct arena *a, struct str issuer);
bool openapi_has(const struct route_row *row); /* whether a route belongs there */

#endif
