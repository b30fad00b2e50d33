/* SPDX-License-Identifier: MIT */
/*
 * closes_descriptors - closes every descriptor from 3 up, as closefrom(3) does, and spins on.
 */
#include "tests/targets/target.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* closefrom itself is younger (glibc 2.34) than the oldest system this is built on. */
static void close_from_three(void)
{
#ifdef SYS_close_range
    if (syscall(SYS_close_range, 3U, ~0U, 0U) == 0)
        return;
#endif
    for (int fd = 3; fd < 65536; fd++)
        close(fd);
}

int main(void)
{
    close_from_three();
    target_spin_ms(100);
    for (int i = 0; i < 3; i++)
        printf("opened %d\n", open("/dev/null", O_RDONLY));
    target_spin_ms(50);
    close_from_three();
    printf("opened %d\n", open("/dev/null", O_RDONLY));
    return 0;
}
