/* SPDX-License-Identifier: MIT */
/*
 * own_vdso.c - finds the vdso through the auxiliary vector.
 */
#include "symbolizer/own_vdso.h"

#include <elf.h>
#include <link.h>
#include <stdint.h>
#include <sys/auxv.h>

/* The kernel does not say how large it is, but its own image can be believed: the section table is
 * the last thing in it. */
void own_vdso(const void **image, size_t *size)
{
    const ElfW(Ehdr) *header = (const void *)(uintptr_t)getauxval(AT_SYSINFO_EHDR);
    *image = header;
    *size = 0;
    if (!header)
        return;
    const ElfW(Phdr) *segments = (const void *)((const char *)header + header->e_phoff);
    size_t end = header->e_shoff + (size_t)header->e_shnum * header->e_shentsize;
    for (unsigned i = 0; i < header->e_phnum; i++) {
        if (segments[i].p_type == PT_LOAD && segments[i].p_offset + segments[i].p_filesz > end)
            end = segments[i].p_offset + segments[i].p_filesz;
    }
    *size = end;
}
