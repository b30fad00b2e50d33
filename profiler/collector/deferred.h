/* SPDX-License-Identifier: MIT */
/*
 * deferred.h - finishes walks that the target's own unwinder could not, with libunwind.
 *
 * The target has sent its registers and the top of its stack; libunwind walks that copy through
 * accessors, with the unwind tables of the module files. So libunwind, with its locks and caches,
 * is never inside the target.
 *
 * Memory: keeps the module files it needed mapped until deferred_free.
 */
#ifndef PROF_COLLECTOR_DEFERRED_H
#define PROF_COLLECTOR_DEFERRED_H

#include "profiler/collector/image.h"

enum { DEFERRED_REGISTERS = 17, DEFERRED_FRAMES = 1024 };

struct deferred;

struct deferred *deferred_new(void);
void deferred_free(struct deferred *deferred);

/* A walk to be done. `registers` in DWARF order, the last one the program counter. */
struct deferred_walk {
    const struct image *image;
    const struct stack_table *table; /* for the paths of modules */
    uint64_t stack_pointer;
    const uint8_t *stack; /* bytes from the stack pointer on */
    size_t stack_size;
    uint64_t registers[DEFERRED_REGISTERS];
};

/* Fills `addresses`, innermost first, and returns how many there are: at least 1, at most
 * DEFERRED_FRAMES. *stop gets an enum recording_stop. */
uint32_t deferred_run(struct deferred *deferred, const struct deferred_walk *walk,
                      uint64_t addresses[DEFERRED_FRAMES], uint8_t *stop);

#endif
