/* page_residuals.h - the four equations of the books, for the first page. */
#ifndef WEB_PAGE_RESIDUALS_H
#define WEB_PAGE_RESIDUALS_H

#include "web/route_row.h"

struct json;

/* data.residuals: account, name, books, listed, left, count, is_zero; data.residuals_at. What took
 * long to read is kept for a while: at most a twentieth of the time goes into it. */
MUST_USE result residuals_put(struct ctx *c, struct json *data, struct err *e);

#endif
