/*
 * notice.h - CONFIRM: the portal tells motcua what became of a transaction.
 *
 * Worker threads post to <motcua>/DvcPayment/Confirm until it is answered with MaLoi 00 and a
 * MaXacThuc that verifies, with growing pauses (1 s, 2 s, .. 60 s), across restarts. What the
 * CONFIRM switches spoil is sent once as spoiled and not repeated: QUERY keeps telling the truth.
 */
#ifndef SANDBOX_NOTICE_H
#define SANDBOX_NOTICE_H

#include "base/base.h"
#include "sandbox/fault.h"

#define NOTICE_OF_FAILURE ((size_t)-1)

struct sandbox;
struct notices;

/* Starts the workers; captures that were never confirmed are taken up again. */
MUST_USE result notices_open(struct sandbox *sb, struct notices **out, struct err *e);
void notices_close(struct notices **n); /* waits for the call under way */

/* `reference` lives as long as the portal. capture: its index, or NOTICE_OF_FAILURE. */
void notice_put(struct notices *n, struct str reference, size_t capture,
                const struct fault_set *set);
/* After delay_ms the failed payment succeeds, and that is told. `bank` is copied. */
void notice_put_late(struct notices *n, struct str reference, struct str bank, int64_t delay_ms);

#endif
