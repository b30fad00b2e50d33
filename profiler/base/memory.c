/* SPDX-License-Identifier: MIT */
/*
 * memory.c - the one place where prof ends for lack of memory.
 */
#include "profiler/base/memory.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { HUGE_BLOCK = 4 << 20 };

/* Asks for huge pages under a large block: tables of millions of entries are read in no order, and
 * the misses of the TLB and the faults of small pages were a third of the time to draw a million
 * stacks. Only advice: where the system has none to give, nothing changes.
 *
 * All pages of the block, the first and last ones too: where a part of a mapping has the advice and
 * another has not, mremap refuses to move it, and realloc copies. That was a third of the time to
 * draw ten minutes of four threads. */
static void *widen(void *block, size_t bytes)
{
    if (!block || bytes < HUGE_BLOCK)
        return block;
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    uintptr_t begin = (uintptr_t)block & -page;
    uintptr_t end = ((uintptr_t)block + bytes + page - 1) & -page;
    madvise((void *)begin, end - begin, MADV_HUGEPAGE);
    return block;
}

static void *require(void *block, size_t wanted)
{
    if (block || wanted == 0)
        return block;
    static const char message[] = "prof: out of memory\n";
    // stdio may itself want memory here
    ssize_t ignored = write(STDERR_FILENO, message, sizeof message - 1);
    (void)ignored;
    _exit(125);
}

void *memory_new(size_t count, size_t size)
{
    return widen(require(calloc(count, size), count * size), count * size);
}

void *memory_resize(void *block, size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes))
        return require(NULL, 1);
    return widen(require(realloc(block, bytes), bytes), bytes);
}

char *memory_copy_string(const char *string)
{
    return require(strdup(string), 1);
}

void array_grow_bytes(void **array, uint32_t *capacity, size_t size)
{
    if (*capacity > UINT32_MAX / 2)
        require(NULL, 1);
    *capacity = *capacity ? *capacity * 2 : 16;
    *array = memory_resize(*array, *capacity, size);
}
