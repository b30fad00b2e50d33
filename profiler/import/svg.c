/* SPDX-License-Identifier: MIT */
/*
 * svg.c - reads the profile back out of a picture (render/SVG.md).
 *
 * The data are untrusted: every number that is used as an index is checked, and weights that would
 * overflow their sum are refused.
 */
#include "profiler/import/svg.h"

#include "profiler/base/bytes.h"
#include "profiler/base/memory.h"
#include "profiler/base/text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum { SECTION_RUN = 1, STRINGS, FUNCTIONS, NODES, PROCESSES, THREADS, PARTS, SAMPLES, SECTIONS };

#define VERSION     2
#define WEIGHT_MAX  (UINT64_MAX / 4) /* of all samples together */
#define TICK_NS     10000
#define STRINGS_MAX ((uint64_t)1 << 30) /* bytes */
#define DATA_MAX    ((size_t)1 << 34) /* inflated: what zlib makes of a huge file of zeros is more */

/* Columns of a section; a column that is not there yields zeros. */
struct columns {
    uint64_t count;
    struct bytes column[8];
};

struct svg {
    struct profile *profile;
    struct bytes sections[SECTIONS];
    uint32_t *strings; /* from the document's ids to the profile's */
    uint64_t string_count;
    uint64_t weight; /* of the samples so far */
};

#define PUSH(profile, things, thing)                                                               \
    array_push(&(profile)->things, &(profile)->thing##_count, &(profile)->thing##_capacity)

static int digit_of(char c)
{
    return c >= 'A' && c <= 'Z'   ? c - 'A'
           : c >= 'a' && c <= 'z' ? c - 'a' + 26
           : c >= '0' && c <= '9' ? c - '0' + 52
           : c == '+'             ? 62
           : c == '/'             ? 63
                                  : -1;
}

/* Up to the first character that is no digit of base64. */
static void append_decoded(struct text *out, const char *at, const char *end)
{
    uint32_t group = 0;
    unsigned bits = 0;
    for (; at < end && digit_of(*at) >= 0; at++) {
        group = group << 6 | (uint32_t)digit_of(*at);
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            text_append_char(out, (char)(group >> bits));
        }
    }
}

static void collect_data(struct text *out, const char *bytes, size_t size)
{
    static const char start[] = "<metadata class=\"prof-data\">";
    const char *end = bytes + size;
    for (const char *at = bytes; (at = memmem(at, (size_t)(end - at), start, sizeof start - 1));) {
        at += sizeof start - 1;
        append_decoded(out, at, end);
    }
}

static int inflate_data(struct text *out, struct text *compressed, struct error *error)
{
    z_stream stream = {0};
    char buffer[65536];
    int result = inflateInit(&stream);
    const char *at = compressed->data;
    size_t left = compressed->length;
    while (result == Z_OK && out->length < DATA_MAX) {
        if (!stream.avail_in && left) {
            stream.avail_in = left > 1u << 30 ? 1u << 30 : (uInt)left;
            stream.next_in = (Bytef *)at;
            at += stream.avail_in;
            left -= stream.avail_in;
        }
        stream.next_out = (Bytef *)buffer;
        stream.avail_out = sizeof buffer;
        result = inflate(&stream, Z_NO_FLUSH);
        text_append(out, buffer, sizeof buffer - stream.avail_out);
    }
    inflateEnd(&stream);
    return result == Z_STREAM_END ? 0 : error_set(error, 0, "its data are damaged or cut off");
}

static int split(struct svg *svg, const struct text *data, struct error *error)
{
    struct bytes all = bytes_of(data->data ? data->data : "", data->length);
    const uint8_t *magic = bytes_take(&all, 8);
    if (!magic || memcmp(magic, "prof-svg", 8))
        return error_set(error, 0, "its data are not those of prof");
    if (bytes_varint(&all) != VERSION)
        return error_set(error, 0, "its data are of a version that this prof does not know");
    while (bytes_left(&all)) {
        uint64_t kind = bytes_varint(&all), size = bytes_varint(&all);
        const uint8_t *at = bytes_take(&all, size);
        if (!at)
            return error_set(error, 0, "its data are damaged");
        if (kind < SECTIONS)
            svg->sections[kind] = bytes_of(at, size);
    }
    return svg->sections[STRINGS].at && svg->sections[FUNCTIONS].at && svg->sections[NODES].at &&
                   svg->sections[SECTION_RUN].at
               ? 0
               : error_set(error, 0, "its data are not complete");
}

