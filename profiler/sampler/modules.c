/* SPDX-License-Identifier: MIT */
/*
 * modules.c - what is loaded, for the handler and for the collector.
 *
 * The handler must not ask the loader (dl_iterate_phdr takes its lock) and must not trust that a
 * module stays mapped while it reads its tables. So there are two kinds: the program and the
 * libraries that it needs are never unloaded; they are read in place, from a list made once.
 * Anything loaded later is found through glibc's _dl_find_object (async-signal-safe by
 * contract, 2.35 and later), and its tables are copied by the kernel before they are looked at,
 * so that a dlclose in another thread costs an error, not a fault.
 *
 * dlopen itself is not interposed: the loader takes the search path from its caller, which would
 * become this library. The collector is told what came when something goes (dlclose, end of the
 * program), and looks into /proc/PID/maps when it meets an address before that.
 */
#include "profiler/sampler/modules.h"

#include "profiler/sampler/clock.h"
#include "profiler/sampler/permanent.h"
#include "profiler/sampler/session.h"
#include "profiler/sampler/thread.h"

#include <dlfcn.h>
#include <elf.h>
#include <limits.h>
#include <link.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* A loaded object, as the last look at the loader's list found it. */
struct entry {
    struct unwind_module module;
    uint64_t bias;
    bool seen;
};

// this thread is inside the loader or the lists below: a signal handler of the program that forks,
// closes a library or exits from there must not come in a second time
static __thread bool inside __attribute__((tls_model("initial-exec")));

// static: the handler and the interposers have no other way to it
static struct {
    struct unwind_modules permanent; /* for the handler; only its generation ever changes */
    pthread_mutex_t lock;            /* guards what follows */
    struct entry *entries;           /* what the collector was told of */
    size_t count, capacity;
    int (*find_object)(void *, struct dl_find_object *);
} state = {.lock = PTHREAD_MUTEX_INITIALIZER};

const struct unwind_modules *modules_current(void)
{
    return &state.permanent;
}

static void *map(size_t size)
{
    void *block = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return block == MAP_FAILED ? NULL : block;
}

/* In the signal. `tables.bytes` stays NULL: the module may go away at any time. */
static bool find_later_module(uint64_t address, struct unwind_module *module)
{
    struct dl_find_object found;
    if (state.find_object((void *)(uintptr_t)address, &found) != 0 || !found.dlfo_eh_frame)
        return false;
    *module = (struct unwind_module){
        .start = (uint64_t)(uintptr_t)found.dlfo_map_start,
        .end = (uint64_t)(uintptr_t)found.dlfo_map_end,
        .eh_frame_hdr = (uint64_t)(uintptr_t)found.dlfo_eh_frame,
    };
    return true;
}

/* The address range of an object's segments, and the one that holds its unwind tables. */
static struct entry describe(const struct dl_phdr_info *info)
{
    struct entry entry = {.bias = info->dlpi_addr, .seen = true};
    struct unwind_module *module = &entry.module;
    module->start = UINT64_MAX;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *header = &info->dlpi_phdr[i];
        uint64_t start = info->dlpi_addr + header->p_vaddr;
        if (header->p_type == PT_LOAD && header->p_memsz) {
            module->start = start < module->start ? start : module->start;
            module->end =
                start + header->p_memsz > module->end ? start + header->p_memsz : module->end;
        } else if (header->p_type == PT_GNU_EH_FRAME) {
            module->eh_frame_hdr = start;
        }
    }
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *header = &info->dlpi_phdr[i];
        uint64_t start = info->dlpi_addr + header->p_vaddr;
        if (header->p_type == PT_LOAD && module->eh_frame_hdr >= start &&
            module->eh_frame_hdr < start + header->p_filesz)
            module->tables =
                (struct unwind_view){start, (const uint8_t *)(uintptr_t)start, header->p_filesz};
    }
    return entry;
}

