/* SPDX-License-Identifier: MIT */
/*
 * debug_files.h - finds the separate file with the debug information of a module.
 *
 * Looks where gdb and binutils look, in this order:
 *     <debug directory>/.build-id/xx/yyyy.debug
 *     .gnu_debuglink in the module's directory, in its .debug/, in <debug directory>/<its
 * directory> the same two below the query's root, if it has one
 *     the cache of debuginfod, read-only
 *     and only when asked for: what debuginfod-find fetches from the servers in $DEBUGINFOD_URLS
 * A file is taken only when its build-id is the module's, or where there is none its checksum is
 * that of the link.
 */
#ifndef PROF_SYMBOLIZER_DEBUG_FILES_H
#define PROF_SYMBOLIZER_DEBUG_FILES_H

#include "profiler/base/text.h"
#include "symbolizer/file_trust.h"
#include "symbolizer/symbol_types.h"

struct debug_file_query {
    const struct symbolizer_options *options;
    const char *path;        /* of the module, without the sysroot */
    const char *root;        /* of the process that had it mapped; NULL: ours */
    const uint8_t *build_id; /* NULL: not known */
    uint32_t build_id_size;
    const struct elf_image *image; /* the module itself; NULL: not to be had */
    struct file_trust *trust;      /* of the files to open; NULL: all may be */
};

/*
 * On success returns true with the file opened in `image` and its path appended to `path`. Else
 * false, with the places where a file was looked for or refused appended to `tried`, as a list
 * in words ("a, b").
 */
bool debug_files_find(const struct debug_file_query *query, struct elf_image *image,
                      struct text *path, struct text *tried);

/*
 * The file that dwz moved parts of the image's debug information to: by the path in the image's
 * .gnu_debugaltlink or .debug_sup, relative to `path`, where the image was opened, or by its
 * build-id. Returns whether it was opened in `shared`.
 */
bool debug_files_find_shared(const struct symbolizer_options *options,
                             const struct elf_image *image, const char *path,
                             struct file_trust *trust, struct elf_image *shared);

#endif
