/* SPDX-License-Identifier: MIT */
/*
 * test_hostile.c - small files that ask for much work, or much memory.
 *
 * Each has two things in great number, and a decoder that took each of the one for each of the
 * other would need hours. alarm() ends what does not end.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "compiled.h"
#include "hostile_elf.h"

#include "symbolizer/dwarf_abbrevs.h"
#include "symbolizer/dwarf_split.h"
#include "symbolizer/symbol_table.h"

#include <dwarf.h>
#include <fcntl.h>
#include <sys/stat.h>

enum { LIMIT_SECONDS = 60, MANY = 1 << 18, CODE = 0x1000 };

static int begin(void **state)
{
    (void)state;
    alarm(LIMIT_SECONDS);
    return 0;
}

static int end(void **state)
{
    (void)state;
    alarm(0);
    return 0;
}

/* Asks about addresses that lie that far apart. */
static struct answer ask_hostile(struct hostile_elf *elf, uint32_t count, uint64_t distance)
{
    static const char *const nowhere[] = {NULL};
    struct symbolizer_options options = {.debug_directories = nowhere, .threads = 2};
    compose(elf);
    struct symbol_module module = {
        .path = "/hostile", .image = elf->file.data, .image_size = elf->file.length};
    uint64_t *addresses = memory_new(count, sizeof *addresses);
    struct answer answer;
    for (uint32_t i = 0; i < count; i++)
        addresses[i] = CODE + i * distance;
    string_table_init(&answer.strings);
    struct symbolizer *symbolizer = symbolizer_new(&options, &answer.strings);
    symbolizer_resolve(symbolizer, &module, addresses, count, &answer.result);
    symbolizer_free(symbolizer);
    assert_int_equal(answer.result.chain_count, count);
    free(addresses);
    return answer;
}

static void ask_and_forget(struct hostile_elf *elf, uint32_t count, uint64_t distance)
{
    struct answer answer = ask_hostile(elf, count, distance);
    answer_release(&answer);
    release(elf);
}

static void put_zeros(struct text *text, size_t size)
{
    void *zeros = memory_new(size, 1);
    text_append(text, zeros, size);
    free(zeros);
}

static void put_abbreviation(struct text *text, uint64_t code, uint64_t tag, bool has_children)
{
    text_append_varint(text, code);
    text_append_varint(text, tag);
    text_append_char(text, has_children);
}

static void put_attribute(struct text *text, uint64_t name, uint64_t form)
{
    text_append_varint(text, name);
    text_append_varint(text, form);
}

/* The header of a unit of DWARF 4 with that many bytes of entries. */
static void put_unit(struct text *info, uint32_t entries, uint32_t abbreviations)
{
    put(info, 7 + entries, 4);
    put(info, 4, 2);
    put(info, abbreviations, 4);
    put(info, 8, 1);
}

/* Code 1: a unit without attributes and with children. */
static void put_plain_unit(struct text *abbreviations)
{
    put_abbreviation(abbreviations, 1, DW_TAG_compile_unit, true);
    put_attribute(abbreviations, 0, 0);
}

static void abbreviations_with_gaps_take_little_memory(void **state)
{
    struct text table = TEXT_INIT;
    struct dwarf_abbrevs abbreviations;
    (void)state;
    for (uint32_t i = 0; i < 10000; i++) {
        put_abbreviation(&table, (uint64_t)i * 4000 + 1, DW_TAG_variable, false);
        put_attribute(&table, 0, 0);
    }
    dwarf_abbrevs_init(&abbreviations, bytes_of(table.data, table.length), 0,
                       (struct dwarf_form_sizes){4, 8, 4}, NULL);
    dwarf_abbrevs_compile_all(&abbreviations);
    assert_in_range(abbreviations.capacity, 1, 32768);
    dwarf_abbrevs_release(&abbreviations);
    text_release(&table);
}

