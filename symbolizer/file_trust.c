/* SPDX-License-Identifier: MIT */
/*
 * file_trust.c - opens ELF files of those who are trusted.
 */
#include "symbolizer/file_trust.h"

#include <sys/stat.h>
#include <unistd.h>

bool file_trust_has(const struct mapped_file *file)
{
    bool is_owned = file->owner == 0 || file->owner == geteuid();
    return is_owned && !(file->mode & S_IWOTH);
}

int file_trust_open(struct file_trust *trust, struct elf_image *image, const char *path,
                    struct error *error)
{
    struct mapped_file file;
    if (mapped_file_open(&file, path, error) < 0)
        return -1;
    if (trust && trust->is_strict && !file_trust_has(&file)) {
        trust->met_others = true;
        mapped_file_close(&file);
        return error_set(error, 0, "%s is of another user", path);
    }
    return elf_image_take(image, &file, path, error);
}
