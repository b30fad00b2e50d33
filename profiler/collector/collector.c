/* SPDX-License-Identifier: MIT */
/*
 * collector.c - a shared segment and the thread that drains it.
 *
 * The segment is a memfd: it has no name that could be left behind, and the target finds it as
 * /proc/<our pid>/fd/<n>. The drain thread is the only one to touch tables and writer.
 */
#include "profiler/collector/collector.h"

#include "profiler/base/clock.h"
#include "profiler/base/memory.h"
#include "profiler/base/text.h"
#include "profiler/collector/drain.h"
#include "profiler/collector/perf_clock.h"
#include "profiler/collector/quote.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

enum {
    SLOTS = 2048,              /* a quarter is for threads that we find ourselves */
    SMALLEST_RING = 32 * 1024, /* two of the longest samples */
    STACK_COPIES_RING = 1024 * 1024,
    MAX_FRAMES = 4096,
    DRAIN_INTERVAL_MS = 20,
    SOON_MS = 1,             /* until a new thread is old enough for a clock */
    FLUSH_INTERVAL_MS = 250, /* what a killed prof loses at most */
};

struct collector {
    int fd;
    struct channel_header *header;
    uint64_t size;
    char session[64];
    bool perf;
    struct error clock_error; /* why not */
    struct recording_writer *writer;
    struct drain drain;
    pthread_t thread;
    bool thread_runs;
    _Atomic bool stop;
    bool nobody_waits;
    bool drained;       /* to the last byte; nothing is read any more */
    _Atomic bool ended; /* the recording has its last record and is closed */
    int close_result;
    struct error close_error;
    _Atomic uint32_t alive, seen;
};

/* Room for a tenth of a second of long stacks (about 130 bytes a sample), and one sample of the
 * deepest kind in any case. */
static uint32_t ring_size(uint32_t hz, uint32_t unwind)
{
    uint32_t size = SMALLEST_RING;
    if (unwind == CHANNEL_UNWIND_LIBUNWIND) // each sample is a copy of the stack
        return STACK_COPIES_RING;
    while (size < hz / 10 * 130 * 2 && size < 1024 * 1024)
        size *= 2;
    return size;
}

/* The limit on file sizes counts for memory files, too. The segment is not a file of the user's:
 * up to the hard limit it may be as large as it must. */
static int size_segment(int fd, uint64_t size)
{
    struct rlimit limit, raised;
    getrlimit(RLIMIT_FSIZE, &limit);
    raised = (struct rlimit){limit.rlim_max, limit.rlim_max};
    setrlimit(RLIMIT_FSIZE, &raised);
    int result = ftruncate(fd, (off_t)size);
    int cause = errno;
    setrlimit(RLIMIT_FSIZE, &limit);
    errno = cause;
    return result;
}

/* The kernel's tick: what its coarse clocks go by (clock_getres(2)). */
static uint64_t tick_ns(void)
{
    struct timespec resolution;
    if (clock_getres(CLOCK_MONOTONIC_COARSE, &resolution) != 0)
        return 0;
    return (uint64_t)resolution.tv_sec * 1000000000 + (uint64_t)resolution.tv_nsec;
}

static int choose_clock(struct collector *collector, enum collector_clock wish, struct error *error)
{
    if (wish == COLLECTOR_CLOCK_TIMER)
        return 0;
    collector->perf = perf_clock_probe(&collector->clock_error) == 0;
    if (collector->perf || wish == COLLECTOR_CLOCK_AUTO)
        return 0;
    *error = collector->clock_error;
    return -1;
}

