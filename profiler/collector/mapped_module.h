/* SPDX-License-Identifier: MIT */
/*
 * mapped_module.h - finds the very file behind a mapping of a process, while that lives.
 *
 * Its path may lead to another file, or nowhere: it was deleted or replaced, or the process sees
 * other mounts than we do. /proc/PID/map_files (takes CAP_CHECKPOINT_RESTORE), /proc/PID/exe and
 * /proc/PID/root lead further.
 */
#ifndef PROF_COLLECTOR_MAPPED_MODULE_H
#define PROF_COLLECTOR_MAPPED_MODULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct mapped_module {
    pid_t pid;        /* of the process as we count; 0: not known */
    const char *path; /* as the process sees it, without " (deleted)" */
    bool is_program;  /* what the process executes */
    uint64_t start, end;
    const uint8_t *build_id; /* as it is in memory; NULL: not known */
    size_t build_id_size;
};

/*
 * A descriptor of the file, or -1. A file is the mapped one when its build-id is; where that is not
 * known, when it has the mapping's inode number (not the device: what maps and stat tell differs on
 * btrfs and overlayfs), or the process sees what we see and the kernel does not call the file
 * deleted. With nothing at hand, what the path leads to is believed.
 *
 * `root` becomes a descriptor of what the process sees as / when that is not what we see and the
 * path leads to the file only from there; else -1.
 */
int mapped_module_open(const struct mapped_module *module, int *root);

/* The length of a path without the " (deleted)" that the kernel puts after those of files without a
 * name. One of that very name is meant literally. */
size_t mapped_module_path_length(const char *path, size_t size);

/* What JIT compilers leave, as the process itself sees it, or -1: /tmp/perf-PID.map, and
 * jit-PID.dump in /tmp or where the process works. `inner_pid` is what the process takes for its
 * number. Only regular files of ours or of root that were written since then (CLOCK_MONOTONIC):
 * anyone may write into /tmp, and somebody had the number before. */
int mapped_module_open_jit_map(pid_t pid, uint32_t inner_pid, uint64_t since_ns);
int mapped_module_open_jit_dump(pid_t pid, uint32_t inner_pid, uint64_t since_ns);

/* Whether an opened file is ours or root's, and nobody else's to write. */
bool mapped_module_is_trusted(int fd);

#endif