/* Attributes that take no bytes in an entry, and entries of one byte. */
static void entries_with_many_attributes(void **state)
{
    struct hostile_elf elf = {.count = 0};
    struct text *info = &add_part(&elf, ".debug_info", SHT_PROGBITS)->bytes;
    struct text *table = &add_part(&elf, ".debug_abbrev", SHT_PROGBITS)->bytes;
    (void)state;
    put_plain_unit(table);
    put_abbreviation(table, 2, DW_TAG_subprogram, false);
    put_attribute(table, DW_AT_ranges, DW_FORM_implicit_const);
    text_append_char(table, 0);
    for (uint32_t i = 0; i < 4 * MANY; i++)
        put_attribute(table, DW_AT_external, DW_FORM_flag_present);
    put_attribute(table, 0, 0);
    put_unit(info, 1 + 4 * MANY, 0);
    text_append_char(info, 1);
    for (uint32_t i = 0; i < 4 * MANY; i++)
        text_append_char(info, 2);
    // so that the unit is looked into
    struct text *ranges = &add_part(&elf, ".debug_aranges", SHT_PROGBITS)->bytes;
    put(ranges, 44, 4);
    put(ranges, 2, 2);
    put(ranges, 0, 4);
    put(ranges, 8, 2);
    put(ranges, 0, 4);
    put(ranges, CODE, 8);
    put(ranges, 0x1000, 8);
    put_zeros(ranges, 16);
    ask_and_forget(&elf, 16, 16);
}

/* Each unit looks for the last abbreviation of a long table. */
static void units_that_share_a_long_table_of_abbreviations(void **state)
{
    struct hostile_elf elf = {.count = 0};
    struct text *info = &add_part(&elf, ".debug_info", SHT_PROGBITS)->bytes;
    struct text *table = &add_part(&elf, ".debug_abbrev", SHT_PROGBITS)->bytes;
    (void)state;
    for (uint32_t i = 2; i < MANY; i++) {
        put_abbreviation(table, i, DW_TAG_variable, false);
        put_attribute(table, 0, 0);
    }
    put_plain_unit(table);
    for (uint32_t i = 0; i < MANY; i++) {
        put_unit(info, 1, 0);
        text_append_char(info, 1);
    }
    ask_and_forget(&elf, 16, 16);
}

static void put_long_list(struct text *ranges, uint64_t low)
{
    for (uint32_t i = 0; i < MANY; i++) {
        put(ranges, low + 2 * (uint64_t)i, 8);
        put(ranges, low + 2 * (uint64_t)i + 1, 8);
    }
    put_zeros(ranges, 16);
}

static void units_that_share_a_long_list_of_ranges(void **state)
{
    struct hostile_elf elf = {.count = 0};
    struct text *info = &add_part(&elf, ".debug_info", SHT_PROGBITS)->bytes;
    struct text *table = &add_part(&elf, ".debug_abbrev", SHT_PROGBITS)->bytes;
    (void)state;
    put_abbreviation(table, 1, DW_TAG_compile_unit, false);
    put_attribute(table, DW_AT_ranges, DW_FORM_sec_offset);
    put_attribute(table, 0, 0);
    put_attribute(table, 0, 0);
    for (uint32_t i = 0; i < MANY; i++) {
        put_unit(info, 5, 0);
        text_append_char(info, 1);
        put(info, 0, 4);
    }
    put_long_list(&add_part(&elf, ".debug_ranges", SHT_PROGBITS)->bytes, CODE + 0x100000);
    ask_and_forget(&elf, 16, 16);
}

static void functions_that_share_a_long_list_of_ranges(void **state)
{
    struct hostile_elf elf = {.count = 0};
    struct text *info = &add_part(&elf, ".debug_info", SHT_PROGBITS)->bytes;
    struct text *table = &add_part(&elf, ".debug_abbrev", SHT_PROGBITS)->bytes;
    (void)state;
    put_abbreviation(table, 1, DW_TAG_compile_unit, true);
    put_attribute(table, DW_AT_low_pc, DW_FORM_addr);
    put_attribute(table, DW_AT_high_pc, DW_FORM_data4);
    put_attribute(table, 0, 0);
    put_abbreviation(table, 2, DW_TAG_subprogram, false);
    put_attribute(table, DW_AT_ranges, DW_FORM_sec_offset);
    put_attribute(table, 0, 0);
    put_attribute(table, 0, 0);
    put_unit(info, 13 + 5 * MANY, 0);
    text_append_char(info, 1);
    put(info, CODE, 8);
    put(info, 0x1000000, 4);
    for (uint32_t i = 0; i < MANY; i++) {
        text_append_char(info, 2);
        put(info, 0, 4);
    }
    put_long_list(&add_part(&elf, ".debug_ranges", SHT_PROGBITS)->bytes, CODE + 0x100000);
    ask_and_forget(&elf, 16, 16);
}

