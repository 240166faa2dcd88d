// SPDX-License-Identifier: MIT
#include "common/settings_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <yaml.h>

enum { FILE_MAX = 1 << 20, ENTRIES_MAX = 2000 };

struct reader {
    const char *name;
    struct arena *arena;
    yaml_document_t document;
    struct file_entry *entries;
    size_t n, cap;
    struct problem *why;
};

static enum err at(struct reader *r, yaml_mark_t mark, const char *what, const char *which)
{
    return problem_set(r->why, ERR_INPUT, "%s:%zu:%zu: %s%.80s", r->name, mark.line + 1,
                       mark.column + 1, what, which);
}

// The text of a scalar; NULL if the node is none, or carries a NUL.
static const char *scalar(struct reader *r, const yaml_node_t *node)
{
    if (node->type != YAML_SCALAR_NODE)
        return NULL;
    const char *text = (const char *)node->data.scalar.value;
    size_t length = node->data.scalar.length;
    if (memchr(text, '\0', length))
        return NULL;
    // A bare ~ or null is the absent value.
    bool plain = node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    if (plain && (strcmp(text, "~") == 0 || strcmp(text, "null") == 0))
        return "";
    return arena_strndup(r->arena, text, length);
}

static enum err read_list(struct reader *r, const yaml_node_t *node, struct file_entry *e)
{
    size_t n = (size_t)(node->data.sequence.items.top - node->data.sequence.items.start);
    const char **items = arena_alloc(r->arena, n * sizeof *items);
    for (size_t i = 0; i < n; i++) {
        yaml_node_t *item =
            yaml_document_get_node(&r->document, node->data.sequence.items.start[i]);
        items[i] = scalar(r, item);
        if (!items[i])
            return at(r, item->start_mark, "expected a plain value in the list of ", e->name);
    }
    e->items = items;
    e->n = n;
    e->is_list = true;
    return OK;
}

static enum err read_value(struct reader *r, const yaml_node_t *node, struct file_entry *e)
{
    if (node->type == YAML_SEQUENCE_NODE)
        return read_list(r, node, e);
    const char **item = arena_alloc(r->arena, sizeof *item);
    *item = scalar(r, node);
    if (!*item)
        return at(r, node->start_mark, "expected a value or a list of values for ", e->name);
    e->items = item;
    e->n = 1;
    return OK;
}

static bool is_repeated(const struct reader *r, const struct file_entry *e)
{
    for (size_t i = 0; i < r->n; i++)
        if (strcmp(r->entries[i].section, e->section) == 0 &&
            strcmp(r->entries[i].name, e->name) == 0)
            return true;
    return false;
}

static enum err add(struct reader *r, const struct file_entry *e, yaml_mark_t mark)
{
    if (is_repeated(r, e))
        return at(r, mark, "given twice: ", e->name[0] ? e->name : e->section);
    if (r->n == ENTRIES_MAX)
        return at(r, mark, "too many settings", "");
    if (r->n == r->cap) {
        size_t cap = r->cap ? 2 * r->cap : 32;
        struct file_entry *grown = arena_alloc(r->arena, cap * sizeof *grown);
        if (r->n)
            memcpy(grown, r->entries, r->n * sizeof *grown);
        r->entries = grown;
        r->cap = cap;
    }
    r->entries[r->n++] = *e;
    return OK;
}

static struct file_entry entry_at(const char *section, const char *name, const yaml_node_t *key)
{
    return (struct file_entry){.section = section,
                               .name = name,
                               .line = key->start_mark.line + 1,
                               .column = key->start_mark.column + 1};
}

static enum err read_entry(struct reader *r, const char *section, const yaml_node_pair_t *pair)
{
    yaml_node_t *key = yaml_document_get_node(&r->document, pair->key);
    yaml_node_t *value = yaml_document_get_node(&r->document, pair->value);
    const char *name = scalar(r, key);
    if (!name || !*name)
        return at(r, key->start_mark, "expected the name of a setting in section ", section);
    struct file_entry e = entry_at(section, name, key);
    enum err err = read_value(r, value, &e);
    return err == OK ? add(r, &e, key->start_mark) : err;
}

