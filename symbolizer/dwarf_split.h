/* SPDX-License-Identifier: MIT */
/*
 * dwarf_split.h - split DWARF: the rest of a unit in a .dwo file, or in a .dwp that has them all.
 *
 * The main file keeps a skeleton of the unit: its ranges, its lines, its addresses, and the name
 * and id of the file where its entries are (DWARF 5, 3.1.2 and 7.3.2; before it the same as an
 * extension by GNU). Own readers throughout: libdwarf 20210528 cannot read range lists by index in
 * such files, which gcc writes.
 */
#ifndef PROF_SYMBOLIZER_DWARF_SPLIT_H
#define PROF_SYMBOLIZER_DWARF_SPLIT_H

#include "profiler/base/text.h"
#include "symbolizer/dwarf_names.h"
#include "symbolizer/file_trust.h"

/* The rest of one unit. */
struct dwarf_split_unit {
    struct dwarf_sections sections;  /* of the .dwo file, or this unit's parts of the .dwp */
    struct dwarf_units units;        /* those of the file; the rest of our unit is `index` */
    struct dwarf_ranges_unit ranges; /* as its entries refer to ranges */
    uint32_t index;
    struct elf_image image; /* of the .dwo file; nothing for one from a .dwp */
};

struct dwarf_split {
    const char *path;           /* of the main file */
    const char *sysroot;        /* before paths that the debug information names; NULL: none */
    struct file_trust *trust;   /* of the files to open; NULL: all may be */
    struct decoding_work *work; /* NULL: there is no limit */
    struct elf_image package;
    struct dwarf_sections package_sections;
    bool has_package, looked_for_package;
    struct dwarf_split_unit **opened;
    uint32_t count, capacity;
    struct text missing; /* the path of the first file that was not found; empty: none */
};

void dwarf_split_init(struct dwarf_split *split, const char *path, const char *sysroot,
                      struct file_trust *trust);
void dwarf_split_release(struct dwarf_split *split);

/* Looks for the rest of a unit that was read and is split, and sets unit->split; NULL when it is
 * not to be had or belongs to another build. */
void dwarf_split_find(struct dwarf_split *split, struct dwarf_unit *unit);

/* The body to scan instead of the skeleton, unit `index` of `units`; false when it cannot be
 * decoded. The caller releases the decoder. Thread safe. */
bool dwarf_split_body(const struct dwarf_split_unit *rest, struct dwarf_units *units,
                      uint32_t index, struct dwarf_body *body);

#endif
