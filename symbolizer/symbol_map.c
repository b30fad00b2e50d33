/* SPDX-License-Identifier: MIT */
/*
 * symbol_map.c - parses maps of symbols.
 */
#include "symbolizer/symbol_map.h"

#include "profiler/base/memory.h"
#include "profiler/base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAX_TEXT = 256 << 20 };

/* A hexadecimal number, with or without 0x; false when there is none. */
static bool take_hex(struct bytes *line, uint64_t *value)
{
    const uint8_t *start = line->at;
    *value = 0;
    if (bytes_left(line) > 2 && line->at[0] == '0' && (line->at[1] | 0x20) == 'x')
        line->at += 2, start += 2;
    for (; line->at < line->end; line->at++) {
        uint8_t c = *line->at;
        uint8_t digit =
            c >= '0' && c <= '9' ? (uint8_t)(c - '0') : (uint8_t)((c | 0x20) - 'a' + 10);
        if (digit > 15 || (c > '9' && c < 'A'))
            break;
        *value = *value << 4 | digit;
    }
    return line->at > start && line->at - start <= 16;
}

static bool take_blanks(struct bytes *line)
{
    const uint8_t *start = line->at;
    while (line->at < line->end && (*line->at == ' ' || *line->at == '\t'))
        line->at++;
    return line->at > start;
}

static bool take_line(struct bytes *text, struct bytes *line)
{
    size_t left = bytes_left(text);
    if (!left)
        return false;
    const uint8_t *newline = memchr(text->at, '\n', left);
    *line = (struct bytes){text->at, newline ? newline : text->end, false};
    text->at = newline ? newline + 1 : text->end;
    return true;
}

static void add(struct symbol_map *map, uint64_t start, uint64_t end, struct bytes name)
{
    size_t size = bytes_left(&name);
    if (!size || size > 1 << 20)
        return;
    uint32_t line = map->count;
    *array_push(&map->entries, &map->count, &map->capacity) =
        (struct symbol_map_entry){.start = start,
                                  .end = end,
                                  .name = (const char *)name.at,
                                  .name_size = (uint32_t)size,
                                  .line = line};
}

static int compare(const void *left, const void *right)
{
    const struct symbol_map_entry *a = left, *b = right;
    if (a->start != b->start)
        return a->start < b->start ? -1 : 1;
    return a->line < b->line ? -1 : a->line > b->line;
}

static void sort(struct symbol_map *map)
{
    if (map->count)
        qsort(map->entries, map->count, sizeof *map->entries, compare);
}

void symbol_map_parse_jit(struct symbol_map *map, struct bytes text)
{
    struct bytes line;
    *map = (struct symbol_map){0};
    while (take_line(&text, &line)) {
        uint64_t start, size;
        if (take_hex(&line, &start) && take_blanks(&line) && take_hex(&line, &size) &&
            take_blanks(&line) && size && start + size > start)
            add(map, start, start + size, line);
    }
    sort(map);
}

static bool is_code(char type)
{
    return type == 't' || type == 'T' || type == 'w' || type == 'W';
}

void symbol_map_parse_kallsyms(struct symbol_map *map, struct bytes text)
{
    struct bytes line;
    *map = (struct symbol_map){0};
    while (take_line(&text, &line)) {
        uint64_t start;
        if (!take_hex(&line, &start) || !take_blanks(&line) || !start || !bytes_left(&line))
            continue; // addresses are zeros for those who may not see them
        char type = (char)*line.at++;
        if (is_code(type) && take_blanks(&line))
            add(map, start, UINT64_MAX, line);
    }
    sort(map);
    for (uint32_t i = 0; i + 1 < map->count; i++) // a function reaches to the next one
        map->entries[i].end = map->entries[i + 1].start;
}

void symbol_map_release(struct symbol_map *map)
{
    free(map->entries);
    free(map->text);
    *map = (struct symbol_map){0};
}

/* Files of /proc do not tell their size. */
static int read_all(int fd, struct text *text)
{
    char part[65536];
    ssize_t size;
    while ((size = read(fd, part, sizeof part)) > 0 && text->length < MAX_TEXT)
        text_append(text, part, (size_t)size);
    return size < 0 ? -1 : 0;
}

int symbol_map_open(struct symbol_map *map, const char *path, int is_kernel, struct error *error)
{
    struct stat status;
    struct text text = TEXT_INIT;
    // a link in /tmp is somebody's trap; those of our own descriptors are not
    int no_links = strncmp(path, "/proc/self/fd/", 14) == 0 ? 0 : O_NOFOLLOW;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | no_links);
    if (fd < 0)
        return error_errno(error, "cannot open %s", path);
    bool is_ours = fstat(fd, &status) == 0 && S_ISREG(status.st_mode) &&
                   (status.st_uid == geteuid() || status.st_uid == 0);
    if (!is_ours || read_all(fd, &text) < 0) {
        close(fd);
        text_release(&text);
        return is_ours ? error_errno(error, "cannot read %s", path)
                       : error_set(error, EPERM, "%s is not a file of yours or of root", path);
    }
    close(fd);
    struct bytes bytes = bytes_of(text.data ? text.data : "", text.length);
    if (is_kernel)
        symbol_map_parse_kallsyms(map, bytes);
    else
        symbol_map_parse_jit(map, bytes);
    map->text = text_take(&text);
    return 0;
}

const struct symbol_map_entry *symbol_map_find(const struct symbol_map *map, uint64_t address)
{
    enum { MAX_STEPS = 64 }; // how many shorter, later functions may lie in a longer one
    uint32_t low = 0, high = map->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (map->entries[middle].start <= address)
            low = middle + 1;
        else
            high = middle;
    }
    const struct symbol_map_entry *best = NULL;
    for (uint32_t i = low, steps = 0; i-- > 0 && steps < MAX_STEPS; steps++) {
        const struct symbol_map_entry *entry = &map->entries[i];
        if (address < entry->end && (!best || entry->line > best->line))
            best = entry;
    }
    return best;
}
