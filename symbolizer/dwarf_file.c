/* SPDX-License-Identifier: MIT */
/*
 * dwarf_file.c - takes a batch to the units that hold it, and the units to those who read them.
 */
#include "symbolizer/dwarf_file.h"

#include "profiler/base/memory.h"
#include "profiler/base/text.h"
#include "symbolizer/dwarf_fallback.h"
#include "symbolizer/dwarf_jobs.h"

#include <stdlib.h>

struct dwarf_file {
    struct dwarf_file_options options;
    struct dwarf_sections sections, shared_sections;
    struct dwarf_units units, shared_units; /* by our own decoder */
    bool has_shared;
    struct dwarf_fallback *fallback; /* NULL: not needed yet */
    struct string_table *strings;
    struct dwarf_split split;
    bool lacks_shared;
    struct decoding_work work;
    struct text gap;
};

static void open_shared(struct dwarf_file *file, const struct elf_image *shared)
{
    dwarf_sections_init(&file->shared_sections, shared);
    file->shared_sections.work = &file->work;
    dwarf_sections_load(&file->shared_sections, file->options.threads);
    dwarf_units_init(&file->shared_units, NULL, &file->shared_sections);
    file->units.shared = &file->shared_units;
    file->has_shared = true;
}

struct dwarf_file *dwarf_file_open(const struct elf_image *image, const struct elf_image *shared,
                                   const struct dwarf_file_options *options,
                                   struct string_table *strings, struct error *error)
{
    if (!dwarf_sections_exist(image)) {
        error_set(error, 0, "there is no debug information");
        return NULL;
    }
    struct dwarf_file *file = memory_new(1, sizeof *file);
    file->options = *options;
    file->strings = strings;
    dwarf_sections_init(&file->sections, image);
    dwarf_sections_load(&file->sections, options->threads);
    file->sections.work = &file->work;
    dwarf_units_init(&file->units, NULL, &file->sections);
    dwarf_split_init(&file->split, options->path, options->sysroot, options->trust);
    file->split.work = &file->work;
    if (!file->units.count) {
        bool known = *file->sections.error.text;
        error_set(error, 0, "%s", known ? file->sections.error.text : "it holds no units");
        dwarf_file_close(file);
        return NULL;
    }
    if (shared)
        open_shared(file, shared);
    return file;
}

void dwarf_file_close(struct dwarf_file *file)
{
    if (!file)
        return;
    dwarf_fallback_close(file->fallback);
    dwarf_lines_release(&file->units);
    dwarf_units_release(&file->units);
    dwarf_lines_release(&file->shared_units);
    dwarf_units_release(&file->shared_units);
    dwarf_sections_release(&file->sections);
    dwarf_sections_release(&file->shared_sections);
    dwarf_split_release(&file->split);
    text_release(&file->gap);
    free(file);
}

/* A lookup and its unit, to be sorted by unit. */
struct place {
    uint32_t unit, lookup;
};

static int compare_places(const void *left, const void *right)
{
    const struct place *a = left, *b = right;
    if (a->unit != b->unit)
        return a->unit < b->unit ? -1 : 1;
    return a->lookup < b->lookup ? -1 : a->lookup > b->lookup;
}

static uint32_t sort_by_unit(struct dwarf_units *units, const struct lookup_batch *batch,
                             struct place *places)
{
    uint32_t *chosen = dwarf_units_assign(units, batch);
    uint32_t count = 0;
    for (uint32_t i = 0; i < batch->count; i++) {
        if (chosen[i] != DWARF_UNIT_NONE)
            places[count++] = (struct place){chosen[i], i};
    }
    free(chosen);
    qsort(places, count, sizeof *places, compare_places);
    return count;
}

/* The lookups as targets of units, each unit with its targets a job. */
static struct dwarf_target *make_jobs(struct dwarf_jobs *jobs, const struct lookup_batch *batch)
{
    struct place *places = memory_new(batch->count, sizeof *places);
    struct dwarf_target *targets = memory_new(batch->count, sizeof *targets);
    uint32_t count = sort_by_unit(jobs->units, batch, places);
    for (uint32_t first = 0, end; first < count; first = end) {
        for (end = first; end < count && places[end].unit == places[first].unit; end++) {
            struct lookup *lookup = &batch->lookups[places[end].lookup];
            targets[end] = (struct dwarf_target){.address = lookup->address, .lookup = lookup};
        }
        dwarf_jobs_add(jobs, places[first].unit, &targets[first], end - first);
    }
    free(places);
    return targets;
}

