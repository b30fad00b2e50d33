/* SPDX-License-Identifier: MIT */
/*
 * aborts - calls abort(), with a SIGABRT handler that returns.
 */
#include "tests/targets/target.h"

#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

static void on_abort(int signal)
{
    (void)signal;
    if (write(STDOUT_FILENO, "handler ran\n", 12) != 12)
        _exit(99);
}

int main(void)
{
    struct rlimit no_core = {0};
    setrlimit(RLIMIT_CORE, &no_core);
    signal(SIGABRT, on_abort);
    target_spin_ms(50);
    abort();
}
