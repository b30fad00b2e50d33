/* SPDX-License-Identifier: MIT */
/*
 * handler_cost.c - what a profiler's SIGPROF handler costs at a known depth of the stack.
 *
 *     handler_cost DEPTH [CALLS]          under a profiler that sends SIGPROF (prof, gperftools)
 *     handler_cost --libunwind DEPTH      libunwind alone, on the same stacks
 *
 * Goes DEPTH frames deep through functions of different shapes, compiled without frame pointers,
 * and spins there. Then it puts a handler of its own before the profiler's, past the C library, and
 * from the next signal on it calls the profiler's handler again and again with what that signal
 * brought: the profiler's own code on a real stack, without the kernel's part. Prints one line:
 * DEPTH, frames below main included, and the median nanoseconds a call.
 */
#include "tests/bench/loads/busy.h"

#include <dlfcn.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define UNW_LOCAL_ONLY
#include <libunwind.h>

enum { BATCHES = 41, MOST_FRAMES = 2048 };

/* What rt_sigaction(2) takes, which is not what sigaction(3) takes. */
struct kernel_action {
    void (*handler)(int, siginfo_t *, void *);
    unsigned long flags;
    void (*restorer)(void);
    unsigned long mask;
};

// static: a signal handler has no other way to it
static struct {
    struct kernel_action profiler;
    int calls;
    volatile bool done;
    double ns[BATCHES];
    void (*measure)(siginfo_t *info, void *context);
    int frames;
} state;

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static double median(double *values, int count)
{
    qsort(values, (size_t)count, sizeof *values, by_value);
    return values[count / 2];
}

/* Batches, with time between them for the one who empties the buffers. */
static void measure_batches(void (*call)(siginfo_t *, void *), siginfo_t *info, void *context)
{
    call(info, context); // the first time fills caches
    for (int i = 0; i < BATCHES; i++) {
        struct timespec pause = {.tv_nsec = 20000000};
        nanosleep(&pause, NULL);
        call(info, context);
        uint64_t begin = busy_monotonic_ns();
        for (int k = 0; k < state.calls; k++)
            call(info, context);
        state.ns[i] = (double)(busy_monotonic_ns() - begin) / state.calls;
    }
}

static void call_profiler(siginfo_t *info, void *context)
{
    state.profiler.handler(SIGPROF, info, context);
}

/* Where a library goes, prof forgets what it knows of the code: each frame is seen for the first
 * time then, while the processor's own caches are warm. */
static void measure_first_sight(siginfo_t *info, void *context)
{
    for (int i = 0; i < BATCHES; i++) {
        struct timespec pause = {.tv_nsec = 5000000};
        void *library = dlopen("libutil.so.1", RTLD_NOW);
        if (library)
            dlclose(library);
        nanosleep(&pause, NULL);
        uint64_t begin = busy_monotonic_ns();
        call_profiler(info, context);
        state.ns[i] = (double)(busy_monotonic_ns() - begin);
    }
    printf("first_sight %.1f\n", median(state.ns, BATCHES));
}

static void measure_profiler(siginfo_t *info, void *context)
{
    measure_first_sight(info, context);
    measure_batches(call_profiler, info, context);
}

static void step_through(siginfo_t *info, void *context)
{
    unw_cursor_t cursor;
    unw_word_t ip;
    (void)info;
    unw_init_local2(&cursor, context, UNW_INIT_SIGNAL_FRAME);
    state.frames = 0;
    do {
        unw_get_reg(&cursor, UNW_REG_IP, &ip);
        state.frames++;
    } while (unw_step(&cursor) > 0);
}

static void backtrace_all(siginfo_t *info, void *context)
{
    static void *addresses[MOST_FRAMES];
    (void)info, (void)context;
    unw_backtrace(addresses, MOST_FRAMES);
}

static void report(const char *what)
{
    printf("%s %.1f\n", what, median(state.ns, BATCHES));
}

