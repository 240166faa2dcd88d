// SPDX-License-Identifier: MIT
#include "services/fetcher/extract/xml.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <libxml/parser.h>
#include <libxml/tree.h>

#include "services/fetcher/extract/xml_reference.h"

struct xml {
    xmlDoc *doc;
    struct xml_mended mended;
};

static const struct {
    const char *uri; // without scheme and trailing slash; compared without regard to case
    enum xml_ns ns;
} namespaces[] = {
    {"www.w3.org/2005/Atom", XML_ATOM},
    {"purl.org/atom/ns#", XML_ATOM},
    {"purl.org/rss/1.0", XML_PLAIN},
    {"my.netscape.com/rdf/simple/0.9", XML_PLAIN},
    {"channel.netscape.com/rdf/simple/0.9", XML_PLAIN},
    {"backend.userland.com/RSS2", XML_PLAIN},
    {"blogs.law.harvard.edu/tech/rss", XML_PLAIN},
    {"www.w3.org/1999/02/22-rdf-syntax-ns#", XML_RDF},
    {"purl.org/dc/elements/1.0", XML_DC},
    {"purl.org/dc/elements/1.1", XML_DC},
    {"purl.org/dc/terms", XML_DC},
    {"purl.org/rss/1.0/modules/content", XML_CONTENT},
    {"www.w3.org/1999/xhtml", XML_XHTML},
    {"search.yahoo.com/mrss", XML_MEDIA},
    {"www.itunes.com/dtds/podcast-1.0.dtd", XML_ITUNES},
    {"purl.org/rss/1.0/modules/syndication", XML_SYNDICATION},
    {"www.sitemaps.org/schemas/sitemap/0.9", XML_SITEMAP},
    {"www.google.com/schemas/sitemap/0.84", XML_SITEMAP},
    {"www.google.com/schemas/sitemap-news/0.9", XML_NEWS},
    {"rssnamespace.org/feedburner/ext/1.0", XML_FEEDBURNER},
};

