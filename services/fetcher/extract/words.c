// SPDX-License-Identifier: MIT
#include "services/fetcher/extract/words.h"

#include <stdlib.h>
#include <string.h>

#include "common/mem.h"

// One line a kind; a word may be of several. Measured on real pages: how much of what carries the
// word was part of the article (kept) and how much was not.
static const struct {
    uint16_t flags;
    const char *words;
} lists[] = {
    {WORD_UNWANTED,
     "related comment comments commentlist respond disqus footer copyright byline credit caption "
     "captions tags cta newsletter subscribe subscription signup signin login share sharing "
     "sharedaddy addtoany shareaholic social socials promo promoted promotion outbrain taboola "
     "sponsored sponsor advert advertisement advertising ads breadcrumb breadcrumbs sidebar widget "
     "textwidget widgets recirc trending popular recommended recommendations recommendation yarpp "
     "jetpack relatedposts pagination pager prev previous cookie cookies gdpr consent modal popup "
     "nav navigation navbar menu toolbar bio rating ratings noprint print timestamp dateline "
     "pubdate robots nocontent donate teaser teasers flair buttons btn icon icons gallery "
     "slideshow carousel readmore most recent latest screenreader tooltip disclaimer contact "
     "correction authorbox authorinfo colophon akismet commentform nocomments author authors "
     "saboxplugin banner footnotes disclosure"},
    {WORD_WEAK,
     "widget widgets textwidget sidebar gallery slideshow carousel teaser teasers icon "
     "icons menu nav navigation navbar print contact tags rating ratings cta modal popup "
     "bio toolbar jetpack"},
    {WORD_COMMENT, "comment comments commentlist respond disqus"},
    {WORD_STRONG, "comment comments commentlist respond disqus relatedposts outbrain taboola "
                  "sharedaddy newsletter breadcrumb breadcrumbs cookie gdpr consent related"},
    {WORD_CONTENT, "content article story body main post entry text page wrapper container"},
    {WORD_LEAD, "summary lead lede intro introduction standfirst deck dek abstract chapo chapeau "
                "vorspann entradilla subtitle subtitulo bajada sapo excerpt subheadline subhead "
                "teaser description perex untertitel kicker highlight sumario subtitel dropcap lid "
                "anons preview"},
    {WORD_EMBED, "embed"},
    {WORD_FIRST, "article post story art entry body field full"},
    {WORD_LAST, "body content text entry"},
    {WORD_BODY,
     "articlebody articletext articlecontent postbody postcontent posttext entrybody "
     "entrycontent entrytext storybody storycontent storytext artbody artcontent arttext "
     "bodycontent bodytext bodyentry fieldbody fulltext newscontent newsbody newstext"},
};

// Whole class names that hide an element from those who see.
static const char *const hiding[] = {"visually-hidden",    "visuallyhidden", "sr-only", "is-hidden",
                                     "screen-reader-text", "d-none",         "hidden"};

enum { SLOTS = 1024, WORD_LENGTH_MAX = 24 };

struct entry {
    char text[WORD_LENGTH_MAX];
    uint16_t flags;
    uint8_t length, id;
};

// A value and its words, remembered: a page repeats few class names many times.
enum { MEMOS = 512, MEMO_VALUE_MAX = 112 };

struct memo {
    char value[MEMO_VALUE_MAX];
    uint8_t size;
    struct word_set set;
};

struct word_table {
    struct entry slots[SLOTS]; // open addressing
    uint16_t by_id[WORD_ID_COUNT];
    uint32_t lengths[26]; // bit n: some word of n letters begins with this letter
    uint8_t count, screenreader;
    struct memo memos[MEMOS];
};

enum { HASH_SEED = 2166136261u };

static uint32_t hash_step(uint32_t h, char c)
{
    return (h ^ (uint8_t)c) * 16777619u; // FNV-1a
}

static uint32_t slot_of(uint32_t hash)
{
    return (hash ^ hash >> 15) % SLOTS;
}

static struct entry *slot(struct word_table *t, const char *word, size_t n)
{
    uint32_t h = HASH_SEED;
    for (size_t i = 0; i < n; i++)
        h = hash_step(h, word[i]);
    uint32_t at = slot_of(h);
    while (t->slots[at].length &&
           (t->slots[at].length != n || memcmp(t->slots[at].text, word, n) != 0))
        at = (at + 1) % SLOTS;
    return &t->slots[at];
}

static void add_list(struct word_table *t, const char *words, uint16_t flags)
{
    for (const char *w = words; *w;) {
        size_t n = strcspn(w, " ");
        struct entry *e = slot(t, w, n);
        if (!e->length) {
            memcpy(e->text, w, n);
            e->length = (uint8_t)n;
            e->id = t->count++;
            t->by_id[e->id] = (uint16_t)(e - t->slots);
            t->lengths[*w - 'a'] |= 1u << n;
        }
        e->flags |= flags;
        w += n + (w[n] == ' ');
    }
}

struct word_table *word_table_new(void)
{
    struct word_table *t = mem_alloc(sizeof *t);
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        add_list(t, lists[i].words, lists[i].flags);
    t->screenreader = slot(t, "screenreader", 12)->id;
    return t;
}

void word_table_free(struct word_table **t)
{
    free(*t);
    *t = NULL;
}

