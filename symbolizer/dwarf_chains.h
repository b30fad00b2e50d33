/* SPDX-License-Identifier: MIT */
/*
 * dwarf_chains.h - which function of a unit an address is in, and which inlined calls led there.
 */
#ifndef PROF_SYMBOLIZER_DWARF_CHAINS_H
#define PROF_SYMBOLIZER_DWARF_CHAINS_H

#include "symbolizer/dwarf_functions.h"
#include "symbolizer/dwarf_lines.h"

/*
 * Finds the function around each target of the unit, and appends the frames of its chain to the
 * batch, innermost first (none for a target without function). The lines of the targets must be
 * resolved already: they are those of the innermost frames. An inlined function whose name cannot
 * be had is left out; the name of the outermost one is then 0.
 */
void dwarf_chains_resolve(struct dwarf_functions *functions, struct dwarf_unit *unit,
                          struct dwarf_target *targets, uint32_t count, struct lookup_batch *batch);

#endif
