/* SPDX-License-Identifier: MIT */
/*
 * prof.h - for programs that want to say themselves when they are profiled.
 *
 * Header only: nothing to link. Without prof every call is a test of a null pointer.
 *
 *     #include <prof.h>
 *     prof_stop();          // not the set-up
 *     load_everything();
 *     prof_start();
 *     work();
 *
 * The program has to be position independent (-fpie, the default of today's compilers): elsewhere the
 * linker decides for good that the functions are not there.
 *
 * The calls concern the whole process, are cheap, and may come from any thread.
 */
#ifndef PROF_H
#define PROF_H

#ifdef __cplusplus
extern "C" {
#endif

extern void prof_sampler_start(void) __attribute__((weak));
extern void prof_sampler_stop(void) __attribute__((weak));

/* Samples are taken from now on (which is so from the beginning, unless prof_stop was called). */
static inline void prof_start(void)
{
    if (prof_sampler_start)
        prof_sampler_start();
}

/* No samples until prof_start. */
static inline void prof_stop(void)
{
    if (prof_sampler_stop)
        prof_sampler_stop();
}

#ifdef __cplusplus
}
#endif

#endif
