/* SPDX-License-Identifier: MIT */
/*
 * dwarf_fallback.h - resolves units through libdwarf.
 *
 * For units that our own decoder declines, and, asked for by symbolizer_options.only_libdwarf, for
 * all: the slow path that the fast one is compared with. On one thread only, as libdwarf demands.
 */
#ifndef PROF_SYMBOLIZER_DWARF_FALLBACK_H
#define PROF_SYMBOLIZER_DWARF_FALLBACK_H

#include "symbolizer/dwarf_lines.h"

struct dwarf_fallback;

/* Opens libdwarf over the sections; `shared` (NULL: none) are those of dwz's shared file. NULL on
 * failure, with the error filled. */
struct dwarf_fallback *dwarf_fallback_open(struct dwarf_sections *sections,
                                           struct dwarf_sections *shared,
                                           struct string_table *strings, struct error *error);
void dwarf_fallback_close(struct dwarf_fallback *fallback);

struct dwarf_units *dwarf_fallback_units(struct dwarf_fallback *fallback);

/* Resolves targets of one unit, by its place in the units above. */
void dwarf_fallback_resolve(struct dwarf_fallback *fallback, uint32_t unit,
                            struct dwarf_target *targets, uint32_t count,
                            struct lookup_batch *batch);

/* Whether a name was in dwz's shared file, which is not there. */
bool dwarf_fallback_lacks_shared(const struct dwarf_fallback *fallback);

#endif
