/* SPDX-License-Identifier: MIT */
/*
 * suspends_for_sigprof - blocks SIGPROF, lets its ITIMER_PROF expire, and calls sigsuspend until
 * the handler has run.
 */
#include "tests/targets/target.h"

#include <signal.h>
#include <sys/time.h>
#include <unistd.h>

enum { TURNS = 5, TIMER_MS = 10, LIMIT_S = 10 };

static volatile sig_atomic_t ticks;

static void on_tick(int signal)
{
    (void)signal;
    ticks++;
}

int main(void)
{
    struct sigaction action = {.sa_handler = on_tick};
    struct itimerval timer = {.it_value = {.tv_usec = TIMER_MS * 1000}};
    sigset_t blocked, old;
    target_spin_ms(50);
    TARGET_CHECK(sigaction(SIGPROF, &action, NULL) == 0);
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGPROF);
    TARGET_CHECK(sigprocmask(SIG_BLOCK, &blocked, &old) == 0);
    alarm(LIMIT_S); // ends a wait for a tick that got lost
    for (int turn = 1; turn <= TURNS; turn++) {
        TARGET_CHECK(setitimer(ITIMER_PROF, &timer, NULL) == 0);
        target_spin_ms(5 * TIMER_MS);
        printf("turn %d: %d ticks while blocked", turn, (int)ticks);
        while (ticks < turn)
            sigsuspend(&old);
        printf(", %d after sigsuspend\n", (int)ticks);
    }
    return 0;
}
