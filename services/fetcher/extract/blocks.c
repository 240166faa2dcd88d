// SPDX-License-Identifier: MIT
#include "services/fetcher/extract/blocks.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/text.h"

void blocks_free(struct blocks *b)
{
    free(b->items);
    b->items = NULL;
    b->n = b->cap = 0;
    buf_free(&b->text);
}

void blocks_clear(struct blocks *b)
{
    b->n = 0;
    buf_clear(&b->text);
}

struct html_str block_text(const struct blocks *b, const struct block *block)
{
    return (struct html_str){(const char *)b->text.data + block->from, block->size};
}

bool block_is_prose(const struct block *b)
{
    return (b->length >= 60 && b->links * 10 < b->length * 4) ||
           (b->length >= 25 && b->links == 0 && b->sentence);
}

bool block_is_chinese_sentence(const struct blocks *b, const struct block *block)
{
    struct html_str text = block_text(b, block);
    if (!block->sentence || block->links > 0 || text.n < 6)
        return false;
    // 。！？ begin with 0xE3 or 0xEF; of the marks that English has too, the character before
    // tells.
    const uint8_t *end = (const uint8_t *)text.s + text.n;
    return end[-1] >= 0x80 && (end[-3] >= 0xE3 || end[-6] >= 0xE3);
}

// The block in the making.
struct line {
    struct block block;
    bool space;     // owed before the next word
    uint32_t image; // the last one, if no text came after it
};

static bool ends_sentence(const char *s, size_t n)
{
    static const char marks[][4] = {"。", "！", "？", "…", "”", "」", "；"};
    char last = s[n - 1];
    if ((uint8_t)last < 0x80)
        return last == '.' || last == '!' || last == '?' || last == '"';
    for (size_t i = 0; n >= 3 && i < sizeof marks / sizeof *marks; i++)
        if (memcmp(s + n - 3, marks[i], 3) == 0)
            return true;
    return false;
}

// Cleans the block's text, the last in the buffer, and keeps the block if anything is left of it.
static void keep_block(struct blocks *b, struct block *block)
{
    char *s = (char *)b->text.data + block->from;
    block->size = (uint32_t)text_clean(s, b->text.size - block->from);
    b->text.size = block->from + block->size;
    if (block->size == 0 || block->length == 0)
        return;
    block->sentence = ends_sentence(s, block->size);
    if (block->length < LINE_LENGTH_MAX)
        block->kind = (uint8_t)line_kind(b->lines, (struct html_str){s, block->size});
    if (block->kind != LINE_LEGAL && block_is_chinese_sentence(b, block))
        block->kind = LINE_TEXT;
    mem_reserve((void **)&b->items, &b->cap, b->n + 1, sizeof *b->items);
    b->items[b->n++] = *block;
}

static void end_line(struct blocks *b, struct line *line, uint32_t owner, uint8_t tag)
{
    size_t n = b->n;
    if (!b->text.failed && b->text.size > line->block.from)
        keep_block(b, &line->block);
    *line = (struct line){.block = {.owner = owner, .tag = tag, .from = (uint32_t)b->text.size},
                          .image = b->n == n ? line->image : 0};
}

// True for eight bytes of plain words: printable ASCII, spaces alone and not at the end.
static bool is_plain(const char *s)
{
    const uint64_t ones = 0x0101010101010101u, high = 0x8080808080808080u;
    uint64_t word;
    memcpy(&word, s, sizeof word);
    uint64_t printable = word + 0x60 * ones; // carries into the top bit from 0x20 on
    if ((word & high) || (~printable & high))
        return false;
    uint64_t space = ~(word + 0x5F * ones) & high; // of those, only 0x20 does not carry here
    return !(space & space >> 8) && !(space >> 63);
}

