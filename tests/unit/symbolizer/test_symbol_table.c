/* SPDX-License-Identifier: MIT */
/*
 * test_symbol_table.c - which symbol names an address.
 */
#include "symbolizer/symbol_table.h"

#include "profiler/base/text.h"

#include <elf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum { TEXT_SECTION = 1, OTHER_SECTION = 2, SYMBOLS = 3, STRINGS = 4 };

/* A module of two code sections, 0x1000..0x2000 and 0x2000..0x3000, with the symbols given. */
struct fixture {
    struct text bytes; /* strings, then symbols */
    struct elf_section sections[5];
    struct elf_image image;
};

static void build(struct fixture *f, const struct elf_symbol *symbols, size_t count)
{
    struct text entries = TEXT_INIT;
    Elf64_Sym none = {0};
    *f = (struct fixture){0};
    text_append_char(&f->bytes, '\0');
    text_append(&entries, &none, sizeof none);
    for (size_t i = 0; i < count; i++) {
        Elf64_Sym entry = {
            .st_name = (Elf64_Word)f->bytes.length,
            .st_info = ELF64_ST_INFO(symbols[i].binding, symbols[i].type),
            .st_shndx = (Elf64_Half)symbols[i].section,
            .st_value = symbols[i].value,
            .st_size = symbols[i].size,
        };
        text_append(&f->bytes, symbols[i].name, strlen(symbols[i].name) + 1);
        text_append(&entries, &entry, sizeof entry);
    }
    size_t strings = f->bytes.length;
    text_append(&f->bytes, entries.data, entries.length);
    for (int i = 0; i < 5; i++)
        f->sections[i].name = "";
    f->sections[TEXT_SECTION] = (struct elf_section){
        .name = ".text", .flags = SHF_EXECINSTR, .address = 0x1000, .size = 0x1000};
    f->sections[OTHER_SECTION] = (struct elf_section){
        .name = ".fini", .flags = SHF_EXECINSTR, .address = 0x2000, .size = 0x1000};
    f->sections[SYMBOLS] = (struct elf_section){.name = ".symtab",
                                                .type = SHT_SYMTAB,
                                                .link = STRINGS,
                                                .offset = strings,
                                                .size = entries.length};
    f->sections[STRINGS] =
        (struct elf_section){.name = ".strtab", .type = SHT_STRTAB, .size = strings};
    f->image = (struct elf_image){.data = (const uint8_t *)f->bytes.data,
                                  .size = f->bytes.length,
                                  .is_64 = true,
                                  .sections = f->sections,
                                  .section_count = 5};
    text_release(&entries);
}

static void expect(const struct elf_symbol *symbols, size_t count, uint64_t address,
                   const char *name)
{
    struct fixture f;
    struct symbol_table table;
    // neighbours, so that a batch of several is what is tested
    struct lookup lookups[] = {{.address = 0x10}, {.address = address}, {.address = UINT64_MAX}};
    struct lookup_batch batch = {.lookups = lookups, .count = 3};
    build(&f, symbols, count);
    symbol_table_init(&table, &f.image, SHT_SYMTAB);
    symbol_table_resolve(&table, &batch);
    assert_null(lookups[0].symbol);
    assert_null(lookups[2].symbol);
    if (name) {
        assert_non_null(lookups[1].symbol);
        assert_string_equal(lookups[1].symbol, name);
    } else {
        assert_null(lookups[1].symbol);
    }
    text_release(&f.bytes);
}

#define FUNCTION(name, value, size)                                                                \
    {                                                                                              \
        name, value, size, TEXT_SECTION, STT_FUNC, STB_GLOBAL                                      \
    }
#define LABEL(name, value)                                                                         \
    {                                                                                              \
        name, value, 0, TEXT_SECTION, STT_NOTYPE, STB_LOCAL                                        \
    }
#define EXPECT(symbols, address, name)                                                             \
    expect(symbols, sizeof symbols / sizeof *symbols, address, name)

static void sized_symbol_covers_exactly_its_bytes(void **state)
{
    static const struct elf_symbol symbols[] = {FUNCTION("f", 0x1100, 0x10)};
    (void)state;
    EXPECT(symbols, 0x10ff, NULL);
    EXPECT(symbols, 0x1100, "f");
    EXPECT(symbols, 0x110f, "f");
    EXPECT(symbols, 0x1110, NULL);
}

static void symbol_without_size_reaches_to_the_next_one(void **state)
{
    static const struct elf_symbol symbols[] = {LABEL("start", 0x1000), FUNCTION("f", 0x1100, 0x10),
                                                LABEL("tail", 0x1800)};
    (void)state;
    EXPECT(symbols, 0x10ff, "start");
    EXPECT(symbols, 0x1100, "f");
    EXPECT(symbols, 0x1120, NULL); // after a function with a size: padding
    EXPECT(symbols, 0x1fff, "tail");
}

static void symbol_without_size_stays_in_its_section(void **state)
{
    static const struct elf_symbol symbols[] = {LABEL("tail", 0x1800)};
    (void)state;
    EXPECT(symbols, 0x2000, NULL);
}

