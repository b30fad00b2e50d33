/* SPDX-License-Identifier: MIT */
/*
 * debug_files.c - candidates in order, each checked before it is believed.
 */
#include "symbolizer/debug_files.h"

#include "profiler/base/zlib_stream.h"
#include "symbolizer/debuginfod.h"

#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <string.h>

struct search {
    const struct debug_file_query *query;
    const char *link; /* .gnu_debuglink; NULL: none */
    const char *root; /* put before all paths, in place of the sysroot; NULL: not now */
    uint32_t crc;
    struct elf_image *image;
    struct text *path, *tried;
    bool for_supplement; /* the identity is that of .debug_sup, in place of a build-id */
};

static void note(struct search *search, const char *path, const char *why)
{
    if (search->root)
        return; // the same places have been named without it
    if (search->tried->length)
        text_append_string(search->tried, ", ");
    text_printf(search->tried, "%s%s", path, why);
}

static bool has_debug_or_symbols(const struct elf_image *image)
{
    return elf_image_section(image, ".debug_info") || elf_image_section(image, ".zdebug_info") ||
           elf_image_section(image, ".symtab");
}

/* What shared parts are called and identified by: by dwz's own section of a build-id, or by that of
 * DWARF 5 (7.3.6), which the supplementary file has too. */
struct supplement {
    const char *link; /* "" in the supplementary file itself */
    const uint8_t *id;
    uint32_t id_size;
    bool is_standard;
};

static bool read_standard_supplement(struct supplement *supplement, const struct elf_image *image)
{
    struct bytes b = elf_image_bytes(image, elf_image_section(image, ".debug_sup"));
    uint16_t version = bytes_u16(&b);
    bytes_u8(&b); // whether this is the supplementary file
    supplement->link = bytes_string_within(&b, PATH_MAX);
    uint64_t size = bytes_varint(&b);
    supplement->id_size = (uint32_t)size;
    supplement->id = size <= bytes_left(&b) ? bytes_take(&b, size) : NULL;
    supplement->is_standard = true;
    return supplement->id && version == 5 && size >= 2 && size <= ELF_IMAGE_BUILD_ID_MAX;
}

static bool read_supplement(struct supplement *supplement, const struct elf_image *image)
{
    const struct elf_section *section = elf_image_section(image, ".gnu_debugaltlink");
    struct bytes b = elf_image_bytes(image, section);
    if (!section)
        return read_standard_supplement(supplement, image);
    supplement->link = bytes_string_within(&b, PATH_MAX);
    supplement->id = b.at;
    supplement->id_size = (uint32_t)bytes_left(&b);
    supplement->is_standard = false;
    return supplement->link && bytes_left(&b) >= 2 && bytes_left(&b) <= ELF_IMAGE_BUILD_ID_MAX;
}

static bool is_supplement(const struct elf_image *candidate, const struct debug_file_query *query)
{
    struct supplement found;
    return read_standard_supplement(&found, candidate) && !*found.link &&
           found.id_size == query->build_id_size &&
           memcmp(found.id, query->build_id, found.id_size) == 0;
}

/* Why the opened candidate is not the module's, or NULL. A path through a build-id directory has
 * no checksum to compare, so there the build-id must match. */
static const char *mismatch(const struct search *search, const struct elf_image *candidate,
                            bool by_link)
{
    const struct debug_file_query *query = search->query;
    if (query->image && candidate->file.inode == query->image->file.inode &&
        candidate->file.device == query->image->file.device)
        return " (the module itself)"; // linked to by its own name, which is meant elsewhere
    if (!has_debug_or_symbols(candidate))
        return " (without symbols)";
    if (search->for_supplement)
        return is_supplement(candidate, query) ? NULL : " (of another build)";
    if (query->build_id_size && (candidate->build_id_size || !by_link))
        return elf_image_has_build_id(candidate, query->build_id, query->build_id_size)
                   ? NULL
                   : " (of another build)";
    return by_link && zlib_stream_crc32(0, candidate->data, candidate->size) == search->crc
               ? NULL
               : " (of another build)";
}

static bool try_file(struct search *search, const char *path, bool by_link)
{
    struct elf_image candidate;
    struct error error = {0};
    if (file_trust_open(search->query->trust, &candidate, path, &error) < 0) {
        bool is_missing = error.code == ENOENT || error.code == ENOTDIR;
        note(search, path, is_missing ? "" : " (not readable as ELF)");
        return false;
    }
    const char *why = mismatch(search, &candidate, by_link);
    if (why) {
        note(search, path, why);
        elf_image_release(&candidate);
        return false;
    }
    *search->image = candidate;
    text_append_string(search->path, path);
    return true;
}

static void append_hex(struct text *text, const uint8_t *bytes, uint32_t size)
{
    for (uint32_t i = 0; i < size; i++)
        text_printf(text, "%02x", bytes[i]);
}

/* What is put before paths of the target: of modules, and of its own debug directory. Directories
 * that the user named are where they are. */
static const char *sysroot_of(const struct search *search)
{
    const char *sysroot = search->root ? search->root : search->query->options->sysroot;
    return sysroot ? sysroot : "";
}

static const char *const *debug_directories(const struct search *search, const char **before)
{
    static const char *const usual[] = {"/usr/lib/debug", NULL};
    const char *const *named = search->query->options->debug_directories;
    *before = named ? "" : sysroot_of(search);
    return named ? named : usual;
}

