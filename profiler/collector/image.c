/* SPDX-License-Identifier: MIT */
/*
 * image.c - what is mapped where in a program, over time.
 */
#include "profiler/collector/image.h"

#include "profiler/base/memory.h"
#include "profiler/collector/elf_file.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PAGE = 4096 };

void image_release(struct image *image)
{
    if (image->pidfd >= 0)
        close(image->pidfd);
    free(image->executable);
    image->executable = NULL;
    free(image->live);
    free(image->gone);
    hash_map_release(&image->frames);
    image->live = image->gone = NULL;
    image->live_count = image->gone_count = 0;
    image->pidfd = -1;
}

/* The first live mapping that ends after the address. */
static uint32_t live_index(const struct image *image, uint64_t address)
{
    uint32_t low = 0, high = image->live_count;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (image->live[middle].end <= address)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void put_mapping(const struct image *image, struct stack_table *table,
                        const struct image_mapping *mapping, bool gone)
{
    recording_writer_put(
        table->writer, &(struct recording_record){
                           .kind = RECORDING_MAPPING,
                           .mapping = {.process = image->process,
                                       .module = mapping->module,
                                       .time_ns = gone ? mapping->unloaded_ns : mapping->loaded_ns,
                                       .start = mapping->start,
                                       .end = gone ? 0 : mapping->end,
                                       .bias = mapping->bias}});
}

static void retire(struct image *image, struct stack_table *table, uint32_t index, uint64_t time)
{
    struct image_mapping *gone =
        array_push(&image->gone, &image->gone_count, &image->gone_capacity);
    *gone = image->live[index];
    gone->unloaded_ns = time;
    if (gone->module != RECORDING_NONE)
        put_mapping(image, table, gone, true);
    image->live_count--;
    memmove(image->live + index, image->live + index + 1,
            (image->live_count - index) * sizeof *image->live);
    hash_map_release(&image->frames);
}

void image_load(struct image *image, struct stack_table *table, const struct image_mapping *mapping)
{
    if (mapping->start >= mapping->end)
        return;
    uint32_t at = live_index(image, mapping->start);
    while (at < image->live_count && image->live[at].start < mapping->end) {
        const struct image_mapping *other = &image->live[at];
        if (other->module == mapping->module && other->bias == mapping->bias)
            return;
        retire(image, table, at, mapping->loaded_ns);
    }
    array_push(&image->live, &image->live_count, &image->live_capacity);
    memmove(image->live + at + 1, image->live + at,
            (image->live_count - 1 - at) * sizeof *image->live);
    image->live[at] = *mapping;
    image->live[at].unloaded_ns = UINT64_MAX;
    if (mapping->module != RECORDING_NONE)
        put_mapping(image, table, mapping, false);
    hash_map_release(&image->frames);
}

void image_unload(struct image *image, struct stack_table *table, uint64_t start, uint64_t time)
{
    uint32_t at = live_index(image, start);
    if (at < image->live_count && image->live[at].start == start)
        retire(image, table, at, time);
}

void image_inherit(struct image *image, const struct image *parent)
{
    image->live = memory_new(parent->live_count, sizeof *image->live);
    if (parent->live_count)
        memcpy(image->live, parent->live, parent->live_count * sizeof *image->live);
    image->live_count = image->live_capacity = parent->live_count;
}

/* The module behind an executable file mapping: its bias follows from the segment that begins at
 * that offset of the file. */
static void load_file(struct image *image, struct stack_table *table, uint64_t start,
                      uint64_t offset, const char *path, uint64_t time)
{
    struct elf_file elf;
    if (elf_file_open(&elf, path, NULL) != 0)
        return;
    for (uint32_t i = 0; i < elf.header_count; i++) {
        const Elf64_Phdr *header = &elf.headers[i];
        if (header->p_type != PT_LOAD || !(header->p_flags & PF_X) ||
            header->p_offset / PAGE != offset / PAGE)
            continue;
        uint64_t low, high;
        size_t id_size;
        const uint8_t *id = elf_file_build_id(&elf, &id_size);
        uint64_t bias = start - header->p_vaddr / PAGE * PAGE;
        elf_file_extent(&elf, &low, &high);
        image_load(image, table,
                   &(struct image_mapping){.start = bias + low,
                                           .end = bias + high,
                                           .bias = bias,
                                           .loaded_ns = time,
                                           .module = stack_table_module(table, path, strlen(path),
                                                                        RECORDING_MODULE_ELF, id,
                                                                        id_size)});
        break;
    }
    elf_file_close(&elf);
}

/* What a JIT compiler tells of its code, which it maps executable for profilers to notice. */
static bool is_jitdump(const char *path)
{
    const char *name = strrchr(path, '/') + 1;
    size_t size = strlen(name);
    return size > 9 && strncmp(name, "jit-", 4) == 0 && strcmp(name + size - 5, ".dump") == 0;
}

static void load_jitdump(struct image *image, struct stack_table *table, uint64_t start,
                         uint64_t end, const char *path, uint64_t time)
{
    uint32_t module = stack_table_module(table, path, strlen(path), RECORDING_MODULE_ELF, NULL, 0);
    image_load(image, table,
               &(struct image_mapping){
                   .start = start, .end = end, .bias = start, .loaded_ns = time, .module = module});
}

void image_read_maps(struct image *image, struct stack_table *table, uint64_t time)
{
    char name[64], line[4096 + 128];
    snprintf(name, sizeof name, "/proc/%d/maps", (int)image->pid);
    FILE *maps = fopen(name, "re");
    while (maps && fgets(line, sizeof line, maps)) {
        uint64_t start, end, offset;
        char permissions[5];
        int path_at = 0;
        if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %4s %" SCNx64 " %*s %*s %n", &start, &end,
                   permissions, &offset, &path_at) < 4 ||
            permissions[2] != 'x')
            continue;
        uint32_t at = live_index(image, start);
        if (at < image->live_count && image->live[at].start <= start)
            continue;
        char *path = line + path_at;
        path[strcspn(path, "\n")] = '\0';
        if (path[0] == '/' && is_jitdump(path))
            load_jitdump(image, table, start, end, path, time);
        else if (path[0] == '/')
            load_file(image, table, start, offset, path, time);
        else if (path[0] != '[')
            image_load(
                image, table,
                &(struct image_mapping){
                    .start = start, .end = end, .loaded_ns = time, .module = RECORDING_NONE});
    }
    if (maps)
        fclose(maps);
}

