/* SPDX-License-Identifier: MIT */
/*
 * dwarf_sections.c - finds and reads DWARF sections.
 */
#include "symbolizer/dwarf_sections.h"

#include "profiler/base/text.h"

#include <elf.h>
#include <string.h>

static const char *const names[DWARF_SECTION_COUNT] = {
    [DWARF_INFO] = ".debug_info",
    [DWARF_ABBREV] = ".debug_abbrev",
    [DWARF_STR] = ".debug_str",
    [DWARF_LINE_STR] = ".debug_line_str",
    [DWARF_STR_OFFSETS] = ".debug_str_offsets",
    [DWARF_ADDR] = ".debug_addr",
    [DWARF_LINE] = ".debug_line",
    [DWARF_ARANGES] = ".debug_aranges",
    [DWARF_RANGES] = ".debug_ranges",
    [DWARF_RNGLISTS] = ".debug_rnglists",
};

static const struct elf_section *find(const struct elf_image *image, enum dwarf_section which)
{
    const struct elf_section *section = elf_image_section(image, names[which]);
    if (section)
        return section->type == SHT_NOBITS ? NULL : section;
    struct text old = TEXT_INIT;
    text_printf(&old, ".z%s", names[which] + 1);
    section = elf_image_section(image, old.data);
    text_release(&old);
    return section;
}

bool dwarf_sections_exist(const struct elf_image *image)
{
    return find(image, DWARF_INFO) && find(image, DWARF_ABBREV);
}

void dwarf_sections_init(struct dwarf_sections *sections, const struct elf_image *image)
{
    *sections = (struct dwarf_sections){.image = image};
    for (int i = 0; i < DWARF_SECTION_COUNT; i++)
        sections->entries[i].section = find(image, (enum dwarf_section)i);
}

void dwarf_sections_release(struct dwarf_sections *sections)
{
    for (int i = 0; i < DWARF_SECTION_COUNT; i++)
        section_contents_release(&sections->entries[i].contents);
}

const char *dwarf_section_name(enum dwarf_section which)
{
    return names[which];
}

struct bytes dwarf_sections_bytes(struct dwarf_sections *sections, enum dwarf_section which)
{
    struct section_contents *contents = &sections->entries[which].contents;
    const struct elf_section *section = sections->entries[which].section;
    struct error error = {0};
    if (section && !sections->entries[which].loaded) {
        sections->entries[which].loaded = true;
        if (section_contents_init(contents, sections->image, section, &error) < 0 &&
            !*sections->error.text)
            sections->error = error;
    }
    return bytes_of(contents->data ? contents->data : (const uint8_t *)"", contents->size);
}

uint64_t dwarf_sections_size(const struct dwarf_sections *sections, enum dwarf_section which)
{
    const struct elf_section *section = sections->entries[which].section;
    return section ? section_contents_size(sections->image, section) : 0;
}
