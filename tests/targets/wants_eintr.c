/* SPDX-License-Identifier: MIT */
/*
 * wants_eintr - is sent signals while it reads; the read is interrupted or goes on, as each
 * handler was installed.
 */
#include "tests/targets/target.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

enum { PAUSE_US = 1000, ENOUGH = 50, AT_MOST = 3000 };

static struct {
    pthread_t reader;
    int signal;
    int pipe[2];
    int done;
    int calls;
} shared;

static void on_signal(int signal)
{
    (void)signal;
    __atomic_fetch_add(&shared.calls, 1, __ATOMIC_RELAXED);
}

/* Sends until the read has ended, or is not to be interrupted any more: then a byte ends it. */
static void *send_signals(void *argument)
{
    const int *restarts = argument;
    for (int sent = 0; sent < AT_MOST; sent++) {
        if (__atomic_load_n(&shared.done, __ATOMIC_ACQUIRE))
            return NULL;
        if (*restarts && __atomic_load_n(&shared.calls, __ATOMIC_RELAXED) >= ENOUGH)
            break;
        TARGET_CHECK(pthread_kill(shared.reader, shared.signal) == 0);
        usleep(PAUSE_US);
    }
    TARGET_CHECK(write(shared.pipe[1], "x", 1) == 1);
    return NULL;
}

static void read_under_signals(const char *name, int signal, int restarts)
{
    pthread_t sender;
    char byte;
    shared.signal = signal;
    shared.done = shared.calls = 0;
    TARGET_CHECK(pipe(shared.pipe) == 0);
    TARGET_CHECK(pthread_create(&sender, NULL, send_signals, &restarts) == 0);
    ssize_t result = read(shared.pipe[0], &byte, 1);
    int error = result < 0 ? errno : 0;
    __atomic_store_n(&shared.done, 1, __ATOMIC_RELEASE);
    TARGET_CHECK(pthread_join(sender, NULL) == 0);
    close(shared.pipe[0]);
    close(shared.pipe[1]);
    printf("%s: read returned %zd, %s\n", name, result, error ? strerror(error) : "no error");
}

static void install(int signal, int flags)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = flags};
    TARGET_CHECK(sigaction(signal, &action, NULL) == 0);
}

int main(void)
{
    shared.reader = pthread_self();
    target_spin_ms(50);
    install(SIGPROF, 0);
    read_under_signals("SIGPROF without SA_RESTART", SIGPROF, 0);
    install(SIGPROF, SA_RESTART);
    read_under_signals("SIGPROF with SA_RESTART", SIGPROF, 1);
    TARGET_CHECK(siginterrupt(SIGUSR1, 1) == 0);
    TARGET_CHECK(signal(SIGUSR1, on_signal) != SIG_ERR);
    read_under_signals("SIGUSR1 after siginterrupt 1", SIGUSR1, 0);
    TARGET_CHECK(siginterrupt(SIGUSR1, 0) == 0);
    TARGET_CHECK(signal(SIGUSR1, on_signal) != SIG_ERR);
    read_under_signals("SIGUSR1 after siginterrupt 0", SIGUSR1, 1);
    return 0;
}
