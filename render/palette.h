/* SPDX-License-Identifier: MIT */
/*
 * palette.h - the colours of a flamegraph: by kind of code, slightly varied by name.
 *
 * Black text keeps a contrast of at least 4.7:1 on every colour in both themes, and the kinds stay
 * apart for protanopes, deuteranopes and tritanopes.
 */
#ifndef PROF_RENDER_PALETTE_H
#define PROF_RENDER_PALETTE_H

#include "profiler/base/text.h"
#include "render/call_tree.h"

#define PALETTE_SHADES 5

/* 32-bit FNV-1a over the bytes of a name; script/data.js computes the same. */
uint32_t palette_hash(const char *name, size_t size);

/* The letter of a kind in class names: kind and shade make the class, "u3". */
char palette_letter(enum call_tree_kind kind);

/* What the legend calls the kind. */
const char *palette_label(enum call_tree_kind kind);

/* Appends the fill rules for every kind and shade below the selector `scope` ("#pf-1a2b3c"). */
void palette_append_css(struct text *out, const char *scope);

#endif
