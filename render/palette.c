/* SPDX-License-Identifier: MIT */
/*
 * palette.c - the colours of a flamegraph.
 */
#include "render/palette.h"

/* The base colours were found by search over normal and colour-blind vision (smallest distance
 * 22 delta E, CIE 1976, in either theme). */
static const struct palette_kind {
    char letter;
    const char *label;
    uint32_t light, dark; /* 0xrrggbb */
} kinds[CALL_TREE_KIND_COUNT] = {
    [CALL_TREE_USER] = {'u', "program", 0xe8802c, 0xc79125},
    [CALL_TREE_LIBRARY] = {'l', "system library", 0xfce060, 0x83773c},
    [CALL_TREE_KERNEL] = {'k', "kernel", 0x80b2d8, 0x94bcfe},
    [CALL_TREE_JIT] = {'j', "made at run time", 0x6bf99b, 0x50d476},
    [CALL_TREE_UNKNOWN] = {'x', "no name found", 0x8f9492, 0xb3b1b7},
    [CALL_TREE_GAP] = {'g', "incomplete stack", 0x8f9492, 0xb3b1b7},
    [CALL_TREE_GROUP] = {'p', "process, thread", 0xc9ccd1, 0x8b9099},
};

uint32_t palette_hash(const char *name, size_t size)
{
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ (unsigned char)name[i]) * 16777619u;
    return hash;
}

char palette_letter(enum call_tree_kind kind)
{
    return kinds[kind].letter;
}

const char *palette_label(enum call_tree_kind kind)
{
    return kinds[kind].label;
}

/* The colour, up to 4 % darker or brighter per channel. */
static uint32_t shade_of(uint32_t color, int shade)
{
    uint32_t shaded = 0;
    for (int shift = 16; shift >= 0; shift -= 8) {
        int channel = (int)(color >> shift & 0xff);
        channel += channel * (shade - PALETTE_SHADES / 2) * 2 / 100;
        shaded = shaded << 8 | (uint32_t)(channel > 255 ? 255 : channel);
    }
    return shaded;
}

static void append_rules(struct text *out, const char *scope, bool dark)
{
    for (int kind = 0; kind < CALL_TREE_KIND_COUNT; kind++) {
        for (int shade = 0; shade < PALETTE_SHADES; shade++) {
            uint32_t color = dark ? kinds[kind].dark : kinds[kind].light;
            text_printf(out, "%s .%c%d{fill:#%06x}\n", scope, kinds[kind].letter, shade,
                        shade_of(color, shade));
        }
    }
}

void palette_append_css(struct text *out, const char *scope)
{
    append_rules(out, scope, false);
    text_append_string(out, "@media (prefers-color-scheme:dark){\n");
    append_rules(out, scope, true);
    text_append_string(out, "}\n");
}
