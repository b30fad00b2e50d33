/* SPDX-License-Identifier: MIT */
/*
 * profile_compare.c - the samples of an older profile beside those of this one.
 *
 * The tables of the older profile are appended, so that its numbers only move; which functions are
 * the same is found where the calls are folded, by name and module.
 */
#include "profiler/profile/profile.h"

#include "profiler/base/hash_map.h"
#include "profiler/base/memory.h"
#include "profiler/base/path.h"

#include <stdlib.h>
#include <string.h>

#define PUSH(profile, things, thing)                                                               \
    array_push(&(profile)->things, &(profile)->thing##_count, &(profile)->thing##_capacity)

struct merge {
    struct profile *profile;
    const struct profile *older;
    uint32_t *modules; /* from the older profile's to ours */
};

static uint32_t string_of(const struct merge *merge, uint32_t id)
{
    const struct string_table *strings = &merge->older->strings;
    return string_table_add(&merge->profile->strings, string_table_get(strings, id),
                            string_table_size(strings, id));
}

static const char *file_name(const struct profile *profile, uint32_t module)
{
    return path_base_name(profile_string(profile, profile->modules[module].path));
}

static uint32_t module_of(const struct merge *merge, uint32_t module)
{
    return module < merge->older->module_count ? merge->modules[module] : PROFILE_NONE;
}

static void merge_modules(struct merge *merge)
{
    struct profile *profile = merge->profile;
    uint32_t known = profile->module_count;
    merge->modules = memory_new(merge->older->module_count + (size_t)1, sizeof *merge->modules);
    for (uint32_t i = 0; i < merge->older->module_count; i++) {
        uint32_t same = 0;
        while (same < known && strcmp(file_name(profile, same), file_name(merge->older, i)))
            same++;
        if (same == known) {
            same = profile->module_count;
            struct profile_module *module = PUSH(profile, modules, module);
            *module = merge->older->modules[i];
            module->path = string_of(merge, module->path);
            module->symbol_source = string_of(merge, module->symbol_source);
            module->symbol_reason = string_of(merge, module->symbol_reason);
        }
        merge->modules[i] = same;
    }
}

static void merge_symbols(const struct merge *merge)
{
    struct profile *profile = merge->profile;
    const struct profile *older = merge->older;
    uint32_t functions = profile->function_count, lines = profile->line_count;
    for (uint32_t i = 0; i < older->function_count; i++) {
        struct profile_function function = older->functions[i];
        function.name = string_of(merge, function.name);
        function.linkage_name = string_of(merge, function.linkage_name);
        function.module = module_of(merge, function.module);
        function.file = string_of(merge, function.file);
        *PUSH(profile, functions, function) = function;
    }
    for (uint32_t i = 0; i < older->line_count; i++) {
        struct profile_line line = older->lines[i];
        line.function += functions;
        line.file = string_of(merge, line.file);
        *PUSH(profile, lines, line) = line;
    }
    for (uint32_t i = 0; i < older->frame_count; i++) {
        struct profile_frame frame = older->frames[i];
        frame.module = module_of(merge, frame.module);
        frame.first_line += lines;
        *PUSH(profile, frames, frame) = frame;
    }
}

static void merge_samples(const struct merge *merge, uint32_t frames)
{
    struct profile *profile = merge->profile;
    const struct profile *older = merge->older;
    uint32_t stacks = profile->stack_count;
    for (uint32_t i = 0; i < older->stack_count; i++) {
        struct profile_stack stack = older->stacks[i];
        stack.parent += stack.parent == PROFILE_NONE ? 0 : stacks;
        stack.frame += frames;
        *PUSH(profile, stacks, stack) = stack;
    }
    for (uint32_t i = 0; i < older->sample_count; i++) {
        struct profile_sample sample = older->samples[i];
        sample.stack += sample.stack == PROFILE_NONE ? 0 : stacks;
        sample.thread = 0;
        sample.older = true;
        *PUSH(profile, samples, sample) = sample;
    }
}

void profile_add_older(struct profile *profile, const struct profile *older)
{
    struct merge merge = {.profile = profile, .older = older};
    uint32_t frames = profile->frame_count;
    if (!profile->totals) {
        struct profile_totals *totals = memory_new(1, sizeof *totals);
        profile_totals(profile, totals);
        profile->totals = totals;
    }
    merge_modules(&merge);
    merge_symbols(&merge);
    merge_samples(&merge, frames);
    free(merge.modules);
    profile->compared = true;
    profile->distinct_stacks = false;
}
