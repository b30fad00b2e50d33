/* SPDX-License-Identifier: MIT */
/*
 * demangle_memory.c - stands in for libiberty's xmalloc.c, of which nothing else is used.
 */
#include "symbolizer/demangle_memory.h"

#include "profiler/base/memory.h"

#include <libiberty/libiberty.h>
#include <stdatomic.h>

enum { MOST_LEFT = 64 }; // names, each of which may cost the limit

static __thread struct {
    jmp_buf *leave; /* NULL: there is no limit */
    size_t left;
} limit;

static atomic_uint names_left;

void demangle_memory_limit(jmp_buf *leave, size_t bytes)
{
    limit.leave = leave;
    limit.left = bytes;
}

bool demangle_memory_is_spent(void)
{
    return atomic_load_explicit(&names_left, memory_order_relaxed) >= MOST_LEFT;
}

static void count(size_t bytes)
{
    if (!limit.leave)
        return;
    if (bytes > limit.left) {
        atomic_fetch_add_explicit(&names_left, 1, memory_order_relaxed);
        longjmp(*limit.leave, 1);
    }
    limit.left -= bytes;
}

void *xmalloc(size_t bytes)
{
    count(bytes);
    return memory_resize(NULL, bytes ? bytes : 1, 1);
}

void *xcalloc(size_t number, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(number, size, &bytes))
        bytes = SIZE_MAX;
    count(bytes);
    return memory_new(number ? number : 1, size ? size : 1);
}

void *xrealloc(void *block, size_t bytes)
{
    count(bytes);
    return memory_resize(block, bytes ? bytes : 1, 1);
}
