/* SPDX-License-Identifier: MIT */
/*
 * elf_image.c - reads the tables of an ELF file.
 */
#include "symbolizer/elf_image.h"

#include "profiler/base/memory.h"

#include <elf.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* Files with holes may claim any number. An object file of 100,000 functions, each in a section of
 * its own, has some 300,000 sections; a program has a dozen segments, which are walked for each
 * question. */
enum { MOST_SECTIONS = 4 << 20, MOST_SEGMENTS = 1024 };

/* Where the tables are, from the ELF header. */
struct tables {
    uint64_t segments, sections;
    uint32_t segment_size, segment_count, section_size, section_count, names;
};

static uint64_t read_word(struct bytes *b, bool is_64)
{
    return is_64 ? bytes_u64(b) : bytes_u32(b);
}

static struct bytes range_of(const struct elf_image *image, uint64_t offset, uint64_t size)
{
    if (offset > image->size || size > image->size - offset)
        return bytes_of(image->data, 0);
    return bytes_of(image->data + offset, size);
}

static int read_header(struct elf_image *image, struct tables *tables, struct error *error)
{
    struct bytes b = bytes_of(image->data, image->size);
    const uint8_t *ident = bytes_take(&b, EI_NIDENT);
    if (!ident || memcmp(ident, ELFMAG, SELFMAG) != 0)
        return error_set(error, 0, "not an ELF file");
    if (ident[EI_DATA] != ELFDATA2LSB ||
        (ident[EI_CLASS] != ELFCLASS64 && ident[EI_CLASS] != ELFCLASS32))
        return error_set(error, 0, "not a little-endian ELF file of 32 or 64 bits");
    image->is_64 = ident[EI_CLASS] == ELFCLASS64;
    image->type = bytes_u16(&b);
    image->machine = bytes_u16(&b);
    bytes_skip(&b, 4); // version
    image->entry = read_word(&b, image->is_64);
    tables->segments = read_word(&b, image->is_64);
    tables->sections = read_word(&b, image->is_64);
    bytes_skip(&b, 6); // flags, size of this header
    tables->segment_size = bytes_u16(&b);
    tables->segment_count = bytes_u16(&b);
    tables->section_size = bytes_u16(&b);
    tables->section_count = bytes_u16(&b);
    tables->names = bytes_u16(&b);
    return b.failed ? error_set(error, 0, "the ELF header is cut short") : 0;
}

static struct elf_section read_section(struct bytes b, bool is_64)
{
    struct elf_section s = {.name = ""};
    bytes_skip(&b, 4); // the name, see name_sections
    s.type = bytes_u32(&b);
    s.flags = read_word(&b, is_64);
    s.address = read_word(&b, is_64);
    s.offset = read_word(&b, is_64);
    s.size = read_word(&b, is_64);
    s.link = bytes_u32(&b);
    s.info = bytes_u32(&b);
    read_word(&b, is_64); // alignment
    s.entry_size = read_word(&b, is_64);
    return s;
}

/* Counts that do not fit the header's 16 bits are kept in the null section. */
static void extend_counts(const struct elf_image *image, struct tables *tables)
{
    struct bytes b = range_of(image, tables->sections, tables->section_size);
    if (!bytes_left(&b))
        return;
    struct elf_section null = read_section(b, image->is_64);
    if (tables->section_count == 0 && null.size <= UINT32_MAX)
        tables->section_count = (uint32_t)null.size;
    if (tables->names == SHN_XINDEX)
        tables->names = null.link;
    if (tables->segment_count == PN_XNUM)
        tables->segment_count = null.info;
}

static void name_sections(struct elf_image *image, const struct tables *tables)
{
    if (tables->names >= image->section_count)
        return;
    struct bytes names = bytes_strings(elf_image_bytes(image, &image->sections[tables->names]));
    for (uint32_t i = 1; i < image->section_count; i++) {
        uint64_t at = tables->sections + (uint64_t)i * tables->section_size;
        struct bytes header = range_of(image, at, tables->section_size);
        const char *name = bytes_string_at(&names, bytes_u32(&header));
        image->sections[i].name = name ? name : "";
    }
}

