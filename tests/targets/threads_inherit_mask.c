/* SPDX-License-Identifier: MIT */
/*
 * threads_inherit_mask - starts threads with and without SIGPROF blocked; each spins and reports
 * the mask it began with.
 */
#include "tests/targets/target.h"

#include <pthread.h>
#include <signal.h>

enum { GENERATIONS = 3 };

static const char *state_of_sigprof(void)
{
    sigset_t current;
    TARGET_CHECK(pthread_sigmask(SIG_BLOCK, NULL, &current) == 0);
    return sigismember(&current, SIGPROF) ? "blocked" : "not blocked";
}

static void run_thread(void *(*run)(void *), void *argument)
{
    pthread_t thread;
    TARGET_CHECK(pthread_create(&thread, NULL, run, argument) == 0);
    TARGET_CHECK(pthread_join(thread, NULL) == 0);
}

/* A mask is handed down to grandchildren, too. */
static void *report(void *argument)
{
    int *generation = argument;
    printf("  generation %d: %s", *generation, state_of_sigprof());
    target_spin_ms(20);
    printf(", later %s\n", state_of_sigprof());
    if (++*generation <= GENERATIONS)
        run_thread(report, generation);
    return NULL;
}

static void report_under(const char *name, int how, const sigset_t *set)
{
    int generation = 1;
    TARGET_CHECK(pthread_sigmask(how, set, NULL) == 0);
    printf("%s: %s\n", name, state_of_sigprof());
    run_thread(report, &generation);
}

int main(void)
{
    sigset_t none, one, all;
    sigemptyset(&none);
    sigemptyset(&one);
    sigaddset(&one, SIGPROF);
    sigfillset(&all);
    target_spin_ms(50);
    report_under("at first", SIG_BLOCK, &none);
    report_under("all blocked", SIG_BLOCK, &all);
    report_under("all unblocked", SIG_UNBLOCK, &all);
    report_under("SIGPROF blocked", SIG_BLOCK, &one);
    report_under("nothing blocked", SIG_SETMASK, &none);
    return 0;
}
