/* SPDX-License-Identifier: MIT */
/*
 * reads_signalfd - blocks every signal, spins, and reads them all from a signalfd.
 */
#include "tests/targets/target.h"

#include <errno.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

enum { TURNS = 20 };

int main(void)
{
    sigset_t all;
    int received[NSIG] = {0};
    struct signalfd_siginfo info;
    sigfillset(&all);
    TARGET_CHECK(sigprocmask(SIG_BLOCK, &all, NULL) == 0);
    int fd = signalfd(-1, &all, SFD_NONBLOCK | SFD_CLOEXEC);
    TARGET_CHECK(fd >= 0);
    for (int i = 0; i < TURNS; i++) {
        target_spin_ms(15);
        TARGET_CHECK(kill(getpid(), SIGUSR1) == 0);
        while (read(fd, &info, sizeof info) == (ssize_t)sizeof info)
            received[info.ssi_signo]++;
        TARGET_CHECK(errno == EAGAIN);
    }
    for (int number = 1; number < NSIG; number++)
        if (received[number])
            printf("signal %d came %d times\n", number, received[number]);
    return 0;
}
