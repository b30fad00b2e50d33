/* SPDX-License-Identifier: MIT */
/*
 * owns_sigprof - has a SIGPROF handler and an ITIMER_PROF of its own and counts its signals.
 */
#include "tests/targets/target.h"

#include <signal.h>
#include <sys/time.h>

enum { CPU_MS = 400, INTERVAL_MS = 10, EXPECTED = CPU_MS / INTERVAL_MS };

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
    target_spin_ms(CPU_MS);
    timer = (struct itimerval){0};
    TARGET_CHECK(setitimer(ITIMER_PROF, &timer, NULL) == 0);

    // The kernel rounds the interval up to its tick, and a busy machine merges a few signals.
    int count = ticks;
    if (count < EXPECTED / 3 || count > EXPECTED * 3 / 2) {
        printf("%d signals, expected about %d\n", count, EXPECTED);
        return 1;
    }
    puts("about as many signals as asked for");
    return 0;
}
