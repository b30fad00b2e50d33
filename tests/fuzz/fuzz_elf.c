/* SPDX-License-Identifier: MIT */
/*
 * fuzz_elf.c - any bytes may be in the sections of an ELF file, and in the cache of answers.
 *
 * What fuzz_symbols reaches only by way of a whole file: the first byte chooses who reads the rest.
 * Most readers need several sections: their sizes come first, two bytes each but for the last,
 * which has what is left. An entry for libFuzzer; test_elf_mutations drives it too.
 */
#include "symbolizer/debug_files.h"
#include "symbolizer/demangle.h"
#include "symbolizer/dwarf_scan.h"
#include "symbolizer/dwarf_split.h"
#include "symbolizer/eh_frame_starts.h"
#include "symbolizer/function_aliases.h"
#include "symbolizer/plt_names.h"
#include "symbolizer/relocations.h"
#include "symbolizer/section_contents.h"
#include "symbolizer/symbol_cache.h"
#include "symbolizer/symbol_table.h"
#include "symbolizer/symbolizer.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ADDRESSES = 64, MOST_SECTIONS = 8, CODE = 0x1000 };

/* Code is from 0x1000 on, so that short encodings reach the addresses that are asked for. */
static struct elf_segment everywhere = {.type = PT_LOAD, .flags = PF_X, .memory_size = UINT64_MAX};

struct pieces {
    struct elf_section sections[MOST_SECTIONS];
    struct elf_image image;
};

/* Cuts the bytes into the sections of the list, which begins with the null section. */
static void cut(struct pieces *pieces, const struct elf_section *list, uint32_t count,
                const uint8_t *data, size_t size)
{
    struct bytes b = bytes_of(data, size);
    uint16_t sizes[MOST_SECTIONS] = {0};
    for (uint32_t i = 1; i + 1 < count; i++)
        sizes[i] = bytes_u16(&b);
    for (uint32_t i = 0; i < count; i++) {
        struct elf_section *section = &pieces->sections[i];
        *section = list[i];
        if (i == 0)
            continue;
        size_t part = i + 1 < count && sizes[i] < bytes_left(&b) ? sizes[i] : bytes_left(&b);
        section->offset = (uint64_t)(b.at - data);
        section->address = CODE + section->offset;
        section->size = part;
        bytes_skip(&b, part);
    }
    pieces->image = (struct elf_image){
        .data = data,
        .size = size,
        .is_64 = true,
        .machine = EM_X86_64,
        .sections = pieces->sections,
        .section_count = count,
        .segments = &everywhere,
        .segment_count = 1,
    };
}

#define CUT(pieces, list) cut(pieces, list, sizeof(list) / sizeof *(list), data, size)

struct batch {
    struct string_table strings;
    struct lookup lookups[ADDRESSES];
    struct lookup_batch batch;
};

static void batch_init(struct batch *batch)
{
    memset(batch, 0, sizeof *batch);
    string_table_init(&batch->strings);
    for (uint32_t i = 0; i < ADDRESSES; i++)
        batch->lookups[i].address = CODE + 5 * i;
    batch->batch = (struct lookup_batch){
        .lookups = batch->lookups, .count = ADDRESSES, .strings = &batch->strings};
}

static void batch_check(struct batch *batch)
{
    for (uint32_t i = 0; i < ADDRESSES; i++) {
        const struct lookup *lookup = &batch->lookups[i];
        if ((lookup->symbol && strlen(lookup->symbol) > UINT32_MAX) ||
            (lookup->start && lookup->start > lookup->address))
            abort();
    }
    string_table_release(&batch->strings);
}

static void unwind_tables(const uint8_t *data, size_t size)
{
    static const struct elf_section list[] = {{.name = ""},
                                              {.name = ".eh_frame", .type = SHT_PROGBITS}};
    struct pieces pieces;
    struct batch batch;
    CUT(&pieces, list);
    batch_init(&batch);
    eh_frame_starts_resolve(&pieces.image, &batch.batch);
    batch_check(&batch);
}

/* Without section headers: by way of the header of the table for searching. */
static void unwind_header(const uint8_t *data, size_t size)
{
    struct elf_segment segments[] = {
        {.type = PT_LOAD, .flags = PF_X, .address = CODE, .file_size = size, .memory_size = size},
        {.type = PT_GNU_EH_FRAME, .address = CODE, .file_size = size, .memory_size = size}};
    struct elf_image image = {
        .data = data, .size = size, .is_64 = size % 2, .segments = segments, .segment_count = 2};
    struct batch batch;
    batch_init(&batch);
    eh_frame_starts_resolve(&image, &batch.batch);
    batch_check(&batch);
}