/* Each unit has an address of its own, and the same long line program. */
static void units_that_share_a_long_line_program(void **state)
{
    enum { UNITS = 1 << 15, ROWS = 1 << 23 };
    struct hostile_elf elf = {.count = 0};
    struct text *info = &add_part(&elf, ".debug_info", SHT_PROGBITS)->bytes;
    struct text *table = &add_part(&elf, ".debug_abbrev", SHT_PROGBITS)->bytes;
    struct text *lines = &add_part(&elf, ".debug_line", SHT_PROGBITS)->bytes;
    (void)state;
    put_abbreviation(table, 1, DW_TAG_compile_unit, false);
    put_attribute(table, DW_AT_low_pc, DW_FORM_addr);
    put_attribute(table, DW_AT_high_pc, DW_FORM_data1);
    put_attribute(table, DW_AT_stmt_list, DW_FORM_sec_offset);
    put_attribute(table, 0, 0);
    put_attribute(table, 0, 0);
    for (uint32_t i = 0; i < UNITS; i++) {
        put_unit(info, 14, 0);
        text_append_char(info, 1);
        put(info, CODE + i, 8);
        put(info, 1, 1);
        put(info, 0, 4);
    }
    put(lines, 2 + 4 + 8 + ROWS, 4);
    put(lines, 4, 2);
    put(lines, 8, 4);
    put(lines, 0x010101, 3); // one instruction, one operation, begins as a statement
    put(lines, 0, 1);        // line base
    put(lines, 1, 1);        // line range
    put(lines, 1, 1);        // opcode base: all others are special
    put(lines, 0, 2);        // no folders, no files
    for (uint32_t i = 0; i < ROWS; i++)
        text_append_char(lines, 1);
    ask_and_forget(&elf, UNITS, 1);
}

/* The names of sections have no end of their own. */
static void sections_with_endless_names(void **state)
{
    enum { NAMES = 1 << 24 };
    struct text file = TEXT_INIT, names = TEXT_INIT;
    struct elf_image image;
    (void)state;
    Elf64_Ehdr header = {.e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
                         .e_shoff = sizeof header,
                         .e_shentsize = sizeof(Elf64_Shdr),
                         .e_shstrndx = 1};
    Elf64_Shdr section = {.sh_size = MANY};
    text_append(&file, &header, sizeof header);
    text_append(&file, &section, sizeof section);
    for (uint32_t i = 1; i < MANY; i++) {
        section = (Elf64_Shdr){.sh_type = SHT_PROGBITS,
                               .sh_offset = sizeof header + (uint64_t)MANY * sizeof section,
                               .sh_size = NAMES};
        text_append(&file, &section, sizeof section);
    }
    put_zeros(&names, NAMES);
    memset(names.data, 'x', NAMES - 1);
    text_append(&file, names.data, names.length);
    assert_int_equal(elf_image_init(&image, file.data, file.length, NULL), 0);
    assert_int_equal(image.section_count, MANY);
    elf_image_release(&image);
    text_release(&file);
    text_release(&names);
}

static void put_symbol(struct text *table, uint32_t name, uint8_t type, uint64_t value)
{
    const Elf64_Sym symbol = {.st_name = name,
                              .st_info = ELF64_ST_INFO(STB_GLOBAL, type),
                              .st_shndx = 1,
                              .st_value = value,
                              .st_size = 16};
    text_append(table, &symbol, sizeof symbol);
}

/* All at one address, where the best name is chosen by comparing. */
static void symbols_with_endless_names(void **state)
{
    enum { NAMES = 1 << 24 };
    struct hostile_elf elf = {.count = 0};
    struct part *symbols = add_part(&elf, ".symtab", SHT_SYMTAB);
    struct text *names = &add_part(&elf, ".strtab", SHT_STRTAB)->bytes;
    (void)state;
    symbols->link = 2;
    put_zeros(names, NAMES);
    memset(names->data, 'x', NAMES - 1);
    for (uint32_t i = 0; i < MANY; i++)
        put_symbol(&symbols->bytes, i % 2, STT_FUNC, CODE);
    struct answer answer = ask_hostile(&elf, 16, 1);
    assert_in_range(string_table_size(&answer.strings, answer_frame(&answer, 0, 0)->name), 1, 100);
    answer_release(&answer);
    release(&elf);
}

