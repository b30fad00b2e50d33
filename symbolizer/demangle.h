/* SPDX-License-Identifier: MIT */
/*
 * demangle.h - linkage names of C++, Rust and D as their authors wrote them.
 */
#ifndef PROF_SYMBOLIZER_DEMANGLE_H
#define PROF_SYMBOLIZER_DEMANGLE_H

#include "profiler/base/text.h"

#include <stdbool.h>

/*
 * Appends the demangled form of `name` (Itanium C++ ABI; Rust's v0 and legacy schemes, without the
 * hash; D) to `text`. Returns false, and appends nothing, when it is not a mangled name or would
 * become longer than DEMANGLE_MAX bytes: a few hundred bytes can mangle gigabytes.
 */
#define DEMANGLE_MAX (256 * 1024)
bool demangle(struct text *text, const char *name);

#endif
