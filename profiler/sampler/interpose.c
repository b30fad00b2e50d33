/* SPDX-License-Identifier: MIT */
/*
 * interpose.c - the moments in a program's life that the sampler must not miss: threads that
 * begin, libraries that go, processes that fork.
 *
 * Each function does what the real one does, with the same result and errno.
 */
#include "profiler/sampler/interpose.h"

#include "profiler/sampler/clock.h"
#include "profiler/sampler/guard.h"
#include "profiler/sampler/mask.h"
#include "profiler/sampler/modules.h"
#include "profiler/sampler/real.h"
#include "profiler/sampler/session.h"
#include "profiler/sampler/strays.h"
#include "profiler/sampler/thread.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <threads.h>
#include <unistd.h>

/* What a new thread is told. From a fixed pool, because pthread_create may be called where malloc
 * may not be (from inside an allocator that starts its background thread). */
struct start {
    _Atomic int taken;
    bool belief; /* see guard_belief */
    void *(*routine)(void *);
    thrd_start_t c11_routine; /* instead, for thrd_create */
    void *argument;
};

// static: threads on both sides of pthread_create share it
static struct {
    struct start pool[256];
    pthread_key_t key;
    bool have_key;
} threads;

static struct start *take_start(void *(*routine)(void *), thrd_start_t c11_routine, void *argument)
{
    if (!threads.have_key || !thread_process_is_ours())
        return NULL;
    for (size_t i = 0; i < sizeof threads.pool / sizeof *threads.pool; i++) {
        struct start *start = &threads.pool[i];
        if (!atomic_exchange(&start->taken, 1)) {
            start->belief = guard_belief();
            start->routine = routine;
            start->c11_routine = c11_routine;
            start->argument = argument;
            return start;
        }
    }
    // so many threads are just starting: this one goes unsampled, and is counted
    atomic_fetch_add(&session.header->no_slot, 1);
    return NULL;
}

/* A destructor of thread-specific data ends the sampling, because it runs for return,
 * pthread_exit and cancellation alike. */
static struct start begin_thread(void *argument)
{
    struct start start = *(struct start *)argument;
    atomic_store(&((struct start *)argument)->taken, 0);
    thread_begin(false);
    guard_begin_thread(start.belief);
    if (thread_self())
        pthread_setspecific(threads.key, thread_self());
    return start;
}

/* First function of a thread. */
static void *run_thread(void *argument)
{
    struct start start = begin_thread(argument);
    return start.routine(start.argument);
}

static int run_c11_thread(void *argument)
{
    struct start start = begin_thread(argument);
    return start.c11_routine(start.argument);
}

static void end_thread(void *unused)
{
    (void)unused;
    thread_end();
}

INTERPOSED int pthread_create(pthread_t *restrict thread, const pthread_attr_t *restrict attributes,
                              void *(*routine)(void *), void *restrict argument)
{
    struct start *start = take_start(routine, NULL, argument);
    if (!start)
        return real()->pthread_create(thread, attributes, routine, argument);
    int result = real()->pthread_create(thread, attributes, run_thread, start);
    if (result != 0)
        atomic_store(&start->taken, 0);
    return result;
}

/* C11's threads reach the C library's pthread_create without passing ours. */
INTERPOSED int thrd_create(thrd_t *thread, thrd_start_t routine, void *argument)
{
    struct start *start = take_start(NULL, routine, argument);
    if (!start)
        return real()->thrd_create(thread, routine, argument);
    int result = real()->thrd_create(thread, run_c11_thread, start);
    if (result != thrd_success)
        atomic_store(&start->taken, 0);
    return result;
}

INTERPOSED int dlclose(void *handle)
{
    if (!thread_process_is_ours())
        return real()->dlclose(handle);
    modules_announce(); // what came by dlopen and may go now
    bool outermost = modules_enter_loader();
    int result = real()->dlclose(handle);
    int saved_errno = errno;
    if (outermost)
        modules_leave_loader();
    modules_announce();
    errno = saved_errno;
    return result;
}

struct process {
    uint32_t image, parent_image, flags;
};

static void put_sized(struct ring_writer *w, const char *bytes, size_t size)
{
    ring_put_varint(w, size);
    ring_put_bytes(w, bytes, size);
}

/* The command line is the kernel's copy: the program may have changed argv by now. */
static size_t read_file(const char *path, char *bytes, size_t size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return 0;
    ssize_t got = read(fd, bytes, size);
    close(fd);
    return got > 0 ? (size_t)got : 0;
}

/* The number under which /proc knows this process: the collector's, also in a PID namespace of the
 * program's own, as long as it still sees the outer /proc. */
static uint64_t pid_in_proc(void)
{
    char text[16] = "";
    uint64_t pid = 0;
    if (readlink("/proc/self", text, sizeof text - 1) <= 0)
        return (uint64_t)getpid();
    for (const char *digit = text; *digit >= '0' && *digit <= '9'; digit++)
        pid = pid * 10 + (uint64_t)(*digit - '0');
    return pid;
}

