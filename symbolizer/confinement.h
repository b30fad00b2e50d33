/* SPDX-License-Identifier: MIT */
/*
 * confinement.h - takes from this process what reading files and answering does not need.
 *
 * For a process that was forked to read untrusted files, and may fall into the hands of whoever
 * made them. What is left to it: its memory, within a limit, threads, files opened for reading, and
 * one socket to answer through. There is no way back.
 *
 * Runs in: the forked process only, before it has threads.
 */
#ifndef PROF_SYMBOLIZER_CONFINEMENT_H
#define PROF_SYMBOLIZER_CONFINEMENT_H

#include <stdbool.h>
#include <stdint.h>

/* Signal handlers of the process it was forked from are dropped, and every descriptor but the
 * socket and `kept` (ended by -1; NULL: none; at most CONFINEMENT_KEPT) is closed; no core is
 * written. */
enum { CONFINEMENT_KEPT = 2 };
void confinement_begin(int socket, const int *kept);

/* How many bytes may be allocated from now on (RLIMIT_DATA). Can be called again, for less. Not
 * RLIMIT_AS: a mapped file costs nothing, however large, and how many of them there will be is not
 * known beforehand. */
void confinement_limit_memory(uint64_t bytes);

/* Half of the machine's memory: what may be allocated as long as nothing better is known. */
uint64_t confinement_memory_at_most(void);

/*
 * No file can be written or made, no program started, no privilege used but that of reading.
 * Returns whether the kernel lets system calls be filtered (seccomp), on a machine whose calls are
 * known here; elsewhere RLIMIT_FSIZE, dropped capabilities and no_new_privs are what holds.
 */
bool confinement_enter(int socket);

#endif
