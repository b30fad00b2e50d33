/* SPDX-License-Identifier: MIT */
/*
 * symbolize_profile.c - takes a profile's frames through the symbolizer, module by module.
 */
#include "symbolizer/symbolize_profile.h"

#include "profiler/base/clock.h"
#include "profiler/base/memory.h"
#include "profiler/base/text.h"
#include "symbolizer/frame_processes.h"
#include "symbolizer/generated_code.h"
#include "symbolizer/module_advice.h"
#include "symbolizer/own_vdso.h"
#include "symbolizer/symbol_map.h"
#include "symbolizer/symbolizer.h"

#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

/* A frame and where its code is: a return address is looked up at the call before it. */
struct place {
    uint32_t module, frame;
    uint64_t address;
};

/* Numbers for pairs of numbers: three of them together make a function's identity. */
struct pairs {
    struct hash_map ids;
};

struct job {
    struct profile *profile;
    const struct symbolize_options *options;
    struct symbolizer *symbolizer;
    struct place *places; /* by module, then address */
    struct pairs names, sources, functions;
};

static uint32_t pair_id(struct pairs *pairs, uint32_t first, uint32_t second)
{
    uint32_t next = pairs->ids.count;
    uint32_t *id = hash_map_at(&pairs->ids, (uint64_t)first << 32 | second);
    if (*id == HASH_MAP_NONE)
        *id = next;
    return *id;
}

/* Two functions are the same when names and place of definition are; numbered by module, because
 * pairs_clear begins anew for each. `base` is the module's first function. */
static uint32_t function_id(struct job *job, uint32_t module, uint32_t base,
                            const struct symbol_frame *frame)
{
    struct profile *profile = job->profile;
    uint32_t name = pair_id(&job->names, frame->name, frame->linkage_name);
    uint32_t source = pair_id(&job->sources, frame->declared_file, frame->declared_line);
    uint32_t id = base + pair_id(&job->functions, name, source);
    if (id == profile->function_count) {
        struct profile_function *function =
            array_push(&profile->functions, &profile->function_count, &profile->function_capacity);
        *function = (struct profile_function){
            .name = frame->name,
            .linkage_name = frame->linkage_name,
            .module = module,
            .file = frame->declared_file,
            .line = frame->declared_line,
        };
    }
    return id;
}

static void add_line(struct profile *profile, uint32_t function, uint32_t file, uint32_t line)
{
    struct profile_line *added =
        array_push(&profile->lines, &profile->line_count, &profile->line_capacity);
    *added = (struct profile_line){function, file, line};
}

static void clear_pairs(struct job *job)
{
    hash_map_release(&job->names.ids);
    hash_map_release(&job->sources.ids);
    hash_map_release(&job->functions.ids);
}

static void add_chain(struct job *job, uint32_t module, uint32_t base,
                      const struct symbol_result *result, const struct symbol_chain *chain)
{
    uint32_t first = job->options->no_inlines ? chain->frame_count - 1 : 0;
    for (uint32_t i = first; i < chain->frame_count; i++) {
        const struct symbol_frame *frame = &result->frames[chain->first_frame + i];
        add_line(job->profile, function_id(job, module, base, frame), frame->file, frame->line);
    }
}

/* Frames of one address share their lines. */
static void add_chains(struct job *job, const struct place *places, uint32_t count,
                       const struct symbol_result *result)
{
    struct profile *profile = job->profile;
    uint32_t base = profile->function_count;
    for (uint32_t i = 0; i < count; i++) {
        struct profile_frame *frame = &profile->frames[places[i].frame];
        if (i && places[i].address == places[i - 1].address) {
            const struct profile_frame *same = &profile->frames[places[i - 1].frame];
            frame->first_line = same->first_line;
            frame->line_count = same->line_count;
            continue;
        }
        frame->first_line = profile->line_count;
        add_chain(job, places[i].module, base, result, &result->chains[i]);
        frame->line_count = profile->line_count - frame->first_line;
    }
    clear_pairs(job);
}

/* Frames that share a name share its function. `base` is the group's first function. Returns the
 * line that was added. */
