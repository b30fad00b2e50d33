/* SPDX-License-Identifier: MIT */
/*
 * profile_builder.c - fills the tables of a profile whose frames have names and no addresses.
 */
#include "profiler/import/profile_builder.h"

#include "profiler/base/memory.h"

#include <string.h>

#define PUSH(profile, things, thing)                                                               \
    array_push(&(profile)->things, &(profile)->thing##_count, &(profile)->thing##_capacity)

void profile_builder_init(struct profile_builder *builder, struct profile *profile)
{
    *builder = (struct profile_builder){.profile = profile};
    profile->finished = profile->symbolized = true;
}

void profile_builder_release(struct profile_builder *builder)
{
    hash_map_release(&builder->modules);
    hash_map_release(&builder->functions);
    hash_map_release(&builder->frames);
    hash_map_release(&builder->stacks);
    hash_map_release(&builder->processes);
    hash_map_release(&builder->threads);
}

uint32_t profile_builder_string(struct profile_builder *builder, struct slice bytes)
{
    return string_table_add(&builder->profile->strings, bytes.at, (size_t)(bytes.end - bytes.at));
}

static uint8_t kind_of_module(struct slice path)
{
    if (*path.at != '[')
        return RECORDING_MODULE_ELF;
    size_t size = (size_t)(path.end - path.at);
    if (size >= 5 && memcmp(path.at, "[vdso", 5) == 0)
        return RECORDING_MODULE_VDSO;
    bool kernel = (size >= 7 && memcmp(path.at, "[kernel", 7) == 0) ||
                  (size >= 7 && memcmp(path.at, "[guest.", 7) == 0);
    return kernel ? RECORDING_MODULE_KERNEL : RECORDING_MODULE_ELF;
}

uint32_t profile_builder_module(struct profile_builder *builder, struct slice path)
{
    if (path.at == path.end)
        return PROFILE_NONE;
    struct profile *profile = builder->profile;
    uint32_t string = profile_builder_string(builder, path);
    uint32_t *module = hash_map_at(&builder->modules, string);
    if (*module == HASH_MAP_NONE) {
        *module = profile->module_count;
        *PUSH(profile, modules, module) =
            (struct profile_module){.path = string, .kind = kind_of_module(path)};
    }
    return *module;
}

uint32_t profile_builder_function(struct profile_builder *builder, struct slice name,
                                  uint32_t module, enum profile_code code)
{
    struct profile *profile = builder->profile;
    uint32_t string = profile_builder_string(builder, name);
    uint32_t *function = hash_map_at(&builder->functions, (uint64_t)string << 32 | module);
    if (*function == HASH_MAP_NONE) {
        *function = profile->function_count;
        *PUSH(profile, functions, function) =
            (struct profile_function){.name = string, .module = module, .code = (uint8_t)code};
    }
    return *function;
}

uint32_t profile_builder_frame(struct profile_builder *builder, uint32_t function, bool inlined)
{
    struct profile *profile = builder->profile;
    uint32_t *frame = hash_map_at(&builder->frames, (uint64_t)function << 1 | inlined);
    if (*frame == HASH_MAP_NONE) {
        *frame = profile->frame_count;
        *PUSH(profile, frames, frame) = (struct profile_frame){
            .module = profile->functions[function].module,
            .flags = inlined ? PROFILE_FRAME_INLINED : 0,
            .first_line = profile->line_count,
            .line_count = 1,
        };
        *PUSH(profile, lines, line) = (struct profile_line){.function = function};
    }
    return *frame;
}

uint32_t profile_builder_stack(struct profile_builder *builder, uint32_t parent, uint32_t frame)
{
    struct profile *profile = builder->profile;
    uint32_t *stack = hash_map_at(&builder->stacks, (uint64_t)parent << 32 | frame);
    if (*stack == HASH_MAP_NONE) {
        *stack = profile->stack_count;
        *PUSH(profile, stacks, stack) = (struct profile_stack){parent, frame};
    }
    return *stack;
}

static uint32_t process_of(struct profile_builder *builder, uint32_t pid, uint32_t name)
{
    struct profile *profile = builder->profile;
    uint32_t *process = hash_map_at(&builder->processes, pid);
    if (*process == HASH_MAP_NONE) {
        *process = profile->process_count;
        *PUSH(profile, processes, process) =
            (struct profile_process){.pid = pid, .executable = name, .command = name};
    }
    return *process;
}

uint32_t profile_builder_thread(struct profile_builder *builder, uint32_t pid, uint32_t tid,
                                struct slice name)
{
    struct profile *profile = builder->profile;
    uint32_t *thread = hash_map_at(&builder->threads, (uint64_t)pid << 32 | tid);
    if (*thread == HASH_MAP_NONE) {
        uint32_t string = profile_builder_string(builder, name);
        *thread = profile->thread_count;
        *PUSH(profile, threads, thread) = (struct profile_thread){
            .process = process_of(builder, pid, string), .tid = tid, .name = string};
    }
    return *thread;
}
