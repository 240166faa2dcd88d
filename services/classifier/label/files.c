// SPDX-License-Identifier: MIT
// For each file its path, a NUL, its length in 4 bytes, big-endian, and its bytes.
#include "services/classifier/label/files.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "common/file.h"
#include "services/classifier/label/label.h"
#include "services/classifier/label/model.h"
#include "services/classifier/label/taxonomy.h"

enum { PATH_BYTES = 4096, LENGTH = 4 };

_Static_assert(MODEL_FILE_BYTES + 2 * TAXONOMY_FILE_BYTES + LABEL_FILES * (PATH_BYTES + LENGTH) <=
                   LABEL_FILES_BYTES,
               "what may be read has to fit");

static const struct {
    const char *name;
    size_t max;
    bool needed;
} files[LABEL_FILES] = {
    [LABEL_TAXONOMY] = {"taxonomy.yaml", TAXONOMY_FILE_BYTES, true},
    [LABEL_ENTITIES] = {"entities.yaml", TAXONOMY_FILE_BYTES, false},
    [LABEL_MODEL] = {"model", MODEL_FILE_BYTES, false},
};

static void add(struct buf *into, const char *path, const struct buf *bytes)
{
    uint8_t length[LENGTH];
    for (int i = 0; i < LENGTH; i++)
        length[i] = (uint8_t)(bytes->size >> (24 - 8 * i));
    (void)buf_add(into, path, strlen(path) + 1);
    (void)buf_add(into, length, LENGTH);
    (void)buf_add(into, bytes->data, bytes->size);
}

static enum err read_one(const char *folder, enum label_file i, struct buf *into,
                         struct problem *why)
{
    char path[PATH_BYTES];
    struct buf bytes = buf_new(files[i].max);
    snprintf(path, sizeof path, "%s/%s", folder, files[i].name);
    enum err e = file_read(path, &bytes, why);
    if (!e) {
        add(into, path, &bytes);
    } else if (e == ERR_NOTFOUND && !files[i].needed) {
        add(into, "", &bytes);
        e = OK;
    }
    buf_free(&bytes);
    return e;
}

enum err label_files_read(const char *folder, struct buf *into, struct problem *why)
{
    for (enum label_file i = 0; i < LABEL_FILES; i++)
        if (read_one(folder, i, into, why))
            return ERR_CONFIG;
    return buf_failed(into)
               ? problem_set(why, ERR_CONFIG, "%s: more than %zu bytes", folder, into->max)
               : OK;
}

static size_t get_length(const uint8_t *p)
{
    return (size_t)p[0] << 24 | (size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3];
}

// Takes one file from the front. False: it is cut off.
static bool take(const uint8_t **bytes, size_t *n, struct label_source *out)
{
    const uint8_t *nul = *n ? memchr(*bytes, '\0', *n) : NULL;
    if (!nul || (size_t)(*bytes + *n - nul) < 1 + LENGTH)
        return false;
    const uint8_t *start = nul + 1 + LENGTH;
    size_t left = (size_t)(*bytes + *n - start), length = get_length(nul + 1);
    if (length > left)
        return false;
    *out = (struct label_source){(const char *)*bytes, start, length};
    *bytes = start + length;
    *n = left - length;
    return true;
}

enum err label_files_open(const uint8_t *bytes, size_t n, struct label_source out[LABEL_FILES],
                          struct problem *why)
{
    for (size_t i = 0; i < LABEL_FILES; i++)
        if (!take(&bytes, &n, &out[i]))
            return problem_set(why, ERR_CONFIG, "taxonomy and model are cut off in file %zu",
                               i + 1);
    return n == 0 ? OK
                  : problem_set(why, ERR_CONFIG, "taxonomy and model are followed by %zu bytes", n);
}