static int make_segment(struct collector *collector, const struct collector_options *options,
                        struct error *error)
{
    struct channel_header layout = {
        .magic = CHANNEL_MAGIC,
        .abi_version = CHANNEL_ABI_VERSION,
        .flags = (options->follow_children ? CHANNEL_FOLLOW_CHILDREN : 0) |
                 (collector->perf ? CHANNEL_PERF : 0),
        .unwind = options->unwind,
        .tick_ns = tick_ns(),
        .state = options->paused ? CHANNEL_PAUSED : CHANNEL_RUNNING,
        .period_ns = 1000000000 / options->hz,
        .max_frames = MAX_FRAMES,
        .collector_pid = (int32_t)getpid(),
    };
    collector->size = channel_layout(&layout, SLOTS, ring_size(options->hz, options->unwind));
    collector->fd = memfd_create("prof", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (collector->fd < 0)
        return error_errno(error, "cannot make shared memory");
    if (size_segment(collector->fd, collector->size) < 0)
        return error_errno(error, "cannot size shared memory to %llu bytes",
                           (unsigned long long)collector->size);
    // nobody who can open it may cut it short under those who have it mapped
    fcntl(collector->fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL);
    void *memory =
        mmap(NULL, collector->size, PROT_READ | PROT_WRITE, MAP_SHARED, collector->fd, 0);
    if (memory == MAP_FAILED)
        return error_errno(error, "cannot map shared memory");
    collector->header = memory;
    *collector->header = layout;
    snprintf(collector->session, sizeof collector->session, "/proc/%d/fd/%d", (int)getpid(),
             collector->fd);
    return 0;
}

static uint32_t session_string(struct collector *collector, const char *string)
{
    return stack_table_string(&collector->drain.table, string, strlen(string));
}

static void put_session(struct collector *collector, const struct collector_options *options)
{
    struct recording_record record = {.kind = RECORDING_SESSION};
    struct recording_session *session = &record.session;
    struct text command = TEXT_INIT, system = TEXT_INIT;
    struct utsname name;
    char directory[4096] = "";
    for (char *const *argument = options->arguments; argument && *argument; argument++)
        quote_arguments(&command, *argument, strlen(*argument) + (**argument == '\0'));
    uname(&name);
    text_printf(&system, "%s %s %s", name.sysname, name.release, name.machine);
    session->directory =
        session_string(collector, getcwd(directory, sizeof directory) ? directory : "");
    session->command = session_string(collector, command.data ? command.data : "");
    session->host = session_string(collector, name.nodename);
    session->system = session_string(collector, system.data);
    session->engine = session_string(collector, collector->perf ? "perf+timer" : "timer");
    session->prof_version = session_string(collector, PROF_VERSION);
    session->requested_hz = options->hz;
    session->period_ns = collector->header->period_ns;
    session->start_ns = clock_read_ns(CLOCK_MONOTONIC);
    session->start_unix_ns = clock_read_ns(CLOCK_REALTIME);
    recording_writer_put(collector->writer, &record);
    text_release(&command);
    text_release(&system);
}

static long futex(_Atomic uint32_t *word, int operation, uint32_t value,
                  const struct timespec *timeout)
{
    return syscall(SYS_futex, word, operation, value, timeout, NULL, 0);
}

static void stop_sampling(struct collector *collector)
{
    atomic_store(&collector->header->state, CHANNEL_STOPPED);
}

static void drain_rest(struct collector *collector)
{
    if (collector->drained)
        return;
    stop_sampling(collector);
    atomic_store(&collector->alive, drain_finish(&collector->drain));
    atomic_store(&collector->seen, collector->drain.images.count);
    collector->drained = true;
}

static void end_recording(struct collector *collector, int wait_status)
{
    if (collector->ended)
        return;
    drain_rest(collector);
    recording_writer_put(collector->writer, &(struct recording_record){
                                                .kind = RECORDING_END,
                                                .end = {.end_ns = clock_read_ns(CLOCK_MONOTONIC),
                                                        .wait_status = wait_status}});
    drain_release(&collector->drain);
    collector->close_result = recording_writer_close(collector->writer, &collector->close_error);
    atomic_store(&collector->ended, true);
}

/* Somebody waits until all is on disk: a program that has much to say, or one that is about to end
 * and whose caller may look at the recording next. */
static void satisfy_waiters(struct collector *collector)
{
    if (collector->nobody_waits && drain_all_said_end(&collector->drain))
        end_recording(collector, -1);
    else
        recording_writer_flush(collector->writer, NULL);
}

static void *drain_thread(void *argument)
{
    struct collector *collector = argument;
    struct channel_header *header = collector->header;
    uint64_t flushed = clock_read_ns(CLOCK_MONOTONIC);
    uint32_t answered = atomic_load(&header->doorbell);
    while (!atomic_load(&collector->stop) && !collector->ended) {
        uint32_t bell = atomic_load(&header->doorbell);
        // who waits has rung; one that was killed while it waited is counted for ever
        bool waiters = atomic_load(&header->waiters) && bell != answered;
        answered = bell;
        atomic_store(&collector->alive, drain_pass(&collector->drain));
        atomic_store(&collector->seen, collector->drain.images.count);
        uint64_t now = clock_read_ns(CLOCK_MONOTONIC);
        if (waiters) {
            satisfy_waiters(collector);
        } else if (now - flushed > FLUSH_INTERVAL_MS * 1000000ull) {
            recording_writer_flush(collector->writer, NULL);
            flushed = now;
        }
        atomic_fetch_add(&header->drained, 1);
        futex(&header->drained, FUTEX_WAKE, INT32_MAX, NULL);
        const struct timespec interval = {
            .tv_nsec = (collector->drain.soon ? SOON_MS : DRAIN_INTERVAL_MS) * 1000000};
        if (!waiters) // they wait for two passes
            futex(&header->doorbell, FUTEX_WAIT, bell, &interval);
    }
    return NULL;
}

static void release(struct collector *collector)
{
    if (collector->header)
        munmap(collector->header, collector->size);
    if (collector->fd >= 0)
        close(collector->fd);
    free(collector);
}

/* The thread takes no signals: they are the business of whoever called us. */
static int start_thread(struct collector *collector)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int result = pthread_create(&collector->thread, NULL, drain_thread, collector);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return result;
}

