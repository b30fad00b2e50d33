/* SPDX-License-Identifier: MIT */
/*
 * libdwarf_entry.h - reads entries through libdwarf.
 */
#ifndef PROF_SYMBOLIZER_LIBDWARF_ENTRY_H
#define PROF_SYMBOLIZER_LIBDWARF_ENTRY_H

#include "symbolizer/dwarf_entry.h"
#include "symbolizer/libdwarf_compat.h"

/* Reads the attributes. What cannot be read counts as not there. */
void libdwarf_entry_read(struct dwarf_entry *entry, Dwarf_Debug dbg, Dwarf_Die die);

#endif
