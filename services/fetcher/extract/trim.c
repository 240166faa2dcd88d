// SPDX-License-Identifier: MIT
#include "services/fetcher/extract/trim.h"

#include <string.h>
#include <strings.h>

#include "common/mem.h"
#include "services/fetcher/extract/lines.h"

enum {
    ANNOUNCEMENT_LENGTH_MAX = 60,
    AFTER_ANNOUNCEMENT_PERCENT = 12, // prose after the line that may be cut with it
    REST_PERCENT = 35,               // and text of any kind
    AFTER_CLOSING_PERCENT = 40,      // of the same, after 责任编辑 or 版权声明
    REST_CLOSING_PERCENT = 50,
    BIOGRAPHY_LENGTH_MAX = 900,
    REPEAT_LENGTH_MIN = 200,
    BEFORE_TITLE_PERCENT = 5,
    POSTS_MIN = 3,
    TAIL_LINES = 15, // at the end, where words in a line count as well as its beginning
    HEAD_LINES = 12, // after the title, where bylines are looked for
    HEAD_LINE_LENGTH_MAX = 160,
    LABEL_LENGTH_MAX = 30,
    SENTENCE_LENGTH_MIN = 60, // "By 2030 …" is no byline then
    CAPTION_LENGTH_MAX = 200,
};

static bool is_heading(uint8_t tag)
{
    return tag == HTML_H1 || tag == HTML_H2 || tag == HTML_H3 || tag == HTML_H4 || tag == HTML_H5 ||
           tag == HTML_H6;
}

static enum line_kind kind_anywhere(const struct blocks *b, const struct block *block)
{
    if (block->kind != LINE_TEXT || block->length >= LINE_LENGTH_MAX)
        return (enum line_kind)block->kind;
    enum line_kind kind = line_kind_anywhere(b->lines, block_text(b, block));
    return kind != LINE_LEGAL && block_is_chinese_sentence(b, block) ? LINE_TEXT : kind;
}

// The line under an image.
static bool is_caption(const struct blocks *b, const struct block *block)
{
    if (block->image == IMAGE_NONE || block->length > CAPTION_LENGTH_MAX || is_heading(block->tag))
        return false;
    struct html_str text = block_text(b, block);
    bool colon =
        text.s[text.n - 1] == ':' || (text.n > 3 && memcmp(text.s + text.n - 3, "：", 3) == 0);
    return (block->image == IMAGE_ABOVE && !block->sentence && !colon && block->tag != HTML_LI &&
            block->length < LINE_LENGTH_MAX && block->links == 0) ||
           line_is_credit(b->lines, text);
}

static void cut_captions(struct blocks *b)
{
    for (size_t i = 0; i < b->n; i++)
        if (is_caption(b, &b->items[i]))
            b->items[i].cut = "caption";
}

static bool announces(const struct block *block)
{
    return block->length < ANNOUNCEMENT_LENGTH_MAX && block->kind == LINE_RELATED;
}

static bool repeats_title(struct html_str line, const struct titles *titles);

// Blogs and news lists show several posts below each other, each with a line of its own for its
// time: all but the first post are cut.
static void cut_other_posts(struct blocks *b)
{
    size_t posts = 0, second = 0, first_prose = b->n;
    for (size_t i = 0; i < b->n; i++) {
        const struct block *block = &b->items[i];
        if (line_is_time(block_text(b, block), block->length)) {
            posts += i == 0 || !block_is_prose(&b->items[i - 1]);
            if (!second && first_prose < i)
                second = i;
        } else if (block_is_prose(block) && first_prose == b->n) {
            first_prose = i;
        }
    }
    if (posts < POSTS_MIN || !second)
        return;
    while (second > first_prose + 1 && !block_is_prose(&b->items[second - 1]))
        second--; // the post's title
    for (size_t i = second; i < b->n; i++)
        b->items[i].cut = "another post";
}

static bool is_chinese(struct html_str line)
{
    for (size_t i = 0; i < line.n; i++)
        if ((unsigned char)line.s[i] >= 0xE3 && (unsigned char)line.s[i] <= 0xE9)
            return true;
    return false;
}

// A name, "38", "2.1K": who wrote it, how many read it. Chinese notices begin with lines as short.
static bool is_label(const struct block *block, struct html_str text)
{
    return block->length < LABEL_LENGTH_MAX && block->links == 0 && !block->sentence &&
           (block->tag == HTML_P || block->tag == HTML_DIV) && text.s[text.n - 1] != ':' &&
           !is_chinese(text);
}

// Cuts what stands before the text: the title, and all before it; then bylines and tools up to
// the first paragraph of prose.
static void cut_head(struct blocks *b, const struct titles *titles, uint32_t anchor, uint64_t prose)
{
    size_t begin = 0;
    uint64_t before = 0; // prose before the block; the title does not come after a good part of it
    for (size_t i = 0; i < b->n && before * 100 <= prose * BEFORE_TITLE_PERCENT; i++) {
        const struct block *block = &b->items[i];
        bool repeat =
            before == 0 && block->length < 200 && repeats_title(block_text(b, block), titles);
        if ((anchor && block->owner == anchor) || repeat)
            begin = i + 1;
        else if (block_is_prose(block))
            before += block->length;
    }
    for (size_t i = 0; i < begin; i++)
        b->items[i].cut = i + 1 < begin ? "before the title" : "the title";
    for (size_t i = begin; i < b->n && i < begin + HEAD_LINES; i++) {
        struct block *block = &b->items[i];
        if (block->length > HEAD_LINE_LENGTH_MAX)
            break;
        struct html_str text = block_text(b, block);
        enum line_kind kind = kind_anywhere(b, block);
        bool sentence =
            block->sentence && block->links == 0 && block->length >= SENTENCE_LENGTH_MIN;
        if ((kind == LINE_BYLINE && !sentence) || kind == LINE_TOOL || kind == LINE_EDITOR ||
            kind == LINE_PAGER)
            block->cut = "byline";
        else if (line_is_date(text, block->length))
            block->cut = "date";
        else if (block_is_prose(block))
            break;
        else if (begin > 0 && is_label(block, text))
            block->cut = "leftover at the beginning";
    }
}

