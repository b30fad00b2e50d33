/* SPDX-License-Identifier: MIT */
/*
 * opens_mask - unblocks every signal, is busy for a moment and exits: linked statically, so that
 * nothing stands between it and a signal that another program has left pending.
 */
#include "tests/targets/target.h"

#include <signal.h>

int main(int argc, char **argv)
{
    sigset_t none;
    sigemptyset(&none);
    TARGET_CHECK(sigprocmask(SIG_SETMASK, &none, NULL) == 0);
    target_spin_ms(target_number(argc, argv, 1));
    return 7;
}
