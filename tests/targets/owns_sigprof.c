/* SPDX-License-Identifier: MIT */
/*
 * owns_sigprof - has a SIGPROF handler and an ITIMER_PROF of its own and counts its signals.
 */
#include "tests/targets/target.h"

#include <signal.h>
#include <sys/time.h>

enum { LIMIT_MS = 10000, INTERVAL_MS = 10, EXPECTED = 15 };

static volatile sig_atomic_t ticks;

static void on_tick(int signal)
{
    (void)signal;
    ticks++;
}

int main(void)
{
    struct sigaction action = {.sa_handler = on_tick, .sa_flags = SA_RESTART};
    struct sigaction current;
    struct itimerval timer = {.it_interval = {.tv_usec = INTERVAL_MS * 1000},
                              .it_value = {.tv_usec = INTERVAL_MS * 1000}};
    TARGET_CHECK(sigaction(SIGPROF, &action, NULL) == 0);
    TARGET_CHECK(sigaction(SIGPROF, NULL, &current) == 0);
    puts(current.sa_handler == on_tick ? "the handler is mine" : "the handler is another's");
    TARGET_CHECK(setitimer(ITIMER_PROF, &timer, NULL) == 0);
    // The kernel counts by its ticks, of which a process on a busy machine may meet few; and it
    // rounds the interval up to them: there may be fewer signals in a time, but not many more.
    int spun_ms = 0;
    for (; spun_ms < LIMIT_MS && ticks < EXPECTED; spun_ms += INTERVAL_MS)
        target_spin_ms(INTERVAL_MS);
    timer = (struct itimerval){0};
    TARGET_CHECK(setitimer(ITIMER_PROF, &timer, NULL) == 0);

    if (ticks < EXPECTED || spun_ms < EXPECTED * INTERVAL_MS * 2 / 3) {
        printf("%d signals in %d ms, expected one in %d\n", (int)ticks, spun_ms, INTERVAL_MS);
        return 1;
    }
    puts("as many signals as asked for");
    return 0;
}