static int read_sections(struct elf_image *image, struct tables *tables, struct error *error)
{
    if (!tables->sections)
        return 0;
    extend_counts(image, tables);
    uint64_t size = (uint64_t)tables->section_count * tables->section_size;
    struct bytes table = range_of(image, tables->sections, size);
    if (bytes_left(&table) != size || tables->section_size < (image->is_64 ? 64u : 40u))
        return error_set(error, 0, "its section table leaves the file (was it cut short?)");
    if (tables->section_count > MOST_SECTIONS)
        return error_set(error, 0, "it has more sections than any (%u)", tables->section_count);
    image->sections = memory_new(tables->section_count + 1u, sizeof *image->sections);
    image->section_count = tables->section_count;
    for (uint32_t i = 0; i < image->section_count; i++)
        image->sections[i] = read_section(
            bytes_of(bytes_take(&table, tables->section_size), tables->section_size), image->is_64);
    name_sections(image, tables);
    return 0;
}

static struct elf_segment read_segment(struct bytes b, bool is_64)
{
    struct elf_segment s = {.type = bytes_u32(&b)};
    if (is_64)
        s.flags = bytes_u32(&b);
    s.offset = read_word(&b, is_64);
    s.address = read_word(&b, is_64);
    read_word(&b, is_64); // physical address
    s.file_size = read_word(&b, is_64);
    s.memory_size = read_word(&b, is_64);
    if (!is_64)
        s.flags = bytes_u32(&b);
    return s;
}

static int read_segments(struct elf_image *image, const struct tables *tables, struct error *error)
{
    if (!tables->segments || !tables->segment_count)
        return 0;
    uint64_t size = (uint64_t)tables->segment_count * tables->segment_size;
    struct bytes table = range_of(image, tables->segments, size);
    if (bytes_left(&table) != size || tables->segment_size < (image->is_64 ? 56u : 32u))
        return error_set(error, 0, "its program headers leave the file");
    if (tables->segment_count > MOST_SEGMENTS)
        return error_set(error, 0, "it has more segments than any (%u)", tables->segment_count);
    image->segments = memory_new(tables->segment_count, sizeof *image->segments);
    image->segment_count = tables->segment_count;
    for (uint32_t i = 0; i < image->segment_count; i++)
        image->segments[i] = read_segment(
            bytes_of(bytes_take(&table, tables->segment_size), tables->segment_size), image->is_64);
    return 0;
}

/* An object file says nothing of addresses: its sections all begin at 0. Here they get places, one
 * after the other, and a segment each, so that nobody else needs to know. */
