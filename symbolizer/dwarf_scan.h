/* SPDX-License-Identifier: MIT */
/*
 * dwarf_scan.h - finds the functions and inlined calls around the addresses of a unit, fast.
 *
 * One pass over the unit's bytes: types and functions that hold no target are jumped over, and the
 * rest is decoded by dwarf_decoder. Gives the same chains as dwarf_chains, which does it with
 * libdwarf and is the oracle. Touches nothing that other threads write.
 */
#ifndef PROF_SYMBOLIZER_DWARF_SCAN_H
#define PROF_SYMBOLIZER_DWARF_SCAN_H

#include "symbolizer/dwarf_lines.h"
#include "symbolizer/dwarf_names.h"

#define DWARF_NODE_NONE UINT32_MAX

/* A function or inlined call that holds a target. */
struct dwarf_node {
    uint32_t parent;      /* the function it is inlined into; DWARF_NODE_NONE: it is the real one */
    uint32_t description; /* see dwarf_names.h */
    uint32_t call_line;
    uint64_t call_file; /* DWARF_NONE: not known */
};

struct dwarf_scan {
    struct dwarf_names *names;
    struct dwarf_body *body;
    const struct dwarf_ranges_unit *ranges;
    const struct elf_image *image;
    struct dwarf_target *targets; /* sorted; `node` is set */
    uint32_t count;
    struct dwarf_node *nodes; /* the caller frees it */
    uint32_t node_count, node_capacity;
    uint64_t work;   /* targets that may still be looked at */
    bool into_types; /* also search classes and abstract functions for functions */
};

/* Sets the node of each target, DWARF_NODE_NONE where it is in no function. False when the unit
 * holds what the decoder does not know; then nothing of the scan counts. */
bool dwarf_scan_run(struct dwarf_scan *scan);

#endif
