/* SPDX-License-Identifier: MIT */
/*
 * assembly - spends its time in hand-written assembly with CFI (assembly_x86_64.S).
 */
#include "tests/targets/target.h"

uint64_t assembly_spin(uint64_t rounds);
uint64_t assembly_leaf(uint64_t rounds);

int main(void)
{
    printf("leaf %016llx\n", (unsigned long long)assembly_leaf(1000));
    printf("spin %016llx\n", (unsigned long long)assembly_spin(400000));
    return 0;
}