static uint32_t add_named(struct job *job, uint32_t module, uint32_t base,
                          const struct generated_name *named)
{
    struct profile *profile = job->profile;
    uint32_t file = string_table_add_string(&profile->strings, named->file);
    struct symbol_frame frame = {
        .name = string_table_add(&profile->strings, named->name, named->name_size),
        .declared_file = file,
    };
    add_line(profile, function_id(job, module, base, &frame), file, named->line);
    return profile->line_count - 1;
}

static struct generated_name name_of(const struct symbol_map_entry *entry, const char *otherwise)
{
    return (struct generated_name){
        .name = entry ? entry->name : otherwise,
        .name_size = entry ? entry->name_size : (uint32_t)strlen(otherwise),
        .file = "",
    };
}

static void name_frame(struct job *job, const struct place *place, uint32_t base,
                       const struct generated_name *named)
{
    struct profile_frame *frame = &job->profile->frames[place->frame];
    frame->first_line = add_named(job, place->module, base, named);
    frame->line_count = 1;
}

/* Whether the profile was recorded here, so that what is here now may tell about it. */
static bool is_from_here(const struct profile *profile)
{
    struct utsname system;
    return uname(&system) == 0 &&
           strcmp(profile_string(profile, profile->host), system.nodename) == 0;
}

/* When the kernel was started, in ns since the epoch: it lies elsewhere each time. */
static uint64_t boot_time_ns(void)
{
    return clock_read_ns(CLOCK_REALTIME) - clock_read_ns(CLOCK_BOOTTIME);
}

/* Recordings of ordinary users have one frame for all of the kernel, at address 0. */
static bool has_kernel_addresses(const struct place *places, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        if (places[i].address)
            return true;
    }
    return false;
}

static void name_kernel(struct job *job, const struct place *places, uint32_t count)
{
    struct profile *profile = job->profile;
    struct profile_module *module = &profile->modules[places->module];
    struct symbol_map map = {0};
    struct error error;
    const char *path = job->options->kernel_map ? job->options->kernel_map : "/proc/kallsyms";
    bool is_same = is_from_here(profile) && profile->start_unix_ns >= boot_time_ns();
    bool wanted = has_kernel_addresses(places, count); // the map has 100,000 lines and more
    if (is_same && wanted)
        symbol_map_open(&map, path, true, &error);
    uint32_t base = profile->function_count;
    for (uint32_t i = 0; i < count; i++) {
        struct generated_name named = name_of(symbol_map_find(&map, places[i].address), "[kernel]");
        name_frame(job, &places[i], base, &named);
    }
    clear_pairs(job);
    if (map.count)
        module->symbol_source = string_table_add_string(&profile->strings, path);
    else if (wanted)
        module->symbol_reason = string_table_add_string(
            &profile->strings,
            is_same
                ? "the kernel's symbols may not be read; 'sysctl kernel.kptr_restrict=0' as root "
                  "allows it"
                : "recorded with another kernel, or before it was started again");
    symbol_map_release(&map);
}

/* Whether two lines say the same. */
static bool is_same_line(const struct profile *profile, uint32_t a, uint32_t b)
{
    const struct profile_line *first = &profile->lines[a], *second = &profile->lines[b];
    return first->function == second->function && first->file == second->file &&
           first->line == second->line;
}

/* What was at the place in one process. `before` is the line that counts without; NONE: the frame
 * has none yet. Returns the first line. */
static uint32_t name_versions(struct job *job, const struct place *place, uint32_t base,
                              uint32_t process, struct generated_code *code, uint32_t before)
{
    enum { MAX_VERSIONS = 64 };
    struct profile *profile = job->profile;
    struct generated_name names[MAX_VERSIONS] = {name_of(NULL, "[unknown]")};
    uint32_t count =
        code ? generated_code_find(code, process, place->address, names, MAX_VERSIONS) : 0;
    uint32_t first = PROFILE_NONE;
    for (uint32_t i = 0; i < (count ? count : 1); i++) {
        uint32_t line = add_named(job, place->module, base, &names[i]);
        first = i ? first : line;
        bool is_new = before != PROFILE_NONE && !is_same_line(profile, line, before);
        before = line;
        if (!is_new)
            continue;
        struct profile_version *version =
            array_push(&profile->versions, &profile->version_count, &profile->version_capacity);
        // what was there first is also what samples just before its announcement ran
        *version =
            (struct profile_version){place->frame, process, i ? names[i].since_ns : 0, line, 1};
    }
    return first;
}

