// SPDX-License-Identifier: MIT
#include "services/fetcher/extract/words.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/err.h"
#include "common/mem.h"

// One line a kind; a word may be of several. Measured on real pages: how much of what carries the
// word was part of the article (kept) and how much was not.
static const struct {
    uint16_t flags;
    const char *words;
} lists[] = {
    {WORD_UNWANTED,
     "related comment comments commentlist respond disqus footer copyright byline credit "
     "caption captions tags cta newsletter subscribe subscription signup signin login share "
     "sharing sharedaddy addtoany shareaholic social socials promo promoted promotion "
     "outbrain taboola sponsored sponsor advert advertisement advertising ads breadcrumb "
     "breadcrumbs sidebar widget textwidget widgets trending popular recommended "
     "recommendations recommendation yarpp jetpack relatedposts pagination pager prev "
     "previous cookie cookies gdpr consent modal popup nav navigation navbar menu toolbar "
     "bio rating ratings noprint print timestamp dateline pubdate donate teaser teasers "
     "buttons btn icon icons gallery slideshow carousel readmore recent latest screenreader "
     "tooltip disclaimer contact colophon author authors banner footnotes saboxplugin"},
    {WORD_WEAK,
     "widget widgets textwidget sidebar gallery slideshow carousel teaser teasers icon icons "
     "menu nav navigation navbar print contact tags rating ratings cta modal popup bio "
     "toolbar jetpack"},
    {WORD_COMMENT, "comment comments commentlist respond disqus"},
    {WORD_STRONG,
     "comment comments commentlist respond disqus relatedposts outbrain taboola sharedaddy "
     "newsletter breadcrumb breadcrumbs cookie gdpr consent related"},
    {WORD_CONTENT, "content article story body main post entry text page wrapper container"},
    {WORD_LEAD,
     "summary lead lede intro introduction standfirst deck dek abstract chapo chapeau "
     "vorspann entradilla subtitle subtitulo bajada sapo excerpt subheadline subhead teaser "
     "description perex untertitel kicker highlight sumario subtitel dropcap preview"},
    {WORD_EMBED, "embed"},
    {WORD_FIRST, "article post story art entry body field full"},
    {WORD_LAST, "body content text entry"},
    {WORD_IMAGE, "img image pic picture photo"},
    {WORD_NOTE, "desc descr description intro note tip legend"},
    {WORD_BODY,
     "articlebody articletext articlecontent postbody postcontent entrycontent storybody storytext "
     "fulltext newscontent"},
};

// Whole class names that hide an element from those who see.
static const char *const hiding[] = {"visually-hidden",    "visuallyhidden", "sr-only", "is-hidden",
                                     "screen-reader-text", "d-none",         "hidden"};

enum { NODES_MAX = 1600, DEAD = 0, ROOT = 1, VALUE_MAX = 400 };

// The words as a trie over the letters: most names leave it after two or three.
struct word_table {
    uint16_t next[NODES_MAX][26]; // DEAD: no word goes on like this
    uint8_t word[NODES_MAX];      // of the word that ends here: its id + 1, 0: none does
    uint16_t flags[WORD_ID_COUNT];
    uint16_t n_nodes;
    uint8_t n_words, screenreader, caption;
};

static void add_word(struct word_table *t, const char *word, size_t n, uint16_t flags)
{
    uint16_t node = ROOT;
    for (size_t i = 0; i < n; i++) {
        uint16_t *next = &t->next[node][word[i] - 'a'];
        if (*next == DEAD) {
            if (t->n_nodes == NODES_MAX || t->n_words == WORD_ID_COUNT - 1)
                panic("words.c: the table is too small for its words");
            *next = t->n_nodes++;
        }
        node = *next;
    }
    if (!t->word[node])
        t->word[node] = ++t->n_words;
    t->flags[t->word[node] - 1] |= flags;
}

struct word_table *word_table_new(void)
{
    struct word_table *t = mem_alloc(sizeof *t);
    t->n_nodes = ROOT + 1;
    // First, so that their ids are known.
    add_word(t, "screenreader", strlen("screenreader"), WORD_UNWANTED);
    add_word(t, "caption", strlen("caption"), WORD_UNWANTED);
    t->screenreader = 0;
    t->caption = 1;
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        for (const char *w = lists[i].words; *w;) {
            size_t n = strcspn(w, " ");
            add_word(t, w, n, lists[i].flags);
            w += n + (w[n] == ' ');
        }
    return t;
}

void word_table_free(struct word_table **t)
{
    free(*t);
    *t = NULL;
}

uint16_t word_flags(const struct word_table *t, uint8_t id)
{
    return t->flags[id];
}

static void add_id(const struct word_table *t, uint8_t id, struct word_set *set)
{
    uint16_t flags = t->flags[id];
    set->flags |= flags;
    if (!(flags & WORD_UNWANTED) || set->n == WORD_SET_MAX)
        return;
    for (int i = 0; i < set->n; i++)
        if (set->ids[i] == id)
            return;
    set->ids[set->n++] = id;
}

enum kind { SEPARATOR, UPPER, LOWER, DIGIT };

static enum kind kind_of(char c)
{
    static const uint8_t kinds[256] = {
        ['0' ... '9'] = DIGIT, ['A' ... 'Z'] = UPPER, ['a' ... 'z'] = LOWER};
    return kinds[(uint8_t)c];
}