static void measure_libunwind(siginfo_t *info, void *context)
{
    uint64_t begin = busy_monotonic_ns();
    step_through(info, context);
    printf("step_first %.1f\n", (double)(busy_monotonic_ns() - begin));
    begin = busy_monotonic_ns();
    backtrace_all(info, context);
    printf("backtrace_first %.1f\n", (double)(busy_monotonic_ns() - begin));
    printf("frames %d\n", state.frames);
    measure_batches(step_through, info, context);
    report("step_cached");
    unw_set_caching_policy(unw_local_addr_space, UNW_CACHE_NONE);
    measure_batches(step_through, info, context);
    report("step_uncached");
    unw_set_caching_policy(unw_local_addr_space, UNW_CACHE_GLOBAL);
    measure_batches(backtrace_all, info, context);
    report("backtrace");
}

static void on_signal(int signal, siginfo_t *info, void *context)
{
    (void)signal;
    if (state.done)
        return;
    // the profiler's handler must not be interrupted by itself
    state.measure(info, context);
    state.done = true;
}

static void step_before(void)
{
    struct kernel_action ours;
    syscall(SYS_rt_sigaction, SIGPROF, NULL, &state.profiler, 8);
    ours = state.profiler;
    if (!state.profiler.restorer) { // nobody profiles: let the C library make one
        struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_RESTART};
        sigaction(SIGPROF, &action, NULL);
        return;
    }
    ours.handler = on_signal;
    syscall(SYS_rt_sigaction, SIGPROF, &ours, NULL, 8);
}

/* The innermost frame. */
static __attribute__((noinline)) uint64_t wait_for_signal(bool raise_it)
{
    uint64_t x = 0;
    step_before();
    if (raise_it)
        raise(SIGPROF);
    while (!state.done)
        x += busy_rounds(1000);
    return x;
}

/* Eight functions with frames of their own, each with other registers to save and other locals. */
static uint64_t descend(int left, bool raise_it);

#define SHAPE(name, size, a, b)                                                                    \
    static __attribute__((noinline)) uint64_t name(int left, bool raise_it)                        \
    {                                                                                              \
        volatile uint64_t room[size];                                                              \
        uint64_t keep_a = (uint64_t)left * (a), keep_b = (uint64_t)left ^ (b);                     \
        room[0] = keep_a;                                                                          \
        uint64_t deeper = descend(left - 1, raise_it);                                             \
        return deeper + keep_a + keep_b + room[(uint64_t)left % (size)];                           \
    }
SHAPE(shape_0, 1, 3, 5)
SHAPE(shape_1, 2, 7, 11)
SHAPE(shape_2, 4, 13, 17)
SHAPE(shape_3, 6, 19, 23)
SHAPE(shape_4, 9, 29, 31)
SHAPE(shape_5, 3, 37, 41)
SHAPE(shape_6, 16, 43, 47)
SHAPE(shape_7, 12, 53, 59)

/* Inlined into each shape: the next one down. */
static inline __attribute__((always_inline)) uint64_t descend(int left, bool raise_it)
{
    if (left <= 0)
        return wait_for_signal(raise_it);
    switch (left % 8) {
    case 0:
        return shape_0(left, raise_it);
    case 1:
        return shape_1(left, raise_it);
    case 2:
        return shape_2(left, raise_it);
    case 3:
        return shape_3(left, raise_it);
    case 4:
        return shape_4(left, raise_it);
    case 5:
        return shape_5(left, raise_it);
    case 6:
        return shape_6(left, raise_it);
    default:
        return shape_7(left, raise_it);
    }
}

int main(int argc, char **argv)
{
    bool alone = argc > 1 && strcmp(argv[1], "--libunwind") == 0;
    if (argc < 2 + alone) {
        fprintf(stderr, "usage: handler_cost [--libunwind] DEPTH [CALLS]\n");
        return 2;
    }
    int depth = atoi(argv[1 + alone]);
    // few enough for the smallest buffer, enough for the clock
    state.calls = argc > 2 + alone ? atoi(argv[2 + alone]) : depth > 200 ? 4 : depth > 60 ? 12 : 24;
    state.measure = alone ? measure_libunwind : measure_profiler;
    uint64_t x = descend(depth, alone);
    if (!alone)
        report("handler");
    return x == 1;
}
