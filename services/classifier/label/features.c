// SPDX-License-Identifier: MIT
#include "services/classifier/label/features.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"

static const uint32_t title_seed = 0x9E3779B9, text_seed = 0x85EBCA6B;

// FNV-1a with a final mix: the low bits choose a slot.
static uint32_t hash_bytes(uint32_t hash, const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++)
        hash = (hash ^ (unsigned char)s[i]) * 0x01000193;
    return hash;
}

static uint32_t mix(uint32_t h)
{
    h = (h ^ h >> 16) * 0x7FEB352D;
    h = (h ^ h >> 15) * 0x846CA68B;
    return h ^ h >> 16;
}

static uint32_t hash_name(const char *name)
{
    return mix(hash_bytes(0x811C9DC5, name, strlen(name)));
}

static void name_rule(struct feature_names *names, const struct taxonomy *t, size_t r,
                      const char *word)
{
    const struct rule *rule = &t->rules[r];
    char name[256];
    for (int zone = 0; zone < N_ZONES; zone++) {
        if (rule->owner == OWNER_ENTITY)
            snprintf(name, sizeof name, "kind %s %d", t->entities[rule->of].kind, zone);
        else
            snprintf(name, sizeof name, "rule %s %s %s %d", t->labels[rule->of].name,
                     rule->detail < 0 ? "" : t->details[rule->detail].name, word, zone);
        names->rules[r * N_ZONES + (size_t)zone] = hash_name(name);
    }
}

void feature_names_init(struct feature_names *names, const struct taxonomy *t)
{
    names->rules = mem_alloc(t->n_rules * N_ZONES * sizeof *names->rules);
    // A rule is known by the first of its words in the alphabet: words may be added behind it.
    for (size_t w = 0; w < t->n_words; w++) {
        const struct list *uses = &t->words[w].uses;
        for (uint32_t u = 0; u < uses->n; u++) {
            uint32_t r = t->lists[uses->first + u];
            if (t->rules[r].owner != OWNER_THEME && names->rules[r * N_ZONES] == 0)
                name_rule(names, t, r, t->words[w].text);
        }
    }
    for (size_t i = 0; i < t->n_labels; i++) {
        for (int zone = 0; zone < N_ZONES; zone++) {
            char name[80];
            snprintf(name, sizeof name, "sum %s %d", t->labels[i].name, zone);
            names->labels[i][zone] = hash_name(name);
        }
    }
}

void feature_names_free(struct feature_names *names)
{
    free(names->rules);
    names->rules = NULL;
}

static void add(struct features *f, uint32_t key, float value)
{
    mem_reserve((void **)&f->all, &f->cap, f->n + 1, sizeof *f->all);
    f->all[f->n++] = (struct feature){key, value};
}

static void add_rules(struct features *f, const struct feature_names *names,
                      const struct taxonomy *t, const struct tally *tally)
{
    for (size_t i = 0; i < tally->n_met; i++) {
        uint32_t r = tally->met[i];
        if (t->rules[r].owner == OWNER_THEME)
            continue;
        for (size_t z = 0; z < N_ZONES; z++) {
            float count = tally->counts[r * N_ZONES + z];
            if (count > 0)
                add(f, names->rules[r * N_ZONES + z], 1 + 0.25F * fminf(count - 1, 2));
        }
    }
    for (size_t i = 0; i < t->n_labels; i++)
        for (size_t z = 0; z < N_ZONES; z++)
            if (tally->labels[i][z] != 0)
                add(f, names->labels[i][z], 2 * tanhf(tally->labels[i][z] / 6));
}

// --- words and characters

static void add_gram(struct features *f, uint32_t hash, size_t start, size_t end)
{
    f->grams[f->n_grams++] = (struct gram){mix(hash), (uint32_t)start, (uint16_t)(end - start)};
}

static bool is_word_byte(unsigned char c)
{
    return (c >= 'a' && c <= 'z');
}

static uint32_t character_code(const char *s, size_t length)
{
    uint32_t code = 0;
    for (size_t i = 0; i < length; i++)
        code = code << 8 | (unsigned char)s[i];
    return code;
}

// Words and pairs of words; numbers and marks part nothing but are left out.
// Characters beyond ASCII: pairs and triples of those that stand together.
static void add_grams(struct features *f, const char *s, size_t from, size_t to, uint32_t seed)
{
    mem_reserve((void **)&f->grams, &f->cap_grams, f->n_grams + 2 * (to - from) + 2,
                sizeof *f->grams);
    size_t word = 0, back[2] = {0, 0}; // where the word and the characters before stand
    uint32_t word_hash = 0, codes[2] = {0, 0};
    size_t n_back = 0;
    bool paired = false;
    for (size_t i = from; i < to;) {
        unsigned char c = (unsigned char)s[i];
        if (is_word_byte(c)) {
            size_t start = i;
            uint32_t hash = seed;
            for (; i < to && is_word_byte((unsigned char)s[i]) && i - start < 40; i++)
                hash = (hash ^ (unsigned char)s[i]) * 0x01000193;
            add_gram(f, hash, start, i);
            if (paired && i - word < 60)
                add_gram(f, hash * 31 + word_hash, word, i);
            word = start;
            word_hash = hash;
            paired = true;
            n_back = 0;
        } else if (c >= 0xE3) {
            size_t length = c >= 0xF0 ? 4 : 3, end = i + length;
            if (end > to)
                break;
            uint32_t code = character_code(s + i, length);
            if (n_back >= 1)
                add_gram(f, seed + code * 0x9E3779B1 + codes[0] * 0x85EBCA77, back[0], end);
            if (n_back >= 2)
                add_gram(f,
                         seed + code * 0x9E3779B1 + codes[0] * 0x85EBCA77 + codes[1] * 0xC2B2AE3D,
                         back[1], end);
            codes[1] = codes[0];
            codes[0] = code;
            back[1] = back[0];
            back[0] = i;
            n_back += n_back < 2;
            paired = false;
            i = end;
        } else {
            paired &= c == ' ';
            n_back = 0;
            i++;
        }
    }
}

void features_of(struct features *f, const struct feature_names *names, const struct taxonomy *t,
                 const struct tally *tally, const struct normal *text, size_t title)
{
    f->n = f->n_grams = 0;
    add_rules(f, names, t, tally);
    size_t end = text->n < GRAM_BYTES ? text->n : GRAM_BYTES;
    add_grams(f, text->text, 0, title < end ? title : end, title_seed);
    add_grams(f, text->text, 0, end, text_seed);
}

void features_free(struct features *f)
{
    free(f->all);
    free(f->grams);
    *f = (struct features){0};
}
