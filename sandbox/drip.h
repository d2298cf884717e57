/*
 * drip.h - a POST whose body comes byte by byte, as a hostile or broken network would bring it.
 */
#ifndef SANDBOX_DRIP_H
#define SANDBOX_DRIP_H

#include "base/base.h"

/* To http://host:port on loopback; the answer is not waited for. Gives up silently: a broken
 * delivery is the purpose. */
void drip_post(struct str base_url, const char *path, struct str body, int64_t pause_ms);

#endif
