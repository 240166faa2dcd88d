// SPDX-License-Identifier: MIT
#include "services/classifier/label/documents.h"

#include <errno.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/mem.h"

struct reading {
    const char *path;
    documents_take *take;
    documents_complain *complain;
    void *context;
};

static void complain(const struct reading *r, unsigned line, const char *what)
{
    struct problem why;
    (void)problem_set(&why, ERR_INPUT, "%s:%u: %s", r->path, line, what);
    r->complain(r->context, &why);
}

// A member's text with NUL made a space; `otherwise` if it is not there or no string.
static const char *member(json_t *object, const char *key, const char *otherwise)
{
    json_t *value = json_object_get(object, key);
    if (!json_is_string(value))
        return otherwise;
    char *text = (char *)json_string_value(value); // ours: the object was parsed for this call
    size_t n = json_string_length(value);
    for (char *nul = memchr(text, '\0', n); nul; nul = memchr(nul, '\0', n - (size_t)(nul - text)))
        *nul = ' ';
    return text;
}

static void read_labels(json_t *object, struct item *item)
{
    const char *only = member(object, "label", member(object, "weak_label", ""));
    if (*only)
        item->labels[item->n_labels++] = only;
    json_t *many = json_object_get(object, "labels"), *each;
    size_t i;
    json_array_foreach(many, i, each)
    {
        if (json_is_string(each) && item->n_labels < DOCUMENT_LABELS)
            item->labels[item->n_labels++] = json_string_value(each);
    }
}

static enum err take_object(const struct reading *r, json_t *object, unsigned line)
{
    char number[24];
    snprintf(number, sizeof number, "%u", line);
    struct item item = {
        .id = member(object, "id", number),
        .title = member(object, "title", ""),
        .text = member(object, "text", ""),
        .language = member(object, "language", member(object, "lang", "")),
        .source = member(object, "source", ""),
        .translated = json_is_true(json_object_get(object, "machine_translated")),
        .file = r->path,
        .line = line,
    };
    read_labels(object, &item);
    if (!*item.title && !*item.text) {
        complain(r, line, "neither \"title\" nor \"text\" in this object");
        return OK;
    }
    return r->take(r->context, &item);
}

static enum err take_line(const struct reading *r, const char *text, size_t n, unsigned number)
{
    json_error_t error;
    json_t *object = json_loadb(text, n, JSON_ALLOW_NUL, &error);
    if (!json_is_object(object)) {
        char said[256];
        snprintf(said, sizeof said, "not a JSON object: %s",
                 object ? "it is of another type" : error.text);
        complain(r, number, said);
        json_decref(object);
        return OK;
    }
    enum err e = take_object(r, object, number);
    json_decref(object);
    return e;
}

static bool is_blank(const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!strchr(" \t\r\n", s[i]) || !s[i])
            return false;
    return true;
}

static enum err take_lines(const struct reading *r, FILE *f)
{
    char *text = NULL;
    size_t cap = 0;
    ssize_t n;
    enum err e = OK;
    for (unsigned number = 1; !e && (n = getline(&text, &cap, f)) >= 0; number++) {
        if (n > DOCUMENTS_LINE_BYTES)
            complain(r, number, "longer than 16 MiB");
        else if (!is_blank(text, (size_t)n))
            e = take_line(r, text, (size_t)n, number);
    }
    free(text);
    return e;
}

// The whole file is one document.
static enum err take_plain(const struct reading *r, FILE *f)
{
    char *all = mem_alloc(DOCUMENTS_LINE_BYTES + 1);
    size_t n = fread(all, 1, DOCUMENTS_LINE_BYTES, f);
    enum err e = OK;
    if (n == DOCUMENTS_LINE_BYTES && fgetc(f) != EOF) {
        complain(r, 1, "longer than 16 MiB");
    } else if (is_blank(all, n)) {
        complain(r, 1, "empty: the first line is to be the title, the text follows");
    } else {
        for (char *nul = memchr(all, '\0', n); nul;
             nul = memchr(nul, '\0', n - (size_t)(nul - all)))
            *nul = ' ';
        char *end = strchr(all, '\n');
        if (end)
            *end = '\0';
        struct item item = {.id = r->path,
                            .title = all,
                            .text = end ? end + 1 : "",
                            .language = "",
                            .source = "",
                            .file = r->path,
                            .line = 1};
        e = r->take(r->context, &item);
    }
    free(all);
    return e;
}

// JSON Lines begin with a brace; a byte order mark before it is skipped.
static bool begins_with_brace(FILE *f)
{
    int c = fgetc(f);
    if (c == 0xEF) {
        int second = fgetc(f), third = fgetc(f);
        if (second != 0xBB || third != 0xBF) {
            ungetc(third, f);
            ungetc(second, f);
        } else {
            c = fgetc(f);
        }
    }
    ungetc(c, f);
    return c == '{';
}

enum err documents_read(const char *path, documents_take *take, documents_complain *complain_to,
                        void *context, struct problem *why)
{
    bool standard = strcmp(path, "-") == 0;
    FILE *f = standard ? stdin : fopen(path, "rb");
    if (!f)
        return problem_set(why, ERR_IO, "%s: %s", path, strerror(errno));
    struct stat about;
    enum err e = OK;
    if (fstat(fileno(f), &about) == 0 && S_ISDIR(about.st_mode)) {
        e = problem_set(why, ERR_IO, "%s: is a folder; name the files in it", path);
    } else {
        struct reading r = {path, take, complain_to, context};
        e = begins_with_brace(f) ? take_lines(&r, f) : take_plain(&r, f);
        if (!e && ferror(f))
            e = problem_set(why, ERR_IO, "%s: cannot be read to its end", path);
    }
    if (!standard)
        fclose(f);
    return e;
}
