/* SPDX-License-Identifier: MIT */
/*
 * cfi.c - from an address to its row of call frame information.
 *
 * Code of the signal handler: no lock, no allocation, no call outside this room.
 */
#include "profiler/unwind/cfi.h"

enum {

    DW_EH_PE_omit = 0xff,
    DW_EH_PE_pcrel = 0x10,
    DW_EH_PE_datarel = 0x30,
    DW_EH_PE_absptr = 0x00,
    DW_EH_PE_uleb128 = 0x01,
    DW_EH_PE_udata2 = 0x02,
    DW_EH_PE_udata4 = 0x03,
    DW_EH_PE_udata8 = 0x04,
    DW_EH_PE_sleb128 = 0x09,
    DW_EH_PE_sdata2 = 0x0a,
    DW_EH_PE_sdata4 = 0x0b,
    DW_EH_PE_sdata8 = 0x0c,
    DW_EH_PE_indirect = 0x80,

    DW_CFA_advance_loc = 0x40,
    DW_CFA_offset = 0x80,
    DW_CFA_restore = 0xc0,
    DW_CFA_nop = 0x00,
    DW_CFA_set_loc,
    DW_CFA_advance_loc1,
    DW_CFA_advance_loc2,
    DW_CFA_advance_loc4,
    DW_CFA_offset_extended,
    DW_CFA_restore_extended,
    DW_CFA_undefined,
    DW_CFA_same_value,
    DW_CFA_register,
    DW_CFA_remember_state,
    DW_CFA_restore_state,
    DW_CFA_def_cfa,
    DW_CFA_def_cfa_register,
    DW_CFA_def_cfa_offset,
    DW_CFA_def_cfa_expression,
    DW_CFA_expression,
    DW_CFA_offset_extended_sf,
    DW_CFA_def_cfa_sf,
    DW_CFA_def_cfa_offset_sf,
    DW_CFA_val_offset,
    DW_CFA_val_offset_sf,
    DW_CFA_val_expression,
    DW_CFA_GNU_args_size = 0x2e,
    DW_CFA_GNU_negative_offset_extended = 0x2f,
};

/* What a CIE says about the FDEs that use it. */
struct cie {
    uint64_t code_alignment;
    int64_t data_alignment;
    uint8_t return_column;
    uint8_t pointer_encoding;
    bool signal_frame, has_augmentation_data;
    struct cursor instructions;
};

struct fde {
    uint64_t begin, end;
    struct cursor instructions;
};

/* One encoded pointer. Values relative to text or function never occur in these tables. */
static uint64_t read_pointer(struct cursor *c, uint8_t encoding, uint64_t data_base)
{
    uint64_t base = 0, value;
    if ((encoding & 0x70) == DW_EH_PE_pcrel)
        base = cursor_address(c);
    else if ((encoding & 0x70) == DW_EH_PE_datarel)
        base = data_base;
    else if (encoding & 0x70)
        c->failed = true;
    switch (encoding & 0x0f) {
    case DW_EH_PE_absptr:
    case DW_EH_PE_udata8:
    case DW_EH_PE_sdata8:
        value = cursor_u64(c);
        break;
    case DW_EH_PE_uleb128:
        value = cursor_uleb(c);
        break;
    case DW_EH_PE_sleb128:
        value = (uint64_t)cursor_sleb(c);
        break;
    case DW_EH_PE_udata2:
        value = cursor_u16(c);
        break;
    case DW_EH_PE_sdata2:
        value = (uint64_t)(int16_t)cursor_u16(c);
        break;
    case DW_EH_PE_udata4:
        value = cursor_u32(c);
        break;
    case DW_EH_PE_sdata4:
        value = (uint64_t)(int32_t)cursor_u32(c);
        break;
    default:
        value = 0;
        c->failed = true;
    }
    return base + value;
}

/* Reads an entry's length and leaves the cursor limited to its contents. False at the end mark. */
static bool read_entry_length(struct cursor *c)
{
    uint64_t length = cursor_u32(c);
    if (length == 0xffffffff)
        length = cursor_u64(c);
    cursor_limit(c, length);
    return length != 0 && !c->failed;
}

