/* SPDX-License-Identifier: MIT */
/*
 * mallocs_in_odd_places - allocates in constructors, destructors, atexit, thread exit, atfork.
 */
#include "tests/targets/target.h"

#include <pthread.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static int allocations;

static void allocate(void)
{
    for (int i = 1; i < 2000; i++) {
        char *block = malloc((size_t)i);
        TARGET_CHECK(block);
        memset(block, i, (size_t)i);
        block = realloc(block, (size_t)(2 * i));
        TARGET_CHECK(block);
        free(block);
    }
    __atomic_fetch_add(&allocations, 1, __ATOMIC_RELAXED);
}

static __attribute__((constructor)) void before_main(void)
{
    allocate();
}

static __attribute__((destructor)) void after_main(void)
{
    allocate();
    printf("allocated in %d places\n", allocations);
}

static void at_thread_exit(void *value)
{
    allocate();
    free(value);
}

static void *thread_main(void *argument)
{
    pthread_key_t *key = argument;
    TARGET_CHECK(pthread_setspecific(*key, malloc(10)) == 0);
    allocate();
    return NULL;
}

int main(void)
{
    pthread_key_t key;
    pthread_t thread;
    int status;
    TARGET_CHECK(atexit(allocate) == 0);
    TARGET_CHECK(pthread_atfork(allocate, allocate, allocate) == 0);
    TARGET_CHECK(pthread_key_create(&key, at_thread_exit) == 0);
    for (int i = 0; i < 20; i++) {
        TARGET_CHECK(pthread_create(&thread, NULL, thread_main, &key) == 0);
        pid_t pid = fork();
        TARGET_CHECK(pid >= 0);
        if (pid == 0)
            _exit(0);
        TARGET_CHECK(waitpid(pid, &status, 0) == pid && status == 0);
        TARGET_CHECK(pthread_join(thread, NULL) == 0);
    }
    return 0;
}
