/* SPDX-License-Identifier: MIT */
/*
 * answers_signals - two threads send each other a signal and wait for the answer, each signal
 * exactly once and in every kind of wait; a wake-up that gets lost hangs the program, one too many
 * ends it with status 1.
 */
#include "tests/targets/target.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <unistd.h>

static struct {
    pthread_t threads[2];
    int epoll;
    int turns;
    int full_mask;
    int (*wait)(const sigset_t *);
} game;

static __thread volatile sig_atomic_t received;

static void on_signal(int signal)
{
    (void)signal;
    for (volatile int i = 0; i < 300; i++) {
    }
    received = received + 1;
}

static int wait_in_sigsuspend(const sigset_t *mask)
{
    return sigsuspend(mask);
}

static int wait_in_ppoll(const sigset_t *mask)
{
    return ppoll(NULL, 0, NULL, mask);
}

static int wait_in_pselect(const sigset_t *mask)
{
    return pselect(0, NULL, NULL, NULL, NULL, mask);
}

static int wait_in_epoll_pwait(const sigset_t *mask)
{
    struct epoll_event event;
    return epoll_pwait(game.epoll, &event, 1, -1, mask);
}

static int take_turns(int me)
{
    sigset_t open;
    int surplus = 0;
    TARGET_CHECK(pthread_sigmask(SIG_SETMASK, NULL, &open) == 0);
    sigdelset(&open, SIGUSR1);
    for (int turn = 0; turn < game.turns; turn++) {
        if (me == 0 || turn > 0)
            TARGET_CHECK(pthread_kill(game.threads[!me], SIGUSR1) == 0);
        TARGET_CHECK(game.wait(&open) == -1 && errno == EINTR);
        surplus += received != 1;
        received = 0;
    }
    if (me == 1)
        TARGET_CHECK(pthread_kill(game.threads[0], SIGUSR1) == 0);
    return surplus;
}

static void *second_player(void *argument)
{
    int *surplus = argument;
    *surplus = take_turns(1);
    return NULL;
}

static int play(const char *name, int (*wait)(const sigset_t *))
{
    int surplus[2] = {0, 0};
    struct sigaction action = {.sa_handler = on_signal};
    if (game.full_mask)
        sigfillset(&action.sa_mask);
    TARGET_CHECK(sigaction(SIGUSR1, &action, NULL) == 0);
    game.wait = wait;
    game.threads[0] = pthread_self();
    TARGET_CHECK(pthread_create(&game.threads[1], NULL, second_player, &surplus[1]) == 0);
    surplus[0] = take_turns(0);
    TARGET_CHECK(pthread_join(game.threads[1], NULL) == 0);
    printf("%s: %d turns, %d false wake-ups\n", name, game.turns, surplus[0] + surplus[1]);
    fflush(stdout);
    return surplus[0] + surplus[1];
}

int main(int argc, char **argv)
{
    sigset_t set;
    int surplus = 0;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    TARGET_CHECK(pthread_sigmask(SIG_BLOCK, &set, NULL) == 0);
    TARGET_CHECK((game.epoll = epoll_create1(EPOLL_CLOEXEC)) >= 0);
    game.turns = target_number(argc, argv, 20000);
    for (game.full_mask = 0; game.full_mask < 2; game.full_mask++) {
        surplus += play("sigsuspend", wait_in_sigsuspend);
        surplus += play("ppoll", wait_in_ppoll);
        surplus += play("pselect", wait_in_pselect);
        surplus += play("epoll_pwait", wait_in_epoll_pwait);
    }
    return surplus > 0;
}
