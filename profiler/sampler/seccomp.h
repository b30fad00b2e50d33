/* SPDX-License-Identifier: MIT */
/*
 * seccomp.h - notices a program that gives up system calls.
 */
#ifndef PROF_SAMPLER_SECCOMP_H
#define PROF_SAMPLER_SECCOMP_H

/* In the constructor. */
void seccomp_begin(void);

#endif
