// SPDX-License-Identifier: MIT
#include "services/sink/similar.h"

#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "common/text.h"

// Entries that agree in all rows of one band are compared: with 16 bands of 4 rows that is 99 in
// 100 of the pairs that have 7 runs in 10 in common, and 2 in 100 of those that have 2 (Leskovec,
// Mining of Massive Datasets, 3.4).
enum { BANDS = 16, ROWS = SIMILAR_BINS / BANDS, RUN = 4, LEAST_WORDS = 12, CANDIDATES = 256 };

static const double enough = 0.7;

struct entry {
    struct fingerprint fingerprint;
    char id[SIMILAR_ID_BYTES + 1];
    int64_t published_ms;
    uint64_t number;      // counts the entries ever made
    uint32_t next[BANDS]; // an older entry in the same bucket, + 1; 0 ends the chain
};

struct similar {
    struct entry *entries; // a ring
    size_t cap;
    uint64_t added;  // ever; the next one goes to added % cap
    uint32_t *heads; // [band × buckets]: entry + 1
    size_t buckets;
};

// --- fingerprints

static uint64_t mix(uint64_t h)
{
    h = (h ^ h >> 33) * 0xFF51AFD7ED558CCD;
    h = (h ^ h >> 33) * 0xC4CEB9FE1A85EC53;
    return h ^ h >> 33;
}

// What a character counts as: 0 parts words, else its folded form. Full-width forms become plain.
static uint32_t folded(uint32_t c)
{
    if (c >= 0xFF01 && c <= 0xFF5E)
        c -= 0xFEE0;
    if (c >= 'A' && c <= 'Z')
        return c + 32;
    bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    bool mark =
        c < 0xC0 || (c >= 0x2000 && c < 0x2E80) || (c >= 0x3000 && c < 0x3040) || c >= 0xFE10;
    return plain || !mark || c >= 0x20000 ? c : 0;
}

// The smallest hash of the runs that fall into each bin.
struct sketch {
    uint64_t least[SIMILAR_BINS];
    uint64_t last[RUN]; // the words before
    size_t words;
};

static void add_word(struct sketch *k, uint64_t word)
{
    // Sums of products with odd numbers, so that the order of the words counts; mixed once.
    static const uint64_t odd[RUN] = {0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9,
                                      0xD6E8FEB86659FD93};
    uint64_t run = 0;
    for (size_t i = 0; i + 1 < RUN; i++)
        run += (k->last[i] = k->last[i + 1]) * odd[i];
    run = mix(run + (k->last[RUN - 1] = word) * odd[RUN - 1]);
    if (++k->words < RUN)
        return;
    size_t bin = run % SIMILAR_BINS;
    if (run < k->least[bin])
        k->least[bin] = run;
}

// Most characters are ASCII or Chinese; this is run over every announcement.
static size_t decode(const char *s, size_t n, uint32_t *out)
{
    *out = (unsigned char)*s;
    return *out < 0x80 ? 1 : text_decode(s, n, out);
}

static void add_text(struct sketch *k, const char *s)
{
    size_t n = strnlen(s, SIMILAR_TEXT_BYTES);
    uint64_t word = 0;
    for (size_t i = 0; i < n;) {
        uint32_t c;
        i += decode(s + i, n - i, &c);
        bool alone = c >= 0x80 && text_is_cjk(c);
        uint32_t as = folded(c);
        if (word && (alone || !as)) {
            add_word(k, mix(word));
            word = 0;
        }
        if (alone)
            add_word(k, mix(c));
        else if (as)
            word = (word + as) * 0x9E3779B97F4A7C15;
    }
    if (word)
        add_word(k, mix(word));
}

// An empty bin takes over another's value, the same one for the same bin in every text.
static uint64_t densified(const struct sketch *k, size_t bin)
{
    for (uint64_t attempt = 0, from = bin; attempt < 4096; attempt++) {
        if (k->least[from] != UINT64_MAX)
            return mix(k->least[from] + attempt);
        from = mix(bin << 16 | attempt) % SIMILAR_BINS;
    }
    return 0;
}

