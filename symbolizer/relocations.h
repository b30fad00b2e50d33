/* SPDX-License-Identifier: MIT */
/*
 * relocations.h - the contents of a section of an object file, as a linker would complete them.
 *
 * An object file (.o, .ko) leaves addresses and offsets in its debug information to the linker.
 * Knows the relocations that compilers put there for x86-64, i386 and aarch64 (their psABI
 * supplements, "Relocation Types"); others leave the bytes as they are. The sections lie where
 * elf_image has placed them.
 */
#ifndef PROF_SYMBOLIZER_RELOCATIONS_H
#define PROF_SYMBOLIZER_RELOCATIONS_H

#include "symbolizer/elf_image.h"

/* Whether the file has relocations for the section. */
bool relocations_exist(const struct elf_image *image, const struct elf_section *section);

/* Applies them to the section's plain bytes. Those that leave the bytes are passed over. */
void relocations_apply(const struct elf_image *image, const struct elf_section *section,
                       uint8_t *bytes, size_t size);

#endif
