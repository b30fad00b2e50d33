/* SPDX-License-Identifier: MIT */
/*
 * generated_code.c - finds and asks jitdumps and maps.
 */
#include "symbolizer/generated_code.h"

#include "profiler/base/clock.h"
#include "profiler/base/mapped_file.h"
#include "profiler/base/memory.h"
#include "profiler/base/path.h"
#include "profiler/base/text.h"
#include "symbolizer/file_trust.h"
#include "symbolizer/jitdump.h"
#include "symbolizer/symbol_map.h"

#include <fnmatch.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { MAX_VERSIONS = 64 }; // of one address

struct process_code {
    bool is_open;
    struct mapped_file file;
    struct jitdump dump;
    struct symbol_map map;
    uint32_t module;      /* that the dump is, or PROFILE_NONE */
    struct error problem; /* why that module was not read; "": it was */
};

struct generated_code {
    const struct profile *profile;
    const struct symbolize_options *options;
    const char *directory;          /* /tmp, or what stands for it */
    struct process_code *processes; /* as many as the profile has */
};

static void close_dump(struct process_code *code)
{
    jitdump_release(&code->dump);
    mapped_file_close(&code->file);
}

struct generated_code *generated_code_new(const struct profile *profile,
                                          const struct symbolize_options *options)
{
    struct generated_code *code = memory_new(1, sizeof *code);
    code->profile = profile;
    code->options = options;
    code->directory = options->map_directory ? options->map_directory : "/tmp";
    code->processes = memory_new(profile->process_count, sizeof *code->processes);
    return code;
}

void generated_code_free(struct generated_code *code)
{
    for (uint32_t i = 0; i < code->profile->process_count; i++) {
        close_dump(&code->processes[i]);
        symbol_map_release(&code->processes[i].map);
    }
    free(code->processes);
    free(code);
}

/* Anyone may write into /tmp, and put another file there between two looks: only what we or root
 * have put there is believed, and no link. */
static bool open_trusted(struct mapped_file *file, const char *path, struct error *error)
{
    struct stat status;
    struct mapped_file opened;
    bool is_trusted = false;
    if (lstat(path, &status) == 0 && S_ISREG(status.st_mode)) {
        if (mapped_file_open(&opened, path, error) < 0)
            return false;
        is_trusted = file_trust_has(&opened);
        if (is_trusted)
            *file = opened;
        else
            mapped_file_close(&opened);
    }
    if (!is_trusted)
        error_set(error, 0, "%s is gone, or no file that only you or root may write", path);
    return is_trusted;
}

/* The file was opened. */
static bool parse_dump(struct process_code *code, const char *path, struct error *error)
{
    struct error why = {0};
    if (jitdump_parse(&code->dump, bytes_of(code->file.data, code->file.size), &why) == 0)
        return true;
    error_set(error, 0, "%s: %s", path, why.text);
    mapped_file_close(&code->file);
    return false;
}

static bool open_dump(struct process_code *code, const char *path, struct error *error)
{
    return open_trusted(&code->file, path, error) && parse_dump(code, path, error);
}

static bool is_jitdump(const struct profile *profile, uint32_t module)
{
    const char *path = profile_string(profile, profile->modules[module].path);
    return fnmatch("jit-*.dump", path_base_name(path), 0) == 0;
}

/* The dump that the process has mapped, so that perf would find it. */
static bool open_mapped(const struct profile *profile, struct process_code *code)
{
    const char *path = profile_string(profile, profile->modules[code->module].path);
    return open_dump(code, path, &code->problem);
}

/* The module that is the process's dump; PROFILE_NONE: it has mapped none. */
static uint32_t mapped_dump(const struct profile *profile, uint32_t process)
{
    for (uint32_t i = 0; i < profile->mapping_count; i++) {
        const struct profile_mapping *mapping = &profile->mappings[i];
        if (mapping->process == process && is_jitdump(profile, mapping->module))
            return mapping->module;
    }
    return PROFILE_NONE;
}

