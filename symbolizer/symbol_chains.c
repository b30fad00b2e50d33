/* SPDX-License-Identifier: MIT */
/*
 * symbol_chains.c - makes chains of named frames of what the origins have said.
 */
#include "symbolizer/symbol_chains.h"

#include "profiler/base/memory.h"
#include "profiler/base/path.h"
#include "profiler/base/text.h"

#include <stdlib.h>
#include <string.h>

static enum symbol_origin complete_outermost(struct function_names *names, const char *module,
                                             const struct lookup *lookup,
                                             struct symbol_frame *frame)
{
    if (frame->name || frame->linkage_name) {
        function_names_complete(names, frame, lookup->symbol);
        return SYMBOL_FROM_DWARF;
    }
    if (lookup->symbol) {
        frame->linkage_name = string_table_add_string(names->strings, lookup->symbol);
        function_names_complete(names, frame, NULL);
        return lookup->is_plt ? SYMBOL_FROM_PLT : SYMBOL_FROM_TABLE;
    }
    struct text name = TEXT_INIT;
    text_printf(&name, "%s+0x%llx", path_base_name(module),
                (unsigned long long)(lookup->start ? lookup->start : lookup->address));
    frame->name = string_table_add(names->strings, name.data, name.length);
    text_release(&name);
    return SYMBOL_FROM_START;
}

/* Completes the chain of a lookup in the batch's frames. */
static struct symbol_chain complete_chain(struct function_names *names, const char *module,
                                          struct lookup_batch *batch, struct lookup *lookup)
{
    if (!lookup->frame_count) {
        lookup->first_frame = batch->frame_count;
        lookup->frame_count = 1;
        struct symbol_frame *frame =
            array_push(&batch->frames, &batch->frame_count, &batch->frame_capacity);
        frame->file = lookup->file;
        frame->line = lookup->line;
    }
    struct symbol_frame *frames = &batch->frames[lookup->first_frame];
    frames[0].discriminator = lookup->discriminator;
    for (uint32_t i = 0; i + 1 < lookup->frame_count; i++)
        function_names_complete(names, &frames[i], NULL);
    enum symbol_origin origin =
        complete_outermost(names, module, lookup, &frames[lookup->frame_count - 1]);
    return (struct symbol_chain){lookup->first_frame, lookup->frame_count, origin};
}

/* The frames of the batch become the result's, after those that it has. */
static void take_frames(struct symbol_result *result, struct lookup_batch *batch)
{
    if (!result->frame_count) {
        free(result->frames);
        result->frames = batch->frames;
        result->frame_count = batch->frame_count;
        result->frame_capacity = batch->frame_capacity;
        return;
    }
    for (uint32_t i = 0; i < batch->frame_count; i++)
        *array_push(&result->frames, &result->frame_count, &result->frame_capacity) =
            batch->frames[i];
    free(batch->frames);
}

void symbol_chains_complete(struct function_names *names, const char *module,
                            struct lookup_batch *batch, struct symbol_chain *chains,
                            const uint32_t *places, struct symbol_result *result)
{
    uint32_t before = result->frame_count;
    for (uint32_t i = 0; i < batch->count; i++) {
        struct symbol_chain *chain = &chains[places ? places[i] : i];
        *chain = complete_chain(names, module, batch, &batch->lookups[i]);
        chain->first_frame += before;
    }
    take_frames(result, batch);
}