// The end of the run of text that can be copied as it is: words with one space between them.
static size_t end_of_words(const char *s, size_t i, size_t n)
{
    while (i < n) {
        while (i + 8 <= n && s[i] != ' ' && is_plain(s + i))
            i += 8;
        if (i >= n)
            break;
        if (text_space(s + i, n - i) && !(s[i] == ' ' && i + 1 < n && (uint8_t)s[i + 1] > ' ' &&
                                          !text_space(s + i + 1, n - i - 1)))
            break;
        i++;
    }
    return i;
}

static bool is_centred(const struct page *p, uint32_t i)
{
    struct html_str style = html_attr(p->html, &p->nodes[i], HTML_ATTR_STYLE);
    struct html_str align = html_attr(p->html, &p->nodes[i], HTML_ATTR_ALIGN);
    struct html_str class = html_attr(p->html, &p->nodes[i], HTML_ATTR_CLASS);
    return p->nodes[i].tag == HTML_CENTER || (style.n && memmem(style.s, style.n, "center", 6)) ||
           (align.n && strncasecmp(align.s, "center", align.n) == 0) ||
           (class.n && memmem(class.s, class.n, "center", 6));
}

static bool is_bold(const struct page *p, uint32_t text, uint32_t owner)
{
    for (uint32_t i = p->nodes[text].parent; i > owner; i = p->nodes[i].parent)
        if (p->nodes[i].tag == HTML_STRONG || p->nodes[i].tag == HTML_B)
            return true;
    return false;
}

// How the text at `i`, the first of its block, stands to the image before it.
static enum block_image image_of(const struct page *p, uint32_t i, uint32_t image, uint32_t owner)
{
    if (!image)
        return IMAGE_NONE;
    bool above = page_contains(p, owner, image) || is_centred(p, owner);
    return above && !is_bold(p, i, owner) ? IMAGE_ABOVE : IMAGE_BEFORE;
}

static void add_text(struct blocks *b, struct line *line, const struct html_node *node,
                     const struct mass *own)
{
    const char *s = node->text;
    size_t n = node->text_size;
    line->block.length += own->length;
    line->block.links += own->links;
    for (size_t i = 0; i < n;) {
        size_t blank = text_space(s + i, n - i);
        if (blank) {
            line->space = true;
            i += blank;
            continue;
        }
        size_t word = i;
        i = end_of_words(s, i, n);
        if (line->space && b->text.size > line->block.from)
            buf_add(&b->text, " ", 1);
        buf_add(&b->text, s + word, i - word);
        line->space = false;
    }
}

// The nearest ancestor that is a block.
static uint32_t block_above(const struct page *p, uint32_t i)
{
    while (i > 0 && !html_is_block(p->nodes[i].tag))
        i = p->nodes[i].parent;
    return i;
}

void blocks_add(struct blocks *b, const struct page *p, uint32_t node)
{
    struct line line = {0};
    uint32_t open = node, start = block_above(p, node);
    end_line(b, &line, start, p->nodes[start].tag);
    for (uint32_t i = node; i < p->nodes[node].end; i++) {
        const struct html_node *at = &p->nodes[i];
        for (; i >= p->nodes[open].end; open = p->nodes[open].parent)
            if (html_is_block(p->nodes[open].tag)) {
                uint32_t owner = block_above(p, p->nodes[open].parent);
                end_line(b, &line, owner, p->nodes[owner].tag);
            }
        if (p->drop[i]) {
            i = at->end - 1;
        } else if (at->tag == HTML_IMG) {
            line.image = i;
        } else if (at->tag == HTML_TEXT) {
            if (line.image && line.block.length == 0 && p->own[i].length > 0)
                line.block.image = (uint8_t)image_of(p, i, line.image, line.block.owner);
            add_text(b, &line, at, &p->own[i]);
        } else {
            open = i;
            if (html_is_block(at->tag)) {
                uint32_t owner = at->tag == HTML_BR ? block_above(p, at->parent) : i;
                end_line(b, &line, owner, p->nodes[owner].tag);
            }
        }
    }
    end_line(b, &line, 0, HTML_OTHER);
}
