/* SPDX-License-Identifier: MIT */
/*
 * dwarf_jobs.c - workers, their queue, and the publishing of what they found.
 */
#include "symbolizer/dwarf_jobs.h"

#include "profiler/base/memory.h"

#include <pthread.h>
#include <stdlib.h>

/* A description with its strings in the table. */
struct published {
    uint32_t name, linkage_name, file;
    bool done;
};

struct dwarf_worker {
    struct dwarf_jobs *jobs;
    struct dwarf_names names;
    /* By description, and by string of the names; NULL until the first is needed. */
    struct published *published;
    uint32_t *published_strings;
    pthread_t thread;
    bool is_started;
};

void dwarf_jobs_init(struct dwarf_jobs *jobs, struct dwarf_units *units, struct dwarf_split *split,
                     struct string_table *strings)
{
    *jobs = (struct dwarf_jobs){.units = units, .split = split, .strings = strings};
}

void dwarf_jobs_release(struct dwarf_jobs *jobs)
{
    for (uint32_t i = 0; i < jobs->count; i++)
        free(jobs->jobs[i].nodes);
    for (uint32_t i = 0; i < jobs->worker_count; i++) {
        string_table_take(jobs->strings, &jobs->workers[i].names.strings);
        dwarf_names_release(&jobs->workers[i].names);
        free(jobs->workers[i].published);
        free(jobs->workers[i].published_strings);
    }
    free(jobs->jobs);
    free(jobs->order);
    free(jobs->workers);
    *jobs = (struct dwarf_jobs){0};
}

void dwarf_jobs_add(struct dwarf_jobs *jobs, uint32_t unit, struct dwarf_target *targets,
                    uint32_t count)
{
    struct dwarf_job *job = array_push(&jobs->jobs, &jobs->count, &jobs->capacity);
    job->unit = unit;
    job->targets = targets;
    job->count = count;
}

static void run_job(struct dwarf_worker *worker, struct dwarf_job *job)
{
    struct dwarf_units *units = worker->jobs->units;
    struct dwarf_unit *unit = dwarf_units_get(units, job->unit);
    struct dwarf_body body = {.units = units, .file_units = units, .unit = job->unit};
    job->worker = worker;
    job->declined = true;
    if (unit->split ? !dwarf_split_body(unit->split, units, job->unit, &body)
                    : !dwarf_units_decoder(units, job->unit, &body.decoder))
        return;
    struct dwarf_scan scan = {
        .names = &worker->names,
        .body = &body,
        .ranges = unit->split ? &unit->split->ranges : &unit->ranges,
        .image = units->sections->image,
        .targets = job->targets,
        .count = job->count,
    };
    if (dwarf_scan_run(&scan)) {
        dwarf_lines_match(units, unit, job->targets, job->count);
        job->declined = false;
    }
    job->nodes = scan.nodes;
    dwarf_decoder_release(&body.decoder);
}

/* Units are read once: what they take in memory is given back from time to time, so that the peak
 * does not grow with the file. */
static void count_read(struct dwarf_jobs *jobs, const struct dwarf_job *job)
{
    enum { FORGOTTEN_AFTER = 32 << 20 };
    const struct dwarf_header *unit = &jobs->units->units[job->unit].header;
    uint64_t size = unit->end - unit->start;
    if (__atomic_add_fetch(&jobs->read, size, __ATOMIC_RELAXED) < FORGOTTEN_AFTER)
        return;
    __atomic_store_n(&jobs->read, 0, __ATOMIC_RELAXED);
    mapped_file_forget(&jobs->units->sections->image->file);
}

static void *work(void *argument)
{
    struct dwarf_worker *worker = argument;
    struct dwarf_jobs *jobs = worker->jobs;
    for (;;) {
        uint32_t next = __atomic_fetch_add(&jobs->next, 1, __ATOMIC_RELAXED);
        if (next >= jobs->count)
            return NULL;
        struct dwarf_job *job = &jobs->jobs[jobs->order[next]];
        run_job(worker, job);
        count_read(jobs, job);
    }
}

static int compare_sizes(const void *left, const void *right, void *context)
{
    const struct dwarf_jobs *jobs = context;
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    const struct dwarf_header *unit_a = &jobs->units->units[jobs->jobs[a].unit].header;
    const struct dwarf_header *unit_b = &jobs->units->units[jobs->jobs[b].unit].header;
    uint64_t size_a = unit_a->end - unit_a->start, size_b = unit_b->end - unit_b->start;
    if (size_a != size_b)
        return size_a > size_b ? -1 : 1;
    return a < b ? -1 : a > b;
}

