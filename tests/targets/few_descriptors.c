/* SPDX-License-Identifier: MIT */
/*
 * few_descriptors - lowers RLIMIT_NOFILE to 8 and opens as many files as it can.
 */
#include "tests/targets/target.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static void *spin(void *argument)
{
    target_spin_ms(100);
    return argument;
}

int main(void)
{
    struct rlimit few = {.rlim_cur = 8, .rlim_max = 8};
    pthread_t thread;
    int opened = 0, fd;
    TARGET_CHECK(setrlimit(RLIMIT_NOFILE, &few) == 0);
    while ((fd = open("/dev/null", O_RDONLY)) >= 0) {
        printf("opened %d\n", fd);
        opened++;
    }
    printf("%d in all, then: %s\n", opened, strerror(errno));
    TARGET_CHECK(pthread_create(&thread, NULL, spin, NULL) == 0);
    TARGET_CHECK(pthread_join(thread, NULL) == 0);
    return 0;
}
