/* SPDX-License-Identifier: MIT */
/*
 * symbol_cache.c - the cache's file: header, identity, entries by address, frames, strings.
 */
#include "symbolizer/symbol_cache.h"

#include "profiler/base/mapped_file.h"
#include "profiler/base/memory.h"
#include "profiler/base/zlib_stream.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Raised whenever the layout or the meaning of what is in it changes. */
#define MAGIC "profsym1"

struct header {
    char magic[8];
    uint32_t checksum; /* of all that follows this field */
    uint32_t identity_size;
    uint32_t entry_count, frame_count, string_count, string_bytes;
};
_Static_assert(sizeof(struct header) == 32, "the file's layout");
enum { COVERED = offsetof(struct header, checksum) + sizeof(uint32_t) };

struct entry {
    uint64_t address;
    uint32_t first_frame;
    uint16_t frame_count, origin;
};
_Static_assert(sizeof(struct entry) == 16, "the file's layout");

/* A symbol_frame with strings of the file. */
struct frame {
    uint32_t name, linkage_name, file, line, declared_file, declared_line, discriminator;
};
_Static_assert(sizeof(struct frame) == 28, "the file's layout");

struct added {
    struct entry *entries;
    uint32_t count, capacity;
    struct frame *frames; /* with strings of the table */
    uint32_t frame_count, frame_capacity;
};

struct symbol_cache {
    char *directory, *path, *identity;
    struct string_table *strings;
    struct mapped_file file; /* nothing when there is none that can be used */
    struct header header;
    const struct entry *entries;
    const uint8_t *frames, *offsets;
    const char *bytes;
    uint32_t *ids; /* of the file's strings in the table; 0: not there yet */
    struct added added;
};

static size_t padded(size_t size)
{
    return (size + 7) & ~(size_t)7;
}

/* Sets the places of the tables. Returns whether they fill the file exactly. */
static bool place_tables(struct symbol_cache *cache)
{
    const struct header *h = &cache->header;
    uint64_t entries = sizeof *h + padded(h->identity_size);
    uint64_t frames = entries + (uint64_t)h->entry_count * sizeof(struct entry);
    uint64_t offsets = frames + (uint64_t)h->frame_count * sizeof(struct frame);
    uint64_t bytes = offsets + (uint64_t)h->string_count * 4;
    if (bytes + h->string_bytes != cache->file.size || !h->string_bytes ||
        cache->file.data[cache->file.size - 1])
        return false;
    cache->entries = (const struct entry *)(const void *)(cache->file.data + entries);
    cache->frames = cache->file.data + frames;
    cache->offsets = cache->file.data + offsets;
    cache->bytes = (const char *)cache->file.data + bytes;
    return true;
}

/* Whether each string begins where one ends, and after the one before. Strings that shared bytes
 * would make much out of little. */
static bool are_apart(const struct symbol_cache *cache)
{
    uint32_t before = 0;
    for (uint32_t i = 0; i < cache->header.string_count; i++) {
        uint32_t offset;
        memcpy(&offset, cache->offsets + 4 * (size_t)i, sizeof offset);
        if (offset <= before || offset >= cache->header.string_bytes || cache->bytes[offset - 1])
            return false;
        before = offset;
    }
    return true;
}

static bool check_file(struct symbol_cache *cache)
{
    struct header *h = &cache->header;
    if (cache->file.size < sizeof *h)
        return false;
    memcpy(h, cache->file.data, sizeof *h);
    if (memcmp(h->magic, MAGIC, sizeof h->magic) != 0 ||
        h->identity_size != strlen(cache->identity) ||
        cache->file.size - sizeof *h < h->identity_size ||
        memcmp(cache->file.data + sizeof *h, cache->identity, h->identity_size) != 0)
        return false;
    uint32_t sum = zlib_stream_crc32(0, cache->file.data + COVERED, cache->file.size - COVERED);
    return sum == h->checksum && place_tables(cache) && are_apart(cache);
}

static bool is_ours(const char *path)
{
    struct stat status;
    return lstat(path, &status) == 0 && S_ISREG(status.st_mode) && status.st_uid == geteuid() &&
           status.st_size < INT32_MAX;
}

static void read_file(struct symbol_cache *cache)
{
    if (!is_ours(cache->path) || mapped_file_open(&cache->file, cache->path, NULL) < 0)
        return;
    // asked of what was opened, as another file may be there by now
    if (cache->file.owner == geteuid() && cache->file.size < INT32_MAX && check_file(cache)) {
        cache->ids = memory_new(cache->header.string_count, sizeof *cache->ids);
        utimensat(AT_FDCWD, cache->path, NULL, 0); // used now: others go first
        return;
    }
    mapped_file_close(&cache->file);
    cache->file = (struct mapped_file){0};
    cache->header = (struct header){0};
}

