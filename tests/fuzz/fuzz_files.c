/* SPDX-License-Identifier: MIT */
/*
 * fuzz_files.c - any bytes may be in the files that a program's debug information is spread over.
 *
 * The first byte chooses which file there is beside the program, and whether libdwarf reads it all;
 * then come the size of that file, in two bytes, the file, and the program. It is put where the
 * seeds look for it, in a folder that all paths are below. An entry for libFuzzer;
 * test_files_mutations drives it too.
 */
#include "profiler/base/bytes.h"
#include "profiler/base/text.h"
#include "symbolizer/symbolizer.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ADDRESSES = 96, ONLY_LIBDWARF = 0x80 };

/* libdwarf 20210528 loses what it has allocated for an entry when it finds damage in it. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:_dwarf_get_alloc";
}

static char folder[] = "/tmp/prof-fuzz-XXXXXX";

static void remove_folder(void)
{
    struct text path = TEXT_INIT;
    DIR *list = opendir(folder);
    for (struct dirent *item; list && (item = readdir(list));) {
        path.length = 0;
        text_printf(&path, "%s/%s", folder, item->d_name);
        unlink(path.data);
    }
    if (list)
        closedir(list);
    rmdir(folder);
    text_release(&path);
}

static void make_folder(void)
{
    static bool is_made;
    if (is_made)
        return;
    if (!mkdtemp(folder))
        abort();
    is_made = true;
    atexit(remove_folder);
}

static void write_file(const char *name, const uint8_t *data, size_t size)
{
    struct text path = TEXT_INIT;
    text_printf(&path, "%s/%s", folder, name);
    FILE *file = fopen(path.data, "w");
    if (!file || fwrite(data, 1, size, file) != size || fclose(file) != 0)
        abort();
    text_release(&path);
}

static void ask(const struct bytes *program, const char *path, bool only_libdwarf)
{
    static const char *const nowhere[] = {NULL};
    const struct symbolizer_options options = {.debug_directories = nowhere,
                                               .sysroot = folder,
                                               .threads = 1,
                                               .only_libdwarf = only_libdwarf,
                                               .isolate = SYMBOLIZER_ISOLATE_NEVER};
    const struct symbol_module module = {
        .path = path, .image = program->at, .image_size = bytes_left(program)};
    struct string_table strings;
    struct symbol_result result;
    uint64_t addresses[ADDRESSES];
    for (uint32_t i = 0; i < ADDRESSES; i++)
        addresses[i] = 0x200 + 4 * i;
    string_table_init(&strings);
    struct symbolizer *symbolizer = symbolizer_new(&options, &strings);
    symbolizer_resolve(symbolizer, &module, addresses, ADDRESSES, &result);
    if (result.chain_count != ADDRESSES)
        abort();
    symbol_result_release(&result);
    symbolizer_free(symbolizer);
    string_table_release(&strings);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    // the program is in memory, so that its path is a name only: what is looked for beside it is
    // below the folder either because of that name, or because of the sysroot
    static const char *const files[] = {"seed.dwo", "program.dwp", "shared", "program.debug"};
    enum { PACKAGE = 1, KINDS = sizeof files / sizeof *files };
    struct bytes b = bytes_of(data, size);
    uint8_t how = bytes_u8(&b);
    uint32_t kind = how & ~ONLY_LIBDWARF;
    size_t beside = bytes_u16(&b);
    beside = beside < bytes_left(&b) ? beside : bytes_left(&b);
    const uint8_t *file = bytes_take(&b, beside);
    if (b.failed || kind >= KINDS)
        return 0;
    make_folder();
    write_file(files[kind], file, beside);
    struct text path = TEXT_INIT;
    text_printf(&path, "%s/program", kind == PACKAGE ? folder : "");
    ask(&b, path.data, how & ONLY_LIBDWARF);
    text_release(&path);
    return 0;
}
