/* SPDX-License-Identifier: MIT */
/*
 * execs_others - children that execute PROGRAM somewhere in their first instants, N each way, and
 * how those end:
 *   plainly    from a busy program
 *   threaded   while another thread is busy, too; every other time by that thread
 *   blocking   with SIGPROF blocked
 *   handling   from a signal handler that runs with every signal blocked
 */
#include "tests/targets/target.h"

#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static struct {
    char *program;
    int child;
} job;

/* Up to about two milliseconds, another time for each child. */
static void be_busy(void)
{
    uint64_t random = (uint64_t)job.child * 6364136223846793005ULL + 1442695040888963407ULL;
    for (volatile uint64_t turns = random >> 32 & 0x1fffff; turns > 0; turns--) {
    }
}

static void execute(void)
{
    execl(job.program, job.program, "1", (char *)NULL);
    _exit(99);
}

static void *busy_thread(void *argument)
{
    be_busy();
    if (job.child % 2)
        execute();
    for (;;)
        be_busy();
    return argument;
}

static void in_plain(void)
{
    be_busy();
    execute();
}

static void in_threads(void)
{
    pthread_t thread;
    TARGET_CHECK(pthread_create(&thread, NULL, busy_thread, NULL) == 0);
    be_busy();
    while (job.child % 2)
        be_busy();
    execute();
}

static void in_blocked(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGPROF);
    be_busy();
    TARGET_CHECK(sigprocmask(SIG_BLOCK, &set, NULL) == 0);
    be_busy();
    execute();
}

static void on_signal(int signal)
{
    (void)signal;
    be_busy();
    execute();
}

static void in_handler(void)
{
    struct sigaction action = {.sa_handler = on_signal};
    sigfillset(&action.sa_mask);
    be_busy();
    TARGET_CHECK(sigaction(SIGUSR1, &action, NULL) == 0);
    raise(SIGUSR1);
}

static int play(const char *how, void (*run)(void), int children)
{
    int as_expected = 0, status = 0, last = 0;
    for (job.child = 0; job.child < children; job.child++) {
        pid_t pid = fork();
        TARGET_CHECK(pid >= 0);
        if (pid == 0)
            run();
        TARGET_CHECK(waitpid(pid, &status, 0) == pid);
        if (WIFEXITED(status) && WEXITSTATUS(status) == 7)
            as_expected++;
        else
            last = status;
    }
    printf("%s: %d of %d ended as they should, status of the last other one: %#x\n", how,
           as_expected, children, (unsigned)last);
    fflush(stdout);
    return as_expected != children;
}

int main(int argc, char **argv)
{
    TARGET_CHECK(argc > 2);
    job.program = argv[1];
    int children = atoi(argv[2]), failed = 0;
    failed |= play("plainly", in_plain, children);
    failed |= play("threaded", in_threads, children);
    failed |= play("blocking", in_blocked, children);
    failed |= play("handling", in_handler, children);
    return failed;
}