static struct columns columns_of(struct bytes section)
{
    struct columns columns = {0};
    if (!section.at)
        return columns;
    columns.count = bytes_varint(&section);
    for (unsigned i = 0; i < 8 && bytes_left(&section); i++) {
        uint64_t size = bytes_varint(&section);
        const uint8_t *at = bytes_take(&section, size);
        if (at)
            columns.column[i] = bytes_of(at, size);
    }
    // An entry takes a byte at least: a count that lies has no room.
    if (columns.count > bytes_left(&columns.column[0]))
        columns.count = bytes_left(&columns.column[0]);
    return columns;
}

static uint64_t next_of(struct columns *columns, unsigned column)
{
    struct bytes *bytes = &columns->column[column];
    return bytes->at ? bytes_varint(bytes) : 0;
}

/* Each begins with so many bytes of the one before. Few bytes can stand for many strings that are
 * long, so there is a limit to them all. */
static int read_strings(struct svg *svg, struct error *error)
{
    struct bytes section = svg->sections[STRINGS];
    uint64_t count = bytes_varint(&section), common_size = bytes_varint(&section), sum = 0;
    struct bytes common = bytes_of(section.at, 0);
    const uint8_t *column = bytes_take(&section, common_size);
    if (column)
        common = bytes_of(column, common_size);
    count = count < common_size ? count : common_size;
    svg->strings = memory_new((size_t)count + 1, sizeof *svg->strings);
    struct text string = TEXT_INIT;
    for (; svg->string_count < count && sum < STRINGS_MAX; svg->string_count++) {
        const uint8_t *at = section.at, *end = memchr(at, '\n', bytes_left(&section));
        uint64_t shared = bytes_varint(&common);
        if (!end || shared > string.length)
            break;
        string.length = (size_t)shared;
        text_append(&string, at, (size_t)(end - at));
        sum += string.length;
        svg->strings[svg->string_count] =
            string_table_add(&svg->profile->strings, string.data, string.length);
        bytes_take(&section, (size_t)(end - at) + 1);
    }
    text_release(&string);
    return sum < STRINGS_MAX ? 0 : error_set(error, 0, "its names are too long to be true");
}

static uint32_t string_of(const struct svg *svg, uint64_t id)
{
    return id < svg->string_count ? svg->strings[id] : 0;
}

static uint32_t small(uint64_t number)
{
    return number < UINT32_MAX ? (uint32_t)number : UINT32_MAX - 1;
}

static void read_list(struct bytes *section, uint64_t *numbers, unsigned known)
{
    uint64_t count = bytes_varint(section);
    for (uint64_t i = 0; i < count && bytes_left(section); i++) {
        uint64_t number = bytes_varint(section);
        if (i < known)
            numbers[i] = number;
    }
}

static void read_run(struct svg *svg)
{
    struct profile *profile = svg->profile;
    struct bytes section = svg->sections[SECTION_RUN];
    struct profile_totals *totals = memory_new(1, sizeof *totals);
    profile->totals = totals;
    profile->period_ns = bytes_varint(&section);
    profile->requested_hz = bytes_varint(&section);
    totals->duration_ns = bytes_varint(&section);
    totals->cpu_ns = bytes_varint(&section);
    totals->lost_samples = bytes_varint(&section);
    totals->lost_weight = bytes_varint(&section);
    profile->command = string_of(svg, bytes_varint(&section));
    profile->host = string_of(svg, bytes_varint(&section));
    profile->system = string_of(svg, bytes_varint(&section));
    profile->engine = string_of(svg, bytes_varint(&section));
    totals->start_cpu_ns = bytes_varint(&section);
    totals->paused_ns = bytes_varint(&section);
    profile->start_unix_ns = bytes_varint(&section);
    profile->wait_status = (int32_t)((uint32_t)bytes_varint(&section) - 1);
    profile->directory = string_of(svg, bytes_varint(&section));
    profile->prof_version = string_of(svg, bytes_varint(&section));
    profile->unit = string_of(svg, bytes_varint(&section));
    read_list(&section, totals->stops, RECORDING_STOP_COUNT);
    read_list(&section, totals->losses, RECORDING_LOSS_COUNT);
    totals->complete = totals->stops[RECORDING_STOP_COMPLETE];
    profile->end_ns = totals->duration_ns;
    profile->finished = profile->symbolized = true;
}

