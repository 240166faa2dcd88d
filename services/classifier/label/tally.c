// SPDX-License-Identifier: MIT
#include "services/classifier/label/tally.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"

const float zone_factor[N_ZONES] = {2.5F, 1.5F, 0.7F};

void tally_init(struct tally *y, const struct taxonomy *t)
{
    *y = (struct tally){
        .details = mem_alloc(t->n_details * sizeof(float)),
        .themes = mem_alloc(t->n_themes * sizeof(float)),
        .counts = mem_alloc(t->n_rules * N_ZONES * sizeof(float)),
        .met = mem_alloc(t->n_rules * sizeof(uint32_t)),
    };
}

void tally_free(struct tally *y)
{
    free(y->details);
    free(y->themes);
    free(y->counts);
    free(y->met);
    *y = (struct tally){0};
}

static void clear(struct tally *y, const struct taxonomy *t)
{
    for (size_t i = 0; i < y->n_met; i++)
        memset(y->counts + y->met[i] * N_ZONES, 0, N_ZONES * sizeof *y->counts);
    memset(y->labels, 0, sizeof y->labels);
    memset(y->details, 0, t->n_details * sizeof *y->details);
    memset(y->themes, 0, t->n_themes * sizeof *y->themes);
    y->n_met = 0;
}

static void count(struct tally *y, const struct match *m)
{
    float *counts = y->counts + m->rule * N_ZONES;
    float before = 0;
    for (size_t z = 0; z < N_ZONES; z++)
        before += counts[z];
    if (before == 0)
        y->met[y->n_met++] = m->rule;
    counts[m->zone]++;
}

// The second and third match of a rule count half, further ones not at all.
static float repeated(float count)
{
    return count < 1 ? 0 : 1 + 0.5F * fminf(count - 1, 2);
}

static void add_rule(struct tally *y, const struct rule *r, const float *counts)
{
    for (size_t z = 0; z < N_ZONES; z++) {
        float sum = r->weight * repeated(counts[z]);
        if (r->owner == OWNER_LABEL)
            y->labels[r->of][z] += sum;
        if (r->owner == OWNER_LABEL && r->detail >= 0)
            y->details[r->detail] += sum * zone_factor[z];
        if (r->owner == OWNER_THEME)
            y->themes[r->of] += sum * zone_factor[z];
    }
}

void tally_matches(struct tally *y, const struct taxonomy *t, const struct matches *matches)
{
    clear(y, t);
    for (size_t i = 0; i < matches->n; i++)
        count(y, &matches->all[i]);
    for (size_t i = 0; i < y->n_met; i++)
        add_rule(y, &t->rules[y->met[i]], y->counts + y->met[i] * N_ZONES);
}

float tally_score(const struct tally *y, size_t label)
{
    const float *sums = y->labels[label];
    // A long text says more of everything: what stands in its body saturates.
    float sum = zone_factor[ZONE_TITLE] * sums[ZONE_TITLE] +
                zone_factor[ZONE_LEAD] * sums[ZONE_LEAD] +
                6 * tanhf(zone_factor[ZONE_BODY] * sums[ZONE_BODY] / 6);
    return sum <= 0 ? 0 : sum / (sum + 5);
}
