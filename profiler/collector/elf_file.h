/* SPDX-License-Identifier: MIT */
/*
 * elf_file.h - the few facts about an ELF file that recording needs: what it is, which loader it
 * wants, where its segments and unwind tables are.
 *
 * The file is untrusted; every offset is checked against its size.
 */
#ifndef PROF_COLLECTOR_ELF_FILE_H
#define PROF_COLLECTOR_ELF_FILE_H

#include "profiler/base/mapped_file.h"

#include <elf.h>
#include <stdbool.h>

struct elf_file {
    struct mapped_file file; /* nothing when the bytes are borrowed */
    const uint8_t *bytes;
    size_t size;
    bool is_64;
    uint16_t machine;          /* EM_* */
    const Elf64_Phdr *headers; /* NULL unless 64-bit little-endian */
    uint32_t header_count;
    const char *interpreter; /* PT_INTERP; NULL: none */
};

/* Returns 0; -1 with the error filled; 1 when the file can be read but is no ELF. */
int elf_file_open(struct elf_file *elf, const char *path, struct error *error);
/* The same for what was read of a file: at least its headers. Borrows the bytes. */
int elf_file_init(struct elf_file *elf, const uint8_t *bytes, size_t size);
void elf_file_close(struct elf_file *elf);

/* The build-id; NULL and size 0 when there is none. */
const uint8_t *elf_file_build_id(const struct elf_file *elf, size_t *size);

/* Whether the file names a library that begins with `prefix` among those it needs. */
bool elf_file_needs(const struct elf_file *elf, const char *prefix);

/* The bytes at an ELF virtual address, as far as the file holds them; NULL: none. */
const uint8_t *elf_file_at(const struct elf_file *elf, uint64_t address, uint64_t *available);

/* The lowest virtual address of a PT_LOAD segment, and the end of the highest. */
void elf_file_extent(const struct elf_file *elf, uint64_t *low, uint64_t *high);

#endif
