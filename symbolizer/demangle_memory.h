/* SPDX-License-Identifier: MIT */
/*
 * demangle_memory.h - an end to what libiberty allocates for one name.
 *
 * Its demangler for D builds a name in memory before it says how long that is, and twenty bytes
 * more of back references make a thousand times the name: 160 bytes are 20 GB. So its allocator
 * (xmalloc and what belongs to it) is ours, and gives up on such a name by a jump.
 *
 * Memory: what the demangler held when it was left is lost, up to the limit. A process loses it so
 *         often only as demangle_memory_is_spent tells, which is the one thing here that is static.
 * Threads: each has a limit of its own.
 */
#ifndef PROF_SYMBOLIZER_DEMANGLE_MEMORY_H
#define PROF_SYMBOLIZER_DEMANGLE_MEMORY_H

#include <setjmp.h>
#include <stdbool.h>
#include <stddef.h>

/* From now on, until it is NULL: leaves by the jump when more than the limit has been allocated,
 * freed or not. */
void demangle_memory_limit(jmp_buf *leave, size_t bytes);

/* Whether so many names had to be left that no more should be tried. */
bool demangle_memory_is_spent(void);

#endif