static enum cfi_result read_augmentation(struct cie *cie, struct cursor *c, const char *letters,
                                         const char *letters_end)
{
    if (letters == letters_end)
        return CFI_FOUND;
    if (*letters++ != 'z')
        return CFI_UNSUPPORTED; // before gcc 3 ("eh"); nothing alive has it
    cie->has_augmentation_data = true;
    uint64_t size = cursor_uleb(c);
    struct cursor data = *c;
    cursor_limit(&data, size);
    cursor_skip(c, size);
    for (; letters < letters_end; letters++) {
        if (*letters == 'R')
            cie->pointer_encoding = cursor_u8(&data);
        else if (*letters == 'S')
            cie->signal_frame = true;
        else if (*letters == 'L')
            cursor_u8(&data);
        else if (*letters == 'P') {
            uint8_t encoding = cursor_u8(&data);
            read_pointer(&data, encoding & ~DW_EH_PE_indirect, 0);
        } else
            break; // later letters cannot change what came before, and their size is known
    }
    return data.failed ? CFI_DAMAGED : CFI_FOUND;
}

static enum cfi_result read_cie(struct cie *cie, const struct unwind_view *view, uint64_t address)
{
    *cie = (struct cie){.pointer_encoding = DW_EH_PE_absptr};
    struct cursor c = cursor_at(view, address);
    if (!read_entry_length(&c) || cursor_u32(&c) != 0)
        return CFI_DAMAGED;
    uint8_t version = cursor_u8(&c);
    if (version != 1 && version != 3)
        return c.failed ? CFI_DAMAGED : CFI_UNSUPPORTED;
    const char *letters = (const char *)c.at;
    while (cursor_u8(&c) != 0) {
    }
    const char *letters_end = (const char *)c.at - 1;
    cie->code_alignment = cursor_uleb(&c);
    cie->data_alignment = cursor_sleb(&c);
    cie->return_column = version == 1 ? cursor_u8(&c) : (uint8_t)cursor_uleb(&c);
    if (c.failed || cie->return_column != UNWIND_PROGRAM_COUNTER)
        return CFI_DAMAGED;
    enum cfi_result result = read_augmentation(cie, &c, letters, letters_end);
    cie->instructions = c;
    return result == CFI_FOUND && c.failed ? CFI_DAMAGED : result;
}

/* Makes the entry at `address` (length, then contents) visible: in place, or copied. */
static enum cfi_result view_entry(const struct unwind_module *module,
                                  const struct unwind_memory *memory, uint64_t address,
                                  struct unwind_view *view, uint8_t *copy, size_t copy_size)
{
    if (module->tables.bytes) {
        *view = module->tables;
        return CFI_FOUND;
    }
    uint32_t length;
    if (!unwind_memory_read(memory, address, &length, sizeof length))
        return CFI_DAMAGED;
    if (length > copy_size - sizeof length)
        return CFI_UNSUPPORTED;
    if (!unwind_memory_read(memory, address, copy, length + sizeof length))
        return CFI_DAMAGED;
    *view = (struct unwind_view){address, copy, length + sizeof length};
    return CFI_FOUND;
}

static enum cfi_result read_fde(struct fde *fde, struct cie *cie,
                                const struct unwind_module *module,
                                const struct unwind_memory *memory, uint64_t address,
                                struct cfi_entry *entry)
{
    enum cfi_result result =
        view_entry(module, memory, address, &entry->fde, entry->fde_copy, sizeof entry->fde_copy);
    if (result != CFI_FOUND)
        return result;
    struct cursor c = cursor_at(&entry->fde, address);
    if (!read_entry_length(&c))
        return CFI_DAMAGED;
    uint64_t cie_address = cursor_address(&c);
    uint32_t cie_distance = cursor_u32(&c);
    if (c.failed || cie_distance == 0)
        return CFI_DAMAGED;
    cie_address -= cie_distance;
    result = view_entry(module, memory, cie_address, &entry->cie, entry->cie_copy,
                        sizeof entry->cie_copy);
    if (result == CFI_FOUND)
        result = read_cie(cie, &entry->cie, cie_address);
    if (result != CFI_FOUND)
        return result;
    fde->begin = read_pointer(&c, cie->pointer_encoding, 0);
    fde->end = fde->begin + read_pointer(&c, cie->pointer_encoding & 0x0f, 0);
    if (cie->has_augmentation_data)
        cursor_skip(&c, cursor_uleb(&c));
    fde->instructions = c;
    return c.failed ? CFI_DAMAGED : CFI_FOUND;
}

