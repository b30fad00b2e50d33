/* SPDX-License-Identifier: MIT */
/*
 * process.h - what the kernel says of a process that is sampled.
 *
 * Source: proc(5). All of it may be asked of processes that are gone.
 */
#ifndef PROF_COLLECTOR_PROCESS_H
#define PROF_COLLECTOR_PROCESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* A pidfd, or -1 where none can be had (no descriptor left, a kernel before 5.3). */
int process_open(pid_t pid);

/* Whether the process of that number, as we count, is the one that says it was started then (in
 * clock ticks since boot; 0: not known). It may be one of another PID namespace, or gone and its
 * number taken by somebody else. True also where that cannot be told. */
bool process_started_at(pid_t pid, uint64_t start_ticks);

/* The process, as we count, of another PID namespace that has that number there and was started
 * then, with its stack there (0: not known); 0: there is none. Looks at every process. */
pid_t process_find(int32_t inner_pid, uint64_t start_ticks, uint64_t start_stack);

/* The number that the process itself has, which is another one in a PID namespace; 0: not known. */
int32_t process_inner_pid(pid_t pid);

/* Where its stack starts, which is another place after exec; 0 where we may not know. */
uint64_t process_start_stack(pid_t pid);

/* Whether the process has ended; a zombie has. `pidfd` as from process_open. */
bool process_is_gone(pid_t pid, int pidfd);

/* CPU time of all its threads so far. False when it cannot be read any more. */
bool process_cpu_ns(pid_t pid, uint64_t *cpu_ns);

/* Whether it runs this executable; true also where that cannot be told. */
bool process_runs(pid_t pid, const char *executable);

/* Whether a thread of that number is one of that process. */
bool process_has_thread(pid_t pid, pid_t tid);

/* CPU time a thread has used, as the scheduler counts; 0 when it cannot be read. */
uint64_t process_thread_run_ns(pid_t pid, pid_t tid);

/* A thread's name, at most 15 bytes; untouched when it cannot be read. */
void process_thread_name(pid_t pid, pid_t tid, char name[16]);

#endif
