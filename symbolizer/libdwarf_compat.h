/* SPDX-License-Identifier: MIT */
/*
 * libdwarf_compat.h - opens libdwarf over our sections, the same for all of its releases.
 *
 * Everything that differs between 20210528, 0.x and 2.x is here. Only dwarf_object_init_b is ever
 * used: dwarf_init_path and its kin leave a hook behind that would be called with our object.
 * Without them, nothing of libelf is used either.
 *
 * Every libdwarf call is given a place for its error (without one, libdwarf aborts), and the error
 * is an allocation of its own. Hence the form
 *     Dwarf_Error why = NULL;
 *     if (libdwarf_ok(dbg, dwarf_child(die, &child, &why), &why)) ...
 */
#ifndef PROF_SYMBOLIZER_LIBDWARF_COMPAT_H
#define PROF_SYMBOLIZER_LIBDWARF_COMPAT_H

#include "symbolizer/dwarf_sections.h"

#include <dwarf.h>
#include <libdwarf.h>

struct libdwarf; /* what libdwarf keeps pointers to */

/* The sections must stay until libdwarf_close. NULL on failure, with the error filled. */
struct libdwarf *libdwarf_open(struct dwarf_sections *sections, struct error *error);
void libdwarf_close(struct libdwarf *libdwarf);
Dwarf_Debug libdwarf_debug(const struct libdwarf *libdwarf);

/* Whether the call gave a result (DW_DLV_OK). Frees the error of one that failed. */
static inline bool libdwarf_ok(Dwarf_Debug dbg, int result, Dwarf_Error *why)
{
    if (result == DW_DLV_ERROR && *why) {
        dwarf_dealloc_error(dbg, *why);
        *why = NULL;
    }
    return result == DW_DLV_OK;
}

#endif