static struct entry *find_entry(const struct entry *wanted)
{
    for (size_t i = 0; i < state.count; i++) {
        struct entry *entry = &state.entries[i];
        if (entry->module.start == wanted->module.start &&
            entry->module.end == wanted->module.end && entry->bias == wanted->bias &&
            entry->module.eh_frame_hdr == wanted->module.eh_frame_hdr)
            return entry;
    }
    return NULL;
}

/* Whether a part of the file is in memory: nothing says that a note has to be. */
static bool is_loaded(const struct dl_phdr_info *info, const ElfW(Phdr) * part)
{
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *header = &info->dlpi_phdr[i];
        if (header->p_type == PT_LOAD && part->p_vaddr >= header->p_vaddr &&
            part->p_vaddr - header->p_vaddr < header->p_filesz &&
            part->p_memsz <= header->p_filesz - (part->p_vaddr - header->p_vaddr))
            return true;
    }
    return false;
}

/* The build-id note (type NT_GNU_BUILD_ID, owner "GNU") among the object's PT_NOTE segments. */
static const uint8_t *find_build_id(const struct dl_phdr_info *info, size_t *size)
{
    *size = 0;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *header = &info->dlpi_phdr[i];
        if (header->p_type != PT_NOTE)
            continue;
        const uint8_t *at = (const uint8_t *)(uintptr_t)(info->dlpi_addr + header->p_vaddr);
        const uint8_t *end = at + (is_loaded(info, header) ? header->p_memsz : 0);
        while ((size_t)(end - at) >= sizeof(ElfW(Nhdr))) {
            ElfW(Nhdr) note;
            memcpy(&note, at, sizeof note);
            const uint8_t *name = at + sizeof note;
            uint64_t name_size = ((uint64_t)note.n_namesz + 3) & ~3ULL;
            uint64_t data_size = ((uint64_t)note.n_descsz + 3) & ~3ULL;
            if (name_size + data_size > (uint64_t)(end - name))
                break;
            if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 &&
                memcmp(name, "GNU", 4) == 0 && note.n_descsz <= 32) {
                *size = note.n_descsz;
                return name + name_size;
            }
            at = name + name_size + data_size;
        }
    }
    return NULL;
}

/* The path as it can be opened later, from anywhere. */
static void find_path(const struct dl_phdr_info *info, bool executable, char path[PATH_MAX])
{
    const char *name = info->dlpi_name ? info->dlpi_name : "";
    ssize_t length;
    if (strncmp(name, "linux-vdso", 10) == 0) {
        strcpy(path, "[vdso]");
    } else if (name[0] == '\0' && executable) {
        length = readlink("/proc/self/exe", path, PATH_MAX - 1);
        path[length > 0 ? length : 0] = '\0';
    } else if (!realpath(name, path)) {
        strncpy(path, name, PATH_MAX - 1);
        path[PATH_MAX - 1] = '\0';
    }
}

struct loaded {
    const struct dl_phdr_info *info;
    const struct entry *entry;
    char path[PATH_MAX];
};

static void fill_loaded(struct ring_writer *w, const void *what)
{
    const struct loaded *loaded = what;
    size_t build_id_size;
    const uint8_t *build_id = find_build_id(loaded->info, &build_id_size);
    ring_put_varint(w, clock_monotonic_ns());
    ring_put_varint(w, loaded->entry->module.start);
    ring_put_varint(w, loaded->entry->module.end);
    ring_put_varint(w, loaded->entry->bias);
    ring_put_varint(w, build_id_size);
    ring_put_bytes(w, build_id, build_id_size);
    ring_put_bytes(w, loaded->path, strlen(loaded->path));
}

static void fill_unloaded(struct ring_writer *w, const void *what)
{
    const struct entry *entry = what;
    ring_put_varint(w, clock_monotonic_ns());
    ring_put_varint(w, entry->module.start);
}

static bool make_room(void)
{
    if (state.count < state.capacity)
        return true;
    size_t capacity = state.capacity ? state.capacity * 2 : 128;
    struct entry *grown = map(capacity * sizeof *grown);
    if (!grown)
        return false;
    if (state.count)
        memcpy(grown, state.entries, state.count * sizeof *grown);
    if (state.entries)
        munmap(state.entries, state.capacity * sizeof *grown);
    state.entries = grown;
    state.capacity = capacity;
    return true;
}

