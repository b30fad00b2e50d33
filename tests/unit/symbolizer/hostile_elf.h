/* SPDX-License-Identifier: MIT */
/*
 * hostile_elf.h - composes ELF files in memory, section by section, that no linker would make.
 *
 * One segment of code is everywhere, from address 0 on. Included once.
 */
#ifndef PROF_TESTS_SYMBOLIZER_HOSTILE_ELF_H
#define PROF_TESTS_SYMBOLIZER_HOSTILE_ELF_H

#include "profiler/base/text.h"

#include <elf.h>
#include <stdint.h>
#include <string.h>

enum { MOST_PARTS = 12 };

struct part {
    const char *name;
    uint32_t type, link;
    uint64_t flags, address, entry_size;
    struct text bytes;
};

struct hostile_elf {
    struct part parts[MOST_PARTS];
    uint32_t count;
    struct text file;
};

/* A section to be filled through its `bytes`. */
static struct part *add_part(struct hostile_elf *elf, const char *name, uint32_t type)
{
    struct part *part = &elf->parts[elf->count++];
    *part = (struct part){.name = name, .type = type};
    return part;
}

/* Puts the file together; parts are numbered from 1, as they were added. */
__attribute__((unused)) static void compose(struct hostile_elf *elf)
{
    struct text names = TEXT_INIT, headers = TEXT_INIT;
    Elf64_Ehdr header = {.e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
                         .e_type = ET_DYN,
                         .e_machine = EM_X86_64,
                         .e_ehsize = sizeof header,
                         .e_phoff = sizeof header,
                         .e_phentsize = sizeof(Elf64_Phdr),
                         .e_phnum = 1,
                         .e_shentsize = sizeof(Elf64_Shdr),
                         .e_shnum = (Elf64_Half)(elf->count + 2),
                         .e_shstrndx = (Elf64_Half)(elf->count + 1)};
    const Elf64_Phdr code = {
        .p_type = PT_LOAD, .p_flags = PF_R | PF_X, .p_vaddr = 0, .p_memsz = (uint64_t)1 << 40};
    Elf64_Shdr section = {0};
    text_append(&headers, &section, sizeof section);
    text_append_char(&names, '\0');
    text_append(&elf->file, &header, sizeof header);
    text_append(&elf->file, &code, sizeof code);
    for (uint32_t i = 0; i <= elf->count; i++) {
        const struct part *part = &elf->parts[i];
        bool is_names = i == elf->count;
        section = (Elf64_Shdr){.sh_name = (Elf64_Word)names.length,
                               .sh_type = is_names ? SHT_STRTAB : part->type,
                               .sh_link = is_names ? 0 : part->link,
                               .sh_flags = is_names ? 0 : part->flags,
                               .sh_addr = is_names ? 0 : part->address,
                               .sh_entsize = is_names ? 0 : part->entry_size,
                               .sh_offset = elf->file.length};
        const char *name = is_names ? ".shstrtab" : part->name;
        text_append(&names, name, strlen(name) + 1);
        const struct text *bytes = is_names ? &names : &part->bytes;
        section.sh_size = bytes->length;
        text_append(&elf->file, bytes->data ? bytes->data : "", bytes->length);
        text_append(&headers, &section, sizeof section);
    }
    header.e_shoff = elf->file.length;
    memcpy(elf->file.data, &header, sizeof header);
    text_append(&elf->file, headers.data, headers.length);
    text_release(&names);
    text_release(&headers);
}

__attribute__((unused)) static void release(struct hostile_elf *elf)
{
    for (uint32_t i = 0; i < elf->count; i++)
        text_release(&elf->parts[i].bytes);
    text_release(&elf->file);
    *elf = (struct hostile_elf){.count = 0};
}

static inline void put(struct text *text, uint64_t value, size_t size)
{
    text_append(text, &value, size); // little-endian machines
}

#endif
