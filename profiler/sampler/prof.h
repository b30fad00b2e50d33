/* SPDX-License-Identifier: MIT */
/*
 * prof.h - for programs that want to say themselves when they are profiled.
 *
 * Header only: nothing to link. Without prof a call is one look-up of a name that is not there.
 *
 *     #include <prof.h>
 *     prof_stop();          // not the set-up
 *     load_everything();
 *     prof_start();
 *     work();
 *
 * The calls concern the whole process, are cheap, and may come from any thread.
 */
#ifndef PROF_H
#define PROF_H

#ifdef __cplusplus
extern "C" {
#endif

/* dlsym under a name of our own, so that <dlfcn.h> may be included or not; absent, and then null,
 * in a static program and where it takes a library of its own (glibc before 2.34 without -ldl). A
 * weak reference to the sampler's functions would be simpler, but the linker settles it for good
 * in programs that are not position independent. */
extern void *prof_find_symbol_(void *handle, const char *name) __asm__("dlsym")
    __attribute__((weak));

static inline void prof_call_sampler_(const char *name)
{
    void *found = prof_find_symbol_ ? prof_find_symbol_((void *)0, name) : (void *)0;
    void (*function)(void);
    __builtin_memcpy(&function, &found, sizeof function);
    if (found)
        function();
}

/* Samples are taken from now on. That is so from the beginning, unless prof_stop was called or prof
 * was told to begin without (--paused, --delay, --toggle), which this ends as well. */
static inline void prof_start(void)
{
    prof_call_sampler_("prof_sampler_start");
}

/* No samples until prof_start. */
static inline void prof_stop(void)
{
    prof_call_sampler_("prof_sampler_stop");
}

#ifdef __cplusplus
}
#endif

#endif
