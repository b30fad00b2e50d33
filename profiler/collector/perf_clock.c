/* SPDX-License-Identifier: MIT */
/*
 * perf_clock.c - opens software clock events.
 */
#include "profiler/collector/perf_clock.h"

#include "profiler/collector/process.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static int open_event(pid_t tid, uint64_t period_ns)
{
    struct perf_event_attr attributes = {
        .type = PERF_TYPE_SOFTWARE,
        .size = sizeof attributes,
        .config = PERF_COUNT_SW_TASK_CLOCK,
        .sample_period = period_ns,
        .disabled = 1,
        .exclude_kernel = 1,
        .exclude_hv = 1,
        .remove_on_exec = 1,
    };
    return (int)syscall(SYS_perf_event_open, &attributes, tid, -1, -1, PERF_FLAG_FD_CLOEXEC);
}

static int read_paranoid(void)
{
    int level = -1;
    FILE *file = fopen("/proc/sys/kernel/perf_event_paranoid", "re");
    if (file && fscanf(file, "%d", &level) != 1)
        level = -1;
    if (file)
        fclose(file);
    return level;
}

int perf_clock_probe(struct error *error)
{
    int fd = open_event(0, 1000000);
    if (fd >= 0) {
        close(fd);
        return 0;
    }
    int cause = errno, level = read_paranoid();
    switch (cause) {
    case EACCES:
    case EPERM:
        if (level > 2)
            return error_set(error, cause,
                             "perf events are refused: kernel.perf_event_paranoid is %d, and 2 is "
                             "needed",
                             level);
        return error_set(error, cause, "perf events are refused, as in most containers: %s",
                         strerror(cause));
    case EINVAL:
    case E2BIG:
        return error_set(error, cause,
                         "perf events that end with exec need Linux 5.13, and this one is older");
    default:
        return error_set(error, cause, "perf events cannot be had: %s", strerror(cause));
    }
}

/* A descriptor of 0 means none to the sampler. */
static int not_zero(int fd)
{
    if (fd != 0)
        return fd;
    int other = fcntl(fd, F_DUPFD_CLOEXEC, 3);
    close(fd);
    return other;
}

int perf_clock_open(pid_t pid, pid_t tid, uint64_t period_ns)
{
    struct f_owner_ex owner = {F_OWNER_TID, tid};
    int fd = not_zero(open_event(tid, period_ns));
    if (fd < 0)
        return -1;
    // the owner is now a certain thread, not a number any more: it must not be one that has got the
    // number of a thread of ours which is gone, because SIGPROF would end its process
    if (fcntl(fd, F_SETFL, O_ASYNC | O_NONBLOCK) == 0 && fcntl(fd, F_SETSIG, SIGPROF) == 0 &&
        fcntl(fd, F_SETOWN_EX, &owner) == 0 && process_has_thread(pid, tid))
        return fd;
    close(fd);
    return -1;
}

void perf_clock_start(int fd)
{
    ioctl(fd, PERF_EVENT_IOC_ENABLE, 0);
}

uint64_t perf_clock_close(int fd)
{
    uint64_t used = 0;
    if (read(fd, &used, sizeof used) != (ssize_t)sizeof used)
        used = 0;
    close(fd);
    return used;
}
