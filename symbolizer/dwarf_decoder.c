/* SPDX-License-Identifier: MIT */
/*
 * dwarf_decoder.c - forms and attributes.
 */
#include "symbolizer/dwarf_decoder.h"

#include "symbolizer/symbol_types.h"

#include <dwarf.h>

static uint64_t read_offset(struct bytes *b, uint8_t size)
{
    return size == 8 ? bytes_u64(b) : bytes_u32(b);
}

/* What the type of a unit adds to its header. */
static void read_extension(struct dwarf_header *header, struct bytes *b)
{
    if (header->type == DW_UT_skeleton || header->type == DW_UT_split_compile)
        header->dwo_id = bytes_u64(b);
    if (header->type == DW_UT_type || header->type == DW_UT_split_type) {
        bytes_u64(b); // signature
        read_offset(b, header->offset_size);
    }
}

bool dwarf_header_read(struct dwarf_header *header, struct bytes info, uint64_t offset)
{
    const uint8_t *start = info.at;
    struct bytes b = info;
    struct dwarf_header read = {.start = offset, .dwo_id = DWARF_NONE, .offset_size = 4};
    bytes_skip(&b, offset);
    uint64_t size = bytes_u32(&b);
    if (size == 0xffffffff) {
        read.offset_size = 8;
        size = bytes_u64(&b);
    }
    if (b.failed || size > bytes_left(&b))
        return false;
    read.end = (uint64_t)(b.at - start) + size;
    read.version = bytes_u16(&b);
    if (read.version >= 5) {
        read.type = bytes_u8(&b);
        read.address_size = bytes_u8(&b);
        read.abbrevs = read_offset(&b, read.offset_size);
        read_extension(&read, &b);
    } else {
        read.type = DW_UT_compile;
        read.abbrevs = read_offset(&b, read.offset_size);
        read.address_size = bytes_u8(&b);
    }
    read.die = (uint64_t)(b.at - start);
    if (b.failed || read.die > read.end || read.version < 2 || read.version > 5)
        return false;
    *header = read;
    return true;
}

void dwarf_decoder_init(struct dwarf_decoder *decoder, struct dwarf_sections *sections,
                        const struct dwarf_header *header)
{
    // without an attribute, the tables begin after the section's first header
    bool is_5 = header->version >= 5;
    uint64_t length_size = header->offset_size == 8 ? 12 : 4;
    struct dwarf_form_sizes sizes = {header->version, header->address_size, header->offset_size};
    *decoder = (struct dwarf_decoder){
        .header = *header,
        .info = dwarf_sections_bytes(sections, DWARF_INFO),
        .strings = dwarf_sections_bytes(sections, DWARF_STR),
        .line_strings = dwarf_sections_bytes(sections, DWARF_LINE_STR),
        .string_offsets = dwarf_sections_bytes(sections, DWARF_STR_OFFSETS),
        .addresses = dwarf_sections_bytes(sections, DWARF_ADDR),
        .string_offsets_base = is_5 ? length_size + 4 : 0,
        .address_base = is_5 ? length_size + 4 : 0,
    };
    dwarf_abbrevs_init(&decoder->abbrevs, dwarf_sections_bytes(sections, DWARF_ABBREV),
                       header->abbrevs, sizes, sections->work);
}

void dwarf_decoder_release(struct dwarf_decoder *decoder)
{
    dwarf_abbrevs_release(&decoder->abbrevs);
}

/* An attribute's value, by what its form makes of it. */
struct value {
    enum { VALUE_NONE, VALUE_NUMBER, VALUE_ADDRESS, VALUE_REFERENCE, VALUE_SHARED } kind;
    uint64_t number; /* a reference: an offset of .debug_info */
};

static uint32_t read_3(struct bytes *b)
{
    uint32_t low = bytes_u16(b);
    return low | (uint32_t)bytes_u8(b) << 16;
}

static struct value address_of(const struct dwarf_decoder *d, uint64_t index)
{
    struct bytes b = d->addresses;
    uint64_t into;
    if (__builtin_mul_overflow(index, d->header.address_size, &into) ||
        __builtin_add_overflow(into, d->address_base, &into))
        return (struct value){VALUE_NONE, 0};
    bytes_skip(&b, into);
    uint64_t address = read_offset(&b, d->header.address_size);
    return (struct value){b.failed ? VALUE_NONE : VALUE_ADDRESS, address};
}

