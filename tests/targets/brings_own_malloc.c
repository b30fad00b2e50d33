/* SPDX-License-Identifier: MIT */
/*
 * brings_own_malloc - its malloc ends the program when it is entered twice by one thread.
 */
#include "tests/targets/target.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

/*
 * A handler that allocates enters malloc while malloc is at work sooner or later. This allocator
 * spends nearly all of the program's time inside itself, so that it is sooner.
 */
enum { HEADER = 16 };

static char arena[64 << 20] __attribute__((aligned(16)));
static size_t arena_used;
static __thread int busy __attribute__((tls_model("initial-exec")));

static void enter(void)
{
    static const char message[] = "malloc was entered twice by one thread\n";
    if (busy++ == 0)
        return;
    if (write(STDERR_FILENO, message, sizeof message - 1) < 0)
        _exit(97);
    _exit(98);
}

static void leave(void)
{
    for (int i = 0; i < 2000; i++)
        __asm__ volatile("");
    busy--;
}

/* The size stands before each block; nothing is given back. */
static void *take(size_t size)
{
    size_t need = HEADER + ((size + 15) & ~(size_t)15);
    if (size > sizeof arena)
        return NULL;
    size_t start = __atomic_fetch_add(&arena_used, need, __ATOMIC_RELAXED);
    if (start > sizeof arena - need)
        return NULL;
    memcpy(arena + start, &size, sizeof size);
    return arena + start + HEADER;
}

void *malloc(size_t size)
{
    enter();
    void *block = take(size);
    leave();
    return block;
}

void free(void *block)
{
    (void)block;
    enter();
    leave();
}

void *calloc(size_t count, size_t size)
{
    size_t total;
    return __builtin_mul_overflow(count, size, &total) ? NULL : malloc(total);
}

void *realloc(void *block, size_t size)
{
    void *copy = malloc(size);
    size_t old;
    if (!copy || !block)
        return copy;
    memcpy(&old, (char *)block - HEADER, sizeof old);
    return memcpy(copy, block, old < size ? old : size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
    char *block = malloc(size + alignment);
    return block ? block + (alignment - (uintptr_t)block % alignment) % alignment : NULL;
}

void *memalign(size_t alignment, size_t size);
void *memalign(size_t alignment, size_t size)
{
    return aligned_alloc(alignment, size);
}

int posix_memalign(void **result, size_t alignment, size_t size)
{
    *result = aligned_alloc(alignment, size);
    return *result ? 0 : ENOMEM;
}

static void *allocate_often(void *argument)
{
    for (int i = 0; i < 200000; i++) {
        void *volatile block = malloc(16); // volatile: the compiler drops pairs it sees through
        free(block);
    }
    return argument;
}

int main(void)
{
    pthread_t thread;
    TARGET_CHECK(pthread_create(&thread, NULL, allocate_often, NULL) == 0);
    allocate_often(NULL);
    TARGET_CHECK(pthread_join(thread, NULL) == 0);
    puts("malloc was never entered twice");
    return 0;
}
