/* SPDX-License-Identifier: MIT */
/*
 * image.c - what is mapped where in a program, over time.
 */
#include "profiler/collector/image.h"

#include "profiler/base/memory.h"
#include "profiler/collector/elf_file.h"
#include "profiler/collector/process.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
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

/* Its number as we count, or 0. One of another PID namespace is looked for, once. Of a program that
 * another one has taken the place of, /proc tells nothing any more. */
static pid_t own_pid(struct image *image)
{
    if (image->superseded)
        return 0;
    if (image->pid_known)
        return image->pid;
    if (!image->sought)
        image->found_pid = process_find(image->pid, image->start_ticks, image->start_stack);
    image->sought = true;
    return image->found_pid;
}

static int open_file(struct image *image, const char *path, size_t path_size,
                     struct mapped_module *mapped, int *root)
{
    char text[PATH_MAX];
    *root = -1;
    if (path_size >= sizeof text || !path_size || path[0] != '/')
        return -1;
    memcpy(text, path, path_size);
    text[path_size] = '\0';
    mapped->path = text;
    mapped->pid = own_pid(image);
    mapped->is_program =
        image->executable && strncmp(image->executable, path, path_size) == 0 &&
        mapped_module_path_length(image->executable, strlen(image->executable)) == path_size;
    return mapped_module_open(mapped, root);
}

static void keep(struct image *image, uint32_t module, int fd, int root)
{
    if (fd >= 0 && image->files)
        kept_files_add_module(image->files, module, fd, root);
    else if (fd >= 0)
        close(fd);
    if (root >= 0)
        close(root);
}

void image_keep_file(struct image *image, uint32_t module, const char *path, size_t path_size,
                     struct mapped_module mapped)
{
    int root;
    if (!image->files || !kept_files_want(image->files, module))
        return;
    int fd = open_file(image, path, path_size, &mapped, &root);
    keep(image, module, fd, root);
}

static void keep_names(struct image *image, enum kept_names kind, int fd)
{
    if (fd >= 0)
        kept_files_add_names(image->files, kind, image->process, fd);
}

void image_keep_names(struct image *image)
{
    pid_t pid = image->files && image->compiles ? own_pid(image) : 0;
    bool has_map = !pid || kept_files_has_names(image->files, KEPT_MAP, image->process);
    bool has_dump = !pid || kept_files_has_names(image->files, KEPT_DUMP, image->process);
    if (has_map && has_dump)
        return;
    int32_t inner = process_inner_pid(pid); // as which the compiler knows it
    uint32_t number = (uint32_t)(inner > 0 ? inner : image->pid);
    if (!has_map)
        keep_names(image, KEPT_MAP, mapped_module_open_jit_map(pid, number, image->start_ns));
    if (!has_dump)
        keep_names(image, KEPT_DUMP, mapped_module_open_jit_dump(pid, number, image->start_ns));
}

/* A line of /proc/PID/maps that says where code is. */
struct code {
    uint64_t start, end, offset, inode;
    uint64_t first; /* where the same file's beginning is mapped; 0: nowhere */
    const char *path;
};

/* The bias follows from the segment that begins at that offset of the file. Returns the module, or
 * RECORDING_NONE. */
static uint32_t load_elf(struct image *image, struct stack_table *table, const struct elf_file *elf,
                         const struct code *code, size_t path_size, uint64_t time)
{
    for (uint32_t i = 0; i < elf->header_count; i++) {
        const Elf64_Phdr *header = &elf->headers[i];
        if (header->p_type != PT_LOAD || !(header->p_flags & PF_X) ||
            header->p_offset / PAGE != code->offset / PAGE)
            continue;
        uint64_t low, high;
        size_t id_size;
        const uint8_t *id = elf_file_build_id(elf, &id_size);
        uint64_t bias = code->start - header->p_vaddr / PAGE * PAGE;
        uint32_t module =
            stack_table_module(table, code->path, path_size, RECORDING_MODULE_ELF, id, id_size);
        elf_file_extent(elf, &low, &high);
        image_load(image, table,
                   &(struct image_mapping){.start = bias + low,
                                           .end = bias + high,
                                           .bias = bias,
                                           .loaded_ns = time,
                                           .module = module});
        return module;
    }
    return RECORDING_NONE;
}

/* Where the file cannot be had (deleted, and we may not use map_files), the beginning of what is
 * mapped of it has the headers, and nearly always the build-id. */
