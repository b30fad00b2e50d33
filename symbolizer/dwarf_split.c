/* SPDX-License-Identifier: MIT */
/*
 * dwarf_split.c - finds the rest of units by name and id.
 */
#include "symbolizer/dwarf_split.h"

#include "profiler/base/memory.h"
#include "profiler/base/path.h"

#include <libgen.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_COLUMNS = 16 };

void dwarf_split_init(struct dwarf_split *split, const char *path, const char *sysroot,
                      struct file_trust *trust)
{
    *split = (struct dwarf_split){.path = path, .sysroot = sysroot, .trust = trust};
}

static void free_unit(struct dwarf_split_unit *rest)
{
    dwarf_units_release(&rest->units);
    dwarf_sections_release(&rest->sections);
    elf_image_release(&rest->image);
    free(rest);
}

void dwarf_split_release(struct dwarf_split *split)
{
    for (uint32_t i = 0; i < split->count; i++)
        free_unit(split->opened[i]);
    free(split->opened);
    if (split->has_package) {
        dwarf_sections_release(&split->package_sections);
        elf_image_release(&split->package);
    }
    text_release(&split->missing);
    *split = (struct dwarf_split){0};
}

static uint64_t id_of(const struct dwarf_unit *unit)
{
    return unit->header.dwo_id != DWARF_NONE ? unit->header.dwo_id : unit->entry.dwo_id;
}

/* The unit of that id among those of the file. */
static bool find_id(struct dwarf_split_unit *rest, uint64_t id)
{
    for (uint32_t i = 0; i < rest->units.count; i++) {
        if (id_of(dwarf_units_get(&rest->units, i)) != id)
            continue;
        rest->index = i;
        return true;
    }
    return false;
}

/* Range lists of version 5 are beside the entries; older ones stayed in the main file, from where
 * the skeleton says. Addresses are always in the main file. */
static void set_ranges(struct dwarf_split_unit *rest, const struct dwarf_unit *skeleton)
{
    const struct dwarf_header *header = &rest->units.units[rest->index].header;
    bool is_5 = header->version >= 5;
    rest->ranges = skeleton->ranges;
    rest->ranges.version = header->version;
    rest->ranges.address_size = header->address_size;
    rest->ranges.offset_size = header->offset_size;
    rest->ranges.list_base = (header->offset_size == 8 ? 12 : 4) + 8;
    if (is_5)
        rest->ranges.ranges = dwarf_sections_bytes(&rest->sections, DWARF_RNGLISTS);
    else if (skeleton->entry.ranges_base != DWARF_NONE)
        bytes_skip(&rest->ranges.ranges, skeleton->entry.ranges_base);
}

static bool accept(struct dwarf_split *split, struct dwarf_split_unit *rest,
                   struct dwarf_unit *skeleton)
{
    dwarf_sections_load(&rest->sections, 1);
    rest->sections.work = split->work;
    dwarf_sections_add_work(&rest->sections);
    dwarf_units_init(&rest->units, NULL, &rest->sections);
    if (!find_id(rest, id_of(skeleton))) {
        free_unit(rest);
        return false;
    }
    set_ranges(rest, skeleton);
    skeleton->split = rest;
    *array_push(&split->opened, &split->count, &split->capacity) = rest;
    return true;
}

static bool try_file(struct dwarf_split *split, struct dwarf_unit *skeleton, const char *path)
{
    struct elf_image image;
    if (file_trust_open(split->trust, &image, path, NULL) < 0)
        return false;
    struct dwarf_split_unit *rest = memory_new(1, sizeof *rest);
    rest->image = image;
    dwarf_sections_init_split(&rest->sections, &rest->image);
    return accept(split, rest, skeleton);
}

/* Where the compiler left it, and beside the program, where those who move both put it. */
static bool find_file(struct dwarf_split *split, struct dwarf_unit *skeleton)
{
    const char *name = skeleton->entry.dwo_name, *directory = skeleton->entry.directory;
    const char *sysroot = split->sysroot ? split->sysroot : "";
    if (!name)
        return false;
    struct text path = TEXT_INIT, beside = TEXT_INIT;
    bool is_relative = name[0] != '/' && directory;
    text_printf(&path, "%s%s%s%s", sysroot, is_relative ? directory : "", is_relative ? "/" : "",
                name);
    char *copy = memory_copy_string(split->path);
    text_printf(&beside, "%s/%s", dirname(copy), path_base_name(name));
    bool found = try_file(split, skeleton, path.data) || try_file(split, skeleton, beside.data);
    if (!found && !split->missing.length)
        text_append_string(&split->missing, path.data);
    text_release(&path);
    text_release(&beside);
    free(copy);
    return found;
}

