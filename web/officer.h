/*
 * officer.h - what the pages of officers of money share: who acts, up to which amount, and the
 * tabs between them.
 */
#ifndef WEB_OFFICER_H
#define WEB_OFFICER_H

#include "payments/order.h"
#include "payments/proposal.h"
#include "web/route_row.h"

struct json;
struct response;

/* "staff:<name>", with the limit of the role as the session has it now: treasurers, approvers and
 * administrators may approve, by settings payments.approve_*_vnd; others nothing. */
struct proposal_actor officer_actor(const struct ctx *c);
struct order_cause officer_cause(const struct ctx *c);
MUST_USE result officer_may_decide(const struct ctx *c, struct err *e); /* ERR_FORBIDDEN */

/* The navigation of the workplace as the role sees it; `tab` of nav.def is marked. */
void officer_put_tabs(const struct ctx *c, struct json *data, const char *tab);
/* A refusal that belongs on the page it came from, not on an error page. */
bool officer_is_mistake(const struct err *why);
void officer_put_mistake(const struct ctx *c, struct json *data, const struct err *why);
/* Who did it, as officers read it: "staff:lan" is lan, "system" has a word, of citizens no account
 * is told. */
struct str officer_who(const struct ctx *c, struct str actor);
/* The text of key "<prefix><name>" of the catalogues. */
struct str officer_text(const struct ctx *c, const char *prefix, struct str name);

#endif
