// SPDX-License-Identifier: MIT
#include "services/fetcher/extract/page.h"

#include <string.h>

#include "common/text.h"

// Prose: long and mostly unlinked, or shorter, unlinked and punctuated. In list items it counts
// less.
enum { PROSE_MIN = 60, PROSE_LINK_PERCENT = 40, SENTENCE_MIN = 25, LIST_ITEM_PERCENT = 60 };

// True if the three bytes are a CJK character or full-width form.
static bool is_wide(uint8_t a, uint8_t b)
{
    return (a >= 0xE3 && a <= 0xED) || a == 0xEF || (a == 0xE2 && b >= 0xBA);
}

// Adds the leading ASCII bytes of s, eight at a time; returns how many were eaten.
static size_t measure_ascii(const char *s, size_t n, struct measure *m)
{
    const uint64_t ones = 0x0101010101010101u, high = 0x8080808080808080u;
    size_t i = 0;
    for (; i + 8 <= n; i += 8) {
        uint64_t word;
        memcpy(&word, s + i, sizeof word);
        if (word & high)
            break;
        // With the top bits clear, adding 0x5F carries into them from 0x21 on: not a space.
        uint64_t black = (word + 0x5F * ones) & high;
        uint64_t comma = (((word ^ ',' * ones) + 0x7F * ones) & high) ^ high;
        m->length += (uint32_t)((black >> 7) * ones >> 56); // how many of them
        m->sentence |= comma != 0;
    }
    return i;
}

// True if the text ends in punctuation that ends a sentence or a clause, space aside.
static bool ends_in_punctuation(const char *s, size_t n)
{
    while (n > 0 && (uint8_t)s[n - 1] <= ' ')
        n--;
    if (n == 0)
        return false;
    char last = s[n - 1];
    if ((uint8_t)last < 0x80)
        return last == '.' || last == '!' || last == '?' || last == ':' || last == '"';
    static const char marks[][4] = {"…", "”", "！", "？", "。"};
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
        if (n >= 3 && memcmp(s + n - 3, marks[i], 3) == 0)
            return true;
    return false;
}

struct measure measure_text(const char *str, size_t n)
{
    const uint8_t *s = (const uint8_t *)str;
    struct measure m = {0, false};
    for (size_t i = 0; i < n;) {
        i += measure_ascii(str + i, n - i, &m);
        if (i >= n)
            break;
        uint8_t c = s[i];
        if (c < 0x80) {
            i++;
            m.length += c > ' ';
            m.sentence |= c == ',';
        } else if (c < 0xE0) {
            i += 2;
            m.length += !(c == 0xC2 && s[i - 1] == 0xA0);
        } else if (c < 0xF0) {
            uint32_t ch =
                (uint32_t)(c & 15) << 12 | (uint32_t)(s[i + 1] & 63) << 6 | (s[i + 2] & 63);
            i += 3;
            if (ch == 0x3000 || (ch >= 0x2000 && ch <= 0x200B))
                continue;
            m.length += is_wide(c, s[i - 2]) ? 2 : 1;
            m.sentence |= ch == 0x3002 || ch == 0xFF0C; // 。，
        } else {
            i += 4;
            m.length += 2;
        }
    }
    m.sentence |= ends_in_punctuation(str, n);
    return m;
}

size_t text_space(const char *s, size_t n)
{
    uint8_t c = (uint8_t)*s;
    if (c <= ' ')
        return c == ' ' || (c >= '\t' && c <= '\r');
    if (c < 0xC2)
        return 0;
    if (n >= 2 && memcmp(s, "\xC2\xA0", 2) == 0)
        return 2;
    return n >= 3 && (memcmp(s, "\xE3\x80\x80", 3) == 0 || memcmp(s, "\xE2\x80\x8B", 3) == 0) ? 3
                                                                                              : 0;
}

static bool is_invisible(enum html_tag tag)
{
    switch (tag) {
    case HTML_SCRIPT:
    case HTML_STYLE:
    case HTML_NOSCRIPT:
    case HTML_TEMPLATE:
    case HTML_HEAD:
    case HTML_SVG:
    case HTML_MATH:
    case HTML_IFRAME:
    case HTML_BUTTON:
    case HTML_SELECT:
    case HTML_OPTION:
    case HTML_TEXTAREA:
    case HTML_INPUT:
    case HTML_OBJECT:
    case HTML_EMBED:
    case HTML_VIDEO:
    case HTML_AUDIO:
    case HTML_CANVAS:
    case HTML_MAP:
    case HTML_DATALIST:
    case HTML_PROGRESS:
    case HTML_METER:
    case HTML_APPLET:
    case HTML_RT:
    case HTML_RP:
        return true;
    default:
        return false;
    }
}

// A paragraph in the making: the text between two block boundaries.
struct run {
    uint32_t owner; // the block that it belongs to
    uint32_t length, links;
    bool sentence;
};

