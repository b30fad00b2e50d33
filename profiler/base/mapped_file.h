/* SPDX-License-Identifier: MIT */
/*
 * mapped_file.h - a whole regular file, readable as memory.
 *
 * Only regular files are opened (regular_file.h). A file that shrinks while it is mapped makes
 * reads raise SIGBUS: callers that read files of others isolate that.
 */
#ifndef PROF_BASE_MAPPED_FILE_H
#define PROF_BASE_MAPPED_FILE_H

#include "profiler/base/error.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

struct mapped_file {
    const uint8_t *data; /* NULL when the file is empty */
    size_t size;
    uint64_t device, inode;
    uint32_t owner, mode; /* who it belongs to, and the bits of who may do what */
    int64_t modified_ns;  /* mtime, since the epoch */
};

/* Returns 0, or -1 with the error filled and `file` untouched. */
int mapped_file_open(struct mapped_file *file, const char *path, struct error *error);

/* The same, of a file that somebody has opened; the descriptor is closed. */
int mapped_file_take(struct mapped_file *file, int fd, const struct stat *status, const char *path,
                     struct error *error);
void mapped_file_close(struct mapped_file *file);

/* Gives the memory back that the parts read so far take: who reads them again gets them from the
 * file again. Other threads may go on reading. */
void mapped_file_forget(const struct mapped_file *file);

#endif
