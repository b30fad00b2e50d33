/* SPDX-License-Identifier: MIT */
/*
 * unusual_cfi - spends its time where the sampler's unwinder has to leave the walk to libunwind.
 */
#include "tests/targets/target.h"

uint64_t unusual_spin(uint64_t rounds);

__attribute__((noinline)) static uint64_t unusual_caller(uint64_t rounds)
{
    uint64_t result = unusual_spin(rounds);
    TARGET_KEEP_FRAME(result);
    return result;
}

int main(void)
{
    printf("spin %016llx\n", (unsigned long long)unusual_caller(400000000));
    return 0;
}
