/* SPDX-License-Identifier: MIT */
/*
 * debug_packages.c - looks installed files up in the records of dpkg or rpm.
 *
 * The lists of dpkg are read here: `dpkg -S` reads all of them each time, which takes longer than
 * the deadline where a thousand packages are installed.
 */
#include "profiler/cli/debug_packages.h"

#include "profiler/base/clock.h"
#include "profiler/base/memory.h"
#include "profiler/base/path.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

const struct debug_packages debug_packages_here = {
    .dpkg_lists = "/var/lib/dpkg/info",
    .rpm_records = "/var/lib/rpm",
    .patience_ms = 40,
};

struct search {
    const char *const *paths;
    struct text *advices;
    uint32_t count, found;
    double deadline;
    int folder;
    struct text list; /* the last one that was read */
};

/* Most packages of Debian have PACKAGE-dbgsym, in an archive of its own. These never had, or have
 * it in another package. */
static void append_debug_package(struct text *text, const char *package)
{
    static const char *const with_dbg[] = {"libc6", "librados2", "librbd1", "libcephfs2"};
    unsigned java;
    for (size_t i = 0; i < sizeof with_dbg / sizeof *with_dbg; i++) {
        if (strcmp(package, with_dbg[i]) == 0) {
            text_printf(text, "install %s-dbg", package);
            return;
        }
    }
    if (sscanf(package, "openjdk-%u-", &java) == 1)
        text_printf(text, "install openjdk-%u-dbg", java);
    else
        text_printf(text, "install %s-dbgsym", package);
}

/* Paths come from recordings, where anything may stand. Packages only have files with whole paths.
 */
static bool is_installed(const char *path)
{
    return path[0] == '/';
}

/* Folders that have moved to /usr are listed as they were before. */
static const char *without_usr(const char *path)
{
    return strncmp(path, "/usr/", 5) == 0 ? path + 4 : path;
}

/* Whether a line of the list is that path, with /usr before it or without. */
static bool lists(const struct text *list, const char *path)
{
    const char *end = list->data + list->length, *wanted = without_usr(path);
    size_t size = strlen(wanted);
    for (const char *at = list->data; (at = memmem(at, (size_t)(end - at), wanted, size)); at++) {
        const char *start = at - list->data >= 4 && memcmp(at - 4, "/usr", 4) == 0 ? at - 4 : at;
        if ((start == list->data || start[-1] == '\n') && at + size < end && at[size] == '\n')
            return true;
    }
    return false;
}

static bool read_list(struct search *search, const char *name)
{
    struct stat status;
    struct text *list = &search->list;
    int fd = openat(search->folder, name, O_RDONLY | O_CLOEXEC);
    list->length = 0;
    char part[65536];
    ssize_t size;
    bool readable = fd >= 0 && fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
    while (readable && (size = read(fd, part, sizeof part)) > 0)
        text_append(list, part, (size_t)size);
    if (fd >= 0)
        close(fd);
    return list->length != 0;
}

/* "zlib1g:amd64.list" is the list of zlib1g. Those of development have links of the same names. */
static void look_into(struct search *search, const char *name)
{
    char package[256];
    snprintf(package, sizeof package, "%.*s", (int)strcspn(name, ":"), name);
    char *dot = strstr(package, ".list");
    if (dot)
        *dot = '\0';
    if (!read_list(search, name))
        return;
    for (uint32_t i = 0; i < search->count; i++) {
        if (search->advices[i].length || !is_installed(search->paths[i]) ||
            !lists(&search->list, search->paths[i]))
            continue;
        append_debug_package(&search->advices[i], package);
        search->found++;
    }
}

static bool is_over(const struct search *search)
{
    return search->found == search->count || clock_monotonic_seconds() > search->deadline;
}

/* Whether the package is named after the file: libz.so.3.1 in libz3, bash in bash. */
static bool is_namesake(const char *list, const char *path)
{
    const char *name = path_base_name(path);
    size_t stem = strcspn(name, ".");
    const char *version = strstr(name, ".so.");
    if (!stem || strncasecmp(list, name, stem) != 0)
        return false;
    const char *rest = list + stem;
    if (version && isdigit((unsigned char)version[-1]) && *rest == '-') // libfoo1.so.2 in libfoo1-2
        rest++;
    size_t digits = version ? strspn(version + 4, "0123456789") : 0;
    if (digits && strncmp(rest, version + 4, digits) == 0)
        rest += digits;
    return *rest == ':' || *rest == '.';
}

