/* SPDX-License-Identifier: MIT */
/*
 * resets_sigprof - sets SIGPROF to its default and to ignored while it spins, as some runtimes do.
 */
#include "tests/targets/target.h"

#include <signal.h>

/* What sigaction and signal hand back must be what this program set before, and nothing else. */
static const char *name_of(void (*handler)(int))
{
    return handler == SIG_DFL ? "default" : handler == SIG_IGN ? "ignored" : "a handler";
}

int main(void)
{
    printf("at first: %s\n", name_of(signal(SIGPROF, SIG_DFL)));
    target_spin_ms(100);
    printf("then: %s\n", name_of(signal(SIGPROF, SIG_IGN)));
    target_spin_ms(100);
    printf("at last: %s\n", name_of(signal(SIGPROF, SIG_DFL)));
    target_spin_ms(100);
    return 0;
}
