/* SPDX-License-Identifier: MIT */
/*
 * section_contents.h - the plain bytes of a section, inflated where they are compressed.
 *
 * Knows SHF_COMPRESSED with zlib and (where the library was found) zstd, and the older ".zdebug"
 * form. Sizes claimed by the file are believed only up to 4 GiB and 1032 times the compressed size,
 * zlib's true maximum, and must be met exactly.
 *
 * Memory: plain sections borrow from the image; inflated and completed ones belong to the contents.
 */
#ifndef PROF_SYMBOLIZER_SECTION_CONTENTS_H
#define PROF_SYMBOLIZER_SECTION_CONTENTS_H

#include "symbolizer/elf_image.h"

struct section_contents {
    const uint8_t *data;
    size_t size;
    uint8_t *owned; /* NULL: borrowed */
};

/* The size the section has once inflated, without inflating it; 0 when it cannot be read. */
uint64_t section_contents_size(const struct elf_image *image, const struct elf_section *section);

/* Returns 0, or -1 with the error filled and `contents` untouched. Those of an object file are
 * completed (see relocations.h). */
int section_contents_init(struct section_contents *contents, const struct elf_image *image,
                          const struct elf_section *section, struct error *error);
/* A whole xz stream (.gnu_debugdata), of at most 256 MiB inflated. Returns as above. */
int section_contents_init_xz(struct section_contents *contents, const struct elf_image *image,
                             const struct elf_section *section, struct error *error);

void section_contents_release(struct section_contents *contents);

#endif
