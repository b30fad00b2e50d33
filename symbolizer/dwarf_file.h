/* SPDX-License-Identifier: MIT */
/*
 * dwarf_file.h - functions, source lines and inlined calls from the DWARF of an ELF image.
 *
 * The front door to the dwarf_*.c files. Reads DWARF 2 to 5 as gcc, clang and rustc write it, also
 * optimised by dwz, and split into .dwo and .dwp files.
 */
#ifndef PROF_SYMBOLIZER_DWARF_FILE_H
#define PROF_SYMBOLIZER_DWARF_FILE_H

#include "symbolizer/file_trust.h"
#include "symbolizer/lookup.h"

struct dwarf_file;

struct dwarf_file_options {
    uint32_t threads;         /* at most; 0 and 1 both mean this one */
    bool only_libdwarf;       /* the slow path for all units; see dwarf_fallback.h */
    const char *path;         /* of the image, for .dwo and .dwp files; must stay */
    const char *sysroot;      /* before the paths of .dwo files; NULL: none */
    struct file_trust *trust; /* of .dwo and .dwp files; NULL: all may be read. Must stay */
};

/*
 * `shared` is the file that dwz moved common parts to (.gnu_debugaltlink, or .debug_sup of DWARF
 * 5); NULL when there is none. Images and strings must stay until dwarf_file_close. NULL on
 * failure, with the error filled: there is no debug information, or it is damaged from the start.
 */
struct dwarf_file *dwarf_file_open(const struct elf_image *image, const struct elf_image *shared,
                                   const struct dwarf_file_options *options,
                                   struct string_table *strings, struct error *error);
void dwarf_file_close(struct dwarf_file *file);

/* Fills the line and the frames of the lookups that the debug information covers. */
void dwarf_file_resolve(struct dwarf_file *file, struct lookup_batch *batch);

/* Whether all answers so far came from the images, and none from .dwo or .dwp files. */
bool dwarf_file_is_whole(const struct dwarf_file *file);

/* What of the debug information could not be used so far, in words; NULL: nothing. Valid until the
 * next call. */
const char *dwarf_file_gap(struct dwarf_file *file);

#endif