static void load_from_memory(struct image *image, struct stack_table *table,
                             const struct code *code, size_t path_size, uint64_t time)
{
    struct elf_file elf;
    uint8_t *page = memory_new(PAGE, 1);
    struct iovec here = {page, PAGE}, there = {(void *)(uintptr_t)code->first, PAGE};
    if (code->first && process_vm_readv(own_pid(image), &here, 1, &there, 1, 0) == PAGE &&
        elf_file_init(&elf, page, PAGE) == 0)
        load_elf(image, table, &elf, code, path_size, time);
    free(page);
}

/* The module behind an executable file mapping. */
static void load_file(struct image *image, struct stack_table *table, const struct code *code,
                      uint64_t time)
{
    struct elf_file elf;
    struct mapped_module mapped = {.start = code->start, .end = code->end};
    char path[64];
    int root;
    size_t path_size = mapped_module_path_length(code->path, strlen(code->path));
    int fd = open_file(image, code->path, path_size, &mapped, &root);
    uint32_t module = RECORDING_NONE;
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    if (fd < 0) {
        load_from_memory(image, table, code, path_size, time);
    } else if (elf_file_open(&elf, path, NULL) == 0) {
        module = load_elf(image, table, &elf, code, path_size, time);
        elf_file_close(&elf);
    }
    bool wanted = module != RECORDING_NONE && image->files && kept_files_want(image->files, module);
    if (fd >= 0 && !wanted)
        close(fd);
    keep(image, module, wanted ? fd : -1, root);
}

/* What a JIT compiler tells of its code, which it maps executable for profilers to notice. */
static bool is_jitdump(const char *path)
{
    const char *name = strrchr(path, '/') + 1;
    size_t size = strlen(name);
    return size > 9 && strncmp(name, "jit-", 4) == 0 && strcmp(name + size - 5, ".dump") == 0;
}

/* The compiler may have put it anywhere. */
static void keep_jitdump(struct image *image, const struct code *code)
{
    struct mapped_module mapped = {.start = code->start, .end = code->end};
    int root = -1, fd = -1;
    if (image->files && !kept_files_has_names(image->files, KEPT_DUMP, image->process))
        fd = open_file(image, code->path, strlen(code->path), &mapped, &root);
    if (root >= 0)
        close(root);
    if (fd >= 0 && !mapped_module_is_trusted(fd)) {
        close(fd);
        fd = -1;
    }
    keep_names(image, KEPT_DUMP, fd);
}

static void load_jitdump(struct image *image, struct stack_table *table, const struct code *code,
                         uint64_t time)
{
    uint32_t module =
        stack_table_module(table, code->path, strlen(code->path), RECORDING_MODULE_ELF, NULL, 0);
    image_load(image, table,
               &(struct image_mapping){.start = code->start,
                                       .end = code->end,
                                       .bias = code->start,
                                       .loaded_ns = time,
                                       .module = module});
    keep_jitdump(image, code);
}

static void load_generated(struct image *image, struct stack_table *table, const struct code *code,
                           uint64_t time)
{
    image->compiles = true;
    image_load(
        image, table,
        &(struct image_mapping){
            .start = code->start, .end = code->end, .loaded_ns = time, .module = RECORDING_NONE});
}

static void load_code(struct image *image, struct stack_table *table, const struct code *code,
                      uint64_t time)
{
    uint32_t at = live_index(image, code->start);
    if (at < image->live_count && image->live[at].start <= code->start)
        return;
    if (code->path[0] == '/' && is_jitdump(code->path))
        load_jitdump(image, table, code, time);
    else if (code->path[0] == '/')
        load_file(image, table, code, time);
    else if (code->path[0] != '[')
        load_generated(image, table, code, time);
}

void image_read_maps(struct image *image, struct stack_table *table, uint64_t time)
{
    char name[64], line[4096 + 128];
    uint64_t first = 0, first_inode = 0;
    pid_t pid = own_pid(image);
    snprintf(name, sizeof name, "/proc/%d/maps", (int)pid);
    FILE *maps = pid ? fopen(name, "re") : NULL;
    while (maps && fgets(line, sizeof line, maps)) {
        struct code code;
        char permissions[5];
        int path_at = 0;
        if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %4s %" SCNx64 " %*s %" SCNu64 " %n", &code.start,
                   &code.end, permissions, &code.offset, &code.inode, &path_at) < 5)
            continue;
        if (code.inode && !code.offset) {
            first = code.start;
            first_inode = code.inode;
        }
        line[strcspn(line, "\n")] = '\0';
        code.path = line + path_at;
        code.first = first_inode == code.inode ? first : 0;
        if (permissions[2] == 'x')
            load_code(image, table, &code, time);
    }
    if (maps)
        fclose(maps);
    image_keep_names(image);
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
