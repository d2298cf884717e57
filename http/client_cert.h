/*
 * client_cert.h - the client's TLS certificate, as a trusted proxy tells it.
 *
 * `Client-Cert` holds DER in base64 between colons (RFC 9440 2.2, HAProxy), or the URL-encoded PEM
 * that nginx makes ($ssl_client_escaped_cert); `Client-Cert-Verified: SUCCESS` says that the proxy
 * checked its chain. A proxy must set or remove both on every request: setting
 * http.client_certificates says that it does.
 */
#ifndef HTTP_CLIENT_CERT_H
#define HTTP_CLIENT_CERT_H

#include "base/base.h"
#include "http/request.h"

/* Into rq->certificate and rq->certificate_verified; only for requests of a trusted proxy.
 * ERR_MALFORMED: neither form, or a header twice. */
MUST_USE result client_cert_read(struct request *rq, struct err *e);

#endif
