/* SPDX-License-Identifier: MIT */
/*
 * waits_for_any_signal - blocks every signal, spins, and sigwait()s for whatever comes.
 */
#include "tests/targets/target.h"

#include <signal.h>
#include <unistd.h>

enum { TURNS = 20 };

int main(void)
{
    sigset_t all, current, pending;
    sigfillset(&all);
    TARGET_CHECK(sigprocmask(SIG_SETMASK, &all, NULL) == 0);
    TARGET_CHECK(sigprocmask(SIG_SETMASK, NULL, &current) == 0);
    printf("SIGPROF is %s\n", sigismember(&current, SIGPROF) ? "blocked" : "not blocked");
    int received[NSIG] = {0};
    for (int i = 0; i < TURNS; i++) {
        int number;
        target_spin_ms(15);
        TARGET_CHECK(kill(getpid(), i % 2 ? SIGUSR1 : SIGUSR2) == 0);
        TARGET_CHECK(sigwait(&all, &number) == 0);
        received[number]++;
    }
    for (int number = 1; number < NSIG; number++)
        if (received[number])
            printf("signal %d came %d times\n", number, received[number]);
    TARGET_CHECK(sigpending(&pending) == 0);
    puts(sigisemptyset(&pending) ? "nothing is pending" : "something is pending");
    return 0;
}