uint16_t word_flags(const struct word_table *t, uint8_t id)
{
    return t->slots[t->by_id[id]].flags;
}

const char *word_text(const struct word_table *t, uint8_t id)
{
    return t->slots[t->by_id[id]].text;
}

static void add_id(const struct word_table *t, uint8_t id, struct word_set *set)
{
    uint16_t flags = word_flags(t, id);
    set->flags |= flags;
    if (!(flags & WORD_UNWANTED) || set->n == WORD_SET_MAX)
        return;
    for (int i = 0; i < set->n; i++)
        if (set->ids[i] == id)
            return;
    set->ids[set->n++] = id;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

// Adds one word; `before` are the flags of the word before it in the same name, and become its own.
static void look_up(const struct word_table *t, const char *s, size_t n, struct word_set *set,
                    uint16_t *before)
{
    uint16_t previous = *before;
    char first = lower(*s);
    *before = 0;
    if (n < 2 || n >= WORD_LENGTH_MAX || first < 'a' || !(t->lengths[first - 'a'] >> n & 1))
        return;
    char word[WORD_LENGTH_MAX];
    uint32_t hash = HASH_SEED;
    for (size_t i = 0; i < n; i++) {
        word[i] = lower(s[i]);
        hash = hash_step(hash, word[i]);
    }
    for (uint32_t at = slot_of(hash); t->slots[at].length; at = (at + 1) % SLOTS) {
        const struct entry *e = &t->slots[at];
        if (e->length != n || memcmp(e->text, word, n) != 0)
            continue;
        add_id(t, e->id, set);
        *before = e->flags;
        if ((previous & WORD_FIRST) && (e->flags & WORD_LAST))
            set->flags |= WORD_BODY;
        return;
    }
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

// One run of letters and digits: the whole, and its camelCase words.
static void add_piece(const struct word_table *t, const char *s, size_t n, struct word_set *set,
                      uint16_t *before)
{
    size_t from = 0;
    for (size_t i = 1; i < n; i++) {
        if (s[i] >= 'a' && s[i - 1] >= 'a') // two lower-case letters: the usual case
            continue;
        if (splits(s, n, i)) {
            look_up(t, s + from, i - from, set, before);
            from = i;
        }
    }
    look_up(t, s + from, n - from, set, before);
    uint16_t none = 0;
    if (from > 0)
        look_up(t, s, n, set, &none);
}

// "hidden" alone hides; "md:hidden", "overflow-hidden" and their like need not.
static void add_hiding(const struct word_table *t, const char *s, size_t n, bool has_colon,
                       struct word_set *set)
{
    for (size_t i = 0; i < sizeof hiding / sizeof *hiding; i++)
        if (strlen(hiding[i]) == n && memcmp(hiding[i], s, n) == 0 && !(has_colon && s[0] == 'h'))
            add_id(t, t->screenreader, set);
}

static void split(const struct word_table *t, struct html_str value, struct word_set *set)
{
    const char *s = value.s;
    size_t n = value.n < 400 ? value.n : 400; // longer ones are generated, not named
    bool has_colon = memchr(s, ':', n) != NULL;
    size_t name = 0, piece = 0;
    uint16_t before = 0;
    for (size_t i = 0; i <= n; i++) {
        if (i < n && kind_of(s[i]) != SEPARATOR)
            continue;
        if (i > piece)
            add_piece(t, s + piece, i - piece, set, &before);
        piece = i + 1;
        if (i == n || s[i] == ' ' || s[i] == '\n' || s[i] == '\t') {
            if (i > name && (s[name] == 'v' || s[name] == 's' || s[name] == 'i' || s[name] == 'd' ||
                             s[name] == 'h'))
                add_hiding(t, s + name, i - name, has_colon, set);
            name = i + 1;
            before = 0;
        }
    }
}

static uint32_t hash_value(struct html_str value)
{
    uint64_t h = value.n * 0x9E3779B97F4A7C15u;
    size_t i = 0;
    for (; i + 8 <= value.n; i += 8) {
        uint64_t word;
        memcpy(&word, value.s + i, sizeof word);
        h = (h ^ word) * 0x9E3779B97F4A7C15u;
        h ^= h >> 32;
    }
    for (; i < value.n; i++)
        h = (h ^ (uint8_t)value.s[i]) * 0x100000001B3u;
    return (uint32_t)(h ^ h >> 29);
}

static void merge(const struct word_table *t, const struct word_set *from, struct word_set *into)
{
    into->flags |= from->flags;
    for (int i = 0; i < from->n; i++)
        add_id(t, from->ids[i], into);
}

void words_add(struct word_table *t, struct html_str value, struct word_set *set)
{
    if (value.n == 0)
        return;
    struct word_set fresh = {0};
    const struct word_set *found = &fresh;
    struct memo *m = &t->memos[hash_value(value) % MEMOS];
    if (value.n >= MEMO_VALUE_MAX) {
        split(t, value, &fresh);
    } else {
        if (m->size != value.n || memcmp(m->value, value.s, value.n) != 0) {
            m->set = (struct word_set){0};
            split(t, value, &m->set);
            m->size = (uint8_t)value.n;
            memcpy(m->value, value.s, value.n);
        }
        found = &m->set;
    }
    merge(t, found, set);
}
