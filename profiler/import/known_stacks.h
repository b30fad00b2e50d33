/* SPDX-License-Identifier: MIT */
/*
 * known_stacks.h - which beginnings of lines of collapsed stacks were met before.
 *
 * Stacks are not looked up frame by frame, which would be one cache miss for each: the hash of
 * every beginning of a line that ends with a frame is made in one pass, and the longest one that is
 * known is found by halving, because whatever is known is known with all its beginnings. That the
 * bytes are the same is checked afterwards, once a line.
 *
 * Memory: zero-initialised is empty; lines are borrowed and must stay where they are.
 */
#ifndef PROF_IMPORT_KNOWN_STACKS_H
#define PROF_IMPORT_KNOWN_STACKS_H

#include <stddef.h>
#include <stdint.h>

/* The beginning of a line up to the end of one of its frames. */
struct beginning {
    uint64_t hash;
    uint64_t frame_hash; /* of its last frame alone */
    uint32_t length;
};

struct beginnings {
    struct beginning *at;
    uint32_t count, capacity;
};

struct known_stacks {
    struct known_slot {
        uint32_t tag;   /* bits of the hash that do not choose the slot */
        uint32_t stack; /* 1 + its number; 0: free */
    } * slots;
    uint32_t slot_count; /* a power of two, or 0 */
    struct known_stack {
        uint64_t hash;
        const char *line;
        uint32_t length;
    } * stacks;
    uint32_t count, capacity;
};

void known_stacks_release(struct known_stacks *known);

/* Fills `beginnings` with those of the line [at, end), the shortest first: frames end before each
 * ';' and at the end. Bytes up to `limit` may be read. */
void beginnings_of_line(struct beginnings *beginnings, const char *at, const char *end,
                        const char *limit);

/* How many frames of the line are known, `*stack` being the stack of them; -1 when another text has
 * the same hash, so that nothing can be said. */
int known_stacks_find(const struct known_stacks *known, const char *line,
                      const struct beginnings *beginnings, uint32_t *stack);

/* Enters the beginning of the line as the next stack, numbered from 0; its own beginnings are there
 * already. */
void known_stacks_add(struct known_stacks *known, const char *line,
                      const struct beginning *beginning);

#endif
