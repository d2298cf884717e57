/*
 * oidc_device.h - device authorization (RFC 8628), for kiosks: POST /device_authorization.
 *
 * The kiosk shows user_code and the address; the person signs in on their own telephone, types the
 * code and approves; the kiosk polls the token endpoint with the grant
 * urn:ietf:params:oauth:grant-type:device_code. For clients that registered that grant.
 */
#ifndef AUTH_OIDC_DEVICE_H
#define AUTH_OIDC_DEVICE_H

#include "auth/auth.h"

#define DEVICE_GRANT "urn:ietf:params:oauth:grant-type:device_code"

/* *json is the body of 200. ERR_BAD_CLIENT, ERR_UNAUTHORIZED_CLIENT, ERR_BAD_SCOPE, ERR_BAD_TARGET.
 */
MUST_USE result oidc_device_start(struct auth *au, const struct visit *v,
                                  const struct api_call *call, struct str *json, struct err *e);

#endif
