/* SPDX-License-Identifier: MIT */
/*
 * plugged - the code of the libraries dlopen_storm loads; PLUGGED_NUMBER tells them apart.
 */
#include <stdint.h>

uint64_t plugged_work(uint64_t state);

__attribute__((noinline)) uint64_t plugged_work(uint64_t state)
{
    for (int i = 0; i < 20000; i++)
        state = state * 6364136223846793005ULL + PLUGGED_NUMBER;
    return state;
}
