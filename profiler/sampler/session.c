/* SPDX-License-Identifier: MIT */
/*
 * session.c - finds the shared segment, or has a collector make one.
 *
 * Nothing is left behind in the target: no descriptor, no child.
 */
#include "profiler/sampler/session.h"

#include "profiler/sampler/clock.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct session session;

static void *map_part(int fd, uint64_t offset, size_t size)
{
    void *part = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, (off_t)offset);
    if (part == MAP_FAILED)
        return NULL;
    madvise(part, size, MADV_DONTDUMP); // core dumps stay what they were
    return part;
}

/* Two threads may come for the same chunk: the second one takes what the first has mapped. */
static uint8_t *map_chunk(int fd, uint32_t chunk)
{
    size_t size = (size_t)session.chunk_slots * session.ring_size;
    uint8_t *mapped = map_part(fd, session.rings_offset + (uint64_t)chunk * size, size);
    uint8_t *before = NULL;
    if (!mapped || atomic_compare_exchange_strong(&session.chunks[chunk], &before, mapped))
        return mapped;
    munmap(mapped, size);
    return before;
}

uint8_t *session_map_ring(uint32_t index)
{
    uint32_t chunk = index / session.chunk_slots;
    if (!session.chunks[chunk]) {
        int fd = open(session.path, O_RDWR | O_CLOEXEC);
        if (fd < 0)
            return NULL;
        map_chunk(fd, chunk);
        close(fd);
    }
    return session_ring(index);
}

static void take_geometry(const struct channel_header *header)
{
    session.ring_size = header->ring_size;
    session.slot_count = header->slot_count;
    session.chunk_slots = header->chunk_slots;
    session.slots_offset = header->slots_offset;
    session.rings_offset = header->rings_offset;
    session.max_frames = header->max_frames;
    session.period_ns = header->period_ns;
    session.tick_ns = header->tick_ns;
    session.unwind = header->unwind;
    session.perf = header->flags & CHANNEL_PERF;
}

/* Whether this program may well miss the address space that we take: its limit leaves less than a
 * few times as much. It is unlimited nearly everywhere. */
static bool address_space_is_short(uint64_t size)
{
    enum { TIMES = 8 };
    struct rlimit limit;
    char text[64] = "";
    if (getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
        return false;
    int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    if (fd < 0 || read(fd, text, sizeof text - 1) <= 0)
        text[0] = '\0';
    if (fd >= 0)
        close(fd);
    uint64_t used = strtoull(text, NULL, 10) * (uint64_t)sysconf(_SC_PAGESIZE);
    return limit.rlim_cur < used + TIMES * size;
}

/* Maps header, slots and the first rings. The descriptor is closed again before this returns. */
static int map_segment(const char *path)
{
    struct channel_header header;
    struct stat status;
    int fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0)
        return -1;
    bool valid = fstat(fd, &status) == 0 &&
                 pread(fd, &header, sizeof header, 0) == (ssize_t)sizeof header &&
                 channel_valid(&header, (uint64_t)status.st_size) &&
                 header.slot_count / header.chunk_slots <= SESSION_CHUNKS &&
                 !address_space_is_short(header.rings_offset + channel_chunk_size(&header)) &&
                 strlen(path) < sizeof session.path;
    if (valid) {
        take_geometry(&header);
        strcpy(session.path, path);
        session.header = map_part(fd, 0, header.rings_offset);
    }
    if (session.header && !map_chunk(fd, 0)) {
        munmap(session.header, header.rings_offset);
        session.header = NULL;
    }
    close(fd);
    return session.header ? 0 : -1;
}

/* Where `prof` is, seen from this library: <prefix>/lib/prof/libprof.so, <prefix>/bin/prof. */
static int find_prof(char *path, size_t size)
{
    Dl_info info;
    if (!dladdr((void *)&session, &info) || !info.dli_fname)
        return -1;
    char library[PATH_MAX];
    if (!realpath(info.dli_fname, library))
        return -1;
    for (int levels = 0; levels < 3; levels++) {
        char *slash = strrchr(library, '/');
        if (!slash)
            return -1;
        *slash = '\0';
    }
    return snprintf(path, size, "%s/bin/prof", library) < (int)size ? 0 : -1;
}

