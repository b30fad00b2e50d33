/* SPDX-License-Identifier: MIT */
/*
 * dlopen_storm - loads, calls and unloads eight libraries N times (100) while two threads spin.
 */
#include "tests/targets/target.h"

#include <dlfcn.h>
#include <limits.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

enum { LIBRARIES = 8, SPINNERS = 2 };

static char folder[PATH_MAX];
static int stop;

static void *spin(void *argument)
{
    while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
        void *volatile block = malloc(100); // volatile: the compiler drops pairs it sees through
        free(block);
    }
    return argument;
}

static void find_folder(void)
{
    ssize_t length = readlink("/proc/self/exe", folder, sizeof folder - 1);
    TARGET_CHECK(length > 0);
    folder[length] = '\0';
    *strrchr(folder, '/') = '\0';
}

static uint64_t call_library(int number, uint64_t state)
{
    char path[PATH_MAX + 32];
    snprintf(path, sizeof path, "%s/plugged_%d.so", folder, number);
    void *library = dlopen(path, RTLD_NOW);
    TARGET_CHECK(library);
    uint64_t (*work)(uint64_t) = (uint64_t(*)(uint64_t))dlsym(library, "plugged_work");
    TARGET_CHECK(work);
    state = work(state);
    TARGET_CHECK(dlclose(library) == 0);
    return state;
}

int main(int argc, char **argv)
{
    int turns = target_number(argc, argv, 100);
    pthread_t threads[SPINNERS];
    uint64_t state = 1;
    find_folder();
    for (int i = 0; i < SPINNERS; i++)
        TARGET_CHECK(pthread_create(&threads[i], NULL, spin, NULL) == 0);
    for (int turn = 0; turn < turns; turn++)
        for (int i = 0; i < LIBRARIES; i++)
            state = call_library(i, state);
    __atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
    for (int i = 0; i < SPINNERS; i++)
        TARGET_CHECK(pthread_join(threads[i], NULL) == 0);
    printf("state %016llx\n", (unsigned long long)state);
    return 0;
}
