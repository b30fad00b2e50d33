/* SPDX-License-Identifier: MIT */
/*
 * dwarf_abbrevs.c - compiles abbreviation tables.
 */
#include "symbolizer/dwarf_abbrevs.h"

#include "profiler/base/memory.h"

#include <dwarf.h>
#include <stdlib.h>

// Compilers number from 1 without gaps; one abbreviation takes at least five bytes. Entries have
// some ten attributes; those of no bytes would make much work out of small entries.
enum { MAX_GAPS = 4096, MAX_ATTRIBUTES = 128 };

void dwarf_abbrevs_init(struct dwarf_abbrevs *abbrevs, struct bytes section, uint64_t offset,
                        struct dwarf_form_sizes sizes, struct decoding_work *work)
{
    *abbrevs = (struct dwarf_abbrevs){.rest = section, .sizes = sizes, .work = work};
    bytes_skip(&abbrevs->rest, offset);
    abbrevs->start = abbrevs->rest.at;
    abbrevs->done = abbrevs->rest.failed || decoding_work_is_over(work);
}

void dwarf_abbrevs_release(struct dwarf_abbrevs *abbrevs)
{
    decoding_work_take(abbrevs->work, (uint64_t)(abbrevs->rest.at - abbrevs->start));
    free(abbrevs->by_code);
    free(abbrevs->attributes);
    free(abbrevs->steps);
    *abbrevs = (struct dwarf_abbrevs){0};
}

static enum dwarf_kind kind_of(uint64_t tag)
{
    switch (tag) {
    case DW_TAG_subprogram:
        return DWARF_KIND_FUNCTION;
    case DW_TAG_inlined_subroutine:
        return DWARF_KIND_INLINED;
    case DW_TAG_lexical_block:
    case DW_TAG_try_block:
    case DW_TAG_catch_block:
        return DWARF_KIND_BLOCK;
    case DW_TAG_namespace:
    case DW_TAG_module:
        return DWARF_KIND_NAMESPACE;
    case DW_TAG_class_type:
    case DW_TAG_structure_type:
    case DW_TAG_union_type:
    case DW_TAG_interface_type:
        return DWARF_KIND_TYPE;
    default:
        return DWARF_KIND_OTHER;
    }
}

/* DWARF 5, 7.5.6, and the extensions of GNU for split files and dwz. */
static struct dwarf_step step_of(uint16_t form, const struct dwarf_form_sizes *sizes)
{
    switch (form) {
    case DW_FORM_flag_present:
    case DW_FORM_implicit_const:
        return (struct dwarf_step){DWARF_STEP_FIXED, 0};
    case DW_FORM_data1:
    case DW_FORM_ref1:
    case DW_FORM_flag:
    case DW_FORM_strx1:
    case DW_FORM_addrx1:
        return (struct dwarf_step){DWARF_STEP_FIXED, 1};
    case DW_FORM_data2:
    case DW_FORM_ref2:
    case DW_FORM_strx2:
    case DW_FORM_addrx2:
        return (struct dwarf_step){DWARF_STEP_FIXED, 2};
    case DW_FORM_strx3:
    case DW_FORM_addrx3:
        return (struct dwarf_step){DWARF_STEP_FIXED, 3};
    case DW_FORM_data4:
    case DW_FORM_ref4:
    case DW_FORM_strx4:
    case DW_FORM_addrx4:
    case DW_FORM_ref_sup4:
        return (struct dwarf_step){DWARF_STEP_FIXED, 4};
    case DW_FORM_data8:
    case DW_FORM_ref8:
    case DW_FORM_ref_sig8:
    case DW_FORM_ref_sup8:
        return (struct dwarf_step){DWARF_STEP_FIXED, 8};
    case DW_FORM_data16:
        return (struct dwarf_step){DWARF_STEP_FIXED, 16};
    case DW_FORM_addr:
        return (struct dwarf_step){DWARF_STEP_FIXED, sizes->address};
    case DW_FORM_ref_addr: // DWARF 2 gave it the size of an address
        return (struct dwarf_step){DWARF_STEP_FIXED,
                                   sizes->version <= 2 ? sizes->address : sizes->offset};
    case DW_FORM_strp:
    case DW_FORM_line_strp:
    case DW_FORM_strp_sup:
    case DW_FORM_sec_offset:
    case DW_FORM_GNU_ref_alt:
    case DW_FORM_GNU_strp_alt:
        return (struct dwarf_step){DWARF_STEP_FIXED, sizes->offset};
    case DW_FORM_udata:
    case DW_FORM_sdata:
    case DW_FORM_ref_udata:
    case DW_FORM_strx:
    case DW_FORM_addrx:
    case DW_FORM_loclistx:
    case DW_FORM_rnglistx:
    case DW_FORM_GNU_addr_index:
    case DW_FORM_GNU_str_index:
        return (struct dwarf_step){DWARF_STEP_VARINT, 0};
    case DW_FORM_string:
        return (struct dwarf_step){DWARF_STEP_STRING, 0};
    case DW_FORM_block1:
        return (struct dwarf_step){DWARF_STEP_BLOCK1, 0};
    case DW_FORM_block2:
        return (struct dwarf_step){DWARF_STEP_BLOCK2, 0};
    case DW_FORM_block4:
        return (struct dwarf_step){DWARF_STEP_BLOCK4, 0};
    case DW_FORM_block:
    case DW_FORM_exprloc:
        return (struct dwarf_step){DWARF_STEP_BLOCK, 0};
    default: // DW_FORM_indirect, which nobody emits, and the future's
        return (struct dwarf_step){DWARF_STEP_BAD, 0};
    }
}

