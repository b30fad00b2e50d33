/* SPDX-License-Identifier: MIT */
/*
 * starts_early - the library that works_early is linked with: its constructor starts a thread,
 * before a preloaded library's constructor has run.
 */
#include "tests/targets/starts_early.h"

#include "tests/targets/target.h"

pthread_t starts_early_thread;

static void *spin(void *argument)
{
    target_spin_ms(600);
    return argument;
}

__attribute__((constructor)) static void start(void)
{
    TARGET_CHECK(pthread_create(&starts_early_thread, NULL, spin, NULL) == 0);
}
