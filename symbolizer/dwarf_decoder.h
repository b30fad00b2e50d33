/* SPDX-License-Identifier: MIT */
/*
 * dwarf_decoder.h - reads the entries of one unit from the bytes, without libdwarf.
 *
 * For the loops that see millions of entries: libdwarf takes about 130 ns for each attribute and
 * must stay on one thread. What a decoder does not understand it declines (`failed`), and the unit
 * is then left to libdwarf. Reads only; each thread has decoders of its own.
 *
 * Memory: strings borrow from the sections.
 */
#ifndef PROF_SYMBOLIZER_DWARF_DECODER_H
#define PROF_SYMBOLIZER_DWARF_DECODER_H

#include "symbolizer/dwarf_abbrevs.h"
#include "symbolizer/dwarf_entry.h"
#include "symbolizer/dwarf_sections.h"

/* A unit's header (DWARF 5, 7.5.1). Offsets in .debug_info. */
struct dwarf_header {
    uint64_t start, die, end;
    uint64_t abbrevs; /* offset in .debug_abbrev */
    uint64_t dwo_id;  /* DWARF_NONE: none */
    uint16_t version;
    uint8_t type, address_size, offset_size;
};

/* The header at an offset; false when there is none that can be read. */
bool dwarf_header_read(struct dwarf_header *header, struct bytes info, uint64_t offset);

struct dwarf_decoder {
    struct dwarf_header header;
    struct dwarf_abbrevs abbrevs;
    struct bytes info, strings, line_strings, string_offsets, addresses;
    struct bytes shared_strings; /* of dwz's shared file; empty: there is none */
    uint64_t string_offsets_base, address_base;
};

/* The sections must be loaded. Bases are those of a unit that does not name them. */
void dwarf_decoder_init(struct dwarf_decoder *decoder, struct dwarf_sections *sections,
                        const struct dwarf_header *header);
void dwarf_decoder_release(struct dwarf_decoder *decoder);

/* What to read: names cost a look into other sections. */
enum dwarf_wish { DWARF_READ_CODE, DWARF_READ_ALL };

/* The entry whose attributes begin at `at`. False when they cannot be read. `sibling` as in
 * dwarf_abbrev_skip; `*after` is the place after the attributes. */
bool dwarf_decoder_entry(struct dwarf_decoder *decoder, const struct dwarf_abbrev *abbrev,
                         const uint8_t *at, enum dwarf_wish wish, struct dwarf_entry *entry,
                         uint64_t *sibling, const uint8_t **after);

/* The entry at an offset of .debug_info, with all that is read of it. */
bool dwarf_decoder_entry_at(struct dwarf_decoder *decoder, uint64_t offset,
                            struct dwarf_entry *entry);

/* The unit's first entry. Sets the bases from it. */
bool dwarf_decoder_unit(struct dwarf_decoder *decoder, struct dwarf_entry *entry);

#endif
