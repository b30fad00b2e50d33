/* SPDX-License-Identifier: MIT */
/*
 * views.c - what the subcommands that look at a recording have in common.
 */
#include "profiler/cli/views.h"

#include "profiler/base/mapped_file.h"
#include "profiler/base/path.h"
#include "profiler/cli/debug_packages.h"
#include "profiler/cli/destination.h"
#include "profiler/cli/message.h"
#include "profiler/cli/progress.h"
#include "profiler/cli/shrunk_files.h"
#include "profiler/cli/subcommand.h"
#include "profiler/import/import.h"
#include "symbolizer/symbolize_profile.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void read_all(struct text *text, int fd)
{
    char buffer[65536];
    ssize_t size;
    do {
        size = read(fd, buffer, sizeof buffer);
        if (size > 0)
            text_append(text, buffer, (size_t)size);
    } while (size > 0 || (size < 0 && errno == EINTR));
}

static void tell_notes(const char *name, const struct import_notes *notes)
{
    if (notes->lines_ignored)
        message("%s: %" PRIu64 " line%s %s, and not counted", name, notes->lines_ignored,
                notes->lines_ignored == 1 ? "" : "s",
                notes->lines_ignored == 1 ? "is no stack" : "are no stacks");
    if (notes->counts_rounded)
        message("%s: %" PRIu64 " count%s with decimals %s rounded", name, notes->counts_rounded,
                notes->counts_rounded == 1 ? "" : "s", notes->counts_rounded == 1 ? "was" : "were");
}

static int load_import(struct profile *profile, const char *name, const char *bytes, size_t size)
{
    struct error error;
    struct import_notes notes;
    progress_say("reading %s", name);
    int result = import_profile(profile, bytes, size, name, &notes, &error);
    if (result < 0)
        message("%s", error.text);
    else
        tell_notes(name, &notes);
    return result;
}

static bool is_recording(const char *bytes, size_t size)
{
    return size >= strlen(RECORDING_MAGIC) &&
           memcmp(bytes, RECORDING_MAGIC, strlen(RECORDING_MAGIC)) == 0;
}

/* From a pipe, which can be read once only. */
static int load_stream(struct profile *profile, const char *path, int fd)
{
    struct text text = TEXT_INIT;
    const char *name = strcmp(path, "-") == 0 ? "standard input" : path;
    int result = -1;
    if (!isatty(fd))
        progress_say("reading %s", name);
    read_all(&text, fd);
    if (!text.length)
        message("%s is empty", name);
    else if (is_recording(text.data, text.length))
        message("%s is a recording: give it as a file, recordings cannot be read from a pipe",
                name);
    else
        result = load_import(profile, name, text.data, text.length);
    text_release(&text);
    return result;
}

void views_progress(void *unused, const struct symbolize_step *step)
{
    (void)unused;
    progress_say("looking up names of %s (%u of %u, %.0f %% of the samples)",
                 path_base_name(step->module), step->done + 1, step->all, step->percent);
}

void views_advise(const char *const *paths, struct text *advices, uint32_t count)
{
    debug_packages_advise(&debug_packages_here, paths, advices, count);
}

/* What the symbolizer asks about kept files; valid until the next question. */
struct kept_answers {
    const struct kept_files *files;
    char module[KEPT_FILES_PATH], root[KEPT_FILES_PATH], names[KEPT_FILES_PATH];
    char readable[PATH_MAX];
};

static const char *kept_module(void *context, uint32_t module)
{
    struct kept_answers *kept = context;
    return kept_files_module(kept->files, module, kept->module);
}

/* By the path that people know it by, where it leads there: it appears in what they read. */
static const char *kept_root(void *context, uint32_t module)
{
    struct kept_answers *kept = context;
    struct stat held, named;
    const char *root = kept_files_root(kept->files, module, kept->root);
    ssize_t length = root ? readlink(root, kept->readable, sizeof kept->readable - 1) : -1;
    if (length <= 0)
        return root;
    kept->readable[length] = '\0';
    bool leads_there = stat(root, &held) == 0 && stat(kept->readable, &named) == 0 &&
                       held.st_dev == named.st_dev && held.st_ino == named.st_ino;
    return leads_there ? kept->readable : root;
}

static const char *kept_map(void *context, uint32_t process)
{
    struct kept_answers *kept = context;
    return kept_files_names(kept->files, KEPT_MAP, process, kept->names);
}