static const struct elf_section symbol_sections[] = {
    {.name = ""},
    {.name = ".symtab", .type = SHT_SYMTAB, .link = 2, .entry_size = 24},
    {.name = ".strtab", .type = SHT_STRTAB}};

static void symbols(const uint8_t *data, size_t size)
{
    struct pieces pieces;
    struct batch batch;
    struct symbol_table table;
    CUT(&pieces, symbol_sections);
    pieces.image.is_64 = size % 4 != 0;
    batch_init(&batch);
    symbol_table_init(&table, &pieces.image, SHT_SYMTAB);
    symbol_table_resolve(&table, &batch.batch);
    batch_check(&batch);
}

static void stubs(const uint8_t *data, size_t size)
{
    static const struct elf_section list[] = {
        {.name = ""},
        {.name = ".rela.plt", .type = SHT_RELA},
        {.name = ".rela.dyn", .type = SHT_RELA},
        {.name = ".dynsym", .type = SHT_DYNSYM, .link = 4, .entry_size = 24},
        {.name = ".dynstr", .type = SHT_STRTAB},
        {.name = ".plt.got", .type = SHT_PROGBITS, .entry_size = 8},
        {.name = ".plt", .type = SHT_PROGBITS, .entry_size = 16}};
    struct pieces pieces;
    struct batch batch;
    CUT(&pieces, list);
    pieces.sections[5].address = CODE + 160; // both kinds among the addresses
    pieces.sections[6].address = CODE;
    for (int is_arm64 = 0; is_arm64 < 2; is_arm64++) {
        pieces.image.machine = is_arm64 ? EM_AARCH64 : EM_X86_64;
        batch_init(&batch);
        plt_names_resolve(&pieces.image, &batch.batch);
        batch_check(&batch);
    }
}

static void compressed(const uint8_t *data, size_t size)
{
    static const struct elf_section list[] = {
        {.name = ""}, {.name = ".debug_info", .type = SHT_PROGBITS, .flags = SHF_COMPRESSED}};
    static const struct elf_section older[] = {{.name = ""},
                                               {.name = ".zdebug_info", .type = SHT_PROGBITS}};
    struct pieces pieces;
    for (int i = 0; i < 2; i++) {
        struct section_contents contents;
        if (i)
            CUT(&pieces, older);
        else
            CUT(&pieces, list);
        // a small file may ask for much memory, which is its right, but takes a fuzzer's time
        uint64_t plain = section_contents_size(&pieces.image, &pieces.sections[1]);
        if (plain > 1 << 20 ||
            section_contents_init(&contents, &pieces.image, &pieces.sections[1], NULL) < 0)
            continue;
        if (contents.size != plain)
            abort();
        volatile uint8_t last = 0; // all of it is there
        for (size_t at = 0; at < contents.size; at++)
            last = contents.data[at];
        (void)last;
        section_contents_release(&contents);
    }
}

/* .gnu_debugdata: an ELF file in xz. */
static void mini(const uint8_t *data, size_t size)
{
    static const struct elf_section list[] = {{.name = ""},
                                              {.name = ".gnu_debugdata", .type = SHT_PROGBITS}};
    struct pieces pieces;
    struct section_contents contents;
    struct elf_image image;
    struct symbol_table table;
    struct batch batch;
    CUT(&pieces, list);
    if (section_contents_init_xz(&contents, &pieces.image, &pieces.sections[1], NULL) < 0)
        return;
    if (elf_image_init(&image, contents.data, contents.size, NULL) == 0) {
        batch_init(&batch);
        symbol_table_init(&table, &image, SHT_SYMTAB);
        symbol_table_resolve(&table, &batch.batch);
        batch_check(&batch);
        elf_image_release(&image);
    }
    section_contents_release(&contents);
}