static bool is_reference(uint16_t form)
{
    return form == DW_FORM_ref1 || form == DW_FORM_ref2 || form == DW_FORM_ref4 ||
           form == DW_FORM_ref8 || form == DW_FORM_ref_udata;
}

static void add_step(struct dwarf_abbrevs *abbrevs, struct dwarf_abbrev *abbrev,
                     struct dwarf_step step)
{
    if (abbrev->step_count && step.kind == DWARF_STEP_FIXED) {
        struct dwarf_step *last = &abbrevs->steps[abbrevs->step_count - 1];
        if (last->kind == DWARF_STEP_FIXED) {
            last->size += step.size;
            return;
        }
    }
    if (step.kind == DWARF_STEP_FIXED && !step.size)
        return;
    *array_push(&abbrevs->steps, &abbrevs->step_count, &abbrevs->step_capacity) = step;
    abbrev->step_count++;
}

/* The attributes of the abbreviation up to the pair of zeros. */
static void compile_attributes(struct dwarf_abbrevs *abbrevs, struct dwarf_abbrev *abbrev)
{
    struct bytes *b = &abbrevs->rest;
    for (;;) {
        uint64_t name = bytes_varint(b), form = bytes_varint(b);
        if (b->failed || (!name && !form))
            return;
        struct dwarf_attribute attribute = {
            .name = name > UINT16_MAX ? 0 : (uint16_t)name,
            .form = form > UINT16_MAX ? 0 : (uint16_t)form,
        };
        if (attribute.form == DW_FORM_implicit_const)
            attribute.constant = bytes_signed_varint(b);
        attribute.step = step_of(attribute.form, &abbrevs->sizes);
        if (name == DW_AT_sibling && is_reference(attribute.form))
            attribute.step.kind = DWARF_STEP_SIBLING;
        *array_push(&abbrevs->attributes, &abbrevs->attribute_count, &abbrevs->attribute_capacity) =
            attribute;
        abbrevs->is_excessive |= ++abbrev->attribute_count > MAX_ATTRIBUTES;
        if (abbrevs->is_excessive)
            bytes_fail(b);
        abbrev->has_code |= name == DW_AT_low_pc || name == DW_AT_ranges;
        add_step(abbrevs, abbrev, attribute.step);
    }
}

