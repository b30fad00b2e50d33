/* SPDX-License-Identifier: MIT */
/*
 * jitdump.c - parses jitdump files.
 */
#include "symbolizer/jitdump.h"

#include "profiler/base/hash_map.h"
#include "profiler/base/memory.h"

#include <inttypes.h>
#include <stdlib.h>

enum {
    MAGIC = 0x4a695444,
    SWAPPED_MAGIC = 0x4454694a,
    HEADER_SIZE = 40,
    RECORD_HEADER_SIZE = 16,
    ENTRY_SIZE = 16, // of a line, without its file name
    OTHER_CLOCK = 1, // flag: times are not of CLOCK_MONOTONIC
};

enum record_kind {
    CODE_LOAD = 0,
    CODE_MOVE = 1,
    CODE_DEBUG_INFO = 2,
    CODE_CLOSE = 3, // nothing to say; 4, unwind information, is not read
};

struct parser {
    struct jitdump *dump;
    bool has_times;
    struct bytes lines; // of the function that comes next
    uint64_t lines_start;
    struct hash_map by_index; // the compiler's number -> its function, latest place
};

static int read_header(struct parser *parser, struct bytes *in, struct error *error)
{
    struct bytes b = *in;
    uint32_t magic = bytes_u32(&b);
    if (magic == SWAPPED_MAGIC)
        return error_set(error, 0, "a jitdump of a machine with the other byte order");
    uint32_t version = bytes_u32(&b), size = bytes_u32(&b);
    bytes_skip(&b, 8); // machine, padding
    parser->dump->pid = bytes_u32(&b);
    bytes_skip(&b, 8); // when the file was made, which V8 tells by another clock
    uint64_t flags = bytes_u64(&b);
    if (b.failed || magic != MAGIC || size < HEADER_SIZE)
        return error_set(error, 0, "not a jitdump");
    if (version != 1)
        return error_set(error, 0, "a jitdump of version %" PRIu32 ", which is not known", version);
    parser->has_times = !(flags & OTHER_CLOCK);
    bytes_skip(in, size);
    return 0;
}

static void add_function(struct parser *parser, struct jitdump_function function)
{
    struct jitdump *dump = parser->dump;
    if (dump->count == UINT32_MAX - 1 || function.start >= function.end)
        return;
    if (!parser->has_times)
        function.time_ns = 0;
    if (!dump->count || function.time_ns < dump->first_ns)
        dump->first_ns = function.time_ns;
    function.order = dump->count;
    *hash_map_at(&parser->by_index, function.index) = dump->count;
    *array_push(&dump->functions, &dump->count, &dump->capacity) = function;
}

/* Walks over one line entry; `file` becomes NULL where it is that of the entry before. */
static bool take_entry(struct bytes *lines, uint64_t *address, uint32_t *line, const char **file)
{
    *address = bytes_u64(lines);
    *line = bytes_u32(lines);
    bytes_u32(lines); // column
    *file = bytes_string(lines);
    if (*file && strcmp(*file, "\xff") == 0)
        *file = NULL;
    return !lines->failed;
}

/* The lines that were announced for the function, where they are about it. node 20 writes file
 * names that it has freed before, with zeros in them: then nothing of the record can be trusted. */
static void attach_lines(struct parser *parser, struct jitdump_function *function)
{
    enum { V8_SHIFT = 0x40 }; // V8 counts from the header of the ELF file that perf makes of it
    struct bytes lines = parser->lines;
    uint64_t address, first = 0;
    uint32_t line;
    const char *file;
    parser->lines = bytes_of("", 0);
    if (!bytes_left(&lines) || parser->lines_start != function->start)
        return;
    for (struct bytes rest = lines; bytes_left(&rest);) {
        bool is_first = rest.at == lines.at;
        if (!take_entry(&rest, &address, &line, &file) || address < function->start ||
            address - function->start > function->end - function->start + V8_SHIFT)
            return;
        first = is_first || address < first ? address : first;
    }
    function->lines = lines;
    function->lines_base = function->start;
    if (first - function->start == V8_SHIFT)
        function->lines_base = first;
}

static void read_load(struct parser *parser, struct bytes b, uint64_t time_ns)
{
    struct jitdump_function function = {.time_ns = time_ns, .lines = bytes_of("", 0)};
    bytes_skip(&b, 8); // pid and thread
    uint64_t address = bytes_u64(&b);
    function.start = bytes_u64(&b);
    if (!function.start)
        function.start = address;
    function.end = function.start + bytes_u64(&b);
    function.index = bytes_u64(&b);
    function.name = bytes_string(&b);
    if (b.failed || !*function.name)
        return;
    attach_lines(parser, &function);
    add_function(parser, function);
}

/* The same function elsewhere. */
static void read_move(struct parser *parser, struct bytes b, uint64_t time_ns)
{
    bytes_skip(&b, 8); // pid and thread
    uint64_t address = bytes_u64(&b);
    bytes_skip(&b, 8); // where it was
    uint64_t start = bytes_u64(&b), size = bytes_u64(&b), index = bytes_u64(&b);
    uint32_t known = hash_map_get(&parser->by_index, index);
    if (b.failed || known == HASH_MAP_NONE)
        return;
    struct jitdump_function function = parser->dump->functions[known];
    function.start = start ? start : address;
    function.end = function.start + size;
    function.time_ns = time_ns;
    add_function(parser, function);
}