/* The environment for the collector: ours without what would profile the profiler. */
static char **collector_environment(char **environment)
{
    size_t count = 0, kept = 0;
    while (environment[count])
        count++;
    char **copy = mmap(NULL, (count + 1) * sizeof *copy, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (copy == MAP_FAILED)
        return NULL;
    for (size_t i = 0; i < count; i++) {
        if (strncmp(environment[i], "LD_PRELOAD=", 11) != 0)
            copy[kept++] = environment[i];
    }
    copy[kept] = NULL;
    return copy;
}

/* Runs in the forked child, and in its child: only async-signal-safe calls. */
static void run_collector(const char *prof, char *const *arguments, char *const *environment,
                          int output)
{
    // a second fork, so that the collector is nobody's child here and cannot be waited for
    pid_t pid = fork();
    if (pid != 0)
        _exit(pid < 0 ? 1 : 0);
    setsid();
    int null = open("/dev/null", O_RDWR);
    dup2(null, STDIN_FILENO);
    dup2(output, STDOUT_FILENO);
    // nothing of the target may be kept open by the collector; stderr stays for its messages
    syscall(SYS_close_range, 3u, ~0u, 0u);
    execve(prof, arguments, environment);
    _exit(127);
}

/* Starts `prof collect`, which prints the path of its segment when it is ready. */
static int start_collector(char *path, size_t size)
{
    char prof[PATH_MAX], pid_text[16];
    int fds[2];
    if (find_prof(prof, sizeof prof) < 0 || access(prof, X_OK) < 0) {
        fprintf(stderr, "prof: cannot find the prof command beside libprof.so; "
                        "running without profiling\n");
        return -1;
    }
    snprintf(pid_text, sizeof pid_text, "%d", (int)getpid());
    char *arguments[] = {"prof", "collect", pid_text, NULL};
    char **environment = collector_environment(environ);
    if (!environment || pipe2(fds, O_CLOEXEC) < 0)
        return -1;
    pid_t child = fork();
    if (child == 0)
        run_collector(prof, arguments, environment, fds[1]);
    close(fds[1]);
    size_t used = 0;
    ssize_t got = 0;
    while (child > 0 && used < size - 1) {
        got = read(fds[0], path + used, size - 1 - used);
        if (got <= 0 && !(got < 0 && errno == EINTR))
            break;
        if (got > 0)
            used += (size_t)got;
    }
    close(fds[0]);
    while (child > 0 && waitpid(child, NULL, 0) < 0 && errno == EINTR) {
    }
    path[used] = '\0';
    path[strcspn(path, "\n")] = '\0';
    return path[0] == '/' ? 0 : -1;
}

int session_attach(void)
{
    char path[PATH_MAX];
    const char *given = getenv(CHANNEL_ENVIRONMENT);
    if (given) {
        if (map_segment(given) < 0)
            return -1;
    } else {
        if (start_collector(path, sizeof path) < 0 || map_segment(path) < 0)
            return -1;
        session.standalone = true;
        setenv(CHANNEL_ENVIRONMENT, path, 1);
    }
    return 0;
}

static long futex(_Atomic uint32_t *word, int operation, uint32_t value,
                  const struct timespec *timeout)
{
    return syscall(SYS_futex, word, operation, value, timeout, NULL, 0);
}

bool session_collector_is_gone(void)
{
    return kill(session.header->collector_pid, 0) < 0 && errno == ESRCH;
}

void session_ring_doorbell(void)
{
    atomic_fetch_add(&session.header->doorbell, 1);
    futex(&session.header->doorbell, FUTEX_WAKE, INT_MAX, NULL);
}

void session_drain(int timeout_ms)
{
    struct channel_header *header = session.header;
    uint64_t deadline = clock_monotonic_ns() + (uint64_t)timeout_ms * 1000000;
    uint32_t before = atomic_load(&header->drained);
    atomic_fetch_add(&header->waiters, 1);
    session_ring_doorbell();
    // two passes: the one that is under way may have been past our ring already
    while ((int32_t)(atomic_load(&header->drained) - before) < 2) {
        uint64_t time = clock_monotonic_ns();
        uint32_t seen = atomic_load(&header->drained);
        if (time >= deadline || session_collector_is_gone())
            break;
        struct timespec slice = {.tv_nsec = 50 * 1000000};
        if ((int32_t)(seen - before) < 2)
            futex(&header->drained, FUTEX_WAIT, seen, &slice);
    }
    atomic_fetch_sub(&header->waiters, 1);
}
