/*
 * jobs.h - background work of `motcua serve`: a thread for each lane that asks its rooms for one
 * piece of work at a time, in turn, and sleeps jobs.poll_ms when there is none. Work is claimed by
 * row, so any number of processes may run it and any may die. A failure is logged and the loop goes
 * on, more slowly.
 */
#ifndef CLI_JOBS_H
#define CLI_JOBS_H

#include "base/base.h"

struct site;
struct jobs;

struct jobs *jobs_start(struct site *site);
void jobs_stop(struct jobs **j); /* waits for the piece under way; DEFER(jobs_stop) */

#endif
