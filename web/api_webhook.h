/*
 * api_webhook.h - what the interface and the pages of webhooks share: where a client may have
 * events posted, and the job that posts them.
 */
#ifndef WEB_API_WEBHOOK_H
#define WEB_API_WEBHOOK_H

#include "web/app.h"

/* https on one of the client's registered hosts; plain http to loopback in a simulated
 * installation. False for a client that is gone. */
bool webhook_may(const struct app *app, struct arena *a, struct str client_id, struct str url);
/* One event that is due. SLOW. */
MUST_USE result webhook_tell(const struct app *app, bool *did, struct err *e);

#endif
