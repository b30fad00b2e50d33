/* SPDX-License-Identifier: MIT */
/*
 * dwarf_scan.c - one pass over a unit's entries.
 *
 * The bytes are untrusted, but the pass only ever moves forward, so it ends with them.
 */
#include "symbolizer/dwarf_scan.h"

#include "profiler/base/memory.h"

enum { MAX_DEPTH = 256 };

/* Where the pass is, and the levels of entries around it: what each entry on the way down was. */
struct position {
    const uint8_t *at, *end;
    uint32_t nodes[MAX_DEPTH]; /* the function or call whose children are read, by depth */
    unsigned depth;
};

static bool any_in(struct dwarf_scan *scan, uint64_t low, uint64_t high, uint32_t *first)
{
    if (scan->targets[scan->count - 1].address < low || scan->targets[0].address >= high)
        return false;
    *first = dwarf_target_first(scan->targets, scan->count, low);
    return *first < scan->count && scan->targets[*first].address < high &&
           elf_image_is_code(scan->image, low);
}

/* Gives those targets in the entry's ranges that are at node `from` the node `to`;
 * DWARF_NODE_NONE only asks. Returns whether there are any. */
static bool claim(struct dwarf_scan *scan, const struct dwarf_entry *entry, uint32_t from,
                  uint32_t to)
{
    struct dwarf_entry_ranges ranges = dwarf_entry_ranges(entry, scan->ranges);
    uint64_t low, high;
    uint32_t i;
    bool any = false;
    while (dwarf_entry_ranges_next(&ranges, &low, &high)) {
        if (!any_in(scan, low, high, &i))
            continue;
        for (; i < scan->count && scan->targets[i].address < high && scan->work; i++) {
            scan->work--;
            if (scan->targets[i].node != from)
                continue;
            any = true;
            if (to == DWARF_NODE_NONE)
                return true;
            scan->targets[i].node = to;
        }
    }
    return any;
}

/* Jumps to the place after the children of an entry. False when they leave the unit. */
static bool pass_children(struct dwarf_scan *scan, struct position *position, uint64_t sibling)
{
    struct dwarf_decoder *decoder = &scan->body->decoder;
    const uint8_t *unit = decoder->info.at + decoder->header.start;
    for (uint64_t depth = 1; depth;) {
        size_t here = (size_t)(position->at - unit), all = (size_t)(position->end - unit);
        if (sibling > here && sibling <= all) {
            position->at = unit + sibling;
            depth--;
        }
        sibling = 0;
        if (!depth)
            return true;
        struct bytes b = {position->at, position->end, false};
        uint64_t code = bytes_varint(&b);
        position->at = b.at;
        if (b.failed)
            return false;
        if (!code) {
            depth--;
            continue;
        }
        const struct dwarf_abbrev *abbrev = dwarf_abbrevs_get(&decoder->abbrevs, code);
        position->at =
            abbrev ? dwarf_abbrev_skip(&decoder->abbrevs, abbrev, b.at, b.end, &sibling) : NULL;
        if (!position->at)
            return false;
        if (abbrev->has_children)
            depth++;
        else
            sibling = 0;
    }
    return true;
}

static uint32_t add_node(struct dwarf_scan *scan, uint32_t parent, struct dwarf_entry *entry,
                         const struct dwarf_abbrev *abbrev, const uint8_t *attributes)
{
    uint64_t sibling;
    const uint8_t *after;
    dwarf_decoder_entry(&scan->body->decoder, abbrev, attributes, DWARF_READ_ALL, entry, &sibling,
                        &after);
    uint32_t description = dwarf_names_of(scan->names, scan->body, entry);
    struct dwarf_node *added = array_push(&scan->nodes, &scan->node_count, &scan->node_capacity);
    added->parent = parent;
    added->description = description;
    added->call_file = entry->call_file;
    added->call_line = entry->call_line < UINT32_MAX ? (uint32_t)entry->call_line : 0;
    return scan->node_count - 1;
}

/* What to do with the children of an entry. */
struct descent {
    bool enter;
    uint32_t node;
};
static const struct descent pass = {false, DWARF_NODE_NONE};

/* Decides about an entry that places code; it has been read. */
static struct descent visit_code(struct dwarf_scan *scan, const struct dwarf_abbrev *abbrev,
                                 struct dwarf_entry *entry, const uint8_t *attributes,
                                 uint32_t node)
{
    if (abbrev->kind == DWARF_KIND_BLOCK)
        return (struct descent){claim(scan, entry, node, DWARF_NODE_NONE), node};
    // a function inside of another one is gcc's nested function, and no part of it
    uint32_t parent = abbrev->kind == DWARF_KIND_INLINED ? node : DWARF_NODE_NONE;
    if (!claim(scan, entry, parent, scan->node_count))
        return (struct descent){scan->into_types && abbrev->kind == DWARF_KIND_FUNCTION,
                                DWARF_NODE_NONE};
    return (struct descent){true, add_node(scan, parent, entry, abbrev, attributes)};
}

