/* SPDX-License-Identifier: MIT */
/*
 * labels.c - function names shortened to fit a box.
 *
 * Where brackets do not match, a stage leaves the name as it is.
 */
#include "render/labels.h"

#include "render/names.h"

#include <stdbool.h>
#include <string.h>

static bool is_word(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_' ||
           c == '$' || (c & 0x80);
}

static size_t length_of_operator(const char *name, size_t size, size_t at)
{
    static const char word[] = "operator";
    size_t length = sizeof word - 1;
    if (size - at < length || memcmp(name + at, word, length) || (at > 0 && is_word(name[at - 1])))
        return 0;
    if (at + length + 1 < size && name[at + length] == '(' && name[at + length + 1] == ')')
        return length + 2;
    size_t symbols = 0;
    while (at + length + symbols < size &&
           memchr("<>=!+-*/%^&|~,[]", name[at + length + symbols], 16))
        symbols++;
    return symbols ? length + symbols : 0;
}

/* How long "operator" with its symbols is at `at` ("operator<<", "operator()"), or 0. Asked at each
 * byte. */
static inline size_t operator_length(const char *name, size_t size, size_t at)
{
    return name[at] == 'o' ? length_of_operator(name, size, at) : 0;
}

/* The brackets of a name. Looking for the end of one that is not closed goes through all of the
 * name; a hostile one could have as many of these as it has bytes. */
struct brackets {
    const char *name;
    size_t size;
    unsigned unclosed;
};

enum { UNCLOSED_MAX = 16 };

/* Where the bracket opened at `at` is closed, or the size when it is not. */
static size_t closing(struct brackets *brackets, size_t at)
{
    const char *name = brackets->name;
    size_t size = brackets->size, depth = 0;
    char open = name[at], close = open == '(' ? ')' : '>';
    if (brackets->unclosed >= UNCLOSED_MAX)
        return size;
    for (size_t i = at; i < size; i++) {
        size_t skip = operator_length(name, size, i);
        if (skip) {
            i += skip - 1;
        } else if (name[i] == '-' && i + 1 < size && name[i + 1] == '>') {
            i++; // the arrow of a return type is no bracket
        } else if (name[i] == open) {
            depth++;
        } else if (name[i] == close && --depth == 0) {
            return i;
        }
    }
    brackets->unclosed++;
    return size;
}

/* How long what is never taken apart is at `at`, or 0. */
static size_t whole_length(const char *name, size_t size, size_t at)
{
    static const char anonymous[] = "(anonymous namespace)";
    size_t length = sizeof anonymous - 1;
    if (name[at] == '(' && size - at >= length && !memcmp(name + at, anonymous, length))
        return length;
    return operator_length(name, size, at);
}

/* Copies the name with its `open` groups replaced, except where they lie in other brackets. */
static void replace_groups(struct text *out, const char *name, size_t size, char open,
                           const char *replacement)
{
    struct brackets brackets = {name, size, 0};
    size_t copied = 0;
    for (size_t i = 0; i < size; i++) {
        size_t skip = whole_length(name, size, i);
        if (skip) {
            i += skip - 1;
            continue;
        }
        if (name[i] != '(' && name[i] != '<')
            continue;
        size_t end = closing(&brackets, i);
        if (end < size && name[i] == open) {
            text_append(out, name + copied, i - copied);
            text_append_string(out, replacement);
            copied = end + 1;
        }
        i = end < size ? end : i;
    }
    text_append(out, name + copied, size - copied);
}

static void trim(struct text *text)
{
    static const char constant[] = " const";
    while (text->length > 0 && text->data[text->length - 1] == ' ')
        text->length--;
    size_t length = sizeof constant - 1;
    if (text->length > length && !memcmp(text->data + text->length - length, constant, length))
        text->length -= length;
}

/* Where the last component of the name begins: after the last "::" outside brackets and, when the
 * name may begin with a return type (`typed`), after the last space outside brackets. */
static size_t last_component(const char *name, size_t size, bool typed)
{
    struct brackets brackets = {name, size, 0};
    size_t begin = 0;
    for (size_t i = 0; i + 1 < size; i++) {
        size_t skip = operator_length(name, size, i);
        if (skip) {
            i += skip - 1;
            i += i + 1 < size && name[i + 1] == ' '; // of "operator< <int>"
        } else if (typed && name[i] == ' ') {
            begin = i + 1;
        } else if (name[i] == '<' || name[i] == '(') {
            size_t end = closing(&brackets, i);
            i = end < size ? end : i;
        } else if (name[i] == ':' && i > 0 && name[i - 1] == ':') {
            begin = i + 1;
        }
    }
    return begin;
}

/* The length of the name without "::h" and 16 hexadecimal digits (Rust's legacy mangling). */
static size_t without_rust_hash(const char *name, size_t size)
{
    if (size <= 19 || memcmp(name + size - 19, "::h", 3))
        return size;
    for (size_t i = size - 16; i < size; i++) {
        if (!memchr("0123456789abcdef", name[i], 16))
            return size;
    }
    return size - 19;
}

static void cut_end(struct text *out, const char *name, size_t size, size_t cells)
{
    const char *at = name, *end = name + size;
    for (size_t used = 0; at < end;) {
        const char *next = at;
        used += name_cells_of(name_next_code_point(&next, end));
        if (used > cells - 1)
            break;
        at = next;
    }
    text_append(out, name, (size_t)(at - name));
    text_append_string(out, "…");
}

void label_stages(struct label_stages *stages, const char *name, size_t size)
{
    struct text *full = &stages->text[0], *plain = &stages->text[1], *bare = &stages->text[2],
                *last = &stages->text[3];
    *stages = (struct label_stages){0};
    text_append(full, name, without_rust_hash(name, size));
    replace_groups(plain, full->data, full->length, '(', "");
    trim(plain);
    if (!plain->length)
        return;
    replace_groups(bare, plain->data, plain->length, '<', "<…>");
    // Only names with an argument list are demangled with a return type; "operator new" and
    // conversions have spaces of their own.
    bool typed = plain->length < full->length && !memmem(bare->data, bare->length, "operator ", 9);
    size_t begin = last_component(bare->data, bare->length, typed);
    text_append(last, bare->data + begin, bare->length - begin);
}

void label_stages_release(struct label_stages *stages)
{
    for (unsigned i = 0; i < LABEL_STAGES; i++)
        text_release(&stages->text[i]);
}

void label_append(struct text *out, const char *name, size_t size, size_t cells)
{
    if (cells < LABEL_CELLS_MIN)
        return;
    struct label_stages stages;
    label_stages(&stages, name, size);
    const struct text *best = &stages.text[0];
    for (unsigned i = 1; i < LABEL_STAGES && name_cells(best->data, best->length) > cells; i++) {
        if (stages.text[i].length)
            best = &stages.text[i];
    }
    if (name_cells(best->data, best->length) > cells)
        cut_end(out, best->data, best->length, cells);
    else
        text_append(out, best->data, best->length);
    label_stages_release(&stages);
}
