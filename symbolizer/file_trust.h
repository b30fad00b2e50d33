/* SPDX-License-Identifier: MIT */
/*
 * file_trust.h - whose files are read in this process.
 *
 * A file that is neither ours nor root's, or that everybody may write, can be made to measure for
 * our decoders, or be cut short under our eyes. Such files are left alone where they are met, and
 * noted: whoever asked can then read them in a process of their own (isolated_module.h). The path
 * does not matter, nor do links: the file that was opened is asked who owns it.
 */
#ifndef PROF_SYMBOLIZER_FILE_TRUST_H
#define PROF_SYMBOLIZER_FILE_TRUST_H

#include "symbolizer/elf_image.h"

#include <stdbool.h>

struct file_trust {
    bool is_strict;  /* files of others are not to be read here */
    bool met_others; /* one would have been */
};

/* Whether the opened file is ours or root's, and nobody else's to write. */
bool file_trust_has(const struct mapped_file *file);

/* As elf_image_open, of a file that may be read here. `trust` may be NULL: every file may. */
int file_trust_open(struct file_trust *trust, struct elf_image *image, const char *path,
                    struct error *error);

#endif