// True if hardly any prose is left after so much of it.
static bool is_near_end(uint64_t prose, uint64_t before)
{
    return before >= prose || (prose - before) * 100 < prose * AFTER_ANNOUNCEMENT_PERCENT;
}

// What may be cut from a line on, in percent; nothing where it ends no article. Chinese pages name
// the editor and the rights right after the text, whatever follows.
struct share {
    uint64_t prose, rest;
};

static struct share share_after(const struct blocks *b, size_t i)
{
    const struct block *block = &b->items[i];
    enum line_kind kind =
        i + TAIL_LINES > b->n ? kind_anywhere(b, block) : (enum line_kind)block->kind;
    bool is_short = block->length < ANNOUNCEMENT_LENGTH_MAX;
    bool closes = kind == LINE_LEGAL || (kind == LINE_EDITOR && is_short);
    if (closes && is_chinese(block_text(b, block)))
        return (struct share){AFTER_CLOSING_PERCENT, REST_CLOSING_PERCENT};
    if (is_short && (kind == LINE_LEGAL || kind == LINE_PAGER || kind == LINE_RELATED))
        return (struct share){AFTER_ANNOUNCEMENT_PERCENT, REST_PERCENT};
    return (struct share){0, 0};
}

// Cuts everything after a line such as "Related" or 版权声明, if little of the article follows.
static void cut_tail(struct blocks *b, uint64_t prose)
{
    uint64_t total = 0, before = 0, prose_before = 0;
    for (size_t i = 0; i < b->n; i++)
        total += b->items[i].length;
    for (size_t i = 0; i < b->n; i++) {
        struct block *block = &b->items[i];
        if (i > 0 && before * 2 > prose) {
            struct share share = share_after(b, i);
            if ((prose - prose_before) * 100 < prose * share.prose &&
                (total - before) * 100 < total * share.rest) {
                for (size_t k = i; k < b->n; k++)
                    b->items[k].cut = "follows an announcement";
                return;
            }
        }
        if (block->length < BIOGRAPHY_LENGTH_MAX &&
            is_near_end(prose, prose_before + block->length) &&
            line_is_biography(block_text(b, block)))
            block->cut = "about the author";
        before += block->length;
        if (block_is_prose(block))
            prose_before += block->length;
    }
}

static bool is_leftover(const struct blocks *b, const struct block *block)
{
    enum line_kind kind = kind_anywhere(b, block);
    if (kind == LINE_LEGAL)
        return true;
    if (block_is_prose(block))
        return false;
    if (is_heading(block->tag) || block->links * 10 > block->length * 3)
        return true;
    if (kind != LINE_TEXT && block->length < ANNOUNCEMENT_LENGTH_MAX)
        return true;
    bool loose = block->tag == HTML_P || block->tag == HTML_DIV || block->tag == HTML_SECTION ||
                 block->tag == HTML_ARTICLE || block->tag == HTML_BODY || block->tag == HTML_TD ||
                 block->tag == HTML_CENTER;
    return block->length < 40 && loose && !block->sentence;
}

// Cuts headings, links and short leftovers from the end.
static void cut_end(struct blocks *b)
{
    for (size_t i = b->n; i > 0; i--) {
        struct block *block = &b->items[i - 1];
        if (block->cut)
            continue;
        if (!is_leftover(b, block) || line_is_signed_date(block_text(b, block)))
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
    uint64_t h = text.n;
    for (size_t i = 0; i + sizeof h <= text.n; i += sizeof h) {
        uint64_t word;
        memcpy(&word, text.s + i, sizeof word);
        h = (h ^ word) * 0x9E3779B97F4A7C15u;
        h ^= h >> 29;
    }
    h |= 1;
    size_t at = (h >> 8) % s->size;
    for (; s->slots[at]; at = (at + 1) % s->size)
        if (s->slots[at] == h)
            return true;
    s->slots[at] = h;
    return false;
}

static void cut_inside(struct blocks *b, const struct titles *titles, uint32_t anchor,
                       struct arena *arena)
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
        if ((block->tag == HTML_H1 && (!anchor || block->owner == anchor)) ||
            ((block->tag == HTML_H1 || block->tag == HTML_H2 || block->tag == HTML_H3) &&
             repeats_title(text, titles)))
            block->cut = "the title";
        else if (block->length < 20 && block->kind == LINE_AD)
            block->cut = "advertisement";
        else if (announces(block) && (block->links > 0 || heading || block->length < 25))
            block->cut = "announcement";
        else if (is_link_line(block) && !in_list && link_lines * 4 < kept)
            block->cut = "a link alone";
        else if (block->length > REPEAT_LENGTH_MIN && seen_before(&seen, text))
            block->cut = "repeated";
    }
}

void trim(struct blocks *b, const struct titles *titles, uint32_t anchor, struct arena *arena)
{
    uint64_t prose = 0;
    for (size_t i = 0; i < b->n; i++)
        prose += block_is_prose(&b->items[i]) ? b->items[i].length : 0;
    if (prose == 0)
        return;
    cut_captions(b);
    cut_other_posts(b);
    cut_head(b, titles, anchor, prose);
    cut_tail(b, prose);
    cut_end(b);
    cut_inside(b, titles, anchor, arena);
}
