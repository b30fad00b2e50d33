/* SPDX-License-Identifier: MIT */
/*
 * image_list.c - what processes announce: themselves, their modules, their end.
 */
#include "profiler/collector/image_list.h"

#include "profiler/base/memory.h"
#include "profiler/base/text.h"
#include "profiler/channel/channel.h"
#include "profiler/collector/process.h"
#include "profiler/collector/quote.h"

#include <stdlib.h>
#include <string.h>

void image_list_init(struct image_list *list, struct stack_table *table)
{
    *list = (struct image_list){.table = table};
}

void image_list_release(struct image_list *list)
{
    for (uint32_t i = 0; i < list->count; i++)
        image_release(&list->images[i]);
    free(list->images);
    free(list->open);
    hash_map_release(&list->by_number);
}

void image_list_forget_ended(struct image_list *list)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < list->open_count; i++) {
        if (!list->images[list->open[i]].ended)
            list->open[kept++] = list->open[i];
    }
    list->open_count = kept;
}

struct image *image_list_find(struct image_list *list, uint32_t number)
{
    uint32_t index = hash_map_get(&list->by_number, number);
    return index == HASH_MAP_NONE ? NULL : &list->images[index];
}

/* A program called exec: what ran in this process before is over. Numbers are given in the order of
 * time, announcements may be read in another. */
static void supersede_earlier(struct image_list *list, struct image *now)
{
    for (uint32_t i = 0; now->pid_known && i < list->open_count; i++) {
        struct image *image = &list->images[list->open[i]];
        if (image == now || image->pid != now->pid || !image->pid_known || image->ended)
            continue;
        struct image *earlier = image->number < now->number ? image : now;
        const struct image *later = earlier == now ? image : now;
        earlier->superseded = true;
        earlier->cpu_ns = later->start_cpu_ns;
    }
}

/* The payload of CHANNEL_PROCESS. */
struct announcement {
    uint32_t number, parent_number, parent_pid;
    uint64_t flags, time, cpu_ns, start_ticks, start_stack;
    int32_t pid;
    struct bytes executable, arguments;
};

static struct bytes take_sized(struct bytes *b)
{
    uint64_t size = bytes_varint(b);
    const uint8_t *at = bytes_take(b, size);
    return bytes_of(at, at ? size : 0);
}

static bool read_announcement(struct announcement *a, struct bytes payload)
{
    a->number = (uint32_t)bytes_varint(&payload);
    a->parent_number = (uint32_t)bytes_varint(&payload);
    a->flags = bytes_varint(&payload);
    a->pid = (int32_t)bytes_varint(&payload);
    a->parent_pid = (uint32_t)bytes_varint(&payload);
    a->time = bytes_varint(&payload);
    a->cpu_ns = bytes_varint(&payload);
    a->start_ticks = bytes_varint(&payload);
    a->start_stack = bytes_varint(&payload);
    a->executable = take_sized(&payload);
    a->arguments = take_sized(&payload);
    return !payload.failed;
}

static void put_process(struct image_list *list, const struct announcement *a)
{
    struct text command = TEXT_INIT;
    quote_arguments(&command, (const char *)a->arguments.at, bytes_left(&a->arguments));
    struct recording_process process = {
        .pid = (uint32_t)a->pid,
        .parent_pid = a->parent_pid,
        .executable = stack_table_string(
            list->table, (const char *)a->executable.at,
            mapped_module_path_length((const char *)a->executable.at, bytes_left(&a->executable))),
        .command =
            stack_table_string(list->table, command.data ? command.data : "", command.length),
        .start_ns = a->time,
        .start_cpu_ns = a->cpu_ns,
    };
    recording_writer_put(list->table->writer,
                         &(struct recording_record){.kind = RECORDING_PROCESS, .process = process});
    text_release(&command);
}

static void on_process(struct image_list *list, struct bytes payload)
{
    struct announcement a;
    if (!read_announcement(&a, payload) || image_list_find(list, a.number))
        return;
    // it has its parent's modules: those come first
    if (a.flags & CHANNEL_PROCESS_FORKED && !list->impatient &&
        !image_list_find(list, a.parent_number))
        return;
    uint32_t index = list->count;
    struct image *image = array_push(&list->images, &list->count, &list->capacity);
    *hash_map_at(&list->by_number, a.number) = index;
    *array_push(&list->open, &list->open_count, &list->open_capacity) = index;
    image->number = a.number;
    image->process = index;
    image->pid = a.pid;
    image->cpu_ns = image->start_cpu_ns = a.cpu_ns;
    image->start_stack = a.start_stack;
    image->start_ticks = a.start_ticks;
    image->start_ns = a.time;
    image->files = list->files;
    image->pidfd = process_open(a.pid);
    image->pid_known = process_started_at(a.pid, a.start_ticks);
    image->executable = memory_new(1, bytes_left(&a.executable) + 1);
    memcpy(image->executable, a.executable.at, bytes_left(&a.executable));
    put_process(list, &a);
    const struct image *parent = image_list_find(list, a.parent_number);
    if (a.flags & CHANNEL_PROCESS_FORKED && parent)
        image_inherit(image, parent);
    supersede_earlier(list, image);
}

static void on_module(struct image_list *list, struct image *image, struct bytes payload)
{
    static const char vdso[] = "[vdso]";
    struct image_mapping mapping = {.loaded_ns = bytes_varint(&payload)};
    mapping.start = bytes_varint(&payload);
    mapping.end = bytes_varint(&payload);
    mapping.bias = bytes_varint(&payload);
    struct bytes id = take_sized(&payload);
    if (payload.failed)
        return;
    const char *path = (const char *)payload.at;
    size_t size = mapped_module_path_length(path, bytes_left(&payload));
    bool is_vdso = size == sizeof vdso - 1 && memcmp(path, vdso, size) == 0;
    mapping.module = stack_table_module(list->table, path, size,
                                        is_vdso ? RECORDING_MODULE_VDSO : RECORDING_MODULE_ELF,
                                        id.at, bytes_left(&id));
    image_load(image, list->table, &mapping);
    if (!is_vdso)
        image_keep_file(image, mapping.module, path, size,
                        (struct mapped_module){.start = mapping.start,
                                               .end = mapping.end,
                                               .build_id = id.at,
                                               .build_id_size = bytes_left(&id)});
}

void image_list_announce(struct image_list *list, uint32_t number, uint8_t kind,
                         struct bytes payload)
{
    if (kind == CHANNEL_PROCESS)
        on_process(list, payload);
    struct image *image = image_list_find(list, number);
    if (!image || image->ended)
        return;
    if (kind == CHANNEL_MODULE_LOADED) {
        on_module(list, image, payload);
    } else if (kind == CHANNEL_MODULE_UNLOADED) {
        uint64_t time = bytes_varint(&payload);
        image_unload(image, list->table, bytes_varint(&payload), time);
    } else if (kind == CHANNEL_PROCESS_END) {
        image->cpu_ns = bytes_varint(&payload);
        image->said_end = true;
    }
}
