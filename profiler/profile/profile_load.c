/* SPDX-License-Identifier: MIT */
/*
 * profile_load.c - builds a profile from the records of a recording.
 *
 * The reader has checked every id, so that the tables here can be indexed by them: the n-th record
 * of a kind becomes the n-th element of its table. Only strings are numbered anew, because the
 * profile keeps each distinct one once and the file need not.
 */
#include "profiler/profile/profile.h"

#include "profiler/base/hash_map.h"
#include "profiler/base/memory.h"
#include "profiler/recording/reader.h"

#include <stdlib.h>
#include <string.h>

struct loader {
    struct profile *profile;
    uint32_t *strings; /* from string ids of the file to those of the profile */
    uint32_t string_count, string_capacity;
    struct hash_map images;         /* pid to the last process that had it */
    struct hash_map first_versions; /* frame to the first version that was not taken back */
    uint64_t last_ns;               /* the latest time that a record names */
    bool has_session;
};

/* Of a long recording, at the least: 2.5 of ten minutes of four busy threads. */
enum { BYTES_PER_SAMPLE = 2 };

#define PUSH(profile, things, thing)                                                               \
    array_push(&(profile)->things, &(profile)->thing##_count, &(profile)->thing##_capacity)

static uint32_t string_of(const struct loader *loader, uint32_t id)
{
    return loader->strings[id];
}

static void note_time(struct loader *loader, uint64_t time_ns)
{
    if (time_ns > loader->last_ns)
        loader->last_ns = time_ns;
}

/* ---- one function for each kind of record ---- */

static void load_session(struct loader *loader, const struct recording_record *record)
{
    const struct recording_session *from = &record->session;
    struct profile *profile = loader->profile;
    profile->command = string_of(loader, from->command);
    profile->directory = string_of(loader, from->directory);
    profile->host = string_of(loader, from->host);
    profile->system = string_of(loader, from->system);
    profile->engine = string_of(loader, from->engine);
    profile->prof_version = string_of(loader, from->prof_version);
    profile->requested_hz = from->requested_hz;
    profile->period_ns = from->period_ns;
    profile->start_ns = from->start_ns;
    profile->start_unix_ns = from->start_unix_ns;
    loader->has_session = true;
    note_time(loader, from->start_ns);
}

static void load_string(struct loader *loader, const struct recording_record *record)
{
    uint32_t *id = array_push(&loader->strings, &loader->string_count, &loader->string_capacity);
    *id = string_table_add(&loader->profile->strings, record->string.bytes, record->string.size);
}

static void load_module(struct loader *loader, const struct recording_record *record)
{
    const struct recording_module *from = &record->module;
    struct profile_module *module = PUSH(loader->profile, modules, module);
    module->path = string_of(loader, from->path);
    module->kind = from->kind;
    module->build_id_size = from->build_id_size;
    memcpy(module->build_id, from->build_id, sizeof module->build_id);
}

/* A pid seen before means that the process ran another program, or that the number was given out
 * again: CPU time goes on over exec and begins anew otherwise. */
static uint32_t image_of(struct loader *loader, const struct profile_process *process,
                         uint32_t index)
{
    uint32_t *last = hash_map_at(&loader->images, process->pid);
    uint32_t image = 0;
    if (*last != HASH_MAP_NONE) {
        const struct profile_process *before = &loader->profile->processes[*last];
        uint64_t known =
            before->cpu_ns > before->start_cpu_ns ? before->cpu_ns : before->start_cpu_ns;
        if (process->start_cpu_ns >= known)
            image = before->image + 1;
    }
    *last = index;
    return image;
}

static void load_process(struct loader *loader, const struct recording_record *record)
{
    const struct recording_process *from = &record->process;
    struct profile *profile = loader->profile;
    struct profile_process *process = PUSH(profile, processes, process);
    process->pid = from->pid;
    process->parent_pid = from->parent_pid;
    process->executable = string_of(loader, from->executable);
    process->command = string_of(loader, from->command);
    process->start_ns = from->start_ns;
    process->start_cpu_ns = from->start_cpu_ns;
    process->image = image_of(loader, process, profile->process_count - 1);
    note_time(loader, from->start_ns);
}

static void load_thread(struct loader *loader, const struct recording_record *record)
{
    const struct recording_thread *from = &record->thread;
    struct profile_thread *thread = PUSH(loader->profile, threads, thread);
    thread->process = from->process;
    thread->tid = from->tid;
    thread->name = string_of(loader, from->name);
    thread->start_ns = from->start_ns;
    note_time(loader, from->start_ns);
}

static void load_mapping(struct loader *loader, const struct recording_record *record)
{
    const struct recording_mapping *from = &record->mapping;
    *PUSH(loader->profile, mappings, mapping) = (struct profile_mapping){
        .process = from->process,
        .module = from->module,
        .time_ns = from->time_ns,
        .start = from->start,
        .end = from->end,
        .bias = from->bias,
    };
    note_time(loader, from->time_ns);
}

static void load_frame(struct loader *loader, const struct recording_record *record)
{
    const struct recording_frame *from = &record->frame;
    struct profile_frame *frame = PUSH(loader->profile, frames, frame);
    frame->module = from->module;
    frame->flags = from->flags;
    frame->address = from->address;
}

static void load_stack(struct loader *loader, const struct recording_record *record)
{
    struct profile_stack *stack = PUSH(loader->profile, stacks, stack);
    stack->parent = record->stack.parent;
    stack->frame = record->stack.frame;
}

static void load_sample(struct loader *loader, const struct recording_record *record)
{
    const struct recording_sample *from = &record->sample;
    struct profile_sample *sample = PUSH(loader->profile, samples, sample);
    sample->time_ns = from->time_ns;
    sample->thread = from->thread;
    sample->stack = from->stack;
    sample->weight = from->weight;
    sample->stop = from->stop;
    note_time(loader, from->time_ns);
}

static void load_loss(struct loader *loader, const struct recording_record *record)
{
    const struct recording_loss *from = &record->loss;
    *PUSH(loader->profile, losses, loss) = (struct profile_loss){
        .thread = from->thread,
        .reason = from->reason,
        .samples = from->samples,
        .weight = from->weight,
    };
}

static void load_thread_end(struct loader *loader, const struct recording_record *record)
{
    const struct recording_thread_end *from = &record->thread_end;
    struct profile_thread *thread = &loader->profile->threads[from->thread];
    if (string_of(loader, from->name))
        thread->name = string_of(loader, from->name);
    thread->end_ns = from->end_ns;
    thread->cpu_ns = from->cpu_ns;
    note_time(loader, from->end_ns);
}

static void load_process_end(struct loader *loader, const struct recording_record *record)
{
    const struct recording_process_end *from = &record->process_end;
    struct profile_process *process = &loader->profile->processes[from->process];
    process->end_ns = from->end_ns;
    process->cpu_ns = from->cpu_ns;
    note_time(loader, from->end_ns);
}

static void load_end(struct loader *loader, const struct recording_record *record)
{
    loader->profile->finished = true;
    loader->profile->end_ns = record->end.end_ns;
    loader->profile->wait_status = record->end.wait_status;
}

static void load_function(struct loader *loader, const struct recording_record *record)
{
    const struct recording_function *from = &record->function;
    *PUSH(loader->profile, functions, function) = (struct profile_function){
        .name = string_of(loader, from->name),
        .linkage_name = string_of(loader, from->linkage_name),
        .module = from->module,
        .file = string_of(loader, from->file),
        .line = from->line,
    };
}

static void add_lines(struct loader *loader, const struct recording_line *lines, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        struct profile_line *line = PUSH(loader->profile, lines, line);
        line->function = lines[i].function;
        line->file = string_of(loader, lines[i].file);
        line->line = lines[i].line;
    }
}