/* .eh_frame_hdr: a table of (function, FDE) offsets from its own address, sorted by function. */
struct search_table {
    const struct unwind_memory *memory;
    uint64_t origin;      /* what the offsets count from */
    uint64_t address;     /* of the first pair */
    const uint8_t *bytes; /* the same, in place; NULL: read through memory */
    uint64_t count;
};

static enum cfi_result open_search_table(struct search_table *table,
                                         const struct unwind_module *module,
                                         const struct unwind_memory *memory)
{
    uint8_t copy[20]; // two pointers of eight bytes at most behind four bytes
    struct unwind_view view = module->tables;
    uint64_t origin = module->eh_frame_hdr;
    if (!origin)
        return CFI_NONE;
    if (!view.bytes) {
        if (!unwind_memory_read(memory, origin, copy, sizeof copy))
            return CFI_DAMAGED;
        view = (struct unwind_view){origin, copy, sizeof copy};
    }
    struct cursor c = cursor_at(&view, origin);
    uint8_t version = cursor_u8(&c), frame_encoding = cursor_u8(&c);
    uint8_t count_encoding = cursor_u8(&c), table_encoding = cursor_u8(&c);
    // the only encoding that any linker writes (ld, gold, lld, mold)
    if (version != 1 || table_encoding != (DW_EH_PE_datarel | DW_EH_PE_sdata4) ||
        count_encoding == DW_EH_PE_omit)
        return c.failed ? CFI_DAMAGED : CFI_UNSUPPORTED;
    read_pointer(&c, frame_encoding, origin);
    uint64_t count = read_pointer(&c, count_encoding, origin);
    bool in_place = module->tables.bytes != NULL;
    if (c.failed || (in_place && count > (uint64_t)(c.end - c.at) / 8))
        return CFI_DAMAGED;
    *table =
        (struct search_table){memory, origin, cursor_address(&c), in_place ? c.at : NULL, count};
    return CFI_FOUND;
}

static bool read_pair(const struct search_table *table, uint64_t index, int32_t pair[2])
{
    if (!table->bytes)
        return unwind_memory_read(table->memory, table->address + index * 8, pair, 8);
    memcpy(pair, table->bytes + index * 8, 8);
    return true;
}

/* Binary search for the last function that begins at or before pc. */
static enum cfi_result find_fde(const struct unwind_module *module,
                                const struct unwind_memory *memory, uint64_t pc,
                                uint64_t *fde_address)
{
    struct search_table table;
    enum cfi_result result = open_search_table(&table, module, memory);
    if (result != CFI_FOUND)
        return result;
    int64_t wanted = (int64_t)(pc - table.origin);
    int32_t pair[2];
    bool found = false;
    uint64_t low = 0, high = table.count; // before low: at or before pc; from high on: after it
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (!read_pair(&table, middle, pair))
            return CFI_DAMAGED;
        if (pair[0] <= wanted) {
            low = middle + 1;
            found = true;
            *fde_address = table.origin + (uint64_t)(int64_t)pair[1];
        } else {
            high = middle;
        }
    }
    return found ? CFI_FOUND : CFI_NONE;
}

/* The state while the instructions of one FDE run. */
struct program {
    const struct cie *cie;
    uint64_t location;
    struct cfi_row *row;
    const struct cfi_row *initial; /* what DW_CFA_restore goes back to; NULL in the CIE's part */
    struct cfi_row *saved;         /* of CFI_REMEMBER_DEPTH */
    int saved_count;
};

/* A factored offset; damaged ones may wrap around. */
static int64_t scaled(uint64_t count, int64_t factor)
{
    return (int64_t)(count * (uint64_t)factor);
}

