/* SPDX-License-Identifier: MIT */
/*
 * interpose.h - the moments in a program's life that the sampler must not miss.
 *
 * Runs in: ordinary code.
 */
#ifndef PROF_SAMPLER_INTERPOSE_H
#define PROF_SAMPLER_INTERPOSE_H

#include <stdbool.h>
#include <stdint.h>

/* From now on new threads are sampled and forks followed. Returns -1 when that cannot be had. */
int interpose_begin(void);

/* Tells the collector which program this is. `parent_image`: where it was forked from, or 0. */
void interpose_announce_process(uint32_t parent_image, bool forked);

#endif