/* Symbols that come later replace those from before, whose lines stay behind unused. */
static void load_frame_lines(struct loader *loader, const struct recording_record *record)
{
    const struct recording_frame_lines *from = &record->frame_lines;
    struct profile *profile = loader->profile;
    struct profile_frame *frame = &profile->frames[from->frame];
    frame->first_line = profile->line_count;
    frame->line_count = from->count;
    add_lines(loader, from->lines, from->count);
    if (profile->version_count)
        *hash_map_at(&loader->first_versions, from->frame) = profile->version_count;
    profile->symbolized = true;
}

static void load_frame_version(struct loader *loader, const struct recording_record *record)
{
    const struct recording_frame_version *from = &record->frame_version;
    struct profile *profile = loader->profile;
    *PUSH(profile, versions, version) = (struct profile_version){
        .frame = from->frame,
        .process = from->process,
        .since_ns = from->since_ns,
        .first_line = profile->line_count,
        .line_count = from->count,
    };
    add_lines(loader, from->lines, from->count);
}

static void load_module_symbols(struct loader *loader, const struct recording_record *record)
{
    const struct recording_module_symbols *from = &record->module_symbols;
    struct profile_module *module = &loader->profile->modules[from->module];
    module->symbol_source = string_of(loader, from->source);
    module->symbol_reason = string_of(loader, from->reason);
    loader->profile->symbolized = true;
}

