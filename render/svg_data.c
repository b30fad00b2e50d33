/* SPDX-License-Identifier: MIT */
/*
 * svg_data.c - all frames of a call tree as columns.
 *
 * Columns instead of records, and small numbers for what is frequent: they compress to about 3.5
 * bytes a frame, and a reader fills its arrays one after the other.
 */
#include "render/svg_data.h"

#include "profiler/base/counting_sort.h"
#include "profiler/base/memory.h"
#include "render/labels.h"
#include "render/names.h"

#include <stdlib.h>
#include <string.h>

enum section {
    SECTION_RUN = 1,
    SECTION_STRINGS = 2,
    SECTION_FUNCTIONS = 3,
    SECTION_NODES = 4,
    SECTION_PROCESSES = 5,
    SECTION_THREADS = 6,
    SECTION_PARTS = 7,
    SECTION_SAMPLES = 8,
};

struct encoder {
    const struct call_tree *tree;
    struct string_table strings;
    uint32_t *functions;        /* tree functions, the most frequent first */
    uint32_t *id_of_function;   /* the reverse */
    uint32_t *uses_of_function; /* nodes it has */
    uint32_t *names;            /* of tree functions: string ids */
    uint32_t *place_of_node;    /* in preorder, the root 0 */
    uint32_t group_count;       /* functions that are processes and threads */
};

static void append_section(struct text *out, enum section section, struct text *body)
{
    text_append_varint(out, section);
    text_append_varint(out, body->length);
    text_append(out, body->data ? body->data : "", body->length);
    text_release(body);
}

/* The id of the bytes, made visible, among the strings of the document. */
static uint32_t string_id(struct encoder *encoder, const char *bytes, size_t size)
{
    struct text visible = TEXT_INIT;
    name_append_visible_cut(&visible, bytes, size, SVG_DATA_NAME_MAX);
    uint32_t id = string_table_add(&encoder->strings, visible.data, visible.length);
    text_release(&visible);
    return id;
}

/* The same for a string of a table that outlives the encoder. */
static uint32_t table_string_id(struct encoder *encoder, const struct string_table *table,
                                uint32_t string)
{
    const char *bytes = string_table_get(table, string);
    size_t size = string_table_size(table, string);
    return size <= SVG_DATA_NAME_MAX && name_is_plain(bytes, size)
               ? string_table_adopt(&encoder->strings, table, string)
               : string_id(encoder, bytes, size);
}

static uint32_t profile_string_id(struct encoder *encoder, uint32_t string)
{
    return table_string_id(encoder, &encoder->tree->profile->strings, string);
}

static int compare_uses(const void *left, const void *right, void *context)
{
    const uint32_t *uses = context, a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    if (uses[a] != uses[b])
        return uses[a] > uses[b] ? -1 : 1;
    return a < b ? -1 : 1;
}

static void number_functions(struct encoder *encoder)
{
    const struct call_tree *tree = encoder->tree;
    uint32_t count = tree->function_count;
    encoder->functions = memory_new(count + 1, sizeof *encoder->functions);
    encoder->id_of_function = memory_new(count + 1, sizeof *encoder->id_of_function);
    encoder->uses_of_function = memory_new(count + 1, sizeof *encoder->uses_of_function);
    for (uint32_t i = CALL_TREE_ROOT + 1; i < tree->node_count; i++)
        encoder->uses_of_function[tree->nodes[i].function]++;
    for (uint32_t i = 0; i < count; i++)
        encoder->functions[i] = i;
    qsort_r(encoder->functions, count, sizeof *encoder->functions, compare_uses,
            encoder->uses_of_function);
    for (uint32_t i = 0; i < count; i++)
        encoder->id_of_function[encoder->functions[i]] = i;
}

static void append_list(struct text *out, const uint64_t *numbers, unsigned count)
{
    text_append_varint(out, count);
    for (unsigned i = 0; i < count; i++)
        text_append_varint(out, numbers[i]);
}