struct symbol_cache *symbol_cache_open(const char *directory, const char *name,
                                       const char *identity, struct string_table *strings)
{
    struct symbol_cache *cache = memory_new(1, sizeof *cache);
    struct text path = TEXT_INIT;
    text_printf(&path, "%s/%s", directory, name);
    cache->directory = memory_copy_string(directory);
    cache->path = text_take(&path);
    cache->identity = memory_copy_string(identity);
    cache->strings = strings;
    read_file(cache);
    return cache;
}

struct symbol_cache *symbol_cache_new(struct string_table *strings)
{
    struct symbol_cache *cache = memory_new(1, sizeof *cache);
    cache->identity = memory_copy_string("");
    cache->strings = strings;
    return cache;
}

struct symbol_cache *symbol_cache_of(const void *bytes, size_t size, struct string_table *strings)
{
    struct symbol_cache *cache = symbol_cache_new(strings);
    cache->file = (struct mapped_file){.data = bytes, .size = size};
    if (check_file(cache)) {
        cache->ids = memory_new(cache->header.string_count, sizeof *cache->ids);
        return cache;
    }
    symbol_cache_close(cache, NULL);
    return NULL;
}

/* The table's id of a string of the file; 0 for one that is not there. */
static uint32_t string_of(struct symbol_cache *cache, uint32_t index)
{
    uint32_t offset;
    if (!index || index > cache->header.string_count)
        return 0;
    if (cache->ids[index - 1])
        return cache->ids[index - 1];
    memcpy(&offset, cache->offsets + 4 * (size_t)(index - 1), sizeof offset);
    cache->ids[index - 1] = string_table_add_string(cache->strings, cache->bytes + offset);
    return cache->ids[index - 1];
}

static struct symbol_frame frame_of(struct symbol_cache *cache, uint32_t index)
{
    struct frame f;
    memcpy(&f, cache->frames + (size_t)index * sizeof f, sizeof f);
    return (struct symbol_frame){
        .name = string_of(cache, f.name),
        .linkage_name = string_of(cache, f.linkage_name),
        .file = string_of(cache, f.file),
        .line = f.line,
        .declared_file = string_of(cache, f.declared_file),
        .declared_line = f.declared_line,
        .discriminator = f.discriminator,
    };
}

static const struct entry *find_entry(const struct symbol_cache *cache, uint64_t address)
{
    uint32_t low = 0, high = cache->header.entry_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (cache->entries[middle].address < address)
            low = middle + 1;
        else
            high = middle;
    }
    const struct entry *entry = &cache->entries[low];
    bool is_good = low < cache->header.entry_count && entry->address == address &&
                   entry->frame_count && entry->origin < SYMBOL_ORIGIN_COUNT &&
                   entry->first_frame <= cache->header.frame_count &&
                   entry->frame_count <= cache->header.frame_count - entry->first_frame;
    return is_good ? entry : NULL;
}

bool symbol_cache_find(struct symbol_cache *cache, uint64_t address, struct symbol_result *result,
                       struct symbol_chain *chain)
{
    const struct entry *entry = cache->header.entry_count ? find_entry(cache, address) : NULL;
    if (!entry)
        return false;
    *chain = (struct symbol_chain){result->frame_count, entry->frame_count, entry->origin};
    for (uint32_t i = 0; i < entry->frame_count; i++)
        *array_push(&result->frames, &result->frame_count, &result->frame_capacity) =
            frame_of(cache, entry->first_frame + i);
    return true;
}

static void add(struct added *added, uint64_t address, const struct symbol_frame *frames,
                uint32_t count, enum symbol_origin origin)
{
    struct entry *entry = array_push(&added->entries, &added->count, &added->capacity);
    *entry = (struct entry){address, added->frame_count, (uint16_t)count, (uint16_t)origin};
    for (uint32_t i = 0; i < count; i++) {
        const struct symbol_frame *f = &frames[i];
        *array_push(&added->frames, &added->frame_count, &added->frame_capacity) =
            (struct frame){f->name,          f->linkage_name,  f->file,         f->line,
                           f->declared_file, f->declared_line, f->discriminator};
    }
}

void symbol_cache_add(struct symbol_cache *cache, uint64_t address,
                      const struct symbol_result *result, const struct symbol_chain *chain)
{
    if (chain->frame_count <= UINT16_MAX && cache->added.count < SYMBOL_CACHE_MAX_ENTRIES)
        add(&cache->added, address, &result->frames[chain->first_frame], chain->frame_count,
            chain->origin);
}

