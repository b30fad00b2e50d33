/* SPDX-License-Identifier: MIT */
/*
 * profile_builder.h - fills the tables of a profile whose frames have names and no addresses.
 *
 * Memory: borrows the profile; profile_builder_release frees what only building needs.
 */
#ifndef PROF_IMPORT_PROFILE_BUILDER_H
#define PROF_IMPORT_PROFILE_BUILDER_H

#include "profiler/base/hash_map.h"
#include "profiler/profile/profile.h"

/* Bytes that belong to somebody else. */
struct slice {
    const char *at, *end;
};

struct profile_builder {
    struct profile *profile;
    struct hash_map modules;   /* path -> module */
    struct hash_map functions; /* name, module -> function */
    struct hash_map frames;    /* function, inlined -> frame */
    struct hash_map stacks;    /* parent, frame -> stack */
    struct hash_map processes; /* pid -> process */
    struct hash_map threads;   /* pid, tid -> thread */
};

void profile_builder_init(struct profile_builder *builder, struct profile *profile);
void profile_builder_release(struct profile_builder *builder);

uint32_t profile_builder_string(struct profile_builder *builder, struct slice bytes);

/* PROFILE_NONE for an empty path. */
uint32_t profile_builder_module(struct profile_builder *builder, struct slice path);

uint32_t profile_builder_function(struct profile_builder *builder, struct slice name,
                                  uint32_t module, enum profile_code code);

/* The frame of a function, inlined into the frame below it or not. */
uint32_t profile_builder_frame(struct profile_builder *builder, uint32_t function, bool inlined);

/* The stack of this frame above another stack (PROFILE_NONE: none). */
uint32_t profile_builder_stack(struct profile_builder *builder, uint32_t parent, uint32_t frame);

/* The thread of these numbers; its name and the program's are those it was first seen with. */
uint32_t profile_builder_thread(struct profile_builder *builder, uint32_t pid, uint32_t tid,
                                struct slice name);

#endif
