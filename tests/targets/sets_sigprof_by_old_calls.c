/* SPDX-License-Identifier: MIT */
/*
 * sets_sigprof_by_old_calls - handles, ignores, holds and resets SIGPROF by the functions that came
 * before sigaction, and spins under each.
 */
#include "tests/targets/target.h"

#include <signal.h>

/* Exported by the C library, declared under feature macros that exclude each other. */
sighandler_t bsd_signal(int number, sighandler_t handler);
sighandler_t sysv_signal(int number, sighandler_t handler);

static volatile sig_atomic_t calls;

static void on_signal(int signal)
{
    (void)signal;
    calls++;
}

static const char *name_of(sighandler_t handler)
{
    return handler == on_signal  ? "mine"
           : handler == SIG_DFL  ? "default"
           : handler == SIG_IGN  ? "ignored"
           : handler == SIG_HOLD ? "held"
           : handler == SIG_ERR  ? "an error"
                                 : "another's";
}

/* How often the handler runs by itself, and when the signal is sent. */
static void spin_and_raise(void)
{
    calls = 0;
    target_spin_ms(15);
    printf(", %d calls", (int)calls);
    TARGET_CHECK(raise(SIGPROF) == 0);
    printf(", %d when raised\n", (int)calls);
}

static const struct call {
    const char *name;
    sighandler_t (*set)(int number, sighandler_t handler);
} set_calls[] = {
    {"ssignal", ssignal},
    {"bsd_signal", bsd_signal},
    {"sysv_signal", sysv_signal},
    {"sigset", sigset},
};

/* The second SIG_DFL returns what the handler's own run has left: System V resets it. */
static void use(const struct call *call)
{
    printf("%s: was %s", call->name, name_of(call->set(SIGPROF, SIG_IGN)));
    spin_and_raise();
    printf("%s: was %s", call->name, name_of(call->set(SIGPROF, on_signal)));
    spin_and_raise();
    printf("%s: was %s\n", call->name, name_of(call->set(SIGPROF, SIG_DFL)));
    target_spin_ms(15);
    printf("%s: was %s\n", call->name, name_of(call->set(SIGPROF, SIG_DFL)));
}

static void hold(void)
{
    TARGET_CHECK(sigset(SIGPROF, on_signal) == SIG_DFL);
    TARGET_CHECK(sighold(SIGPROF) == 0);
    printf("sighold");
    spin_and_raise();
    TARGET_CHECK(sigrelse(SIGPROF) == 0);
    printf("sigrelse: %d calls\n", (int)calls);
    printf("SIG_HOLD: was %s", name_of(sigset(SIGPROF, SIG_HOLD)));
    spin_and_raise();
    printf("handler: was %s", name_of(sigset(SIGPROF, on_signal)));
    printf(", %d calls\n", (int)calls);
    TARGET_CHECK(sigignore(SIGPROF) == 0);
    printf("sigignore");
    spin_and_raise();
    printf("default: was %s\n", name_of(sigset(SIGPROF, SIG_DFL)));
    target_spin_ms(15);
}

int main(void)
{
    target_spin_ms(50);
    for (size_t i = 0; i < sizeof set_calls / sizeof *set_calls; i++)
        use(&set_calls[i]);
    hold();
    return 0;
}
