/* SPDX-License-Identifier: MIT */
/*
 * host.c - loads two plugins in turn, uses each and unloads it again.
 *
 * Run:  prof run build/examples/plugin
 * See:  fast_transform in codec_fast.so with one third, thorough_search in codec_thorough.so with
 *       two thirds, each under its own codec_encode. The loader often puts both at the same
 *       address: names must come from what was loaded at the time of the sample.
 */
#include "examples/plugin/codec.h"
#include "examples/work.h"

#include <dlfcn.h>
#include <inttypes.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

enum { TURNS = 10, ROUNDS_PER_PERCENT = 250000 };

/* The plugins stand in the folder of the executable, wherever it was started from. */
static void plugin_path(char *path, size_t size, const char *name)
{
    char self[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
    if (length < 0) {
        perror("plugin: /proc/self/exe");
        exit(1);
    }
    self[length] = '\0';
    *strrchr(self, '/') = '\0';
    snprintf(path, size, "%s/%s.so", self, name);
}

static __attribute__((noinline)) uint64_t encode_with(const char *name, uint64_t state,
                                                      uint64_t rounds)
{
    char path[PATH_MAX + 32];
    plugin_path(path, sizeof path, name);
    void *plugin = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    codec_encode_function *encode = NULL;
    if (plugin)
        encode = (codec_encode_function *)dlsym(plugin, CODEC_SYMBOL);
    if (!encode) {
        fprintf(stderr, "plugin: %s\n", dlerror());
        exit(1);
    }
    state = encode(state, rounds);
    dlclose(plugin);
    return state;
}

int main(int argc, char **argv)
{
    uint64_t rounds = work_percent(argc, argv) * ROUNDS_PER_PERCENT;
    uint64_t state = WORK_SEED;
    for (int i = 0; i < TURNS; i++) {
        state = encode_with("codec_fast", state, rounds);
        state = encode_with("codec_thorough", state, rounds);
    }
    printf("%d turns %016" PRIx64 "\n", TURNS, state);
    return 0;
}
