/* SPDX-License-Identifier: MIT */
/*
 * collapsed_profile.c - a profile in memory from collapsed stacks.
 */
#include "tests/tools/collapsed_profile.h"

#include "profiler/base/hash_map.h"
#include "profiler/base/memory.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct slice {
    const char *at, *end;
};

struct builder {
    struct profile *profile;
    struct hash_map modules;   /* path -> module */
    struct hash_map functions; /* name and module -> function */
    struct hash_map frames;    /* hash of the physical frame's text -> frame */
    struct hash_map stacks;    /* parent and frame -> stack */
    struct hash_map threads;   /* tid -> thread */
};

static uint64_t hash_slice(uint64_t seed, struct slice slice)
{
    uint64_t hash = seed ^ 0xcbf29ce484222325ULL;
    for (const char *at = slice.at; at < slice.end; at++)
        hash = (hash ^ (unsigned char)*at) * 0x100000001b3ULL;
    return hash_u64(hash);
}

/* What is before the separator; `rest` begins after it. */
static struct slice cut(struct slice *rest, char separator)
{
    const char *found =
        rest->at < rest->end ? memchr(rest->at, separator, (size_t)(rest->end - rest->at)) : NULL;
    struct slice part = {rest->at, found ? found : rest->end};
    rest->at = found ? found + 1 : rest->end;
    return part;
}

static uint32_t string_of(struct builder *builder, struct slice slice)
{
    return string_table_add(&builder->profile->strings, slice.at, (size_t)(slice.end - slice.at));
}

static uint32_t module_of(struct builder *builder, struct slice path)
{
    if (path.at == path.end)
        return PROFILE_NONE;
    struct profile *profile = builder->profile;
    uint32_t string = string_of(builder, path);
    uint32_t *module = hash_map_at(&builder->modules, string);
    if (*module == HASH_MAP_NONE) {
        *module = profile->module_count;
        struct profile_module *new =
            array_push(&profile->modules, &profile->module_count, &profile->module_capacity);
        new->path = string;
        if (*path.at == '[')
            new->kind =
                strncmp(path.at, "[kernel", 7) ? RECORDING_MODULE_VDSO : RECORDING_MODULE_KERNEL;
    }
    return *module;
}

static uint32_t function_of(struct builder *builder, struct slice name, uint32_t module,
                            uint32_t file)
{
    struct profile *profile = builder->profile;
    uint32_t string = string_of(builder, name);
    uint32_t *function =
        hash_map_at(&builder->functions, (uint64_t)string << 32 | (uint32_t)(module + 1));
    if (*function == HASH_MAP_NONE) {
        *function = profile->function_count;
        *(struct profile_function *)array_push(&profile->functions, &profile->function_count,
                                               &profile->function_capacity) =
            (struct profile_function){.name = string, .module = module, .file = file, .line = 1};
        if (!file)
            profile->functions[*function].line = 0;
    }
    return *function;
}

struct parsed_frame {
    struct slice name, module, file;
    uint32_t line;
    bool inlined;
};

static struct parsed_frame parse_frame(struct slice text)
{
    struct parsed_frame frame = {.name = cut(&text, '\x1f')};
    frame.module = cut(&text, '\x1f');
    frame.file = cut(&text, '\x1f');
    struct slice line = cut(&text, '\x1f');
    frame.line = (uint32_t)strtoul(line.at < line.end ? line.at : "0", NULL, 10);
    frame.inlined = text.at < text.end && *text.at == 'i';
    return frame;
}

/* The physical frame of some frames that are inlined into each other, outermost first. */
static uint32_t frame_of(struct builder *builder, struct slice whole)
{
    uint32_t *known = hash_map_at(&builder->frames, hash_slice(0, whole));
    if (*known != HASH_MAP_NONE)
        return *known;
    struct profile *profile = builder->profile;
    struct parsed_frame parsed[256];
    size_t count = 0;
    for (struct slice rest = whole; rest.at < rest.end && count < 256;)
        parsed[count++] = parse_frame(cut(&rest, ';'));

    uint32_t index = *known = profile->frame_count;
    struct profile_frame *frame =
        array_push(&profile->frames, &profile->frame_count, &profile->frame_capacity);
    frame->module = module_of(builder, parsed[0].module);
    frame->address = 0x1000 + 16 * (uint64_t)index;
    if (parsed[0].name.end - parsed[0].name.at == 1 && *parsed[0].name.at == '?')
        return index;
    frame->first_line = profile->line_count;
    frame->line_count = (uint32_t)count;
    for (size_t i = count; i-- > 0;) {
        uint32_t file = string_of(builder, parsed[i].file);
        uint32_t module = module_of(builder, parsed[i].module);
        uint32_t function = function_of(builder, parsed[i].name, module, file);
        *(struct profile_line *)array_push(&profile->lines, &profile->line_count,
                                           &profile->line_capacity) =
            (struct profile_line){function, file, parsed[i].line};
    }
    return index;
}