/* A name for each address, all of them the end of one. */
static void names_that_are_longer_than_any(void **state)
{
    enum { NAMES = 1 << 24, COUNT = 4096 };
    struct hostile_elf elf = {.count = 0};
    struct part *symbols = add_part(&elf, ".symtab", SHT_SYMTAB);
    struct text *names = &add_part(&elf, ".strtab", SHT_STRTAB)->bytes;
    (void)state;
    symbols->link = 2;
    put_zeros(names, NAMES);
    memset(names->data, 'x', NAMES - 1);
    put_symbol(&symbols->bytes, 0, STT_NOTYPE, 0);
    for (uint32_t i = 0; i < COUNT; i++)
        put_symbol(&symbols->bytes, i, STT_FUNC, CODE + 16 * i);
    struct answer answer = ask_hostile(&elf, COUNT, 16);
    size_t size = 0;
    for (uint32_t id = 0; id < answer.strings.count; id++)
        size += string_table_size(&answer.strings, id);
    assert_in_range(size, 1, (size_t)256 << 20);
    answer_release(&answer);
    release(&elf);
}

/* Each stub calls a resolver, of which there are many. */
static void stubs_with_many_resolvers(void **state)
{
    struct hostile_elf elf = {.count = 0};
    struct part *symbols = add_part(&elf, ".dynsym", SHT_DYNSYM);
    struct text *names = &add_part(&elf, ".dynstr", SHT_STRTAB)->bytes;
    struct part *stubs = add_part(&elf, ".plt", SHT_PROGBITS);
    struct text *relocations = &add_part(&elf, ".rela.plt", SHT_RELA)->bytes;
    (void)state;
    symbols->link = 2;
    text_append(names, "\0f\0", 3);
    stubs->address = CODE;
    stubs->entry_size = 16;
    put_symbol(&symbols->bytes, 0, STT_NOTYPE, 0);
    for (uint32_t i = 0; i < MANY; i++) {
        const Elf64_Rela relocation = {.r_offset = i,
                                       .r_info = ELF64_R_INFO(0, R_X86_64_IRELATIVE),
                                       .r_addend = (Elf64_Sxword)(0x100000000 + i)};
        put_symbol(&symbols->bytes, 1, STT_GNU_IFUNC, 0x100000000 + i);
        text_append(relocations, &relocation, sizeof relocation);
        put(&stubs->bytes, 0x68, 1); // push $index
        put(&stubs->bytes, i, 4);
        put_zeros(&stubs->bytes, 11);
    }
    struct answer answer = ask_hostile(&elf, MANY, 16);
    assert_string_equal(answer_string(&answer, answer_frame(&answer, MANY / 2, 0)->name), "f@plt");
    answer_release(&answer);
    release(&elf);
}

/* Every slot of the index is taken, by other units. */
static void package_without_a_free_slot(void **state)
{
    enum { SLOTS = 1 << 20 };
    struct hostile_elf elf = {.count = 0};
    struct text *index = &add_part(&elf, ".debug_cu_index", SHT_PROGBITS)->bytes;
    struct dwarf_split split;
    (void)state;
    const uint32_t head[] = {5, 0, 1, SLOTS};
    text_append(index, head, sizeof head);
    for (uint32_t i = 0; i < SLOTS; i++)
        put(index, i + 1, 8);
    for (uint32_t i = 0; i < SLOTS; i++)
        put(index, 1, 4);
    put(index, 1, 4); // DW_SECT_INFO
    put(index, 0, 8); // its offset and size
    compose(&elf);
    dwarf_split_init(&split, "/nonexistent", NULL, NULL);
    assert_int_equal(elf_image_init(&split.package, elf.file.data, elf.file.length, NULL), 0);
    dwarf_sections_init_split(&split.package_sections, &split.package);
    dwarf_sections_load(&split.package_sections, 1);
    split.looked_for_package = split.has_package = true;
    for (uint64_t i = 0; i < MANY / 4; i++) {
        struct dwarf_unit skeleton = {.header = {.dwo_id = (i + 1) << 40, .version = 5}};
        dwarf_split_find(&split, &skeleton);
        assert_null(skeleton.split);
    }
    dwarf_split_release(&split);
    release(&elf);
}

