/* SPDX-License-Identifier: MIT */
/*
 * kept_files.h - the very files that were mapped in the target, at hand until names were looked up.
 *
 * By then a path may lead elsewhere: programs are deleted and built anew, libraries replaced, and
 * in a chroot or another mount namespace the path never led there from here.
 *
 * Runs in:   the drain thread; afterwards whoever took them.
 * Memory:    owns its descriptors, all of them close-on-exec.
 * Effects:   a descriptor keeps its mount busy, so that nobody could unmount it. On mounts that are
 *            busy because of us anyway (/, our working directory's, our program's) files are held
 *            open; from others they are copied to memory, up to limits.
 * When full: the oldest is dropped, and counted.
 */
#ifndef PROF_COLLECTOR_KEPT_FILES_H
#define PROF_COLLECTOR_KEPT_FILES_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum { KEPT_FILES_PATH = 32, KEPT_FILES_MOUNTS = 3 };

struct kept_file {
    uint32_t id;
    int fd;
    int root; /* index into roots; -1: ours */
};

struct kept_root {
    int fd;
    uint64_t device, inode;
};

/* The oldest first; those that were dropped stay, with the descriptor -1. */
struct kept_list {
    struct kept_file *files;
    uint32_t count, capacity;
    uint32_t most, open; /* descriptors */
    uint32_t oldest;     /* none before it is open */
};

/* What JIT compilers write: perf-PID.map and jit-PID.dump. */
enum kept_names { KEPT_MAP, KEPT_DUMP, KEPT_NAMES };

/* Ids are the recording's, of modules and of processes: numbers of processes are used again. */
struct kept_files {
    struct kept_list modules;
    struct kept_list names[KEPT_NAMES];
    struct kept_root *roots; /* what processes saw as / */
    uint32_t root_count, root_capacity;
    uint8_t *tries; /* [module]: how often its file was looked for */
    uint32_t tries_count;
    uint32_t dropped; /* of all */
    uint64_t copied;  /* bytes in memory */
    uint64_t mounts[KEPT_FILES_MOUNTS];
};

/* At most that many descriptors of modules, and half as many of each kind of names; 0: a part of
 * what the limit of open files allows. */
void kept_files_init(struct kept_files *files, uint32_t most);
void kept_files_release(struct kept_files *files);

/* Whether a module's file is to be looked for: not yet found, and not given up. Counts as a look.
 */
bool kept_files_want(struct kept_files *files, uint32_t module);

/* Takes the descriptor, or closes it. `root` is open on what the module's process sees as /, or -1:
 * the same as we do. It is borrowed. */
void kept_files_add_module(struct kept_files *files, uint32_t module, int fd, int root);

/* The same for what a JIT compiler in that process writes. It is still being written: call
 * kept_files_settle_names once the process has ended. */
void kept_files_add_names(struct kept_files *files, enum kept_names kind, uint32_t process, int fd);
/* Whether there was some, be it dropped by now. */
bool kept_files_has_names(const struct kept_files *files, enum kept_names kind, uint32_t process);
void kept_files_settle_names(struct kept_files *files, uint32_t process);

/* Where the file can be opened, in `path`; NULL when it was not kept. */
const char *kept_files_module(const struct kept_files *files, uint32_t module,
                              char path[KEPT_FILES_PATH]);
const char *kept_files_root(const struct kept_files *files, uint32_t module,
                            char path[KEPT_FILES_PATH]);
const char *kept_files_names(const struct kept_files *files, enum kept_names kind, uint32_t process,
                             char path[KEPT_FILES_PATH]);

#endif
