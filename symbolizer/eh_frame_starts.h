/* SPDX-License-Identifier: MIT */
/*
 * eh_frame_starts.h - where functions begin in a module without any names.
 *
 * Stripped code keeps its unwind tables, whose entries (FDEs) are functions or parts of them. Their
 * starts let samples of one nameless function add up.
 */
#ifndef PROF_SYMBOLIZER_EH_FRAME_STARTS_H
#define PROF_SYMBOLIZER_EH_FRAME_STARTS_H

#include "symbolizer/elf_image.h"
#include "symbolizer/lookup.h"

/* Sets `start` of every lookup that an FDE of .eh_frame covers (Linux Standard Base 5.0, 10.6). */
void eh_frame_starts_resolve(const struct elf_image *image, struct lookup_batch *batch);

#endif
