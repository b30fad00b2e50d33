/* SPDX-License-Identifier: MIT */
/*
 * deferred.c - finishes walks with libunwind, from a copied stack and the module files.
 *
 * libunwind's remote interface (libunwind-generic): an address space whose accessors answer from
 * the sample's registers, the copied stack bytes, and the segments of the mapped ELF files.
 */
#include "profiler/collector/deferred.h"

#include "profiler/base/memory.h"
#include "profiler/collector/elf_file.h"

#include <libunwind.h>
#include <stdlib.h>
#include <string.h>

/* Exported by libunwind for users of remote unwinding, as perf and others do, but declared only in
 * its private headers. */
#define search_unwind_table UNW_OBJ(dwarf_search_unwind_table)
extern int search_unwind_table(unw_addr_space_t, unw_word_t, unw_dyn_info_t *, unw_proc_info_t *,
                               int, void *);

struct module_file {
    uint32_t module;
    bool usable;
    struct elf_file elf;
};

struct deferred {
    unw_addr_space_t space;
    struct module_file *files;
    uint32_t file_count, file_capacity;
    const struct deferred_walk *walk; /* while one runs */
};

/* The file of a module, opened once. */
static const struct elf_file *file_of(struct deferred *deferred, uint32_t module)
{
    for (uint32_t i = 0; i < deferred->file_count; i++) {
        if (deferred->files[i].module == module)
            return deferred->files[i].usable ? &deferred->files[i].elf : NULL;
    }
    struct module_file *file =
        array_push(&deferred->files, &deferred->file_count, &deferred->file_capacity);
    file->module = module;
    // the key of the module table begins with the path; its kind byte (0: a file) ends it
    const char *path = string_table_get(&deferred->walk->table->module_ids, module + 1);
    file->usable = elf_file_open(&file->elf, path, NULL) == 0;
    return file->usable ? &file->elf : NULL;
}

/* The mapping that holds an address now, and its file. */
static const struct image_mapping *find_mapping(struct deferred *deferred, uint64_t address,
                                                const struct elf_file **elf)
{
    const struct image *image = deferred->walk->image;
    for (uint32_t i = 0; i < image->live_count; i++) {
        const struct image_mapping *mapping = &image->live[i];
        if (address >= mapping->start && address < mapping->end &&
            mapping->module != RECORDING_NONE) {
            *elf = file_of(deferred, mapping->module);
            return *elf ? mapping : NULL;
        }
    }
    return NULL;
}

static int find_proc_info(unw_addr_space_t space, unw_word_t ip, unw_proc_info_t *info,
                          int need_unwind_info, void *argument)
{
    struct deferred *deferred = argument;
    const struct elf_file *elf;
    const struct image_mapping *mapping = find_mapping(deferred, ip, &elf);
    if (!mapping)
        return -UNW_ENOINFO;
    for (uint32_t i = 0; i < elf->header_count; i++) {
        const Elf64_Phdr *header = &elf->headers[i];
        uint64_t available;
        const uint8_t *table = header->p_type == PT_GNU_EH_FRAME
                                   ? elf_file_at(elf, header->p_vaddr, &available)
                                   : NULL;
        // version 1, any frame pointer of 4 bytes, count udata4, pairs datarel sdata4
        if (!table || available < 12 || table[0] != 1 || table[2] != 0x03 || table[3] != 0x3b)
            continue;
        uint32_t count;
        memcpy(&count, table + 8, sizeof count);
        uint64_t address = mapping->bias + header->p_vaddr;
        unw_dyn_info_t found = {
            .start_ip = mapping->start,
            .end_ip = mapping->end,
            .format = UNW_INFO_FORMAT_REMOTE_TABLE,
            .u.rti = {.segbase = address,
                      .table_data = address + 12,
                      .table_len = (unw_word_t)count * 8 / sizeof(unw_word_t)},
        };
        return search_unwind_table(space, ip, &found, info, need_unwind_info, argument);
    }
    return -UNW_ENOINFO;
}

