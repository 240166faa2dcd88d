// SPDX-License-Identifier: MIT
#include "services/fetcher/extract/list.h"

#include <stdlib.h>
#include <string.h>

#include "common/buf.h"
#include "common/mem.h"
#include "services/fetcher/extract/charset.h"
#include "services/fetcher/extract/list_hidden.h"
#include "services/fetcher/extract/list_json.h"
#include "services/fetcher/extract/list_parts.h"
#include "services/fetcher/extract/sniff.h"
#include "services/fetcher/extract/url.h"
#include "services/fetcher/extract/zone.h"

enum { INPUT_MAX = 16 << 20, DECODED_MAX = 32 << 20 };

struct list_reader {
    struct arena *arena;
    struct html *html;
    struct buf decoded, records;
    struct list list;
    const char *base; // of the page read last
    unsigned opened;  // pages since the one that was fetched, itself among them
    struct list_link links[LIST_LINKS_MAX];
    struct anchor *anchors; // kept from page to page
    size_t anchors_cap;
};

struct list_reader *list_reader_new(void)
{
    struct list_reader *r = mem_alloc(sizeof *r);
    r->arena = arena_new(256 << 10);
    r->html = html_new();
    r->decoded = buf_new(DECODED_MAX);
    r->records = buf_new(DECODED_MAX);
    return r;
}

void list_reader_free(struct list_reader **r)
{
    if (!*r)
        return;
    buf_free(&(*r)->decoded);
    buf_free(&(*r)->records);
    html_free(&(*r)->html);
    arena_free(&(*r)->arena);
    free((*r)->anchors);
    free(*r);
    *r = NULL;
}

// ---- One document ----

static const char *base_of(const struct list_page *p)
{
    char url[URL_MAX + 1];
    for (uint32_t i = 0; i < p->count; i++) {
        if (p->nodes[i].tag != HTML_BASE)
            continue;
        struct html_str href = html_attr(p->html, &p->nodes[i], HTML_ATTR_HREF);
        if (href.n == 0 || href.n > URL_MAX)
            continue;
        const char *text = arena_strndup(p->arena, href.s, href.n);
        if (url_resolve(p->url, text, url) == OK)
            return arena_strndup(p->arena, url, strlen(url));
    }
    return p->url;
}

static const char *canonical(struct list_reader *r, const char *url)
{
    char text[URL_MAX + 1];
    return url_canonical(url, text) == OK ? arena_strndup(r->arena, text, strlen(text)) : "";
}

static void parse(struct list_reader *r, const struct page_source *source, const char *text,
                  size_t size, struct list_page *p)
{
    *p = (struct list_page){.arena = r->arena,
                            .html = r->html,
                            .url = canonical(r, source->url),
                            .anchors = r->anchors,
                            .cap = r->anchors_cap,
                            .next = "",
                            .dates = {zone_guess("", text, size), source->now_ms, false}};
    p->nodes = html_parse(r->html, text, size, &p->count);
    p->base = r->base = base_of(p);
}

// What the anchors' memory has grown to.
static void give_back(struct list_reader *r, const struct list_page *p)
{
    r->anchors = p->anchors;
    r->anchors_cap = p->cap;
}

static bool is_linked(const struct list_reader *r, const char *url)
{
    for (size_t i = 0; i < r->list.n_links; i++)
        if (strcmp(r->links[i].url, url) == 0)
            return true;
    return false;
}

// The title in full, if the page has it at another link to the same.
static const char *title_in_full(const struct list_page *p, const struct anchor *a)
{
    if (!list_is_shortened(a->title))
        return a->title;
    size_t same = strlen(a->title) - strlen("...");
    for (size_t i = 0; i < p->n; i++) {
        const struct anchor *b = &p->anchors[i];
        if (b->url_hash == a->url_hash && !list_is_shortened(b->title) && strlen(b->title) > same &&
            strncmp(b->title, a->title, same) == 0)
            return b->title;
    }
    return a->title;
}

