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

/* The same by the rules of one language; AUTO is all that demangle knows. What comes before a name
 * as dots, and behind it from "@" on, stays. */
enum demangle_style {
    DEMANGLE_AUTO,
    DEMANGLE_NONE,
    DEMANGLE_GNU_V3, /* C++ */
    DEMANGLE_JAVA,
    DEMANGLE_GNAT, /* Ada; what does not look like it comes in angle brackets */
    DEMANGLE_DLANG,
    DEMANGLE_RUST,
    DEMANGLE_STYLE_COUNT
};
bool demangle_as(struct text *text, const char *name, enum demangle_style style);

/* The style of that name, as in binutils' options; DEMANGLE_STYLE_COUNT: there is none. */
enum demangle_style demangle_style_of(const char *name);

#endif
