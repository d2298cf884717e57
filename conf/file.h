/*
 * file.h - a small file, read whole: the configuration and the tables beside it.
 */
#ifndef CONF_FILE_H
#define CONF_FILE_H

#include "base/base.h"

/* Into the arena. ERR_IO when it cannot be read or is no regular file; ERR_TOO_LARGE. */
MUST_USE result conf_file_load(struct arena *a, const char *path, size_t bytes_max, struct str *out,
                               struct err *e);

#endif
