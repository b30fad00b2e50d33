/* SPDX-License-Identifier: MIT */
/*
 * test_palette.c - text can be read on every colour, and what differs looks different to everybody.
 */
#include "tests/unit/render/render_fixture.h"

#include "render/palette.h"

#include <math.h>

struct rgb {
    double red, green, blue; /* linear, 0 to 1 */
};

static double linear(unsigned channel)
{
    double value = channel / 255.0;
    return value <= 0.04045 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4);
}

static struct rgb rgb_of(uint32_t color)
{
    return (struct rgb){linear(color >> 16 & 255), linear(color >> 8 & 255), linear(color & 255)};
}

/* Contrast of black text on the colour (WCAG 2.1, "contrast ratio"). */
static double contrast_with_black(uint32_t color)
{
    struct rgb c = rgb_of(color);
    return (0.2126 * c.red + 0.7152 * c.green + 0.0722 * c.blue + 0.05) / 0.05;
}

/* Protanopia, deuteranopia, tritanopia at full strength (Machado, Oliveira and Fernandes 2009). */
static const double visions[][9] = {
    {1, 0, 0, 0, 1, 0, 0, 0, 1},
    {0.152286, 1.052583, -0.204868, 0.114503, 0.786281, 0.099216, -0.003882, -0.048116, 1.051998},
    {0.367322, 0.860646, -0.227968, 0.280085, 0.672501, 0.047413, -0.011820, 0.042940, 0.968881},
    {1.255528, -0.076749, -0.178779, -0.078411, 0.930809, 0.147602, 0.004733, 0.691367, 0.303900},
};
enum { VISIONS = sizeof visions / sizeof *visions };

static double clamp(double value)
{
    return value < 0 ? 0 : value > 1 ? 1 : value;
}

static struct rgb seen(struct rgb c, const double *m)
{
    return (struct rgb){clamp(m[0] * c.red + m[1] * c.green + m[2] * c.blue),
                        clamp(m[3] * c.red + m[4] * c.green + m[5] * c.blue),
                        clamp(m[6] * c.red + m[7] * c.green + m[8] * c.blue)};
}

static double lab_function(double t)
{
    return t > 0.008856 ? cbrt(t) : 7.787 * t + 16.0 / 116;
}

/* Distance in CIE L*a*b* (1976), D65. */
static double distance(struct rgb a, struct rgb b)
{
    double lab[2][3];
    const struct rgb *both[2] = {&a, &b};
    for (int i = 0; i < 2; i++) {
        const struct rgb *c = both[i];
        double x = lab_function((0.4124 * c->red + 0.3576 * c->green + 0.1805 * c->blue) / 0.9505);
        double y = lab_function(0.2126 * c->red + 0.7152 * c->green + 0.0722 * c->blue);
        double z = lab_function((0.0193 * c->red + 0.1192 * c->green + 0.9505 * c->blue) / 1.089);
        lab[i][0] = 116 * y - 16;
        lab[i][1] = 500 * (x - y);
        lab[i][2] = 200 * (y - z);
    }
    return sqrt(pow(lab[0][0] - lab[1][0], 2) + pow(lab[0][1] - lab[1][1], 2) +
                pow(lab[0][2] - lab[1][2], 2));
}

/* The smallest distance of two colours for whoever sees it smallest. */
static double distance_to_all(uint32_t a, uint32_t b)
{
    double smallest = INFINITY;
    for (int i = 0; i < VISIONS; i++)
        smallest =
            fmin(smallest, distance(seen(rgb_of(a), visions[i]), seen(rgb_of(b), visions[i])));
    return smallest;
}

static const char *const words[] = {"name",  "hot",  "mem",  "io",     "wakeup", "chain", "red",
                                    "green", "blue", "aqua", "yellow", "purple", "orange"};
enum { WORDS = sizeof words / sizeof *words };

static void black_text_can_be_read_on_every_colour(void **state)
{
    (void)state;
    for (unsigned word = 0; word < WORDS; word++) {
        enum palette_mode mode;
        unsigned shades = 99;
        assert_int_equal(palette_find(words[word], &mode, &shades), 0);
        assert_int_equal(mode, PALETTE_NAME);
        for (unsigned class = 0; class < PALETTE_CLASSES; class ++) {
            for (int dark = 0; dark < 2; dark++) {
                double contrast = contrast_with_black(palette_color(class, dark, shades));
                if (contrast < 4.7)
                    print_error("%s: class %u, %s: %.2f\n", words[word], class,
                                dark ? "dark" : "light", contrast);
                assert_true(contrast >= 4.7);
            }
        }
    }
}

static uint32_t color_of_kind(unsigned kind, bool dark)
{
    return palette_color(palette_class_of_kind(kind, PALETTE_SHADES / 2), dark, 0);
}

