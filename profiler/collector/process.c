/* SPDX-License-Identifier: MIT */
/*
 * process.c - what the kernel says of a process that is sampled.
 */
#include "profiler/collector/process.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int process_open(pid_t pid)
{
    return (int)syscall(SYS_pidfd_open, pid, 0);
}

/* The beginning of a file, as a string; empty where it cannot be read. */
static void read_text(const char *path, char *text, size_t size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = fd < 0 ? 0 : read(fd, text, size - 1);
    if (fd >= 0)
        close(fd);
    text[got > 0 ? got : 0] = '\0';
}

/* A number among the fields of /proc/PID/stat; 0 where there is none. */
static uint64_t stat_field(pid_t pid, int wanted)
{
    char path[64], text[1024];
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    read_text(path, text, sizeof text);
    const char *at = strrchr(text, ')'); // the name may contain anything
    for (int field = 2; at && field < wanted; field++)
        at = strchr(at + 1, ' ');
    return at ? strtoull(at, NULL, 10) : 0;
}

bool process_has_thread(pid_t pid, pid_t tid)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/task/%d", (int)pid, (int)tid);
    return access(path, F_OK) == 0;
}

uint64_t process_thread_run_ns(pid_t pid, pid_t tid)
{
    char path[64], text[128];
    snprintf(path, sizeof path, "/proc/%d/task/%d/schedstat", (int)pid, (int)tid);
    read_text(path, text, sizeof text);
    return strtoull(text, NULL, 10);
}

bool process_started_at(pid_t pid, uint64_t start_ticks)
{
    uint64_t started = stat_field(pid, 22);
    return !started || !start_ticks || started == start_ticks;
}

/* The last number in the line NSpid of /proc/PID/status: what it is in the innermost namespace. */
int32_t process_inner_pid(pid_t pid)
{
    char path[64], line[256];
    int32_t inner = 0;
    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    FILE *file = fopen(path, "re");
    while (file && fgets(line, sizeof line, file)) {
        const char *last = strncmp(line, "NSpid:", 6) == 0 ? strrchr(line, '\t') : NULL;
        if (last)
            inner = (int32_t)strtol(last, NULL, 10);
    }
    if (file)
        fclose(file);
    return inner;
}

/* Two namespaces that were made at once may each have a process of that number and time. */
static bool has_stack(pid_t pid, uint64_t start_stack)
{
    uint64_t stack = start_stack ? process_start_stack(pid) : 0;
    return !stack || stack == start_stack;
}

pid_t process_find(int32_t inner_pid, uint64_t start_ticks, uint64_t start_stack)
{
    DIR *processes = start_ticks ? opendir("/proc") : NULL;
    const struct dirent *entry;
    pid_t found = 0;
    while (processes && !found && (entry = readdir(processes))) {
        pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);
        if (pid > 0 && stat_field(pid, 22) == start_ticks && process_inner_pid(pid) == inner_pid &&
            has_stack(pid, start_stack))
            found = pid;
    }
    if (processes)
        closedir(processes);
    return found;
}

uint64_t process_start_stack(pid_t pid)
{
    return stat_field(pid, 28);
}

bool process_is_gone(pid_t pid, int pidfd)
{
    struct pollfd poll_fd = {.fd = pidfd, .events = POLLIN};
    if (pidfd < 0)
        return kill(pid, 0) < 0 && errno == ESRCH;
    return poll(&poll_fd, 1, 0) == 1;
}

/* The clock id that clock_getcpuclockid(3) makes, without its check, which fails for processes of
 * other users. */
bool process_cpu_ns(pid_t pid, uint64_t *cpu_ns)
{
    struct timespec time;
    clockid_t id = (clockid_t)(~(unsigned)pid << 3 | 2);
    if (clock_gettime(id, &time) != 0)
        return false;
    *cpu_ns = (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
    return true;
}

bool process_runs(pid_t pid, const char *executable)
{
    char path[64], now[4096];
    snprintf(path, sizeof path, "/proc/%d/exe", (int)pid);
    ssize_t length = readlink(path, now, sizeof now - 1);
    if (length <= 0)
        return true;
    now[length] = '\0';
    return strncmp(now, executable, strlen(executable)) == 0; // it may end in " (deleted)"
}

void process_thread_name(pid_t pid, pid_t tid, char name[16])
{
    char path[64], line[32];
    snprintf(path, sizeof path, "/proc/%d/task/%d/comm", (int)pid, (int)tid);
    FILE *file = fopen(path, "re");
    if (file && fgets(line, sizeof line, file)) {
        line[strcspn(line, "\n")] = '\0';
        snprintf(name, 16, "%.15s", line);
    }
    if (file)
        fclose(file);
}
