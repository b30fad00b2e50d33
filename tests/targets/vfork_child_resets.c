/* SPDX-License-Identifier: MIT */
/*
 * vfork_child_resets - a child of vfork resets SIGPROF and blocks every signal before it ends; the
 * parent's handler and mask stay.
 */
#include "tests/targets/target.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile sig_atomic_t calls;

static void on_signal(int signal)
{
    (void)signal;
    calls++;
}

/* In the parent's memory; nothing here may change it. */
static _Noreturn void child_main(void)
{
    sigset_t all;
    sigfillset(&all);
    int failed = signal(SIGPROF, SIG_DFL) != on_signal;
    failed |= sigprocmask(SIG_BLOCK, &all, NULL) != 0;
    _exit(failed);
}

int main(void)
{
    struct sigaction action;
    sigset_t current;
    int status;
    target_spin_ms(100);
    TARGET_CHECK(signal(SIGPROF, on_signal) == SIG_DFL);
    pid_t child = vfork();
    if (child == 0)
        child_main();
    TARGET_CHECK(child > 0 && waitpid(child, &status, 0) == child);
    printf("the child ended with %#x\n", (unsigned)status);
    TARGET_CHECK(sigprocmask(SIG_BLOCK, NULL, &current) == 0);
    printf("SIGPROF is %s\n", sigismember(&current, SIGPROF) ? "blocked" : "not blocked");
    TARGET_CHECK(sigaction(SIGPROF, NULL, &action) == 0);
    puts(action.sa_handler == on_signal ? "the handler is mine" : "the handler is another's");
    target_spin_ms(50);
    TARGET_CHECK(raise(SIGPROF) == 0);
    printf("%d calls\n", (int)calls);
    return 0;
}
