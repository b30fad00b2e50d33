/* SPDX-License-Identifier: MIT */
/*
 * exit_at_once - calls _exit(7) while another thread spins and output sits in its buffer.
 */
#include "tests/targets/target.h"

#include <pthread.h>
#include <unistd.h>

static void *spin_forever(void *argument)
{
    (void)argument;
    for (;;)
        target_spin_ms(1000);
    return NULL;
}

int main(void)
{
    pthread_t thread;
    TARGET_CHECK(pthread_create(&thread, NULL, spin_forever, NULL) == 0);
    target_spin_ms(100);
    printf("this line stays in the buffer: _exit does not flush\n");
    _exit(7);
}
