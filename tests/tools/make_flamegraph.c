/* SPDX-License-Identifier: MIT */
/*
 * make_flamegraph.c - collapsed stacks on stdin, one view of them on stdout.
 *
 *     make_flamegraph [svg|collapsed|report|report-json|info|info-json|summary] <stacks >view
 *
 * svg-module, svg-name and svg-heat are the picture in these colours.
 *
 * The stacks may say more than collapsed stacks usually do: see collapsed_profile.h. With "--time",
 * the milliseconds spent rendering go to stderr.
 */
#include "profiler/base/text.h"
#include "render/views.h"
#include "tests/tools/collapsed_profile.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static void svg(struct text *out, const struct profile *profile)
{
    render_flamegraph(out, profile, NULL);
}

static void svg_by_module(struct text *out, const struct profile *profile)
{
    render_flamegraph(out, profile, &(struct flamegraph_options){.colors = "module"});
}

static void svg_by_name(struct text *out, const struct profile *profile)
{
    render_flamegraph(out, profile, &(struct flamegraph_options){.colors = "name"});
}

static void svg_by_heat(struct text *out, const struct profile *profile)
{
    render_flamegraph(out, profile, &(struct flamegraph_options){.colors = "heat"});
}

static void report(struct text *out, const struct profile *profile)
{
    render_report(out, profile, &(struct report_options){0});
}

static void report_json(struct text *out, const struct profile *profile)
{
    render_report_json(out, profile, &(struct report_options){0});
}

static void summary(struct text *out, const struct profile *profile)
{
    render_summary(out, profile, false);
}

static const struct view {
    const char *name;
    void (*render)(struct text *out, const struct profile *profile);
} views[] = {
    {"svg", svg},
    {"svg-module", svg_by_module},
    {"svg-name", svg_by_name},
    {"svg-heat", svg_by_heat},
    {"collapsed", render_collapsed},
    {"report", report},
    {"report-json", report_json},
    {"info", render_info},
    {"info-json", render_info_json},
    {"summary", summary},
};

static double now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static const struct view *view_named(const char *name)
{
    for (size_t i = 0; i < sizeof views / sizeof *views; i++) {
        if (strcmp(views[i].name, name) == 0)
            return &views[i];
    }
    return NULL;
}

static void read_all(struct text *text, FILE *file)
{
    char buffer[65536];
    for (size_t size; (size = fread(buffer, 1, sizeof buffer, file)) > 0;)
        text_append(text, buffer, size);
}

int main(int argc, char **argv)
{
    const struct view *view = view_named(argc > 1 ? argv[1] : "svg");
    if (!view) {
        fprintf(stderr, "make_flamegraph: no view is called %s\n", argv[1]);
        return 2;
    }
    struct text input = TEXT_INIT, output = TEXT_INIT;
    struct profile profile;
    read_all(&input, stdin);
    collapsed_profile_build(&profile, input.data ? input.data : "", input.length);
    text_release(&input);

    double begin = now_ms();
    view->render(&output, &profile);
    if (argc > 2 && strcmp(argv[2], "--time") == 0)
        fprintf(stderr, "%s: %.1f ms, %zu bytes\n", view->name, now_ms() - begin, output.length);
    size_t written = output.length ? fwrite(output.data, 1, output.length, stdout) : 0;
    int failed = written != output.length || fflush(stdout) != 0;
    text_release(&output);
    profile_release(&profile);
    return failed;
}
