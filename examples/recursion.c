/* SPDX-License-Identifier: MIT */
/*
 * recursion.c - deep stacks: two functions that call each other, and a tree walked to its leaves.
 *
 * Run:  prof run build/examples/recursion
 * See:  half the time under descend_left and descend_right, 2,000 frames deep and every stack
 *       still rooted in main; the other half under walk_tree, 16 levels and wide.
 */
#include "examples/work.h"

#include <inttypes.h>

enum { DEPTH = 2000, LEVELS = 16, ROUNDS_PER_PERCENT = 4000000 };

/*
 * The compiler cannot see what this does to the result of a call, and so keeps the call and its
 * frame. Without it GCC would turn the second half of walk_tree into a loop.
 */
#define KEEP_FRAME(value) __asm__ volatile("" : "+r"(value))

static uint64_t descend_right(uint64_t state, int depth, uint64_t rounds);

/* They differ in what they add, or GCC would make one function of the two. */
static __attribute__((noinline)) uint64_t descend_left(uint64_t state, int depth, uint64_t rounds)
{
    if (depth == 0)
        WORK_ROUNDS(state, rounds);
    else
        state = descend_right(state, depth - 1, rounds);
    KEEP_FRAME(state);
    return state + 1;
}

static __attribute__((noinline)) uint64_t descend_right(uint64_t state, int depth, uint64_t rounds)
{
    if (depth == 0)
        WORK_ROUNDS(state, rounds);
    else
        state = descend_left(state, depth - 1, rounds);
    KEEP_FRAME(state);
    return state + 2;
}

static __attribute__((noinline)) uint64_t walk_leaf(uint64_t state, uint64_t rounds)
{
    WORK_ROUNDS(state, rounds);
    return state;
}

static __attribute__((noinline)) uint64_t walk_tree(uint64_t state, int levels, uint64_t rounds)
{
    if (levels == 0) {
        state = walk_leaf(state, rounds);
    } else {
        state = walk_tree(state, levels - 1, rounds);
        state = walk_tree(state, levels - 1, rounds);
    }
    KEEP_FRAME(state);
    return state;
}

int main(int argc, char **argv)
{
    uint64_t rounds = work_percent(argc, argv) * ROUNDS_PER_PERCENT;
    uint64_t deep = WORK_SEED;
    for (int i = 0; i < 10; i++)
        deep = descend_left(deep, DEPTH, rounds / 10);
    uint64_t wide = walk_tree(WORK_SEED, LEVELS, rounds >> LEVELS);
    printf("deep %016" PRIx64 "\nwide %016" PRIx64 "\n", deep, wide);
    return 0;
}
