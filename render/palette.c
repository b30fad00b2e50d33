/* SPDX-License-Identifier: MIT */
/*
 * palette.c - the colours of a flamegraph.
 */
#include "render/palette.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Found by search over normal and colour-blind vision: the smallest distance of two, search matches
 * among them, is 24 delta E (CIE 1976) on a light page and 22 on a dark one. The dark library is
 * lighter than the search had it (0x83773c), whose darkest shade leaves black text a contrast of
 * 4.4:1 only. */
static const struct palette_kind {
    char letter;
    const char *label;
    uint32_t light, dark; /* 0xrrggbb */
} kinds[CALL_TREE_KIND_COUNT] = {
    [CALL_TREE_USER] = {'u', "program", 0xc9830b, 0xc79125},
    [CALL_TREE_LIBRARY] = {'l', "system library", 0xfce060, 0x8a7c58},
    [CALL_TREE_KERNEL] = {'k', "kernel", 0x80b2d8, 0x94bcfe},
    [CALL_TREE_JIT] = {'j', "made at run time", 0x6bf99b, 0x50d476},
    [CALL_TREE_UNKNOWN] = {'x', "no name found", 0x8f9492, 0xb3b1b7},
    [CALL_TREE_GAP] = {'g', "incomplete stack", 0x8f9492, 0xb3b1b7},
    [CALL_TREE_GROUP] = {'p', "process, thread", 0xc9ccd1, 0x8b9099},
    [CALL_TREE_REST] = {'o', "left out (--max-size)", 0xae8a66, 0xf6e8cc},
};

static const uint32_t match_light = 0xfa2bf9, match_dark = 0xd648b1;

/* Twelve hues at equal distances, light ones and dark ones by turns. */
static const uint32_t hues[PALETTE_HUES] = {
    0xf59e8b, 0xf7c873, 0xb9c24a, 0x8fe08a, 0x4fbf9a, 0x86e3e0,
    0x55aede, 0xa9bcff, 0x9d8df0, 0xd9a8f5, 0xe07fc4, 0xffb3cd,
};

/* From the first to the last colour in PALETTE_HUES steps, by the words of flamegraph.pl. */
static const struct shades {
    const char *word;
    uint32_t first, last;
} shades_by_word[] = {
    {"name", 0xf08c50, 0xffe27a},   {"hot", 0xf08c50, 0xffe27a},    {"mem", 0x62c46a, 0xb8f0a0},
    {"io", 0x84a6f0, 0xb4d4ff},     {"wakeup", 0x62c4c4, 0xa8f0f0}, {"chain", 0x84a6f0, 0xa8f0f0},
    {"red", 0xf07c6c, 0xffb8a8},    {"green", 0x62c46a, 0xb8f0a0},  {"blue", 0x84a6f0, 0xb4d4ff},
    {"aqua", 0x62c4c4, 0xa8f0f0},   {"yellow", 0xd0b83c, 0xfff08c}, {"purple", 0xc08cf0, 0xe4c4ff},
    {"orange", 0xf08c30, 0xffc88c},
};

/* From little self time to most of it, and from less than before to more. In the dark they are the
 * same but for what lies near the page. */
static const uint32_t heats[PALETTE_HEATS] = {
    0xf4efe1, 0xfbe9b4, 0xfddc86, 0xfdc95f, 0xfbb142, 0xf59730, 0xee7c2a, 0xea7440,
};
static const uint32_t changes[PALETTE_CHANGES] = {
    0x2f86e8, 0x559ff0, 0x7fb7f3, 0xa8cff6, 0xcbe2f7, 0xdcdee2,
    0xfae0c4, 0xfac99a, 0xf9b06d, 0xf59642, 0xe97a1c,
};

enum {
    FIRST_HUE = CALL_TREE_KIND_COUNT * PALETTE_SHADES,
    FIRST_SHADE = FIRST_HUE + PALETTE_HUES,
    FIRST_HEAT = FIRST_SHADE + PALETTE_HUES,
    FIRST_CHANGE = FIRST_HEAT + PALETTE_HEATS,
};

uint32_t palette_hash(const char *name, size_t size)
{
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ (unsigned char)name[i]) * 16777619u;
    return hash;
}

unsigned palette_class_of_kind(enum call_tree_kind kind, uint32_t hash)
{
    return (unsigned)kind * PALETTE_SHADES + hash % PALETTE_SHADES;
}

unsigned palette_class_of_hue(unsigned hue)
{
    return FIRST_HUE + hue;
}

unsigned palette_class_of_name(uint32_t hash)
{
    return FIRST_SHADE + hash % PALETTE_HUES;
}

unsigned palette_class_of_heat(double part_of_whole)
{
    double step = part_of_whole > 0 ? PALETTE_HEATS - 1 + ceil(log2(part_of_whole)) : 0;
    return FIRST_HEAT + (step > 0 ? (unsigned)step : 0);
}

/* Within two standard errors it may be chance; then steps at 0.3, 1, 3 and 10 % of the whole. */
unsigned palette_class_of_change(double change, double error)
{
    static const double limits[] = {0.003, 0.01, 0.03, 0.1};
    double size = fabs(change);
    int steps = size > 2 * error;
    for (unsigned i = 0; steps && i < sizeof limits / sizeof *limits; i++)
        steps += size >= limits[i];
    return (unsigned)(FIRST_CHANGE + PALETTE_UNCHANGED + (change > 0 ? steps : -steps));
}

