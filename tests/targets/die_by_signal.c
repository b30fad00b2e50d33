/* SPDX-License-Identifier: MIT */
/*
 * die_by_signal - dies of the signal given (SIGTERM by default).
 */
#include "tests/targets/target.h"

#include <signal.h>
#include <sys/resource.h>

int main(int argc, char **argv)
{
    struct rlimit no_core = {0};
    setrlimit(RLIMIT_CORE, &no_core);
    target_spin_ms(50);
    puts("about to die");
    fflush(stdout);
    raise(target_number(argc, argv, SIGTERM));
    puts("still here");
    return 0;
}
