/* SPDX-License-Identifier: MIT */
/*
 * small_stack - spins in a thread with a stack of PTHREAD_STACK_MIN bytes.
 */
#include "tests/targets/target.h"

#include <limits.h>
#include <pthread.h>

static void *spin(void *argument)
{
    target_spin_ms(200);
    return argument;
}

int main(void)
{
    pthread_attr_t attributes;
    pthread_t thread;
    void *result;
    int marker;
    TARGET_CHECK(pthread_attr_init(&attributes) == 0);
    TARGET_CHECK(pthread_attr_setstacksize(&attributes, (size_t)PTHREAD_STACK_MIN) == 0);
    TARGET_CHECK(pthread_create(&thread, &attributes, spin, &marker) == 0);
    TARGET_CHECK(pthread_join(thread, &result) == 0);
    puts(result == &marker ? "joined" : "wrong result");
    return 0;
}
