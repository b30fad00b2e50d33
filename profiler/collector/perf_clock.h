/* SPDX-License-Identifier: MIT */
/*
 * perf_clock.h - a perf event on a thread of another process that sends SIGPROF to just that thread
 * whenever it has used a period of user time.
 *
 * The target owns nothing of it: closing descriptors, limits and chroot do not concern it, exec
 * takes the event off (remove_on_exec, Linux 5.13), and it ends with our process.
 *
 * Source: perf_event_open(2); fcntl(2), F_SETSIG and F_SETOWN_EX. PERF_EVENT_IOC_ENABLE and never
 * _REFRESH, which has hung machines (Linux 6.16).
 */
#ifndef PROF_COLLECTOR_PERF_CLOCK_H
#define PROF_COLLECTOR_PERF_CLOCK_H

#include "profiler/base/error.h"

#include <stdint.h>
#include <sys/types.h>

/* Whether this process may have such events at all. Returns -1 with the error saying why not. */
int perf_clock_probe(struct error *error);

/* Opens one on thread `tid` of process `pid`. Returns its descriptor, above 0; -1 where none can be
 * had, or when the thread is not one of that process. No signal comes before it is started. */
int perf_clock_open(pid_t pid, pid_t tid, uint64_t period_ns);
void perf_clock_start(int fd);

/* Closes it. Returns the CPU time, user and kernel, that the thread has used since the start. */
uint64_t perf_clock_close(int fd);

#endif