/* Comes before the function it is about. Entries end with the record, but for padding. */
static void read_debug_info(struct parser *parser, struct bytes b)
{
    enum { PADDING = 8 };
    uint64_t address, start = bytes_u64(&b), count = bytes_u64(&b);
    uint32_t line;
    const char *file;
    struct bytes lines = b;
    parser->lines = bytes_of("", 0);
    if (b.failed || count > bytes_left(&b) / (ENTRY_SIZE + 1))
        return;
    while (count-- > 0 && take_entry(&b, &address, &line, &file))
        ;
    if (b.failed || bytes_left(&b) >= PADDING)
        return;
    parser->lines = bytes_of(lines.at, (size_t)(b.at - lines.at));
    parser->lines_start = start;
}

static void read_records(struct parser *parser, struct bytes in)
{
    while (bytes_left(&in) >= RECORD_HEADER_SIZE) {
        uint32_t kind = bytes_u32(&in), size = bytes_u32(&in);
        uint64_t time_ns = bytes_u64(&in);
        // the compiler may have been killed while it wrote the last one
        const uint8_t *body =
            size < RECORD_HEADER_SIZE ? NULL : bytes_take(&in, size - RECORD_HEADER_SIZE);
        if (!body)
            return;
        struct bytes b = bytes_of(body, size - RECORD_HEADER_SIZE);
        if (kind == CODE_LOAD)
            read_load(parser, b, time_ns);
        else if (kind == CODE_MOVE)
            read_move(parser, b, time_ns);
        else if (kind == CODE_DEBUG_INFO)
            read_debug_info(parser, b);
        else if (kind == CODE_CLOSE)
            return;
    }
}

static int compare_by_start(const void *left, const void *right)
{
    const struct jitdump_function *a = left, *b = right;
    if (a->start != b->start)
        return a->start < b->start ? -1 : 1;
    return a->order < b->order ? -1 : a->order > b->order;
}

int jitdump_parse(struct jitdump *dump, struct bytes bytes, struct error *error)
{
    *dump = (struct jitdump){0};
    struct parser parser = {.dump = dump, .lines = bytes_of("", 0)};
    if (read_header(&parser, &bytes, error) < 0)
        return -1;
    read_records(&parser, bytes);
    hash_map_release(&parser.by_index);
    if (dump->count)
        qsort(dump->functions, dump->count, sizeof *dump->functions, compare_by_start);
    uint64_t reach = 0;
    for (uint32_t i = 0; i < dump->count; i++) {
        struct jitdump_function *function = &dump->functions[i];
        reach = function->end > reach ? function->end : reach;
        function->reach = reach;
    }
    return 0;
}

void jitdump_release(struct jitdump *dump)
{
    free(dump->functions);
    *dump = (struct jitdump){0};
}

static bool is_before(const struct jitdump_function *a, const struct jitdump_function *b)
{
    return a->time_ns != b->time_ns ? a->time_ns < b->time_ns : a->order < b->order;
}

/* Keeps the array in the order of time; when it is full, the first ones go. */
static uint32_t insert(const struct jitdump_function **found, uint32_t count, uint32_t room,
                       const struct jitdump_function *function)
{
    uint32_t at = count;
    while (at && is_before(function, found[at - 1]))
        at--;
    if (count < room) {
        memmove(&found[at + 1], &found[at], (count - at) * sizeof(const struct jitdump_function *));
        found[at] = function;
        return count + 1;
    }
    if (at) {
        memmove(&found[0], &found[1], (at - 1) * sizeof(const struct jitdump_function *));
        found[at - 1] = function;
    }
    return count;
}

uint32_t jitdump_find(const struct jitdump *dump, uint64_t address,
                      const struct jitdump_function **found, uint32_t room)
{
    enum { MAX_STEPS = 8192 }; // damaged files may pile functions upon each other
    uint32_t low = 0, high = dump->count, count = 0;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (dump->functions[middle].start <= address)
            low = middle + 1;
        else
            high = middle;
    }
    for (uint32_t i = low, steps = 0; i-- > 0 && steps < MAX_STEPS; steps++) {
        const struct jitdump_function *function = &dump->functions[i];
        if (function->reach <= address)
            break;
        if (address < function->end)
            count = insert(found, count, function->time_ns ? room : 1, function);
    }
    return count;
}

bool jitdump_line(const struct jitdump_function *function, uint64_t address, const char **file,
                  uint32_t *line)
{
    uint64_t wanted = address - function->start + function->lines_base, at, best = 0;
    const char *name, *last = NULL;
    bool is_known = false;
    for (struct bytes b = function->lines; bytes_left(&b);) {
        uint32_t number;
        if (!take_entry(&b, &at, &number, &name))
            break;
        last = name ? name : last;
        if (at > wanted || (is_known && at < best))
            continue;
        best = at;
        *line = number;
        *file = last ? last : "";
        is_known = true;
    }
    return is_known && *line;
}
