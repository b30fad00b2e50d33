/* SPDX-License-Identifier: MIT */
/*
 * fuzz_symbols.c - any bytes may be in a program, a library or a debug file.
 *
 * The first byte chooses how the rest is used: as a whole ELF file that is asked for its functions,
 * or by one of the decoders alone, which a fuzzer gets into more easily. An entry for libFuzzer.
 */
#include "symbolizer/dwarf_aranges.h"
#include "symbolizer/dwarf_line_match.h"
#include "symbolizer/dwarf_scan.h"
#include "symbolizer/jitdump.h"
#include "symbolizer/symbol_map.h"
#include "symbolizer/symbolizer.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* libdwarf 20210528 loses what it has allocated for an entry when it finds damage in it. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:_dwarf_get_alloc";
}

enum { ADDRESSES = 64 };

static void whole_file(const uint8_t *data, size_t size)
{
    static const char *const nowhere[] = {NULL};
    struct symbolizer_options options = {.debug_directories = nowhere, .threads = 1};
    struct symbol_module module = {.path = "input", .image = data, .image_size = size};
    struct string_table strings;
    struct symbol_result result;
    enum { LINKED = 64, PLACED = 32 }; // linked files begin low, object files where they are placed
    uint64_t addresses[LINKED + PLACED];
    for (uint32_t i = 0; i < LINKED; i++)
        addresses[i] = 0x200 + 16 * i;
    for (uint32_t i = 0; i < PLACED; i++)
        addresses[LINKED + i] = 0x1000 + 4 * i;
    string_table_init(&strings);
    struct symbolizer *symbolizer = symbolizer_new(&options, &strings);
    symbolizer_resolve(symbolizer, &module, addresses, LINKED + PLACED, &result);
    if (result.chain_count != LINKED + PLACED)
        abort();
    symbol_result_release(&result);
    symbolizer_free(symbolizer);
    string_table_release(&strings);
}

/* An image whose code is everywhere. */
static struct elf_segment everywhere = {.type = 1, .flags = 1, .memory_size = UINT64_MAX};
static const struct elf_image image = {.segments = &everywhere, .segment_count = 1, .is_64 = true};

/* The fast and the plain reading of a line program must agree. */
static void line_program(const uint8_t *data, size_t size)
{
    struct dwarf_line_sections sections = {bytes_of(data, size), bytes_of(data, size),
                                           bytes_of(data, size)};
    struct dwarf_line_wanted fast[ADDRESSES] = {0}, plain[ADDRESSES] = {0};
    struct dwarf_line_table table;
    for (uint32_t i = 0; i < ADDRESSES; i++)
        fast[i].address = plain[i].address = 0x1000 + 5 * i;
    if (!dwarf_line_table_init(&table, &sections, 0, 8))
        return;
    dwarf_line_match(&table, &image, fast, ADDRESSES);
    dwarf_line_match_rows(&table, &image, plain, ADDRESSES);
    for (uint32_t i = 0; i < ADDRESSES; i++) {
        if (fast[i].found != plain[i].found ||
            (fast[i].found && (fast[i].line != plain[i].line || fast[i].file != plain[i].file)))
            abort();
    }
    dwarf_line_table_release(&table);
}

static void ranges(const uint8_t *data, size_t size)
{
    uint64_t low, high, unit;
    struct dwarf_aranges aranges = dwarf_aranges_of(bytes_of(data, size));
    while (dwarf_aranges_next(&aranges, &low, &high, &unit)) {
        if (low >= high)
            abort();
    }
    for (uint16_t version = 4; version <= 5; version++) {
        struct dwarf_ranges_unit of = {.ranges = bytes_of(data, size),
                                       .addresses = bytes_of(data, size),
                                       .version = version,
                                       .address_size = 8,
                                       .offset_size = 4};
        struct dwarf_ranges list = dwarf_ranges_at(&of, dwarf_ranges_offset(&of, 0));
        while (dwarf_ranges_next(&list, &low, &high)) {
            if (low >= high)
                abort();
        }
    }
}

