// SPDX-License-Identifier: MIT
// The text of an element as blocks: paragraphs, headings, list items, cells, lines.
#pragma once

#include "services/fetcher/extract/lines.h"
#include "services/fetcher/extract/page.h"
#include "services/fetcher/extract/tokens.h"

// Whether an image comes right before the text, and how near: in the same element, or the text is
// centred, as captions are.
enum block_image { IMAGE_NONE, IMAGE_BEFORE, IMAGE_ABOVE };

struct block {
    uint32_t owner;  // the element whose text it is
    uint32_t from;   // into blocks.text
    uint32_t size;   // bytes
    uint32_t length; // characters, as in page.h
    uint32_t links;  // of them in links
    uint8_t tag;     // of the owner
    bool sentence;   // ends in punctuation
    uint8_t image;   // enum block_image
    uint8_t kind;    // enum line_kind; LINE_TEXT for long ones
    const char *cut; // the rule that cut it, NULL: kept
};

enum { LINE_LENGTH_MAX = 120 }; // what is longer is text

struct blocks {
    struct block *items;
    size_t n, cap;
    struct buf text;
    const struct line_table *lines; // borrowed
};

void blocks_free(struct blocks *b); // may be used again
void blocks_clear(struct blocks *b);

// Appends the blocks of what is left below `node`.
void blocks_add(struct blocks *b, const struct page *p, uint32_t node);

struct html_str block_text(const struct blocks *b, const struct block *block);

// True for an unlinked sentence that ends in Chinese punctuation. It may begin with the same word
// as a byline or an announcement, without a mark between: 记者从…获悉。 相关负责人表示…。
bool block_is_chinese_sentence(const struct blocks *b, const struct block *block);

// True if the block reads like prose: long and mostly unlinked, or a sentence without a link.
bool block_is_prose(const struct block *block);
