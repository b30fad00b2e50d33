/* SPDX-License-Identifier: MIT */
/*
 * elf_file.c - the few facts about an ELF file that recording needs.
 *
 * System V gABI, chapters 4 and 5.
 */
#include "profiler/collector/elf_file.h"

#include <string.h>

static const void *range(const struct elf_file *elf, uint64_t offset, uint64_t size)
{
    if (offset > elf->size || size > elf->size - offset)
        return NULL;
    return elf->bytes + offset;
}

/* A NUL-terminated string inside the file. */
static const char *string_at(const struct elf_file *elf, uint64_t offset, uint64_t limit)
{
    if (offset >= elf->size)
        return NULL;
    uint64_t left = elf->size - offset;
    const char *string = (const char *)elf->bytes + offset;
    return memchr(string, 0, left < limit ? left : limit) ? string : NULL;
}

static void find_headers(struct elf_file *elf)
{
    const Elf64_Ehdr *header = range(elf, 0, sizeof *header);
    if (!header || header->e_ident[EI_DATA] != ELFDATA2LSB || header->e_phoff % 8 != 0 ||
        header->e_phentsize != sizeof(Elf64_Phdr))
        return;
    elf->headers = range(elf, header->e_phoff, (uint64_t)header->e_phnum * sizeof(Elf64_Phdr));
    elf->header_count = elf->headers ? header->e_phnum : 0;
    for (uint32_t i = 0; i < elf->header_count; i++) {
        if (elf->headers[i].p_type == PT_INTERP)
            elf->interpreter = string_at(elf, elf->headers[i].p_offset, elf->headers[i].p_filesz);
    }
}

/* Only the loader's path matters in a 32-bit file: it cannot be profiled, but it can be named. */
static void find_interpreter_32(struct elf_file *elf)
{
    const Elf32_Ehdr *header = range(elf, 0, sizeof *header);
    if (!header || header->e_ident[EI_DATA] != ELFDATA2LSB || header->e_phoff % 4 != 0)
        return;
    const Elf32_Phdr *headers =
        range(elf, header->e_phoff, (uint64_t)header->e_phnum * sizeof(Elf32_Phdr));
    for (uint32_t i = 0; headers && i < header->e_phnum; i++) {
        if (headers[i].p_type == PT_INTERP)
            elf->interpreter = string_at(elf, headers[i].p_offset, headers[i].p_filesz);
    }
}

int elf_file_init(struct elf_file *elf, const uint8_t *bytes, size_t size)
{
    struct elf_file opened = {.bytes = bytes, .size = size};
    const Elf64_Ehdr *header = range(&opened, 0, EI_NIDENT + 4);
    if (!header || memcmp(header->e_ident, ELFMAG, SELFMAG) != 0)
        return 1;
    opened.is_64 = header->e_ident[EI_CLASS] == ELFCLASS64;
    opened.machine = header->e_machine;
    if (opened.is_64)
        find_headers(&opened);
    else
        find_interpreter_32(&opened);
    *elf = opened;
    return 0;
}

int elf_file_open(struct elf_file *elf, const char *path, struct error *error)
{
    struct mapped_file file;
    if (mapped_file_open(&file, path, error) < 0)
        return -1;
    if (elf_file_init(elf, file.data, file.size) != 0) {
        mapped_file_close(&file);
        return 1;
    }
    elf->file = file;
    return 0;
}

void elf_file_close(struct elf_file *elf)
{
    mapped_file_close(&elf->file);
    *elf = (struct elf_file){0};
}

static const uint8_t *build_id_in_notes(const uint8_t *at, uint64_t size, size_t *id_size)
{
    while (size >= sizeof(Elf64_Nhdr)) {
        Elf64_Nhdr note;
        memcpy(&note, at, sizeof note);
        uint64_t name = ((uint64_t)note.n_namesz + 3) & ~3ULL;
        uint64_t data = ((uint64_t)note.n_descsz + 3) & ~3ULL;
        if (name + data > size - sizeof note)
            break;
        if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 && note.n_descsz <= 32 &&
            memcmp(at + sizeof note, "GNU", 4) == 0) {
            *id_size = note.n_descsz;
            return at + sizeof note + name;
        }
        at += sizeof note + name + data;
        size -= sizeof note + name + data;
    }
    return NULL;
}

const uint8_t *elf_file_build_id(const struct elf_file *elf, size_t *size)
{
    *size = 0;
    for (uint32_t i = 0; i < elf->header_count; i++) {
        const Elf64_Phdr *header = &elf->headers[i];
        const uint8_t *notes =
            header->p_type == PT_NOTE ? range(elf, header->p_offset, header->p_filesz) : NULL;
        const uint8_t *id = notes ? build_id_in_notes(notes, header->p_filesz, size) : NULL;
        if (id)
            return id;
    }
    return NULL;
}

const uint8_t *elf_file_at(const struct elf_file *elf, uint64_t address, uint64_t *available)
{
    for (uint32_t i = 0; i < elf->header_count; i++) {
        const Elf64_Phdr *header = &elf->headers[i];
        if (header->p_type != PT_LOAD || address < header->p_vaddr ||
            address - header->p_vaddr >= header->p_filesz)
            continue;
        *available = header->p_filesz - (address - header->p_vaddr);
        uint64_t offset = header->p_offset + (address - header->p_vaddr);
        return range(elf, offset, *available);
    }
    return NULL;
}

bool elf_file_needs(const struct elf_file *elf, const char *prefix)
{
    for (uint32_t i = 0; i < elf->header_count; i++) {
        const Elf64_Phdr *header = &elf->headers[i];
        if (header->p_type != PT_DYNAMIC || header->p_offset % 8 != 0)
            continue;
        uint64_t count = header->p_filesz / sizeof(Elf64_Dyn), names = 0, available;
        const Elf64_Dyn *dynamic = range(elf, header->p_offset, header->p_filesz);
        for (uint64_t j = 0; dynamic && j < count; j++) {
            if (dynamic[j].d_tag == DT_STRTAB)
                names = dynamic[j].d_un.d_ptr;
        }
        for (uint64_t j = 0; dynamic && names && j < count; j++) {
            if (dynamic[j].d_tag != DT_NEEDED)
                continue;
            const uint8_t *name = elf_file_at(elf, names + dynamic[j].d_un.d_val, &available);
            if (name && available > strlen(prefix) &&
                strncmp((const char *)name, prefix, strlen(prefix)) == 0)
                return true;
        }
    }
    return false;
}

void elf_file_extent(const struct elf_file *elf, uint64_t *low, uint64_t *high)
{
    *low = UINT64_MAX;
    *high = 0;
    for (uint32_t i = 0; i < elf->header_count; i++) {
        const Elf64_Phdr *header = &elf->headers[i];
        if (header->p_type != PT_LOAD)
            continue;
        *low = header->p_vaddr < *low ? header->p_vaddr : *low;
        if (header->p_vaddr + header->p_memsz > *high)
            *high = header->p_vaddr + header->p_memsz;
    }
}
