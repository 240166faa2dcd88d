// SPDX-License-Identifier: MIT
#include "services/fetcher/extract/trim.h"

#include <string.h>
#include <strings.h>

#include "common/mem.h"

enum {
    ANNOUNCEMENT_LENGTH_MAX = 60,
    AFTER_ANNOUNCEMENT_PERCENT = 12, // prose after the line that may be cut with it
    REPEAT_LENGTH_MIN = 200,
};

bool trim_is_announcement(struct html_str line)
{
    static const char *const beginnings[] = {"related",
                                             "read more",
                                             "read next",
                                             "more from",
                                             "more on",
                                             "more stories",
                                             "also read",
                                             "see also",
                                             "you may also like",
                                             "you might also",
                                             "recommended",
                                             "comment",
                                             "leave a reply",
                                             "leave a comment",
                                             "share this",
                                             "tag",
                                             "popular",
                                             "trending",
                                             "most read",
                                             "most popular",
                                             "latest",
                                             "sign up",
                                             "subscribe",
                                             "newsletter",
                                             "about the author",
                                             "top stories",
                                             "follow us",
                                             "in this article",
                                             "advertisement",
                                             "filed under",
                                             "更多",
                                             "相关",
                                             "相關",
                                             "関連"};
    size_t i = 0;
    while (i < line.n && strchr(" \t>»•*#-–—[(【:：|", line.s[i]) && (line.s[i] & 0x80) == 0)
        i++;
    while (i + 3 <= line.n && (memcmp(line.s + i, "【", 3) == 0 || memcmp(line.s + i, "●", 3) == 0))
        i += 3;
    for (size_t k = 0; k < sizeof beginnings / sizeof *beginnings; k++) {
        size_t n = strlen(beginnings[k]);
        if (line.n - i >= n && strncasecmp(line.s + i, beginnings[k], n) == 0)
            return true;
    }
    return false;
}

static bool is_heading(uint8_t tag)
{
    return tag == HTML_H1 || tag == HTML_H2 || tag == HTML_H3 || tag == HTML_H4 || tag == HTML_H5 ||
           tag == HTML_H6;
}

static bool announces(const struct blocks *b, const struct block *block)
{
    return block->length < ANNOUNCEMENT_LENGTH_MAX && trim_is_announcement(block_text(b, block));
}

// Cuts everything after a line such as "Related", if little of the article follows.
static void cut_tail(struct blocks *b, uint64_t prose)
{
    uint64_t total = 0, before = 0, prose_before = 0;
    for (size_t i = 0; i < b->n; i++)
        total += b->items[i].length;
    for (size_t i = 0; i < b->n; i++) {
        const struct block *block = &b->items[i];
        if (i > 0 && before * 2 > prose && announces(b, block) &&
            (prose - prose_before) * 100 < prose * AFTER_ANNOUNCEMENT_PERCENT) {
            for (size_t k = i; k < b->n; k++)
                b->items[k].cut = "follows an announcement";
            return;
        }
        before += block->length;
        if (block_is_prose(block))
            prose_before += block->length;
    }
}

// Cuts headings, links and short leftovers from the end.
static void cut_end(struct blocks *b)
{
    for (size_t i = b->n; i > 0; i--) {
        struct block *block = &b->items[i - 1];
        if (block->cut)
            continue;
        bool loose = block->tag == HTML_P || block->tag == HTML_DIV || block->tag == HTML_SECTION ||
                     block->tag == HTML_ARTICLE || block->tag == HTML_BODY;
        if (block_is_prose(block) ||
            !(is_heading(block->tag) || block->links * 10 > block->length * 3 ||
              (block->length < 40 && loose && !block->sentence)))
            return;
        block->cut = "leftover at the end";
    }
}

static bool repeats_title(struct html_str line, const struct titles *titles)
{
    struct tokens words = tokens_of(line);
    if (words.n <= 3)
        return false;
    for (uint32_t t = 0; t < titles->n; t++) {
        uint32_t common = tokens_common(&words, &titles->of[t]);
        if (common * 10 >= words.n * 8 && common * 10 >= titles->of[t].n * 6)
            return true;
    }
    return false;
}

static bool is_link_line(const struct block *b)
{
    return b->length < 200 && b->links * 10 > b->length * 9;
}

// Hashes of long blocks seen so far; open addressing.
struct seen {
    uint64_t *slots;
    size_t size;
};

static bool seen_before(struct seen *s, struct html_str text)
{
    uint64_t h = 14695981039346656037ull;
    for (size_t i = 0; i < text.n; i++)
        h = (h ^ (uint8_t)text.s[i]) * 1099511628211ull;
    h |= 1;
    size_t at = (h >> 8) % s->size;
    for (; s->slots[at]; at = (at + 1) % s->size)
        if (s->slots[at] == h)
            return true;
    s->slots[at] = h;
    return false;
}

static void cut_inside(struct blocks *b, const struct titles *titles, struct arena *arena)
{
    size_t link_lines = 0, kept = 0;
    for (size_t i = 0; i < b->n; i++) {
        kept += !b->items[i].cut;
        link_lines += !b->items[i].cut && is_link_line(&b->items[i]);
    }
    struct seen seen = {.size = b->n * 2 + 1};
    seen.slots = arena_alloc(arena, seen.size * sizeof *seen.slots);
    memset(seen.slots, 0, seen.size * sizeof *seen.slots);
    for (size_t i = 0; i < b->n; i++) {
        struct block *block = &b->items[i];
        if (block->cut)
            continue;
        struct html_str text = block_text(b, block);
        bool heading = is_heading(block->tag);
        bool in_list = block->tag == HTML_LI || block->tag == HTML_TD || block->tag == HTML_TH ||
                       block->tag == HTML_DD || block->tag == HTML_BLOCKQUOTE;
        if (block->tag == HTML_H1 ||
            ((block->tag == HTML_H2 || block->tag == HTML_H3) && repeats_title(text, titles)))
            block->cut = "the title";
        else if (announces(b, block) && (block->links > 0 || heading || block->length < 25))
            block->cut = "announcement";
        else if (is_link_line(block) && !in_list && link_lines * 4 < kept)
            block->cut = "a link alone";
        else if (block->length > REPEAT_LENGTH_MIN && seen_before(&seen, text))
            block->cut = "repeated";
    }
}

void trim(struct blocks *b, const struct titles *titles, struct arena *arena)
{
    uint64_t prose = 0;
    for (size_t i = 0; i < b->n; i++)
        prose += block_is_prose(&b->items[i]) ? b->items[i].length : 0;
    if (prose == 0)
        return;
    cut_tail(b, prose);
    cut_end(b);
    cut_inside(b, titles, arena);
}