static uint32_t stack_of(struct builder *builder, uint32_t parent, uint32_t frame)
{
    struct profile *profile = builder->profile;
    uint32_t *stack = hash_map_at(&builder->stacks, (uint64_t)(uint32_t)(parent + 1) << 32 | frame);
    if (*stack == HASH_MAP_NONE) {
        *stack = profile->stack_count;
        *(struct profile_stack *)array_push(&profile->stacks, &profile->stack_count,
                                            &profile->stack_capacity) =
            (struct profile_stack){parent, frame};
    }
    return *stack;
}

static bool is_inlined(struct slice rest)
{
    return rest.at < rest.end && parse_frame(cut(&rest, ';')).inlined;
}

static uint32_t thread_of(struct builder *builder, uint32_t tid)
{
    struct profile *profile = builder->profile;
    uint32_t *thread = hash_map_at(&builder->threads, tid);
    if (*thread == HASH_MAP_NONE) {
        *thread = profile->thread_count;
        struct profile_thread *new =
            array_push(&profile->threads, &profile->thread_count, &profile->thread_capacity);
        new->tid = tid;
        new->name = string_table_add_string(&profile->strings, "worker");
    }
    return *thread;
}

static uint32_t number_after(struct slice *rest, char mark, uint32_t otherwise)
{
    if (rest->at == rest->end || *rest->at != mark)
        return otherwise;
    struct slice field = cut(rest, ';');
    return (uint32_t)strtoul(field.at + 1, NULL, 10);
}

static void add_line(struct builder *builder, struct slice line)
{
    struct profile *profile = builder->profile;
    const char *space = memrchr(line.at, ' ', (size_t)(line.end - line.at));
    if (!space)
        return;
    uint32_t weight = (uint32_t)strtoul(space + 1, NULL, 10);
    struct slice rest = {line.at, space};
    uint32_t stop = number_after(&rest, '!', RECORDING_STOP_COMPLETE);
    uint32_t tid = number_after(&rest, '@', 100);
    uint32_t time_us = number_after(&rest, '~', 0);
    uint32_t stack = PROFILE_NONE;
    while (rest.at < rest.end) {
        struct slice frame = cut(&rest, ';');
        while (is_inlined(rest))
            frame.end = cut(&rest, ';').end;
        stack = stack_of(builder, stack, frame_of(builder, frame));
    }
    uint32_t thread = thread_of(builder, tid);
    *(struct profile_sample *)array_push(&profile->samples, &profile->sample_count,
                                         &profile->sample_capacity) = (struct profile_sample){
        .time_ns = time_us * (uint64_t)1000,
        .thread = thread,
        .stack = stack,
        .weight = weight,
        .stop = (uint8_t)stop,
    };
}

static void begin_run(struct profile *profile)
{
    profile_init(profile);
    profile->command = string_table_add_string(&profile->strings, "app --work");
    profile->engine = string_table_add_string(&profile->strings, "timer");
    profile->host = string_table_add_string(&profile->strings, "testhost");
    profile->system = string_table_add_string(&profile->strings, "Linux");
    profile->requested_hz = 1000;
    profile->period_ns = 1000000;
    profile->finished = profile->symbolized = true;
    struct profile_process *process =
        array_push(&profile->processes, &profile->process_count, &profile->process_capacity);
    process->pid = 100;
    process->executable = string_table_add_string(&profile->strings, "/opt/app/bin/app");
}

void collapsed_profile_build(struct profile *profile, const char *text, size_t size)
{
    struct builder builder = {.profile = profile};
    begin_run(profile);
    struct slice rest = {text, text + size};
    while (rest.at < rest.end)
        add_line(&builder, cut(&rest, '\n'));
    hash_map_release(&builder.modules);
    hash_map_release(&builder.functions);
    hash_map_release(&builder.frames);
    hash_map_release(&builder.stacks);
    hash_map_release(&builder.threads);
}