static void append_run(struct text *out, struct encoder *encoder)
{
    const struct profile *profile = encoder->tree->profile;
    struct profile_totals totals;
    profile_totals(profile, &totals);
    struct text body = TEXT_INIT;
    text_append_varint(&body, profile->period_ns);
    text_append_varint(&body, profile->requested_hz);
    text_append_varint(&body, totals.duration_ns);
    text_append_varint(&body, totals.cpu_ns);
    text_append_varint(&body, totals.lost_samples);
    text_append_varint(&body, totals.lost_weight);
    text_append_varint(&body, profile_string_id(encoder, profile->command));
    text_append_varint(&body, profile_string_id(encoder, profile->host));
    text_append_varint(&body, profile_string_id(encoder, profile->system));
    text_append_varint(&body, profile_string_id(encoder, profile->engine));
    text_append_varint(&body, totals.start_cpu_ns);
    text_append_varint(&body, totals.paused_ns);
    text_append_varint(&body, profile->start_unix_ns);
    text_append_varint(&body, (uint32_t)(profile->wait_status + 1));
    text_append_varint(&body, profile_string_id(encoder, profile->directory));
    text_append_varint(&body, profile_string_id(encoder, profile->prof_version));
    text_append_varint(&body, profile_string_id(encoder, profile->unit));
    append_list(&body, totals.stops, RECORDING_STOP_COUNT);
    append_list(&body, totals.losses, RECORDING_LOSS_COUNT);
    append_section(out, SECTION_RUN, &body);
}

/* A section of equally long columns: their length, then each with its size in bytes. */
static void append_columns(struct text *out, enum section section, uint32_t length,
                           struct text *columns, size_t count)
{
    struct text body = TEXT_INIT;
    text_append_varint(&body, length);
    for (size_t i = 0; i < count; i++) {
        text_append_varint(&body, columns[i].length);
        text_append(&body, columns[i].data ? columns[i].data : "", columns[i].length);
        text_release(&columns[i]);
    }
    append_section(out, section, &body);
}

enum function_column {
    FUNCTION_NAME,
    FUNCTION_MODULE,
    FUNCTION_FILE_NAME,
    FUNCTION_LINE,
    FUNCTION_FLAGS,
    FUNCTION_LABEL, /* and one more for each further stage */
    FUNCTION_COLUMNS = FUNCTION_LABEL + LABEL_STAGES - 1
};

static bool is_ascii(const char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (bytes[i] & 0x80)
            return false;
    }
    return true;
}

/* How a stage of a name is told by what it is made from: mostly it is the beginning of that, or in
 * the last stage its end. Names as strings of their own were a third of the data of C++ programs.
 */
static uint64_t shortened(struct encoder *encoder, const struct text *stage,
                          const struct text *whole, bool is_last)
{
    if (!stage->length)
        return 0;
    size_t left_out = whole->length > stage->length ? whole->length - stage->length : 0;
    const char *kept = whole->data + (is_last ? left_out : 0);
    bool is_part = stage->length <= whole->length && !memcmp(kept, stage->data, stage->length);
    if (is_part && !left_out)
        return 0;
    if (is_part && is_ascii(kept, stage->length)) // characters are counted, and bytes here
        return 2 * (uint64_t)stage->length + 1;
    return 2 * (uint64_t)string_table_add(&encoder->strings, stage->data, stage->length);
}

/* The name and what it is shortened to, stage by stage. */
static void append_name(struct text *columns, struct encoder *encoder, uint32_t name)
{
    struct label_stages stages;
    const char *bytes = string_table_get(&encoder->strings, name);
    struct text whole = {.data = (char *)bytes,
                         .length = string_table_size(&encoder->strings, name)};
    label_stages(&stages, bytes, whole.length);
    text_append_varint(&columns[FUNCTION_NAME], name);
    for (unsigned i = 1; i < LABEL_STAGES; i++) {
        const struct text *stage = &stages.text[i];
        text_append_varint(&columns[FUNCTION_LABEL + i - 1],
                           shortened(encoder, stage, &whole, i + 1 == LABEL_STAGES));
        if (stage->length)
            whole = *stage;
    }
    label_stages_release(&stages);
}

static void append_group(struct text *columns, struct encoder *encoder, const struct text *label)
{
    append_name(columns, encoder, string_id(encoder, label->data, label->length));
    text_append_varint(&columns[FUNCTION_MODULE], 0);
    text_append_varint(&columns[FUNCTION_FILE_NAME], 0);
    text_append_varint(&columns[FUNCTION_LINE], 0);
    text_append_varint(&columns[FUNCTION_FLAGS], CALL_TREE_GROUP);
    encoder->group_count++;
}

/* Functions that no node has, for views by thread: each process, then each thread; for the lane of
 * what vanished, one more. */