static const struct {
    const char *prefix;
    enum xml_ns ns;
} prefixes[] = {
    {"atom", XML_ATOM},      {"rdf", XML_RDF},     {"dc", XML_DC},
    {"dcterms", XML_DC},     {"xhtml", XML_XHTML}, {"content", XML_CONTENT},
    {"media", XML_MEDIA},    {"news", XML_NEWS},   {"itunes", XML_ITUNES},
    {"sy", XML_SYNDICATION}, {"rss", XML_PLAIN},   {"feedburner", XML_FEEDBURNER},
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const xmlNode *raw(const struct xml_node *node)
{
    return (const xmlNode *)(const void *)node;
}

static const struct xml_node *wrapped(const xmlNode *node)
{
    return (const struct xml_node *)(const void *)node;
}

struct xml *xml_read(const char *s, size_t n, size_t max)
{
    struct xml *x = mem_alloc(sizeof *x);
    struct buf text = buf_new(max);
    xml_mend(s, n, &text, &x->mended);
    if (!buf_failed(&text) && text.size > 0)
        x->doc = xmlReadMemory(buf_str(&text), (int)text.size, NULL, "UTF-8",
                               XML_PARSE_RECOVER | XML_PARSE_NONET | XML_PARSE_IGNORE_ENC |
                                   XML_PARSE_NOCDATA | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
    buf_free(&text);
    if (!x->doc || !xml_root(x))
        xml_free(&x);
    return x;
}

void xml_free(struct xml **x)
{
    if (!*x)
        return;
    xmlFreeDoc((*x)->doc);
    free(*x);
    *x = NULL;
}

const struct xml_mended *xml_mended(const struct xml *x)
{
    return &x->mended;
}

const struct xml_node *xml_root(const struct xml *x)
{
    return wrapped(xmlDocGetRootElement(x->doc));
}

static const xmlNode *element_from(const xmlNode *node)
{
    while (node && node->type != XML_ELEMENT_NODE)
        node = node->next;
    return node;
}

const struct xml_node *xml_first(const struct xml_node *node)
{
    return wrapped(element_from(raw(node)->children));
}

const struct xml_node *xml_next(const struct xml_node *node)
{
    return wrapped(element_from(raw(node)->next));
}

const struct xml_node *xml_parent(const struct xml_node *node)
{
    const xmlNode *parent = raw(node)->parent;
    return parent && parent->type == XML_ELEMENT_NODE ? wrapped(parent) : NULL;
}

static enum xml_ns ns_of_uri(const char *uri)
{
    const char *after = strstr(uri, "://");
    const char *s = after ? after + 3 : uri;
    size_t n = strlen(s);
    if (n && s[n - 1] == '/')
        n--;
    if (n == 0)
        return XML_PLAIN;
    for (size_t i = 0; i < COUNT(namespaces); i++)
        if (strlen(namespaces[i].uri) == n && strncasecmp(namespaces[i].uri, s, n) == 0)
            return namespaces[i].ns;
    return XML_OTHER;
}

static enum xml_ns ns_of_prefix(const char *prefix, size_t n)
{
    for (size_t i = 0; i < COUNT(prefixes); i++)
        if (strlen(prefixes[i].prefix) == n && strncasecmp(prefixes[i].prefix, prefix, n) == 0)
            return prefixes[i].ns;
    return XML_OTHER;
}

enum xml_ns xml_ns(const struct xml_node *node)
{
    const xmlNode *n = raw(node);
    const char *name = (const char *)n->name, *colon = strchr(name, ':');
    if (!n->ns || !n->ns->href)
        return colon ? ns_of_prefix(name, (size_t)(colon - name)) : XML_PLAIN;
    enum xml_ns ns = ns_of_uri((const char *)n->ns->href);
    if (ns != XML_OTHER)
        return ns;
    // An unknown or misspelt URI: what the author called it tells more.
    const char *prefix = (const char *)n->ns->prefix;
    return prefix ? ns_of_prefix(prefix, strlen(prefix)) : XML_PLAIN;
}

const char *xml_name(const struct xml_node *node)
{
    const char *name = (const char *)raw(node)->name, *colon = strchr(name, ':');
    return colon ? colon + 1 : name;
}

bool xml_is(const struct xml_node *node, enum xml_ns ns, const char *name)
{
    return strcasecmp(xml_name(node), name) == 0 && xml_ns(node) == ns;
}

const struct xml_node *xml_child(const struct xml_node *node, enum xml_ns ns, const char *name)
{
    for (const struct xml_node *c = xml_first(node); c; c = xml_next(c))
        if (xml_is(c, ns, name))
            return c;
    return NULL;
}

static bool is_special(const xmlAttr *a)
{
    return a->ns && a->ns->prefix && strcmp((const char *)a->ns->prefix, "xml") == 0;
}

static const char *value_of(const xmlAttr *a)
{
    const xmlNode *text = a->children;
    return text && text->content ? (const char *)text->content : "";
}

static const char *find_attr(const struct xml_node *node, const char *name, bool special)
{
    for (const xmlAttr *a = raw(node)->properties; a; a = a->next) {
        const char *have = (const char *)a->name, *colon = strchr(have, ':');
        if (strcasecmp(colon ? colon + 1 : have, name) == 0 && is_special(a) == special)
            return value_of(a);
    }
    return NULL;
}

const char *xml_attr(const struct xml_node *node, const char *name)
{
    return find_attr(node, name, false);
}

const char *xml_special(const struct xml_node *node, const char *name)
{
    return find_attr(node, name, true);
}

// The node after `at` in document order within `top`, NULL after the last.
static const xmlNode *step(const xmlNode *at, const xmlNode *top)
{
    if (at->children && at->type == XML_ELEMENT_NODE)
        return at->children;
    while (at != top && !at->next)
        at = at->parent;
    return at == top ? NULL : at->next;
}

static void add_text(const xmlNode *top, struct buf *out)
{
    for (const xmlNode *n = step(top, top); n; n = step(n, top))
        if ((n->type == XML_TEXT_NODE || n->type == XML_CDATA_SECTION_NODE) && n->content)
            buf_puts(out, (const char *)n->content);
}

const char *xml_text(const struct xml_node *node, struct arena *arena)
{
    if (!node)
        return "";
    struct buf text = buf_new(SIZE_MAX / 2);
    add_text(raw(node), &text);
    const char *s = buf_str(&text);
    size_t n = text.size;
    while (n > 0 && xml_is_space(*s))
        s++, n--;
    while (n > 0 && xml_is_space(s[n - 1]))
        n--;
    const char *copy = arena_strndup(arena, s, n);
    buf_free(&text);
    return copy;
}

static void add_escaped(const char *s, struct buf *out)
{
    for (size_t n; *s; s += n) {
        n = strcspn(s, "&<>");
        buf_add(out, s, n);
        if (s[n])
            xml_add_character(out, (unsigned char)s[n++]);
    }
}

static void add_tag(const char *open, const xmlNode *node, struct buf *out)
{
    buf_printf(out, "%s%s>", open, xml_name(wrapped(node)));
}

// Without prefixes and attributes, and every element with its end tag: so HTML reads it too.
static void add_markup(const xmlNode *top, struct buf *out)
{
    const xmlNode *n = top->children;
    while (n) {
        bool element = n->type == XML_ELEMENT_NODE;
        if (element)
            add_tag("<", n, out);
        else if (n->type == XML_TEXT_NODE && n->content)
            add_escaped((const char *)n->content, out);
        if (element && n->children) {
            n = n->children;
            continue;
        }
        if (element)
            add_tag("</", n, out);
        for (; !n->next && n->parent != top; n = n->parent)
            add_tag("</", n->parent, out);
        n = n->next;
    }
}

bool xml_inner(const struct xml_node *node, struct buf *out)
{
    bool elements = element_from(raw(node)->children) != NULL;
    if (elements)
        add_markup(raw(node), out);
    else
        add_text(raw(node), out);
    return elements;
}