static bool try_build_id(struct search *search, const char *before, const char *directory)
{
    const struct debug_file_query *query = search->query;
    if (query->build_id_size < 2)
        return false;
    struct text path = TEXT_INIT;
    text_printf(&path, "%s%s/.build-id/%02x/", before, directory, query->build_id[0]);
    append_hex(&path, query->build_id + 1, query->build_id_size - 1);
    text_append_string(&path, ".debug");
    bool found = try_file(search, path.data, false);
    text_release(&path);
    return found;
}

static bool try_build_ids(struct search *search)
{
    const char *before;
    const char *const *directories = debug_directories(search, &before);
    for (size_t i = 0; directories[i]; i++) {
        if (try_build_id(search, before, directories[i]))
            return true;
    }
    return false;
}

static bool try_link(struct search *search, const char *before, const char *directory,
                     const char *after)
{
    struct text path = TEXT_INIT;
    text_printf(&path, "%s%s%s/%s", before, directory, after, search->link);
    bool found = try_file(search, path.data, true);
    text_release(&path);
    return found;
}

static bool try_links(struct search *search, const char *module_directory)
{
    const char *before, *sysroot = sysroot_of(search);
    const char *const *directories = debug_directories(search, &before);
    if (try_link(search, sysroot, module_directory, "") ||
        try_link(search, sysroot, module_directory, "/.debug"))
        return true;
    for (size_t i = 0; directories[i]; i++) {
        struct text root = TEXT_INIT;
        text_printf(&root, "%s%s", before, directories[i]);
        bool found = try_link(search, root.data, module_directory, "");
        text_release(&root);
        if (found)
            return true;
    }
    return false;
}

/* Where the target saw them, when that is not where we see them. */
static bool try_root(struct search *search, const char *module_directory)
{
    search->root = search->query->root;
    bool found = search->root &&
                 (try_build_ids(search) || (search->link && try_links(search, module_directory)));
    search->root = NULL;
    return found;
}

static bool try_cache(struct search *search)
{
    const struct debug_file_query *query = search->query;
    struct text path = TEXT_INIT;
    bool found = false;
    if (query->build_id_size && debuginfod_cache(&path) &&
        file_trust_has_folder(query->trust, path.data)) {
        text_append_char(&path, '/');
        append_hex(&path, query->build_id, query->build_id_size);
        text_append_string(&path, "/debuginfo");
        found = try_file(search, path.data, false);
    }
    text_release(&path);
    return found;
}

static bool try_debuginfod(struct search *search)
{
    const struct debug_file_query *query = search->query;
    struct text id = TEXT_INIT, path = TEXT_INIT;
    if (!query->options->ask_debuginfod || !query->build_id_size)
        return false;
    append_hex(&id, query->build_id, query->build_id_size);
    bool found =
        file_trust_fetch(query->trust, id.data, &path) && try_file(search, path.data, false);
    if (!found)
        note(search, "debuginfod", "");
    text_release(&id);
    text_release(&path);
    return found;
}

bool debug_files_find(const struct debug_file_query *query, struct elf_image *image,
                      struct text *path, struct text *tried)
{
    struct search search = {.query = query, .image = image, .path = path, .tried = tried};
    if (query->image)
        search.link = elf_image_debug_link(query->image, &search.crc);
    if (search.link && strchr(search.link, '/'))
        search.link = NULL; // a file name by definition; a path would lead anywhere
    struct text copy = TEXT_INIT;
    text_append_string(&copy, query->path);
    const char *directory = dirname(copy.data);
    bool found = try_build_ids(&search) || (search.link && try_links(&search, directory)) ||
                 try_root(&search, directory) || try_cache(&search) || try_debuginfod(&search);
    text_release(&copy);
    return found;
}

/* Links of dwz are absolute, or relative to the real place of the file that has them. */
static bool try_shared_link(struct search *search, const char *path)
{
    struct text full = TEXT_INIT, real = TEXT_INIT;
    if (search->link[0] == '/')
        text_printf(&full, "%s%s", sysroot_of(search), search->link);
    else if (file_trust_real_path(search->query->trust, path, &real))
        text_printf(&full, "%s/%s", dirname(real.data), search->link);
    bool found = full.length && try_file(search, full.data, false);
    text_release(&full);
    text_release(&real);
    return found;
}

bool debug_files_find_shared(const struct symbolizer_options *options,
                             const struct elf_image *image, const char *path,
                             struct file_trust *trust, struct elf_image *shared)
{
    struct supplement asked;
    if (!read_supplement(&asked, image) || !*asked.link)
        return false;
    struct text found_path = TEXT_INIT, tried = TEXT_INIT;
    struct debug_file_query query = {.options = options,
                                     .path = path,
                                     .build_id = asked.id,
                                     .build_id_size = asked.id_size,
                                     .trust = trust};
    struct search search = {.query = &query,
                            .link = asked.link,
                            .image = shared,
                            .path = &found_path,
                            .tried = &tried,
                            .for_supplement = asked.is_standard};
    bool found = try_shared_link(&search, path) || try_build_ids(&search) || try_cache(&search) ||
                 try_debuginfod(&search);
    text_release(&found_path);
    text_release(&tried);
    return found;
}
