/* SPDX-License-Identifier: MIT */
/*
 * dwarf_chains.c - walks a unit's tree of entries, into those branches only that hold a target.
 *
 * The tree is untrusted: offsets must ascend over the whole walk, which also ends sibling chains
 * that lead back, and the depth is bounded.
 */
#include "symbolizer/dwarf_chains.h"

#include "profiler/base/memory.h"
#include "symbolizer/libdwarf_entry.h"

#include <stdlib.h>

enum { MAX_DEPTH = 256 };
#define NODE_NONE UINT32_MAX

/* A function or inlined call that holds a target. Targets point to their innermost one. */
struct node {
    uint32_t parent; /* the function it is inlined into; NODE_NONE: it is the real one */
    struct dwarf_function function;
    uint64_t call_file, call_line;
};

struct walk {
    struct dwarf_functions *functions;
    Dwarf_Debug dbg;
    const struct elf_image *image;
    struct dwarf_unit *unit;
    struct dwarf_target *targets;
    uint32_t count;
    struct node *nodes;
    uint32_t node_count, node_capacity;
    uint64_t last_offset; /* of the entry visited last */
    uint64_t work;        /* targets that may still be looked at */
    bool into_types;      /* also search classes and abstract functions for functions */
};

/* Gives those targets in the entry's ranges that are at node `from` the node `to`; NODE_NONE only
 * asks. Returns whether there are any. */
static bool claim(struct walk *walk, const struct dwarf_entry *entry, uint32_t from, uint32_t to)
{
    struct dwarf_entry_ranges ranges = dwarf_entry_ranges(entry, &walk->unit->ranges);
    uint64_t low, high;
    bool any = false;
    while (dwarf_entry_ranges_next(&ranges, &low, &high)) {
        if (!elf_image_is_code(walk->image, low))
            continue;
        uint32_t i = dwarf_target_first(walk->targets, walk->count, low);
        for (; i < walk->count && walk->targets[i].address < high && walk->work; i++) {
            walk->work--;
            if (walk->targets[i].node != from)
                continue;
            any = true;
            if (to == NODE_NONE)
                return true;
            walk->targets[i].node = to;
        }
    }
    return any;
}

static void walk_children(struct walk *walk, Dwarf_Die parent, uint32_t node, unsigned depth);

/* A function or inlined call: goes into it only if it holds a target. */
static void visit_function(struct walk *walk, Dwarf_Die die, uint32_t parent, unsigned depth)
{
    struct dwarf_entry entry;
    libdwarf_entry_read(&entry, walk->dbg, die);
    uint32_t node = walk->node_count;
    if (claim(walk, &entry, parent, node)) {
        struct node *added = array_push(&walk->nodes, &walk->node_count, &walk->node_capacity);
        added->parent = parent;
        added->call_file = entry.call_file;
        added->call_line = entry.call_line;
        added->function = dwarf_functions_get(walk->functions, walk->unit, &entry);
        walk_children(walk, die, node, depth);
    } else if (walk->into_types && parent == NODE_NONE) {
        walk_children(walk, die, NODE_NONE, depth);
    }
}

static void visit_block(struct walk *walk, Dwarf_Die die, uint32_t node, unsigned depth)
{
    struct dwarf_entry entry;
    libdwarf_entry_read(&entry, walk->dbg, die);
    bool has_ranges = entry.ranges != DWARF_NONE || entry.low_pc != DWARF_NONE;
    if (node == NODE_NONE ? walk->into_types : !has_ranges || claim(walk, &entry, node, NODE_NONE))
        walk_children(walk, die, node, depth);
}

static void visit(struct walk *walk, Dwarf_Die die, uint32_t node, unsigned depth)
{
    Dwarf_Error why = NULL;
    Dwarf_Half tag = 0;
    libdwarf_ok(walk->dbg, dwarf_tag(die, &tag, &why), &why);
    switch (tag) {
    case DW_TAG_subprogram: // also inside of another one: gcc's nested functions
        visit_function(walk, die, NODE_NONE, depth);
        break;
    case DW_TAG_inlined_subroutine:
        if (node != NODE_NONE)
            visit_function(walk, die, node, depth);
        break;
    case DW_TAG_lexical_block:
    case DW_TAG_try_block:
    case DW_TAG_catch_block:
        visit_block(walk, die, node, depth);
        break;
    case DW_TAG_namespace:
    case DW_TAG_module:
        walk_children(walk, die, NODE_NONE, depth);
        break;
    case DW_TAG_class_type:
    case DW_TAG_structure_type:
    case DW_TAG_union_type:
    case DW_TAG_interface_type:
        if (walk->into_types)
            walk_children(walk, die, NODE_NONE, depth);
        break;
    default:
        break;
    }
}

