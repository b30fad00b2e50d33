/* SPDX-License-Identifier: MIT */
/*
 * collapsed.c - a profile as collapsed stacks, one line per stack.
 */
#include "render/call_tree.h"
#include "render/names.h"
#include "render/views.h"

#include "profiler/base/memory.h"

#include <inttypes.h>
#include <stdlib.h>

/* Appends a name with ';' replaced, which separates frames in this format. */
static void append_frame(struct text *out, const struct call_tree *tree, uint32_t function)
{
    uint32_t size;
    const char *name = call_tree_name(tree, &tree->functions[function], &size);
    size_t start = out->length;
    name_append_visible(out, name, size);
    for (size_t i = start; i < out->length; i++) {
        if (out->data[i] == ';')
            out->data[i] = ':';
    }
}

void render_collapsed(struct text *out, const struct profile *profile)
{
    struct call_tree tree;
    call_tree_build(&tree, profile);
    struct text stack = TEXT_INIT;
    size_t *ends = NULL; // of the frames in `stack`, by depth
    uint32_t end_count = 0, end_capacity = 0;
    uint32_t depth = 0, node = CALL_TREE_ROOT;
    while ((node = call_tree_next(&tree, node, &depth)) != PROFILE_NONE) {
        end_count = depth - 1;
        stack.length = depth > 1 ? ends[depth - 2] : 0;
        if (depth > 1)
            text_append_char(&stack, ';');
        append_frame(&stack, &tree, tree.nodes[node].function);
        *array_push(&ends, &end_count, &end_capacity) = stack.length;
        if (tree.nodes[node].self) {
            text_append(out, stack.data, stack.length);
            text_printf(out, " %" PRIu64 "\n", tree.nodes[node].self);
        }
    }
    free(ends);
    text_release(&stack);
    call_tree_release(&tree);
}
