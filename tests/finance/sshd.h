/*
 * sshd.h - a real SFTP server (OpenSSH) on loopback for the length of a test: own host key, own key
 * of its one user, nothing but files.
 */
#ifndef TESTS_FINANCE_SSHD_H
#define TESTS_FINANCE_SSHD_H

#include "tests/test.h"

struct sshd {
    int port;
    const char *user;        /* who runs the test */
    const char *key;         /* of the user; "<key>.other" is one that the server does not know */
    const char *known_hosts; /* of this server */
    const char *other_known_hosts; /* its address with another key */
    const char *empty_known_hosts;
};

/* Started once for a test, and ended with it. */
const struct sshd *sshd_open(void);
const char *sshd_path(const char *name); /* in the test's folder */
int sshd_free_port(void);                /* where nobody listens */

#endif
