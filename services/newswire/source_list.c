// SPDX-License-Identifier: MIT
#include "services/newswire/source_list.h"

#include <libxml/parser.h>
#include <libxml/tree.h>
#include <libxml/xmlsave.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/mem.h"
#include "common/settings.h"
#include "common/text.h"
#include "services/newswire/source.h"
#include "services/newswire/when.h"

enum { URL_BYTES = 2048, TITLE_BYTES = 1024, SELECTOR_BYTES = 1024 };

void source_list_free(struct source_list *l)
{
    for (size_t i = 0; i < l->n; i++) {
        free(l->items[i].url);
        free(l->items[i].title);
        free(l->items[i].selector);
    }
    free(l->items);
    *l = (struct source_list){.items = NULL};
}

enum err source_list_add(struct source_list *l, const struct listed_source *s)
{
    if (l->n == SOURCE_LIST_MAX)
        return ERR_LIMIT;
    mem_reserve((void **)&l->items, &l->cap, l->n + 1, sizeof *l->items);
    struct listed_source *copy = &l->items[l->n++];
    *copy = *s;
    copy->url = mem_strdup(s->url);
    copy->title = mem_strndup(s->title, text_cut(s->title, strlen(s->title), TITLE_BYTES));
    copy->selector = mem_strdup(s->selector);
    return OK;
}

// Whether it is a web address is for the fetcher to say; here it must only be fit to be sent.
static enum err check(const char *name, long line, const char *url, struct problem *why)
{
    size_t n = strlen(url);
    if (strncasecmp(url, "http://", 7) != 0 && strncasecmp(url, "https://", 8) != 0)
        return problem_set(why, ERR_INPUT, "%s:%ld: not an http or https URL: %.80s", name, line,
                           text_is_clean(url, n) ? url : "(unprintable)");
    if (n > URL_BYTES || !text_is_clean(url, n) || strpbrk(url, " \t\n"))
        return problem_set(
            why, ERR_INPUT,
            "%s:%ld: a URL longer than %d bytes, or with blanks or control characters", name, line,
            URL_BYTES);
    return OK;
}

static enum err add(struct source_list *l, const char *name, long line,
                    const struct listed_source *s, struct problem *why)
{
    enum err e = check(name, line, s->url, why);
    if (e)
        return e;
    e = source_list_add(l, s);
    return e ? problem_set(why, e, "%s:%ld: more than %d sources: split the file", name, line,
                           SOURCE_LIST_MAX)
             : OK;
}

static enum err read_plain(const char *name, const char *bytes, size_t size,
                           struct source_list *out, struct problem *why)
{
    char *text = mem_strndup(bytes, size), *rest = text, none[] = "";
    enum err e = OK;
    long number = 1;
    for (char *line; !e && (line = strsep(&rest, "\n")); number++) {
        line += strspn(line, " \t\r");
        size_t n = strcspn(line, " \t\r");
        const char *after = line + n + strspn(line + n, " \t\r");
        if (n == 0 || *line == '#')
            continue;
        if (*after && *after != '#') {
            e = problem_set(why, ERR_INPUT, "%s:%ld: one URL a line; a remark begins with #", name,
                            number);
            break;
        }
        line[n] = '\0';
        e = add(out, name, number,
                &(struct listed_source){.url = line, .title = none, .selector = none}, why);
    }
    free(text);
    return e;
}

// The value of an attribute, whatever the case of its name: xmlUrl is often written xmlurl. NULL if
// there is none; free with xmlFree.
static char *attribute(xmlNode *node, const char *name)
{
    for (xmlAttr *a = node->properties; a; a = a->next)
        if (strcasecmp((const char *)a->name, name) == 0)
            return (char *)xmlNodeListGetString(node->doc, a->children, 1);
    return NULL;
}

// An attribute of our namespace, likewise.
static char *ours(xmlNode *node, const char *name)
{
    return (char *)xmlGetNsProp(node, BAD_CAST name, BAD_CAST SOURCE_LIST_NAMESPACE);
}

