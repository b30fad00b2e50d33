/* SPDX-License-Identifier: MIT */
/*
 * module_files.c - opens a module and its debug file.
 */
#include "symbolizer/module_files.h"

#include "symbolizer/debug_files.h"
#include "symbolizer/dwarf_sections.h"

#include <elf.h>

static void append_build_id(struct text *text, const uint8_t *id, uint32_t size)
{
    for (uint32_t i = 0; i < size; i++)
        text_printf(text, "%02x", id[i]);
    if (!size)
        text_append_string(text, "none");
}

static void refuse_replaced(struct module_files *files, const struct symbol_module *module)
{
    text_printf(&files->problem, "%s is not the file that was recorded (its build-id is ",
                files->module_path.data);
    append_build_id(&files->problem, files->module.build_id, files->module.build_id_size);
    text_append_string(&files->problem, ", recorded was ");
    append_build_id(&files->problem, module->build_id, module->build_id_size);
    text_append_string(&files->problem, "), so its symbols are not used");
    elf_image_release(&files->module);
}

/* What the path leads to. */
static void open_by_path(struct module_files *files, const struct symbol_module *module,
                         struct file_trust *trust)
{
    struct error error = {0};
    int result = module->image
                     ? elf_image_init(&files->module, module->image, module->image_size, &error)
                     : file_trust_open(trust, &files->module, files->module_path.data, &error);
    if (result < 0)
        text_append_string(&files->problem, error.text);
    else if (module->build_id_size &&
             !elf_image_has_build_id(&files->module, module->build_id, module->build_id_size))
        refuse_replaced(files, module);
    else
        files->has_module = true;
}

/* The file that was kept. It was checked when that was done; a build-id is checked again. */
static bool open_kept(struct module_files *files, const struct symbol_module *module,
                      struct file_trust *trust)
{
    if (!module->file || file_trust_open(trust, &files->module, module->file, NULL) < 0)
        return false;
    if (module->build_id_size &&
        !elf_image_has_build_id(&files->module, module->build_id, module->build_id_size)) {
        elf_image_release(&files->module);
        return false;
    }
    files->problem.length = 0;
    files->has_module = true;
    return true;
}

/* With a build-id the path comes first: answers are remembered by the file that they came from, and
 * what was kept may be a copy. Without one, nothing tells whether the path leads to another file.
 */
static void open_module(struct module_files *files, const struct symbol_module *module,
                        struct file_trust *trust)
{
    if (!module->build_id_size && open_kept(files, module, trust))
        return;
    open_by_path(files, module, trust);
    if (!files->has_module)
        open_kept(files, module, trust);
}

static void open_debug(struct module_files *files, const struct symbolizer_options *options,
                       const struct symbol_module *module, struct file_trust *trust)
{
    struct debug_file_query query = {
        .options = options,
        .path = module->path,
        .root = module->root,
        .build_id = files->has_module ? files->module.build_id : module->build_id,
        .build_id_size = files->has_module ? files->module.build_id_size : module->build_id_size,
        .image = files->has_module ? &files->module : NULL,
        .trust = trust,
    };
    files->has_debug = debug_files_find(&query, &files->debug, &files->debug_path, &files->tried);
    if (files->has_debug)
        text_release(&files->tried);
}

/* Only where nothing better was found: most of its users never need it. */
static void open_mini(struct module_files *files)
{
    const char *path;
    struct error error = {0};
    const struct elf_section *section =
        files->has_module ? elf_image_section(&files->module, ".gnu_debugdata") : NULL;
    if (!section || module_files_symbols(files, &path))
        return;
    if (section_contents_init_xz(&files->mini_contents, &files->module, section, &error) == 0)
        files->has_mini = elf_image_init(&files->mini, files->mini_contents.data,
                                         files->mini_contents.size, &error) == 0;
    text_append_string(&files->mini_problem, error.text);
}

void module_files_open(struct module_files *files, const struct symbolizer_options *options,
                       const struct symbol_module *module, struct file_trust *trust)
{
    const char *path = NULL;
    *files = (struct module_files){0};
    text_printf(&files->module_path, "%s%s",
                options->sysroot && !module->image ? options->sysroot : "", module->path);
    open_module(files, module, trust);
    if (!files->has_module || !dwarf_sections_exist(&files->module))
        open_debug(files, options, module, trust);
    const struct elf_image *dwarf = module_files_dwarf(files, &path);
    if (dwarf)
        files->has_shared = debug_files_find_shared(options, dwarf, path, trust, &files->shared);
    open_mini(files);
}

void module_files_close(struct module_files *files)
{
    elf_image_release(&files->module);
    elf_image_release(&files->debug);
    elf_image_release(&files->shared);
    elf_image_release(&files->mini);
    section_contents_release(&files->mini_contents);
    text_release(&files->mini_problem);
    text_release(&files->module_path);
    text_release(&files->debug_path);
    text_release(&files->problem);
    text_release(&files->tried);
}

const struct elf_image *module_files_dwarf(const struct module_files *files, const char **path)
{
    if (files->has_module && dwarf_sections_exist(&files->module)) {
        *path = files->module_path.data;
        return &files->module;
    }
    if (files->has_debug && dwarf_sections_exist(&files->debug)) {
        *path = files->debug_path.data;
        return &files->debug;
    }
    return NULL;
}

const struct elf_image *module_files_shared(const struct module_files *files)
{
    return files->has_shared ? &files->shared : NULL;
}

const struct elf_image *module_files_symbols(const struct module_files *files, const char **path)
{
    if (files->has_module && elf_image_section_of_type(&files->module, SHT_SYMTAB)) {
        *path = files->module_path.data;
        return &files->module;
    }
    if (files->has_debug && elf_image_section_of_type(&files->debug, SHT_SYMTAB)) {
        *path = files->debug_path.data;
        return &files->debug;
    }
    if (files->has_mini) {
        *path = files->module_path.data;
        return &files->mini;
    }
    return NULL;
}