static void end_run(struct page *p, struct run *r)
{
    bool prose = (r->length >= PROSE_MIN && r->links * 100 < r->length * PROSE_LINK_PERCENT) ||
                 (r->length >= SENTENCE_MIN && r->links == 0 && r->sentence);
    if (prose) {
        uint32_t good = r->length - r->links;
        bool item = p->nodes[r->owner].tag == HTML_LI;
        p->own[r->owner].good += item ? good * LIST_ITEM_PERCENT / 100 : good;
    }
    *r = (struct run){.owner = r->owner};
}

static uint32_t block_of(const struct page *p, uint32_t i)
{
    while (i > 0 && !html_is_block(p->nodes[i].tag))
        i = p->nodes[i].parent;
    return i;
}

// Own masses of everything visible: one pass in document order.
static void weigh(struct page *p)
{
    struct run run = {0};
    uint32_t open = 0, link_end = 0;
    for (uint32_t i = 0; i < p->count; i++) {
        const struct html_node *node = &p->nodes[i];
        for (; i >= p->nodes[open].end; open = p->nodes[open].parent)
            if (html_is_block(p->nodes[open].tag) && p->nodes[open].tag != HTML_BR) {
                end_run(p, &run);
                run.owner = block_of(p, p->nodes[open].parent);
            }
        if (node->tag == HTML_TEXT) {
            struct measure m = measure_text(node->text, node->text_size);
            bool linked = i < link_end;
            p->own[i].length = m.length;
            p->own[i].links = linked ? m.length : 0;
            run.length += m.length;
            run.links += linked ? m.length : 0;
            run.sentence |= m.sentence;
            continue;
        }
        if (is_invisible(node->tag)) {
            p->drop[i] = DROP_INVISIBLE;
            i = node->end - 1;
            continue;
        }
        open = i;
        if (html_is_block(node->tag) && node->tag != HTML_BR) {
            end_run(p, &run);
            run.owner = i;
        }
        if (node->tag == HTML_A && html_attr(p->html, node, HTML_ATTR_HREF).s) {
            p->own[i].n_links = 1; // without href it is a target, often one that is never closed
            link_end = node->end;
        }
    }
    end_run(p, &run);
}

static void *zeroed(struct arena *a, size_t size)
{
    return memset(arena_alloc(a, size), 0, size);
}

void page_weigh(struct page *p)
{
    p->drop = zeroed(p->arena, p->count);
    p->own = zeroed(p->arena, p->count * sizeof *p->own);
    p->sum = arena_alloc(p->arena, p->count * sizeof *p->sum);
    p->words = zeroed(p->arena, p->count * sizeof *p->words);
    weigh(p);
    page_sum(p);
}

// Adds all four numbers, two at a time: none comes near 32 bits.
static void add_mass(struct mass *to, const struct mass *from)
{
    uint64_t a[2], b[2];
    memcpy(a, to, sizeof a);
    memcpy(b, from, sizeof b);
    a[0] += b[0];
    a[1] += b[1];
    memcpy(to, a, sizeof a);
}

void page_sum(struct page *p)
{
    memcpy(p->sum, p->own, p->count * sizeof *p->sum);
    for (uint32_t i = p->count - 1; i > 0; i--)
        if (!p->drop[i])
            add_mass(&p->sum[p->nodes[i].parent], &p->sum[i]);
}

uint32_t page_find(const struct page *p, uint32_t root, enum html_tag tag)
{
    for (uint32_t i = root + 1; i < p->nodes[root].end; i++)
        if (p->nodes[i].tag == tag)
            return i;
    return 0;
}

uint32_t page_common(const struct page *p, uint32_t a, uint32_t b)
{
    while (!page_contains(p, a, b))
        a = p->nodes[a].parent;
    return a;
}

size_t page_copy_text(const struct page *p, uint32_t node, char *out, size_t max)
{
    size_t n = 0;
    bool space = false;
    for (uint32_t i = node; i < p->nodes[node].end && n < max; i++) {
        const struct html_node *t = &p->nodes[i];
        if (is_invisible(t->tag)) {
            i = t->end - 1;
            continue;
        }
        space |= html_is_block(t->tag);
        for (uint32_t k = 0; k < t->text_size && n < max;) {
            size_t blank = text_space(t->text + k, t->text_size - k);
            space |= blank > 0;
            k += (uint32_t)blank;
            if (blank)
                continue;
            if (space && n > 0)
                out[n++] = ' ';
            space = false;
            do {
                if (n < max)
                    out[n++] = t->text[k];
                k++;
            } while (k < t->text_size && n < max && (uint8_t)(t->text[k] - 0x21) < 0x5E);
        }
    }
    return text_clean(out, n); // also takes off a character that was cut
}

struct html_str page_text(const struct page *p, uint32_t node)
{
    char text[PAGE_TEXT_MAX];
    size_t n = page_copy_text(p, node, text, sizeof text);
    return (struct html_str){arena_strndup(p->arena, text, n), n};
}
