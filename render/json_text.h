/* SPDX-License-Identifier: MIT */
/*
 * json_text.h - what the JSON views share: strings from untrusted bytes, output with stable keys.
 */
#ifndef PROF_RENDER_JSON_TEXT_H
#define PROF_RENDER_JSON_TEXT_H

#include "render/call_tree.h"

#include "profiler/base/text.h"

#include <jansson.h>

/* A new JSON string of the bytes, made visible (names.h). */
json_t *json_text_new(const char *bytes, size_t size);

/* The same for a string of the profile. */
json_t *json_text_of(const struct profile *profile, uint32_t string);

/* A new object with the "function" and its "module", null where that is not known. */
json_t *json_text_function(const struct call_tree *tree, uint32_t function);

/* Appends the document, indented, keys in the order they were set, and frees it. */
void json_text_append(struct text *out, json_t *document);

#endif
