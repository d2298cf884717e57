/*
 * reconcile_files.h - `motcua reconcile OURS THEIRS...`: files against files, on a bare machine.
 *
 * No settings, no database, no server. Fails with ERR_BUSINESS_RULE when something is open, and
 * with ERR_INVALID when a file cannot be used, so that the exit status tells which.
 */
#ifndef CLI_RECONCILE_FILES_H
#define CLI_RECONCILE_FILES_H

#include "cli/cli.h"

MUST_USE result reconcile_files(struct cli *cli, struct err *e);

#endif