/* Decides about an entry by its kind alone; `*must_read` when that is not enough. */
static struct descent visit_kind(const struct dwarf_scan *scan, const struct dwarf_abbrev *abbrev,
                                 uint32_t node, bool *must_read)
{
    const struct descent search = {scan->into_types, DWARF_NODE_NONE};
    switch (abbrev->kind) {
    case DWARF_KIND_FUNCTION:
        *must_read = abbrev->has_code;
        return search;
    case DWARF_KIND_INLINED:
        *must_read = abbrev->has_code && node != DWARF_NODE_NONE;
        return pass;
    case DWARF_KIND_BLOCK:
        if (node == DWARF_NODE_NONE)
            return search;
        *must_read = abbrev->has_code;
        return (struct descent){true, node};
    case DWARF_KIND_NAMESPACE:
        return (struct descent){true, DWARF_NODE_NONE};
    case DWARF_KIND_TYPE:
        return search;
    default:
        return pass;
    }
}

/* Visits the entry at the position and moves on, into its children or past them. */
static bool visit(struct dwarf_scan *scan, struct position *position,
                  const struct dwarf_abbrev *abbrev)
{
    struct dwarf_decoder *decoder = &scan->body->decoder;
    const uint8_t *attributes = position->at;
    uint32_t node = position->nodes[position->depth];
    uint64_t sibling = 0;
    bool must_read = false;
    struct descent descent = visit_kind(scan, abbrev, node, &must_read);
    if (must_read) {
        struct dwarf_entry entry;
        if (!dwarf_decoder_entry(decoder, abbrev, attributes, DWARF_READ_CODE, &entry, &sibling,
                                 &position->at))
            return false;
        descent = visit_code(scan, abbrev, &entry, attributes, node);
    } else {
        position->at =
            dwarf_abbrev_skip(&decoder->abbrevs, abbrev, attributes, position->end, &sibling);
        if (!position->at)
            return false;
    }
    if (!abbrev->has_children)
        return true;
    if (!descent.enter)
        return pass_children(scan, position, sibling);
    if (position->depth + 1 >= MAX_DEPTH)
        return false;
    position->nodes[++position->depth] = descent.node;
    return true;
}

/* Begins at the first child of the unit's own entry. */
static bool begin(struct dwarf_scan *scan, struct position *position, bool *has_children)
{
    struct dwarf_decoder *decoder = &scan->body->decoder;
    struct bytes b = {decoder->info.at + decoder->header.die,
                      decoder->info.at + decoder->header.end, false};
    uint64_t code = bytes_varint(&b), sibling = 0;
    const struct dwarf_abbrev *abbrev = dwarf_abbrevs_get(&decoder->abbrevs, code);
    if (b.failed || !abbrev)
        return false;
    *has_children = abbrev->has_children;
    position->at = dwarf_abbrev_skip(&decoder->abbrevs, abbrev, b.at, b.end, &sibling);
    position->end = b.end;
    position->nodes[0] = DWARF_NODE_NONE;
    position->depth = 0;
    return position->at != NULL;
}

static bool run_pass(struct dwarf_scan *scan)
{
    struct position position;
    struct dwarf_decoder *decoder = &scan->body->decoder;
    bool has_children = false;
    if (!begin(scan, &position, &has_children))
        return false;
    while (has_children && position.at < position.end) {
        struct bytes b = {position.at, position.end, false};
        uint64_t code = bytes_varint(&b);
        position.at = b.at;
        if (b.failed)
            return false;
        if (!code) {
            if (position.depth-- == 0)
                return true;
            continue;
        }
        const struct dwarf_abbrev *abbrev = dwarf_abbrevs_get(&decoder->abbrevs, code);
        if (!abbrev || !visit(scan, &position, abbrev))
            return false;
    }
    return true;
}

bool dwarf_scan_run(struct dwarf_scan *scan)
{
    scan->work = 4 * (uint64_t)MAX_DEPTH * scan->count;
    dwarf_abbrevs_compile_all(&scan->body->decoder.abbrevs); // so that pointers to them stay valid
    for (uint32_t i = 0; i < scan->count; i++)
        scan->targets[i].node = DWARF_NODE_NONE;
    if (!run_pass(scan))
        return false;
    for (uint32_t i = 0; i < scan->count && !scan->into_types; i++)
        scan->into_types = scan->targets[i].node == DWARF_NODE_NONE;
    // methods of local classes hang below abstract functions; reading all of it is the exception
    return !scan->into_types || run_pass(scan);
}