// A word ends before an upper-case letter that follows a lower-case one ("shareBar"), before the
// last capital of a run of them ("HTMLBody"), and between letters and digits.
static bool splits(const char *s, size_t n, size_t i)
{
    enum kind before = kind_of(s[i - 1]), here = kind_of(s[i]);
    if (before == LOWER && here != LOWER)
        return true;
    if (before == UPPER && here == UPPER)
        return i + 1 < n && kind_of(s[i + 1]) == LOWER;
    return (before == DIGIT) != (here == DIGIT);
}

// Reading one value: where the trie stands for the word, and for the whole run of letters that
// camelCase divides into words; the flags of the word before, in the same name.
struct reader {
    const struct word_table *table;
    struct word_set *set;
    uint16_t word, run, before;
    bool divided;
};

static void step(struct reader *r, char c)
{
    bool letter = kind_of(c) != DIGIT;
    unsigned index = letter ? (unsigned)((c | 0x20) - 'a') : 0;
    r->word = letter ? r->table->next[r->word][index] : DEAD;
    if (r->divided)
        r->run = letter ? r->table->next[r->run][index] : DEAD;
}

// Over lower-case letters, most of any name, where nothing is divided. Returns the end.
static size_t step_lower(struct reader *r, const char *s, size_t i, size_t n)
{
    uint16_t node = r->word;
    for (; i < n && node != DEAD && kind_of(s[i]) == LOWER; i++)
        node = r->table->next[node][s[i] - 'a'];
    while (i < n && kind_of(s[i]) == LOWER)
        i++;
    r->word = node;
    return i;
}

static void end_word(struct reader *r)
{
    uint8_t id = r->table->word[r->word];
    uint16_t flags = id ? r->table->flags[id - 1] : 0;
    if (id)
        add_id(r->table, id - 1, r->set);
    if ((r->before & WORD_FIRST) && (flags & WORD_LAST))
        r->set->flags |= WORD_BODY; // "article-body", "postContent"
    if ((r->before & WORD_IMAGE) && (flags & WORD_NOTE))
        add_id(r->table, r->table->caption, r->set);
    r->before = flags;
    r->word = ROOT;
}

static void divide(struct reader *r)
{
    if (!r->divided)
        r->run = r->word;
    r->divided = true;
    end_word(r);
}

static void end_run(struct reader *r)
{
    end_word(r);
    uint8_t id = r->divided ? r->table->word[r->run] : 0;
    if (id)
        add_id(r->table, id - 1, r->set);
    r->divided = false;
}

// "hidden" alone hides; "md:hidden", "overflow-hidden" and their like need not.
static void add_hiding(const struct word_table *t, const char *s, size_t n, bool has_colon,
                       struct word_set *set)
{
    for (size_t i = 0; i < sizeof hiding / sizeof *hiding; i++)
        if (strlen(hiding[i]) == n && memcmp(hiding[i], s, n) == 0 && !(has_colon && s[0] == 'h'))
            add_id(t, t->screenreader, set);
}

static bool may_hide(char first)
{
    return first == 'v' || first == 's' || first == 'i' || first == 'd' || first == 'h';
}

static void read_words(const struct word_table *t, struct html_str value, struct word_set *set)
{
    const char *s = value.s;
    size_t n = value.n < VALUE_MAX ? value.n : VALUE_MAX, name = 0; // longer: generated, not named
    bool has_colon = memchr(s, ':', n) != NULL;
    struct reader r = {.table = t, .set = set, .word = ROOT};
    for (size_t i = 0; i <= n; i++) {
        if (i < n && kind_of(s[i]) != SEPARATOR) {
            if (i > 0 && kind_of(s[i - 1]) != SEPARATOR && splits(s, n, i))
                divide(&r);
            step(&r, s[i]);
            if (!r.divided)
                i = step_lower(&r, s, i + 1, n) - 1;
            continue;
        }
        if (i > 0 && kind_of(s[i - 1]) != SEPARATOR)
            end_run(&r);
        if (i == n || s[i] == ' ' || s[i] == '\n' || s[i] == '\t') {
            if (i > name && may_hide(s[name]))
                add_hiding(t, s + name, i - name, has_colon, set);
            name = i + 1;
            r.before = 0;
        }
    }
}

// A slot by the value's ends and length: values that differ may share one, and take turns.
static uint32_t slot_of(struct html_str value)
{
    uint64_t first = 0, last = 0;
    size_t n = value.n < sizeof first ? value.n : sizeof first;
    memcpy(&first, value.s, n);
    memcpy(&last, value.s + value.n - n, n);
    uint64_t hash = (first ^ value.n) * 0x9E3779B97F4A7C15u ^ last * 0xC2B2AE3D27D4EB4Fu;
    return (uint32_t)(hash >> 32) % WORD_MEMO_SIZE;
}

void words_add(struct word_memo *memo, struct html_str value, struct word_set *set)
{
    if (value.n == 0)
        return;
    uint32_t slot = slot_of(value);
    struct html_str *known = &memo->slots[slot].value;
    struct word_set *said = &memo->slots[slot].set;
    if (known->n != value.n || memcmp(known->s, value.s, value.n) != 0) {
        *known = value;
        *said = (struct word_set){0};
        read_words(memo->table, value, said);
    }
    set->flags |= said->flags;
    for (int i = 0; i < said->n; i++)
        add_id(memo->table, said->ids[i], set);
}
