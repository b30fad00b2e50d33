/* SPDX-License-Identifier: MIT */
/*
 * plt_names.h - "function@plt" for the linkage stubs that no symbol table lists (x86-64).
 */
#ifndef PROF_SYMBOLIZER_PLT_NAMES_H
#define PROF_SYMBOLIZER_PLT_NAMES_H

#include "symbolizer/elf_image.h"
#include "symbolizer/lookup.h"

/*
 * Names the lookups without symbol that lie in .plt, .plt.sec or .plt.got after the symbol their
 * stub jumps to, through the relocation of the GOT slot (x86-64 psABI, 5.2 "Procedure Linkage
 * Table"; for arm64, ELF for the Arm 64-bit Architecture, "Procedure Linkage Table"). The names are
 * added to the batch's strings.
 */
void plt_names_resolve(const struct elf_image *image, struct lookup_batch *batch);

/* What one stub does. Exposed for its test. */
struct plt_stub {
    enum {
        PLT_STUB_UNKNOWN,
        PLT_STUB_SLOT,  /* jumps through the GOT slot at `value` */
        PLT_STUB_INDEX, /* pushes the index `value` into .rela.plt */
    } kind;
    uint64_t value;
};
struct plt_stub plt_stub_decode(struct bytes code, uint64_t address);
struct plt_stub plt_stub_decode_arm64(struct bytes code, uint64_t address);

#endif
