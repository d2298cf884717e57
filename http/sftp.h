/*
 * sftp.h - one file from a partner's SFTP server, over libcurl (libssh2).
 *
 * The server is known by its line in the known-hosts file, or not spoken to; we are known to it by
 * a private key. Thread rule: any thread; blocks its caller.
 */
#ifndef HTTP_SFTP_H
#define HTTP_SFTP_H

#include "base/base.h"

struct sftp_file {
    struct str url; /* "sftp://host:port/path" */
    struct str user;
    const char *key_file;         /* private key, no passphrase; its owner only may read it */
    const char *known_hosts_file; /* OpenSSH's form */
    int64_t connect_ms, total_ms;
    size_t bytes_max;
};

/* Whole, in the arena. ERR_NOT_FOUND: no such file there; ERR_UPSTREAM_DOWN: no answer, an unknown
 * host key or a refused login, told in the detail; ERR_UPSTREAM_BAD: over bytes_max. ERR_CONFIG:
 * the key is readable by others. */
MUST_USE result sftp_get(const struct sftp_file *f, struct arena *a, struct str *out,
                         struct err *e);

#endif
