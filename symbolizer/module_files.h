/* SPDX-License-Identifier: MIT */
/*
 * module_files.h - the files that know about a module: itself, and its separate debug file.
 */
#ifndef PROF_SYMBOLIZER_MODULE_FILES_H
#define PROF_SYMBOLIZER_MODULE_FILES_H

#include "profiler/base/text.h"
#include "symbolizer/file_trust.h"
#include "symbolizer/section_contents.h"
#include "symbolizer/symbol_types.h"

struct module_files {
    struct elf_image module, debug;
    struct elf_image shared; /* what dwz moved out of the one with the debug information */
    struct elf_image mini;   /* from .gnu_debugdata: a symbol table of all functions */
    struct section_contents mini_contents;
    struct text mini_problem; /* why it cannot be read; empty: it can, or there is none */
    bool has_module, has_debug, has_shared, has_mini;
    struct text module_path, debug_path; /* with the sysroot */
    struct text problem; /* why the module itself is not used, in words; empty: it is */
    struct text tried;   /* where a debug file was looked for; empty: it was found, or not needed */
};

/*
 * Opens the module, if it is the recorded one by its build-id, or else the file that was kept of
 * it, and a debug file if the module has no debug information of its own. Never fails: what is
 * missing is said in `problem` and `tried`.
 */
void module_files_open(struct module_files *files, const struct symbolizer_options *options,
                       const struct symbol_module *module, struct file_trust *trust);
void module_files_close(struct module_files *files);

/* The image with the debug information and its path, or NULL. */
const struct elf_image *module_files_dwarf(const struct module_files *files, const char **path);

/* The image with the parts of the debug information that dwz moved out of it, or NULL. */
const struct elf_image *module_files_shared(const struct module_files *files);

/* The image with the full symbol table and its path, or NULL. That of .gnu_debugdata
 * ("MiniDebugInfo", which Fedora strips its programs to) leaves out what .dynsym has. */
const struct elf_image *module_files_symbols(const struct module_files *files, const char **path);

#endif
