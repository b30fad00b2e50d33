/* SPDX-License-Identifier: MIT */
/*
 * recurses_deep - spins N calls down (5,000 by default), every frame a real one.
 */
#include "tests/targets/target.h"

static __attribute__((noinline)) int descend(int depth)
{
    if (depth <= 1) {
        target_spin_ms(300);
        return 1;
    }
    int below = descend(depth - 1);
    TARGET_KEEP_FRAME(below);
    return below + 1;
}

int main(int argc, char **argv)
{
    printf("came back from %d calls\n", descend(target_number(argc, argv, 5000)));
    return 0;
}