/* What the file has is kept, up to the limit. */
static void add_old(struct symbol_cache *cache)
{
    struct symbol_result result = {0};
    struct symbol_chain chain;
    for (uint32_t i = 0; i < cache->header.entry_count; i++) {
        if (cache->added.count >= SYMBOL_CACHE_MAX_ENTRIES)
            break;
        result.frame_count = 0;
        if (symbol_cache_find(cache, cache->entries[i].address, &result, &chain))
            add(&cache->added, cache->entries[i].address, result.frames, chain.frame_count,
                chain.origin);
    }
    free(result.frames);
}

static int compare_entries(const void *left, const void *right)
{
    const struct entry *a = left, *b = right;
    return a->address < b->address ? -1 : a->address > b->address;
}

/* Where the contents go: bytes that stay in `text`, or are handed on to a file. */
struct sink {
    struct text *text;
    int fd; /* -1: they stay */
    uint32_t checksum;
    bool begun, failed;
};

enum { HANDED_ON = 256 * 1024 };

static bool write_all(int fd, const struct text *out)
{
    for (size_t done = 0; done < out->length;) {
        ssize_t size = write(fd, out->data + done, out->length - done);
        if (size < 0 && errno != EINTR)
            return false;
        done += size > 0 ? (size_t)size : 0;
    }
    return true;
}

/* The checksum goes on, and the bytes of a file go there. */
static void hand_on(struct sink *sink)
{
    size_t skipped = sink->begun ? 0 : COVERED;
    sink->begun = true;
    sink->checksum =
        zlib_stream_crc32(sink->checksum, sink->text->data + skipped, sink->text->length - skipped);
    if (sink->fd < 0)
        return;
    sink->failed |= !write_all(sink->fd, sink->text);
    sink->text->length = 0;
}

static void put(struct sink *sink, const void *bytes, size_t size)
{
    text_append(sink->text, bytes, size);
    if (sink->fd >= 0 && sink->text->length >= HANDED_ON)
        hand_on(sink);
}

/* The strings in use, numbered from 1 in the order of their first use. */
struct numbering {
    const struct string_table *strings;
    uint32_t *numbers; /* [id]: 0: not in use */
    uint32_t *ids;     /* [number - 1] */
    uint32_t count, capacity;
    size_t bytes; /* of all, each with its NUL; the first is empty */
};

static uint32_t number(struct numbering *n, uint32_t id)
{
    if (id && !n->numbers[id]) {
        *array_push(&n->ids, &n->count, &n->capacity) = id;
        n->numbers[id] = n->count;
        n->bytes += string_table_size(n->strings, id) + (size_t)1;
    }
    return n->numbers[id];
}

static void number_frames(struct numbering *n, struct added *added)
{
    for (uint32_t i = 0; i < added->frame_count; i++) {
        struct frame *f = &added->frames[i];
        f->name = number(n, f->name);
        f->linkage_name = number(n, f->linkage_name);
        f->file = number(n, f->file);
        f->declared_file = number(n, f->declared_file);
    }
}

/* Where each string begins among the bytes, and then the bytes. */
static void put_strings(struct sink *sink, const struct numbering *n)
{
    uint32_t offset = 1;
    for (uint32_t i = 0; i < n->count; i++) {
        put(sink, &offset, sizeof offset);
        offset += string_table_size(n->strings, n->ids[i]) + 1;
    }
    put(sink, "", 1);
    for (uint32_t i = 0; i < n->count; i++)
        put(sink, string_table_get(n->strings, n->ids[i]),
            string_table_size(n->strings, n->ids[i]) + (size_t)1);
}

/* Returns how many bytes it all is. */
static size_t put_all(struct sink *sink, struct symbol_cache *cache)
{
    static const char zeros[8];
    struct added *added = &cache->added;
    struct numbering n = {.strings = cache->strings, .bytes = 1};
    size_t identity_size = strlen(cache->identity);
    if (added->count)
        qsort(added->entries, added->count, sizeof *added->entries, compare_entries);
    n.numbers = memory_new(n.strings->count + (size_t)1, sizeof *n.numbers);
    number_frames(&n, added);
    struct header header = {
        .magic = MAGIC,
        .identity_size = (uint32_t)identity_size,
        .entry_count = added->count,
        .frame_count = added->frame_count,
        .string_count = n.count,
        .string_bytes = (uint32_t)n.bytes,
    };
    size_t size = sizeof header + padded(identity_size) + added->count * sizeof *added->entries +
                  added->frame_count * sizeof *added->frames + 4 * (size_t)n.count + n.bytes;
    text_reserve(sink->text, sink->fd < 0 || size < HANDED_ON ? size : HANDED_ON);
    put(sink, &header, sizeof header);
    put(sink, cache->identity, identity_size);
    put(sink, zeros, padded(identity_size) - identity_size);
    put(sink, added->entries, added->count * sizeof *added->entries);
    put(sink, added->frames, added->frame_count * sizeof *added->frames);
    put_strings(sink, &n);
    hand_on(sink);
    free(n.numbers);
    free(n.ids);
    return size;
}

