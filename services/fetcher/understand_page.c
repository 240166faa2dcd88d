// SPDX-License-Identifier: MIT
#include <string.h>

#include "common/mem.h"
#include "services/fetcher/extract/sniff.h"
#include "services/fetcher/extract/wrapper.h"
#include "services/fetcher/understand_parts.h"
#include "services/fetcher/understand_pdf.h"

enum { STANDFIRST_MAX = 8 << 10, ATTACHMENTS_MAX = 50, FEEDS_MAX = 10 };

static void attach(struct understand *u, const struct article *article, pb_announcement *a)
{
    size_t n = article->n_attachments < ATTACHMENTS_MAX ? article->n_attachments : ATTACHMENTS_MAX;
    a->attachments = arena_alloc(u->arena, (n + 1) * sizeof *a->attachments);
    for (size_t i = 0; i < n; i++) {
        if (!*answer_url(article->attachments[i].url))
            continue;
        Newswire__V1__Attachment *one = arena_alloc(u->arena, sizeof *one);
        newswire__v1__attachment__init(one);
        one->url = answer_url(article->attachments[i].url);
        one->title = answer_text(u, article->attachments[i].title, STRING_MAX);
        a->attachments[a->n_attachments++] = one;
    }
}

static pb_announcement *from_article(struct understand *u, const struct article *article)
{
    pb_announcement *a = answer_announcement(u);
    a->title = answer_text(u, article->title, STRING_MAX);
    a->standfirst = answer_text(u, article->standfirst, STANDFIRST_MAX);
    a->text = answer_text(u, article->text, TEXT_MAX);
    a->text_cut = article->text_size > TEXT_MAX;
    a->author = answer_text(u, article->author, STRING_MAX);
    a->site = answer_text(u, article->site_name, STRING_MAX);
    a->canonical_url = answer_url(article->canonical_url);
    a->image = answer_url(article->image);
    a->language = answer_text(u, article->language, STRING_MAX);
    a->published_ms = article->published_ms;
    a->published_precision = answer_precision(article->precision);
    answer_charset(u, &article->charset, a);
    attach(u, article, a);
    return a;
}

static void add_feeds(struct understand *u, const struct article *article, pb_result *r)
{
    r->feeds = arena_alloc(u->arena, FEEDS_MAX * sizeof *r->feeds);
    for (size_t i = 0; i < article->n_feeds && r->n_feeds < FEEDS_MAX; i++)
        if (*answer_url(article->feeds[i]))
            r->feeds[r->n_feeds++] = answer_url(article->feeds[i]);
}

static void read_pdf(struct understand *u, const pb_task *task, pb_result *r)
{
    struct pdf pdf;
    struct problem why;
    if (understand_pdf(task, &pdf, &why)) {
        r->problem = arena_strndup(u->arena, why.text, strlen(why.text));
        return;
    }
    // The announcement borrows from the article.
    struct article *a = arena_alloc(u->arena, sizeof *a);
    pdf_article(&pdf, a);
    a->title = arena_strndup(u->arena, a->title, strlen(a->title));
    a->text = arena_strndup(u->arena, a->text, a->text_size);
    a->language = arena_strndup(u->arena, a->language, strlen(a->language));
    const char *trouble = pdf_trouble(&pdf);
    pdf_free(&pdf);
    r->announcement = from_article(u, a);
    r->found = NEWSWIRE__V1__SOURCE_KIND__SOURCE_KIND_PAGE;
    r->date_from = answer_text(u, a->date_rule, DATE_FROM_MAX);
    r->problem = (char *)(trouble ? trouble : "");
}

void understand_page(struct understand *u, const pb_task *task, pb_result *r)
{
    if (pdf_sniff(task->body.data, task->body.len)) {
        read_pdf(u, task, r);
        return;
    }
    if (task->document) {
        r->problem = arena_printf(u->arena, "it is %s, not a PDF document",
                                  sniff_name(sniff_document(task->body.data, task->body.len)));
        return;
    }
    const char *other = sniff_no_page(task->body.data, task->body.len, task->content_type);
    if (other) {
        r->problem = arena_printf(u->arena, "%.100s is not a page with text", other);
        return;
    }
    struct page_source source = task_source(task);
    const struct article *article = extractor_page(u->extractor, &source, NULL);
    r->announcement = from_article(u, article);
    r->date_from = answer_text(u, article->date_rule, DATE_FROM_MAX);
    r->document = answer_url(wrapper_document(article));
    add_feeds(u, article, r);
    r->found = NEWSWIRE__V1__SOURCE_KIND__SOURCE_KIND_PAGE;
    if (!*article->text)
        r->problem = "no article text was found on the page";
}