static void collect(struct list_reader *r, const struct list_page *p)
{
    for (size_t i = 0; i < p->n && r->list.n_links < LIST_LINKS_MAX; i++) {
        const struct anchor *a = &p->anchors[i];
        if (a->dropped || is_linked(r, a->url))
            continue;
        const struct date *date = a->date.precision != DATE_NONE ? &a->date : &a->in_url;
        r->links[r->list.n_links++] = (struct list_link){.url = a->url,
                                                         .title = title_in_full(p, a),
                                                         .published_ms = date->ms,
                                                         .precision = date->precision};
    }
    r->list.links = r->links;
    r->list.next = p->next;
}

// The links of a page that may be entries, ready to be chosen from until the next page is opened.
static void open_page(struct list_reader *r, const struct page_source *source, const char *text,
                      size_t size, bool all, struct list_page *p)
{
    parse(r, source, text, size, p);
    list_anchors(p, all);
    list_items(p);
    give_back(r, p);
    r->opened++;
}

static bool choose(struct list_reader *r, struct list_page *p, enum list_bar bar)
{
    bool found = list_choose(p, bar, &r->list.finding, &r->list.sure);
    if (found)
        collect(r, p);
    return found;
}

static bool discover(struct list_reader *r, const struct page_source *source, const char *text,
                     size_t size, bool all)
{
    struct list_page p;
    open_page(r, source, text, size, all, &p);
    return choose(r, &p, LIST_ANY);
}

static enum err select_links(struct list_reader *r, const struct page_source *source,
                             const char *text, size_t size, const char *selector)
{
    struct list_page p;
    parse(r, source, text, size, &p);
    list_anchors(&p, true);
    list_items(&p);
    enum err rc = list_select(&p, selector);
    if (rc == OK)
        collect(r, &p);
    give_back(r, &p);
    return rc;
}

// ---- Reading ----

static enum err read_selected(struct list_reader *r, const struct page_source *source,
                              const struct charset_text *text, const char *selector,
                              struct problem *why)
{
    enum err rc = select_links(r, source, text->text, text->size, selector);
    if (rc == ERR_NOTFOUND && list_records(text->text, text->size, &r->records))
        rc = select_links(r, source, buf_str(&r->records), r->records.size, selector);
    if (rc == ERR_INPUT)
        return problem_set(why, ERR_INPUT,
                           "%.200s: the selector \"%.100s\" is malformed; it may hold types, "
                           ".classes, #ids, spaces and >",
                           source->url, selector);
    if (rc != OK)
        return problem_set(why, ERR_INPUT,
                           "%.200s: the selector \"%.100s\" matches no link; compare it with the "
                           "page's source",
                           source->url, selector);
    r->list.finding = arena_printf(r->arena, "%zu links by selector", r->list.n_links);
    r->list.sure = true;
    return OK;
}

static bool discover_literals(struct list_reader *r, const struct page_source *source,
                              const struct charset_text *text)
{
    struct list_json json = {
        .arena = r->arena,
        .base = r->base,
        .dates = {zone_guess("", text->text, text->size), source->now_ms, false}};
    bool found = list_literals(&json, text->text, text->size, &r->records) &&
                 discover(r, source, buf_str(&r->records), r->records.size, true);
    r->list.sure = false; // an article's page may carry such lists too
    return found;
}

static bool discover_alts(struct list_reader *r, const struct page_source *source,
                          const struct charset_text *text)
{
    bool found = list_alts(text->text, text->size, &r->records) &&
                 discover(r, source, buf_str(&r->records), r->records.size, false);
    r->list.sure = false;
    return found;
}

// A list that waits in a script is meant to be seen in place of what the page shows without it.
static bool discover_records(struct list_reader *r, const struct page_source *source,
                             const struct charset_text *text)
{
    return list_records(text->text, text->size, &r->records) &&
           discover(r, source, buf_str(&r->records), r->records.size, true);
}

