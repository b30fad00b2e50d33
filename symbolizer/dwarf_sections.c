/* SPDX-License-Identifier: MIT */
/*
 * dwarf_sections.c - finds and reads DWARF sections.
 */
#include "symbolizer/dwarf_sections.h"

#include "profiler/base/memory.h"
#include "profiler/base/text.h"

#include <elf.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const names[DWARF_SECTION_COUNT] = {
    [DWARF_INFO] = ".debug_info",
    [DWARF_ABBREV] = ".debug_abbrev",
    [DWARF_STR] = ".debug_str",
    [DWARF_LINE_STR] = ".debug_line_str",
    [DWARF_STR_OFFSETS] = ".debug_str_offsets",
    [DWARF_ADDR] = ".debug_addr",
    [DWARF_LINE] = ".debug_line",
    [DWARF_ARANGES] = ".debug_aranges",
    [DWARF_RANGES] = ".debug_ranges",
    [DWARF_RNGLISTS] = ".debug_rnglists",
};

static const struct elf_section *find(const struct elf_image *image, enum dwarf_section which)
{
    const struct elf_section *section = elf_image_section(image, names[which]);
    if (section)
        return section->type == SHT_NOBITS ? NULL : section;
    struct text old = TEXT_INIT;
    text_printf(&old, ".z%s", names[which] + 1);
    section = elf_image_section(image, old.data);
    text_release(&old);
    return section;
}

bool dwarf_sections_exist(const struct elf_image *image)
{
    return find(image, DWARF_INFO) && find(image, DWARF_ABBREV);
}

void dwarf_sections_init(struct dwarf_sections *sections, const struct elf_image *image)
{
    *sections = (struct dwarf_sections){.image = image};
    for (int i = 0; i < DWARF_SECTION_COUNT; i++)
        sections->entries[i].section = find(image, (enum dwarf_section)i);
}

void dwarf_sections_init_split(struct dwarf_sections *sections, const struct elf_image *image)
{
    *sections = (struct dwarf_sections){.image = image};
    for (int i = 0; i < DWARF_SECTION_COUNT; i++) {
        struct text name = TEXT_INIT;
        text_printf(&name, "%s.dwo", names[i]);
        sections->entries[i].section = elf_image_section(image, name.data);
        text_release(&name);
    }
}

void dwarf_sections_borrow(struct dwarf_sections *sections, const struct dwarf_sections *from)
{
    *sections = *from;
    for (int i = 0; i < DWARF_SECTION_COUNT; i++)
        sections->entries[i].contents.owned = NULL;
}

void dwarf_sections_cut(struct dwarf_sections *sections, enum dwarf_section which, uint64_t offset,
                        uint64_t size)
{
    struct section_contents *contents = &sections->entries[which].contents;
    bool fits = size && offset <= contents->size && size <= contents->size - offset;
    contents->data = fits ? contents->data + offset : NULL;
    contents->size = fits ? size : 0;
}

void dwarf_sections_release(struct dwarf_sections *sections)
{
    for (int i = 0; i < DWARF_SECTION_COUNT; i++)
        section_contents_release(&sections->entries[i].contents);
}

const char *dwarf_section_name(enum dwarf_section which)
{
    return names[which];
}

static void load(struct dwarf_sections *sections, int which, struct error *error)
{
    const struct elf_section *section = sections->entries[which].section;
    if (!section || sections->entries[which].loaded)
        return;
    sections->entries[which].loaded = true;
    section_contents_init(&sections->entries[which].contents, sections->image, section, error);
}

struct bytes dwarf_sections_bytes(struct dwarf_sections *sections, enum dwarf_section which)
{
    struct section_contents *contents = &sections->entries[which].contents;
    struct error error = {0};
    if (sections->entries[which].section && !sections->entries[which].loaded) {
        load(sections, (int)which, &error);
        if (*error.text && !*sections->error.text)
            sections->error = error;
    }
    return bytes_of(contents->data ? contents->data : (const uint8_t *)"", contents->size);
}

/* Half of the machine's memory. */
static uint64_t most_inflated(void)
{
    long pages = sysconf(_SC_PHYS_PAGES), size = sysconf(_SC_PAGESIZE);
    return pages > 0 && size > 0 ? (uint64_t)pages * (uint64_t)size / 2 : UINT64_MAX;
}

/* Sections to load, taken by threads; the entries are ordered so that the largest come first. */
struct loading {
    struct dwarf_sections *sections;
    int next; /* taken atomically */
    struct error errors[DWARF_SECTION_COUNT];
};

static void *load_some(void *argument)
{
    struct loading *loading = argument;
    int which;
    while ((which = __atomic_fetch_add(&loading->next, 1, __ATOMIC_RELAXED)) < DWARF_SECTION_COUNT)
        load(loading->sections, which, &loading->errors[which]);
    return NULL;
}

static bool is_compressed(const struct elf_section *section)
{
    return section && (section->flags & SHF_COMPRESSED || section->name[1] == 'z');
}

static bool any_compressed(const struct dwarf_sections *sections)
{
    for (int i = 0; i < DWARF_SECTION_COUNT; i++) {
        if (is_compressed(sections->entries[i].section))
            return true;
    }
    return false;
}

/* Each section alone may be believable (section_contents.h), and a small file still inflate to more
 * than there is. Such sections are left out. */
static void refuse_excessive(struct dwarf_sections *sections)
{
    uint64_t sum = 0, most = most_inflated();
    for (int i = 0; i < DWARF_SECTION_COUNT; i++) {
        if (is_compressed(sections->entries[i].section))
            sum += dwarf_sections_size(sections, (enum dwarf_section)i);
    }
    if (sum <= most)
        return;
    error_set(&sections->error, 0, "its sections would take %llu MiB of memory when inflated",
              (unsigned long long)(sum >> 20));
    for (int i = 0; i < DWARF_SECTION_COUNT; i++) {
        if (is_compressed(sections->entries[i].section))
            sections->entries[i].section = NULL;
    }
}

void dwarf_sections_load(struct dwarf_sections *sections, uint32_t threads)
{
    enum { MAX_THREADS = 4 }; // .debug_info takes as long as all others together
    pthread_t started[MAX_THREADS];
    uint32_t count = 0;
    refuse_excessive(sections);
    struct loading *loading = memory_new(1, sizeof *loading);
    loading->sections = sections;
    while (any_compressed(sections) && count + 1 < threads && count < MAX_THREADS &&
           pthread_create(&started[count], NULL, load_some, loading) == 0)
        count++;
    load_some(loading);
    for (uint32_t i = 0; i < count; i++)
        pthread_join(started[i], NULL);
    for (int i = 0; i < DWARF_SECTION_COUNT && !*sections->error.text; i++)
        sections->error = loading->errors[i];
    free(loading);
}

void dwarf_sections_add_work(const struct dwarf_sections *sections)
{
    for (int i = 0; i < DWARF_SECTION_COUNT && sections->work; i++)
        decoding_work_add(sections->work, sections->entries[i].contents.size);
}

uint64_t dwarf_sections_size(const struct dwarf_sections *sections, enum dwarf_section which)
{
    const struct elf_section *section = sections->entries[which].section;
    return section ? section_contents_size(sections->image, section) : 0;
}