/* The header and the tables of a file, and its build-id. */
static void tables(const uint8_t *data, size_t size)
{
    struct elf_image image;
    uint32_t crc;
    if (elf_image_init(&image, data, size, NULL) < 0)
        return;
    if (image.build_id_size && (image.build_id < data || image.build_id_size > size ||
                                (size_t)(image.build_id - data) > size - image.build_id_size))
        abort();
    for (uint32_t i = 0; i < image.section_count; i++) {
        struct bytes b = elf_image_bytes(&image, &image.sections[i]);
        if (!image.sections[i].name || bytes_left(&b) > size)
            abort();
    }
    struct bytes code = elf_image_bytes_at(&image, CODE);
    if (bytes_left(&code) > size)
        abort();
    elf_image_debug_link(&image, &crc);
    elf_image_release(&image);
}

/* A note, as the only contents of a file. */
static void note(const uint8_t *data, size_t size)
{
    Elf64_Ehdr header = {.e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
                         .e_type = ET_DYN,
                         .e_machine = EM_X86_64,
                         .e_phoff = sizeof header,
                         .e_phentsize = sizeof(Elf64_Phdr),
                         .e_phnum = 1,
                         .e_shentsize = sizeof(Elf64_Shdr)};
    Elf64_Phdr segment = {
        .p_type = PT_NOTE, .p_offset = sizeof header + sizeof segment, .p_filesz = size};
    struct text file = TEXT_INIT;
    text_append(&file, &header, sizeof header);
    text_append(&file, &segment, sizeof segment);
    text_append(&file, data, size);
    uint8_t *exact = malloc(file.length); // so that one byte too far is seen
    if (!exact)
        abort();
    memcpy(exact, file.data, file.length);
    tables(exact, file.length);
    free(exact);
    text_release(&file);
}

/* Where dwz's shared file is: looked for below a folder that is not there. */
static void shared_link(const uint8_t *data, size_t size)
{
    static const struct elf_section list[] = {{.name = ""},
                                              {.name = ".gnu_debugaltlink", .type = SHT_PROGBITS}};
    static const char *const nowhere[] = {NULL};
    const struct symbolizer_options options = {.debug_directories = nowhere,
                                               .sysroot = "/nonexistent"};
    struct pieces pieces;
    struct elf_image shared;
    CUT(&pieces, list);
    if (debug_files_find_shared(&options, &pieces.image, "/nonexistent/input", NULL, &shared))
        abort();
}

/* The index of a .dwp file, and what it says of one unit. */
static void package(const uint8_t *data, size_t size)
{
    static const struct elf_section list[] = {
        {.name = ""},
        {.name = ".debug_info.dwo", .type = SHT_PROGBITS},
        {.name = ".debug_abbrev.dwo", .type = SHT_PROGBITS},
        {.name = ".debug_str_offsets.dwo", .type = SHT_PROGBITS},
        {.name = ".debug_rnglists.dwo", .type = SHT_PROGBITS},
        {.name = ".debug_cu_index", .type = SHT_PROGBITS}};
    struct pieces pieces;
    struct dwarf_split split;
    struct dwarf_unit skeleton = {.header = {.dwo_id = 0x1234, .version = 5, .address_size = 8}};
    CUT(&pieces, list);
    dwarf_split_init(&split, "/nonexistent/input", NULL, NULL);
    split.package = pieces.image;
    split.looked_for_package = true;
    dwarf_sections_init_split(&split.package_sections, &split.package);
    dwarf_sections_load(&split.package_sections, 1);
    split.has_package = true;
    dwarf_split_find(&split, &skeleton);
    dwarf_sections_release(&split.package_sections);
    split.has_package = false; // the image is not its own
    dwarf_split_release(&split);
}

/* Sections of DWARF, in the image that they were cut from, with its units. */
struct dwarf {
    struct pieces pieces;
    struct dwarf_sections sections;
    struct dwarf_units units;
};

static void dwarf_begin(struct dwarf *dwarf)
{
    dwarf_sections_init(&dwarf->sections, &dwarf->pieces.image);
    dwarf_sections_load(&dwarf->sections, 1);
    dwarf_units_init(&dwarf->units, NULL, &dwarf->sections);
}

static void dwarf_end(struct dwarf *dwarf)
{
    dwarf_units_release(&dwarf->units);
    dwarf_sections_release(&dwarf->sections);
}