/* Compiles the next one of the table and returns its code; 0 at the end. */
static uint64_t compile_next(struct dwarf_abbrevs *abbrevs)
{
    struct bytes *b = &abbrevs->rest;
    uint64_t code = bytes_varint(b), tag = code ? bytes_varint(b) : 0;
    struct dwarf_abbrev abbrev = {
        .tag = tag > UINT16_MAX ? 0 : (uint16_t)tag,
        .kind = (uint8_t)kind_of(tag),
        .is_defined = true,
        .has_children = code && bytes_u8(b),
        .first_attribute = abbrevs->attribute_count,
        .first_step = abbrevs->step_count,
    };
    if (code)
        compile_attributes(abbrevs, &abbrev);
    abbrevs->is_excessive |= code > (uint64_t)abbrevs->defined + 1 + MAX_GAPS;
    if (b->failed || !code || abbrevs->is_excessive) {
        abbrevs->done = true;
        return 0;
    }
    abbrevs->defined++;
    while (abbrevs->count <= code)
        array_push(&abbrevs->by_code, &abbrevs->count, &abbrevs->capacity);
    if (!abbrevs->by_code[code].is_defined)
        abbrevs->by_code[code] = abbrev;
    return code;
}

const struct dwarf_abbrev *dwarf_abbrevs_compile(struct dwarf_abbrevs *abbrevs, uint64_t code)
{
    while (!abbrevs->done) {
        uint64_t compiled = compile_next(abbrevs);
        if (compiled && compiled == code)
            return &abbrevs->by_code[code];
    }
    return NULL;
}

void dwarf_abbrevs_compile_all(struct dwarf_abbrevs *abbrevs)
{
    while (!abbrevs->done)
        compile_next(abbrevs);
}

static uint64_t take_number(struct bytes *b, uint32_t size)
{
    switch (size) {
    case 0:
        return bytes_varint(b);
    case 1:
        return bytes_u8(b);
    case 2:
        return bytes_u16(b);
    case 4:
        return bytes_u32(b);
    default:
        return bytes_u64(b);
    }
}

void dwarf_step_take(const struct dwarf_step *step, struct bytes *b, uint64_t *sibling)
{
    switch (step->kind) {
    case DWARF_STEP_FIXED:
        bytes_skip(b, step->size);
        break;
    case DWARF_STEP_VARINT:
        while (bytes_u8(b) & 0x80)
            ;
        break;
    case DWARF_STEP_STRING:
        bytes_string(b);
        break;
    case DWARF_STEP_BLOCK1:
        bytes_skip(b, bytes_u8(b));
        break;
    case DWARF_STEP_BLOCK2:
        bytes_skip(b, bytes_u16(b));
        break;
    case DWARF_STEP_BLOCK4:
        bytes_skip(b, bytes_u32(b));
        break;
    case DWARF_STEP_BLOCK:
        bytes_skip(b, bytes_varint(b));
        break;
    case DWARF_STEP_SIBLING:
        *sibling = take_number(b, step->size);
        break;
    case DWARF_STEP_BAD:
        bytes_fail(b);
        break;
    }
}

const uint8_t *dwarf_abbrev_skip(const struct dwarf_abbrevs *abbrevs,
                                 const struct dwarf_abbrev *abbrev, const uint8_t *at,
                                 const uint8_t *end, uint64_t *sibling)
{
    if (!abbrev->step_count)
        return at;
    const struct dwarf_step *step = &abbrevs->steps[abbrev->first_step];
    const struct dwarf_step *last = step + abbrev->step_count;
    for (; step < last; step++) {
        if (step->kind == DWARF_STEP_FIXED) { // most of the work
            if ((size_t)(end - at) < step->size)
                return NULL;
            at += step->size;
            continue;
        }
        struct bytes b = {at, end, false};
        dwarf_step_take(step, &b, sibling);
        if (b.failed)
            return NULL;
        at = b.at;
    }
    return at;
}
