/* SPDX-License-Identifier: MIT */
/*
 * libdwarf_entry.c - reads the attributes of an entry through libdwarf.
 */
#include "symbolizer/libdwarf_entry.h"

#include <string.h>

/* Forms that point into a supplementary file (dwz -m; DWARF 5, 7.3.6). */
static bool is_elsewhere(Dwarf_Half form)
{
    return form == DW_FORM_GNU_ref_alt || form == DW_FORM_GNU_strp_alt ||
           form == DW_FORM_ref_sup4 || form == DW_FORM_ref_sup8 || form == DW_FORM_strp_sup;
}

struct attribute {
    Dwarf_Debug dbg;
    Dwarf_Attribute handle;
    Dwarf_Half form;
};

static uint64_t number(const struct attribute *a)
{
    Dwarf_Error why = NULL;
    Dwarf_Unsigned value = 0;
    Dwarf_Signed value_signed = 0;
    if (libdwarf_ok(a->dbg, dwarf_formudata(a->handle, &value, &why), &why))
        return value;
    // no release of libdwarf gives DW_FORM_implicit_const as unsigned
    if (libdwarf_ok(a->dbg, dwarf_formsdata(a->handle, &value_signed, &why), &why))
        return (uint64_t)value_signed;
    return DWARF_NONE;
}

/* An offset into another section, whose class DWARF 2 and 3 did not tell from a number. */
static uint64_t offset(const struct attribute *a)
{
    Dwarf_Error why = NULL;
    Dwarf_Off value = 0;
    if (a->form == DW_FORM_data4 || a->form == DW_FORM_data8)
        return number(a);
    if (libdwarf_ok(a->dbg, dwarf_global_formref(a->handle, &value, &why), &why))
        return value;
    return DWARF_NONE;
}

static uint64_t reference(const struct attribute *a, struct dwarf_entry *entry)
{
    Dwarf_Error why = NULL;
    Dwarf_Off value = 0;
    entry->origin_is_shared = is_elsewhere(a->form);
    if (a->form == DW_FORM_ref_sig8) // only types are referred to by signature
        return DWARF_NONE;
    if (libdwarf_ok(a->dbg, dwarf_global_formref(a->handle, &value, &why), &why))
        return value;
    return DWARF_NONE;
}

static uint64_t address(const struct attribute *a)
{
    Dwarf_Error why = NULL;
    Dwarf_Addr value = 0;
    if (libdwarf_ok(a->dbg, dwarf_formaddr(a->handle, &value, &why), &why))
        return value;
    return DWARF_NONE;
}

static bool has_shared_file(Dwarf_Debug dbg)
{
    Dwarf_Error why = NULL;
    Dwarf_Debug shared = NULL;
    // release 2.3.1 ties a file without another one to itself
    return libdwarf_ok(dbg, dwarf_get_tied_dbg(dbg, &shared, &why), &why) && shared &&
           shared != dbg;
}

static const char *string(const struct attribute *a, struct dwarf_entry *entry)
{
    Dwarf_Error why = NULL;
    char *value = NULL;
    // without the file, libdwarf would give a message in place of the name
    if (is_elsewhere(a->form) && !has_shared_file(a->dbg)) {
        entry->lacks_shared = true;
        return NULL;
    }
    if (libdwarf_ok(a->dbg, dwarf_formstring(a->handle, &value, &why), &why))
        return value;
    return NULL;
}

/* Since DWARF 4, a number is the distance from low_pc. */
static uint64_t high_pc(const struct attribute *a, bool *is_distance)
{
    switch (a->form) {
    case DW_FORM_addr:
    case DW_FORM_addrx:
    case DW_FORM_addrx1:
    case DW_FORM_addrx2:
    case DW_FORM_addrx3:
    case DW_FORM_addrx4:
    case DW_FORM_GNU_addr_index:
        return address(a);
    default:
        *is_distance = true;
        return number(a);
    }
}

static void read_attribute(struct dwarf_entry *entry, Dwarf_Half which, const struct attribute *a,
                           bool *is_distance)
{
    switch (which) {
    case DW_AT_name:
        entry->name = string(a, entry);
        break;
    case DW_AT_linkage_name:
    case DW_AT_MIPS_linkage_name:
        entry->linkage_name = string(a, entry);
        break;
    case DW_AT_abstract_origin:
        entry->origin = reference(a, entry);
        break;
    case DW_AT_specification:
        if (entry->origin == DWARF_NONE)
            entry->origin = reference(a, entry);
        break;
    case DW_AT_low_pc:
        entry->low_pc = address(a);
        break;
    case DW_AT_high_pc:
        entry->high_pc = high_pc(a, is_distance);
        break;
    case DW_AT_ranges:
        entry->ranges_are_index = a->form == DW_FORM_rnglistx;
        entry->ranges = entry->ranges_are_index ? number(a) : offset(a);
        break;
    case DW_AT_decl_file:
        entry->decl_file = number(a);
        break;
    case DW_AT_decl_line:
        entry->decl_line = number(a);
        break;
    case DW_AT_call_file:
        entry->call_file = number(a);
        break;
    case DW_AT_call_line:
        entry->call_line = number(a);
        break;
    case DW_AT_comp_dir:
        entry->directory = string(a, entry);
        break;
    case DW_AT_stmt_list:
        entry->lines = offset(a);
        break;
    case DW_AT_language:
        entry->language = number(a);
        break;
    case DW_AT_addr_base:
    case DW_AT_GNU_addr_base:
        entry->address_base = offset(a);
        break;
    case DW_AT_rnglists_base:
        entry->rnglists_base = offset(a);
        break;
    case DW_AT_dwo_name:
    case DW_AT_GNU_dwo_name:
        entry->is_split = true;
        break;
    default:
        break;
    }
}

void libdwarf_entry_read(struct dwarf_entry *entry, Dwarf_Debug dbg, Dwarf_Die die)
{
    Dwarf_Error why = NULL;
    Dwarf_Attribute *list = NULL;
    Dwarf_Signed count = 0;
    Dwarf_Off at = 0;
    bool is_distance = false;
    *entry = dwarf_entry_empty();
    libdwarf_ok(dbg, dwarf_tag(die, &entry->tag, &why), &why);
    if (libdwarf_ok(dbg, dwarf_dieoffset(die, &at, &why), &why))
        entry->offset = at;
    if (!libdwarf_ok(dbg, dwarf_attrlist(die, &list, &count, &why), &why))
        return;
    for (Dwarf_Signed i = 0; i < count; i++) {
        struct attribute a = {dbg, list[i], 0};
        Dwarf_Half which = 0;
        if (libdwarf_ok(dbg, dwarf_whatattr(list[i], &which, &why), &why) &&
            libdwarf_ok(dbg, dwarf_whatform(list[i], &a.form, &why), &why))
            read_attribute(entry, which, &a, &is_distance);
        dwarf_dealloc_attribute(list[i]);
    }
    dwarf_dealloc(dbg, list, DW_DLA_LIST);
    if (is_distance && entry->high_pc != DWARF_NONE && entry->low_pc != DWARF_NONE)
        entry->high_pc += entry->low_pc;
}
