/*
 * personal.h - what of a person officers of money see: masked, and one field at a time unmasked
 * with a reason.
 *
 * Unmasking is for one field of one record, for PERSONAL_SHOWN_S, in the officer's own session; the
 * audit log says who, which field of which record, and why, before anything is shown. Files never
 * hold what is masked, unless the role may see it always (setting finance.personal_role).
 */
#ifndef WEB_PERSONAL_H
#define WEB_PERSONAL_H

#include "web/route_row.h"

#define PERSONAL_SHOWN_S 300

/* Whether the officer's role sees personal data without unmasking. */
bool personal_may_see(const struct ctx *c);
/* "N***** T** H**", "*********123": first letters of words, last three of numbers. */
struct str personal_mask(struct arena *a, struct str text);
/* Whether this field was unmasked in this session just now, and until when. */
MUST_USE result personal_is_shown(const struct ctx *c, struct str record, struct str field,
                                  bool *shown, int64_t *until_ms, struct err *e);
/* ERR_FORBIDDEN below officer; ERR_INVALID: no reason. The row of the audit log is written first.
 */
MUST_USE result personal_show(const struct ctx *c, struct str record, struct str field,
                              struct str reason, struct err *e);

#endif
