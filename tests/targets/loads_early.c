/* SPDX-License-Identifier: MIT */
/*
 * loads_early - the library that unloads_early is linked with: its constructor loads another one,
 * before a preloaded library's constructor has run.
 */
#include "tests/targets/loads_early.h"

#include <dlfcn.h>

void *loads_early_handle;

__attribute__((constructor)) static void load(void)
{
    loads_early_handle = dlopen(LOADS_EARLY_PATH, RTLD_NOW);
}
