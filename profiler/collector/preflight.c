/* SPDX-License-Identifier: MIT */
/*
 * preflight.c - looks at a command before it runs.
 *
 * ld.so(8) ignores LD_PRELOAD for set-user-ID programs, and there is no ld.so in static ones; both
 * would give an empty profile without a word.
 */
#include "profiler/collector/preflight.h"

#include "profiler/collector/elf_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#if defined __x86_64__
#define OUR_MACHINE EM_X86_64
#elif defined __aarch64__
#define OUR_MACHINE EM_AARCH64
#endif

enum { MAX_INTERPRETERS = 4 }; /* the kernel's own limit for nested scripts (fs/exec.c) */

static bool executable_file(const char *path, bool *exists)
{
    struct stat status;
    if (stat(path, &status) < 0)
        return false;
    *exists = true;
    if (!S_ISREG(status.st_mode)) {
        errno = EACCES;
        return false;
    }
    return access(path, X_OK) == 0;
}

/* Finds what execvp would execute. */
static void find_command(struct preflight *p, const char *command)
{
    bool exists = false;
    p->verdict = PREFLIGHT_OK;
    if (strchr(command, '/')) {
        snprintf(p->path, sizeof p->path, "%s", command);
        if (executable_file(p->path, &exists))
            return;
    } else {
        const char *search = getenv("PATH");
        for (const char *at = search ? search : "/bin:/usr/bin"; *command && at;) {
            size_t length = strcspn(at, ":");
            snprintf(p->path, sizeof p->path, "%.*s%s%s", (int)length, at, length ? "/" : "",
                     command);
            if (executable_file(p->path, &exists))
                return;
            at = at[length] ? at + length + 1 : NULL;
        }
    }
    p->verdict = exists ? PREFLIGHT_NOT_EXECUTABLE : PREFLIGHT_NOT_FOUND;
    if (exists)
        error_set(&p->reason, EACCES, "'%s' is not an executable file", command);
    else
        error_set(&p->reason, ENOENT, "'%s' was not found%s", command,
                  strchr(command, '/') ? "" : " in the directories of PATH");
}

static void refuse(struct preflight *p, const char *path, const char *what, const char *advice)
{
    p->verdict = PREFLIGHT_NOT_PRELOADABLE;
    error_set(&p->reason, 0, "'%s' %s; %s", path, what, advice);
}

static void check_privilege(struct preflight *p, const char *path)
{
    struct stat status;
    if (stat(path, &status) < 0)
        return;
    bool user = status.st_mode & S_ISUID && status.st_uid != getuid();
    bool group = status.st_mode & S_ISGID && status.st_gid != getgid();
    if (user || group)
        refuse(p, path,
               user ? "is set-user-ID, and the loader preloads nothing into such programs"
                    : "is set-group-ID, and the loader preloads nothing into such programs",
               "run it as the user it runs for, or profile a copy without that bit");
    else if (getuid() != 0 && getxattr(path, "security.capability", NULL, 0) > 0)
        refuse(p, path, "has file capabilities, and the loader preloads nothing into such programs",
               "profile a copy without them, or run as root");
}

static void check_elf(struct preflight *p, const char *path, const struct elf_file *elf)
{
    const char *name = elf->interpreter ? strrchr(elf->interpreter, '/') : NULL;
    if (!elf->is_64 || elf->machine != OUR_MACHINE)
        refuse(p, path,
               elf->is_64 ? "is for another processor architecture" : "is a 32-bit program",
               "profile a 64-bit build for this machine");
    else if (!elf->interpreter)
        refuse(p, path, "is statically linked, so nothing can be preloaded into it",
               "link it dynamically, or record it with perf");
    else if (name && strncmp(name, "/ld-musl", 8) == 0)
        refuse(p, path, "uses the musl C library, and this libprof.so is built for glibc",
               "profile a glibc build");
    p->address_sanitizer = elf_file_needs(elf, "libasan.so");
}

/* The interpreter named in a script's first line; false when it is no script. */
static bool read_interpreter(const char *path, char interpreter[PATH_MAX])
{
    char line[PATH_MAX] = "";
    FILE *file = fopen(path, "re");
    if (!file)
        return false;
    size_t size = fread(line, 1, sizeof line - 1, file);
    fclose(file);
    line[size] = '\0';
    if (strncmp(line, "#!", 2) != 0)
        return false;
    char *start = line + 2 + strspn(line + 2, " \t");
    start[strcspn(start, " \t\n")] = '\0';
    snprintf(interpreter, PATH_MAX, "%s", start);
    return start[0] != '\0';
}

void preflight_check(struct preflight *p, const char *command)
{
    memset(p, 0, sizeof *p);
    find_command(p, command);
    char path[PATH_MAX], interpreter[PATH_MAX];
    snprintf(path, sizeof path, "%s", p->path);
    for (int depth = 0; p->verdict == PREFLIGHT_OK && depth <= MAX_INTERPRETERS; depth++) {
        struct elf_file elf;
        check_privilege(p, path);
        int kind = elf_file_open(&elf, path, NULL);
        if (kind == 0) {
            p->is_elf = depth == 0;
            if (p->verdict == PREFLIGHT_OK)
                check_elf(p, path, &elf);
            elf_file_close(&elf);
            return;
        }
        // a file that may be executed but not read is taken on trust
        if (kind < 0 || !read_interpreter(path, interpreter))
            return;
        memcpy(path, interpreter, sizeof path);
    }
}
