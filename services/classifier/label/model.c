// SPDX-License-Identifier: MIT
#include "services/classifier/label/model.h"

#include <jansson.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"

// The file: one line of JSON, then for each feature its key (4 bytes) and for each column a weight
// (2 bytes, in units of the column's scale), all little-endian.
static const char format[] = "newswire label model 1";

enum { MAYBE_BITS = 1 << 20 };

static bool may_have(const struct model *m, uint32_t key)
{
    return m->maybe[key % MAYBE_BITS / 64] >> key % 64 & 1;
}

void model_free(struct model *m)
{
    free(m->maybe);
    free(m->slots);
    free(m->keys);
    free(m->weights);
    free(m->seen);
    *m = (struct model){0};
}

void model_init(struct model *m, size_t n_features)
{
    size_t slots = 1024;
    while (slots < n_features * 2)
        slots *= 2;
    m->mask = slots - 1;
    m->maybe = mem_alloc(MAYBE_BITS / 8);
    m->slots = mem_alloc(slots * sizeof *m->slots);
    m->keys = mem_alloc(n_features * sizeof *m->keys);
    m->seen = mem_alloc(n_features * sizeof *m->seen);
    m->weights = mem_alloc(n_features * m->n_columns * sizeof *m->weights);
    m->n_features = 0;
    m->current = 0;
}

void model_put(struct model *m, uint32_t key, const float *weights)
{
    size_t slot = key & m->mask;
    while (m->slots[slot].index)
        slot = (slot + 1) & m->mask;
    size_t index = m->n_features++;
    m->slots[slot] = (struct slot){key, (uint32_t)index + 1};
    m->maybe[key % MAYBE_BITS / 64] |= (uint64_t)1 << key % 64;
    m->keys[index] = key;
    if (m->n_columns)
        memcpy(m->weights + index * m->n_columns, weights, m->n_columns * sizeof *weights);
}

int32_t model_find(const struct model *m, uint32_t key)
{
    if (!may_have(m, key))
        return -1;
    for (size_t slot = key & m->mask; m->slots[slot].index; slot = (slot + 1) & m->mask)
        if (m->slots[slot].key == key)
            return (int32_t)(m->slots[slot].index - 1);
    return -1;
}

int model_column(const struct model *m, const char *label)
{
    for (size_t i = 0; i < m->n_columns; i++)
        if (strcmp(m->columns[i].name, label) == 0)
            return (int)i;
    return NO_COLUMN;
}

float model_known_grams(struct model *m, struct features *f)
{
    size_t kept = 0;
    m->current++;
    for (size_t i = 0; i < f->n_grams; i++) {
        int32_t index = model_find(m, f->grams[i].key);
        if (index < 0 || m->seen[index] == m->current)
            continue;
        m->seen[index] = m->current;
        f->grams[kept] = f->grams[i];
        f->grams[kept++].key = (uint32_t)index; // from here on the index stands for the key
    }
    f->n_grams = kept;
    return kept ? GRAM_SCALE / sqrtf((float)kept) : 0;
}

void model_sums(const struct model *m, const struct features *f, float gram_value, float *sums)
{
    for (size_t c = 0; c < m->n_columns; c++)
        sums[c] = 0;
    for (size_t i = 0; i < f->n_grams; i++)
        for (size_t c = 0; c < m->n_columns; c++)
            sums[c] += m->weights[f->grams[i].key * m->n_columns + c];
    for (size_t c = 0; c < m->n_columns; c++)
        sums[c] = sums[c] * gram_value + m->columns[c].bias;
    for (size_t i = 0; i < f->n; i++) {
        int32_t index = model_find(m, f->all[i].key);
        if (index < 0)
            continue;
        for (size_t c = 0; c < m->n_columns; c++)
            sums[c] += f->all[i].value * m->weights[(size_t)index * m->n_columns + c];
    }
}

float model_probability(const struct column *c, float sum)
{
    return 1 / (1 + expf(-(c->slope * sum + c->offset)));
}

// --- the file

static float column_scale(const struct model *m, size_t c)
{
    float most = 1e-6F;
    for (size_t i = 0; i < m->n_features; i++)
        most = fmaxf(most, fabsf(m->weights[i * m->n_columns + c]));
    return most / 32767;
}

static void put_bytes(struct buf *b, uint32_t value, int n)
{
    uint8_t bytes[4];
    for (int i = 0; i < n; i++)
        bytes[i] = (uint8_t)(value >> (8 * i));
    (void)buf_add(b, bytes, (size_t)n);
}

