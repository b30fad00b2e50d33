/* SPDX-License-Identifier: MIT */
/*
 * real.c - looks up the functions behind the interposed ones.
 */
#include "profiler/sampler/real.h"

#include <dlfcn.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>

static const struct {
    const char *name;
    size_t offset;
} table[] = {
#define FUNCTION(name)                                                                             \
    {                                                                                              \
#name, offsetof(struct real_functions, name)                                               \
    }
    FUNCTION(pthread_create), FUNCTION(sigaction),    FUNCTION(pthread_sigmask),
    FUNCTION(sigwait),        FUNCTION(sigwaitinfo),  FUNCTION(sigtimedwait),
    FUNCTION(signalfd),       FUNCTION(setitimer),    FUNCTION(timer_create),
    FUNCTION(dlclose),        FUNCTION(thrd_create),  FUNCTION(prctl),
    FUNCTION(signal),         FUNCTION(bsd_signal),   FUNCTION(ssignal),
    FUNCTION(__sysv_signal),  FUNCTION(sysv_signal),  FUNCTION(sigset),
    FUNCTION(sighold),        FUNCTION(sigrelse),     FUNCTION(sigignore),
    FUNCTION(profil),         FUNCTION(__monstartup), FUNCTION(syscall),
#undef FUNCTION
};

// static: interposed functions have no other place to find them
static struct real_functions functions;
static _Atomic int known;

const struct real_functions *real(void)
{
    // two threads may both look up: they store the same values
    if (!atomic_load_explicit(&known, memory_order_acquire)) {
        for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
            void *symbol = dlsym(RTLD_NEXT, table[i].name);
            memcpy((char *)&functions + table[i].offset, &symbol, sizeof symbol);
        }
        atomic_store_explicit(&known, 1, memory_order_release);
    }
    return &functions;
}