/* Of 32 bits, so that its table of sections takes no more than 160 GiB, all of it holes. */
static void file_with_more_sections_than_can_be_counted(void **state)
{
    static const char path[] = "hostile.sections";
    const uint64_t count = UINT32_MAX, size = sizeof(Elf32_Ehdr) + count * sizeof(Elf32_Shdr);
    const Elf32_Ehdr header = {
        .e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS32, ELFDATA2LSB, EV_CURRENT},
        .e_shoff = sizeof header,
        .e_shentsize = sizeof(Elf32_Shdr)};
    const Elf32_Shdr null = {.sh_size = UINT32_MAX};
    struct elf_image image;
    struct error error;
    (void)state;
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0);
    bool is_made = write(fd, &header, sizeof header) == sizeof header &&
                   write(fd, &null, sizeof null) == sizeof null && ftruncate(fd, (off_t)size) == 0;
    close(fd);
    int result = is_made ? elf_image_open(&image, path, &error) : 0;
    unlink(path);
    if (!is_made)
        skip(); // a file system without holes
    assert_int_equal(result, -1);
    assert_non_null(strstr(error.text, "hostile.sections"));
}

static void put_note(struct text *notes, uint32_t type, uint32_t size)
{
    put(notes, 4, 4);
    put(notes, size, 4);
    put(notes, type, 4);
    text_append(notes, "GNU", 4);
    put_zeros(notes, (size + 3) & ~3u);
}

/* It would be the name of a file, in hexadecimal, and be said where that was looked for. */
static void identities_and_links_that_are_longer_than_any(void **state)
{
    enum { LONG = 1 << 20 };
    struct hostile_elf elf = {.count = 0};
    struct text *notes = &add_part(&elf, ".note", SHT_NOTE)->bytes;
    struct text *link = &add_part(&elf, ".gnu_debuglink", SHT_PROGBITS)->bytes;
    struct text *shared = &add_part(&elf, ".gnu_debugaltlink", SHT_PROGBITS)->bytes;
    (void)state;
    put_note(notes, NT_GNU_BUILD_ID, LONG);
    put_zeros(link, LONG);
    memset(link->data, 'x', LONG - 8);
    put_zeros(shared, LONG);
    memset(shared->data, 'x', LONG / 2);
    struct answer answer = ask_hostile(&elf, 16, 1);
    assert_in_range(string_table_size(&answer.strings, answer.result.reason), 1, 1000);
    answer_release(&answer);
    release(&elf);
}

/* The same notes in all of them, without a build-id. */
static void sections_that_share_many_notes(void **state)
{
    struct text file = TEXT_INIT, notes = TEXT_INIT;
    struct elf_image image;
    (void)state;
    for (uint32_t i = 0; i < MANY; i++)
        put_note(&notes, NT_GNU_ABI_TAG, 0);
    Elf64_Ehdr header = {.e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
                         .e_shoff = sizeof header,
                         .e_shentsize = sizeof(Elf64_Shdr)};
    Elf64_Shdr section = {.sh_size = MANY};
    text_append(&file, &header, sizeof header);
    text_append(&file, &section, sizeof section);
    section = (Elf64_Shdr){.sh_type = SHT_NOTE,
                           .sh_offset = sizeof header + (uint64_t)MANY * sizeof section,
                           .sh_size = notes.length};
    for (uint32_t i = 1; i < MANY; i++)
        text_append(&file, &section, sizeof section);
    text_append(&file, notes.data, notes.length);
    assert_int_equal(elf_image_init(&image, file.data, file.length, NULL), 0);
    assert_int_equal(image.build_id_size, 0);
    elf_image_release(&image);
    text_release(&file);
    text_release(&notes);
}