/* The functions of a unit, and their names, which may lie in other units and in the shared file. */
static void scan_unit(struct dwarf *dwarf, struct dwarf_names *names, uint32_t unit)
{
    struct dwarf_body body = {.units = &dwarf->units, .file_units = &dwarf->units, .unit = unit};
    struct dwarf_target targets[ADDRESSES] = {0};
    for (uint32_t i = 0; i < ADDRESSES; i++)
        targets[i].address = CODE + 5 * i;
    const struct dwarf_unit *opened = dwarf_units_get(&dwarf->units, unit);
    if (!dwarf_units_decoder(&dwarf->units, unit, &body.decoder))
        return;
    struct dwarf_scan scan = {.names = names,
                              .body = &body,
                              .ranges = &opened->ranges,
                              .image = &dwarf->pieces.image,
                              .targets = targets,
                              .count = ADDRESSES};
    dwarf_scan_run(&scan);
    free(scan.nodes);
    dwarf_decoder_release(&body.decoder);
}

/* Units that refer to one another, as after optimisation of the whole program, and to a file that
 * they share, as after dwz. */
static void linked_units(const uint8_t *data, size_t size)
{
    static const struct elf_section list[] = {{.name = ""},
                                              {.name = ".debug_info", .type = SHT_PROGBITS},
                                              {.name = ".debug_abbrev", .type = SHT_PROGBITS},
                                              {.name = ".debug_str", .type = SHT_PROGBITS},
                                              {.name = ".debug_str_offsets", .type = SHT_PROGBITS},
                                              {.name = ".debug_addr", .type = SHT_PROGBITS},
                                              {.name = ".debug_rnglists", .type = SHT_PROGBITS},
                                              {.name = ".shared", .type = SHT_PROGBITS}};
    static const struct elf_section of_shared[] = {{.name = ""},
                                                   {.name = ".debug_info", .type = SHT_PROGBITS},
                                                   {.name = ".debug_abbrev", .type = SHT_PROGBITS},
                                                   {.name = ".debug_str", .type = SHT_PROGBITS}};
    struct dwarf dwarf, shared;
    struct dwarf_names names;
    CUT(&dwarf.pieces, list);
    struct bytes rest = elf_image_bytes(&dwarf.pieces.image, &dwarf.pieces.sections[7]);
    cut(&shared.pieces, of_shared, sizeof of_shared / sizeof *of_shared, rest.at,
        bytes_left(&rest));
    dwarf_begin(&dwarf);
    dwarf_begin(&shared);
    dwarf.units.shared = shared.units.count ? &shared.units : NULL;
    dwarf_names_init(&names, &dwarf.units);
    for (uint32_t i = 0; i < dwarf.units.count && i < 4; i++)
        scan_unit(&dwarf, &names, i);
    for (uint32_t i = 0; i < names.count; i++) {
        const struct dwarf_description *found = &names.descriptions[i];
        if (string_table_size(&names.strings, found->name) >= size ||
            string_table_size(&names.strings, found->linkage_name) >= size)
            abort();
    }
    dwarf_names_release(&names);
    dwarf_end(&dwarf);
    dwarf_end(&shared);
}

/* A section of an object file that is completed: the first byte tells of which kind. */
static void relocated(const uint8_t *data, size_t size)
{
    static const struct elf_section list[] = {
        {.name = ""},
        {.name = ".debug_info", .type = SHT_PROGBITS},
        {.name = ".rela.debug_info", .type = SHT_RELA, .info = 1},
        {.name = ".symtab", .type = SHT_SYMTAB, .link = 4, .entry_size = 24},
        {.name = ".strtab", .type = SHT_STRTAB}};
    static const uint16_t machines[] = {EM_X86_64, EM_386, EM_AARCH64, EM_NONE};
    struct pieces pieces;
    uint8_t kind = size ? *data : 0;
    data += size > 0;
    size -= size > 0;
    CUT(&pieces, list);
    pieces.image.type = ET_REL;
    pieces.image.is_64 = kind & 1;
    pieces.image.machine = machines[kind >> 2 & 3];
    pieces.sections[2].type = kind & 2 ? SHT_REL : SHT_RELA;
    struct bytes plain = elf_image_bytes(&pieces.image, &pieces.sections[1]);
    size_t length = bytes_left(&plain);
    uint8_t *copy = malloc(length + !length); // so that one byte too far is seen
    if (!copy)
        abort();
    memcpy(copy, plain.at, length);
    relocations_apply(&pieces.image, &pieces.sections[1], copy, length);
    free(copy);
}

