// SPDX-License-Identifier: MIT
#include "services/fetcher/extract/title.h"

#include <string.h>
#include <strings.h>

#include "services/fetcher/extract/tokens.h"

enum {
    HEADING_SIZE_MIN = 6,        // bytes of an only h1 that agrees with nothing
    AGREES_PERCENT = 60,         // of an h1's words that the page's title must have
    SMALLER_AGREES_PERCENT = 80, // of a smaller heading's
    PARTS_MAX = 8,               // of a title that are looked at
};

// Separators between an article's title and its site's name, in the order they are looked for.
static const char *const separators[] = {" | ", " – ", " — ", " - ", " :: ", " » ", " · ", " • ",
                                         "｜",  "—",   "_",   "|",   "--",   "-",   " : "};
enum { SPACED = 8 }; // the first ones are sure; the rest only part Chinese titles

static bool is_cjk_title(struct html_str s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.s[i] >= 0xE3 && (unsigned char)s.s[i] <= 0xE9)
            return true;
    return false;
}

static struct html_str trimmed(const char *s, size_t n)
{
    while (n > 0 && text_space(s, n)) {
        size_t blank = text_space(s, n);
        s += blank;
        n -= blank;
    }
    while (n > 0 && s[n - 1] == ' ')
        n--;
    return (struct html_str){s, n};
}

// Where the separator stands last (or first) in the title; NULL if nowhere.
static const char *find(struct html_str t, const char *separator, bool last)
{
    size_t n = strlen(separator);
    const char *found = NULL;
    for (size_t i = 1; i + n < t.n; i++)
        if (memcmp(t.s + i, separator, n) == 0) {
            found = t.s + i;
            if (!last)
                break;
        }
    return found;
}

static bool same_words(struct html_str a, struct html_str b)
{
    struct tokens x = tokens_of(a), y = tokens_of(b);
    return x.n > 0 && x.n == y.n && tokens_common(&x, &y) == x.n;
}

// How many words the longest part of a title has: the article's title, where the others name the
// site and its sections.
static uint32_t longest_part(struct html_str title)
{
    uint32_t most = 0;
    for (int parts = 0; parts < PARTS_MAX && title.n > 0; parts++) {
        const char *end = title.s + title.n, *cut = end;
        size_t size = 0;
        for (size_t i = 0; i < sizeof separators / sizeof *separators; i++) {
            const char *at = find(title, separators[i], false);
            if (at && at < cut) {
                cut = at;
                size = strlen(separators[i]);
            }
        }
        uint32_t n = tokens_of((struct html_str){title.s, (size_t)(cut - title.s)}).n;
        most = n > most ? n : most;
        title = (struct html_str){cut + size, (size_t)(end - cut) - size};
    }
    return most;
}

// Takes the site's name off: a last part after a separator, if it is the name that the page gives
// its site or shorter than what precedes it; a first part only if it is that name.
static struct html_str without_site(struct html_str title, struct html_str site)
{
    bool cjk = is_cjk_title(title);
    size_t n_separators = cjk ? sizeof separators / sizeof *separators : SPACED;
    for (size_t i = 0; i < n_separators; i++) {
        const char *sep = find(title, separators[i], false);
        if (!sep)
            continue;
        struct html_str first = trimmed(title.s, (size_t)(sep - title.s));
        const char *rest = sep + strlen(separators[i]);
        struct html_str after = trimmed(rest, (size_t)(title.s + title.n - rest));
        if (site.s && same_words(first, site))
            return after;
        sep = cjk ? sep : find(title, separators[i], true);
        first = trimmed(title.s, (size_t)(sep - title.s));
        rest = sep + strlen(separators[i]);
        after = trimmed(rest, (size_t)(title.s + title.n - rest));
        if ((site.s && same_words(after, site)) || longest_part(after) < tokens_of(first).n)
            return first;
    }
    return title;
}

// How many percent of the heading's words the declared titles have.
static uint32_t agreement(const struct tokens *words, const struct tokens *declared, uint32_t n)
{
    uint32_t best = 0;
    for (uint32_t i = 0; i < n && words->n; i++) {
        uint32_t percent = tokens_common(words, &declared[i]) * 100 / words->n;
        best = percent > best ? percent : best;
    }
    return best;
}

// How well a heading does as the title: it must agree with what the page declares; longer ones say
// more, and an h1 counts double.
static uint32_t heading_score(const struct page *p, const struct heading *h, uint32_t agrees)
{
    bool h1 = p->nodes[h->node].tag == HTML_H1;
    if (h1)
        return agrees >= AGREES_PERCENT ? agrees * h->words.n * 2 : 0;
    bool smaller = p->nodes[h->node].tag == HTML_H2 || p->nodes[h->node].tag == HTML_H3;
    return smaller && agrees >= SMALLER_AGREES_PERCENT && h->words.n >= 3 ? agrees * h->words.n : 0;
}

struct html_str title_choose(const struct page *p, const struct headings *headings,
                             const struct meta *meta)
{
    struct tokens declared[2];
    uint32_t n_declared = 0, best_score = 0, n_h1 = 0;
    struct html_str best = {NULL, 0}, lone = {NULL, 0};
    if (meta->title.n)
        declared[n_declared++] = tokens_of(meta->title);
    if (meta->og_title.n)
        declared[n_declared++] = tokens_of(meta->og_title);
    uint32_t longest = longest_part(meta->title);
    for (uint32_t i = 0; i < headings->n; i++) {
        const struct heading *h = &headings->items[i];
        if (p->nodes[h->node].tag == HTML_H1 &&
            !(meta->site_name.s && same_words(h->text, meta->site_name))) {
            n_h1++;
            lone = h->text;
        }
        uint32_t score = heading_score(p, h, agreement(&h->words, declared, n_declared));
        if (p->nodes[h->node].tag != HTML_H1 && h->words.n * 2 < longest)
            score = 0; // a section's name
        if (score > best_score) {
            best_score = score;
            best = h->text;
        }
    }
    if (best.n)
        return best;
    if (n_h1 == 1 && lone.n >= HEADING_SIZE_MIN)
        return lone;
    if (meta->og_title.n)
        return without_site(trimmed(meta->og_title.s, meta->og_title.n), meta->site_name);
    if (meta->title.n)
        return without_site(meta->title, meta->site_name);
    return lone;
}
