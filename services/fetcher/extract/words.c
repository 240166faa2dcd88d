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

static void look_up(const struct word_table *t, const char *s, size_t n, uint32_t hash,
                    struct word_set *set)
{
    if (n < 2 || n >= WORD_LENGTH_MAX)
        return;
    for (uint32_t at = slot_of(hash); t->slots[at].length; at = (at + 1) % SLOTS) {
        const struct entry *e = &t->slots[at];
        if (e->length != n)
            continue;
        size_t i = 0;
        while (i < n && e->text[i] == lower(s[i]))
            i++;
        if (i == n) {
            add_id(t, e->id, set);
            return;
        }
    }
}

enum kind { SEPARATOR, UPPER, LOWER, DIGIT };

static enum kind kind_of(char c)
{
    if (c >= 'a' && c <= 'z')
        return LOWER;
    if (c >= 'A' && c <= 'Z')
        return UPPER;
    return c >= '0' && c <= '9' ? DIGIT : SEPARATOR;
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
static void add_piece(const struct word_table *t, const char *s, size_t n, struct word_set *set)
{
    uint32_t whole = HASH_SEED, part = HASH_SEED;
    size_t from = 0;
    for (size_t i = 0; i < n; i++) {
        if (i > 0 && splits(s, n, i)) {
            look_up(t, s + from, i - from, part, set);
            part = HASH_SEED;
            from = i;
        }
        whole = hash_step(whole, lower(s[i]));
        part = hash_step(part, lower(s[i]));
    }
    look_up(t, s, n, whole, set);
    if (from > 0)
        look_up(t, s + from, n - from, part, set);
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
    size_t n = value.n < 1000 ? value.n : 1000; // longer ones are generated, not named
    bool has_colon = memchr(s, ':', n) != NULL;
    size_t name = 0, piece = 0;
    for (size_t i = 0; i <= n; i++) {
        if (i < n && kind_of(s[i]) != SEPARATOR)
            continue;
        if (i > piece)
            add_piece(t, s + piece, i - piece, set);
        piece = i + 1;
        if (i == n || s[i] == ' ' || s[i] == '\n' || s[i] == '\t') {
            if (i > name && (s[name] == 'v' || s[name] == 's' || s[name] == 'i' || s[name] == 'd' ||
                             s[name] == 'h'))
                add_hiding(t, s + name, i - name, has_colon, set);
            name = i + 1;
        }
    }
}

// True if the value has one of the endings of those names: body, content, text, entry.
static bool may_name_body(struct html_str value)
{
    for (size_t i = 3; i < value.n; i++) {
        char c = value.s[i];
        if (c == 'y' &&
            (memcmp(value.s + i - 2, "od", 2) == 0 || memcmp(value.s + i - 2, "tr", 2) == 0))
            return true;
        if (c == 't' &&
            (memcmp(value.s + i - 2, "en", 2) == 0 || memcmp(value.s + i - 2, "ex", 2) == 0))
            return true;
    }
    return false;
}

// "article-body", "postContent", "story_text": the joined name without separators.
static bool names_body(struct html_str value)
{
    static const char *const names[] = {
        "articlebody", "articletext", "articlecontent", "postbody",   "postcontent", "posttext",
        "postentry",   "entrybody",   "entrycontent",   "entrytext",  "storybody",   "storycontent",
        "storytext",   "storyentry",  "artbody",        "artcontent", "arttext",     "bodycontent",
        "bodytext",    "bodyentry",   "bodybody",       "fieldbody",  "fulltext"};
    char flat[256];
    size_t n = 0;
    for (size_t i = 0; i < value.n && n < sizeof flat - 1; i++)
        if (value.s[i] != '-' && value.s[i] != '_')
            flat[n++] = lower(value.s[i]);
    flat[n] = '\0';
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strstr(flat, names[i]))
            return true;
    return false;
}

static struct word_set read_value(const struct word_table *t, struct html_str value)
{
    struct word_set set = {0};
    split(t, value, &set);
    if (may_name_body(value) && names_body(value))
        set.flags |= WORD_BODY;
    return set;
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
    struct word_set fresh;
    const struct word_set *found = &fresh;
    struct memo *m = &t->memos[hash_value(value) % MEMOS];
    if (value.n >= MEMO_VALUE_MAX) {
        fresh = read_value(t, value);
    } else {
        if (m->size != value.n || memcmp(m->value, value.s, value.n) != 0) {
            m->set = read_value(t, value);
            m->size = (uint8_t)value.n;
            memcpy(m->value, value.s, value.n);
        }
        found = &m->set;
    }
    merge(t, found, set);
}
