/* SPDX-License-Identifier: MIT */
/*
 * dwarf_lines.c - opens the line tables of units, and renders paths.
 */
#include "symbolizer/dwarf_lines.h"

#include "profiler/base/memory.h"
#include "profiler/base/text.h"
#include "symbolizer/dwarf_line_match.h"

#include <stdlib.h>
#include <string.h>

/* A unit's files; kept after its rows were used, for the attributes that name a file. */
struct dwarf_lines {
    const char *unit_directory;    /* NULL: none */
    struct dwarf_line_table table; /* without files when it could not be read */
    uint32_t *paths;               /* string ids of the table's files, 0: not rendered yet */
};

uint32_t dwarf_target_first(const struct dwarf_target *targets, uint32_t count, uint64_t address)
{
    uint32_t low = 0, high = count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (targets[middle].address < address)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

void dwarf_lines_release(struct dwarf_units *units)
{
    for (uint32_t i = 0; i < units->count; i++) {
        struct dwarf_lines *lines = units->units[i].lines;
        if (!lines)
            continue;
        dwarf_line_table_release(&lines->table);
        free(lines->paths);
        free(lines);
        units->units[i].lines = NULL;
    }
}

static struct dwarf_lines *open_lines(struct dwarf_units *units, const struct dwarf_unit *unit)
{
    struct dwarf_lines *lines = memory_new(1, sizeof *lines);
    struct dwarf_line_sections sections = {
        .line = dwarf_sections_bytes(units->sections, DWARF_LINE),
        .line_strings = dwarf_sections_bytes(units->sections, DWARF_LINE_STR),
        .strings = dwarf_sections_bytes(units->sections, DWARF_STR),
    };
    struct decoding_work *work = units->sections->work;
    lines->unit_directory = unit->entry.directory;
    if (unit->entry.lines == DWARF_NONE || decoding_work_is_over(work) ||
        !dwarf_line_table_init(&lines->table, &sections, unit->entry.lines,
                               unit->ranges.address_size))
        return lines;
    lines->paths = memory_new(lines->table.file_count, sizeof *lines->paths);
    decoding_work_take(work,
                       (uint64_t)(lines->table.program.at - sections.line.at) - unit->entry.lines);
    return lines;
}

static void append_path(struct text *path, const char *part)
{
    if (!part || !*part)
        return;
    if (part[0] == '/')
        path->length = 0;
    else if (path->length && path->data[path->length - 1] != '/')
        text_append_char(path, '/');
    text_append_string(path, part);
}

/* Drops "." and "x/.." as far as the text tells, so that one file has one name. */
static void normalise(struct text *path)
{
    size_t out = 0;
    for (size_t in = 0, size; in < path->length; in += size) {
        size_t slash = path->data[in] == '/';
        size = slash + strcspn(path->data + in + slash, "/");
        const char *part = path->data + in + slash;
        size_t part_size = size - slash;
        if (slash && part_size <= 1 && (part_size == 0 || part[0] == '.'))
            continue;
        if (slash && out && part_size == 2 && memcmp(part, "..", 2) == 0) {
            size_t last = out;
            while (last > 0 && path->data[last - 1] != '/')
                last--;
            bool climbs = out - last == 2 && memcmp(path->data + last, "..", 2) == 0;
            if (last > 0 && !climbs) {
                out = last - 1;
                continue;
            }
        }
        memmove(path->data + out, path->data + in, size);
        out += size;
    }
    path->length = out;
    path->data[out] = '\0';
}

static uint32_t render_path(const struct dwarf_lines *lines, const struct dwarf_line_file *file,
                            struct string_table *strings)
{
    struct text path = TEXT_INIT;
    const char *directory = dwarf_line_table_directory(&lines->table, file->directory);
    // directory 0 of version 5 repeats the unit's, which need not be absolute
    bool repeats =
        directory && lines->unit_directory && strcmp(directory, lines->unit_directory) == 0;
    append_path(&path, lines->unit_directory);
    append_path(&path, repeats ? NULL : directory);
    append_path(&path, file->name);
    normalise(&path);
    uint32_t id = string_table_add(strings, path.data, path.length);
    text_release(&path);
    return id;
}

static uint32_t file_path(struct dwarf_lines *lines, uint64_t index, struct string_table *strings)
{
    const struct dwarf_line_file *file = dwarf_line_table_file(&lines->table, index);
    if (!file || !file->name || !*file->name)
        return 0;
    uint32_t *path = &lines->paths[file - lines->table.files];
    if (!*path)
        *path = render_path(lines, file, strings);
    return *path;
}

void dwarf_lines_match(struct dwarf_units *units, struct dwarf_unit *unit,
                       struct dwarf_target *targets, uint32_t count)
{
    if (!unit->lines)
        unit->lines = open_lines(units, unit);
    struct dwarf_line_wanted *wanted = memory_new(count, sizeof *wanted);
    for (uint32_t i = 0; i < count; i++)
        wanted[i].address = targets[i].address;
    // a unit's own, as a rule, which is read once
    bool may_read =
        decoding_work_take(units->sections->work, 4 * bytes_left(&unit->lines->table.program));
    if (units->dbg && may_read) // the path that everything else is compared with stays simple
        dwarf_line_match_rows(&unit->lines->table, units->sections->image, wanted, count);
    else if (unit->lines->table.version && may_read)
        dwarf_line_match(&unit->lines->table, units->sections->image, wanted, count);
    for (uint32_t i = 0; i < count; i++) {
        targets[i].line_file = wanted[i].found ? wanted[i].file : DWARF_NONE;
        targets[i].line = wanted[i].line > UINT32_MAX ? 0 : (uint32_t)wanted[i].line;
        targets[i].discriminator = (uint32_t)wanted[i].discriminator;
    }
    free(wanted);
}

void dwarf_lines_publish(struct dwarf_units *units, struct dwarf_unit *unit,
                         const struct dwarf_target *targets, uint32_t count,
                         struct string_table *strings)
{
    for (uint32_t i = 0; i < count; i++) {
        struct lookup *lookup = targets[i].lookup;
        lookup->file = dwarf_lines_file(units, unit, targets[i].line_file, strings);
        lookup->line = targets[i].line;
        lookup->discriminator = targets[i].discriminator;
    }
}

uint32_t dwarf_lines_file(struct dwarf_units *units, struct dwarf_unit *unit, uint64_t index,
                          struct string_table *strings)
{
    if (index == DWARF_NONE)
        return 0;
    if (!unit->lines)
        unit->lines = open_lines(units, unit);
    return file_path(unit->lines, index, strings);
}