/* Rules for registers that we do not follow (vector registers) are read and forgotten. */
static void set_rule(struct program *p, uint64_t reg, uint8_t kind, int64_t value)
{
    if (reg < UNWIND_REGISTER_COUNT) {
        p->row->kind[reg] = kind;
        p->row->value[reg] = value;
    }
}

static void restore_rule(struct program *p, uint64_t reg)
{
    if (reg < UNWIND_REGISTER_COUNT && p->initial)
        set_rule(p, reg, p->initial->kind[reg], p->initial->value[reg]);
    else
        set_rule(p, reg, CFI_SAME, 0);
}

static void set_expression_rule(struct program *p, struct cursor *c, uint64_t reg, uint8_t kind)
{
    set_rule(p, reg, kind, (int64_t)cursor_address(c));
    cursor_skip(c, cursor_uleb(c));
}

static void define_cfa(struct program *p, struct cursor *c, uint64_t reg, int64_t offset)
{
    if (reg >= UNWIND_REGISTER_COUNT)
        c->failed = true;
    p->row->cfa_kind = CFI_VAL_OFFSET;
    p->row->cfa_register = (uint8_t)reg;
    p->row->cfa_value = offset;
}

/* Half of a CFA can only be changed while it is a register and an offset (DWARF 5, 6.4.2.2). */
static void require_cfa_offset(const struct program *p, struct cursor *c)
{
    if (p->row->cfa_kind != CFI_VAL_OFFSET)
        c->failed = true;
}

static enum cfi_result remember_state(struct program *p)
{
    if (p->saved_count == CFI_REMEMBER_DEPTH)
        return CFI_UNSUPPORTED;
    p->saved[p->saved_count++] = *p->row;
    return CFI_FOUND;
}

static enum cfi_result restore_state(struct program *p)
{
    if (p->saved_count == 0)
        return CFI_DAMAGED;
    *p->row = p->saved[--p->saved_count];
    return CFI_FOUND;
}

/* The instructions whose first byte is the whole opcode. */
static enum cfi_result run_extended(struct program *p, struct cursor *c, uint8_t op)
{
    uint64_t reg;
    int64_t factor = p->cie->data_alignment;
    switch (op) {
    case DW_CFA_nop:
        break;
    case DW_CFA_set_loc:
        p->location = read_pointer(c, p->cie->pointer_encoding, 0);
        break;
    case DW_CFA_advance_loc1:
        p->location += cursor_u8(c) * p->cie->code_alignment;
        break;
    case DW_CFA_advance_loc2:
        p->location += cursor_u16(c) * p->cie->code_alignment;
        break;
    case DW_CFA_advance_loc4:
        p->location += cursor_u32(c) * p->cie->code_alignment;
        break;
    case DW_CFA_offset_extended:
        reg = cursor_uleb(c);
        set_rule(p, reg, CFI_OFFSET, scaled(cursor_uleb(c), factor));
        break;
    case DW_CFA_offset_extended_sf:
        reg = cursor_uleb(c);
        set_rule(p, reg, CFI_OFFSET, scaled((uint64_t)cursor_sleb(c), factor));
        break;
    case DW_CFA_GNU_negative_offset_extended:
        reg = cursor_uleb(c);
        set_rule(p, reg, CFI_OFFSET, scaled(0 - cursor_uleb(c), factor));
        break;
    case DW_CFA_val_offset:
        reg = cursor_uleb(c);
        set_rule(p, reg, CFI_VAL_OFFSET, scaled(cursor_uleb(c), factor));
        break;
    case DW_CFA_val_offset_sf:
        reg = cursor_uleb(c);
        set_rule(p, reg, CFI_VAL_OFFSET, scaled((uint64_t)cursor_sleb(c), factor));
        break;
    case DW_CFA_restore_extended:
        restore_rule(p, cursor_uleb(c));
        break;
    case DW_CFA_undefined:
        set_rule(p, cursor_uleb(c), CFI_UNDEFINED, 0);
        break;
    case DW_CFA_same_value:
        set_rule(p, cursor_uleb(c), CFI_SAME, 0);
        break;
    case DW_CFA_register:
        reg = cursor_uleb(c);
        set_rule(p, reg, CFI_REGISTER, (int64_t)cursor_uleb(c));
        break;
    case DW_CFA_remember_state:
        return remember_state(p);
    case DW_CFA_restore_state:
        return restore_state(p);
    case DW_CFA_def_cfa:
        reg = cursor_uleb(c);
        define_cfa(p, c, reg, (int64_t)cursor_uleb(c));
        break;
    case DW_CFA_def_cfa_sf:
        reg = cursor_uleb(c);
        define_cfa(p, c, reg, scaled((uint64_t)cursor_sleb(c), factor));
        break;
    case DW_CFA_def_cfa_register:
        require_cfa_offset(p, c);
        define_cfa(p, c, cursor_uleb(c), p->row->cfa_value);
        break;
    case DW_CFA_def_cfa_offset:
        require_cfa_offset(p, c);
        p->row->cfa_value = (int64_t)cursor_uleb(c);
        break;
    case DW_CFA_def_cfa_offset_sf:
        require_cfa_offset(p, c);
        p->row->cfa_value = scaled((uint64_t)cursor_sleb(c), factor);
        break;
    case DW_CFA_def_cfa_expression:
        p->row->cfa_kind = CFI_VAL_EXPRESSION;
        p->row->cfa_value = (int64_t)cursor_address(c);
        cursor_skip(c, cursor_uleb(c));
        break;
    case DW_CFA_expression:
        set_expression_rule(p, c, cursor_uleb(c), CFI_EXPRESSION);
        break;
    case DW_CFA_val_expression:
        set_expression_rule(p, c, cursor_uleb(c), CFI_VAL_EXPRESSION);
        break;
    case DW_CFA_GNU_args_size:
        cursor_uleb(c);
        break;
    default:
        return CFI_UNSUPPORTED;
    }
    return CFI_FOUND;
}