static void label_inside_of_a_function_does_not_rename_it(void **state)
{
    static const struct elf_symbol symbols[] = {FUNCTION("f", 0x1100, 0x40), LABEL("loop", 0x1110)};
    (void)state;
    EXPECT(symbols, 0x1118, "f");
}

static void inner_function_wins_over_the_one_around_it(void **state)
{
    static const struct elf_symbol symbols[] = {FUNCTION("outer", 0x1100, 0x40),
                                                FUNCTION("inner", 0x1110, 0x10)};
    (void)state;
    EXPECT(symbols, 0x1118, "inner");
    EXPECT(symbols, 0x1120, "outer");
}

static void indirect_functions_are_functions(void **state)
{
    static const struct elf_symbol symbols[] = {
        {"memcpy", 0x1100, 0x10, TEXT_SECTION, STT_GNU_IFUNC, STB_GLOBAL}};
    (void)state;
    EXPECT(symbols, 0x1104, "memcpy");
}

static void things_that_are_no_code_name_nothing(void **state)
{
    static const struct elf_symbol symbols[] = {
        {"data", 0x1100, 0x10, TEXT_SECTION, STT_OBJECT, STB_GLOBAL},
        {"file.c", 0x1100, 0x10, SHN_ABS, STT_FILE, STB_LOCAL},
        {"imported", 0x1100, 0x10, SHN_UNDEF, STT_FUNC, STB_GLOBAL},
        {"$x", 0x1100, 0, TEXT_SECTION, STT_NOTYPE, STB_LOCAL},
        {".Ltmp", 0x1100, 0, TEXT_SECTION, STT_NOTYPE, STB_LOCAL},
        {"", 0x1100, 0x10, TEXT_SECTION, STT_FUNC, STB_GLOBAL},
    };
    (void)state;
    EXPECT(symbols, 0x1104, NULL);
}

static void aliases_are_chosen_whatever_their_order(void **state)
{
    static const struct elf_symbol better_first[][2] = {
        {{"long_name", 0, 4, 1, STT_FUNC, STB_LOCAL}, {"n", 0, 4, 1, STT_NOTYPE, STB_GLOBAL}},
        {{"long_name", 0, 4, 1, STT_FUNC, STB_GLOBAL}, {"n", 0, 4, 1, STT_FUNC, STB_LOCAL}},
        {{"long_name", 0, 4, 1, STT_FUNC, STB_WEAK}, {"n@@V1", 0, 4, 1, STT_FUNC, STB_GLOBAL}},
        {{"malloc", 0, 4, 1, STT_FUNC, STB_GLOBAL}, {"__libc", 0, 4, 1, STT_FUNC, STB_GLOBAL}},
        {{"puts", 0, 4, 1, STT_FUNC, STB_WEAK}, {"fputs", 0, 4, 1, STT_FUNC, STB_GLOBAL}},
        {{"fa", 0, 4, 1, STT_FUNC, STB_GLOBAL}, {"fb", 0, 4, 1, STT_FUNC, STB_GLOBAL}},
    };
    (void)state;
    for (size_t i = 0; i < sizeof better_first / sizeof *better_first; i++) {
        assert_true(elf_symbol_is_better(&better_first[i][0], &better_first[i][1]));
        assert_false(elf_symbol_is_better(&better_first[i][1], &better_first[i][0]));
    }
}

/* Every symbol over every address: the walk must be cut, not take count times count. */
static void table_that_overlaps_everywhere_is_cut_off(void **state)
{
    enum { COUNT = 40000 };
    struct elf_symbol *symbols = calloc(COUNT, sizeof *symbols);
    struct lookup *lookups = calloc(COUNT, sizeof *lookups);
    struct lookup_batch batch = {.lookups = lookups, .count = COUNT};
    struct fixture f;
    struct symbol_table table;
    (void)state;
    for (uint32_t i = 0; i < COUNT; i++) {
        symbols[i] = (struct elf_symbol)FUNCTION("f", 0x1000, UINT64_MAX / 2);
        lookups[i].address = 0x1000 + i;
    }
    build(&f, symbols, COUNT);
    symbol_table_init(&table, &f.image, SHT_SYMTAB);
    symbol_table_resolve(&table, &batch);
    assert_string_equal(lookups[0].symbol, "f");
    text_release(&f.bytes);
    free(symbols);
    free(lookups);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sized_symbol_covers_exactly_its_bytes),
        cmocka_unit_test(symbol_without_size_reaches_to_the_next_one),
        cmocka_unit_test(symbol_without_size_stays_in_its_section),
        cmocka_unit_test(label_inside_of_a_function_does_not_rename_it),
        cmocka_unit_test(inner_function_wins_over_the_one_around_it),
        cmocka_unit_test(indirect_functions_are_functions),
        cmocka_unit_test(things_that_are_no_code_name_nothing),
        cmocka_unit_test(aliases_are_chosen_whatever_their_order),
        cmocka_unit_test(table_that_overlaps_everywhere_is_cut_off),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