static void assert_apart(uint32_t a, uint32_t b, double least)
{
    double apart = distance_to_all(a, b);
    if (apart < least)
        print_error("#%06x and #%06x: %.1f\n", a, b, apart);
    assert_true(apart >= least);
}

/* Gaps are grey as names that were not found are: both say that something is not known. */
static void kinds_of_code_and_matches_look_different_to_everybody(void **state)
{
    (void)state;
    for (int dark = 0; dark < 2; dark++) {
        double least = dark ? 22.5 : 24;
        for (unsigned a = 0; a < CALL_TREE_GAP; a++) {
            for (unsigned b = 0; b < a; b++)
                assert_apart(color_of_kind(a, dark), color_of_kind(b, dark), least);
            assert_apart(color_of_kind(a, dark), palette_match_color(dark), least);
        }
        for (unsigned kind = 0; kind < CALL_TREE_REST; kind++)
            assert_apart(color_of_kind(CALL_TREE_REST, dark), color_of_kind(kind, dark), 20);
        assert_true(contrast_with_black(palette_match_color(dark)) >= 4.7);
    }
}

static void hues_can_be_told_apart(void **state)
{
    (void)state;
    for (unsigned a = 0; a < PALETTE_HUES; a++) {
        for (unsigned b = 0; b < a; b++)
            assert_true(distance(rgb_of(palette_color(palette_class_of_hue(a), false, 0)),
                                 rgb_of(palette_color(palette_class_of_hue(b), false, 0))) >= 20);
    }
}

static void less_and_more_look_different_to_everybody(void **state)
{
    (void)state;
    for (int dark = 0; dark < 2; dark++) {
        for (int steps = 1; steps <= PALETTE_UNCHANGED; steps++) {
            double size = steps < 2 ? 0.001 : (double[]){0.003, 0.01, 0.03, 0.1}[steps - 2];
            uint32_t less = palette_color(palette_class_of_change(-size, 0), dark, 0);
            uint32_t more = palette_color(palette_class_of_change(size, 0), dark, 0);
            uint32_t same = palette_color(palette_class_of_change(0, 0), dark, 0);
            assert_true(distance_to_all(less, more) >= 14 + 12 * (steps - 1));
            assert_true(distance_to_all(less, same) >= 5 * steps);
            assert_true(distance_to_all(more, same) >= 5 * steps);
        }
    }
}

static void changes_within_two_standard_errors_have_no_colour(void **state)
{
    (void)state;
    char name[PALETTE_CLASS_SIZE];
    static const struct {
        double change, error;
        const char *class;
    } cases[] = {{0.05, 0.026, "d5"},   {0.05, 0.024, "d9"},   {-0.05, 0.024, "d1"},
                 {-0.2, 0.001, "d0"},   {0.2, 0.001, "d10"},   {0.001, 0.0001, "d6"},
                 {0.009, 0.0001, "d7"}, {-0.0299, 0.001, "d2"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        palette_class_name(name, palette_class_of_change(cases[i].change, cases[i].error));
        assert_string_equal(name, cases[i].class);
    }
}

static void classes_have_names_of_their_own(void **state)
{
    (void)state;
    char names[PALETTE_CLASSES][PALETTE_CLASS_SIZE];
    for (unsigned class = 0; class < PALETTE_CLASSES; class ++) {
        palette_class_name(names[class], class);
        for (unsigned other = 0; other < class; other++)
            assert_string_not_equal(names[class], names[other]);
    }
    assert_string_equal(names[palette_class_of_heat(1)], "e7");
    assert_string_equal(names[palette_class_of_heat(0.5)], "e6");
    assert_string_equal(names[palette_class_of_heat(0.26)], "e6");
    assert_string_equal(names[palette_class_of_heat(0)], "e0");
}

static void words_that_are_no_colours_are_refused(void **state)
{
    (void)state;
    enum palette_mode mode;
    unsigned shades;
    assert_int_equal(palette_find("pink", &mode, &shades), -1);
    assert_int_equal(palette_find("", &mode, &shades), -1);
    assert_int_equal(palette_find("java", &mode, &shades), 0);
    assert_int_equal(mode, PALETTE_KIND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(black_text_can_be_read_on_every_colour),
        cmocka_unit_test(kinds_of_code_and_matches_look_different_to_everybody),
        cmocka_unit_test(hues_can_be_told_apart),
        cmocka_unit_test(less_and_more_look_different_to_everybody),
        cmocka_unit_test(changes_within_two_standard_errors_have_no_colour),
        cmocka_unit_test(classes_have_names_of_their_own),
        cmocka_unit_test(words_that_are_no_colours_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
