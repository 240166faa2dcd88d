// SPDX-License-Identifier: MIT
#include "services/fetcher/extract/title.h"

#include <string.h>
#include <strings.h>

#include "services/fetcher/extract/tokens.h"

enum {
    HEADING_LENGTH_MAX = 400,
    HEADING_LENGTH_MIN = 6,
    AGREES_PERCENT = 60, // of a heading's words that the page's title must have
    HEADINGS_MAX = 200,
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
        if ((site.s && same_words(after, site)) || tokens_of(after).n < tokens_of(first).n)
            return first;
    }
    return title;
}

static bool is_heading(enum html_tag tag)
{
    return tag == HTML_H1 || tag == HTML_H2 || tag == HTML_H3;
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

struct html_str title_choose(const struct page *p, const struct meta *meta, const struct ld *ld,
                             uint32_t node)
{
    struct tokens declared[3];
    uint32_t n_declared = 0;
    if (meta->title.n)
        declared[n_declared++] = tokens_of(meta->title);
    if (meta->og_title.n)
        declared[n_declared++] = tokens_of(meta->og_title);
    (void)ld;
    struct html_str best = {NULL, 0}, lone = {NULL, 0};
    uint32_t best_score = 0, headings = 0, n_h1 = 0;
    for (uint32_t i = p->body; i < p->nodes[p->body].end && headings < HEADINGS_MAX; i++) {
        if (p->drop[i] == DROP_INVISIBLE) {
            i = page_skip(p, i) - 1;
            continue;
        }
        if (!is_heading(p->nodes[i].tag))
            continue;
        headings++;
        struct html_str text = page_text(p, i);
        struct tokens words = tokens_of(text);
        if (text.n < 2 || text.n > HEADING_LENGTH_MAX * 3)
            continue;
        uint32_t percent = agreement(&words, declared, n_declared);
        bool h1 = p->nodes[i].tag == HTML_H1;
        if (h1 && !(meta->site_name.s && same_words(text, meta->site_name))) {
            n_h1++;
            lone = text;
        }
        uint32_t score = percent >= AGREES_PERCENT ? percent * words.n * (h1 ? 2 : 1) : 0;
        if (!h1 && (percent < 80 || words.n < 3))
            score = 0;
        if (score > best_score) {
            best_score = score;
            best = text;
        }
    }
    (void)node;
    if (best.n)
        return best;
    if (n_h1 == 1 && lone.n >= HEADING_LENGTH_MIN)
        return lone;
    if (meta->og_title.n)
        return without_site(trimmed(meta->og_title.s, meta->og_title.n), meta->site_name);
    if (meta->title.n)
        return without_site(meta->title, meta->site_name);
    return lone;
}
