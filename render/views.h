/* SPDX-License-Identifier: MIT */
/*
 * views.h - the front door of render: a symbolized profile in, bytes of a view out.
 *
 * Every view appends to a text buffer and does no I/O. Names are untrusted bytes: each view
 * escapes them for its own format (visible, never dropped). Same profile, same bytes.
 */
#ifndef PROF_RENDER_VIEWS_H
#define PROF_RENDER_VIEWS_H

#include "profiler/base/text.h"
#include "profiler/profile/profile.h"

struct flamegraph_options {
    const char *title;    /* NULL: the command */
    const char *subtitle; /* NULL: the figures of the run */
    const char *colors;   /* a word of palette_find; NULL: by kind of code */
    /* Where source lines lead: an address with {file} and {line}; NULL: nowhere. */
    const char *source_link;
    uint64_t
        max_size; /* of the document, in bytes; the lightest frames are left out for it; 0: none */
    double width; /* of the static picture, in pixels; 0: 1200 */
    double min_width; /* of boxes that are drawn; 0: 0.5 */
    bool inverted;    /* the root at the top */
    bool timeline;    /* when each sample was taken, also where they are very many */
    bool no_script;   /* a plain picture, with the data for prof */
    bool no_data;     /* a plain picture alone, which nothing can be read from */
};

/* Whether there are colours that go by this word. */
bool render_knows_colors(const char *word);

/* One self-contained interactive SVG 1.1 document, UTF-8, which holds every frame (SVG.md).
 * `options` may be NULL. */
void render_flamegraph(struct text *out, const struct profile *profile,
                       const struct flamegraph_options *options);

/* The same picture in an HTML page, with the hot functions and what `prof info` says. */
void render_html(struct text *out, const struct profile *profile,
                 const struct flamegraph_options *options);

enum report_sort {
    REPORT_BY_SELF,
    REPORT_BY_TOTAL,
};
struct report_options {
    uint32_t limit;     /* rows at most; 0: all */
    double min_percent; /* leave out functions whose self (or total) share is below; 0: none */
    enum report_sort sort;
    bool color;     /* ANSI colours */
    unsigned width; /* columns of the terminal; 0: do not cut names */
};

/* Functions by self and total time, hottest first, as an aligned table. */
void render_report(struct text *out, const struct profile *profile,
                   const struct report_options *options);
void render_report_json(struct text *out, const struct profile *profile,
                        const struct report_options *options);

/* How the shares of functions changed against the older samples of a compared profile
 * (profile_add_older), the largest change beyond chance first. */
void render_diff(struct text *out, const struct profile *profile,
                 const struct report_options *options);
void render_diff_json(struct text *out, const struct profile *profile,
                      const struct report_options *options);

/* What was recorded and how well. The JSON has the stable keys listed in prof-info(1). */
void render_info(struct text *out, const struct profile *profile);
void render_info_json(struct text *out, const struct profile *profile);

/* The few lines after `prof run`: samples, CPU time, how much of it is accounted for, complete
 * stacks, losses. Each line starts with "prof: ". */
void render_summary(struct text *out, const struct profile *profile, bool color);

/* Collapsed stacks, "root;caller;leaf COUNT\n" with the weight in periods; ';' in names becomes
 * ':', control characters are made visible. */
void render_collapsed(struct text *out, const struct profile *profile);

#endif