static void read_functions(struct svg *svg, uint8_t **inlined)
{
    struct profile *profile = svg->profile;
    struct columns columns = columns_of(svg->sections[FUNCTIONS]);
    struct hash_map modules = {0};
    *inlined = memory_new((size_t)columns.count + 1, 1);
    for (uint64_t i = 0; i < columns.count; i++) {
        struct profile_function function = {.name = string_of(svg, next_of(&columns, 0))};
        uint32_t path = string_of(svg, next_of(&columns, 1));
        function.file = string_of(svg, next_of(&columns, 2));
        function.line = small(next_of(&columns, 3));
        uint64_t flags = next_of(&columns, 4);
        function.code = (uint8_t)(PROFILE_CODE_USER + (flags & 7));
        if (function.code >= PROFILE_CODE_COUNT)
            function.code = PROFILE_CODE_USER;
        (*inlined)[i] = flags >> 3 & 1;
        function.module = PROFILE_NONE;
        if (path) {
            uint32_t *module = hash_map_at(&modules, path);
            if (*module == HASH_MAP_NONE) {
                *module = profile->module_count;
                bool kernel = function.code == PROFILE_CODE_KERNEL;
                *PUSH(profile, modules, module) = (struct profile_module){
                    .path = path, .kind = kernel ? RECORDING_MODULE_KERNEL : RECORDING_MODULE_ELF};
            }
            function.module = *module;
        }
        *PUSH(profile, functions, function) = function;
    }
    hash_map_release(&modules);
}

/* Node i becomes stack i − 1, with a frame of its own. Returns the self weights by node. */
static int read_nodes(struct svg *svg, const uint8_t *inlined, uint64_t **self, struct error *error)
{
    struct profile *profile = svg->profile;
    struct columns columns = columns_of(svg->sections[NODES]);
    if (columns.count >= PROFILE_NONE - 1)
        return error_set(error, 0, "it holds more frames than prof can read");
    *self = memory_new(2 * ((size_t)columns.count + 1), sizeof **self);
    uint32_t at = PROFILE_NONE;
    for (uint64_t i = 0; i < columns.count; i++) {
        uint64_t up = next_of(&columns, 0), function = next_of(&columns, 1);
        for (; up && at != PROFILE_NONE; up--)
            at = profile->stacks[at].parent;
        if (up || function >= profile->function_count)
            return error_set(error, 0, "its data are damaged");
        (*self)[2 * (i + 1)] = next_of(&columns, 2);
        (*self)[2 * (i + 1) + 1] = next_of(&columns, 3);
        uint32_t line = small(next_of(&columns, 4)), file = string_of(svg, next_of(&columns, 5));
        const struct profile_function *known = &profile->functions[function];
        *PUSH(profile, stacks, stack) = (struct profile_stack){at, profile->frame_count};
        *PUSH(profile, frames, frame) = (struct profile_frame){
            .module = known->module,
            .flags = inlined[function] ? PROFILE_FRAME_INLINED : 0,
            .first_line = profile->line_count,
            .line_count = 1,
        };
        *PUSH(profile, lines, line) = (struct profile_line){
            .function = (uint32_t)function,
            .line = line,
            .file = file || !line ? file : known->file,
        };
        at = (uint32_t)i;
    }
    return 0;
}

static void read_threads(struct svg *svg)
{
    struct profile *profile = svg->profile;
    struct columns processes = columns_of(svg->sections[PROCESSES]);
    for (uint64_t i = 0; i < processes.count && i < PROFILE_NONE - 1; i++) {
        struct profile_process *process = PUSH(profile, processes, process);
        process->pid = small(next_of(&processes, 0));
        process->executable = string_of(svg, next_of(&processes, 1));
        process->cpu_ns = next_of(&processes, 2);
        process->start_cpu_ns = next_of(&processes, 3);
    }
    if (!profile->process_count)
        PUSH(profile, processes, process);
    struct columns threads = columns_of(svg->sections[THREADS]);
    for (uint64_t i = 0; i < threads.count && i < PROFILE_NONE - 1; i++) {
        struct profile_thread *thread = PUSH(profile, threads, thread);
        uint64_t process = next_of(&threads, 0);
        thread->process = process < profile->process_count ? (uint32_t)process : 0;
        thread->tid = small(next_of(&threads, 1));
        thread->name = string_of(svg, next_of(&threads, 2));
        thread->cpu_ns = next_of(&threads, 3);
    }
    if (!profile->thread_count)
        PUSH(profile, threads, thread);
}

