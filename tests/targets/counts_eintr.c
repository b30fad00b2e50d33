/* SPDX-License-Identifier: MIT */
/*
 * counts_eintr - waits in six ways while another thread spins; status 1 when a wait saw EINTR.
 */
#include "tests/targets/target.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <unistd.h>

enum { TURNS = 20, WAIT_MS = 4 };

static int stop;
static int slow_pipe[2];
static int quiet_pipe[2];

static void *spin(void *argument)
{
    while (!__atomic_load_n(&stop, __ATOMIC_RELAXED))
        target_spin_ms(1);
    return argument;
}

/* Feeds the slow reader one byte at a time, and is busy in between. */
static void *write_slowly(void *argument)
{
    for (int i = 0; i < TURNS; i++) {
        target_spin_ms(WAIT_MS);
        TARGET_CHECK(write(slow_pipe[1], "x", 1) == 1);
    }
    return argument;
}

static int wait_in_read(void)
{
    char byte;
    return (int)read(slow_pipe[0], &byte, 1);
}

static int wait_in_nanosleep(void)
{
    struct timespec time = {.tv_nsec = WAIT_MS * 1000000};
    return nanosleep(&time, NULL);
}

static int wait_in_poll(void)
{
    struct pollfd entry = {.fd = quiet_pipe[0], .events = POLLIN};
    return poll(&entry, 1, WAIT_MS);
}

static int wait_in_select(void)
{
    struct timeval time = {.tv_usec = WAIT_MS * 1000};
    fd_set set;
    FD_ZERO(&set);
    FD_SET(quiet_pipe[0], &set);
    return select(quiet_pipe[0] + 1, &set, NULL, NULL, &time);
}

static int wait_in_epoll(void)
{
    struct epoll_event event;
    int fd = epoll_create1(EPOLL_CLOEXEC);
    TARGET_CHECK(fd >= 0);
    int result = epoll_wait(fd, &event, 1, WAIT_MS);
    int saved = errno;
    close(fd);
    errno = saved;
    return result;
}

static int wait_in_sem_timedwait(void)
{
    sem_t semaphore;
    struct timespec end;
    TARGET_CHECK(sem_init(&semaphore, 0, 0) == 0);
    int64_t end_ns = target_clock_ns(CLOCK_REALTIME) + (int64_t)WAIT_MS * 1000000;
    end.tv_sec = end_ns / 1000000000;
    end.tv_nsec = end_ns % 1000000000;
    return sem_timedwait(&semaphore, &end);
}

static const struct wait {
    const char *name;
    int (*run)(void);
} waits[] = {
    {"read", wait_in_read},        {"nanosleep", wait_in_nanosleep},
    {"poll", wait_in_poll},        {"select", wait_in_select},
    {"epoll_wait", wait_in_epoll}, {"sem_timedwait", wait_in_sem_timedwait},
};

/* A little work before each wait, so that this thread has a CPU clock that runs as well. */
static int count_interruptions(const struct wait *wait)
{
    int count = 0;
    for (int i = 0; i < TURNS; i++) {
        target_spin_ms(2);
        errno = 0;
        if (wait->run() < 0 && errno == EINTR)
            count++;
    }
    return count;
}

int main(void)
{
    pthread_t spinner, writer;
    int total = 0;
    TARGET_CHECK(pipe(slow_pipe) == 0 && pipe(quiet_pipe) == 0);
    TARGET_CHECK(pthread_create(&spinner, NULL, spin, NULL) == 0);
    TARGET_CHECK(pthread_create(&writer, NULL, write_slowly, NULL) == 0);
    for (size_t i = 0; i < sizeof waits / sizeof *waits; i++) {
        int count = count_interruptions(&waits[i]);
        printf("%s: %d interruptions\n", waits[i].name, count);
        total += count;
    }
    __atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
    TARGET_CHECK(pthread_join(spinner, NULL) == 0);
    TARGET_CHECK(pthread_join(writer, NULL) == 0);
    return total > 0;
}