void symbol_cache_compose(struct symbol_cache *cache, struct text *out)
{
    struct sink sink = {.text = out, .fd = -1};
    put_all(&sink, cache);
    memcpy(out->data + offsetof(struct header, checksum), &sink.checksum, sizeof sink.checksum);
}

/* Makes the directory and those above it, for us alone. */
static void make_directory(const char *directory)
{
    char *path = memory_copy_string(directory);
    for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(path, 0700);
        *slash = '/';
    }
    mkdir(path, 0700);
    free(path);
}

static bool write_contents(struct symbol_cache *cache, int fd)
{
    struct text buffer = TEXT_INIT;
    struct sink sink = {.text = &buffer, .fd = fd};
    size_t size = put_all(&sink, cache);
    text_release(&buffer);
    return !sink.failed && size < INT32_MAX &&
           pwrite(fd, &sink.checksum, sizeof sink.checksum, offsetof(struct header, checksum)) ==
               sizeof sink.checksum;
}

static void write_file(struct symbol_cache *cache)
{
    struct text name = TEXT_INIT;
    make_directory(cache->directory);
    text_printf(&name, "%s/.new-XXXXXX", cache->directory);
    int fd = mkstemp(name.data);
    if (fd >= 0) {
        bool done = write_contents(cache, fd);
        done &= close(fd) == 0;
        if (!done || rename(name.data, cache->path) < 0)
            unlink(name.data);
    }
    text_release(&name);
}

struct cached_file {
    char *path;
    uint64_t size;
    struct timespec used;
};

static int compare_use(const void *left, const void *right)
{
    const struct cached_file *a = left, *b = right;
    if (a->used.tv_sec != b->used.tv_sec)
        return a->used.tv_sec < b->used.tv_sec ? -1 : 1;
    return a->used.tv_nsec < b->used.tv_nsec ? -1 : a->used.tv_nsec > b->used.tv_nsec;
}

/* Removes the files used least recently until the rest is small enough. */
static void trim(const char *directory, uint64_t limit)
{
    struct cached_file *files = NULL;
    uint32_t count = 0, capacity = 0;
    uint64_t total = 0;
    DIR *list = opendir(directory);
    for (struct dirent *item; list && (item = readdir(list));) {
        struct text path = TEXT_INIT;
        struct stat status;
        text_printf(&path, "%s/%s", directory, item->d_name);
        if (lstat(path.data, &status) == 0 && S_ISREG(status.st_mode)) {
            struct cached_file *file = array_push(&files, &count, &capacity);
            *file =
                (struct cached_file){text_take(&path), (uint64_t)status.st_size, status.st_mtim};
            total += file->size;
        }
        text_release(&path);
    }
    if (list)
        closedir(list);
    if (count)
        qsort(files, count, sizeof *files, compare_use);
    for (uint32_t i = 0; i < count; i++) {
        if (total > limit && unlink(files[i].path) == 0)
            total -= files[i].size;
        free(files[i].path);
    }
    free(files);
}

static void release(struct symbol_cache *cache)
{
    free(cache->added.entries);
    free(cache->added.frames);
    free(cache->ids);
    free(cache->directory);
    free(cache->path);
    free(cache->identity);
    free(cache);
}

void symbol_cache_write(struct symbol_cache_writes *writes)
{
    for (uint32_t i = 0; i < writes->count; i++) {
        struct symbol_cache *cache = writes->caches[i];
        write_file(cache);
        if (i + 1 == writes->count)
            trim(cache->directory, SYMBOL_CACHE_MAX_BYTES);
        release(cache);
    }
    free(writes->caches);
    *writes = (struct symbol_cache_writes){0};
}

void symbol_cache_close(struct symbol_cache *cache, struct symbol_cache_writes *writes)
{
    struct symbol_cache_writes own = {0};
    if (!cache)
        return;
    bool has_news = cache->added.count && cache->directory;
    if (has_news)
        add_old(cache);
    if (cache->directory)
        mapped_file_close(&cache->file);
    if (!has_news) {
        release(cache);
        return;
    }
    writes = writes ? writes : &own;
    *array_push(&writes->caches, &writes->count, &writes->capacity) = cache;
    symbol_cache_write(&own);
}

bool symbol_cache_directory(struct text *path)
{
    const char *xdg = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    if (xdg && xdg[0] == '/')
        text_printf(path, "%s/prof/symbols", xdg);
    else if (home && home[0] == '/')
        text_printf(path, "%s/.cache/prof/symbols", home);
    return path->length != 0;
}