static uint32_t get_bytes(const uint8_t *p, int n)
{
    uint32_t value = 0;
    for (int i = 0; i < n; i++)
        value |= (uint32_t)p[i] << (8 * i);
    return value;
}

void model_write(const struct model *m, struct buf *into)
{
    json_t *columns = json_array();
    float scales[TAXONOMY_LABELS];
    for (size_t c = 0; c < m->n_columns; c++) {
        scales[c] = column_scale(m, c);
        const struct column *k = &m->columns[c];
        json_array_append_new(columns,
                              json_pack("{ss sf sf sf sf}", "label", k->name, "bias",
                                        (double)k->bias, "slope", (double)k->slope, "offset",
                                        (double)k->offset, "scale", (double)scales[c]));
    }
    json_t *head = json_pack("{ss ss si so}", "format", format, "data", m->data, "features",
                             (int)m->n_features, "columns", columns);
    char *line = json_dumps(head, JSON_COMPACT | JSON_REAL_PRECISION(9));
    (void)buf_puts(into, line);
    (void)buf_puts(into, "\n");
    free(line);
    json_decref(head);
    for (size_t i = 0; i < m->n_features; i++) {
        put_bytes(into, m->keys[i], 4);
        for (size_t c = 0; c < m->n_columns; c++) {
            float units = m->weights[i * m->n_columns + c] / scales[c];
            put_bytes(into, (uint16_t)(int16_t)lrintf(units), 2);
        }
    }
}

static bool read_column(json_t *object, struct column *c, float *scale)
{
    const char *name;
    double bias, slope, offset, unit;
    if (json_unpack(object, "{ss sF sF sF sF}", "label", &name, "bias", &bias, "slope", &slope,
                    "offset", &offset, "scale", &unit) != 0 ||
        strlen(name) >= sizeof c->name || !isfinite(bias) || !isfinite(slope) ||
        !isfinite(offset) || !(unit > 0 && unit < 1))
        return false;
    *c = (struct column){.bias = (float)bias, .slope = (float)slope, .offset = (float)offset};
    memcpy(c->name, name, strlen(name) + 1);
    *scale = (float)unit;
    return true;
}

static bool read_head(json_t *head, struct model *m, float *scales, size_t *n_features)
{
    const char *kind, *data;
    int n;
    json_t *columns;
    if (!head || json_unpack(head, "{ss ss si so}", "format", &kind, "data", &data, "features", &n,
                             "columns", &columns) != 0)
        return false;
    size_t n_columns = json_array_size(columns);
    if (strcmp(kind, format) != 0 || strlen(data) >= sizeof m->data || n < 0 ||
        n > MODEL_FEATURES || n_columns == 0 || n_columns > TAXONOMY_LABELS)
        return false;
    for (size_t c = 0; c < n_columns; c++)
        if (!read_column(json_array_get(columns, c), &m->columns[c], &scales[c]))
            return false;
    m->n_columns = n_columns;
    memcpy(m->data, data, strlen(data) + 1);
    *n_features = (size_t)n;
    return true;
}

enum err model_read(const char *name, const uint8_t *bytes, size_t n, struct model *out,
                    struct problem *why)
{
    struct model m = {0};
    float scales[TAXONOMY_LABELS];
    size_t n_features = 0;
    const uint8_t *end = n ? memchr(bytes, '\n', n) : NULL;
    json_t *head = end ? json_loadb((const char *)bytes, (size_t)(end - bytes), 0, NULL) : NULL;
    bool sound = read_head(head, &m, scales, &n_features);
    json_decref(head);
    size_t record = 4 + 2 * m.n_columns;
    if (!sound || n_features * record != n - (size_t)(end + 1 - bytes))
        return problem_set(why, ERR_CONFIG, "%s:1: not a model of this version: train it again",
                           name);
    model_init(&m, n_features);
    for (size_t i = 0; i < n_features; i++) {
        const uint8_t *p = end + 1 + i * record;
        float weights[TAXONOMY_LABELS];
        for (size_t c = 0; c < m.n_columns; c++)
            weights[c] = scales[c] * (float)(int16_t)get_bytes(p + 4 + 2 * c, 2);
        model_put(&m, get_bytes(p, 4), weights);
    }
    *out = m;
    return OK;
}
