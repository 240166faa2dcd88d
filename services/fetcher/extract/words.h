// SPDX-License-Identifier: MIT
// What the words in class and id attributes say about an element. Web authors name parts by what
// they are ("related-posts", "shareBar", "article__body"), in English nearly everywhere.
#pragma once

#include <stdint.h>

#include "services/fetcher/extract/html.h"

enum word_flag {
    WORD_UNWANTED = 1 << 0, // parts that are no article: share bars, teasers, bylines…
    WORD_WEAK = 1 << 1,     // of these, such that some sites name the whole page so
    WORD_STRONG = 1 << 2,   // of these, such that hardly ever hold the article
    WORD_COMMENT = 1 << 3,  // readers' comments
    WORD_CONTENT = 1 << 4,  // names that articles have: content, story, main
    WORD_LEAD = 1 << 5,     // the standfirst: summary, deck, lede
    WORD_EMBED = 1 << 6,
    WORD_HIDDEN = 1 << 7, // not a word: style, hidden or aria-hidden hide the element
    WORD_ASIDE = 1 << 8,  // its role is that of navigation, an aside or a footer
    WORD_BODY = 1 << 9,   // named as the body of the article: article-body, postContent…
    WORD_FIRST = 1 << 10, // first word of such a name
    WORD_LAST = 1 << 11,  // last word of such a name
    WORD_IMAGE = 1 << 12, // first word of the name of a caption: img-desc, picIntro
    WORD_NOTE = 1 << 13,  // last word of it
};

enum { WORD_SET_MAX = 5, WORD_ID_COUNT = 256, WORD_MEMO_SIZE = 256 };

// The known words of one element: the union of their flags, and which unwanted ones they are.
struct word_set {
    uint16_t flags;
    uint8_t n;
    uint8_t ids[WORD_SET_MAX];
};

struct word_table;

struct word_table *word_table_new(void);
void word_table_free(struct word_table **t);

// What the values read lately said: a page has few, again and again. Begins with nothing but the
// table, anew for each page, as it points to the values.
struct word_memo {
    const struct word_table *table;
    struct {
        struct html_str value;
        struct word_set set;
    } slots[WORD_MEMO_SIZE];
};

// Adds the words of an attribute's value: split at what is not a letter or digit and at camelCase.
void words_add(struct word_memo *memo, struct html_str value, struct word_set *set);

uint16_t word_flags(const struct word_table *t, uint8_t id);
