/*
 * view.h - answers: pages, JSON, files, and errors in each of the faces of routes.def.
 */
#ifndef WEB_VIEW_H
#define WEB_VIEW_H

#include "base/err.h"
#include "web/route_row.h"

struct client;
struct json;

/* A page of web/page/<name>.html in the layout. `title` is a key of the catalogues. The layout's
 * own members are added to `data`, which stays the caller's. */
MUST_USE result view_page(struct ctx *c, const struct request *rq, struct response *rs,
                          const char *name, const char *title, struct json *data, struct err *e);
void view_status(struct response *rs, int status); /* of a page that is no 200 */
void view_json(struct ctx *c, struct response *rs, int status, struct json *data); /* takes data */
void view_json_text(struct response *rs, int status, const char *type, struct str json);
void view_redirect(struct response *rs, struct str location);
/* Tells an error in the route's face; the caller has logged it. Where a token is wanted, what was
 * wrong with it stands in the challenge (RFC 6750 3, RFC 9449 7.1, RFC 9470 3). */
void view_error(struct ctx *c, const struct request *rq, struct response *rs, const struct err *e);

/* The problem details of an error (RFC 9457), in the request's language. */
struct str view_problem(struct ctx *c, const struct err *e, struct arena *a);

/* From now on error pages offer the way back to this portal: where it starts a sign-in, or else the
 * site of its first registered address. */
void view_offer_portal(struct ctx *c, const struct client *portal);
void view_put_portal(const struct ctx *c, struct json *data); /* portal_url, portal_name */

/* The content security policy: no script but the one file of form_post. Browsers apply form-action
 * to where a form's answer redirects, too: `form_targets` are origins more, or empty. */
void view_policy(const struct ctx *c, struct response *rs, struct str form_targets);
/* The same for a page whose script asks this site again, as its own form would. */
void view_policy_asking(const struct ctx *c, struct response *rs);
struct str view_origins(const struct ctx *c, const struct str *urls, size_t n); /* for it */

struct str view_text(const struct ctx *c, const char *key); /* of the request's language */
struct str view_fill(const struct ctx *c, const char *key, const struct str *args, size_t n);
const struct catalog *view_catalog(const struct ctx *c);
/* Of two texts, the one in the request's language. */
struct str view_either(const struct ctx *c, struct str vi, struct str en);
void view_put_money(const struct ctx *c, struct json *o, const char *name, int64_t vnd);
struct str view_words(const struct ctx *c, int64_t vnd); /* an amount in words */
struct str view_kind(const struct ctx *c, enum fee_kind kind);
struct str view_csrf(const struct ctx *c); /* for a form's hidden field */

struct str cookie_name(const struct app *a, struct arena *arena, const char *name);
void view_cookie(const struct ctx *c, struct response *rs, const char *name, struct str value,
                 int64_t max_age_s);

#endif