static bool is_of_time(const struct jitdump *dump, const struct profile_process *process)
{
    return dump->first_ns >= process->start_ns &&
           (!process->end_ns || dump->first_ns <= process->end_ns);
}

/* The one that was at hand while the process lived: it alone may have seen it at its path. By now
 * another may have written over it. */
static bool open_kept_dump(const struct generated_code *from, struct process_code *code,
                           uint32_t process)
{
    const struct symbolize_options *options = from->options;
    const char *path =
        options->process_dump ? options->process_dump(options->files_context, process) : NULL;
    if (!path || mapped_file_open(&code->file, path, NULL) < 0 ||
        !parse_dump(code, path, &code->problem))
        return false;
    if (!code->dump.first_ns || is_of_time(&code->dump, &from->profile->processes[process]))
        return true;
    close_dump(code);
    return false;
}

/* Of another process that had the same number, before or after? */
static bool is_of(const struct jitdump *dump, const struct profile_process *process)
{
    return dump->pid == process->pid && is_of_time(dump, process);
}

static bool open_matching(struct process_code *code, const struct profile_process *process,
                          const char *pattern)
{
    bool found = false;
    glob_t paths;
    if (glob(pattern, GLOB_NOSORT, NULL, &paths) != 0)
        return false;
    for (size_t i = 0; i < paths.gl_pathc && !found; i++) {
        if (!open_dump(code, paths.gl_pathv[i], NULL))
            continue;
        found = is_of(&code->dump, process);
        if (!found)
            close_dump(code);
    }
    globfree(&paths);
    return found;
}

/* Where perf's agent for Java and LLVM's listener put it, and where those that know no better do.
 */
static void search_dump(const struct generated_code *from, struct process_code *code,
                        const struct profile_process *process)
{
    const char *base = getenv("JITDUMPDIR");
    base = base ? base : getenv("HOME");
    const struct {
        const char *directory, *below;
    } places[] = {
        {base, "/.debug/jit/*"},
        {from->directory, ""},
        {profile_string(from->profile, from->profile->directory), ""},
    };
    bool found = false;
    for (size_t i = 0; i < sizeof places / sizeof *places && !found; i++) {
        struct text pattern = TEXT_INIT;
        text_printf(&pattern, "%s%s/jit-%u.dump", places[i].directory ? places[i].directory : "",
                    places[i].below, process->pid);
        found = places[i].directory && *places[i].directory &&
                open_matching(code, process, pattern.data);
        text_release(&pattern);
    }
}

/* When a file was last written to, on the profile's clock (CLOCK_MONOTONIC). That stands still
 * while the machine sleeps, so it is between two times. */
struct written {
    uint64_t earliest_ns, latest_ns;
};

static uint64_t less(uint64_t time, uint64_t by)
{
    return time > by ? time - by : 0;
}

static struct written time_of(const struct profile *profile, const char *path)
{
    struct stat status;
    if (stat(path, &status) < 0)
        return (struct written){0};
    uint64_t unix_ns =
        (uint64_t)status.st_mtim.tv_sec * 1000000000 + (uint64_t)status.st_mtim.tv_nsec;
    uint64_t began = profile->start_unix_ns - profile->start_ns; // as it seemed at the start
    uint64_t now = clock_read_ns(CLOCK_REALTIME) - clock_read_ns(CLOCK_MONOTONIC);
    return (struct written){less(unix_ns, now > began ? now : began), less(unix_ns, began)};
}

enum { TICK_NS = 20000000 }; // kernels stamp files with the time of the last one

/* Numbers of processes are given out again, and the file of one is left behind, or is the next
 * one's by now: it is of the last that had the number when it was written. */
static bool wrote(const struct profile *profile, uint32_t index, struct written written)
{
    const struct profile_process *process = &profile->processes[index];
    if (written.latest_ns + TICK_NS < process->start_ns)
        return false;
    for (uint32_t i = 0; i < profile->process_count; i++) {
        const struct profile_process *other = &profile->processes[i];
        if (i != index && other->pid == process->pid && other->start_ns > process->start_ns &&
            other->start_ns <= written.earliest_ns)
            return false;
    }
    return true;
}