void dwarf_jobs_run(struct dwarf_jobs *jobs, uint32_t threads)
{
    if (!jobs->count)
        return;
    jobs->order = memory_new(jobs->count, sizeof *jobs->order);
    for (uint32_t i = 0; i < jobs->count; i++) {
        jobs->order[i] = i;
        // what others read, they find complete
        struct dwarf_unit *unit = dwarf_units_get(jobs->units, jobs->jobs[i].unit);
        if (unit->entry.is_split)
            dwarf_split_find(jobs->split, unit);
    }
    qsort_r(jobs->order, jobs->count, sizeof *jobs->order, compare_sizes, jobs);
    jobs->worker_count = threads < 1 ? 1 : threads > jobs->count ? jobs->count : threads;
    jobs->workers = memory_new(jobs->worker_count, sizeof *jobs->workers);
    for (uint32_t i = jobs->worker_count; i-- > 0;) {
        struct dwarf_worker *worker = &jobs->workers[i];
        worker->jobs = jobs;
        dwarf_names_init(&worker->names, jobs->units);
        if (i)
            worker->is_started = pthread_create(&worker->thread, NULL, work, worker) == 0;
        else
            work(worker); // this thread; where no other can be had, it does all
    }
    for (uint32_t i = 0; i < jobs->worker_count; i++) {
        if (jobs->workers[i].is_started)
            pthread_join(jobs->workers[i].thread, NULL);
        jobs->lacks_shared |= jobs->workers[i].names.lacks_shared;
    }
}

static uint32_t publish_string(struct dwarf_jobs *jobs, struct dwarf_worker *worker, uint32_t id)
{
    const struct string_table *strings = &worker->names.strings;
    uint32_t *published = &worker->published_strings[id];
    if (id && !*published)
        *published = string_table_adopt(jobs->strings, strings, id);
    return *published;
}

static const struct published *publish_description(struct dwarf_jobs *jobs,
                                                   struct dwarf_worker *worker, uint32_t index)
{
    if (!worker->published) {
        const struct dwarf_names *names = &worker->names;
        worker->published = memory_new(names->count, sizeof *worker->published);
        worker->published_strings =
            memory_new(names->strings.count, sizeof *worker->published_strings);
    }
    struct published *published = &worker->published[index];
    const struct dwarf_description *d = &worker->names.descriptions[index];
    if (published->done)
        return published;
    published->name = publish_string(jobs, worker, d->name);
    published->linkage_name = publish_string(jobs, worker, d->linkage_name);
    if (d->file_units)
        published->file = dwarf_lines_file(d->file_units, dwarf_units_get(d->file_units, d->unit),
                                           d->file, jobs->strings);
    published->done = true;
    return published;
}

uint64_t dwarf_jobs_frame_limit(const struct dwarf_jobs *jobs)
{
    uint64_t frames = 0;
    for (uint32_t n = 0; n < jobs->count; n++) {
        const struct dwarf_job *job = &jobs->jobs[n];
        for (uint32_t i = 0; !job->declined && i < job->count; i++) {
            for (uint32_t node = job->targets[i].node; node != DWARF_NODE_NONE;
                 node = job->nodes[node].parent)
                frames++;
        }
    }
    return frames;
}

static void publish_chain(struct dwarf_jobs *jobs, const struct dwarf_job *job,
                          const struct dwarf_target *target, struct lookup_batch *batch)
{
    struct lookup *lookup = target->lookup;
    struct dwarf_unit *unit = &jobs->units->units[job->unit];
    uint32_t file = lookup->file, line = lookup->line;
    lookup->first_frame = batch->frame_count;
    for (uint32_t i = target->node; i != DWARF_NODE_NONE; i = job->nodes[i].parent) {
        const struct dwarf_node *node = &job->nodes[i];
        const struct published *p = publish_description(jobs, job->worker, node->description);
        if (p->name || p->linkage_name || node->parent == DWARF_NODE_NONE) {
            struct symbol_frame *frame =
                array_push(&batch->frames, &batch->frame_count, &batch->frame_capacity);
            *frame = (struct symbol_frame){
                .name = p->name,
                .linkage_name = p->linkage_name,
                .file = file,
                .line = line,
                .declared_file = p->file,
                .declared_line = job->worker->names.descriptions[node->description].line,
            };
            lookup->frame_count++;
        }
        file = dwarf_lines_file(jobs->units, unit, node->call_file, jobs->strings);
        line = node->call_line;
    }
}

void dwarf_jobs_publish(struct dwarf_jobs *jobs, const struct dwarf_job *job,
                        struct lookup_batch *batch)
{
    struct dwarf_unit *unit = &jobs->units->units[job->unit];
    dwarf_lines_publish(jobs->units, unit, job->targets, job->count, jobs->strings);
    for (uint32_t i = 0; i < job->count; i++)
        publish_chain(jobs, job, &job->targets[i], batch);
}