/* A unit with its abbreviations: the first two bytes tell where these begin. */
static void unit_entries(const uint8_t *data, size_t size)
{
    uint16_t split;
    struct dwarf_header header;
    if (size < 3)
        return;
    memcpy(&split, data, sizeof split);
    data += 2;
    size -= 2;
    split %= (uint16_t)(size > UINT16_MAX ? UINT16_MAX : size) + 1u;
    struct dwarf_sections sections = {.image = &image};
    static const struct elf_section here = {.name = ""};
    for (int i = 0; i < DWARF_SECTION_COUNT; i++) {
        bool is_abbrevs = i == DWARF_ABBREV;
        sections.entries[i].section = &here;
        sections.entries[i].loaded = true;
        sections.entries[i].contents.data = is_abbrevs ? data + split : data;
        sections.entries[i].contents.size = is_abbrevs ? size - split : split;
    }
    if (!dwarf_header_read(&header, bytes_of(data, split), 0) ||
        (header.address_size != 4 && header.address_size != 8))
        return;
    struct dwarf_units units;
    struct dwarf_names names;
    dwarf_units_init(&units, NULL, &sections);
    dwarf_names_init(&names, &units);
    struct dwarf_body body = {.units = &units, .file_units = &units};
    struct dwarf_target targets[ADDRESSES] = {0};
    for (uint32_t i = 0; i < ADDRESSES; i++)
        targets[i].address = 0x1000 + 5 * i;
    if (units.count && dwarf_units_decoder(&units, 0, &body.decoder)) {
        struct dwarf_scan scan = {.names = &names,
                                  .body = &body,
                                  .ranges = &dwarf_units_get(&units, 0)->ranges,
                                  .image = &image,
                                  .targets = targets,
                                  .count = ADDRESSES};
        dwarf_scan_run(&scan);
        free(scan.nodes);
        dwarf_decoder_release(&body.decoder);
    }
    dwarf_names_release(&names);
    dwarf_units_release(&units);
}

static void maps(const uint8_t *data, size_t size)
{
    struct symbol_map map;
    symbol_map_parse_jit(&map, bytes_of(data, size));
    symbol_map_find(&map, 0x1000);
    symbol_map_release(&map);
    symbol_map_parse_kallsyms(&map, bytes_of(data, size));
    symbol_map_find(&map, 0xffffffff81000000);
    symbol_map_release(&map);
}

static void jitdump(const uint8_t *data, size_t size)
{
    const struct jitdump_function *found[4];
    struct jitdump dump;
    const char *file;
    uint32_t line;
    if (jitdump_parse(&dump, bytes_of(data, size), NULL) < 0)
        return;
    for (uint64_t address = 0x1000; address < 0x1000 + ADDRESSES; address++) {
        uint32_t count = jitdump_find(&dump, address, found, 4);
        for (uint32_t i = 0; i < count; i++) {
            if (address < found[i]->start || address >= found[i]->end ||
                (i && found[i]->time_ns < found[i - 1]->time_ns))
                abort();
            if (jitdump_line(found[i], address, &file, &line) && strlen(file) >= size)
                abort();
        }
    }
    jitdump_release(&dump);
}

static void debug_link(const uint8_t *data, size_t size)
{
    struct elf_section link = {.name = ".gnu_debuglink", .type = 1, .size = size};
    struct elf_section sections[2] = {{.name = ""}, link};
    struct elf_image with_link = {
        .data = data, .size = size, .sections = sections, .section_count = 2};
    uint32_t crc;
    const char *name = elf_image_debug_link(&with_link, &crc);
    if (name && strlen(name) >= size)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const parsers[])(const uint8_t *, size_t) = {
        whole_file, line_program, unit_entries, ranges, maps, debug_link, jitdump,
    };
    if (size)
        parsers[data[0] % (sizeof parsers / sizeof *parsers)](data + 1, size - 1);
    return 0;
}
