// SPDX-License-Identifier: MIT
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "common/text.h"
#include "services/fetcher/extract/sniff.h"
#include "services/fetcher/understand_parts.h"
#include "services/fetcher/understand_pdf.h"

enum { COMPRESSED_MAX = 9 << 20 };

struct understand *understand_new(void)
{
    struct understand *u = mem_alloc(sizeof *u);
    *u = (struct understand){extractor_new(),        feed_reader_new(), sitemap_reader_new(),
                             list_reader_new(),      packer_new(),      arena_new(64 << 10),
                             buf_new(COMPRESSED_MAX)};
    return u;
}

void understand_free(struct understand **u)
{
    if (!*u)
        return;
    extractor_free(&(*u)->extractor);
    feed_reader_free(&(*u)->feeds);
    sitemap_reader_free(&(*u)->sitemaps);
    list_reader_free(&(*u)->lists);
    packer_free(&(*u)->packer);
    arena_free(&(*u)->arena);
    buf_free(&(*u)->compressed);
    free(*u);
    *u = NULL;
}
char *answer_text(struct understand *u, const char *s, size_t max)
{
    size_t n = strlen(s);
    return n <= max ? (char *)s : arena_strndup(u->arena, s, text_cut(s, n, max));
}

char *answer_url(const char *s)
{
    return (char *)(strlen(s) <= STRING_MAX ? s : "");
}

Newswire__V1__Precision answer_precision(enum date_precision p)
{
    return (Newswire__V1__Precision)p; // the same names in the same order
}

pb_announcement *answer_announcement(struct understand *u)
{
    pb_announcement *a = arena_alloc(u->arena, sizeof *a);
    newswire__v1__announcement__init(a);
    return a;
}

void answer_charset(struct understand *u, const struct charset_report *c, pb_announcement *a)
{
    a->charset_declared = answer_text(u, c->declared, 64);
    a->charset_used = answer_text(u, c->used, 64);
    a->charset_guessed = c->guessed;
    a->replacements = c->replacements;
}

struct page_source task_source(const pb_task *task)
{
    return (struct page_source){.bytes = task->body.data,
                                .size = task->body.len,
                                .url = task->url,
                                .content_type = task->content_type,
                                .now_ms = task->now_ms};
}

// A page that somebody added without a word: an article, unless it is mainly a list of them, or
// has no text but a list.
static void read_page_or_list(struct understand *u, const pb_task *task, pb_result *r)
{
    struct page_source source = task_source(task);
    const struct list *list = NULL;
    understand_page(u, task, r);
    if (!r->announcement || pdf_sniff(source.bytes, source.size))
        return;
    if (*r->announcement->text || *r->document)
        list = list_read_sure(u->lists, &source);
    else if (list_read(u->lists, &source, "", &list, NULL) != OK)
        list = NULL;
    if (list) {
        r->title = r->announcement->title;
        r->announcement = NULL;
        r->document = "";
        understand_take_list(u, list, r);
    }
}

// What nobody named is read as what its first bytes are.
static void read_unnamed(struct understand *u, const pb_task *task, pb_result *r)
{
    bool pdf = pdf_sniff(task->body.data, task->body.len); // after blanks too
    switch (pdf ? SNIFF_PDF : sniff_document(task->body.data, task->body.len)) {
    case SNIFF_RSS:
    case SNIFF_RDF:
    case SNIFF_ATOM:
    case SNIFF_JSON_FEED:
        understand_feed(u, task, r);
        break;
    case SNIFF_SITEMAP:
    case SNIFF_SITEMAP_INDEX:
    case SNIFF_URLS:
    case SNIFF_GZIP:
        understand_sitemap(u, task, r);
        break;
    case SNIFF_JSON:
        understand_list(u, task, r);
        break;
    case SNIFF_PDF:
    case SNIFF_BINARY:
        understand_page(u, task, r);
        break;
    default:
        (*task->selector ? understand_list : read_page_or_list)(u, task, r);
    }
}

static void read_task(struct understand *u, const pb_task *task, pb_result *r)
{
    if (task->body.len == 0) {
        r->problem = "the answer is empty";
        return;
    }
    switch (task->kind) {
    case NEWSWIRE__V1__SOURCE_KIND__SOURCE_KIND_AUTO:
        read_unnamed(u, task, r);
        break;
    case NEWSWIRE__V1__SOURCE_KIND__SOURCE_KIND_FEED:
        understand_feed(u, task, r);
        break;
    case NEWSWIRE__V1__SOURCE_KIND__SOURCE_KIND_PAGE:
        if (!pdf_sniff(task->body.data, task->body.len) &&
            feed_sniff(task->body.data, task->body.len) != FEED_NONE)
            r->problem = "this is a feed, not a page: add it with --kind feed";
        else
            understand_page(u, task, r);
        break;
    case NEWSWIRE__V1__SOURCE_KIND__SOURCE_KIND_SITEMAP:
        understand_sitemap(u, task, r);
        break;
    case NEWSWIRE__V1__SOURCE_KIND__SOURCE_KIND_LIST:
        understand_list(u, task, r);
        break;
    default:
        r->problem = "sources of this kind are not read by this version";
    }
}

// Only pages are kept, whether they could be read or not; feeds and lists come again.
static bool is_page(const pb_task *task, const pb_result *result)
{
    return task->kind == NEWSWIRE__V1__SOURCE_KIND__SOURCE_KIND_PAGE ||
           result->found == NEWSWIRE__V1__SOURCE_KIND__SOURCE_KIND_PAGE;
}

void understand_run(struct understand *u, const pb_task *task, struct buf *answer)
{
    pb_result result = NEWSWIRE__V1__EXTRACT_RESULT__INIT;
    arena_reset(u->arena);
    read_task(u, task, &result);
    buf_clear(&u->compressed);
    if (task->keep && is_page(task, &result) &&
        pages_compress(u->packer, task->body.data, task->body.len, &u->compressed) == OK) {
        result.compressed.data = u->compressed.data;
        result.compressed.len = u->compressed.size;
    }
    if (wire_pack(&result.base, answer) == OK)
        return;
    buf_clear(answer);
    pb_result too_large = NEWSWIRE__V1__EXTRACT_RESULT__INIT;
    too_large.problem = "its text is larger than what is taken from one response";
    if (wire_pack(&too_large.base, answer))
        panic("no room for an answer");
}
