/* SPDX-License-Identifier: MIT */
/*
 * counts_signals - says "ready", then how often each signal came that ends or steers programs.
 *
 * The handler counts, so two signals in a row are two unless they were pending at the same time;
 * spinning keeps them from being so.
 */
#include "tests/targets/target.h"

#include <signal.h>
#include <stdatomic.h>

static const struct {
    int number;
    const char *name;
} counted[] = {
    {SIGINT, "INT"}, {SIGQUIT, "QUIT"}, {SIGTERM, "TERM"},
    {SIGHUP, "HUP"}, {SIGUSR1, "USR1"}, {SIGUSR2, "USR2"},
};

static atomic_int counts[65];
static atomic_int total;

static void count(int number)
{
    atomic_fetch_add(&counts[number], 1);
    atomic_fetch_add(&total, 1);
}

/* Half a second after the first signal, or half a minute when none comes. */
static void wait_for_signals(void)
{
    int64_t end = target_clock_ns(CLOCK_MONOTONIC) + INT64_C(30000000000);
    while (!atomic_load(&total) && target_clock_ns(CLOCK_MONOTONIC) < end)
        target_spin_ms(1);
    end = target_clock_ns(CLOCK_MONOTONIC) + INT64_C(500000000);
    while (target_clock_ns(CLOCK_MONOTONIC) < end)
        target_spin_ms(1);
}

int main(void)
{
    struct sigaction action = {.sa_handler = count, .sa_flags = SA_RESTART};
    for (size_t i = 0; i < sizeof counted / sizeof *counted; i++)
        TARGET_CHECK(sigaction(counted[i].number, &action, NULL) == 0);
    puts("ready");
    fflush(stdout);
    wait_for_signals();
    for (size_t i = 0; i < sizeof counted / sizeof *counted; i++) {
        int seen = atomic_load(&counts[counted[i].number]);
        if (seen)
            printf("%s %d\n", counted[i].name, seen);
    }
    return 0;
}