/* They are walked for each range, to see whether it is code. */
static void program_with_many_segments(void **state)
{
    struct text file = TEXT_INIT;
    struct elf_image image;
    struct error error;
    (void)state;
    Elf64_Ehdr header = {.e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
                         .e_phoff = sizeof header,
                         .e_phentsize = sizeof(Elf64_Phdr),
                         .e_phnum = 60000};
    text_append(&file, &header, sizeof header);
    put_zeros(&file, 60000 * sizeof(Elf64_Phdr));
    assert_int_equal(elf_image_init(&image, file.data, file.length, &error), -1);
    assert_string_equal(error.text, "it has more segments than any (60000)");
    text_release(&file);
}

/* Which is honest: each function is in a section of its own. */
static void object_file_with_many_sections_of_code(void **state)
{
    struct text file = TEXT_INIT;
    struct elf_image image;
    (void)state;
    Elf64_Ehdr header = {.e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
                         .e_type = ET_REL,
                         .e_shoff = sizeof header,
                         .e_shentsize = sizeof(Elf64_Shdr)};
    Elf64_Shdr section = {.sh_size = MANY};
    text_append(&file, &header, sizeof header);
    text_append(&file, &section, sizeof section);
    for (uint32_t i = 1; i < MANY; i++) {
        bool is_code = i % 2;
        section = (Elf64_Shdr){.sh_type = SHT_NOBITS,
                               .sh_flags = SHF_ALLOC | (is_code ? SHF_EXECINSTR : 0),
                               .sh_size = i % 8 ? 16 : 0};
        text_append(&file, &section, sizeof section);
    }
    assert_int_equal(elf_image_init(&image, file.data, file.length, NULL), 0);
    for (uint32_t i = 1; i < MANY; i++) {
        uint64_t address = image.sections[i].address, size = image.sections[i].size;
        assert_int_equal(elf_image_is_code(&image, address), i % 2 && size);
        assert_int_equal(elf_image_is_code(&image, address + 15), i % 2 && size);
        assert_false(elf_image_is_code(&image, address + size));
    }
    elf_image_release(&image);
    text_release(&file);
}

/* All names of a function are listed, too. */
static void aliases_with_endless_names(void **state)
{
    enum { NAMES = 1 << 24 };
    struct hostile_elf elf = {.count = 0};
    struct part *symbols = add_part(&elf, ".symtab", SHT_SYMTAB);
    struct text *names = &add_part(&elf, ".strtab", SHT_STRTAB)->bytes;
    struct string_table strings;
    struct symbol_aliases aliases;
    const uint64_t address = CODE;
    (void)state;
    symbols->link = 2;
    put_zeros(names, NAMES);
    memset(names->data, 'x', NAMES - 1);
    put_symbol(&symbols->bytes, 0, STT_NOTYPE, 0);
    put_symbol(&symbols->bytes, NAMES - 6, STT_FUNC, CODE);
    for (uint32_t i = 1; i < MANY / 4; i++)
        put_symbol(&symbols->bytes, i, STT_FUNC, CODE);
    compose(&elf);
    struct symbol_module asked = {
        .path = "/hostile", .image = elf.file.data, .image_size = elf.file.length};
    string_table_init(&strings);
    struct symbolizer *symbolizer = symbolizer_new(NULL, &strings);
    struct symbolizer_module *module = symbolizer_module_open(symbolizer, &asked);
    symbolizer_module_aliases(module, &address, 1, &aliases);
    assert_int_equal(aliases.name_count, 1);
    assert_string_equal(string_table_get(&strings, aliases.names[0].name), "xxxxx");
    symbol_aliases_release(&aliases);
    symbolizer_module_close(module);
    symbolizer_free(symbolizer);
    string_table_release(&strings);
    release(&elf);
}