static bool open_fallback(struct dwarf_file *file)
{
    struct error error;
    if (!file->fallback)
        file->fallback =
            dwarf_fallback_open(&file->sections, file->has_shared ? &file->shared_sections : NULL,
                                file->strings, &error);
    return file->fallback != NULL;
}

/* libdwarf knows no limits: what was left for them is not for it either. */
static bool is_excessive(struct dwarf_file *file, uint32_t unit)
{
    struct dwarf_decoder decoder;
    dwarf_decoder_init(&decoder, &file->sections, &file->units.units[unit].header);
    dwarf_abbrevs_compile_all(&decoder.abbrevs);
    bool excessive = decoder.abbrevs.is_excessive || decoding_work_is_over(&file->work);
    dwarf_decoder_release(&decoder);
    if (excessive)
        decoding_work_end(&file->work);
    return excessive;
}

static void resolve_by_libdwarf(struct dwarf_file *file, const struct dwarf_job *job,
                                struct lookup_batch *batch)
{
    if (is_excessive(file, job->unit) || !open_fallback(file))
        return;
    struct dwarf_units *units = dwarf_fallback_units(file->fallback);
    uint32_t unit = dwarf_units_at(units, file->units.units[job->unit].header.start);
    if (unit == DWARF_UNIT_NONE)
        return;
    dwarf_fallback_resolve(file->fallback, unit, job->targets, job->count, batch);
    file->lacks_shared |= dwarf_fallback_lacks_shared(file->fallback);
}

/* All units through libdwarf, beginning with the question which of them there are. */
static void resolve_all_by_libdwarf(struct dwarf_file *file, struct lookup_batch *batch)
{
    struct dwarf_jobs jobs;
    if (!open_fallback(file))
        return;
    struct dwarf_units *units = dwarf_fallback_units(file->fallback);
    dwarf_jobs_init(&jobs, units, &file->split, file->strings);
    struct dwarf_target *targets = make_jobs(&jobs, batch);
    for (uint32_t i = 0; i < jobs.count; i++)
        dwarf_fallback_resolve(file->fallback, jobs.jobs[i].unit, jobs.jobs[i].targets,
                               jobs.jobs[i].count, batch);
    file->lacks_shared |= dwarf_fallback_lacks_shared(file->fallback);
    dwarf_jobs_release(&jobs);
    free(targets);
}

/* What was read for earlier batches is read again for this one. */
static void begin_work(struct dwarf_file *file)
{
    decoding_work_begin(&file->work);
    dwarf_sections_add_work(&file->sections);
    dwarf_sections_add_work(&file->shared_sections);
    for (uint32_t i = 0; i < file->split.count; i++)
        dwarf_sections_add_work(&file->split.opened[i]->sections);
}

void dwarf_file_resolve(struct dwarf_file *file, struct lookup_batch *batch)
{
    struct dwarf_jobs jobs;
    begin_work(file);
    if (file->options.only_libdwarf) {
        resolve_all_by_libdwarf(file, batch);
        return;
    }
    dwarf_jobs_init(&jobs, &file->units, &file->split, file->strings);
    struct dwarf_target *targets = make_jobs(&jobs, batch);
    dwarf_jobs_run(&jobs, file->options.threads);
    array_reserve(&batch->frames, &batch->frame_capacity, dwarf_jobs_frame_limit(&jobs));
    for (uint32_t i = 0; i < jobs.count; i++) {
        if (jobs.jobs[i].declined)
            resolve_by_libdwarf(file, &jobs.jobs[i], batch);
        else
            dwarf_jobs_publish(&jobs, &jobs.jobs[i], batch);
    }
    file->lacks_shared |= jobs.lacks_shared;
    dwarf_jobs_release(&jobs);
    free(targets);
}

bool dwarf_file_is_whole(const struct dwarf_file *file)
{
    return !file->split.count;
}

const char *dwarf_file_gap(struct dwarf_file *file)
{
    if (decoding_work_is_over(&file->work))
        return "its debug information takes more work than it is worth, and was not read to its "
               "end";
    if (file->split.missing.length) {
        file->gap.length = 0;
        text_printf(&file->gap,
                    "a part of its debug information is in .dwo files, of which %s was not found",
                    file->split.missing.data);
        return file->gap.data;
    }
    if (file->lacks_shared)
        return "a part of its debug information is in a file shared by dwz, which was not found";
    return *file->sections.error.text ? file->sections.error.text : NULL;
}
