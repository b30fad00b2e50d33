/* SPDX-License-Identifier: MIT */
/*
 * dwarf_abbrevs.h - abbreviations, compiled so that entries can be passed over quickly.
 *
 * An entry (DIE) begins with the code of its abbreviation, which lists the attributes that follow.
 * Nearly all entries are of no interest: for these only the distance to the next one counts, and
 * is compiled here once for each abbreviation instead of being derived for each entry.
 * See DWARF 5, 7.5.3.
 */
#ifndef PROF_SYMBOLIZER_DWARF_ABBREVS_H
#define PROF_SYMBOLIZER_DWARF_ABBREVS_H

#include "profiler/base/bytes.h"
#include "symbolizer/decoding_work.h"

#include <stdbool.h>
#include <stdint.h>

/* What an entry means to a search for functions. */
enum dwarf_kind {
    DWARF_KIND_OTHER,
    DWARF_KIND_FUNCTION,
    DWARF_KIND_INLINED,
    DWARF_KIND_BLOCK,     /* lexical, try or catch block */
    DWARF_KIND_NAMESPACE, /* or module */
    DWARF_KIND_TYPE,      /* that may hold functions */
};

/* One move over attributes. */
struct dwarf_step {
    enum {
        DWARF_STEP_FIXED, /* `size` bytes */
        DWARF_STEP_VARINT,
        DWARF_STEP_STRING,
        DWARF_STEP_BLOCK1, /* a length of 1, 2 or 4 bytes or a varint, and as many bytes */
        DWARF_STEP_BLOCK2,
        DWARF_STEP_BLOCK4,
        DWARF_STEP_BLOCK,
        DWARF_STEP_SIBLING, /* DW_AT_sibling in `size` bytes; 0: as varint */
        DWARF_STEP_BAD,     /* a form that is not known, so neither is its size */
    } kind;
    uint32_t size;
};

struct dwarf_attribute {
    uint16_t name, form;
    struct dwarf_step step; /* over it alone */
    uint64_t constant;      /* of DW_FORM_implicit_const */
};

struct dwarf_abbrev {
    uint16_t tag;
    uint8_t kind; /* enum dwarf_kind */
    bool is_defined, has_children;
    bool has_code; /* DW_AT_low_pc or DW_AT_ranges is among the attributes */
    uint32_t first_attribute, attribute_count;
    uint32_t first_step, step_count;
};

/* What the sizes of forms depend on. */
struct dwarf_form_sizes {
    uint16_t version;
    uint8_t address, offset; /* 4 or 8 */
};

struct dwarf_abbrevs {
    struct bytes rest; /* not compiled yet */
    const uint8_t *start;
    struct decoding_work *work; /* NULL: there is no limit */
    struct dwarf_form_sizes sizes;
    struct dwarf_abbrev *by_code;
    uint32_t count, capacity; /* codes below are compiled */
    uint32_t defined;         /* how many of them there are */
    struct dwarf_attribute *attributes;
    uint32_t attribute_count, attribute_capacity;
    struct dwarf_step *steps;
    uint32_t step_count, step_capacity;
    bool done;         /* at the end, or damaged */
    bool is_excessive; /* damaged in a way that would take too much memory or work */
};

/* The table at an offset of .debug_abbrev; compiled as far as codes are asked for. */
void dwarf_abbrevs_init(struct dwarf_abbrevs *abbrevs, struct bytes section, uint64_t offset,
                        struct dwarf_form_sizes sizes, struct decoding_work *work);
void dwarf_abbrevs_release(struct dwarf_abbrevs *abbrevs);

/* The abbreviation of a code, NULL when there is none. Valid until the next call, or as long as the
 * table once all of it is compiled. */
const struct dwarf_abbrev *dwarf_abbrevs_compile(struct dwarf_abbrevs *abbrevs, uint64_t code);
void dwarf_abbrevs_compile_all(struct dwarf_abbrevs *abbrevs);
static inline const struct dwarf_abbrev *dwarf_abbrevs_get(struct dwarf_abbrevs *abbrevs,
                                                           uint64_t code)
{
    if (code < abbrevs->count && abbrevs->by_code[code].is_defined)
        return &abbrevs->by_code[code];
    return dwarf_abbrevs_compile(abbrevs, code);
}

/* Moves over one attribute, or fails the bytes when it leaves them or its form is unknown.
 * `sibling` is set to DW_AT_sibling, as an offset from the unit's header, if it is that. */
void dwarf_step_take(const struct dwarf_step *step, struct bytes *b, uint64_t *sibling);

/*
 * Moves over the attributes of an entry. Returns the place after them, NULL when they leave the
 * bytes. `sibling` as above.
 */
const uint8_t *dwarf_abbrev_skip(const struct dwarf_abbrevs *abbrevs,
                                 const struct dwarf_abbrev *abbrev, const uint8_t *at,
                                 const uint8_t *end, uint64_t *sibling);

#endif
