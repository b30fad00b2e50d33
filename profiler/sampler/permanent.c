/* SPDX-License-Identifier: MIT */
/*
 * permanent.c - follows DT_NEEDED from the program through the loaded objects.
 *
 * System V gABI, chapter 5, "Dynamic Section". glibc has relocated the pointers in there, except
 * in the vdso, which needs nothing.
 */
#include "profiler/sampler/permanent.h"

#include <stdint.h>
#include <string.h>

static const char here; // an address inside this library

static const ElfW(Dyn) * dynamic_of(const struct dl_phdr_info *info)
{
    for (int i = 0; i < info->dlpi_phnum; i++) {
        if (info->dlpi_phdr[i].p_type == PT_DYNAMIC)
            return (const ElfW(Dyn) *)(info->dlpi_addr + info->dlpi_phdr[i].p_vaddr);
    }
    return NULL;
}

static const char *strings_of(const struct dl_phdr_info *info)
{
    for (const ElfW(Dyn) *entry = dynamic_of(info); entry && entry->d_tag != DT_NULL; entry++) {
        // a pointer below the object itself was not relocated: the vdso's
        if (entry->d_tag == DT_STRTAB && entry->d_un.d_ptr >= info->dlpi_addr)
            return (const char *)entry->d_un.d_ptr;
    }
    return NULL;
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* Whether an object answers to a name in DT_NEEDED: by its DT_SONAME, or by its file's name. */
static bool is_called(const struct dl_phdr_info *info, const char *name)
{
    const char *strings = strings_of(info);
    for (const ElfW(Dyn) *entry = dynamic_of(info); strings && entry->d_tag != DT_NULL; entry++) {
        if (entry->d_tag == DT_SONAME && strcmp(strings + entry->d_un.d_val, name) == 0)
            return true;
    }
    return info->dlpi_name && strcmp(base_name(info->dlpi_name), base_name(name)) == 0;
}

static bool contains(const struct dl_phdr_info *info, const void *address)
{
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *header = &info->dlpi_phdr[i];
        uintptr_t start = info->dlpi_addr + header->p_vaddr;
        if (header->p_type == PT_LOAD && (uintptr_t)address - start < header->p_memsz)
            return true;
    }
    return false;
}

static bool is_root(const struct permanent_object *objects, size_t i)
{
    const struct dl_phdr_info *info = &objects[i].info;
    return i == 0 || contains(info, &here) ||
           (info->dlpi_name && strncmp(info->dlpi_name, "linux-vdso", 10) == 0);
}

/* Marks what one object needs; returns whether anything was new. */
static bool mark_needed(struct permanent_object *objects, size_t count, size_t of)
{
    bool marked = false;
    const char *strings = strings_of(&objects[of].info);
    const ElfW(Dyn) *entry = dynamic_of(&objects[of].info);
    if (!strings)
        return false;
    for (; entry->d_tag != DT_NULL; entry++) {
        for (size_t i = 0; entry->d_tag == DT_NEEDED && i < count; i++) {
            if (!objects[i].stays && is_called(&objects[i].info, strings + entry->d_un.d_val))
                objects[i].stays = marked = true;
        }
    }
    return marked;
}

void permanent_mark(struct permanent_object *objects, size_t count)
{
    for (size_t i = 0; i < count; i++)
        objects[i].stays = is_root(objects, i);
    for (bool again = true; again;) {
        again = false;
        for (size_t i = 0; i < count; i++)
            again |= objects[i].stays && mark_needed(objects, count, i);
    }
}