static int mark_seen(struct dl_phdr_info *info, size_t size, void *unused)
{
    (void)size, (void)unused;
    struct entry entry = describe(info);
    struct entry *known = find_entry(&entry);
    if (known)
        known->seen = true;
    return 0;
}

static int add_new(struct dl_phdr_info *info, size_t size, void *index)
{
    (void)size;
    bool executable = (*(int *)index)++ == 0; // the loader lists the program itself first
    struct entry entry = describe(info);
    if (entry.module.start >= entry.module.end || find_entry(&entry) || !make_room())
        return 0;
    struct loaded loaded = {.info = info, .entry = &entry};
    find_path(info, executable, loaded.path);
    thread_put(CHANNEL_MODULE_LOADED, fill_loaded, &loaded);
    state.entries[state.count++] = entry;
    return 0;
}

/* Forgets entries that the loader no longer lists. Before new ones are added: they may lie at the
 * same addresses. */
static void drop_unseen(void)
{
    size_t kept = 0;
    for (size_t i = 0; i < state.count; i++) {
        if (state.entries[i].seen)
            state.entries[kept++] = state.entries[i];
        else
            thread_put(CHANNEL_MODULE_UNLOADED, fill_unloaded, &state.entries[i]);
    }
    state.count = kept;
}

static void announce(void)
{
    int index = 0;
    for (size_t i = 0; i < state.count; i++)
        state.entries[i].seen = false;
    dl_iterate_phdr(mark_seen, NULL);
    drop_unseen();
    dl_iterate_phdr(add_new, &index);
}

static int by_start(const void *a, const void *b)
{
    const struct unwind_module *x = a, *y = b;
    return x->start < y->start ? -1 : x->start > y->start;
}

struct collected {
    struct permanent_object *objects;
    size_t count, capacity;
};

static int collect(struct dl_phdr_info *info, size_t size, void *argument)
{
    (void)size;
    struct collected *collected = argument;
    if (collected->count < collected->capacity)
        collected->objects[collected->count++].info = *info;
    return 0;
}

/* The list for the handler. Without memory every walk will end at its first frame, and say so. */
static void list_permanent(void)
{
    struct collected collected = {.capacity = state.count};
    size_t size = collected.capacity * sizeof *collected.objects;
    collected.objects = map(size);
    struct unwind_module *list = map(state.count * sizeof *list);
    if (!collected.objects || !list)
        return;
    dl_iterate_phdr(collect, &collected);
    permanent_mark(collected.objects, collected.count);
    uint32_t count = 0;
    for (size_t i = 0; i < collected.count; i++) {
        if (collected.objects[i].stays)
            list[count++] = describe(&collected.objects[i].info).module;
    }
    munmap(collected.objects, size);
    qsort(list, count, sizeof *list, by_start);
    state.permanent.modules = list;
    state.permanent.count = count;
}

void modules_begin(void)
{
    void *symbol = dlsym(RTLD_DEFAULT, "_dl_find_object");
    memcpy(&state.find_object, &symbol, sizeof symbol);
    announce();
    list_permanent();
    state.permanent.find_more = symbol ? find_later_module : NULL;
}

void modules_announce(void)
{
    if (inside)
        return;
    inside = true;
    pthread_mutex_lock(&state.lock);
    announce();
    // rules cached for a module that is gone must not serve one that took its place
    state.permanent.generation++;
    pthread_mutex_unlock(&state.lock);
    inside = false;
}

bool modules_enter_loader(void)
{
    bool outermost = !inside;
    inside = true;
    return outermost;
}

void modules_leave_loader(void)
{
    inside = false;
}

void modules_before_fork(void)
{
    if (!inside)
        pthread_mutex_lock(&state.lock);
}

void modules_after_fork(bool child)
{
    if (child)
        state.lock = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
    else if (!inside)
        pthread_mutex_unlock(&state.lock);
}
