/*
 * demo_session.h - who is signed in at the demo portal: an entry of the in-process table, found by
 * a random cookie. A restart signs everyone out.
 */
#ifndef SANDBOX_DEMO_SESSION_H
#define SANDBOX_DEMO_SESSION_H

#include "sandbox/sandbox.h"

struct demo_session {
    struct str sub, sid, name, number, acr, id_token, access_token;
    struct str csrf;  /* of this session's forms */
    struct str since; /* when it began, ms */
};

MUST_USE result demo_session_start(struct sandbox *sb, struct request *rq, struct response *rs,
                                   const struct demo_session *s, struct err *e);
bool demo_session_find(struct sandbox *sb, struct request *rq, struct demo_session *out);
void demo_session_end(struct sandbox *sb, struct request *rq, struct response *rs);
/* motcua says that this sid, or this sub, or this sub within this sid, is out: sessions that began
 * until now are over. One of the two may be empty. */
MUST_USE result demo_session_end_told(struct sandbox *sb, struct arena *a, struct str sid,
                                      struct str sub, struct err *e);
/* The form's `csrf` is that of the session: ERR_BAD_CSRF. */
MUST_USE result demo_session_form(struct sandbox *sb, struct request *rq, struct form *f,
                                  struct demo_session *out, struct err *e);

#endif
