/* SPDX-License-Identifier: MIT */
/*
 * dwarf_names.h - what the entries of functions say about them, for one thread.
 *
 * Like dwarf_functions.h, but by our own decoder: follows abstract origins and specifications into
 * other units, and into the file that dwz moved common parts to. Reads only what all threads share;
 * decoders and answers are kept for one thread, so that each origin is read once.
 */
#ifndef PROF_SYMBOLIZER_DWARF_NAMES_H
#define PROF_SYMBOLIZER_DWARF_NAMES_H

#include "profiler/base/hash_map.h"
#include "profiler/base/string_table.h"
#include "symbolizer/dwarf_units.h"

/* A decoder and where what it reads belongs: files are numbered by `unit` of `file_units`, which
 * for the entries of a .dwo file is the skeleton in the main file. */
struct dwarf_body {
    struct dwarf_decoder decoder;
    const struct dwarf_units *units;
    struct dwarf_units *file_units;
    uint32_t unit;
};

/* Strings are those of the names' own table; 0 where there is none. */
struct dwarf_description {
    uint32_t name, linkage_name;
    struct dwarf_units *file_units; /* NULL: no file */
    uint32_t unit;
    uint32_t line; /* 0: not known */
    uint64_t file; /* as the unit's line table numbers it */
};

struct dwarf_names {
    struct hash_map by_offset; /* entry -> index into descriptions */
    struct dwarf_description *descriptions;
    uint32_t count, capacity;
    /* Each name once, copied while it is at hand: its section may be out of memory by the time that
     * the caller's thread asks for it. */
    struct string_table strings;
    struct hash_map by_unit; /* unit -> index into bodies */
    struct dwarf_body **bodies;
    uint32_t body_count, body_capacity;
    const struct dwarf_units *main;
    bool lacks_shared; /* a name is in a file shared by dwz, which was not found */
};

void dwarf_names_init(struct dwarf_names *names, const struct dwarf_units *units);
void dwarf_names_release(struct dwarf_names *names);

/* The index of the description of a function, whose entry was read from `body`, at entry->offset.
 * Indices stay valid, pointers do not. */
uint32_t dwarf_names_of(struct dwarf_names *names, struct dwarf_body *body,
                        const struct dwarf_entry *entry);

#endif
