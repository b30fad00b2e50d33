/* SPDX-License-Identifier: MIT */
/*
 * relocations.c - completes sections of object files.
 */
#include "symbolizer/relocations.h"

#include "symbolizer/symbol_table.h"

#include <elf.h>
#include <string.h>

/* What the linker writes: the symbol's address and the addend, maybe counted from the place. */
struct rule {
    uint16_t machine;
    uint8_t size;
    bool is_relative;
    uint32_t type;
};

static const struct rule rules[] = {
    {EM_X86_64, 8, false, R_X86_64_64},      {EM_X86_64, 4, false, R_X86_64_32},
    {EM_X86_64, 4, false, R_X86_64_32S},     {EM_X86_64, 4, true, R_X86_64_PC32},
    {EM_X86_64, 8, true, R_X86_64_PC64},     {EM_X86_64, 2, false, R_X86_64_16},
    {EM_X86_64, 1, false, R_X86_64_8},       {EM_386, 4, false, R_386_32},
    {EM_386, 4, true, R_386_PC32},           {EM_AARCH64, 8, false, R_AARCH64_ABS64},
    {EM_AARCH64, 4, false, R_AARCH64_ABS32}, {EM_AARCH64, 8, true, R_AARCH64_PREL64},
    {EM_AARCH64, 4, true, R_AARCH64_PREL32},
};

struct relocation {
    uint64_t offset, addend;
    uint32_t type, symbol;
    bool has_addend;
};

static const struct elf_section *find(const struct elf_image *image,
                                      const struct elf_section *section)
{
    for (uint32_t i = 1; image->type == ET_REL && i < image->section_count; i++) {
        const struct elf_section *found = &image->sections[i];
        if ((found->type == SHT_RELA || found->type == SHT_REL) &&
            found->info == (uint32_t)(section - image->sections))
            return found;
    }
    return NULL;
}

bool relocations_exist(const struct elf_image *image, const struct elf_section *section)
{
    return find(image, section) != NULL;
}

static struct relocation read_one(struct bytes *b, bool is_64, bool has_addend)
{
    struct relocation r = {.has_addend = has_addend};
    r.offset = is_64 ? bytes_u64(b) : bytes_u32(b);
    if (is_64) {
        r.type = bytes_u32(b);
        r.symbol = bytes_u32(b);
    } else {
        uint32_t info = bytes_u32(b);
        r.type = info & 0xff;
        r.symbol = info >> 8;
    }
    if (has_addend)
        r.addend = is_64 ? bytes_u64(b) : (uint64_t)(int32_t)bytes_u32(b);
    return r;
}

static const struct rule *rule_of(uint16_t machine, uint32_t type)
{
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        if (rules[i].machine == machine && rules[i].type == type)
            return &rules[i];
    }
    return NULL;
}

void relocations_apply(const struct elf_image *image, const struct elf_section *section,
                       uint8_t *bytes, size_t size)
{
    const struct elf_section *found = find(image, section);
    struct symbol_table symbols;
    if (!found)
        return;
    symbol_table_init(&symbols, image, SHT_SYMTAB);
    for (struct bytes b = elf_image_bytes(image, found); bytes_left(&b);) {
        struct relocation r = read_one(&b, image->is_64, found->type == SHT_RELA);
        const struct rule *rule = rule_of(image->machine, r.type);
        if (b.failed || !rule || r.offset > size || rule->size > size - r.offset)
            continue;
        uint64_t value = symbol_table_get(&symbols, r.symbol).value + r.addend;
        uint64_t before = 0;
        memcpy(&before, bytes + r.offset, rule->size);
        if (!r.has_addend)
            value += before;
        if (rule->is_relative)
            value -= section->address + r.offset;
        memcpy(bytes + r.offset, &value, rule->size); // both little-endian
    }
}
