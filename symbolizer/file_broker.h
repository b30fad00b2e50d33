/* SPDX-License-Identifier: MIT */
/*
 * file_broker.h - opens files for a process that may not (confinement.h).
 *
 * What a module consists of turns up while it is read: a .gnu_debuglink, a .dwo file, what dwz has
 * moved out. So the process that reads asks by path, over a socket of its own, and gets the open
 * file. It may have fallen into the hands of whoever made what it reads. Therefore only ELF files
 * are given to it, and of those no core files: keys, passwords, texts and what was in the memory of
 * others are not for it.
 *
 * What it can find out all the same: where a path leads to, and what is in the programs, libraries
 * and debug files that we may read. And its own memory is a copy of ours.
 */
#ifndef PROF_SYMBOLIZER_FILE_BROKER_H
#define PROF_SYMBOLIZER_FILE_BROKER_H

#include "profiler/base/error.h"
#include "profiler/base/mapped_file.h"
#include "profiler/base/text.h"

#include <stdbool.h>
#include <stdint.h>

/* A pair of sockets, one end for each side (SOCK_SEQPACKET: an answer is whole or not there). */
int file_broker_pair(int ends[2]);

/* ---- who opens ---- */

struct file_broker {
    /* Debug files that may still be fetched from servers. A module has one, and dwz another: each
     * tells the servers what the reader wants to tell them. */
    uint32_t fetches;
};

enum file_broker_result {
    FILE_BROKER_OVER, /* there will be no more, or nothing that makes sense */
    FILE_BROKER_SERVED,
    FILE_BROKER_FETCHED /* that may have taken long */
};

/* Answers what has been asked, if anything has. Does not wait for the other side. */
enum file_broker_result file_broker_serve(struct file_broker *broker, int socket);

/* ---- who asks ---- */

/* As mapped_file_open. */
int file_broker_open(int socket, struct mapped_file *file, const char *path, struct error *error);

/* Whether there is such a folder, and it may be entered. */
bool file_broker_has_folder(int socket, const char *path);

/* As realpath and debuginfod_fetch: appends to `found`. */
bool file_broker_real_path(int socket, const char *path, struct text *found);
bool file_broker_fetch(int socket, const char *build_id, struct text *found);

#endif