static enum err read_ours(const char *name, xmlNode *node, struct listed_source *s,
                          struct problem *why)
{
    char *kind = ours(node, "kind"), *every = ours(node, "every");
    int64_t ms = 0;
    enum err e = OK;
    if (kind && source_kind_parse(kind, &s->kind) != OK)
        e = problem_set(why, ERR_INPUT, "%s:%ld: no kind of source: %.40s", name,
                        xmlGetLineNo(node), kind);
    else if (every && (settings_duration(every, &ms) != OK || ms > 7LL * 86400000))
        e = problem_set(why, ERR_INPUT, "%s:%ld: no interval up to 7d: %.40s", name,
                        xmlGetLineNo(node), every);
    else if (strlen(s->selector) > SELECTOR_BYTES)
        e = problem_set(why, ERR_INPUT, "%s:%ld: a selector longer than %d bytes", name,
                        xmlGetLineNo(node), SELECTOR_BYTES);
    s->every_s = (uint32_t)(ms / 1000);
    xmlFree(kind);
    xmlFree(every);
    return e;
}

// The text without the blanks around it, which other programs leave; in place.
static char *trim(char *s)
{
    s += strspn(s, " \t\r\n");
    size_t n = strlen(s);
    while (n > 0 && strchr(" \t\r\n", s[n - 1]))
        n--;
    s[n] = '\0';
    return s;
}

static enum err read_outline(const char *name, xmlNode *node, struct source_list *out,
                             struct problem *why)
{
    char *attr = attribute(node, "xmlUrl"), *url = attr ? trim(attr) : NULL;
    char *title = attribute(node, "title"), *text = attribute(node, "text");
    char *selector = ours(node, "selector"), none[] = "";
    struct listed_source s = {.url = url,
                              .title = title  ? title
                                       : text ? text
                                              : none,
                              .selector = selector ? selector : none};
    enum err e = OK;
    if (url)
        e = read_ours(name, node, &s, why);
    if (url && !e)
        e = add(out, name, xmlGetLineNo(node), &s, why);
    xmlFree(attr);
    xmlFree(title);
    xmlFree(text);
    xmlFree(selector);
    return e;
}

// The node after this one in document order, without recursion; NULL at the end.
static xmlNode *following(xmlNode *node, const xmlNode *root)
{
    if (node->type == XML_ELEMENT_NODE && node->children)
        return node->children;
    while (node != root && !node->next)
        node = node->parent;
    return node == root ? NULL : node->next;
}

// libxml2 ends its messages with a newline.
static enum err malformed(const char *name, struct problem *why)
{
    const xmlError *error = xmlGetLastError();
    const char *message = error && error->message ? error->message : "unreadable";
    return problem_set(why, ERR_INPUT, "%s:%d: not well-formed XML: %.*s", name,
                       error ? error->line : 0, (int)strcspn(message, "\n"), message);
}

