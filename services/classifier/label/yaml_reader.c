// SPDX-License-Identifier: MIT
#include "services/classifier/label/yaml_reader.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "common/mem.h"

// Our nodes are libyaml's, under a name of our own.
struct yaml {
    const char *name;
    yaml_document_t document;
    bool failed;
    struct problem problem;
};

static yaml_node_t *inner(const struct yaml_node *node)
{
    return (yaml_node_t *)node;
}

static const struct yaml_node *outer(yaml_node_t *node)
{
    return (const struct yaml_node *)node;
}

struct yaml *yaml_open(const char *name, const char *bytes, size_t n, struct problem *why)
{
    struct yaml *y = mem_alloc(sizeof *y);
    y->name = name;
    yaml_parser_t parser;
    if (!yaml_parser_initialize(&parser))
        panic("out of memory for the YAML parser");
    yaml_parser_set_input_string(&parser, (const unsigned char *)bytes, n);
    if (!yaml_parser_load(&parser, &y->document)) {
        size_t line =
            parser.problem_mark.line ? parser.problem_mark.line : parser.context_mark.line;
        (void)problem_set(why, ERR_CONFIG, "%s:%zu: not valid YAML: %s", name, line + 1,
                          parser.problem ? parser.problem : "unreadable");
        yaml_parser_delete(&parser);
        free(y);
        return NULL;
    }
    yaml_parser_delete(&parser);
    return y;
}

void yaml_close(struct yaml **y)
{
    if (!*y)
        return;
    yaml_document_delete(&(*y)->document);
    free(*y);
    *y = NULL;
}

const struct yaml_node *yaml_root(struct yaml *y)
{
    return outer(yaml_document_get_root_node(&y->document));
}

unsigned yaml_line(const struct yaml_node *node)
{
    return node ? (unsigned)inner(node)->start_mark.line + 1 : 1;
}

void yaml_wrong(struct yaml *y, const struct yaml_node *at, const char *format, ...)
{
    char said[300];
    va_list args;
    va_start(args, format);
    vsnprintf(said, sizeof said, format, args);
    va_end(args);
    if (y->failed)
        return;
    y->failed = true;
    (void)problem_set(&y->problem, ERR_CONFIG, "%s:%u: %s", y->name, yaml_line(at), said);
}

enum err yaml_result(const struct yaml *y, struct problem *why)
{
    if (!y->failed)
        return OK;
    if (why)
        *why = y->problem;
    return ERR_CONFIG;
}

static void wrong_key(struct yaml *y, const struct yaml_node *at, const char *what, const char *key,
                      const char *const *keys)
{
    char known[200] = "";
    for (size_t i = 0; keys[i]; i++) {
        size_t used = strlen(known);
        snprintf(known + used, sizeof known - used, "%s%s", i ? ", " : "", keys[i]);
    }
    yaml_wrong(y, at, "%s has no key \"%.40s\"; it may have: %s", what, key, known);
}

void yaml_mapping(struct yaml *y, const struct yaml_node *node, const char *what,
                  const char *const *keys, const struct yaml_node **values)
{
    size_t n_keys = 0;
    for (; keys[n_keys]; n_keys++)
        values[n_keys] = NULL;
    if (y->failed)
        return;
    if (!node || inner(node)->type != YAML_MAPPING_NODE) {
        yaml_wrong(y, node, "%s is to be a mapping (key: value)", what);
        return;
    }
    yaml_node_pair_t *pair = inner(node)->data.mapping.pairs.start;
    for (; pair < inner(node)->data.mapping.pairs.top; pair++) {
        const struct yaml_node *key = outer(yaml_document_get_node(&y->document, pair->key));
        const char *name = yaml_text(y, key, "a key");
        size_t i = 0;
        while (keys[i] && strcmp(keys[i], name) != 0)
            i++;
        if (!keys[i])
            wrong_key(y, key, what, name, keys);
        else if (values[i])
            yaml_wrong(y, key, "%s has \"%s\" twice", what, name);
        else
            values[i] = outer(yaml_document_get_node(&y->document, pair->value));
    }
}

size_t yaml_length(struct yaml *y, const struct yaml_node *node, const char *what)
{
    if (!node || y->failed)
        return 0;
    if (inner(node)->type != YAML_SEQUENCE_NODE) {
        yaml_wrong(y, node, "%s is to be a list: [one, two]", what);
        return 0;
    }
    return (size_t)(inner(node)->data.sequence.items.top - inner(node)->data.sequence.items.start);
}

const struct yaml_node *yaml_item(struct yaml *y, const struct yaml_node *list, size_t i)
{
    return outer(yaml_document_get_node(&y->document, inner(list)->data.sequence.items.start[i]));
}

const char *yaml_text(struct yaml *y, const struct yaml_node *node, const char *what)
{
    if (y->failed)
        return "";
    if (!node || inner(node)->type != YAML_SCALAR_NODE) {
        yaml_wrong(y, node, "%s is to be a word or a number", what);
        return "";
    }
    const char *text = (const char *)inner(node)->data.scalar.value;
    if (!*text || strlen(text) != inner(node)->data.scalar.length) {
        yaml_wrong(y, node, "%s is empty or holds a NUL", what);
        return "";
    }
    return text;
}

double yaml_number(struct yaml *y, const struct yaml_node *node, const char *what, double low,
                   double high)
{
    const char *text = yaml_text(y, node, what);
    char *end;
    double value = strtod(text, &end);
    if (!y->failed && (*end || !(value >= low && value <= high)))
        yaml_wrong(y, node, "%s is \"%.40s\"; it is to be a number from %g to %g", what, text, low,
                   high);
    return y->failed ? low : value;
}