static bool is_empty(const yaml_node_t *node)
{
    return node->type == YAML_SCALAR_NODE && node->data.scalar.length == 0;
}

static enum err read_section(struct reader *r, const yaml_node_pair_t *pair)
{
    yaml_node_t *key = yaml_document_get_node(&r->document, pair->key);
    yaml_node_t *value = yaml_document_get_node(&r->document, pair->value);
    const char *section = scalar(r, key);
    if (!section)
        return at(r, key->start_mark, "expected the name of a section", "");
    struct file_entry head = entry_at(section, "", key);
    enum err e = add(r, &head, key->start_mark);
    if (e != OK || is_empty(value))
        return e;
    if (value->type != YAML_MAPPING_NODE)
        return at(r, value->start_mark, "expected \"name: value\" lines in section ", section);
    for (yaml_node_pair_t *p = value->data.mapping.pairs.start;
         e == OK && p < value->data.mapping.pairs.top; p++)
        e = read_entry(r, section, p);
    return e;
}

static enum err read_document(struct reader *r)
{
    yaml_node_t *root = yaml_document_get_root_node(&r->document);
    if (!root || is_empty(root)) // an empty file, or comments only
        return OK;
    if (root->type != YAML_MAPPING_NODE)
        return at(r, root->start_mark, "expected sections: fetcher, classifier, sink, …", "");
    enum err e = OK;
    for (yaml_node_pair_t *p = root->data.mapping.pairs.start;
         e == OK && p < root->data.mapping.pairs.top; p++)
        e = read_section(r, p);
    return e;
}

static enum err syntax_error(struct reader *r, const yaml_parser_t *parser)
{
    const char *what = parser->problem ? parser->problem : "not YAML";
    if (parser->error == YAML_READER_ERROR)
        return problem_set(r->why, ERR_INPUT, "%s: not UTF-8 text: %s at byte %zu", r->name, what,
                           parser->problem_offset);
    return at(r, parser->problem_mark, "not YAML: ", what);
}

enum err settings_file_parse(const char *name, const unsigned char *bytes, size_t size,
                             struct arena *a, struct file_entries *out, struct problem *why)
{
    struct reader r = {.name = name, .arena = a, .why = why};
    yaml_parser_t parser;
    if (!yaml_parser_initialize(&parser))
        panic("out of memory for the settings file");
    yaml_parser_set_input_string(&parser, bytes, size);
    enum err e;
    if (!yaml_parser_load(&parser, &r.document)) {
        e = syntax_error(&r, &parser);
        goto out;
    }
    e = read_document(&r);
    yaml_document_delete(&r.document);
    if (e == OK)
        *out = (struct file_entries){r.entries, r.n};
out:
    yaml_parser_delete(&parser);
    return e;
}

enum err settings_file_read(const char *path, struct arena *a, struct file_entries *out,
                            struct problem *why)
{
    enum err e = ERR_IO;
    FILE *file = fopen(path, "re");
    if (!file)
        return problem_set(why, ERR_IO, "cannot read the settings file %s: %s", path,
                           strerror(errno));
    unsigned char *bytes = mem_alloc(FILE_MAX + 1);
    size_t size = fread(bytes, 1, FILE_MAX + 1, file);
    if (ferror(file))
        e = problem_set(why, ERR_IO, "cannot read the settings file %s: %s", path, strerror(errno));
    else if (size > FILE_MAX)
        e = problem_set(why, ERR_LIMIT, "the settings file %s is larger than 1 MiB", path);
    else
        e = settings_file_parse(path, bytes, size, a, out, why);
    free(bytes);
    fclose(file);
    return e;
}