static bool is_namesake_of_any(const struct search *search, const char *list)
{
    for (uint32_t i = 0; i < search->count; i++) {
        if (is_namesake(list, search->paths[i]))
            return true;
    }
    return false;
}

/* Namesakes first, so that the deadline seldom matters. */
static void ask_dpkg(struct search *search, DIR *folder)
{
    const struct dirent *entry;
    for (int pass = 0; pass < 2; pass++) {
        rewinddir(folder);
        while (!is_over(search) && (entry = readdir(folder))) {
            size_t size = strlen(entry->d_name);
            if (size > 5 && strcmp(entry->d_name + size - 5, ".list") == 0 &&
                is_namesake_of_any(search, entry->d_name) == (pass == 0))
                look_into(search, entry->d_name);
        }
    }
}

/* Reads until the end or the deadline. */
static void read_answer(const struct search *search, int fd, struct text *answer)
{
    char part[4096];
    for (;;) {
        double left = search->deadline - clock_monotonic_seconds();
        struct pollfd ready = {.fd = fd, .events = POLLIN};
        if (left <= 0 || poll(&ready, 1, (int)(left * 1000) + 1) <= 0)
            return;
        ssize_t size = read(fd, part, sizeof part);
        if (size <= 0)
            return;
        text_append(answer, part, (size_t)size);
    }
}

/* One line for each path: a name, or a sentence. */
static void take_rpm_answer(struct search *search, const struct text *answer)
{
    const char *line = answer->data;
    for (uint32_t i = 0; i < search->count && line && *line; i++) {
        size_t size = strcspn(line, "\n");
        if (line[size] == '\n' && size && !memchr(line, ' ', size) &&
            is_installed(search->paths[i]))
            text_printf(&search->advices[i], "run 'debuginfo-install %.*s'", (int)size, line);
        line += size + (line[size] == '\n');
    }
}

static void ask_rpm(struct search *search)
{
    // what follows "--" is no option: rpm has some that run commands
    const char *const first[] = {"rpm", "-qf", "--queryformat", "%{NAME}\n", "--"};
    enum { FIRST = sizeof first / sizeof *first };
    char **arguments = memory_new(search->count + FIRST + 1, sizeof *arguments);
    memcpy(arguments, first, sizeof first);
    for (uint32_t i = 0; i < search->count; i++)
        arguments[FIRST + i] = (char *)(is_installed(search->paths[i]) ? search->paths[i] : "/");
    struct text answer = TEXT_INIT;
    posix_spawn_file_actions_t actions;
    int ends[2];
    pid_t pid;
    if (pipe2(ends, O_CLOEXEC) == 0) {
        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
        posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
        bool started = posix_spawnp(&pid, "rpm", &actions, NULL, arguments, environ) == 0;
        posix_spawn_file_actions_destroy(&actions);
        close(ends[1]);
        if (started) {
            read_answer(search, ends[0], &answer);
            kill(pid, SIGKILL); // done, or too late
            waitpid(pid, NULL, 0);
        }
        close(ends[0]);
    }
    take_rpm_answer(search, &answer);
    text_release(&answer);
    free(arguments);
}

void debug_packages_advise(const struct debug_packages *packages, const char *const *paths,
                           struct text *advices, uint32_t count)
{
    struct search search = {
        .paths = paths,
        .advices = advices,
        .count = count,
        .deadline = clock_monotonic_seconds() + packages->patience_ms / 1e3,
    };
    DIR *folder = count ? opendir(packages->dpkg_lists) : NULL;
    if (folder) {
        search.folder = dirfd(folder);
        ask_dpkg(&search, folder);
        closedir(folder);
    } else if (count && access(packages->rpm_records, F_OK) == 0) {
        ask_rpm(&search);
    }
    text_release(&search.list);
}