static void place_sections(struct elf_image *image)
{
    enum { ALIGNMENT = 4096 };
    uint64_t next = ALIGNMENT;
    if (image->type != ET_REL || image->segment_count)
        return;
    image->segments = memory_new(image->section_count + 1u, sizeof *image->segments);
    image->is_placed = true;
    for (uint32_t i = 1; i < image->section_count; i++) {
        struct elf_section *section = &image->sections[i];
        if (!(section->flags & SHF_ALLOC) || section->size >> 40) // larger than any file of today
            continue;
        section->address = next;
        next += (section->size + 2 * ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
        image->segments[image->segment_count++] = (struct elf_segment){
            .type = PT_LOAD,
            .flags = section->flags & SHF_EXECINSTR ? PF_R | PF_X : PF_R,
            .offset = section->offset,
            .address = section->address,
            .file_size = section->type == SHT_NOBITS ? 0 : section->size,
            .memory_size = section->size,
        };
    }
}

/* Looks through the notes for the build-id. Returns whether it is there. */
static bool find_build_id(struct elf_image *image, struct bytes notes, uint32_t *left)
{
    while (bytes_left(&notes) >= 12 && *left) {
        --*left;
        uint32_t name_size = bytes_u32(&notes);
        uint32_t size = bytes_u32(&notes);
        uint32_t type = bytes_u32(&notes);
        const uint8_t *name = bytes_take(&notes, ((uint64_t)name_size + 3) & ~3ull);
        const uint8_t *id = bytes_take(&notes, size);
        if (!id)
            return false;
        if (type == NT_GNU_BUILD_ID && name_size == 4 && memcmp(name, "GNU", 4) == 0 && size &&
            size <= ELF_IMAGE_BUILD_ID_MAX) {
            image->build_id = id;
            image->build_id_size = size;
            return true;
        }
        bytes_skip(&notes, -size & 3);
    }
    return false;
}

/* Sections first: in a debug file the segments' offsets may refer to the stripped contents. */
static void read_build_id(struct elf_image *image)
{
    enum { MOST_NOTES = 65536 }; // a program has five
    uint32_t left = MOST_NOTES;
    for (uint32_t i = 0; i < image->section_count; i++) {
        const struct elf_section *section = &image->sections[i];
        if (section->type == SHT_NOTE &&
            find_build_id(image, elf_image_bytes(image, section), &left))
            return;
    }
    for (uint32_t i = 0; i < image->segment_count; i++) {
        const struct elf_segment *segment = &image->segments[i];
        if (segment->type == PT_NOTE &&
            find_build_id(image, range_of(image, segment->offset, segment->file_size), &left))
            return;
    }
}

int elf_image_init(struct elf_image *image, const void *data, size_t size, struct error *error)
{
    struct tables tables = {0};
    struct elf_image read = {.data = data, .size = size};
    if (read_header(&read, &tables, error) < 0 || read_sections(&read, &tables, error) < 0 ||
        read_segments(&read, &tables, error) < 0) {
        elf_image_release(&read);
        return -1;
    }
    place_sections(&read);
    read_build_id(&read);
    *image = read;
    return 0;
}

int elf_image_take(struct elf_image *image, struct mapped_file *file, const char *path,
                   struct error *error)
{
    struct error why = {0};
    if (elf_image_init(image, file->data, file->size, &why) < 0) {
        mapped_file_close(file);
        return error_set(error, 0, "cannot use %s: %s", path, why.text);
    }
    image->file = *file;
    return 0;
}

int elf_image_open(struct elf_image *image, const char *path, struct error *error)
{
    struct mapped_file file;
    if (mapped_file_open(&file, path, error) < 0)
        return -1;
    return elf_image_take(image, &file, path, error);
}

void elf_image_release(struct elf_image *image)
{
    free(image->sections);
    free(image->segments);
    mapped_file_close(&image->file);
    *image = (struct elf_image){0};
}

const struct elf_section *elf_image_section(const struct elf_image *image, const char *name)
{
    const struct elf_section *grouped = NULL;
    for (uint32_t i = 1; i < image->section_count; i++) {
        const struct elf_section *section = &image->sections[i];
        if (strcmp(section->name, name) != 0)
            continue;
        if (image->type != ET_REL || !(section->flags & SHF_GROUP))
            return section;
        grouped = grouped ? grouped : section;
    }
    return grouped;
}

const struct elf_section *elf_image_section_of_type(const struct elf_image *image, uint32_t type)
{
    for (uint32_t i = 1; i < image->section_count; i++) {
        if (image->sections[i].type == type)
            return &image->sections[i];
    }
    return NULL;
}

struct bytes elf_image_bytes(const struct elf_image *image, const struct elf_section *section)
{
    if (!section || section->type == SHT_NOBITS)
        return bytes_of(image->data, 0);
    return range_of(image, section->offset, section->size);
}

struct bytes elf_image_bytes_at(const struct elf_image *image, uint64_t address)
{
    for (uint32_t i = 0; i < image->segment_count; i++) {
        const struct elf_segment *segment = &image->segments[i];
        uint64_t into = address - segment->address;
        if (segment->type == PT_LOAD && address >= segment->address && into < segment->file_size)
            return range_of(image, segment->offset + into, segment->file_size - into);
    }
    return bytes_of(image->data, 0);
}

/* Of many, as object files have them, in ascending order; others have a few in any. Returns the
 * first that may hold the address. */
static uint32_t first_segment(const struct elf_image *image, uint64_t address)
{
    uint32_t low = 0, high = image->is_placed ? image->segment_count : 0;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        const struct elf_segment *segment = &image->segments[middle];
        if (segment->address + segment->memory_size <= address)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

bool elf_image_is_code(const struct elf_image *image, uint64_t address)
{
    if (address <= 1)
        return false;
    for (uint32_t i = first_segment(image, address); i < image->segment_count; i++) {
        const struct elf_segment *segment = &image->segments[i];
        if (image->is_placed && segment->address > address)
            return false;
        if (segment->type == PT_LOAD && (segment->flags & PF_X) && address >= segment->address &&
            address - segment->address < segment->memory_size)
            return true;
    }
    return false;
}

bool elf_image_has_build_id(const struct elf_image *image, const uint8_t *id, uint32_t size)
{
    return size && image->build_id_size == size && memcmp(image->build_id, id, size) == 0;
}

const char *elf_image_debug_link(const struct elf_image *image, uint32_t *crc)
{
    struct bytes b = elf_image_bytes(image, elf_image_section(image, ".gnu_debuglink"));
    const uint8_t *start = b.at;
    const char *name = bytes_string(&b);
    if (!name || !*name || strlen(name) > NAME_MAX) // the name of a file
        return NULL;
    bytes_skip(&b, (size_t)(start - b.at) & 3);
    *crc = bytes_u32(&b);
    return b.failed ? NULL : name;
}
