/* SPDX-License-Identifier: MIT */
/*
 * detached_threads - the main thread leaves by pthread_exit; detached threads end the program.
 */
#include "tests/targets/target.h"

#include <pthread.h>

enum { THREADS = 4 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int left = THREADS;

static void *work(void *argument)
{
    (void)argument;
    target_spin_ms(50);
    pthread_mutex_lock(&lock);
    int last = --left == 0;
    pthread_mutex_unlock(&lock);
    if (last) {
        puts("the last thread ends the program");
        exit(5);
    }
    return NULL;
}

int main(void)
{
    for (int i = 0; i < THREADS; i++) {
        pthread_t thread;
        TARGET_CHECK(pthread_create(&thread, NULL, work, NULL) == 0);
        TARGET_CHECK(pthread_detach(thread) == 0);
    }
    pthread_exit(NULL);
}
