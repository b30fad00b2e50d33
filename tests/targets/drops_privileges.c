/* SPDX-License-Identifier: MIT */
/*
 * drops_privileges chroot|setuid|dumpable|mlockall - gives something up that a profiler may need,
 * and goes on working, with threads and a child that begin after that. Ends with 77 where it may
 * not do so itself.
 */
#include "tests/targets/target.h"

#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { THREADS = 40, NOT_PERMITTED = 77 };

static void *spin(void *argument)
{
    target_spin_ms(10);
    return argument;
}

static int give_up(const char *what)
{
    if (strcmp(what, "chroot") == 0) // there is neither /proc nor anything else in there
        return chroot("/sys/kernel") == 0 ? chdir("/") : -1;
    if (strcmp(what, "setuid") == 0)
        return setgid(65534) == 0 ? setuid(65534) : -1;
    if (strcmp(what, "dumpable") == 0)
        return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    return mlockall(MCL_CURRENT | MCL_FUTURE);
}

int main(int argc, char **argv)
{
    pthread_t threads[THREADS];
    target_spin_ms(30);
    if (argc != 2 || give_up(argv[1]) != 0)
        return NOT_PERMITTED;
    for (int i = 0; i < THREADS; i++)
        TARGET_CHECK(pthread_create(&threads[i], NULL, spin, NULL) == 0);
    for (int i = 0; i < THREADS; i++)
        TARGET_CHECK(pthread_join(threads[i], NULL) == 0);
    pid_t child = fork();
    TARGET_CHECK(child >= 0);
    if (child == 0) {
        target_spin_ms(30);
        _exit(5);
    }
    printf("%d threads, uid %d\n", THREADS, (int)getuid());
    int status = 0;
    TARGET_CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status));
    return WEXITSTATUS(status);
}