/* Functions of 16 bytes, each with the end of one long name. */
static void functions_with_endless_names(void **state)
{
    enum { NAMES = 1 << 24, COUNT = 4096 };
    struct hostile_elf elf = {.count = 0};
    struct text *info = &add_part(&elf, ".debug_info", SHT_PROGBITS)->bytes;
    struct text *table = &add_part(&elf, ".debug_abbrev", SHT_PROGBITS)->bytes;
    struct text *names = &add_part(&elf, ".debug_str", SHT_PROGBITS)->bytes;
    (void)state;
    put_zeros(names, NAMES);
    memset(names->data, 'x', NAMES - 1);
    put_abbreviation(table, 1, DW_TAG_compile_unit, true);
    put_attribute(table, DW_AT_low_pc, DW_FORM_addr);
    put_attribute(table, DW_AT_high_pc, DW_FORM_data4);
    put_attribute(table, 0, 0);
    put_abbreviation(table, 2, DW_TAG_subprogram, false);
    put_attribute(table, DW_AT_low_pc, DW_FORM_addr);
    put_attribute(table, DW_AT_high_pc, DW_FORM_data1);
    put_attribute(table, DW_AT_name, DW_FORM_strp);
    put_attribute(table, 0, 0);
    put_attribute(table, 0, 0);
    put_unit(info, 13 + 14 * COUNT, 0);
    text_append_char(info, 1);
    put(info, CODE, 8);
    put(info, 16 * COUNT, 4);
    for (uint32_t i = 0; i < COUNT; i++) {
        text_append_char(info, 2);
        put(info, CODE + 16 * i, 8);
        put(info, 16, 1);
        put(info, i ? i : NAMES - 6, 4);
    }
    struct answer answer = ask_hostile(&elf, COUNT, 16);
    assert_string_equal(answer_string(&answer, answer_frame(&answer, 0, 0)->name), "xxxxx");
    size_t size = 0;
    for (uint32_t id = 0; id < answer.strings.count; id++)
        size += string_table_size(&answer.strings, id);
    assert_in_range(size, 1, (size_t)256 << 20);
    answer_release(&answer);
    release(&elf);
}

static void put_claim(struct part *part)
{
    const Elf64_Chdr header = {.ch_type = 2 /* zstd */, .ch_size = (uint64_t)4 << 30};
    part->flags = SHF_COMPRESSED;
    text_append(&part->bytes, &header, sizeof header);
    put_zeros(&part->bytes, 1 << 17);
}

/* Each claims what one may at most. */
static void sections_that_inflate_to_more_than_there_is(void **state)
{
    static const char *const names[] = {".debug_info",     ".debug_abbrev",      ".debug_str",
                                        ".debug_line_str", ".debug_str_offsets", ".debug_addr",
                                        ".debug_line",     ".debug_ranges",      ".debug_rnglists"};
    enum { COUNT = sizeof names / sizeof *names };
    const uint64_t claimed = (uint64_t)COUNT * 4 << 30;
    struct hostile_elf elf = {.count = 0};
    (void)state;
    if ((uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE) / 2 >= claimed)
        skip(); // there is
    for (size_t i = 0; i < COUNT; i++)
        put_claim(add_part(&elf, names[i], SHT_PROGBITS));
    struct answer answer = ask_hostile(&elf, 16, 1);
    assert_non_null(
        strstr(answer_string(&answer, answer.result.reason), "would take 36864 MiB of memory"));
    answer_release(&answer);
    release(&elf);
}

#define HOSTILE_TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(int argument_count, char **arguments)
{
    const struct CMUnitTest tests[] = {
        HOSTILE_TEST(abbreviations_with_gaps_take_little_memory),
        HOSTILE_TEST(entries_with_many_attributes),
        HOSTILE_TEST(units_that_share_a_long_table_of_abbreviations),
        HOSTILE_TEST(units_that_share_a_long_list_of_ranges),
        HOSTILE_TEST(functions_that_share_a_long_list_of_ranges),
        HOSTILE_TEST(units_that_share_a_long_line_program),
        HOSTILE_TEST(sections_with_endless_names),
        HOSTILE_TEST(symbols_with_endless_names),
        HOSTILE_TEST(names_that_are_longer_than_any),
        HOSTILE_TEST(stubs_with_many_resolvers),
        HOSTILE_TEST(package_without_a_free_slot),
        HOSTILE_TEST(file_with_more_sections_than_can_be_counted),
        HOSTILE_TEST(identities_and_links_that_are_longer_than_any),
        HOSTILE_TEST(sections_that_share_many_notes),
        HOSTILE_TEST(program_with_many_segments),
        HOSTILE_TEST(object_file_with_many_sections_of_code),
        HOSTILE_TEST(aliases_with_endless_names),
        HOSTILE_TEST(functions_with_endless_names),
        HOSTILE_TEST(sections_that_inflate_to_more_than_there_is),
    };
    if (argument_count > 1)
        cmocka_set_test_filter(arguments[1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
