/* SPDX-License-Identifier: MIT */
/*
 * isolated_child.h - a forked process that answers, and may die or go mad at it.
 *
 * The child serves one socket, and knows nothing of limits of time: the caller looks at the clock
 * whenever it waits, and ends a child that takes too long. Through another socket the child can ask
 * for files (file_broker.h), which the caller attends to while it waits. Whatever the child sends
 * is bytes to be checked. No signal of the caller is touched, and a child that is gone raises none.
 *
 * Threads: fork() in a program with threads is safe here with a libc that keeps malloc usable in
 *          the child, as glibc and musl (1.2.3) do: the child needs nothing else that another
 *          thread might hold.
 * Children: the child is waited for by its process id. A caller that waits for any child may take
 *          its end away: then only the words about it are poorer.
 */
#ifndef PROF_SYMBOLIZER_ISOLATED_CHILD_H
#define PROF_SYMBOLIZER_ISOLATED_CHILD_H

#include "profiler/base/error.h"
#include "profiler/base/text.h"
#include "symbolizer/file_broker.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* For one question with its answer; 0: no limit. */
struct isolated_limits {
    uint64_t cpu_ns, wall_ns;
};

struct isolated_child {
    pid_t pid; /* 0: there is none */
    int socket;
    int files; /* the socket that it asks for files through; -1: it asks no more */
    struct file_broker broker;
    struct isolated_limits limits;
    uint64_t cpu_from, wall_from; /* when the present question was put */
    const char *over;             /* the limit that it was ended for, in words; NULL: none */
    struct text words;
};

/* What an exit status of the child means, apart from signals: out of memory (memory.h). */
#define ISOLATED_CHILD_NO_MEMORY 125

/* Forks; the child runs `serve`, with both sockets and no other descriptors, and ends when that
 * returns. -1 with the error filled. */
int isolated_child_start(struct isolated_child *child,
                         void (*serve)(void *context, int socket, int files), void *context,
                         struct error *error);

/* Begins a question: its limits count from here. While a debug file is fetched for the child (as
 * often as child->broker allows), no time passes for it. */
void isolated_child_begin(struct isolated_child *child, struct isolated_limits limits);

/* All of the bytes, or false: the child is dead, or was found over its limits. */
bool isolated_child_send(struct isolated_child *child, const void *data, size_t size);
bool isolated_child_receive(struct isolated_child *child, void *data, size_t size);

/* Ends the child if it has not ended, and says how it did: "ended with signal 11 (...)". The words
 * stay until the child is started or released. */
const char *isolated_child_end(struct isolated_child *child);
void isolated_child_release(struct isolated_child *child);

/* Inside the child: all of the bytes, or false: there is nobody left to answer to. */
bool isolated_child_read(int socket, void *data, size_t size);
bool isolated_child_write(int socket, const void *data, size_t size);

#endif
