/* SPDX-License-Identifier: MIT */
/*
 * memory.c - the one place where prof ends for lack of memory.
 */
#include "profiler/base/memory.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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
    return require(calloc(count, size), count * size);
}

void *memory_resize(void *block, size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes))
        return require(NULL, 1);
    return require(realloc(block, bytes), bytes);
}

char *memory_copy_string(const char *string)
{
    return require(strdup(string), 1);
}

void *array_push_bytes(void **array, uint32_t *count, uint32_t *capacity, size_t size)
{
    if (*count == *capacity) {
        if (*capacity > UINT32_MAX / 2)
            require(NULL, 1);
        *capacity = *capacity ? *capacity * 2 : 16;
        *array = memory_resize(*array, *capacity, size);
    }
    void *element = (char *)*array + (size_t)*count * size;
    memset(element, 0, size);
    ++*count;
    return element;
}
