/* SPDX-License-Identifier: MIT */
/*
 * sampler.c - libprof.so: what happens when it is loaded into a program, and when the program ends.
 *
 * This library must be as good as not there: it leaves no descriptor, no child and no thread
 * behind, and when anything is refused the program runs unprofiled.
 */
#include "profiler/sampler/clock.h"
#include "profiler/sampler/guard.h"
#include "profiler/sampler/handler.h"
#include "profiler/sampler/interpose.h"
#include "profiler/sampler/modules.h"
#include "profiler/sampler/real.h"
#include "profiler/sampler/seccomp.h"
#include "profiler/sampler/session.h"
#include "profiler/sampler/strays.h"
#include "profiler/sampler/thread.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Takes our library out of LD_PRELOAD, so that what this program executes is not sampled. */
static void forget_children(void)
{
    unsetenv(CHANNEL_ENVIRONMENT);
    const char *list = getenv("LD_PRELOAD");
    if (!list)
        return;
    const char *first = strstr(list, "libprof.so");
    if (!first)
        return;
    const char *end = first + strlen("libprof.so");
    while (first > list && first[-1] != ':' && first[-1] != ' ')
        first--;
    if (*end)
        end++;
    else if (first > list)
        first--;
    size_t before = (size_t)(first - list), after = strlen(end);
    char rest[4096];
    if (before + after + 1 > sizeof rest)
        return;
    memcpy(rest, list, before);
    memcpy(rest + before, end, after + 1);
    if (rest[0])
        setenv("LD_PRELOAD", rest, 1);
    else
        unsetenv("LD_PRELOAD");
}

/* Whether the C library is the one this was built for. Another one (musl) loads the library, too,
 * when a profiled program starts one of its programs. */
extern const char *gnu_get_libc_version(void) __attribute__((weak));

static void begin(void)
{
    if (!gnu_get_libc_version)
        return;
    seccomp_begin();
    session.pid = getpid();
    if (session_attach() < 0 || atomic_load(&session.header->state) == CHANNEL_STOPPED ||
        guard_install(handler_on_signal) < 0 || interpose_begin() < 0) {
        session.header = NULL;
        return;
    }
    session.image = atomic_fetch_add(&session.header->next_image, 1) + 1;
    if (!(session.header->flags & CHANNEL_FOLLOW_CHILDREN))
        forget_children();
    thread_begin(true, 0); // at rest: our own beginning is not the program's time
    strays_prepare();
    interpose_announce_process(0, false);
    modules_begin();
    thread_rest(false);
}

/* What prof.h looks up. */
void prof_sampler_start(void);
void prof_sampler_stop(void);

INTERPOSED void prof_sampler_start(void)
{
    atomic_store(&session.paused, false);
    uint32_t expected = CHANNEL_PAUSED; // prof was asked to begin, or go on, without samples
    if (session.header)
        atomic_compare_exchange_strong(&session.header->state, &expected, CHANNEL_RUNNING);
}

INTERPOSED void prof_sampler_stop(void)
{
    atomic_store(&session.paused, true);
}

static void fill_end(struct ring_writer *w, const void *unused)
{
    (void)unused;
    ring_put_varint(w, clock_process_cpu_ns());
}

__attribute__((constructor)) static void prof_constructor(void)
{
    int saved_errno = errno;
    begin();
    errno = saved_errno;
}

/* Ends the process as the C library does, and says before how much CPU time it has used, which
 * nobody could ask for any more once its parent has reaped it. Async-signal-safe, and harmless in a
 * child of vfork. */
INTERPOSED __attribute__((noreturn)) void _exit(int status)
{
    if (!atomic_load(&session.silent))
        thread_put_now(CHANNEL_PROCESS_END, fill_end, NULL);
    for (;;)
        syscall(SYS_exit_group, status);
}

INTERPOSED __attribute__((noreturn)) void _Exit(int status)
{
    _exit(status);
}

/* At exit, after the program's own handlers. Programs that are killed lose nothing but the last
 * entry: the rings are the collector's. */
__attribute__((destructor)) static void prof_destructor(void)
{
    if (!thread_self() || !thread_process_is_ours() || atomic_load(&session.silent))
        return;
    thread_rest(true);
    modules_announce();
    thread_put(CHANNEL_PROCESS_END, fill_end, NULL);
    thread_end();
    if (session.standalone)
        session_drain(2000); // so that whoever starts next finds the recording complete
}
