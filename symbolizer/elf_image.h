/* SPDX-License-Identifier: MIT */
/*
 * elf_image.h - the sections, segments and build-id of an ELF file, checked against its size.
 *
 * Little-endian ELF32 and ELF64, from a file or from memory (the vdso). The bytes are untrusted:
 * a header that points outside of them makes opening fail; a section that does is kept, without
 * contents. Object files (.o) get addresses for their sections, as if they were linked. Follows the
 * System V ABI, chapters 4 and 5 ("Object Files", "Program Loading").
 *
 * Memory: names and contents borrow from the image, and are valid until elf_image_release.
 */
#ifndef PROF_SYMBOLIZER_ELF_IMAGE_H
#define PROF_SYMBOLIZER_ELF_IMAGE_H

#include "profiler/base/bytes.h"
#include "profiler/base/error.h"
#include "profiler/base/mapped_file.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { ELF_IMAGE_BUILD_ID_MAX = 64 }; /* linkers make 8 to 20 bytes */

struct elf_section {
    const char *name; /* never NULL */
    uint32_t type, link, info;
    uint64_t flags, address, offset, size, entry_size;
};

struct elf_segment {
    uint32_t type, flags;
    uint64_t offset, address, file_size, memory_size;
};

struct elf_image {
    struct mapped_file file; /* nothing when the image lies in memory */
    const uint8_t *data;
    size_t size;
    bool is_64;
    uint16_t type, machine;
    uint64_t entry;               /* address of the program's first instruction; 0: none */
    struct elf_section *sections; /* [0] is the null section, as in the file */
    uint32_t section_count;
    struct elf_segment *segments;
    uint32_t segment_count;
    bool is_placed;          /* the segments are made up, one for each section, ascending */
    const uint8_t *build_id; /* NULL: none, or one longer than any */
    uint32_t build_id_size;
};

/* They return 0, or -1 with the error filled and `image` untouched. The memory given to
 * elf_image_init must stay until elf_image_release. */
int elf_image_open(struct elf_image *image, const char *path, struct error *error);
int elf_image_init(struct elf_image *image, const void *data, size_t size, struct error *error);
/* As elf_image_open, of a file that is open already; it is closed on failure. */
int elf_image_take(struct elf_image *image, struct mapped_file *file, const char *path,
                   struct error *error);
void elf_image_release(struct elf_image *image);

/* The first section of that name, or NULL. In object files one of no group is preferred: there, the
 * linker takes one of each group of all files, and a type that several describe has one. */
const struct elf_section *elf_image_section(const struct elf_image *image, const char *name);
const struct elf_section *elf_image_section_of_type(const struct elf_image *image, uint32_t type);

/* The bytes of a section as they lie in the file (compressed ones stay so). Empty for a section
 * without any (SHT_NOBITS), for NULL, and for one that leaves the file. */
struct bytes elf_image_bytes(const struct elf_image *image, const struct elf_section *section);

/* The bytes that the file has for virtual addresses [address, end of the segment). */
struct bytes elf_image_bytes_at(const struct elf_image *image, uint64_t address);

/* Whether code may lie at the address: in an executable segment, and not at 0 or 1, where linkers
 * leave what they have dropped. Debug files without contents keep their segments, so this holds
 * for them too. */
bool elf_image_is_code(const struct elf_image *image, uint64_t address);

/* Whether the build-id is exactly these bytes. */
bool elf_image_has_build_id(const struct elf_image *image, const uint8_t *id, uint32_t size);

/* The name and checksum of the separate debug file that .gnu_debuglink asks for; NULL: none. */
const char *elf_image_debug_link(const struct elf_image *image, uint32_t *crc);

#endif
