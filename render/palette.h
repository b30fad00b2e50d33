/* SPDX-License-Identifier: MIT */
/*
 * palette.h - the colours of a flamegraph: classes of boxes, and their rules for both themes.
 *
 * What a colour means is the reader's choice (enum palette_mode); the rules of all modes are in
 * each document. Black text keeps a contrast of at least 4.7:1 on every colour (WCAG 2.1), and what
 * has to be told apart stays apart for protanopes, deuteranopes and tritanopes.
 */
#ifndef PROF_RENDER_PALETTE_H
#define PROF_RENDER_PALETTE_H

#include "profiler/base/text.h"
#include "render/call_tree.h"

enum palette_mode {
    PALETTE_KIND,   /* kind of code, slightly varied by name */
    PALETTE_MODULE, /* one of 12 hues for each module, see module_hues.h */
    PALETTE_NAME,   /* one of 12 shades by the function's name */
    PALETTE_HEAT,   /* self time of the function, 8 steps of a factor of two */
    PALETTE_DIFF,   /* change against an older profile: 5 steps less, none, 5 steps more */
    PALETTE_MODE_COUNT
};

#define PALETTE_SHADES    5
#define PALETTE_HUES      12
#define PALETTE_HEATS     8
#define PALETTE_CHANGES   11
#define PALETTE_UNCHANGED 5
#define PALETTE_CLASSES                                                                            \
    (CALL_TREE_KIND_COUNT * PALETTE_SHADES + 2 * PALETTE_HUES + PALETTE_HEATS + PALETTE_CHANGES)
#define PALETTE_CLASS_SIZE 4 /* of a class name with its NUL */

/* 32-bit FNV-1a over the bytes of a name; flamegraph.js computes the same. */
uint32_t palette_hash(const char *name, size_t size);

/* Which class a box has, below PALETTE_CLASSES. `hash` is that of the name. */
unsigned palette_class_of_kind(enum call_tree_kind kind, uint32_t hash);
unsigned palette_class_of_hue(unsigned hue);
unsigned palette_class_of_name(uint32_t hash);
unsigned palette_class_of_heat(double part_of_whole);
/* Shares of the whole before and now, and the standard error of their difference. */
unsigned palette_class_of_change(double change, double error);

/* "u3", "h11", ...: the name of a class. */
void palette_class_name(char name[PALETTE_CLASS_SIZE], unsigned class);

/* 0xrrggbb of a class; `dark` on a dark page. `shades`: see palette_shades_of. */
uint32_t palette_color(unsigned class, bool dark, unsigned shades);

/* 0xrrggbb of what a search has found. */
uint32_t palette_match_color(bool dark);

/* "kind", "module", "name", "heat", "diff": as in --colors and in the script. */
const char *palette_mode_name(enum palette_mode mode);

/* The mode and the shades of names that go by this word: one of ours, or a palette of flamegraph.pl
 * ("hot", "mem", "aqua", ...). Returns -1 where there is none. */
int palette_find(const char *word, enum palette_mode *mode, unsigned *shades);

/* Whether the kind is none of code and keeps its colour in every mode. */
bool palette_is_fixed(enum call_tree_kind kind);

/* What the legend calls the kind. */
const char *palette_label(enum call_tree_kind kind);

/* Appends the rules for every class, and for matches, below the selector `scope` ("#pf-1a2b3c"). */
void palette_append_css(struct text *out, const char *scope, unsigned shades);

/* Calls entry(context, class, text) for each entry of a mode's legend; modules are not in it. */
typedef void palette_entry(void *context, unsigned class, const char *text);
void palette_legend(enum palette_mode mode, const bool kinds[CALL_TREE_KIND_COUNT],
                    palette_entry *entry, void *context);

#endif
