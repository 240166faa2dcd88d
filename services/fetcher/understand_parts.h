// SPDX-License-Identifier: MIT
// The parts of understand.h: pages (understand_page.c), what lists others (understand_entries.c),
// and what both need.
#pragma once

#include "services/fetcher/extract/charset.h"
#include "services/fetcher/extract/date.h"
#include "services/fetcher/extract/extract.h"
#include "services/fetcher/extract/feed.h"
#include "services/fetcher/extract/list.h"
#include "services/fetcher/extract/sitemap.h"
#include "services/fetcher/pages.h"
#include "services/fetcher/understand.h"

enum { STRING_MAX = 2048, TEXT_MAX = 512 << 10, DATE_FROM_MAX = 64 };

typedef Newswire__V1__ExtractTask pb_task;
typedef Newswire__V1__ExtractResult pb_result;

struct understand {
    struct extractor *extractor;
    struct feed_reader *feeds;
    struct sitemap_reader *sitemaps;
    struct list_reader *lists;
    struct packer *packer;
    struct arena *arena; // of one answer
    struct buf compressed;
};
// The string, or as much of it as the message allows. A URL that is too long is left out: cut, it
// would be another.
char *answer_text(struct understand *u, const char *s, size_t max);
char *answer_url(const char *s);
Newswire__V1__Precision answer_precision(enum date_precision p);
pb_announcement *answer_announcement(struct understand *u);
void answer_charset(struct understand *u, const struct charset_report *c, pb_announcement *a);

struct page_source task_source(const pb_task *task);

void understand_page(struct understand *u, const pb_task *task, pb_result *r);
void understand_feed(struct understand *u, const pb_task *task, pb_result *r);
void understand_sitemap(struct understand *u, const pb_task *task, pb_result *r);
void understand_list(struct understand *u, const pb_task *task, pb_result *r);
void understand_take_list(struct understand *u, const struct list *list, pb_result *r);
