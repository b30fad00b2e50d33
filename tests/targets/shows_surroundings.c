/* SPDX-License-Identifier: MIT */
/*
 * shows_surroundings - prints its arguments, environment, descriptors, limits, signals and folder.
 */
#include "tests/targets/target.h"

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

extern char **environ;

static int compare_strings(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void print_environment(void)
{
    size_t count = 0;
    while (environ[count])
        count++;
    qsort(environ, count, sizeof *environ, compare_strings);
    for (size_t i = 0; i < count; i++)
        printf("environment %s\n", environ[i]);
}

static void print_descriptors(void)
{
    for (int fd = 0; fd < 1024; fd++) {
        int flags = fcntl(fd, F_GETFD);
        if (flags >= 0)
            printf("descriptor %d%s\n", fd, flags & FD_CLOEXEC ? " closes on exec" : "");
    }
}

/* SIGPROF is compared like any other signal: what the profiler does to it must not be seen. */
static void print_signals(void)
{
    sigset_t blocked;
    sigprocmask(SIG_BLOCK, NULL, &blocked);
    for (int number = 1; number < NSIG; number++) {
        struct sigaction action;
        if (sigaction(number, NULL, &action) != 0)
            continue;
        const char *handler = action.sa_handler == SIG_DFL   ? "default"
                              : action.sa_handler == SIG_IGN ? "ignored"
                                                             : "handled";
        if (action.sa_handler != SIG_DFL || sigismember(&blocked, number) == 1)
            printf("signal %d %s%s\n", number, handler,
                   sigismember(&blocked, number) == 1 ? " blocked" : "");
    }
}

static void print_limits(void)
{
    for (int resource = 0; resource < (int)RLIM_NLIMITS; resource++) {
        struct rlimit limit;
        if (getrlimit((__rlimit_resource_t)resource, &limit) == 0)
            printf("limit %d %lld %lld\n", resource, (long long)limit.rlim_cur,
                   (long long)limit.rlim_max);
    }
}

int main(int argc, char **argv)
{
    char folder[PATH_MAX], name[16] = "";
    mode_t mask = umask(0);
    target_spin_ms(20);
    for (int i = 0; i < argc; i++)
        printf("argument %s\n", argv[i]);
    print_environment();
    print_descriptors();
    print_signals();
    print_limits();
    prctl(PR_GET_NAME, name);
    printf("name %s\numask %04o\nfolder %s\n", name, (unsigned)mask,
           getcwd(folder, sizeof folder) ? folder : "?");
    printf("group leader %d, session leader %d\n", getpgrp() == getpid(), getsid(0) == getpid());
    return 0;
}
