/* SPDX-License-Identifier: MIT */
/*
 * memory.c - the one place where prof ends for lack of memory.
 */
#include "profiler/base/memory.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { HUGE_PAGE = 2 << 20, HUGE_BLOCK = HUGE_PAGE / 2 };
#define RESERVE_MAX (1ull << 30)  /* bytes */
#define ZEROED_MAX  (64ull << 20) /* bytes; of more, not all may ever be touched */

/* Asks for huge pages under a large block: tables of millions of entries are read in no order, and
 * the misses of the TLB and the faults of small pages were a third of the time to draw a million
 * stacks. It pays from half of a huge page on. Only advice: where the system has none to give,
 * nothing changes. */
static void *widen(void *block, size_t bytes)
{
    if (!block || bytes < HUGE_BLOCK)
        return block;
    uintptr_t begin = ((uintptr_t)block + HUGE_PAGE - 1) & -(uintptr_t)HUGE_PAGE;
    uintptr_t end = ((uintptr_t)block + bytes) & -(uintptr_t)HUGE_PAGE;
    if (begin < end)
        madvise((void *)begin, end - begin, MADV_HUGEPAGE);
    return block;
}

/* Of huge pages from its beginning on, or NULL. Not zeroed. */
static void *new_large(size_t bytes)
{
    size_t whole = (bytes + HUGE_PAGE - 1) & -(size_t)HUGE_PAGE;
    return whole < bytes ? NULL : widen(aligned_alloc(HUGE_PAGE, whole), whole);
}

void memory_prepare(void)
{
#ifdef __GLIBC__
    enum { HEAP = 32 << 20 };
    // what is large has a mapping of its own; what is given back of the rest is kept for what comes
    if (!mallopt(M_MMAP_THRESHOLD, HUGE_BLOCK) || !mallopt(M_TRIM_THRESHOLD, 2 * HEAP) ||
        !mallopt(M_TOP_PAD, HEAP))
        return;
    void *block = malloc(HUGE_BLOCK / 2); // the heap grows by this and HEAP
    widen(block, HEAP);
    free(block);
    mallopt(M_TOP_PAD, HUGE_PAGE);
#endif
}

_Noreturn void memory_exhausted(void)
{
    static const char message[] = "prof: out of memory\n";
    // stdio may itself want memory here
    ssize_t ignored = write(STDERR_FILENO, message, sizeof message - 1);
    (void)ignored;
    _exit(125);
}

static void *require(void *block, size_t wanted)
{
    if (!block && wanted)
        memory_exhausted();
    return block;
}

void *memory_new(size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes))
        memory_exhausted();
    if (bytes < HUGE_BLOCK || bytes > ZEROED_MAX)
        return widen(require(calloc(count, size), bytes), bytes);
    return memset(require(new_large(bytes), bytes), 0, bytes);
}

/* Large blocks are copied: realloc would move them by mremap to where their huge pages do not fit,
 * so that the kernel splits them; or copy them all the same, as mremap moves no mapping of which a
 * part has other advice. Both were a third of the time to draw ten minutes of four threads. */
void *memory_resize(void *block, size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes))
        memory_exhausted();
    if (bytes < HUGE_BLOCK)
        return require(realloc(block, bytes), bytes);
    size_t old = malloc_usable_size(block);
    void *grown = require(new_large(bytes), bytes);
    if (old)
        memcpy(grown, block, old < bytes ? old : bytes);
    free(block);
    return grown;
}

char *memory_copy_string(const char *string)
{
    return require(strdup(string), 1);
}

void array_grow_bytes(void **array, uint32_t *capacity, size_t size)
{
    if (*capacity > UINT32_MAX / 2)
        memory_exhausted();
    *capacity = *capacity ? *capacity * 2 : 16;
    *array = memory_resize(*array, *capacity, size);
}

void array_reserve_bytes(void **array, uint32_t *capacity, size_t size, uint64_t wanted)
{
    if (*capacity || wanted > UINT32_MAX || wanted * size > RESERVE_MAX ||
        wanted * size < HUGE_BLOCK)
        return;
    *array = new_large(wanted * size);
    *capacity = *array ? (uint32_t)wanted : 0;
}