static struct value number(uint64_t value)
{
    return (struct value){VALUE_NUMBER, value};
}

static struct value reference(const struct dwarf_decoder *d, uint64_t from_unit)
{
    return (struct value){VALUE_REFERENCE, d->header.start + from_unit};
}

static struct value read_reference(const struct dwarf_decoder *d, uint16_t form, struct bytes *b)
{
    switch (form) {
    case DW_FORM_ref1:
        return reference(d, bytes_u8(b));
    case DW_FORM_ref2:
        return reference(d, bytes_u16(b));
    case DW_FORM_ref4:
        return reference(d, bytes_u32(b));
    case DW_FORM_ref8:
        return reference(d, bytes_u64(b));
    case DW_FORM_ref_udata:
        return reference(d, bytes_varint(b));
    case DW_FORM_ref_addr:
        return (struct value){VALUE_REFERENCE,
                              read_offset(b, d->header.version <= 2 ? d->header.address_size
                                                                    : d->header.offset_size)};
    case DW_FORM_GNU_ref_alt:
        return (struct value){VALUE_SHARED, read_offset(b, d->header.offset_size)};
    case DW_FORM_ref_sup4:
        return (struct value){VALUE_SHARED, bytes_u32(b)};
    default: // DW_FORM_ref_sup8
        return (struct value){VALUE_SHARED, bytes_u64(b)};
    }
}

static struct value read_address(const struct dwarf_decoder *d, uint16_t form, struct bytes *b)
{
    switch (form) {
    case DW_FORM_addr:
        return (struct value){VALUE_ADDRESS, read_offset(b, d->header.address_size)};
    case DW_FORM_addrx1:
        return address_of(d, bytes_u8(b));
    case DW_FORM_addrx2:
        return address_of(d, bytes_u16(b));
    case DW_FORM_addrx3:
        return address_of(d, read_3(b));
    case DW_FORM_addrx4:
        return address_of(d, bytes_u32(b));
    default: // DW_FORM_addrx, DW_FORM_GNU_addr_index
        return address_of(d, bytes_varint(b));
    }
}

/* Numbers, addresses and references; strings and blocks are read by others. */
static struct value read_value(const struct dwarf_decoder *d, const struct dwarf_attribute *a,
                               struct bytes *b)
{
    switch (a->form) {
    case DW_FORM_implicit_const:
        return number(a->constant);
    case DW_FORM_flag_present:
        return number(1);
    case DW_FORM_data1:
    case DW_FORM_flag:
        return number(bytes_u8(b));
    case DW_FORM_data2:
        return number(bytes_u16(b));
    case DW_FORM_data4:
        return number(bytes_u32(b));
    case DW_FORM_data8:
        return number(bytes_u64(b));
    case DW_FORM_udata:
    case DW_FORM_rnglistx:
        return number(bytes_varint(b));
    case DW_FORM_sdata:
        return number(bytes_signed_varint(b));
    case DW_FORM_sec_offset:
        return number(read_offset(b, d->header.offset_size));
    case DW_FORM_addr:
    case DW_FORM_addrx:
    case DW_FORM_addrx1:
    case DW_FORM_addrx2:
    case DW_FORM_addrx3:
    case DW_FORM_addrx4:
    case DW_FORM_GNU_addr_index:
        return read_address(d, a->form, b);
    case DW_FORM_ref1:
    case DW_FORM_ref2:
    case DW_FORM_ref4:
    case DW_FORM_ref8:
    case DW_FORM_ref_udata:
    case DW_FORM_ref_addr:
    case DW_FORM_GNU_ref_alt:
    case DW_FORM_ref_sup4:
    case DW_FORM_ref_sup8:
        return read_reference(d, a->form, b);
    default:
        return (struct value){VALUE_NONE, 0};
    }
}

static const char *string_at(struct bytes section, uint64_t offset)
{
    bytes_skip(&section, offset);
    return bytes_string_within(&section, SYMBOL_NAME_MAX);
}

