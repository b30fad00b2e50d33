/* SPDX-License-Identifier: MIT */
/*
 * cancels_anywhere - cancels busy threads wherever they are; status 1 when one of them cleans up
 * with signals blocked that it has not blocked.
 */
#include "tests/targets/target.h"

#include <pthread.h>
#include <signal.h>

static int ready, cleaned, surplus;

static void clean_up(void *unused)
{
    sigset_t mask;
    (void)unused;
    pthread_sigmask(SIG_BLOCK, NULL, &mask);
    cleaned++;
    surplus += sigismember(&mask, SIGUSR1) == 1;
}

static void *count_for_ever(void *argument)
{
    volatile unsigned turns = 0;
    pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, NULL);
    pthread_cleanup_push(clean_up, NULL);
    __atomic_store_n(&ready, 1, __ATOMIC_RELEASE);
    for (;;)
        turns++;
    pthread_cleanup_pop(1);
    return argument;
}

int main(int argc, char **argv)
{
    int threads = target_number(argc, argv, 1500);
    for (int i = 0; i < threads; i++) {
        pthread_t thread;
        void *result;
        ready = 0;
        TARGET_CHECK(pthread_create(&thread, NULL, count_for_ever, NULL) == 0);
        while (!__atomic_load_n(&ready, __ATOMIC_ACQUIRE)) {
        }
        for (volatile int turns = 0; turns < i % 100 * 3000; turns++) {
        }
        TARGET_CHECK(pthread_cancel(thread) == 0);
        TARGET_CHECK(pthread_join(thread, &result) == 0);
        TARGET_CHECK(result == PTHREAD_CANCELED);
    }
    printf("%d cancelled, %d cleaned up, %d of them with signals blocked\n", threads, cleaned,
           surplus);
    return surplus > 0;
}
