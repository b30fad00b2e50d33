/* SPDX-License-Identifier: MIT */
/*
 * confinement.h - takes from this process what reading files and answering does not need.
 *
 * For a process that was forked to read untrusted files, and may fall into the hands of whoever
 * made them. What is left to it: its memory, within a limit, threads, one socket to answer through
 * and another to ask for files (file_broker.h). It opens none itself: among the files that it may
 * read are the user's keys. There is no way back.
 *
 * Runs in: the forked process only, before it has threads.
 */
#ifndef PROF_SYMBOLIZER_CONFINEMENT_H
#define PROF_SYMBOLIZER_CONFINEMENT_H

#include <stdbool.h>
#include <stdint.h>

/* Signal handlers of the process it was forked from are dropped, and every descriptor but the
 * sockets is closed; no core is written. */
void confinement_begin(int answers, int files);

/* How many bytes may be allocated from confinement_begin on (RLIMIT_DATA). Can be called again, for
 * less. Not RLIMIT_AS: a mapped file costs nothing, however large, and how many of them there will
 * be is not known beforehand. */
void confinement_limit_memory(uint64_t bytes);

/* Half of the machine's memory: what may be allocated as long as nothing better is known. */
uint64_t confinement_memory_at_most(void);

/*
 * No file can be opened, looked at, written or made, no program started, no privilege used. Returns
 * whether the kernel lets system calls be filtered (seccomp), on a machine whose calls are known
 * here; elsewhere RLIMIT_FSIZE, dropped capabilities and no_new_privs are what holds, and files of
 * the user can be read.
 */
bool confinement_enter(int answers, int files);

#endif