/* Whether the entry comes after all that were visited. */
static bool ascends(struct walk *walk, Dwarf_Die die)
{
    Dwarf_Error why = NULL;
    Dwarf_Off offset = 0;
    if (!libdwarf_ok(walk->dbg, dwarf_dieoffset(die, &offset, &why), &why) ||
        offset <= walk->last_offset)
        return false;
    walk->last_offset = offset;
    return true;
}

static void walk_children(struct walk *walk, Dwarf_Die parent, uint32_t node, unsigned depth)
{
    Dwarf_Error why = NULL;
    Dwarf_Die die = NULL;
    if (depth >= MAX_DEPTH || !libdwarf_ok(walk->dbg, dwarf_child(parent, &die, &why), &why))
        return;
    while (die) {
        Dwarf_Die next = NULL;
        if (ascends(walk, die)) {
            visit(walk, die, node, depth + 1);
            if (!libdwarf_ok(walk->dbg, dwarf_siblingof_b(walk->dbg, die, 1, &next, &why), &why))
                next = NULL;
        }
        dwarf_dealloc_die(die);
        die = next;
    }
}

static void walk_unit(struct walk *walk)
{
    Dwarf_Error why = NULL;
    Dwarf_Die die = NULL;
    walk->last_offset = walk->unit->header.die;
    if (!libdwarf_ok(walk->dbg, dwarf_offdie_b(walk->dbg, walk->unit->header.die, 1, &die, &why),
                     &why))
        return;
    walk_children(walk, die, NODE_NONE, 0);
    dwarf_dealloc_die(die);
}

static bool any_without_function(const struct walk *walk)
{
    for (uint32_t i = 0; i < walk->count; i++) {
        if (walk->targets[i].node == NODE_NONE)
            return true;
    }
    return false;
}

static void add_frames(const struct walk *walk, const struct dwarf_target *target,
                       struct lookup_batch *batch)
{
    struct lookup *lookup = target->lookup;
    struct string_table *strings = walk->functions->strings;
    uint32_t file = lookup->file, line = lookup->line;
    lookup->first_frame = batch->frame_count;
    for (uint32_t i = target->node; i != NODE_NONE; i = walk->nodes[i].parent) {
        const struct node *node = &walk->nodes[i];
        const struct dwarf_function *function = &node->function;
        if (function->name || function->linkage_name || node->parent == NODE_NONE) {
            struct symbol_frame *frame =
                array_push(&batch->frames, &batch->frame_count, &batch->frame_capacity);
            *frame = (struct symbol_frame){
                .name = function->name,
                .linkage_name = function->linkage_name,
                .file = file,
                .line = line,
                .declared_file = function->file,
                .declared_line = function->line,
            };
            lookup->frame_count++;
        }
        file = dwarf_lines_file(walk->functions->units, walk->unit, node->call_file, strings);
        line = node->call_line < UINT32_MAX ? (uint32_t)node->call_line : 0;
    }
}

void dwarf_chains_resolve(struct dwarf_functions *functions, struct dwarf_unit *unit,
                          struct dwarf_target *targets, uint32_t count, struct lookup_batch *batch)
{
    struct walk walk = {
        .functions = functions,
        .dbg = functions->units->dbg,
        .image = functions->units->sections->image,
        .unit = unit,
        .targets = targets,
        .count = count,
        .work = 4 * (uint64_t)MAX_DEPTH * count,
    };
    for (uint32_t i = 0; i < count; i++)
        targets[i].node = NODE_NONE;
    walk_unit(&walk);
    if (any_without_function(&walk)) {
        // methods of local classes hang below abstract functions; reading all of it is the
        // exception
        walk.into_types = true;
        walk_unit(&walk);
    }
    for (uint32_t i = 0; i < count; i++)
        add_frames(&walk, &targets[i], batch);
    free(walk.nodes);
}