/* The mapping that held the address at that time. One that was loaded only later counts when there
 * is no better one: constructors run before a load is announced. */
static const struct image_mapping *find(const struct image *image, uint64_t address, uint64_t time)
{
    uint32_t at = live_index(image, address);
    const struct image_mapping *found =
        at < image->live_count && image->live[at].start <= address ? &image->live[at] : NULL;
    if (found && found->loaded_ns <= time)
        return found;
    // the first that was not gone yet: those after it were loaded only later
    for (uint32_t i = 0; i < image->gone_count; i++) {
        const struct image_mapping *gone = &image->gone[i];
        if (address >= gone->start && address < gone->end && gone->unloaded_ns >= time)
            return gone;
    }
    return found;
}

bool image_frame(struct image *image, struct stack_table *table, uint64_t address, bool exact,
                 uint64_t time, uint32_t *frame)
{
    // with nothing ever unloaded the answer does not depend on the time and can be kept
    uint64_t key = address << 1 | exact;
    if (!image->gone_count) {
        *frame = hash_map_get(&image->frames, key);
        if (*frame != HASH_MAP_NONE)
            return true;
    }
    // the byte before a return address is in the call's module, the address itself may not be
    const struct image_mapping *mapping = find(image, address - !exact, time);
    struct recording_frame record = {
        .module = mapping ? mapping->module : RECORDING_NONE,
        .flags = exact ? 0 : RECORDING_FRAME_RETURN,
        .address = address - (mapping && mapping->module != RECORDING_NONE ? mapping->bias : 0),
    };
    *frame = stack_table_frame(table, &record);
    if (mapping && !image->gone_count)
        *hash_map_at(&image->frames, key) = *frame;
    return mapping != NULL;
}