static int access_memory(unw_addr_space_t space, unw_word_t address, unw_word_t *value, int write,
                         void *argument)
{
    (void)space;
    struct deferred *deferred = argument;
    const struct deferred_walk *walk = deferred->walk;
    if (write)
        return -UNW_EINVAL;
    uint64_t offset = address - walk->stack_pointer;
    if (offset < walk->stack_size && walk->stack_size - offset >= sizeof *value) {
        memcpy(value, walk->stack + offset, sizeof *value);
        return 0;
    }
    const struct elf_file *elf;
    const struct image_mapping *mapping = find_mapping(deferred, address, &elf);
    uint64_t available;
    const uint8_t *bytes = mapping ? elf_file_at(elf, address - mapping->bias, &available) : NULL;
    if (!bytes)
        return -UNW_EINVAL;
    *value = 0; // libunwind reads whole words, even where a table ends inside one
    memcpy(value, bytes, available < sizeof *value ? available : sizeof *value);
    return 0;
}

static int access_register(unw_addr_space_t space, unw_regnum_t number, unw_word_t *value,
                           int write, void *argument)
{
    (void)space;
    struct deferred *deferred = argument;
    if (write || number < 0 || number >= DEFERRED_REGISTERS)
        return -UNW_EBADREG;
    *value = deferred->walk->registers[number];
    return 0;
}

static int access_fp_register(unw_addr_space_t space, unw_regnum_t number, unw_fpreg_t *value,
                              int write, void *argument)
{
    (void)space, (void)number, (void)value, (void)write, (void)argument;
    return -UNW_EBADREG;
}

static void put_unwind_info(unw_addr_space_t space, unw_proc_info_t *info, void *argument)
{
    (void)space, (void)info, (void)argument;
}

static int get_dynamic_list(unw_addr_space_t space, unw_word_t *address, void *argument)
{
    (void)space, (void)address, (void)argument;
    return -UNW_ENOINFO;
}

static int resume(unw_addr_space_t space, unw_cursor_t *cursor, void *argument)
{
    (void)space, (void)cursor, (void)argument;
    return -UNW_EINVAL;
}

static int get_procedure_name(unw_addr_space_t space, unw_word_t address, char *name, size_t size,
                              unw_word_t *offset, void *argument)
{
    (void)space, (void)address, (void)name, (void)size, (void)offset, (void)argument;
    return -UNW_ENOINFO;
}

struct deferred *deferred_new(void)
{
    struct deferred *deferred = memory_new(1, sizeof *deferred);
    unw_accessors_t accessors = {
        .find_proc_info = find_proc_info,
        .put_unwind_info = put_unwind_info,
        .get_dyn_info_list_addr = get_dynamic_list,
        .access_mem = access_memory,
        .access_reg = access_register,
        .access_fpreg = access_fp_register,
        .resume = resume,
        .get_proc_name = get_procedure_name,
    };
    deferred->space = unw_create_addr_space(&accessors, 0);
    // rows are not kept: another program may have another module at the same address
    if (deferred->space)
        unw_set_caching_policy(deferred->space, UNW_CACHE_NONE);
    return deferred;
}

void deferred_free(struct deferred *deferred)
{
    if (deferred->space)
        unw_destroy_addr_space(deferred->space);
    for (uint32_t i = 0; i < deferred->file_count; i++) {
        if (deferred->files[i].usable)
            elf_file_close(&deferred->files[i].elf);
    }
    free(deferred->files);
    free(deferred);
}

uint32_t deferred_run(struct deferred *deferred, const struct deferred_walk *walk,
                      uint64_t addresses[DEFERRED_FRAMES], uint8_t *stop)
{
    unw_cursor_t cursor;
    uint32_t count = 1;
    deferred->walk = walk;
    addresses[0] = walk->registers[DEFERRED_REGISTERS - 1];
    *stop = RECORDING_STOP_UNSUPPORTED;
    if (!deferred->space || unw_init_remote(&cursor, deferred->space, deferred) < 0)
        return count;
    int result;
    while ((result = unw_step(&cursor)) > 0) {
        unw_word_t ip;
        if (count == DEFERRED_FRAMES) {
            *stop = RECORDING_STOP_TRUNCATED;
            return count;
        }
        if (unw_get_reg(&cursor, UNW_REG_IP, &ip) < 0 || ip == 0)
            break;
        addresses[count++] = ip;
    }
    if (result >= 0)
        *stop = RECORDING_STOP_COMPLETE;
    else if (result == -UNW_ENOINFO)
        *stop = RECORDING_STOP_NO_CFI;
    return count;
}