static enum err read_opml(const char *name, const char *bytes, size_t size, struct source_list *out,
                          struct problem *why)
{
    enum err e = OK;
    xmlDoc *doc = xmlReadMemory(bytes, (int)size, NULL, NULL,
                                XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
    if (!doc)
        return malformed(name, why);
    xmlNode *root = xmlDocGetRootElement(doc);
    if (strcasecmp((const char *)root->name, "opml") != 0)
        e = problem_set(why, ERR_INPUT,
                        "%s: <%.40s> is no OPML; to watch a feed itself: newswire add URL", name,
                        (const char *)root->name);
    else if (doc->intSubset && doc->intSubset->entities) // they expand without bounds
        e = problem_set(why, ERR_INPUT, "%s: defines entities, which no OPML needs: take them out",
                        name);
    for (xmlNode *node = root; node && !e; node = following(node, root))
        if (node->type == XML_ELEMENT_NODE && strcasecmp((const char *)node->name, "outline") == 0)
            e = read_outline(name, node, out, why);
    xmlFreeDoc(doc);
    return e;
}

static int by_url(const void *a, const void *b)
{
    const struct listed_source *const *x = a, *const *y = b;
    int order = strcmp((*x)->url, (*y)->url);
    return order ? order : (*x < *y ? -1 : 1);
}

// Leaves the first of those that have the same URL.
static void remove_doubles(struct source_list *l)
{
    struct listed_source **sorted = mem_alloc(l->n * sizeof(struct listed_source *));
    for (size_t i = 0; i < l->n; i++)
        sorted[i] = &l->items[i];
    qsort(sorted, l->n, sizeof(struct listed_source *), by_url);
    const char *kept = NULL;
    for (size_t i = 0; i < l->n; i++) {
        if (!kept || strcmp(kept, sorted[i]->url) != 0) {
            kept = sorted[i]->url;
            continue;
        }
        free(sorted[i]->url);
        free(sorted[i]->title);
        free(sorted[i]->selector);
        sorted[i]->url = NULL;
    }
    free(sorted);
    size_t n = 0;
    for (size_t i = 0; i < l->n; i++)
        if (l->items[i].url)
            l->items[n++] = l->items[i];
    l->n = n;
}

enum err source_list_read(const char *name, const char *bytes, size_t size, struct source_list *out,
                          struct problem *why)
{
    if (size > SOURCE_LIST_BYTES)
        return problem_set(why, ERR_LIMIT, "%s: larger than %d MiB: split the file", name,
                           SOURCE_LIST_BYTES >> 20);
    if (size >= 3 && memcmp(bytes, "\xEF\xBB\xBF", 3) == 0) {
        bytes += 3;
        size -= 3;
    }
    size_t blank = 0;
    while (blank < size && strchr(" \t\r\n", bytes[blank]) && bytes[blank])
        blank++;
    bool opml = blank < size && bytes[blank] == '<';
    if (memchr(bytes, '\0', size))
        return problem_set(why, ERR_INPUT, "%s: neither OPML nor a list of URLs", name);
    struct source_list list = {.items = NULL};
    enum err e = opml ? read_opml(name, bytes + blank, size - blank, &list, why)
                      : read_plain(name, bytes, size, &list, why);
    if (e) {
        source_list_free(&list);
        return e;
    }
    remove_doubles(&list);
    *out = list;
    return OK;
}

static void write_outline(xmlNode *body, xmlNs *ns, const struct listed_source *s)
{
    xmlNode *outline = xmlNewChild(body, NULL, BAD_CAST "outline", NULL);
    const char *title = *s->title ? s->title : s->url;
    xmlNewProp(outline, BAD_CAST "text", BAD_CAST title);
    if ((s->found ? s->found : s->kind) == NEWSWIRE__V1__SOURCE_KIND__SOURCE_KIND_FEED)
        xmlNewProp(outline, BAD_CAST "type", BAD_CAST "rss");
    xmlNewProp(outline, BAD_CAST "xmlUrl", BAD_CAST s->url);
    if (s->kind)
        xmlNewNsProp(outline, ns, BAD_CAST "kind", BAD_CAST source_kind_name(s->kind));
    char every[WHEN_SIZE];
    when_setting((int64_t)s->every_s * 1000, every);
    if (s->every_s)
        xmlNewNsProp(outline, ns, BAD_CAST "every", BAD_CAST every);
    if (*s->selector)
        xmlNewNsProp(outline, ns, BAD_CAST "selector", BAD_CAST s->selector);
}

void source_list_opml(const struct source_list *l, struct buf *out)
{
    xmlDoc *doc = xmlNewDoc(BAD_CAST "1.0");
    xmlNode *root = xmlNewNode(NULL, BAD_CAST "opml");
    xmlDocSetRootElement(doc, root);
    xmlNewProp(root, BAD_CAST "version", BAD_CAST "2.0");
    xmlNs *ns = xmlNewNs(root, BAD_CAST SOURCE_LIST_NAMESPACE, BAD_CAST "newswire");
    xmlNode *head = xmlNewChild(root, NULL, BAD_CAST "head", NULL);
    xmlNewTextChild(head, NULL, BAD_CAST "title", BAD_CAST "newswire sources");
    xmlNode *body = xmlNewChild(root, NULL, BAD_CAST "body", NULL);
    for (size_t i = 0; i < l->n; i++)
        write_outline(body, ns, &l->items[i]);
    xmlChar *text = NULL;
    int size = 0;
    xmlDocDumpFormatMemoryEnc(doc, &text, &size, "UTF-8", 1);
    if (text)
        buf_add(out, text, (size_t)size);
    xmlFree(text);
    xmlFreeDoc(doc);
}

void source_list_plain(const struct source_list *l, struct buf *out)
{
    for (size_t i = 0; i < l->n; i++)
        buf_printf(out, "%s\n", l->items[i].url);
}
