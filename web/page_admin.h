/*
 * page_admin.h - what the pages of administrators share.
 */
#ifndef WEB_PAGE_ADMIN_H
#define WEB_PAGE_ADMIN_H

#include "web/view.h"

struct form;

/* Acts that give somebody power need a second factor of the last STAFF_FRESH_S: the form then has a
 * field `code`. Says so to the page. */
void admin_put_fresh(const struct ctx *c, struct json *data);
/* Takes the field when it is needed. ERR_BAD_PASSWORD, ERR_TOO_MANY: the act is not to be done. */
MUST_USE result admin_prove(struct ctx *c, const struct form *form, struct err *e);
/* A refusal that belongs on the page it came from: names the field. */
bool admin_is_mistake(const struct err *why);
struct str admin_mistake(const struct ctx *c, const struct err *why);
struct str admin_home(enum staff_role role);               /* where somebody of that role works */
struct str admin_role_text(const struct ctx *c, int role); /* enum staff_role */

#endif
