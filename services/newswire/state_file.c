// SPDX-License-Identifier: MIT
#include "services/newswire/state_file.h"

#include <errno.h>
#include <jansson.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static json_t *labels_json(const struct state_file *f)
{
    json_t *labels = json_array();
    for (size_t i = 0; i < f->n_labels; i++)
        json_array_append_new(labels, json_string(f->labels[i]));
    return labels;
}

static bool has_number(const json_t *object, const char *name, uint64_t *out)
{
    const json_t *n = json_object_get(object, name);
    if (!json_is_integer(n) || json_integer_value(n) < 0)
        return false;
    *out = (uint64_t)json_integer_value(n);
    return true;
}

static enum err understand(const struct state_file *f, const json_t *object, struct state *out,
                           struct problem *why)
{
    struct state s;
    if (!has_number(object, "epoch", &s.epoch) || !has_number(object, "through", &s.through))
        return problem_set(why, ERR_CONFIG,
                           "%s is not the state of a subscriber: give another file, or remove it "
                           "to begin anew",
                           f->path);
    json_t *labels = labels_json(f);
    bool same = json_equal(labels, json_object_get(object, "labels"));
    json_decref(labels);
    if (!same)
        return problem_set(why, ERR_CONFIG,
                           "%s is the state of a subscriber to other labels: use one file for "
                           "each set of --label",
                           f->path);
    *out = s;
    return OK;
}

enum err state_file_read(const struct state_file *f, struct state *out, struct problem *why)
{
    enum { STATE_MAX = 64 << 10 };
    char text[STATE_MAX];
    FILE *file = fopen(f->path, "re");
    if (!file && errno == ENOENT)
        return ERR_NOTFOUND;
    if (!file)
        return problem_set(why, ERR_CONFIG, "cannot read %s: %s", f->path, strerror(errno));
    size_t n = fread(text, 1, sizeof text, file);
    fclose(file);
    json_t *object = json_loadb(text, n, 0, NULL);
    enum err e = understand(f, object, out, why);
    json_decref(object);
    return e;
}

static enum err failed(const char *path, struct problem *why)
{
    return problem_set(why, ERR_IO, "cannot write %s: %s", path, strerror(errno));
}

enum err state_file_write(const struct state_file *f, const struct state *s, struct problem *why)
{
    char fresh[PATH_MAX];
    if (snprintf(fresh, sizeof fresh, "%s.new", f->path) >= (int)sizeof fresh)
        return problem_set(why, ERR_CONFIG, "%s: the path is too long", f->path);
    json_t *object = json_pack("{s:I, s:I, s:o}", "epoch", (json_int_t)s->epoch, "through",
                               (json_int_t)s->through, "labels", labels_json(f));
    FILE *file = fopen(fresh, "we");
    bool written = file && json_dumpf(object, file, JSON_COMPACT) == 0 && fputc('\n', file) != EOF;
    json_decref(object);
    if (file && fclose(file) != 0)
        written = false;
    if (!written || rename(fresh, f->path) != 0)
        return failed(f->path, why);
    return OK;
}