static int add_sample(struct svg *svg, uint64_t node, uint64_t thread, uint64_t weight,
                      uint64_t samples, uint64_t time_ns, struct error *error)
{
    struct profile *profile = svg->profile;
    if (node > profile->stack_count || thread >= profile->thread_count ||
        weight > WEIGHT_MAX - svg->weight)
        return error_set(error, 0, "its data are damaged");
    svg->weight += weight;
    *PUSH(profile, samples, sample) = (struct profile_sample){
        .time_ns = time_ns,
        .thread = (uint32_t)thread,
        .stack = node ? (uint32_t)node - 1 : PROFILE_NONE,
        .weight = weight,
        .more = samples > UINT32_MAX ? UINT32_MAX
                : samples > 1        ? (uint32_t)(samples - 1)
                                     : 0,
    };
    return 0;
}

static int read_timed_samples(struct svg *svg, struct error *error)
{
    struct columns columns = columns_of(svg->sections[SAMPLES]);
    uint64_t thread = 0, ticks = 0, node = 0;
    int result = 0;
    for (uint64_t i = 0; i < columns.count && result == 0; i++) {
        uint64_t step = next_of(&columns, 0);
        if (step)
            ticks = node = 0;
        thread += step;
        ticks += next_of(&columns, 1);
        uint64_t zigzag = next_of(&columns, 2);
        node += zigzag & 1 ? 0 - (zigzag / 2 + 1) : zigzag / 2;
        result = add_sample(svg, node, thread, next_of(&columns, 3), 1, ticks * TICK_NS, error);
    }
    return result;
}

static int read_parts(struct svg *svg, struct error *error)
{
    struct columns columns = columns_of(svg->sections[PARTS]);
    uint64_t node = 0;
    int result = 0;
    for (uint64_t i = 0; i < columns.count && result == 0; i++) {
        node += next_of(&columns, 0);
        uint64_t thread = next_of(&columns, 1), weight = next_of(&columns, 2);
        result = add_sample(svg, node, thread, weight, next_of(&columns, 3), 0, error);
    }
    return result;
}

static int read_samples(struct svg *svg, const uint64_t *self, struct error *error)
{
    if (svg->sections[SAMPLES].at)
        return read_timed_samples(svg, error);
    if (svg->sections[PARTS].at)
        return read_parts(svg, error);
    int result = 0;
    for (uint32_t node = 1; node <= svg->profile->stack_count && result == 0; node++) {
        if (self[2 * (size_t)node])
            result = add_sample(svg, node, 0, self[2 * (size_t)node], self[2 * (size_t)node + 1], 0,
                                error);
    }
    return result;
}

static void sum_up(struct svg *svg)
{
    const struct profile *profile = svg->profile;
    struct profile_totals *totals = profile->totals;
    for (uint32_t i = 0; i < profile->sample_count; i++)
        totals->samples += profile_sample_count(&profile->samples[i]);
    uint64_t told = 0;
    for (unsigned stop = 0; stop < RECORDING_STOP_COUNT; stop++)
        told += totals->stops[stop];
    if (!told) // a picture from before they were told
        totals->complete = totals->stops[RECORDING_STOP_COMPLETE] = totals->samples;
    totals->weight = svg->weight;
    totals->accounted_ns = svg->weight * profile->period_ns;
    if (totals->accounted_ns)
        totals->achieved_hz = (double)totals->samples / ((double)totals->accounted_ns / 1e9);
}

int svg_read(struct profile *profile, const char *bytes, size_t size, struct error *error)
{
    struct svg svg = {.profile = profile};
    struct text compressed = TEXT_INIT, data = TEXT_INIT;
    uint8_t *inlined = NULL;
    uint64_t *self = NULL;
    collect_data(&compressed, bytes, size);
    int result = compressed.length ? inflate_data(&data, &compressed, error)
                                   : error_set(error, 0, "it holds no data of prof");
    text_release(&compressed);
    if (result == 0)
        result = split(&svg, &data, error);
    if (result == 0)
        result = read_strings(&svg, error);
    if (result == 0) {
        read_run(&svg);
        read_functions(&svg, &inlined);
        read_threads(&svg);
        result = read_nodes(&svg, inlined, &self, error);
    }
    if (result == 0)
        result = read_samples(&svg, self, error);
    if (result == 0)
        sum_up(&svg);
    free(svg.strings);
    free(inlined);
    free(self);
    text_release(&data);
    return result;
}
