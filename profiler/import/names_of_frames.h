/* SPDX-License-Identifier: MIT */
/*
 * names_of_frames.h - what the names of frames in texts say beside the name.
 */
#ifndef PROF_IMPORT_NAMES_OF_FRAMES_H
#define PROF_IMPORT_NAMES_OF_FRAMES_H

#include "profiler/import/profile_builder.h"

/* The frame of a name in collapsed stacks: a mark at its end ("_[k]" kernel, "_[i]" inlined, "_[j]"
 * made at run time, "_[w]" of a waker; as flamegraph.pl knows them) is taken off. */
uint32_t frame_of_collapsed_name(struct profile_builder *builder, struct slice name);

/* The kind of code of a name in a module; both may be "[unknown]". */
enum profile_code code_of_name(struct slice name);

#endif
