/* SPDX-License-Identifier: MIT */
/*
 * thread_storm - threads that come and go, N in all (1000 by default), eight at a time.
 */
#include "tests/targets/target.h"

#include <pthread.h>

enum { AT_A_TIME = 8 };

static void *add_one(void *argument)
{
    volatile uint32_t *slot = argument;
    for (int i = 0; i < 20000; i++)
        *slot += 1;
    return argument;
}

int main(int argc, char **argv)
{
    uint32_t slots[AT_A_TIME] = {0};
    uint64_t sum = 0;
    for (int left = target_number(argc, argv, 1000); left > 0; left -= AT_A_TIME) {
        pthread_t threads[AT_A_TIME];
        for (int i = 0; i < AT_A_TIME; i++)
            TARGET_CHECK(pthread_create(&threads[i], NULL, add_one, &slots[i]) == 0);
        for (int i = 0; i < AT_A_TIME; i++)
            TARGET_CHECK(pthread_join(threads[i], NULL) == 0);
    }
    for (int i = 0; i < AT_A_TIME; i++)
        sum += slots[i];
    printf("sum %llu\n", (unsigned long long)sum);
    return 0;
}