static const char *string_of_index(const struct dwarf_decoder *d, uint64_t index)
{
    struct bytes b = d->string_offsets;
    uint64_t into;
    if (__builtin_mul_overflow(index, d->header.offset_size, &into) ||
        __builtin_add_overflow(into, d->string_offsets_base, &into))
        return NULL;
    bytes_skip(&b, into);
    uint64_t offset = read_offset(&b, d->header.offset_size);
    return b.failed ? NULL : string_at(d->strings, offset);
}

static const char *shared_string(const struct dwarf_decoder *d, struct bytes *b,
                                 struct dwarf_entry *entry)
{
    uint64_t offset = read_offset(b, d->header.offset_size);
    if (!bytes_left(&d->shared_strings))
        entry->lacks_shared = true;
    return string_at(d->shared_strings, offset);
}

static const char *read_string(const struct dwarf_decoder *d, uint16_t form, struct bytes *b,
                               struct dwarf_entry *entry)
{
    switch (form) {
    case DW_FORM_string:
        return bytes_string(b);
    case DW_FORM_strp:
        return string_at(d->strings, read_offset(b, d->header.offset_size));
    case DW_FORM_line_strp:
        return string_at(d->line_strings, read_offset(b, d->header.offset_size));
    case DW_FORM_strx1:
        return string_of_index(d, bytes_u8(b));
    case DW_FORM_strx2:
        return string_of_index(d, bytes_u16(b));
    case DW_FORM_strx3:
        return string_of_index(d, read_3(b));
    case DW_FORM_strx4:
        return string_of_index(d, bytes_u32(b));
    case DW_FORM_strx:
    case DW_FORM_GNU_str_index:
        return string_of_index(d, bytes_varint(b));
    case DW_FORM_GNU_strp_alt:
    case DW_FORM_strp_sup:
        return shared_string(d, b, entry);
    default:
        return NULL;
    }
}

static void set_number(uint64_t *target, struct value value)
{
    if (value.kind == VALUE_NUMBER)
        *target = value.number;
}

static void set_origin(struct dwarf_entry *entry, struct value value)
{
    if (value.kind != VALUE_REFERENCE && value.kind != VALUE_SHARED)
        return; // by signature, which only types are
    entry->origin = value.number;
    entry->origin_is_shared = value.kind == VALUE_SHARED;
}

/* The attributes that place code. Returns whether it was one of them. */
static bool read_code(struct dwarf_entry *entry, const struct dwarf_decoder *d,
                      const struct dwarf_attribute *a, struct bytes *b, bool *is_distance)
{
    struct value value;
    switch (a->name) {
    case DW_AT_low_pc:
        value = read_value(d, a, b);
        if (value.kind == VALUE_ADDRESS)
            entry->low_pc = value.number;
        return true;
    case DW_AT_high_pc: // since DWARF 4, a number is the distance from low_pc
        value = read_value(d, a, b);
        *is_distance = value.kind == VALUE_NUMBER;
        if (value.kind == VALUE_NUMBER || value.kind == VALUE_ADDRESS)
            entry->high_pc = value.number;
        return true;
    case DW_AT_ranges:
        entry->ranges_are_index = a->form == DW_FORM_rnglistx;
        set_number(&entry->ranges, read_value(d, a, b));
        return true;
    case DW_AT_abstract_origin:
        set_origin(entry, read_value(d, a, b));
        return true;
    case DW_AT_specification:
        value = read_value(d, a, b);
        if (entry->origin == DWARF_NONE)
            set_origin(entry, value);
        return true;
    case DW_AT_call_file:
        set_number(&entry->call_file, read_value(d, a, b));
        return true;
    case DW_AT_call_line:
        set_number(&entry->call_line, read_value(d, a, b));
        return true;
    default:
        return false;
    }
}