static const char *kept_dump(void *context, uint32_t process)
{
    struct kept_answers *kept = context;
    return kept_files_names(kept->files, KEPT_DUMP, process, kept->names);
}

void views_keep_names(const struct profile *profile, const char *path,
                      struct symbol_cache_writes *names)
{
    // appending would cut off what is damaged
    if (profile->symbolized && !profile->damaged_bytes)
        profile_save_symbols(profile, path, NULL);
    symbol_cache_write(names);
}

/* Returns 1 when names were looked up that the recording has not, 0 when it has them all; -1 as
 * views_load. */
static int load_recording(struct profile *profile, const char *path, const struct kept_files *files,
                          struct symbol_cache_writes *names)
{
    struct error error;
    progress_say("reading %s", path);
    if (profile_load(profile, path, &error) < 0) {
        message("%s%s", error.text,
                error.code == ENOENT ? "; make a recording with 'prof run COMMAND'" : "");
        return -1;
    }
    if (profile->symbolized) {
        progress_say("working on %s", path);
        return 0;
    }
    struct text cache = TEXT_INIT;
    struct kept_answers kept = {.files = files};
    struct symbolize_options options = {
        .cache_directory = symbol_cache_directory(&cache) ? cache.data : NULL,
        .cache_writes = names,
        .module_file = files ? kept_module : NULL,
        .module_root = files ? kept_root : NULL,
        .process_map = files ? kept_map : NULL,
        .process_dump = files ? kept_dump : NULL,
        .files_context = &kept,
        .progress = views_progress,
        .advise = views_advise,
    };
    bool is_named = symbolize_profile(profile, &options, &error) == 0;
    if (!is_named)
        message("cannot look up names: %s", error.text);
    shrunk_files_report(); // here too: after 'prof run' we may die of the command's signal
    text_release(&cache);
    progress_say("working on %s", path);
    return is_named;
}

static int load_and_keep(struct profile *profile, const char *path)
{
    struct symbol_cache_writes names = {0};
    int result = load_recording(profile, path, NULL, &names);
    if (result > 0)
        views_keep_names(profile, path, &names);
    return result < 0 ? -1 : 0;
}

/* What is neither a recording nor anything else is a damaged recording: its reader knows best. */
static int load_file(struct profile *profile, const char *path)
{
    struct mapped_file file;
    if (mapped_file_open(&file, path, NULL) < 0)
        return load_and_keep(profile, path);
    const char *bytes = (const char *)file.data;
    int result;
    if (file.size && !is_recording(bytes, file.size) && import_recognises(bytes, file.size))
        result = load_import(profile, path, bytes, file.size);
    else
        result = load_and_keep(profile, path);
    mapped_file_close(&file);
    return result;
}

/* What the shell makes of <(command). Other pipes are not opened: nobody may be at their other end.
 */
static bool is_stream(const char *path)
{
    struct stat status;
    return strncmp(path, "/dev/", 5) == 0 && stat(path, &status) == 0 && !S_ISREG(status.st_mode);
}

int views_load(struct profile *profile, const char *path)
{
    int result;
    profile_init(profile);
    if (strcmp(path, "-") == 0) {
        result = load_stream(profile, path, STDIN_FILENO);
    } else if (is_stream(path)) {
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        result = fd < 0 ? load_and_keep(profile, path) : load_stream(profile, path, fd);
        if (fd >= 0)
            close(fd);
    } else {
        result = load_file(profile, path);
    }
    if (result < 0)
        profile_release(profile);
    return result;
}

int views_load_fresh(struct profile *profile, const char *path, const struct kept_files *files,
                     struct symbol_cache_writes *names)
{
    profile_init(profile);
    int result = load_recording(profile, path, files, names);
    if (result < 0)
        profile_release(profile);
    return result < 0 ? -1 : 0;
}

const char *views_file(const char *subcommand, int argument_count, char **arguments)
{
    if (argument_count <= 1)
        return argument_count == 1 ? arguments[0] : VIEWS_RECORDING;
    message("%s looks at one recording, but %d files were given; see 'prof help %s'", subcommand,
            argument_count, subcommand);
    return NULL;
}

int views_write(const char *path, struct text *text)
{
    struct error error;
    progress_end();
    int result = destination_write(path, text, &error);
    if (result < 0)
        message("%s", error.text);
    text_release(text);
    return result < 0 ? EXIT_PROF_FAILED : EXIT_SUCCESS;
}