static void append_groups(struct text *columns, struct encoder *encoder)
{
    const struct profile *profile = encoder->tree->profile;
    struct text label = TEXT_INIT;
    for (uint32_t i = 0; i < profile->process_count; i++) {
        label.length = 0;
        call_tree_process_label(&label, profile, i);
        append_group(columns, encoder, &label);
    }
    for (uint32_t i = 0; i < profile->thread_count; i++) {
        label.length = 0;
        call_tree_thread_label(&label, profile, i);
        append_group(columns, encoder, &label);
    }
    label.length = 0;
    text_append_string(&label, SVG_DATA_GONE_LABEL);
    append_group(columns, encoder, &label);
    text_release(&label);
}

/* In the order of the tree, which is that of their bytes: neighbours begin alike. */
static void collect_names(struct encoder *encoder)
{
    const struct call_tree *tree = encoder->tree;
    encoder->names = memory_new(tree->function_count + (size_t)1, sizeof *encoder->names);
    for (uint32_t i = 0; i < tree->function_count; i++)
        encoder->names[i] = table_string_id(encoder, &tree->names, tree->functions[i].name);
}

static void append_functions(struct text *out, struct encoder *encoder)
{
    struct text columns[FUNCTION_COLUMNS] = {0};
    const struct call_tree *tree = encoder->tree;
    const struct profile *profile = tree->profile;
    for (uint32_t i = 0; i < tree->function_count; i++) {
        const struct call_tree_function *function = &tree->functions[encoder->functions[i]];
        uint32_t module = 0;
        if (function->module < profile->module_count)
            module = profile_string_id(encoder, profile->modules[function->module].path);
        append_name(columns, encoder, encoder->names[encoder->functions[i]]);
        text_append_varint(&columns[FUNCTION_MODULE], module);
        text_append_varint(&columns[FUNCTION_FILE_NAME],
                           profile_string_id(encoder, function->file));
        text_append_varint(&columns[FUNCTION_LINE], function->line);
        text_append_varint(&columns[FUNCTION_FLAGS],
                           function->kind | (unsigned)function->inlined << 3);
    }
    append_groups(columns, encoder);
    append_columns(out, SECTION_FUNCTIONS, tree->function_count + encoder->group_count, columns,
                   FUNCTION_COLUMNS);
}

static void append_nodes(struct text *out, struct encoder *encoder)
{
    enum { LEVELS, FUNCTION, SELF, SELF_SAMPLES, LINE, FILE_NAME, OLD, OLD_SAMPLES, COLUMNS };
    struct text columns[COLUMNS] = {0};
    const struct call_tree *tree = encoder->tree;
    uint32_t depth = 0, node = CALL_TREE_ROOT;
    encoder->place_of_node = memory_new(tree->node_count, sizeof *encoder->place_of_node);
    for (uint32_t last = 0, place = 1; (node = call_tree_next(tree, node, &depth)) != PROFILE_NONE;
         last = depth) {
        encoder->place_of_node[node] = place++;
        const struct call_tree_node *n = &tree->nodes[node];
        bool elsewhere = n->file != tree->functions[n->function].file;
        text_append_varint(&columns[LEVELS], last + 1 - depth);
        text_append_varint(&columns[FUNCTION], encoder->id_of_function[n->function]);
        text_append_varint(&columns[SELF], n->self);
        text_append_varint(&columns[SELF_SAMPLES], n->self_samples);
        text_append_varint(&columns[LINE], n->line);
        text_append_varint(&columns[FILE_NAME],
                           elsewhere && n->file ? profile_string_id(encoder, n->file) : 0);
        if (tree->older) {
            text_append_varint(&columns[OLD], tree->older[node].self);
            text_append_varint(&columns[OLD_SAMPLES], tree->older[node].self_samples);
        }
    }
    append_columns(out, SECTION_NODES, tree->node_count - 1, columns, tree->older ? COLUMNS : OLD);
}

static void append_processes(struct text *out, struct encoder *encoder)
{
    enum { PID, EXECUTABLE, CPU, START_CPU, COLUMNS };
    struct text columns[COLUMNS] = {0};
    const struct profile *profile = encoder->tree->profile;
    for (uint32_t i = 0; i < profile->process_count; i++) {
        const struct profile_process *process = &profile->processes[i];
        text_append_varint(&columns[PID], process->pid);
        text_append_varint(&columns[EXECUTABLE], profile_string_id(encoder, process->executable));
        text_append_varint(&columns[CPU], process->cpu_ns);
        text_append_varint(&columns[START_CPU], process->start_cpu_ns);
    }
    append_columns(out, SECTION_PROCESSES, profile->process_count, columns, COLUMNS);
}