struct collector *collector_open(const struct collector_options *options, struct error *error)
{
    struct collector *collector = memory_new(1, sizeof *collector);
    collector->fd = -1;
    collector->nobody_waits = options->nobody_waits;
    if (choose_clock(collector, options->clock, error) < 0 ||
        make_segment(collector, options, error) < 0)
        goto failed;
    collector->writer = recording_writer_create(options->path, error);
    if (!collector->writer)
        goto failed;
    drain_init(&collector->drain, collector->header, collector->writer);
    if (options->nobody_waits)
        collector->drain.images.files = NULL; // nor asks for them
    put_session(collector, options);
    if (recording_writer_flush(collector->writer, error) == 0) {
        int cause = start_thread(collector);
        if (cause == 0)
            return collector;
        error_set(error, cause, "cannot start a thread: %s", strerror(cause));
    }
    drain_release(&collector->drain);
    recording_writer_close(collector->writer, NULL);
failed:
    release(collector);
    return NULL;
}

const char *collector_session(const struct collector *collector)
{
    return collector->session;
}

struct collector_count collector_count_processes(const struct collector *collector)
{
    struct collector_count count = {.seen = atomic_load(&collector->seen),
                                    .alive = atomic_load(&collector->alive)};
    uint32_t numbers = atomic_load(&collector->header->next_image);
    count.expected = numbers > count.seen ? numbers - count.seen : 0;
    return count;
}

const char *collector_clock_refusal(const struct collector *collector)
{
    return collector->perf ? "" : collector->clock_error.text;
}

void collector_pause(struct collector *collector, bool paused)
{
    uint32_t expected = paused ? CHANNEL_RUNNING : CHANNEL_PAUSED;
    atomic_compare_exchange_strong(&collector->header->state, &expected,
                                   paused ? CHANNEL_PAUSED : CHANNEL_RUNNING);
}

bool collector_is_paused(const struct collector *collector)
{
    return atomic_load(&collector->header->state) == CHANNEL_PAUSED;
}

bool collector_has_ended(const struct collector *collector)
{
    return atomic_load(&collector->ended);
}

void collector_drain_rest(struct collector *collector)
{
    if (atomic_exchange(&collector->stop, true))
        return;
    atomic_fetch_add(&collector->header->doorbell, 1);
    futex(&collector->header->doorbell, FUTEX_WAKE, INT32_MAX, NULL);
    pthread_join(collector->thread, NULL);
    drain_rest(collector);
}

struct kept_files collector_take_files(struct collector *collector)
{
    struct kept_files files = collector->drain.files;
    collector->drain.files = (struct kept_files){0};
    return files;
}

int collector_close(struct collector *collector, int wait_status, struct error *error)
{
    collector_drain_rest(collector);
    end_recording(collector, wait_status);
    int result = collector->close_result;
    if (result < 0 && error)
        *error = collector->close_error;
    release(collector);
    return result;
}
