/* SPDX-License-Identifier: MIT */
/*
 * test_symbol_names.c - symbols by name.
 */
#include "symbolizer/symbol_names.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "hostile_elf.h"

struct fixture {
    struct hostile_elf elf;
    struct elf_image image;
    struct symbol_names names;
};

static void put_symbol(struct fixture *f, const char *name, uint8_t type, uint16_t section,
                       uint64_t value)
{
    struct text *names = &f->elf.parts[1].bytes;
    const Elf64_Sym symbol = {.st_name = (Elf64_Word)names->length,
                              .st_info = ELF64_ST_INFO(STB_GLOBAL, type),
                              .st_shndx = section,
                              .st_value = value};
    text_append(names, name, strlen(name) + 1);
    text_append(&f->elf.parts[0].bytes, &symbol, sizeof symbol);
}

static void expect(struct fixture *f, const char *name, uint64_t value)
{
    struct elf_symbol symbol = {.value = 0};
    assert_int_equal(symbol_names_find(&f->names, name, &symbol), value != 0);
    if (value)
        assert_int_equal(symbol.value, value);
}

static void begin_fixture(struct fixture *f)
{
    struct symbol_table table;
    compose(&f->elf);
    assert_int_equal(elf_image_init(&f->image, f->elf.file.data, f->elf.file.length, NULL), 0);
    symbol_table_init(&table, &f->image, SHT_SYMTAB);
    symbol_names_init(&f->names, &table);
}

static void end_fixture(struct fixture *f)
{
    symbol_names_release(&f->names);
    elf_image_release(&f->image);
    release(&f->elf);
}

static void add_sections(struct fixture *f)
{
    *f = (struct fixture){.elf.count = 0};
    add_part(&f->elf, ".symtab", SHT_SYMTAB)->link = 2;
    add_part(&f->elf, ".strtab", SHT_STRTAB);
    put_symbol(f, "", STT_NOTYPE, SHN_UNDEF, 0);
}

static void first_symbol_of_a_name_counts(void **state)
{
    struct fixture f;
    (void)state;
    add_sections(&f);
    put_symbol(&f, "main.c", STT_FILE, SHN_ABS, 7);
    put_symbol(&f, "needed", STT_FUNC, SHN_UNDEF, 8);
    put_symbol(&f, "same", STT_FUNC, 1, 0x10);
    put_symbol(&f, "same", STT_FUNC, 1, 0x20);
    put_symbol(&f, "data", STT_OBJECT, 1, 0x30);
    begin_fixture(&f);
    expect(&f, "same", 0x10);
    expect(&f, "data", 0x30);
    expect(&f, "main.c", 0);
    expect(&f, "needed", 0);
    expect(&f, "sam", 0);
    expect(&f, "", 0);
    end_fixture(&f);
}

static void mangled_symbols_have_two_names(void **state)
{
    struct fixture f;
    (void)state;
    add_sections(&f);
    put_symbol(&f, "_ZN3app3addEii", STT_FUNC, 1, 0x10);
    put_symbol(&f, "_Z3subi", STT_FUNC, 1, 0x20);
    begin_fixture(&f);
    expect(&f, "_ZN3app3addEii", 0x10);
    expect(&f, "app::add(int, int)", 0x10);
    expect(&f, "sub(int)", 0x20);
    expect(&f, "sub", 0);
    expect(&f, "app::add", 0);
    end_fixture(&f);
}

/* As many as there may be; each is hashed once. */
static void symbols_with_endless_names_are_passed_over(void **state)
{
    enum { NAMES = 1 << 22, COUNT = 1 << 17 };
    struct fixture f;
    (void)state;
    add_sections(&f);
    put_symbol(&f, "found", STT_FUNC, 1, 0x10);
    struct text *names = &f.elf.parts[1].bytes;
    Elf64_Sym symbol = {.st_name = (Elf64_Word)names->length,
                        .st_info = ELF64_ST_INFO(STB_GLOBAL, STT_FUNC),
                        .st_shndx = 1,
                        .st_value = 0x20};
    for (uint32_t i = 0; i < NAMES; i++)
        text_append_char(names, 'x');
    text_append_char(names, '\0');
    for (uint32_t i = 0; i < COUNT; i++, symbol.st_name++)
        text_append(&f.elf.parts[0].bytes, &symbol, sizeof symbol);
    begin_fixture(&f);
    expect(&f, "found", 0x10);
    expect(&f, "xxxx", 0);
    end_fixture(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_symbol_of_a_name_counts),
        cmocka_unit_test(mangled_symbols_have_two_names),
        cmocka_unit_test(symbols_with_endless_names_are_passed_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