static void append_threads(struct text *out, struct encoder *encoder)
{
    enum { PROCESS, TID, NAME, CPU, COLUMNS };
    struct text columns[COLUMNS] = {0};
    const struct profile *profile = encoder->tree->profile;
    for (uint32_t i = 0; i < profile->thread_count; i++) {
        const struct profile_thread *thread = &profile->threads[i];
        text_append_varint(&columns[PROCESS], thread->process);
        text_append_varint(&columns[TID], thread->tid);
        text_append_varint(&columns[NAME], profile_string_id(encoder, thread->name));
        text_append_varint(&columns[CPU], thread->cpu_ns);
    }
    append_columns(out, SECTION_THREADS, profile->thread_count, columns, COLUMNS);
}

/* A sample of the profile and where it is to be told. */
struct placed_sample {
    uint32_t thread, place;
    const struct profile_sample *sample;
};

static int compare_u64(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

/* Samples of one time stay in the order they were recorded in. */
static int compare_times(const void *left, const void *right)
{
    const struct placed_sample *a = left, *b = right;
    if (a->thread != b->thread)
        return compare_u64(a->thread, b->thread);
    int order = compare_u64(a->sample->time_ns, b->sample->time_ns);
    return order ? order : compare_u64((uintptr_t)a->sample, (uintptr_t)b->sample);
}

static uint32_t place_of(const struct encoder *encoder, const struct profile_sample *sample)
{
    const struct call_tree *tree = encoder->tree;
    const uint32_t *nodes = tree->node_of_stack[stack_gap_of(sample)];
    return encoder->place_of_node[nodes[stack_index_of(tree->profile, sample)]];
}

/* All samples in the order of their threads, those of a thread by time. */
static struct placed_sample *place_samples(const struct encoder *encoder)
{
    const struct profile *profile = encoder->tree->profile;
    uint32_t count = profile->sample_count;
    struct placed_sample *placed = memory_new(count + (size_t)1, sizeof *placed);
    for (uint32_t i = 0; i < count; i++)
        placed[i] =
            (struct placed_sample){profile->samples[i].thread,
                                   place_of(encoder, &profile->samples[i]), &profile->samples[i]};
    qsort(placed, count, sizeof *placed, compare_times);
    return placed;
}

/* A node's self weight in one thread; several of these add up. */
struct part {
    uint32_t place, thread;
    uint64_t weight, samples;
};

/* All parts, in no order. */
static struct part *collect_parts(const struct encoder *encoder)
{
    const struct call_tree *tree = encoder->tree;
    struct part *parts = memory_new(tree->parts.count + (size_t)1, sizeof *parts);
    for (unsigned gap = 0; gap < STACK_GAP_COUNT; gap++) {
        const uint32_t *nodes = tree->node_of_stack[gap];
        for (uint32_t i = stack_parts_begin(&tree->parts, gap); i < tree->parts.ends[gap]; i++) {
            const struct stack_part *part = &tree->parts.parts[i];
            parts[i] = (struct part){encoder->place_of_node[nodes[part->stack]], part->thread,
                                     part->weight, part->samples};
        }
    }
    return parts;
}

/* How much of each node's self weight belongs to which thread. */
static void append_parts(struct text *out, const struct encoder *encoder)
{
    enum { PLACE, THREAD, WEIGHT, SAMPLES, COLUMNS };
    struct text columns[COLUMNS] = {0};
    const struct call_tree *tree = encoder->tree;
    uint32_t count = tree->parts.count, length = 0, last = 0;
    struct part *parts = collect_parts(encoder);
    uint32_t *by_thread =
        counting_sort(NULL, count, &parts->thread, sizeof *parts, tree->profile->thread_count);
    uint32_t *order =
        counting_sort(by_thread, count, &parts->place, sizeof *parts, tree->node_count);
    for (uint32_t i = 0, next; i < count; i = next, length++) {
        struct part sum = parts[order[i]];
        for (next = i + 1; next < count; next++) {
            const struct part *part = &parts[order[next]];
            if (part->place != sum.place || part->thread != sum.thread)
                break;
            sum.weight += part->weight;
            sum.samples += part->samples;
        }
        text_append_varint(&columns[PLACE], sum.place - last);
        text_append_varint(&columns[THREAD], sum.thread);
        text_append_varint(&columns[WEIGHT], sum.weight);
        text_append_varint(&columns[SAMPLES], sum.samples);
        last = sum.place;
    }
    free(parts);
    free(by_thread);
    free(order);
    append_columns(out, SECTION_PARTS, length, columns, COLUMNS);
}

/* The samples of each thread as they followed each other. */
static void append_samples(struct text *out, const struct encoder *encoder)
{
    enum { THREAD, TIME, PLACE, WEIGHT, COLUMNS };
    struct text columns[COLUMNS] = {0};
    const struct profile *profile = encoder->tree->profile;
    struct placed_sample *placed = place_samples(encoder);
    for (uint32_t i = 0; i < profile->sample_count; i++) {
        const struct placed_sample *at = &placed[i], *before = i ? at - 1 : NULL;
        bool follows = before && before->thread == at->thread;
        uint64_t start = profile->start_ns, time = at->sample->time_ns;
        uint64_t ticks = time > start ? (time - start) / SVG_DATA_TICK_NS : 0;
        uint64_t from = follows && before->sample->time_ns > start
                            ? (before->sample->time_ns - start) / SVG_DATA_TICK_NS
                            : 0;
        int64_t step = (int64_t)at->place - (follows ? before->place : 0);
        text_append_varint(&columns[THREAD], at->thread - (before ? before->thread : 0));
        text_append_varint(&columns[TIME], ticks - from);
        text_append_varint(&columns[PLACE],
                           step < 0 ? 2 * (uint64_t)-step - 1 : 2 * (uint64_t)step);
        text_append_varint(&columns[WEIGHT], at->sample->weight);
    }
    free(placed);
    append_columns(out, SECTION_SAMPLES, profile->sample_count, columns, COLUMNS);
}

/* Samples that were summed up have no time of their own. */
static bool has_times(const struct profile *profile)
{
    bool timed = false;
    for (uint32_t i = 0; i < profile->sample_count; i++) {
        if (profile->samples[i].more)
            return false;
        timed |= profile->samples[i].time_ns != 0;
    }
    return timed;
}

bool svg_data_shows_time(const struct profile *profile, bool long_ones_too)
{
    return !profile->compared && (long_ones_too || profile->sample_count <= SVG_DATA_SAMPLES_MAX) &&
           has_times(profile);
}

/* How many characters the two begin with alike, as far as they are ASCII. */
static uint32_t common_start(const char *a, size_t a_size, const char *b, size_t b_size)
{
    size_t most = a_size < b_size ? a_size : b_size;
    uint32_t common = 0;
    while (common < most && a[common] == b[common] && !(a[common] & 0x80))
        common++;
    return common;
}

/* Written where they stay: of C++ programs, they are most of the data. */
static void append_strings(struct text *out, const struct encoder *encoder)
{
    const struct string_table *strings = &encoder->strings;
    struct text common = TEXT_INIT, head = TEXT_INIT;
    uint32_t *shared = memory_new(strings->count + (size_t)1, sizeof *shared);
    size_t rests = 0;
    for (uint32_t id = 0; id < strings->count; id++) {
        size_t size = string_table_size(strings, id);
        if (id)
            shared[id] =
                common_start(string_table_get(strings, id), size, string_table_get(strings, id - 1),
                             string_table_size(strings, id - 1));
        text_append_varint(&common, shared[id]);
        rests += size - shared[id] + 1;
    }
    text_append_varint(&head, strings->count);
    text_append_varint(&head, common.length);
    text_append(&head, common.data, common.length);
    text_append_varint(out, SECTION_STRINGS);
    text_append_varint(out, head.length + rests);
    text_append(out, head.data, head.length);
    text_reserve(out, rests);
    for (uint32_t id = 0; id < strings->count; id++) {
        text_append(out, string_table_get(strings, id) + shared[id],
                    string_table_size(strings, id) - shared[id]);
        text_append_char(out, '\n');
    }
    text_release(&common);
    text_release(&head);
    free(shared);
}

void svg_data_append(struct text *out, const struct call_tree *tree, bool with_time)
{
    struct encoder encoder = {.tree = tree};
    string_table_init(&encoder.strings);
    number_functions(&encoder);
    text_append_string(out, "prof-svg");
    text_append_varint(out, SVG_DATA_VERSION);
    collect_names(&encoder);
    append_run(out, &encoder);
    append_functions(out, &encoder);
    append_nodes(out, &encoder);
    append_processes(out, &encoder);
    append_threads(out, &encoder);
    if (with_time)
        append_samples(out, &encoder);
    else if (tree->profile->thread_count > 1 && !tree->older)
        append_parts(out, &encoder);
    append_strings(out, &encoder); // last: by now all are known
    free(encoder.names);
    free(encoder.functions);
    free(encoder.id_of_function);
    free(encoder.uses_of_function);
    free(encoder.place_of_node);
    string_table_release(&encoder.strings);
}