void palette_class_name(char name[PALETTE_CLASS_SIZE], unsigned class)
{
    char letter = 'd';
    unsigned first = FIRST_CHANGE;
    if (class < FIRST_HUE) {
        letter = kinds[class / PALETTE_SHADES].letter;
        first = class - class % PALETTE_SHADES;
    } else if (class < FIRST_SHADE) {
        letter = 'h';
        first = FIRST_HUE;
    } else if (class < FIRST_HEAT) {
        letter = 'w';
        first = FIRST_SHADE;
    } else if (class < FIRST_CHANGE) {
        letter = 'e';
        first = FIRST_HEAT;
    }
    snprintf(name, PALETTE_CLASS_SIZE, "%c%u", letter, (class - first) % 100);
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

static uint32_t between(uint32_t first, uint32_t last, unsigned step, unsigned steps)
{
    uint32_t color = 0;
    for (int shift = 16; shift >= 0; shift -= 8) {
        int from = (int)(first >> shift & 0xff), to = (int)(last >> shift & 0xff);
        color = color << 8 | (uint32_t)(from + (to - from) * (int)step / (int)(steps - 1));
    }
    return color;
}

/* A little less bright, where the page around is dark. */
static uint32_t dimmed(uint32_t color)
{
    return between(0, color, 94, 101);
}

uint32_t palette_color(unsigned class, bool dark, unsigned shades)
{
    if (class < FIRST_HUE) {
        const struct palette_kind *kind = &kinds[class / PALETTE_SHADES];
        return shade_of(dark ? kind->dark : kind->light, (int)(class % PALETTE_SHADES));
    }
    uint32_t color;
    if (class < FIRST_SHADE)
        color = hues[class - FIRST_HUE];
    else if (class < FIRST_HEAT)
        color = between(shades_by_word[shades].first, shades_by_word[shades].last,
                        class - FIRST_SHADE, PALETTE_HUES);
    else if (class < FIRST_CHANGE)
        color = heats[class - FIRST_HEAT];
    else
        color = changes[class - FIRST_CHANGE];
    return dark ? dimmed(color) : color;
}

uint32_t palette_match_color(bool dark)
{
    return dark ? match_dark : match_light;
}

static const char *const mode_names[PALETTE_MODE_COUNT] = {"kind", "module", "name", "heat",
                                                           "diff"};

const char *palette_mode_name(enum palette_mode mode)
{
    return mode_names[mode];
}

int palette_find(const char *word, enum palette_mode *mode, unsigned *shades)
{
    for (unsigned i = 0; i < sizeof shades_by_word / sizeof *shades_by_word; i++) {
        if (strcmp(shades_by_word[i].word, word) == 0) {
            *mode = PALETTE_NAME;
            *shades = i;
            return 0;
        }
    }
    for (unsigned i = 0; i < PALETTE_MODE_COUNT; i++) {
        if (strcmp(mode_names[i], word) == 0) {
            *mode = (enum palette_mode)i;
            return 0;
        }
    }
    // flamegraph.pl's palettes for languages tell kinds of code apart, as ours does.
    if (strcmp(word, "java") && strcmp(word, "js") && strcmp(word, "perl"))
        return -1;
    *mode = PALETTE_KIND;
    return 0;
}

bool palette_is_fixed(enum call_tree_kind kind)
{
    return kind >= CALL_TREE_GAP;
}

const char *palette_label(enum call_tree_kind kind)
{
    return kinds[kind].label;
}

static void append_rule(struct text *out, const char *scope, const char *name, uint32_t color)
{
    text_printf(out, "%s .%s{fill:#%06x;background:#%06x}\n", scope, name, color, color);
}

static void append_rules(struct text *out, const char *scope, bool dark, unsigned shades)
{
    for (unsigned class = 0; class < PALETTE_CLASSES; class ++) {
        char name[PALETTE_CLASS_SIZE];
        palette_class_name(name, class);
        append_rule(out, scope, name, palette_color(class, dark, shades));
    }
    append_rule(out, scope, "match", palette_match_color(dark));
}

void palette_append_css(struct text *out, const char *scope, unsigned shades)
{
    append_rules(out, scope, false, shades);
    text_append_string(out, "@media screen and (prefers-color-scheme:dark){\n");
    append_rules(out, scope, true, shades);
    text_append_string(out, "}\n");
}

void palette_legend(enum palette_mode mode, const bool kinds_met[CALL_TREE_KIND_COUNT],
                    palette_entry *entry, void *context)
{
    switch (mode) {
    case PALETTE_KIND:
        for (unsigned kind = 0; kind < CALL_TREE_KIND_COUNT; kind++) {
            if (kinds_met[kind])
                entry(context, kind * PALETTE_SHADES + PALETTE_SHADES / 2, kinds[kind].label);
        }
        break;
    case PALETTE_NAME:
        entry(context, FIRST_SHADE, "each name has one colour");
        break;
    case PALETTE_HEAT:
        entry(context, FIRST_HEAT, "little self time");
        entry(context, FIRST_HEAT + PALETTE_HEATS / 2, "self time");
        entry(context, FIRST_HEAT + PALETTE_HEATS - 1, "most of the self time");
        break;
    case PALETTE_DIFF:
        entry(context, FIRST_CHANGE, "less than before");
        entry(context, FIRST_CHANGE + PALETTE_UNCHANGED, "no change beyond chance");
        entry(context, FIRST_CHANGE + PALETTE_CHANGES - 1, "more than before");
        break;
    default:
        break;
    }
}