static void open_package(struct dwarf_split *split)
{
    struct text path = TEXT_INIT;
    split->looked_for_package = true;
    text_printf(&path, "%s.dwp", split->path);
    split->has_package = file_trust_open(split->trust, &split->package, path.data, NULL) == 0;
    if (split->has_package) {
        dwarf_sections_init_split(&split->package_sections, &split->package);
        dwarf_sections_load(&split->package_sections, 1);
    }
    text_release(&path);
}

/* The index of a package (DWARF 5, 7.3.5; version 2 is GNU's): a hash table of ids, and for each
 * unit a row of offsets and sizes, one column for each section. */
struct package_index {
    uint16_t version;
    uint32_t columns, units, slots;
    const uint8_t *ids, *rows, *sections, *offsets, *sizes;
};

static uint32_t u32_at(const uint8_t *table, uint64_t index)
{
    uint32_t value;
    memcpy(&value, table + 4 * index, sizeof value);
    return value;
}

static bool read_index(struct package_index *index, struct bytes b)
{
    *index = (struct package_index){.version = bytes_u16(&b)};
    bytes_u16(&b); // the upper half of version 2's number, padding in version 5
    index->columns = bytes_u32(&b);
    index->units = bytes_u32(&b);
    index->slots = bytes_u32(&b);
    index->ids = bytes_take(&b, 8 * (size_t)index->slots);
    index->rows = bytes_take(&b, 4 * (size_t)index->slots);
    index->sections = bytes_take(&b, 4 * (size_t)index->columns);
    index->offsets = bytes_take(&b, 4 * (size_t)index->columns * index->units);
    index->sizes = bytes_take(&b, 4 * (size_t)index->columns * index->units);
    bool is_power = index->slots && !(index->slots & (index->slots - 1));
    return !b.failed && is_power && index->columns <= MAX_COLUMNS &&
           (index->version == 2 || index->version == 5);
}

/* The row of an id, counted from 1; 0: none. A third of the slots is free and ids are random, so
 * that a long search leads nowhere. */
static uint32_t find_row(const struct package_index *index, uint64_t id)
{
    enum { MOST_STEPS = 512 };
    uint32_t mask = index->slots - 1, slot = (uint32_t)id & mask;
    uint32_t step = ((uint32_t)(id >> 32) & mask) | 1;
    for (uint32_t i = 0; i < index->slots && i < MOST_STEPS; i++, slot = (slot + step) & mask) {
        uint64_t found;
        memcpy(&found, index->ids + 8 * (size_t)slot, sizeof found);
        uint32_t row = u32_at(index->rows, slot);
        if (!row || found == id)
            return row <= index->units ? row : 0;
    }
    return 0;
}

static enum dwarf_section section_of(const struct package_index *index, uint32_t column)
{
    switch (u32_at(index->sections, column)) {
    case 1:
        return DWARF_INFO;
    case 3:
        return DWARF_ABBREV;
    case 6:
        return DWARF_STR_OFFSETS;
    case 8:
        return index->version == 5 ? DWARF_RNGLISTS : DWARF_SECTION_COUNT;
    default: // lines of types, locations, macros
        return DWARF_SECTION_COUNT;
    }
}

static bool find_in_package(struct dwarf_split *split, struct dwarf_unit *skeleton)
{
    struct package_index index;
    const struct elf_section *table = elf_image_section(&split->package, ".debug_cu_index");
    uint32_t row = read_index(&index, elf_image_bytes(&split->package, table))
                       ? find_row(&index, id_of(skeleton))
                       : 0;
    if (!row)
        return false;
    struct dwarf_split_unit *rest = memory_new(1, sizeof *rest);
    dwarf_sections_borrow(&rest->sections, &split->package_sections);
    for (uint32_t column = 0; column < index.columns; column++) {
        enum dwarf_section which = section_of(&index, column);
        uint64_t cell = (uint64_t)(row - 1) * index.columns + column;
        if (which != DWARF_SECTION_COUNT)
            dwarf_sections_cut(&rest->sections, which, u32_at(index.offsets, cell),
                               u32_at(index.sizes, cell));
    }
    return accept(split, rest, skeleton);
}

void dwarf_split_find(struct dwarf_split *split, struct dwarf_unit *unit)
{
    if (unit->split || unit->looked_for_split)
        return;
    unit->looked_for_split = true;
    if (!split->looked_for_package)
        open_package(split);
    if (!split->has_package || !find_in_package(split, unit))
        find_file(split, unit);
}

bool dwarf_split_body(const struct dwarf_split_unit *rest, struct dwarf_units *units,
                      uint32_t index, struct dwarf_body *body)
{
    struct dwarf_unit *skeleton = &units->units[index];
    *body = (struct dwarf_body){.units = &rest->units, .file_units = units, .unit = index};
    if (!dwarf_units_decoder(&rest->units, rest->index, &body->decoder))
        return false;
    body->decoder.addresses = skeleton->ranges.addresses;
    body->decoder.address_base = skeleton->ranges.address_base;
    return true;
}
