/* SPDX-License-Identifier: MIT */
/*
 * cancels_threads - pthread_cancel: deferred in read and in a loop, and asynchronous, with cleanup.
 */
#include "tests/targets/target.h"

#include <pthread.h>
#include <sched.h>
#include <unistd.h>

enum { TURNS = 50 };

static int started;
static int cleanups;
static int pipe_ends[2];

static void count_cleanup(void *argument)
{
    (void)argument;
    __atomic_fetch_add(&cleanups, 1, __ATOMIC_RELAXED);
}

static void *blocked_reader(void *argument)
{
    char byte;
    pthread_cleanup_push(count_cleanup, NULL);
    __atomic_store_n(&started, 1, __ATOMIC_RELEASE);
    while (read(pipe_ends[0], &byte, 1) == 1)
        ;
    pthread_cleanup_pop(0);
    return argument;
}

static void *testing_spinner(void *argument)
{
    pthread_cleanup_push(count_cleanup, NULL);
    __atomic_store_n(&started, 1, __ATOMIC_RELEASE);
    for (;;)
        pthread_testcancel();
    pthread_cleanup_pop(0);
    return argument;
}

static void *asynchronous_spinner(void *argument)
{
    volatile uint64_t turns = 0;
    pthread_cleanup_push(count_cleanup, NULL);
    __atomic_store_n(&started, 1, __ATOMIC_RELEASE);
    pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, NULL);
    for (;;)
        turns++;
    pthread_cleanup_pop(0);
    return argument;
}

/* Returns 1 when the thread ended by cancellation. */
static int start_and_cancel(void *(*body)(void *))
{
    pthread_t thread;
    void *result;
    __atomic_store_n(&started, 0, __ATOMIC_RELAXED);
    TARGET_CHECK(pthread_create(&thread, NULL, body, NULL) == 0);
    while (!__atomic_load_n(&started, __ATOMIC_ACQUIRE))
        sched_yield();
    usleep(1000);
    TARGET_CHECK(pthread_cancel(thread) == 0);
    TARGET_CHECK(pthread_join(thread, &result) == 0);
    return result == PTHREAD_CANCELED;
}

int main(void)
{
    int canceled = 0;
    TARGET_CHECK(pipe(pipe_ends) == 0);
    for (int i = 0; i < TURNS; i++) {
        canceled += start_and_cancel(blocked_reader);
        canceled += start_and_cancel(testing_spinner);
        canceled += start_and_cancel(asynchronous_spinner);
    }
    printf("%d threads cancelled, %d cleanups\n", canceled, cleanups);
    return 0;
}
