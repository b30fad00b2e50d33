/* SPDX-License-Identifier: MIT */
/*
 * unblocks_sigprof - sends itself SIGPROF while it is blocked; the handler runs once, at the
 * unblocking.
 */
#include "tests/targets/target.h"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

static volatile sig_atomic_t calls;

static void on_signal(int signal)
{
    (void)signal;
    calls++;
}

static int send_to_process(void)
{
    return kill(getpid(), SIGPROF);
}

static int send_to_thread(void)
{
    return raise(SIGPROF);
}

static int is_pending(void)
{
    sigset_t pending;
    TARGET_CHECK(sigpending(&pending) == 0);
    return sigismember(&pending, SIGPROF);
}

/* Sent twice, and busy in between: a standard signal is pending once or not at all. */
static void hold_and_release(const char *name, const sigset_t *set, int (*send)(void))
{
    sigset_t old;
    calls = 0;
    TARGET_CHECK(sigprocmask(SIG_BLOCK, set, &old) == 0);
    target_spin_ms(20);
    TARGET_CHECK(send() == 0);
    target_spin_ms(20);
    TARGET_CHECK(send() == 0);
    printf("%s: %d calls and %s while blocked", name, (int)calls,
           is_pending() ? "pending" : "not pending");
    TARGET_CHECK(sigprocmask(SIG_SETMASK, &old, NULL) == 0);
    printf(", %d calls and %s after\n", (int)calls, is_pending() ? "pending" : "not pending");
}

int main(void)
{
    struct sigaction action = {.sa_handler = on_signal};
    sigset_t one, all;
    sigemptyset(&one);
    sigaddset(&one, SIGPROF);
    sigfillset(&all);
    target_spin_ms(50);
    TARGET_CHECK(sigaction(SIGPROF, &action, NULL) == 0);
    hold_and_release("all signals, to the process", &all, send_to_process);
    hold_and_release("all signals, to the thread", &all, send_to_thread);
    hold_and_release("SIGPROF alone, to the process", &one, send_to_process);
    hold_and_release("SIGPROF alone, to the thread", &one, send_to_thread);
    return 0;
}
