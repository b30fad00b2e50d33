/* SPDX-License-Identifier: MIT */
/*
 * file_trust.c - opens ELF files of those who are trusted.
 */
#include "symbolizer/file_trust.h"

#include "symbolizer/debuginfod.h"
#include "symbolizer/file_broker.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

bool file_trust_has(const struct mapped_file *file)
{
    bool is_owned = file->owner == 0 || file->owner == geteuid();
    return is_owned && !(file->mode & S_IWOTH);
}

static bool has_broker(const struct file_trust *trust)
{
    return trust && trust->has_broker;
}

int file_trust_open(struct file_trust *trust, struct elf_image *image, const char *path,
                    struct error *error)
{
    struct mapped_file file;
    int result = has_broker(trust) ? file_broker_open(trust->broker, &file, path, error)
                                   : mapped_file_open(&file, path, error);
    if (result < 0)
        return -1;
    if (trust && trust->is_strict && !file_trust_has(&file)) {
        trust->met_others = true;
        mapped_file_close(&file);
        return error_set(error, 0, "%s is of another user", path);
    }
    return elf_image_take(image, &file, path, error);
}

bool file_trust_has_folder(const struct file_trust *trust, const char *path)
{
    return has_broker(trust) ? file_broker_has_folder(trust->broker, path)
                             : access(path, X_OK) == 0;
}

bool file_trust_real_path(const struct file_trust *trust, const char *path, struct text *found)
{
    if (has_broker(trust))
        return file_broker_real_path(trust->broker, path, found);
    char *real = realpath(path, NULL);
    if (real)
        text_append_string(found, real);
    free(real);
    return real != NULL;
}

bool file_trust_fetch(const struct file_trust *trust, const char *build_id, struct text *found)
{
    return has_broker(trust) ? file_broker_fetch(trust->broker, build_id, found)
                             : debuginfod_fetch(build_id, found);
}
