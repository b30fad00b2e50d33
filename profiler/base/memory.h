/* SPDX-License-Identifier: MIT */
/*
 * memory.h - allocation that cannot fail, and growing arrays.
 *
 * Out of memory ends the prof process here, with one sentence and status 125 (prof's own failure).
 * Never linked into libprof.so: code inside the target reserves everything at start.
 */
#ifndef PROF_BASE_MEMORY_H
#define PROF_BASE_MEMORY_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* For the beginning of main: where the system has huge pages, the first 32 MB of the heap ask for
 * them, and freed memory is kept for what comes next. On a virtual machine, where a page fault
 * costs several microseconds, that is a quarter to a third of the time of each command. */
void memory_prepare(void);

/* The allocated memory is zeroed and belongs to the caller, who frees it with free(). */
void *memory_new(size_t count, size_t size);

/* realloc for `count` elements; new elements are not initialised. */
void *memory_resize(void *block, size_t count, size_t size);

char *memory_copy_string(const char *string);

/* For libraries that say that they got no memory: ends prof as if it had been asked for here. */
_Noreturn void memory_exhausted(void);

/*
 * Makes room for one more element in an array and yields a zeroed pointer to it:
 *     struct thing *thing = array_push(&p->things, &p->thing_count, &p->thing_capacity);
 * Pointers into the array are invalid afterwards.
 */
#define array_push(array, count, capacity)                                                         \
    ((__typeof__(*(array)))array_push_bytes((void **)(array), (count), (capacity),                 \
                                            sizeof(**(array))))
void array_grow_bytes(void **array, uint32_t *capacity, size_t size);

/*
 * Makes room ahead in an array that is still empty, for about as many elements as it will have:
 * memory that is not used costs nothing, and a large array that grows is copied. When the system
 * has not so much, or it would be very much, nothing is reserved.
 */
#define array_reserve(array, capacity, wanted)                                                     \
    array_reserve_bytes((void **)(array), (capacity), sizeof(**(array)), (wanted))
void array_reserve_bytes(void **array, uint32_t *capacity, size_t size, uint64_t wanted);

/* Inline because some arrays have an element for each frame of each line of the input. */
static inline void *array_push_bytes(void **array, uint32_t *count, uint32_t *capacity, size_t size)
{
    if (*count == *capacity)
        array_grow_bytes(array, capacity, size);
    return memset((char *)*array + (size_t)(*count)++ * size, 0, size);
}

#endif