/* What was kept of a process, but written to after its end, is somebody else's. */
static bool is_too_late(const struct profile_process *process, struct written written)
{
    return process->end_ns && written.earliest_ns > process->end_ns;
}

static void open_map(const struct generated_code *from, struct process_code *code, uint32_t index)
{
    const struct symbolize_options *options = from->options;
    const struct profile_process *process = &from->profile->processes[index];
    const char *kept =
        options->process_map ? options->process_map(options->files_context, index) : NULL;
    struct text path = TEXT_INIT;
    if (kept)
        text_append_string(&path, kept);
    else
        text_printf(&path, "%s/perf-%u.map", from->directory, process->pid);
    struct written written = time_of(from->profile, path.data);
    if (wrote(from->profile, index, written) && !(kept && is_too_late(process, written)))
        symbol_map_open(&code->map, path.data, false, NULL);
    text_release(&path);
}

static struct process_code *open_process(struct generated_code *from, uint32_t index)
{
    struct process_code *code = &from->processes[index];
    if (code->is_open)
        return code;
    code->is_open = true;
    code->module = mapped_dump(from->profile, index);
    bool found = open_kept_dump(from, code, index) ||
                 (code->module != PROFILE_NONE && open_mapped(from->profile, code));
    if (!found)
        search_dump(from, code, &from->profile->processes[index]);
    open_map(from, code, index);
    return code;
}

static uint32_t ask_dump(const struct jitdump *dump, uint64_t address, struct generated_name *names,
                         uint32_t room)
{
    const struct jitdump_function *found[MAX_VERSIONS];
    uint32_t count = jitdump_find(dump, address, found, room < MAX_VERSIONS ? room : MAX_VERSIONS);
    for (uint32_t i = 0; i < count; i++) {
        names[i] = (struct generated_name){
            .since_ns = found[i]->time_ns,
            .name = found[i]->name,
            .name_size = (uint32_t)strlen(found[i]->name),
            .file = "",
        };
        jitdump_line(found[i], address, &names[i].file, &names[i].line);
    }
    return count;
}

/* The process that this one was forked from and has its code of; PROFILE_NONE: there is none. */
static uint32_t parent_of(const struct profile *profile, uint32_t index)
{
    const struct profile_process *process = &profile->processes[index];
    for (uint32_t i = process->image ? 0 : index; i-- > 0;) {
        const struct profile_process *parent = &profile->processes[i];
        if (parent->pid == process->parent_pid && parent->executable == process->executable)
            return i;
    }
    return PROFILE_NONE;
}

uint32_t generated_code_find(struct generated_code *code, uint32_t process, uint64_t address,
                             struct generated_name *names, uint32_t room)
{
    for (uint32_t i = process; i != PROFILE_NONE; i = parent_of(code->profile, i)) {
        const struct process_code *asked = open_process(code, i);
        uint32_t count = ask_dump(&asked->dump, address, names, room);
        if (count)
            return count;
        const struct symbol_map_entry *entry = symbol_map_find(&asked->map, address);
        if (!entry)
            continue;
        *names =
            (struct generated_name){.name = entry->name, .name_size = entry->name_size, .file = ""};
        return 1;
    }
    return 0;
}

void generated_code_describe(struct generated_code *code, struct profile *profile)
{
    for (uint32_t i = 0; i < profile->process_count; i++) {
        const struct process_code *opened = &code->processes[i];
        if (!opened->is_open || opened->module == PROFILE_NONE)
            continue;
        struct profile_module *module = &profile->modules[opened->module];
        bool is_read = opened->file.data != NULL;
        module->symbol_source = is_read ? string_table_add_string(&profile->strings, "jitdump") : 0;
        module->symbol_reason =
            is_read ? 0 : string_table_add_string(&profile->strings, opened->problem.text);
    }
}