static void name_outside(struct job *job, const struct place *places, uint32_t count)
{
    struct profile *profile = job->profile;
    struct generated_code *code =
        is_from_here(profile) ? generated_code_new(profile, job->options) : NULL;
    struct frame_processes runs;
    frame_processes_init(&runs, profile);
    uint32_t base = profile->function_count;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t run_count, line = PROFILE_NONE;
        const struct frame_process *run = frame_processes_of(&runs, places[i].frame, &run_count);
        for (uint32_t r = 0; r < run_count; r++) {
            uint32_t named = name_versions(job, &places[i], base, run[r].process, code, line);
            line = r ? line : named;
        }
        struct profile_frame *frame = &profile->frames[places[i].frame];
        struct generated_name unknown = name_of(NULL, "[unknown]");
        frame->first_line = run_count ? line : add_named(job, places->module, base, &unknown);
        frame->line_count = 1;
    }
    clear_pairs(job);
    frame_processes_release(&runs);
    if (code) {
        generated_code_describe(code, profile);
        generated_code_free(code);
    }
}

static void resolve_module(struct job *job, const struct place *places, uint32_t count)
{
    const struct symbolize_options *options = job->options;
    struct profile_module *module = &job->profile->modules[places->module];
    // the table of strings moves its entries, not its bytes
    struct symbol_module asked = {
        .path = profile_string(job->profile, module->path),
        .build_id = module->build_id,
        .build_id_size = module->build_id_size,
    };
    if (options->module_file)
        asked.file = options->module_file(options->files_context, places->module);
    if (options->module_root)
        asked.root = options->module_root(options->files_context, places->module);
    bool is_vdso = module->kind == RECORDING_MODULE_VDSO;
    if (is_vdso)
        own_vdso(&asked.image, &asked.image_size);
    uint64_t *addresses = memory_new(count, sizeof *addresses);
    struct symbol_result result;
    for (uint32_t i = 0; i < count; i++)
        addresses[i] = places[i].address;
    symbolizer_resolve(job->symbolizer, &asked, addresses, count, &result);
    add_chains(job, places, count, &result);
    module->symbol_source = result.source;
    // the vdso exports all that it has; that the kernel keeps its debug information is no one's
    // lack
    module->symbol_reason = is_vdso && result.source ? 0 : result.reason;
    symbol_result_release(&result);
    free(addresses);
}

static void symbolize_group(struct job *job, const struct place *places, uint32_t count)
{
    struct profile *profile = job->profile;
    if (places->module >= profile->module_count) {
        name_outside(job, places, count);
        return;
    }
    struct profile_module *module = &profile->modules[places->module];
    if (module->kind != RECORDING_MODULE_KERNEL) {
        resolve_module(job, places, count);
        return;
    }
    name_kernel(job, places, count);
}

static int compare_places(const void *left, const void *right)
{
    const struct place *a = left, *b = right;
    if (a->module != b->module)
        return a->module < b->module ? -1 : 1;
    return a->address < b->address ? -1 : a->address > b->address;
}

static void sort_places(struct job *job)
{
    const struct profile *profile = job->profile;
    job->places = memory_new(profile->frame_count, sizeof *job->places);
    for (uint32_t i = 0; i < profile->frame_count; i++) {
        const struct profile_frame *frame = &profile->frames[i];
        bool is_return = (frame->flags & RECORDING_FRAME_RETURN) && frame->address;
        // whatever no module of the table holds is one group, at the end
        uint32_t module = frame->module < profile->module_count ? frame->module : PROFILE_NONE;
        job->places[i] = (struct place){module, i, frame->address - is_return};
    }
    qsort(job->places, profile->frame_count, sizeof *job->places, compare_places);
}

/* The frames of one module among the places, or those outside of all. */
struct group {
    uint32_t first, count, module;
    uint64_t weight;
};

