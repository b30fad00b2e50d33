/* SPDX-License-Identifier: MIT */
/*
 * render_fixture.h - what the tests of the views share.
 */
#ifndef PROF_TESTS_RENDER_FIXTURE_H
#define PROF_TESTS_RENDER_FIXTURE_H

#include "render/call_tree.h"
#include "tests/tools/collapsed_profile.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h> // needs what is above

/* A profile of collapsed stacks (collapsed_profile.h). */
static inline void profile_of(struct profile *profile, const char *stacks)
{
    collapsed_profile_build(profile, stacks, strlen(stacks));
}

/* The node reached by the names, "a;b;c", or PROFILE_NONE; of several with one name, the first. */
static inline uint32_t node_at(const struct call_tree *tree, const char *path)
{
    uint32_t node = CALL_TREE_ROOT;
    while (*path) {
        size_t wanted = strcspn(path, ";");
        uint32_t child = tree->nodes[node].first_child;
        for (; child != PROFILE_NONE; child = tree->nodes[child].next_sibling) {
            uint32_t size;
            const char *name =
                call_tree_name(tree, &tree->functions[tree->nodes[child].function], &size);
            if (size == wanted && memcmp(name, path, size) == 0)
                break;
        }
        if (child == PROFILE_NONE)
            return PROFILE_NONE;
        node = child;
        path += wanted + (path[wanted] == ';');
    }
    return node;
}

/* A small generator with a fixed seed (xorshift64, Marsaglia 2003). */
static inline uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

#endif