struct fingerprint similar_fingerprint(const char *title, const char *text)
{
    struct sketch k;
    memset(&k, 0, sizeof k);
    memset(k.least, 0xFF, sizeof k.least);
    add_text(&k, title);
    add_text(&k, text);
    struct fingerprint f = {.usable = k.words >= LEAST_WORDS};
    for (size_t bin = 0; f.usable && bin < SIMILAR_BINS; bin++)
        f.bins[bin] = (uint16_t)(densified(&k, bin) >> 32);
    return f;
}

double similar_share(const struct fingerprint *a, const struct fingerprint *b)
{
    size_t same = 0;
    if (!a->usable || !b->usable)
        return 0;
    for (size_t i = 0; i < SIMILAR_BINS; i++)
        same += a->bins[i] == b->bins[i];
    return (double)same / SIMILAR_BINS;
}

// --- the index

struct similar *similar_new(size_t max_entries)
{
    struct similar *s = mem_alloc(sizeof *s);
    s->cap = max_entries ? max_entries : 1;
    s->buckets = 64;
    while (s->buckets < s->cap)
        s->buckets *= 2;
    s->entries = mem_alloc(s->cap * sizeof *s->entries);
    s->heads = mem_alloc(BANDS * s->buckets * sizeof *s->heads);
    return s;
}

void similar_free(struct similar **s)
{
    if (!*s)
        return;
    free((*s)->entries);
    free((*s)->heads);
    free(*s);
    *s = NULL;
}

static uint32_t *head_of(const struct similar *s, const struct fingerprint *f, size_t band)
{
    uint64_t rows;
    _Static_assert(sizeof rows == ROWS * sizeof *f->bins, "a band is one number");
    memcpy(&rows, f->bins + band * ROWS, sizeof rows);
    return &s->heads[band * s->buckets + mix(rows + band) % s->buckets];
}

// The first entry of a bucket, or NULL. What the ring has overwritten stays linked; it is
// recognised where it is met: it no longer belongs to this bucket.
static const struct entry *first_of(const struct similar *s, const struct fingerprint *f,
                                    size_t band)
{
    const uint32_t *head = head_of(s, f, band);
    const struct entry *e = *head ? &s->entries[*head - 1] : NULL;
    return e && head_of(s, &e->fingerprint, band) == head ? e : NULL;
}

// The next older one; an overwritten one is newer, and so the end.
static const struct entry *next_of(const struct similar *s, const struct entry *e, size_t band)
{
    const struct entry *next = e->next[band] ? &s->entries[e->next[band] - 1] : NULL;
    return next && next->number < e->number ? next : NULL;
}

const char *similar_find(const struct similar *s, const struct fingerprint *f, int64_t since_ms)
{
    const struct entry *best = NULL;
    double most = enough;
    for (size_t band = 0; f->usable && band < BANDS; band++) {
        const struct entry *e = first_of(s, f, band);
        for (size_t seen = 0; e && seen < CANDIDATES; seen++, e = next_of(s, e, band)) {
            double share = similar_share(f, &e->fingerprint);
            if (e->published_ms < since_ms || share < most)
                continue;
            if (!best || share > most || e->number < best->number)
                best = e;
            most = share;
        }
    }
    return best ? best->id : NULL;
}

void similar_add(struct similar *s, const struct fingerprint *f, const char *id,
                 int64_t published_ms)
{
    size_t length = strlen(id);
    if (!f->usable || length > SIMILAR_ID_BYTES)
        return;
    uint32_t index = (uint32_t)(s->added % s->cap);
    struct entry *e = &s->entries[index];
    *e = (struct entry){.fingerprint = *f, .published_ms = published_ms, .number = s->added++};
    memcpy(e->id, id, length + 1);
    for (size_t band = 0; band < BANDS; band++) {
        uint32_t *head = head_of(s, f, band);
        e->next[band] = *head == index + 1 ? 0 : *head;
        *head = index + 1;
    }
}
