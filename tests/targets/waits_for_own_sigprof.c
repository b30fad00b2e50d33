/* SPDX-License-Identifier: MIT */
/*
 * waits_for_own_sigprof - blocks every signal, makes SIGPROF pending in three ways, and waits for
 * it in three.
 */
#include "tests/targets/target.h"

#include <pthread.h>
#include <signal.h>
#include <sys/time.h>
#include <unistd.h>

enum { TIMER_MS = 10, LIMIT_S = 2 };

static sigset_t all;

static void send_to_process(void)
{
    TARGET_CHECK(kill(getpid(), SIGPROF) == 0);
}

static void send_to_thread(void)
{
    TARGET_CHECK(pthread_kill(pthread_self(), SIGPROF) == 0);
}

/* ITIMER_PROF counts CPU time: it is used up here, and not in the wait. The kernel counts by its
 * ticks, of which a process on a busy machine may meet few; a timer that has expired is zero. */
static void send_by_timer(void)
{
    struct itimerval timer = {.it_value = {.tv_usec = TIMER_MS * 1000}};
    TARGET_CHECK(setitimer(ITIMER_PROF, &timer, NULL) == 0);
    for (int ms = 0; ms < LIMIT_S * 1000 && (timer.it_value.tv_sec || timer.it_value.tv_usec);
         ms += TIMER_MS) {
        target_spin_ms(TIMER_MS);
        TARGET_CHECK(getitimer(ITIMER_PROF, &timer) == 0);
    }
}

/* The alarm, which is waited for as well, ends the wait for a signal that got lost. */
static int wait_in_sigwait(void)
{
    int number = -1;
    alarm(LIMIT_S);
    TARGET_CHECK(sigwait(&all, &number) == 0);
    alarm(0);
    return number;
}

static int wait_in_sigwaitinfo(void)
{
    alarm(LIMIT_S);
    int number = sigwaitinfo(&all, NULL);
    alarm(0);
    return number;
}

static int wait_in_sigtimedwait(void)
{
    struct timespec limit = {.tv_sec = LIMIT_S};
    return sigtimedwait(&all, NULL, &limit);
}

/* The timer comes last: before it, nothing but the signal itself says that SIGPROF is in use. */
static const struct sender {
    const char *name;
    void (*send)(void);
} senders[] = {
    {"kill", send_to_process},
    {"pthread_kill", send_to_thread},
    {"ITIMER_PROF", send_by_timer},
};

static const struct waiter {
    const char *name;
    int (*wait)(void);
} waiters[] = {
    {"sigwait", wait_in_sigwait},
    {"sigwaitinfo", wait_in_sigwaitinfo},
    {"sigtimedwait", wait_in_sigtimedwait},
};

int main(void)
{
    int failures = 0;
    sigfillset(&all);
    TARGET_CHECK(sigprocmask(SIG_SETMASK, &all, NULL) == 0);
    target_spin_ms(50);
    for (size_t s = 0; s < sizeof senders / sizeof *senders; s++) {
        for (size_t w = 0; w < sizeof waiters / sizeof *waiters; w++) {
            senders[s].send();
            int number = waiters[w].wait();
            printf("%s: %s returned %d\n", senders[s].name, waiters[w].name, number);
            failures += number != SIGPROF;
        }
    }
    return failures > 0;
}
