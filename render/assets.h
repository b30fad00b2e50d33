/* SPDX-License-Identifier: MIT */
/*
 * assets.h - the files that every flamegraph carries, as embed.cmake makes them part of the
 * program.
 */
#ifndef PROF_RENDER_ASSETS_H
#define PROF_RENDER_ASSETS_H

extern const char asset_flamegraph_js[];  /* NUL-terminated, fit for a CDATA section */
extern const char asset_page_xml[];       /* NUL-terminated; "<!--legend-->" is to be replaced */
extern const char asset_flamegraph_css[]; /* NUL-terminated; ".prof" stands for the document */

#endif