struct groups {
    struct group *groups;
    uint32_t count, capacity;
    uint64_t *weights; /* [module]: of the samples whose innermost frame lies in it */
    uint64_t total;    /* of all samples */
};

static void weigh_modules(struct groups *groups, const struct profile *profile)
{
    groups->weights = memory_new(profile->module_count + (size_t)1, sizeof *groups->weights);
    for (uint32_t i = 0; i < profile->sample_count; i++) {
        const struct profile_sample *sample = &profile->samples[i];
        groups->total += sample->weight;
        if (sample->stack == PROFILE_NONE)
            continue;
        uint32_t module = profile->frames[profile->stacks[sample->stack].frame].module;
        if (module < profile->module_count)
            groups->weights[module] += sample->weight;
    }
}

static int compare_groups(const void *left, const void *right)
{
    const struct group *a = left, *b = right;
    if (a->weight != b->weight)
        return a->weight > b->weight ? -1 : 1;
    return a->module < b->module ? -1 : a->module > b->module;
}

/* The heaviest first: looking up may take long, and be ended before its time. */
static void make_groups(struct groups *groups, const struct job *job)
{
    const struct profile *profile = job->profile;
    weigh_modules(groups, profile);
    for (uint32_t first = 0, end; first < profile->frame_count; first = end) {
        uint32_t module = job->places[first].module;
        for (end = first; end < profile->frame_count; end++) {
            if (job->places[end].module != module)
                break;
        }
        *array_push(&groups->groups, &groups->count, &groups->capacity) = (struct group){
            .first = first,
            .count = end - first,
            .module = module,
            .weight = module < profile->module_count ? groups->weights[module] : 0,
        };
    }
    if (groups->count)
        qsort(groups->groups, groups->count, sizeof *groups->groups, compare_groups);
}

static void tell_progress(const struct job *job, const struct groups *groups, uint32_t done)
{
    const struct profile *profile = job->profile;
    const struct group *group = &groups->groups[done];
    if (!job->options->progress || group->module >= profile->module_count)
        return;
    struct symbolize_step step = {
        .module = profile_string(profile, profile->modules[group->module].path),
        .done = done,
        .all = groups->count,
        .percent = groups->total ? 100.0 * (double)group->weight / (double)groups->total : 0,
    };
    job->options->progress(job->options->progress_context, &step);
}

static struct symbolizer *make_symbolizer(struct job *job, bool ask_debuginfod)
{
    struct symbolizer_options asked = {
        .debug_directories = job->options->debug_directories,
        .sysroot = job->options->sysroot,
        .cache_directory = job->options->cache_directory,
        .cache_writes = job->options->cache_writes,
        .ask_debuginfod = ask_debuginfod,
        .isolate = job->options->isolate,
    };
    return symbolizer_new(&asked, &job->profile->strings);
}

static void symbolize_groups(struct job *job, const struct groups *groups)
{
    bool fetch = job->options->ask_debuginfod;
    job->symbolizer = make_symbolizer(job, fetch);
    for (uint32_t i = 0; i < groups->count; i++) {
        tell_progress(job, groups, i);
        if (fetch && job->options->stop_fetching && job->options->stop_fetching()) {
            // what is here is looked up all the same
            fetch = false;
            symbolizer_free(job->symbolizer);
            job->symbolizer = make_symbolizer(job, false);
        }
        symbolize_group(job, &job->places[groups->groups[i].first], groups->groups[i].count);
    }
    symbolizer_free(job->symbolizer);
}

int symbolize_profile(struct profile *profile, const struct symbolize_options *options,
                      struct error *error)
{
    static const struct symbolize_options none = {0};
    (void)error; // every failure known so far is a module's reason
    struct job job = {.profile = profile, .options = options ? options : &none};
    struct groups groups = {0};
    profile->function_count = profile->line_count = 0;
    profile_join_versions(profile);
    sort_places(&job);
    make_groups(&groups, &job);
    symbolize_groups(&job, &groups);
    module_advice_complete(profile, job.options, groups.weights);
    profile_split_versions(profile);
    profile->symbolized = true;
    free(groups.groups);
    free(groups.weights);
    free(job.places);
    return 0;
}
