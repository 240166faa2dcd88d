// SPDX-License-Identifier: MIT
// What short lines around an article say they are, in both languages. A line is judged by how it
// begins, after bullets and brackets, and by some words that give it away wherever they stand.
#pragma once

#include "services/fetcher/extract/html.h"

enum line_kind {
    LINE_TEXT,
    LINE_BYLINE,  // who, when, from where: 来源, 作者, "By …", "5 min read"
    LINE_TOOL,    // share, print, font size, view counters
    LINE_EDITOR,  // 责任编辑, 审核
    LINE_PAGER,   // 上一篇, "Next post"
    LINE_AD,      // "Advertisement"
    LINE_RELATED, // announces other things: "Related", "Read more", 相关阅读
    LINE_LEGAL,   // copyright, disclaimer, licence numbers
    LINE_FOOTER, // whose site it is and where they are: 主办单位, 联系地址; notices say it too
    LINE_CAPTION, // says whose image it is: "Photo:", 图片来源
};

struct line_table;

struct line_table *line_table_new(void);
void line_table_free(struct line_table **t);

// By how it begins.
enum line_kind line_kind(const struct line_table *t, struct html_str whole);

// By that, else by the words in it.
enum line_kind line_kind_anywhere(const struct line_table *t, struct html_str line);

// True if the line credits an image: by that, or ends in 摄.
bool line_is_credit(const struct line_table *t, struct html_str line);

// True if the line holds a date and hardly anything else: "July 1, 2023", 2021-09-27 10:30.
bool line_is_date(struct html_str line, uint32_t length);

// The same, with a time of day: how lists of posts mark each of them.
bool line_is_time(struct html_str line, uint32_t length);

// True for a Chinese date alone, 2022年11月7日 or 二〇二二年十一月七日: notices end with it.
bool line_is_signed_date(struct html_str line);

// True for a line such as "Jane Doe is a contributing editor …": a note about the author.
bool line_is_biography(struct html_str line);
