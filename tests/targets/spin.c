/* SPDX-License-Identifier: MIT */
/*
 * spin - is busy for N ms of CPU time (200 by default). Also built static, 32-bit and for musl.
 */
#include "tests/targets/target.h"

int main(int argc, char **argv)
{
    int ms = target_number(argc, argv, 200);
    target_spin_ms(ms);
    printf("spun for %d ms\n", ms);
    return 0;
}