/* The attributes of a unit. */
static void read_unit(struct dwarf_entry *entry, const struct dwarf_decoder *d,
                      const struct dwarf_attribute *a, struct bytes *b)
{
    switch (a->name) {
    case DW_AT_comp_dir:
        entry->directory = read_string(d, a->form, b, entry);
        break;
    case DW_AT_stmt_list:
        set_number(&entry->lines, read_value(d, a, b));
        break;
    case DW_AT_language:
        set_number(&entry->language, read_value(d, a, b));
        break;
    case DW_AT_addr_base:
    case DW_AT_GNU_addr_base:
        set_number(&entry->address_base, read_value(d, a, b));
        break;
    case DW_AT_str_offsets_base:
        set_number(&entry->string_offsets_base, read_value(d, a, b));
        break;
    case DW_AT_rnglists_base:
        set_number(&entry->rnglists_base, read_value(d, a, b));
        break;
    case DW_AT_GNU_ranges_base:
        set_number(&entry->ranges_base, read_value(d, a, b));
        break;
    case DW_AT_GNU_dwo_id:
        set_number(&entry->dwo_id, read_value(d, a, b));
        break;
    case DW_AT_dwo_name:
    case DW_AT_GNU_dwo_name:
        entry->is_split = true;
        entry->dwo_name = read_string(d, a->form, b, entry);
        break;
    default:
        break;
    }
}

static void read_description(struct dwarf_entry *entry, const struct dwarf_decoder *d,
                             const struct dwarf_attribute *a, struct bytes *b)
{
    switch (a->name) {
    case DW_AT_name:
        entry->name = read_string(d, a->form, b, entry);
        break;
    case DW_AT_linkage_name:
    case DW_AT_MIPS_linkage_name:
        entry->linkage_name = read_string(d, a->form, b, entry);
        break;
    case DW_AT_decl_file:
        set_number(&entry->decl_file, read_value(d, a, b));
        break;
    case DW_AT_decl_line:
        set_number(&entry->decl_line, read_value(d, a, b));
        break;
    default:
        read_unit(entry, d, a, b);
        break;
    }
}

bool dwarf_decoder_entry(struct dwarf_decoder *decoder, const struct dwarf_abbrev *abbrev,
                         const uint8_t *at, enum dwarf_wish wish, struct dwarf_entry *entry,
                         uint64_t *sibling, const uint8_t **after)
{
    const struct dwarf_attribute *a = &decoder->abbrevs.attributes[abbrev->first_attribute];
    struct bytes b = {at, decoder->info.at + decoder->header.end, false};
    bool is_distance = false;
    *entry = dwarf_entry_empty();
    entry->tag = abbrev->tag;
    for (uint32_t i = 0; i < abbrev->attribute_count; i++, a++) {
        struct bytes value = b;
        if (!read_code(entry, decoder, a, &value, &is_distance) && wish == DWARF_READ_ALL)
            read_description(entry, decoder, a, &value);
        if (a->step.kind == DWARF_STEP_FIXED) // most are
            bytes_skip(&b, a->step.size);
        else
            dwarf_step_take(&a->step, &b, sibling);
        if (b.failed)
            return false;
    }
    if (is_distance && entry->high_pc != DWARF_NONE && entry->low_pc != DWARF_NONE)
        entry->high_pc += entry->low_pc;
    *after = b.at;
    return true;
}

bool dwarf_decoder_entry_at(struct dwarf_decoder *decoder, uint64_t offset,
                            struct dwarf_entry *entry)
{
    if (offset < decoder->header.die || offset >= decoder->header.end)
        return false;
    struct bytes b = {decoder->info.at + offset, decoder->info.at + decoder->header.end, false};
    uint64_t code = bytes_varint(&b), sibling;
    const uint8_t *after;
    const struct dwarf_abbrev *abbrev =
        code && !b.failed ? dwarf_abbrevs_get(&decoder->abbrevs, code) : NULL;
    if (!abbrev ||
        !dwarf_decoder_entry(decoder, abbrev, b.at, DWARF_READ_ALL, entry, &sibling, &after))
        return false;
    entry->offset = offset;
    return true;
}

bool dwarf_decoder_unit(struct dwarf_decoder *decoder, struct dwarf_entry *entry)
{
    if (!dwarf_decoder_entry_at(decoder, decoder->header.die, entry))
        return false;
    bool has_bases = entry->string_offsets_base != DWARF_NONE || entry->address_base != DWARF_NONE;
    if (entry->string_offsets_base != DWARF_NONE)
        decoder->string_offsets_base = entry->string_offsets_base;
    if (entry->address_base != DWARF_NONE)
        decoder->address_base = entry->address_base;
    // attributes before the bases were read without them
    return !has_bases || dwarf_decoder_entry_at(decoder, decoder->header.die, entry);
}