// The page as it was opened; another may have been since.
static bool choose_again(struct list_reader *r, const struct page_source *source,
                         const struct charset_text *text, struct list_page *p, enum list_bar bar)
{
    if (r->opened != 1) {
        open_page(r, source, text->text, text->size, false, p);
        r->opened = 1;
    }
    return choose(r, p, bar);
}

// What looks like a margin or navigation is looked at only where there is no other list, and what
// the page does not show as links only if `hidden`.
static bool read_found(struct list_reader *r, const struct page_source *source,
                       const struct charset_text *text, bool hidden)
{
    struct list_page p;
    if (discover_records(r, source, text))
        return true;
    r->opened = 0;
    open_page(r, source, text->text, text->size, false, &p);
    bool nav = p.has_nav;
    if (choose(r, &p, LIST_APART) || (hidden && discover_literals(r, source, text)) ||
        choose_again(r, source, text, &p, LIST_ANY) ||
        (nav && discover(r, source, text->text, text->size, true)))
        return true;
    return hidden &&
           (discover_alts(r, source, text) || choose_again(r, source, text, &p, LIST_LOW));
}

// Not a page but what its script would have fetched.
static bool is_json(const struct charset_text *text)
{
    return sniff_document((const uint8_t *)text->text, text->size) == SNIFF_JSON;
}

static enum err read_json(struct list_reader *r, const struct page_source *source,
                          const struct charset_text *text, const char *selector,
                          struct problem *why)
{
    struct list_json json = {
        .arena = r->arena,
        .base = source->url,
        .dates = {zone_guess("", text->text, text->size), source->now_ms, false},
        .links = r->links};
    enum err rc = list_json_read(&json, text->text, text->size, selector);
    if (rc == ERR_INPUT)
        return problem_set(why, ERR_INPUT,
                           "%.200s: the selector \"%.100s\" is malformed; for JSON it is "
                           "\"path.to.array url=FIELD title=FIELD date=FIELD\"",
                           source->url, selector);
    if (rc != OK)
        return problem_set(why, ERR_INPUT,
                           "%.200s: no list was found in this JSON%s%.100s; say where with "
                           "--selector \"path.to.array url=FIELD title=FIELD date=FIELD\"",
                           source->url, *selector ? " at " : "", selector);
    r->list.links = r->links;
    r->list.n_links = json.n;
    r->list.finding = json.finding;
    r->list.sure = true;
    return OK;
}

enum err list_read(struct list_reader *r, const struct page_source *source, const char *selector,
                   const struct list **out, struct problem *why)
{
    arena_reset(r->arena);
    r->list = (struct list){.next = "", .finding = ""};
    if (source->size > INPUT_MAX)
        return problem_set(why, ERR_INPUT, "%.200s: larger than %d MiB: not read", source->url,
                           INPUT_MAX >> 20);
    struct charset_text text =
        charset_decode(source->bytes, source->size, source->content_type, &r->decoded);
    r->list.charset = text.report;
    enum err rc = OK;
    if (is_json(&text))
        rc = read_json(r, source, &text, selector, why);
    else if (*selector)
        rc = read_selected(r, source, &text, selector, why);
    else if (!read_found(r, source, &text, true))
        rc = problem_set(why, ERR_INPUT,
                         "%.200s: no list of articles was found on this page; if it is one article "
                         "add it with --kind page, if it is a list say where with --selector",
                         source->url);
    if (rc == OK)
        *out = &r->list;
    return rc;
}

const struct list *list_read_sure(struct list_reader *r, const struct page_source *source)
{
    arena_reset(r->arena);
    r->list = (struct list){.next = "", .finding = ""};
    if (source->size > INPUT_MAX)
        return NULL;
    struct charset_text text =
        charset_decode(source->bytes, source->size, source->content_type, &r->decoded);
    r->list.charset = text.report;
    if (is_json(&text))
        return read_json(r, source, &text, "", NULL) == OK ? &r->list : NULL;
    bool found = read_found(r, source, &text, false);
    return found && r->list.sure ? &r->list : NULL;
}