/* ---- all of them ---- */

typedef void load_function_type(struct loader *loader, const struct recording_record *record);

static load_function_type *const load_functions[] = {
    [RECORDING_SESSION] = load_session,
    [RECORDING_STRING] = load_string,
    [RECORDING_MODULE] = load_module,
    [RECORDING_PROCESS] = load_process,
    [RECORDING_THREAD] = load_thread,
    [RECORDING_MAPPING] = load_mapping,
    [RECORDING_FRAME] = load_frame,
    [RECORDING_STACK] = load_stack,
    [RECORDING_SAMPLE] = load_sample,
    [RECORDING_LOSS] = load_loss,
    [RECORDING_THREAD_END] = load_thread_end,
    [RECORDING_PROCESS_END] = load_process_end,
    [RECORDING_END] = load_end,
    [RECORDING_FUNCTION] = load_function,
    [RECORDING_FRAME_LINES] = load_frame_lines,
    [RECORDING_MODULE_SYMBOLS] = load_module_symbols,
    [RECORDING_FRAME_VERSION] = load_frame_version,
};

static void drop_old_versions(struct loader *loader)
{
    struct profile *profile = loader->profile;
    uint32_t kept = 0;
    for (uint32_t i = 0; i < profile->version_count; i++) {
        uint32_t first = hash_map_get(&loader->first_versions, profile->versions[i].frame);
        if (first == HASH_MAP_NONE || i >= first)
            profile->versions[kept++] = profile->versions[i];
    }
    profile->version_count = kept;
}

static void load_records(struct loader *loader, struct recording_reader *reader)
{
    struct profile *profile = loader->profile;
    struct recording_record record;
    array_push(&loader->strings, &loader->string_count, &loader->string_capacity); // "", 0
    while (recording_reader_next(reader, &record) == 1)
        load_functions[record.kind](loader, &record);
    drop_old_versions(loader);
    profile_split_versions(profile);
    profile->damaged_bytes = recording_reader_lost_bytes(reader);
    profile->damage = string_table_add_string(&profile->strings, recording_reader_damage(reader));
    if (!profile->finished)
        profile->end_ns = loader->last_ns;
}

int profile_load(struct profile *profile, const char *path, struct error *error)
{
    struct loader loader = {.profile = profile};
    struct recording_reader *reader = recording_reader_open(path, error);
    if (!reader)
        return -1;
    array_reserve(&profile->samples, &profile->sample_capacity,
                  recording_reader_size(reader) / BYTES_PER_SAMPLE);
    load_records(&loader, reader);
    int result = 0;
    if (!loader.has_session)
        result = error_set(error, 0, "%s holds no records%s%s", path,
                           profile->damaged_bytes ? ": " : "", recording_reader_damage(reader));
    recording_reader_close(reader);
    free(loader.strings);
    hash_map_release(&loader.images);
    hash_map_release(&loader.first_versions);
    return result;
}
