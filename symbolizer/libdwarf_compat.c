/* SPDX-License-Identifier: MIT */
/*
 * libdwarf_compat.c - the object access interface, in its two shapes.
 */
#include "symbolizer/libdwarf_compat.h"

#include "profiler/base/memory.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>

#ifdef PROF_LIBDWARF_2021 // 20210528 and before
typedef Dwarf_Obj_Access_Interface object_interface;
typedef Dwarf_Obj_Access_Methods object_methods;
typedef Dwarf_Obj_Access_Section object_section;
typedef Dwarf_Endianness object_order;
typedef Dwarf_Half section_index;
#define MEMBER(old, new) old
#else
typedef Dwarf_Obj_Access_Interface_a object_interface;
typedef Dwarf_Obj_Access_Methods_a object_methods;
typedef Dwarf_Obj_Access_Section_a object_section;
typedef Dwarf_Small object_order;
#if DW_LIBDWARF_VERSION_MAJOR == 0 && DW_LIBDWARF_VERSION_MINOR < 7
typedef Dwarf_Half section_index;
#else
typedef Dwarf_Unsigned section_index;
#endif
#define MEMBER(old, new) new
#endif

struct libdwarf {
    struct dwarf_sections *sections;
    object_interface interface;
    Dwarf_Debug dbg;
};

/* Section 0 is the null section, as in ELF; a missing one looks like it. */
static int get_section_info(void *object, section_index index, object_section *section, int *code)
{
    const struct dwarf_sections *sections = ((struct libdwarf *)object)->sections;
    (void)code;
    memset(section, 0, sizeof *section);
    section->MEMBER(name, as_name) = "";
    if (index > DWARF_SHOWN_COUNT)
        return DW_DLV_NO_ENTRY;
    if (index == 0 || !sections->entries[index - 1].section)
        return DW_DLV_OK;
    section->MEMBER(name, as_name) = dwarf_section_name((enum dwarf_section)(index - 1));
    section->MEMBER(type, as_type) = SHT_PROGBITS;
    section->MEMBER(size, as_size) = dwarf_sections_size(sections, (enum dwarf_section)(index - 1));
    return DW_DLV_OK;
}

static int load_section(void *object, section_index index, Dwarf_Small **data, int *code)
{
    if (index == 0 || index > DWARF_SHOWN_COUNT)
        return DW_DLV_NO_ENTRY;
    struct bytes bytes = dwarf_sections_bytes(((struct libdwarf *)object)->sections,
                                              (enum dwarf_section)(index - 1));
    if (!bytes_left(&bytes)) {
        *code = DW_DLE_MDE; // "mangled debugging entry": the size promised is not there
        return DW_DLV_ERROR;
    }
    *data = (Dwarf_Small *)bytes.at; // libdwarf reads only
    return DW_DLV_OK;
}

static object_order get_byte_order(void *object)
{
    (void)object;
    return MEMBER(DW_OBJECT_LSB, DW_END_little);
}

static Dwarf_Small get_length_size(void *object)
{
    (void)object;
    return 4;
}

static Dwarf_Small get_pointer_size(void *object)
{
    return ((struct libdwarf *)object)->sections->image->is_64 ? 8 : 4;
}

static Dwarf_Unsigned get_section_count(void *object)
{
    (void)object;
    return DWARF_SHOWN_COUNT + 1;
}

#ifndef PROF_LIBDWARF_2021
/* Only compared with the sizes of sections, which may be larger than the file once inflated. */
static Dwarf_Unsigned get_file_size(void *object)
{
    const struct dwarf_sections *sections = ((struct libdwarf *)object)->sections;
    Dwarf_Unsigned size = sections->image->size;
    for (int i = 0; i < DWARF_SHOWN_COUNT; i++)
        size += dwarf_sections_size(sections, (enum dwarf_section)i);
    return size;
}
#endif

static const object_methods methods = {
    .MEMBER(get_section_info, om_get_section_info) = get_section_info,
    .MEMBER(get_byte_order, om_get_byte_order) = get_byte_order,
    .MEMBER(get_length_size, om_get_length_size) = get_length_size,
    .MEMBER(get_pointer_size, om_get_pointer_size) = get_pointer_size,
    .MEMBER(get_section_count, om_get_section_count) = get_section_count,
    .MEMBER(load_section, om_load_section) = load_section,
#ifndef PROF_LIBDWARF_2021
    .om_get_filesize = get_file_size,
#endif
};

struct libdwarf *libdwarf_open(struct dwarf_sections *sections, struct error *error)
{
    Dwarf_Error why = NULL;
    struct libdwarf *libdwarf = memory_new(1, sizeof *libdwarf);
    libdwarf->sections = sections;
    libdwarf->interface.MEMBER(object, ai_object) = libdwarf;
    libdwarf->interface.MEMBER(methods, ai_methods) = &methods;
    // Process-wide, and must precede the open: we free what we get, and libdwarf's own tree of all
    // allocations takes 40 % of the time to decode line tables.
    dwarf_set_de_alloc_flag(0);
    int result = dwarf_object_init_b(&libdwarf->interface, NULL, NULL, DW_GROUPNUMBER_ANY,
                                     &libdwarf->dbg, &why);
    if (result != DW_DLV_OK) {
        error_set(error, 0, "libdwarf: %s",
                  result == DW_DLV_ERROR && why ? dwarf_errmsg(why) : "no debug information");
        libdwarf_ok(NULL, result, &why);
        free(libdwarf);
        return NULL;
    }
    return libdwarf;
}

void libdwarf_close(struct libdwarf *libdwarf)
{
    if (!libdwarf)
        return;
#ifdef PROF_LIBDWARF_2021
    Dwarf_Error why = NULL;
    dwarf_object_finish(libdwarf->dbg, &why);
#else
    dwarf_object_finish(libdwarf->dbg);
#endif
    free(libdwarf);
}

Dwarf_Debug libdwarf_debug(const struct libdwarf *libdwarf)
{
    return libdwarf->dbg;
}
