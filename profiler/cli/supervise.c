/* SPDX-License-Identifier: MIT */
/*
 * supervise.c - waits for the command as its parent.
 */
#include "profiler/cli/supervise.h"

#include "profiler/base/clock.h"

#include <errno.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* The last two are failed writes to a recording or a terminal, and not our end. */
static const int handled[] = {SIGCHLD, SIGINT,  SIGQUIT, SIGTERM, SIGHUP,
                              SIGUSR1, SIGUSR2, SIGXFSZ, SIGPIPE};

static void handled_set(sigset_t *set)
{
    sigemptyset(set);
    for (size_t i = 0; i < sizeof handled / sizeof *handled; i++)
        sigaddset(set, handled[i]);
}

void supervise_begin(struct supervise *supervise)
{
    sigset_t set;
    struct sigaction action, old;
    memset(&action, 0, sizeof action);
    action.sa_handler = SIG_DFL;
    handled_set(&set);
    sigprocmask(SIG_BLOCK, &set, &supervise->before);
    // an ignored SIGCHLD would reap the command before its status can be read
    sigaction(SIGCHLD, &action, &old);
    supervise->child_was_ignored = old.sa_handler == SIG_IGN;
    // a descriptor for each process that is followed
    getrlimit(RLIMIT_NOFILE, &supervise->files_before);
    struct rlimit raised = {supervise->files_before.rlim_max, supervise->files_before.rlim_max};
    setrlimit(RLIMIT_NOFILE, &raised);
}

/* Writes of ours that failed leave their signals behind. */
static void forget_write_signals(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGXFSZ);
    sigaddset(&set, SIGPIPE);
    while (sigtimedwait(&set, NULL, &(struct timespec){0}) > 0) {
    }
}

void supervise_cancel(const struct supervise *supervise)
{
    forget_write_signals();
    if (supervise->child_was_ignored)
        signal(SIGCHLD, SIG_IGN);
    setrlimit(RLIMIT_NOFILE, &supervise->files_before);
    sigprocmask(SIG_SETMASK, &supervise->before, NULL);
}

static bool has_ended(pid_t pid)
{
    siginfo_t info = {.si_pid = 0};
    return waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == pid;
}

/* Sent by a process (kill) or by the kernel for the terminal? */
static bool meant_for_us_alone(const siginfo_t *info)
{
    return info->si_code <= 0;
}

enum supervise_event supervise_wait(pid_t pid, double seconds, int toggle)
{
    double deadline = clock_monotonic_seconds() + seconds;
    sigset_t set;
    handled_set(&set);
    while (!has_ended(pid)) {
        siginfo_t info;
        struct timespec timeout = {.tv_sec = 3600};
        if (seconds > 0) {
            double left = deadline - clock_monotonic_seconds();
            if (left <= 0)
                return SUPERVISE_TIMEOUT;
            timeout.tv_sec = (time_t)left;
            timeout.tv_nsec = (long)((left - (double)timeout.tv_sec) * 1e9);
        }
        int signal = sigtimedwait(&set, &info, &timeout);
        if (signal > 0 && signal == toggle)
            return SUPERVISE_TOGGLED;
        if (signal > 0 && signal != SIGCHLD && signal != SIGXFSZ && signal != SIGPIPE &&
            meant_for_us_alone(&info))
            kill(pid, signal);
    }
    return SUPERVISE_ENDED;
}

void supervise_relax(const struct supervise *supervise)
{
    sigset_t set, writes;
    handled_set(&set);
    while (sigtimedwait(&set, NULL, &(struct timespec){0}) > 0) {
    }
    sigprocmask(SIG_SETMASK, &supervise->before, NULL);
    sigemptyset(&writes);
    sigaddset(&writes, SIGXFSZ);
    sigaddset(&writes, SIGPIPE);
    sigprocmask(SIG_BLOCK, &writes, NULL);
}

int supervise_reap(pid_t pid)
{
    int status = 0;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    return status;
}

int supervise_exit(const struct supervise *supervise, int wait_status)
{
    if (!WIFSIGNALED(wait_status))
        return WEXITSTATUS(wait_status);
    int number = WTERMSIG(wait_status);
    // the command has left its core dump; ours would only overwrite it
    setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
    signal(number, SIG_DFL);
    forget_write_signals();
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, number);
    sigprocmask(SIG_SETMASK, &supervise->before, NULL);
    sigprocmask(SIG_UNBLOCK, &set, NULL);
    raise(number);
    return 128 + number; // a signal that does not end us after all
}