/* Runs instructions until the location passes pc. */
static enum cfi_result run(struct program *p, struct cursor c, uint64_t pc)
{
    while (c.at < c.end) {
        uint8_t op = cursor_u8(&c);
        enum cfi_result result = CFI_FOUND;
        if ((op & 0xc0) == DW_CFA_advance_loc)
            p->location += (op & 0x3f) * p->cie->code_alignment;
        else if ((op & 0xc0) == DW_CFA_offset)
            set_rule(p, op & 0x3f, CFI_OFFSET, scaled(cursor_uleb(&c), p->cie->data_alignment));
        else if ((op & 0xc0) == DW_CFA_restore)
            restore_rule(p, op & 0x3f);
        else
            result = run_extended(p, &c, op);
        if (c.failed)
            return CFI_DAMAGED;
        if (result != CFI_FOUND)
            return result;
        if (p->location > pc)
            break;
    }
    return CFI_FOUND;
}

enum cfi_result cfi_row_find(const struct unwind_module *module, const struct unwind_memory *memory,
                             uint64_t pc, struct cfi_entry *entry, struct cfi_row *row)
{
    struct cie cie;
    struct fde fde;
    uint64_t address = 0;
    enum cfi_result result = find_fde(module, memory, pc, &address);
    if (result == CFI_FOUND)
        result = read_fde(&fde, &cie, module, memory, address, entry);
    if (result != CFI_FOUND)
        return result;
    if (pc < fde.begin || pc >= fde.end)
        return CFI_NONE; // a gap between functions, not the function before it

    memset(row, 0, sizeof *row);
    row->signal_frame = cie.signal_frame;
    struct program program;
    program.cie = &cie;
    program.location = fde.begin;
    program.row = row;
    program.initial = NULL;
    program.saved = entry->remembered;
    program.saved_count = 0;
    result = run(&program, cie.instructions, UINT64_MAX);
    if (result != CFI_FOUND)
        return result;
    entry->initial = *row;
    program.initial = &entry->initial;
    return run(&program, fde.instructions, pc);
}

struct cursor cfi_expression(const struct cfi_entry *entry, int64_t value)
{
    struct cursor c = cursor_at(&entry->fde, (uint64_t)value);
    if (c.failed) // an instruction of the CIE
        c = cursor_at(&entry->cie, (uint64_t)value);
    cursor_limit(&c, cursor_uleb(&c));
    return c;
}
