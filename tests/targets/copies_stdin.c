/* SPDX-License-Identifier: MIT */
/*
 * copies_stdin - copies standard input to standard output by short reads and writes.
 */
#include "tests/targets/target.h"

#include <unistd.h>

static void write_all(const char *bytes, size_t size)
{
    while (size > 0) {
        ssize_t written = write(STDOUT_FILENO, bytes, size);
        TARGET_CHECK(written > 0);
        bytes += written;
        size -= (size_t)written;
    }
}

int main(void)
{
    char buffer[777];
    ssize_t size;
    while ((size = read(STDIN_FILENO, buffer, sizeof buffer)) > 0)
        write_all(buffer, (size_t)size);
    TARGET_CHECK(size == 0);
    target_spin_ms(20);
    return 0;
}
