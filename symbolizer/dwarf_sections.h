/* SPDX-License-Identifier: MIT */
/*
 * dwarf_sections.h - the DWARF sections of an ELF image, read and inflated on first use.
 *
 * The table says which of them libdwarf may see. It gets no line tables, range lists, location
 * lists, frames or macros: release 20210528 frees memory twice on damaged .debug_rnglists (4 % of
 * mutated files), and loads .debug_loclists, often the largest section, without using it. Nor does
 * it inflate: it refuses ratios above 16, which Debian's own debug files exceed.
 */
#ifndef PROF_SYMBOLIZER_DWARF_SECTIONS_H
#define PROF_SYMBOLIZER_DWARF_SECTIONS_H

#include "symbolizer/decoding_work.h"
#include "symbolizer/section_contents.h"

enum dwarf_section {
    DWARF_INFO,
    DWARF_ABBREV,
    DWARF_STR,
    DWARF_LINE_STR,
    DWARF_STR_OFFSETS,
    DWARF_ADDR,
    DWARF_SHOWN_COUNT, /* up to here for libdwarf; from here for our own readers */
    DWARF_LINE = DWARF_SHOWN_COUNT,
    DWARF_ARANGES,
    DWARF_RANGES,
    DWARF_RNGLISTS,
    DWARF_SECTION_COUNT
};

struct dwarf_sections {
    const struct elf_image *image;
    struct {
        const struct elf_section *section; /* NULL: the image has none */
        struct section_contents contents;
        bool loaded;
    } entries[DWARF_SECTION_COUNT];
    struct error error;         /* of the first section that could not be read; text "": none */
    struct decoding_work *work; /* for their tables; NULL: there is no limit */
};

void dwarf_sections_init(struct dwarf_sections *sections, const struct elf_image *image);
/* Those of a .dwo or .dwp file, whose names end in ".dwo". */
void dwarf_sections_init_split(struct dwarf_sections *sections, const struct elf_image *image);
/* The contents of others, which must have been loaded and must stay. */
void dwarf_sections_borrow(struct dwarf_sections *sections, const struct dwarf_sections *from);
/* Leaves of a section the part that is told; nothing when it is not inside. */
void dwarf_sections_cut(struct dwarf_sections *sections, enum dwarf_section which, uint64_t offset,
                        uint64_t size);
void dwarf_sections_release(struct dwarf_sections *sections);

/* Reads all of them, compressed ones with at most that many threads. From here on the contents may
 * be used by several threads. */
void dwarf_sections_load(struct dwarf_sections *sections, uint32_t threads);

/* The standard name (".debug_info"), whatever the image calls it. */
const char *dwarf_section_name(enum dwarf_section which);

/* The plain bytes, empty when the section is missing or damaged. */
struct bytes dwarf_sections_bytes(struct dwarf_sections *sections, enum dwarf_section which);

/* Adds the work that they are worth, when they have been loaded. */
void dwarf_sections_add_work(const struct dwarf_sections *sections);

/* The plain size, known without inflating. */
uint64_t dwarf_sections_size(const struct dwarf_sections *sections, enum dwarf_section which);

/* Whether the image has debug information of its own (and not only its section headers). */
bool dwarf_sections_exist(const struct elf_image *image);

#endif