/* What proc(5) says of this process: field 22 is when it was started, in clock ticks since boot,
 * which with its number tells it from any other; field 28 is where its stack starts. */
struct stat_fields {
    uint64_t start_ticks, start_stack;
};

static uint64_t number_at(const char *text)
{
    uint64_t number = 0;
    while (*text >= '0' && *text <= '9')
        number = number * 10 + (uint64_t)(*text++ - '0');
    return number;
}

/* Whether stacks start somewhere else in each program. */
static bool stacks_are_random(void)
{
    char level[1] = "";
    int persona = personality(0xffffffff); // asks only
    return persona != -1 && !(persona & ADDR_NO_RANDOMIZE) &&
           read_file("/proc/sys/kernel/randomize_va_space", level, 1) == 1 && level[0] != '0';
}

static struct stat_fields read_stat(void)
{
    char text[1024];
    struct stat_fields fields = {0};
    size_t size = read_file("/proc/self/stat", text, sizeof text - 1);
    text[size] = '\0';
    const char *at = strrchr(text, ')'); // the name may contain anything
    for (int field = 3; at && field <= 28; field++) {
        at = strchr(at + 1, ' ');
        if (at && field == 22)
            fields.start_ticks = number_at(at + 1);
        else if (at && field == 28 && stacks_are_random())
            fields.start_stack = number_at(at + 1);
    }
    return fields;
}

static void fill_process(struct ring_writer *w, const void *what)
{
    const struct process *process = what;
    char text[4096];
    ring_put_varint(w, process->image);
    ring_put_varint(w, process->parent_image);
    ring_put_varint(w, process->flags);
    ring_put_varint(w, pid_in_proc());
    ring_put_varint(w, (uint64_t)getppid());
    ring_put_varint(w, clock_monotonic_ns());
    ring_put_varint(w, clock_process_cpu_ns());
    struct stat_fields fields = read_stat();
    ring_put_varint(w, fields.start_ticks);
    ring_put_varint(w, fields.start_stack);
    ssize_t length = readlink("/proc/self/exe", text, sizeof text);
    put_sized(w, text, length > 0 ? (size_t)length : 0);
    size_t size = read_file("/proc/self/cmdline", text, sizeof text);
    put_sized(w, text, size);
}

void interpose_announce_process(uint32_t parent_image, bool forked)
{
    struct process process = {session.image, parent_image, forked ? CHANNEL_PROCESS_FORKED : 0};
    thread_put(CHANNEL_PROCESS, fill_process, &process);
}

#define NOT_FOLLOWED UINT32_MAX

// between the handlers of one fork: 0, or the number of the child's image if it is followed. It is
// taken by the parent, so that the collector knows of a child that has not run yet when its parent
// has ended.
static __thread uint32_t forking __attribute__((tls_model("initial-exec")));
static __thread bool was_blocked __attribute__((tls_model("initial-exec")));

/* Fork with our signal blocked: the kernel restarts a fork that a signal interrupts, and in a
 * large process a fast enough clock would interrupt it for ever. */
static void before_fork(void)
{
    if (!thread_process_is_ours())
        return;
    bool follows = session.header->flags & CHANNEL_FOLLOW_CHILDREN;
    forking = follows ? atomic_fetch_add(&session.header->next_image, 1) + 1 : NOT_FOLLOWED;
    was_blocked = mask_block_ours();
    modules_before_fork();
}

static void after_fork_in_parent(void)
{
    if (!forking)
        return;
    forking = 0;
    modules_after_fork(false);
    mask_unblock_ours(was_blocked);
}

static void after_fork_in_child(void)
{
    if (!forking)
        return;
    uint32_t image = forking, parent_image = session.image;
    forking = 0;
    modules_after_fork(true);
    guard_after_fork();
    strays_forget();
    session.pid = getpid();
    if (session.header->flags & CHANNEL_FOLLOW_CHILDREN &&
        atomic_load(&session.header->state) != CHANNEL_STOPPED) {
        session.image = image;
        session.standalone = false;
        thread_begin_again();
        interpose_announce_process(parent_image, true);
    } else {
        thread_forget();
        session.header = NULL;
    }
    mask_unblock_ours(was_blocked);
}

int interpose_begin(void)
{
    // looked up: the name that pthread_atfork stands for is glibc's alone
    int (*at_fork)(void (*)(void), void (*)(void), void (*)(void), void *);
    void *symbol = dlsym(RTLD_DEFAULT, "__register_atfork");
    memcpy(&at_fork, &symbol, sizeof symbol);
    if (!at_fork || pthread_key_create(&threads.key, end_thread) != 0)
        return -1;
    threads.have_key = true;
    return at_fork(before_fork, after_fork_in_parent, after_fork_in_child, NULL) == 0 ? 0 : -1;
}
