/* SPDX-License-Identifier: MIT */
/*
 * c11_threads - spins in threads made by thrd_create and nowhere else.
 */
#include "tests/targets/target.h"

#include <threads.h>

enum { THREADS = 2 };

static int spin(void *argument)
{
    const int *number = argument;
    target_spin_ms(150);
    return 100 + *number;
}

int main(void)
{
    thrd_t threads[THREADS];
    int numbers[THREADS];
    for (int i = 0; i < THREADS; i++) {
        numbers[i] = i;
        TARGET_CHECK(thrd_create(&threads[i], spin, &numbers[i]) == thrd_success);
    }
    for (int i = 0; i < THREADS; i++) {
        int result;
        TARGET_CHECK(thrd_join(threads[i], &result) == thrd_success);
        printf("thread %d returned %d\n", i, result);
    }
    return 0;
}
