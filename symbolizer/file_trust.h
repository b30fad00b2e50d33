/* SPDX-License-Identifier: MIT */
/*
 * file_trust.h - whose files are read in this process, and by whom they are opened.
 *
 * A file that is neither ours nor root's, or that everybody may write, can be made to measure for
 * our decoders, or be cut short under our eyes. Such files are left alone where they are met, and
 * noted: whoever asked can then read them in a process of their own (isolated_module.h). The path
 * does not matter, nor do links: the file that was opened is asked who owns it. There, another
 * process opens them (file_broker.h).
 */
#ifndef PROF_SYMBOLIZER_FILE_TRUST_H
#define PROF_SYMBOLIZER_FILE_TRUST_H

#include "profiler/base/text.h"
#include "symbolizer/elf_image.h"

#include <stdbool.h>

struct file_trust {
    bool is_strict;  /* files of others are not to be read here */
    bool met_others; /* one would have been */
    bool has_broker; /* this process opens nothing itself */
    int broker;      /* the socket to ask through */
};

/* Whether the opened file is ours or root's, and nobody else's to write. */
bool file_trust_has(const struct mapped_file *file);

/* As elf_image_open, of a file that may be read here. `trust` may be NULL: every file may. */
int file_trust_open(struct file_trust *trust, struct elf_image *image, const char *path,
                    struct error *error);

/* What else is asked of the file system, and of the servers with debug files. `trust` as above. */
bool file_trust_has_folder(const struct file_trust *trust, const char *path);
bool file_trust_real_path(const struct file_trust *trust, const char *path, struct text *found);
bool file_trust_fetch(const struct file_trust *trust, const char *build_id, struct text *found);

#endif
