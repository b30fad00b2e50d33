/* SPDX-License-Identifier: MIT */
/*
 * json_text.c - what the JSON views share.
 */
#include "render/json_text.h"

#include "render/names.h"

json_t *json_text_new(const char *bytes, size_t size)
{
    struct text visible = TEXT_INIT;
    name_append_visible(&visible, bytes, size);
    json_t *string = json_stringn(visible.data, visible.length);
    text_release(&visible);
    return string;
}

json_t *json_text_of(const struct profile *profile, uint32_t string)
{
    return json_text_new(string_table_get(&profile->strings, string),
                         string_table_size(&profile->strings, string));
}

json_t *json_text_function(const struct call_tree *tree, uint32_t index)
{
    const struct call_tree_function *function = &tree->functions[index];
    const struct profile *profile = tree->profile;
    uint32_t size;
    const char *name = call_tree_name(tree, function, &size);
    json_t *object = json_object();
    json_object_set_new(object, "function", json_text_new(name, size));
    json_object_set_new(object, "module",
                        function->module < profile->module_count
                            ? json_text_of(profile, profile->modules[function->module].path)
                            : json_null());
    return object;
}

static int append(const char *bytes, size_t size, void *out)
{
    text_append(out, bytes, size);
    return 0;
}

void json_text_append(struct text *out, json_t *document)
{
    json_dump_callback(document, append, out, JSON_INDENT(1) | JSON_REAL_PRECISION(9));
    text_append_char(out, '\n');
    json_decref(document);
}
