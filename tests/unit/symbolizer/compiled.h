/* SPDX-License-Identifier: MIT */
/*
 * compiled.h - builds small programs while a test runs, and asks the symbolizer about them.
 *
 * Programs lie in the directory of the test. Included once, after cmocka.h.
 */
#ifndef PROF_TESTS_SYMBOLIZER_COMPILED_H
#define PROF_TESTS_SYMBOLIZER_COMPILED_H

#include "profiler/base/memory.h"
#include "profiler/base/text.h"
#include "symbolizer/elf_image.h"
#include "symbolizer/symbol_table.h"
#include "symbolizer/symbolizer.h"

#include <elf.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Runs a shell command, which must succeed. */
__attribute__((unused, format(printf, 1, 2))) static void run(const char *format, ...)
{
    char command[4096];
    va_list arguments;
    va_start(arguments, format);
    int size = vsnprintf(command, sizeof command, format, arguments);
    va_end(arguments);
    assert_in_range(size, 1, sizeof command - 1);
    if (system(command) != 0)
        fail_msg("failed: %s", command);
}

/* Descriptors that are open: as many after the tests as before them. */
__attribute__((unused)) static uint32_t count_descriptors(void)
{
    uint32_t count = 0;
    for (int fd = 0; fd < 1024; fd++)
        count += fcntl(fd, F_GETFD) >= 0;
    return count;
}

struct answer {
    struct string_table strings;
    struct symbol_result result;
};

__attribute__((unused)) static struct answer ask(const struct symbol_module *module,
                                                 const char *debug_directory,
                                                 const uint64_t *addresses, uint32_t count)
{
    const char *const directories[] = {debug_directory, NULL};
    struct symbolizer_options options = {.debug_directories = directories};
    struct answer answer;
    string_table_init(&answer.strings);
    struct symbolizer *symbolizer = symbolizer_new(&options, &answer.strings);
    symbolizer_resolve(symbolizer, module, addresses, count, &answer.result);
    symbolizer_free(symbolizer);
    return answer;
}

__attribute__((unused)) static void answer_release(struct answer *answer)
{
    symbol_result_release(&answer->result);
    string_table_release(&answer->strings);
}

__attribute__((unused)) static const char *answer_string(const struct answer *answer, uint32_t id)
{
    return string_table_get(&answer->strings, id);
}

__attribute__((unused)) static const struct symbol_frame *
answer_frame(const struct answer *answer, uint32_t address, uint32_t frame)
{
    const struct symbol_chain *chain = &answer->result.chains[address];
    assert_true(frame < chain->frame_count);
    return &answer->result.frames[chain->first_frame + frame];
}

/* The symbol of that name in .symtab, which must be there. */
__attribute__((unused)) static struct elf_symbol symbol_of(const char *path, const char *name)
{
    struct elf_image image;
    struct symbol_table table;
    struct elf_symbol found = {0};
    assert_int_equal(elf_image_open(&image, path, NULL), 0);
    symbol_table_init(&table, &image, SHT_SYMTAB);
    for (uint32_t i = 1; i < table.count; i++) {
        struct elf_symbol symbol = symbol_table_get(&table, i);
        if (strcmp(symbol.name, name) == 0)
            found = symbol;
    }
    assert_int_not_equal(found.value, 0);
    found.name = name;
    elf_image_release(&image);
    return found;
}

#endif
