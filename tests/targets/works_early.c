/* SPDX-License-Identifier: MIT */
/*
 * works_early - works beside a thread that is older than main and any preloaded library.
 */
#include "tests/targets/starts_early.h"
#include "tests/targets/target.h"

int main(void)
{
    target_spin_ms(600);
    TARGET_CHECK(pthread_join(starts_early_thread, NULL) == 0);
    puts("both done");
    return 0;
}
