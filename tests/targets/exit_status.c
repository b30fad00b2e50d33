/* SPDX-License-Identifier: MIT */
/*
 * exit_status - ends with the status given (3 by default), output still in its buffer.
 */
#include "tests/targets/target.h"

int main(int argc, char **argv)
{
    target_spin_ms(50);
    printf("about to exit");
    return target_number(argc, argv, 3);
}