/* All names of the functions that the addresses are in. */
static void aliases(const uint8_t *data, size_t size)
{
    struct pieces pieces;
    struct batch batch;
    struct symbol_table table;
    struct function_aliases found;
    CUT(&pieces, symbol_sections);
    batch_init(&batch);
    symbol_table_init(&table, &pieces.image, SHT_SYMTAB);
    function_aliases_init(&found, &table, &batch.batch);
    for (uint32_t i = 0; i < ADDRESSES; i++) {
        uint32_t count;
        const struct function_alias *names = function_aliases_of(&found, i, &count);
        for (uint32_t n = 0; n < count; n++) {
            if (names[n].start != found.starts[i] || strlen(names[n].symbol.name) >= size)
                abort();
        }
    }
    function_aliases_release(&found);
    batch_check(&batch);
}

/* The magic number, from answers without any contents. */
static void set_head(uint8_t *bytes, struct string_table *strings)
{
    struct text empty = TEXT_INIT;
    struct symbol_cache *cache = symbol_cache_new(strings);
    symbol_cache_compose(cache, &empty);
    memcpy(bytes, empty.data, 8);
    symbol_cache_close(cache, NULL);
    text_release(&empty);
}

/* With head and checksum made right, which a fuzzer cannot guess. */
static void answers(const uint8_t *data, size_t size)
{
    const size_t covered = 12;
    struct string_table strings;
    struct symbol_result result = {0};
    if (size < covered)
        return;
    uint8_t *copy = malloc(size);
    if (!copy)
        abort();
    memcpy(copy, data, size);
    string_table_init(&strings);
    set_head(copy, &strings);
    uint32_t sum = (uint32_t)crc32(0, copy + covered, (uInt)(size - covered));
    memcpy(copy + 8, &sum, sizeof sum);
    struct symbol_cache *cache = symbol_cache_of(copy, size, &strings);
    for (uint64_t address = 0; cache && address < ADDRESSES; address++) {
        struct symbol_chain chain;
        if (!symbol_cache_find(cache, CODE + address, &result, &chain))
            continue;
        if (chain.origin >= SYMBOL_ORIGIN_COUNT || !chain.frame_count ||
            chain.first_frame + chain.frame_count != result.frame_count)
            abort();
        for (uint32_t i = 0; i < result.frame_count; i++) {
            if (result.frames[i].name >= strings.count || result.frames[i].file >= strings.count)
                abort();
        }
        result.frame_count = 0;
    }
    symbol_cache_close(cache, NULL);
    free(result.frames);
    string_table_release(&strings);
    free(copy);
}

/* The name of a symbol, in each language. */
static void mangled_name(const uint8_t *data, size_t size)
{
    char *name = malloc(size + 1);
    if (!name)
        abort();
    memcpy(name, data, size);
    name[size] = '\0';
    for (int style = DEMANGLE_AUTO; style < DEMANGLE_STYLE_COUNT; style++) {
        struct text text = TEXT_INIT;
        bool done = demangle_as(&text, name, (enum demangle_style)style);
        if (text.length > DEMANGLE_MAX + size || (!done && text.length))
            abort();
        text_release(&text);
    }
    free(name);
}

/* libdwarf 20210528 loses what it has allocated for an entry when it finds damage in it; what
 * libiberty holds is lost when it has to be left. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:_dwarf_get_alloc\nleak:string_appendn\nleak:dlang_";
}

/* The path that our own decoders leave the unusual to. */
static void libdwarf(const uint8_t *data, size_t size)
{
    static const char *const nowhere[] = {NULL};
    const struct symbolizer_options options = {
        .debug_directories = nowhere, .threads = 1, .only_libdwarf = true};
    const struct symbol_module module = {
        .path = "/nonexistent/input", .image = data, .image_size = size};
    struct string_table strings;
    struct symbol_result result;
    uint64_t addresses[ADDRESSES];
    for (uint32_t i = 0; i < ADDRESSES; i++)
        addresses[i] = 0x200 + i;
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
    static void (*const readers[])(const uint8_t *, size_t) = {
        tables,       note,          shared_link,   compressed,   mini,    symbols,
        stubs,        unwind_tables, unwind_header, package,      answers, libdwarf,
        linked_units, aliases,       relocated,     mangled_name,
    };
    if (size && data[0] < sizeof readers / sizeof *readers)
        readers[data[0]](data + 1, size - 1);
    return 0;
}
