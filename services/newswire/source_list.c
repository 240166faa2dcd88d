// SPDX-License-Identifier: MIT
#include "services/newswire/source_list.h"

#include <ctype.h>
#include <libxml/parser.h>
#include <libxml/tree.h>
#include <libxml/xmlsave.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/mem.h"
#include "common/text.h"
#include "services/fetcher/extract/charset.h"

enum { URL_BYTES = 2048, TITLE_BYTES = 1024 };

void source_list_free(struct source_list *l)
{
    for (size_t i = 0; i < l->n; i++)
        listed_source_free(&l->items[i]);
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
    copy->backfill = mem_strdup(s->backfill);
    copy->gap = mem_strdup(s->gap);
    copy->proxy = mem_strdup(s->proxy);
    copy->headers = mem_strdup(s->headers);
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

static enum err wrong(const char *name, long line, const char *option, const char *value,
                      struct problem *why)
{
    return problem_set(why, ERR_INPUT, "%s:%ld: not what %s can be: %.40s", name, line, option,
                       text_is_clean(value, strlen(value)) ? value : "(unprintable)");
}

// "gap=5s", "header=Cookie: lang=zh": what stands between tabs after the URL. In place.
static enum err read_words(const char *name, long line, char *words, struct listed_source *s,
                           struct problem *why)
{
    struct buf headers = buf_new(SOURCE_LIST_BYTES);
    enum err e = OK;
    for (char *word; !e && (word = strsep(&words, "\t"));) {
        char *value = strchr(word, '=');
        if (!*word || *word == '#')
            break;
        if (!value) {
            e = problem_set(why, ERR_INPUT,
                            "%s:%ld: one URL a line; its options follow tabs, a remark begins "
                            "with #",
                            name, line);
            break;
        }
        *value++ = '\0';
        if (strcmp(word, "header") == 0)
            buf_printf(&headers, "%s%s", headers.size ? "\n" : "", value);
        else if (listed_option_set(s, word, value) != OK)
            e = wrong(name, line, word, value, why);
    }
    if (!e && headers.size && listed_option_set(s, "headers", buf_str(&headers)) != OK)
        e = wrong(name, line, "header", buf_str(&headers), why);
    buf_free(&headers);
    return e;
}

static enum err read_line(const char *name, long number, char *line, struct source_list *out,
                          struct problem *why)
{
    line += strspn(line, " \t\r");
    line[strcspn(line, "\r")] = '\0';
    size_t n = strcspn(line, " \t");
    if (n == 0 || *line == '#')
        return OK;
    struct listed_source s = {.url = NULL};
    char *after = line + n + strspn(line + n, " \t");
    enum err e = *after ? read_words(name, number, after, &s, why) : OK;
    line[n] = '\0';
    char *selector = s.selector, none[] = "";
    if (!e) {
        struct listed_source whole = s;
        whole.url = line;
        whole.title = none;
        whole.selector = selector ? selector : none;
        e = add(out, name, number, &whole, why);
    }
    listed_source_free(&s);
    return e;
}

static enum err read_plain(const char *name, const char *bytes, size_t size,
                           struct source_list *out, struct problem *why)
{
    char *text = mem_strndup(bytes, size), *rest = text;
    enum err e = OK;
    long number = 1;
    for (char *line; !e && (line = strsep(&rest, "\n")); number++)
        e = read_line(name, number, line, out, why);
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

// Attributes of our namespace. One that a later version writes is passed over.
static enum err read_ours(const char *name, xmlNode *node, struct listed_source *s,
                          struct problem *why)
{
    for (xmlAttr *a = node->properties; a; a = a->next) {
        if (!a->ns || strcmp((const char *)a->ns->href, SOURCE_LIST_NAMESPACE) != 0)
            continue;
        char *value = (char *)xmlNodeListGetString(node->doc, a->children, 1);
        enum err e = listed_option_set(s, (const char *)a->name, value ? value : "");
        if (e == ERR_INPUT)
            e = wrong(name, xmlGetLineNo(node), (const char *)a->name, value ? value : "", why);
        xmlFree(value);
        if (e == ERR_INPUT)
            return e;
    }
    return OK;
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
    char *title = attribute(node, "title"), *text = attribute(node, "text"), none[] = "";
    struct listed_source s = {.url = NULL};
    enum err e = OK;
    if (url)
        e = read_ours(name, node, &s, why);
    if (url && !e) {
        struct listed_source whole = s;
        whole.url = url;
        whole.title = title ? title : text ? text : none;
        whole.selector = s.selector ? s.selector : none;
        e = add(out, name, xmlGetLineNo(node), &whole, why);
    }
    listed_source_free(&s);
    xmlFree(attr);
    xmlFree(title);
    xmlFree(text);
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

// One of XML's own five, or a number: what needs no declaration.
static bool is_reference(const char *s, size_t n)
{
    static const char *const own[] = {"&amp;", "&lt;", "&gt;", "&quot;", "&apos;"};
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        if (n >= strlen(own[i]) && memcmp(s, own[i], strlen(own[i])) == 0)
            return true;
    if (n < 4 || s[1] != '#')
        return false;
    size_t start = s[2] == 'x' ? 3 : 2, at = start;
    while (at < n && at < start + 8 && isxdigit((unsigned char)s[at]))
        at++;
    return at > start && at < n && s[at] == ';';
}

// The text in clean UTF-8, which libxml2 does not see to when it recovers, with every & escaped
// that begins no reference, which it would leave out with the name behind it: from an address, its
// parameters. All lines stay where they are.
static struct buf escape_bare(const char *bytes, size_t size)
{
    struct buf decoded = buf_new(4 * size + 1), out = buf_new(20 * size + 1);
    struct charset_text text = charset_decode((const uint8_t *)bytes, size, "", &decoded);
    const char *end = text.text + text.size;
    for (const char *s = text.text; s < end;) {
        const char *at = memchr(s, '&', (size_t)(end - s));
        size_t n = (size_t)((at ? at + 1 : end) - s);
        buf_add(&out, s, n);
        if (at && !is_reference(at, (size_t)(end - at)))
            buf_puts(&out, "amp;");
        s += n;
    }
    buf_free(&decoded);
    if (out.size > 0)
        out.size = text_clean((char *)out.data, out.size);
    return out;
}

// NULL if there is no root element even so.
static xmlDoc *recover(const char *name, const char *bytes, size_t size, struct problem *mended)
{
    malformed(name, mended);
    struct buf escaped = escape_bare(bytes, size);
    xmlDoc *doc = xmlReadMemory(buf_str(&escaped), (int)escaped.size, NULL, "UTF-8",
                                XML_PARSE_RECOVER | XML_PARSE_IGNORE_ENC | XML_PARSE_NONET |
                                    XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
    buf_free(&escaped);
    if (doc && !xmlDocGetRootElement(doc)) {
        xmlFreeDoc(doc);
        doc = NULL;
    }
    return doc;
}

static enum err read_opml(const char *name, const char *bytes, size_t size, struct source_list *out,
                          struct problem *why)
{
    enum err e = OK;
    xmlDoc *doc = xmlReadMemory(bytes, (int)size, NULL, NULL,
                                XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
    if (!doc)
        doc = recover(name, bytes, size, &out->mended);
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
        listed_source_free(sorted[i]);
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

struct outline {
    xmlNode *node;
    xmlNs *ns;
};

static void write_option(void *arg, const char *name, const char *value)
{
    const struct outline *o = arg;
    xmlNewNsProp(o->node, o->ns, BAD_CAST name, BAD_CAST value);
}

static void write_outline(xmlNode *body, xmlNs *ns, const struct listed_source *s)
{
    xmlNode *outline = xmlNewChild(body, NULL, BAD_CAST "outline", NULL);
    const char *title = *s->title ? s->title : s->url;
    xmlNewProp(outline, BAD_CAST "text", BAD_CAST title);
    if ((s->found ? s->found : s->kind) == NEWSWIRE__V1__SOURCE_KIND__SOURCE_KIND_FEED)
        xmlNewProp(outline, BAD_CAST "type", BAD_CAST "rss");
    xmlNewProp(outline, BAD_CAST "xmlUrl", BAD_CAST s->url);
    listed_options(s, write_option, &(struct outline){outline, ns});
}

void source_list_opml(const struct source_list *l, const char *comment, struct buf *out)
{
    xmlDoc *doc = xmlNewDoc(BAD_CAST "1.0");
    xmlNode *root = xmlNewNode(NULL, BAD_CAST "opml");
    xmlDocSetRootElement(doc, root);
    xmlNewProp(root, BAD_CAST "version", BAD_CAST "2.0");
    xmlNs *ns = xmlNewNs(root, BAD_CAST SOURCE_LIST_NAMESPACE, BAD_CAST "newswire");
    xmlNode *head = xmlNewChild(root, NULL, BAD_CAST "head", NULL);
    xmlNewTextChild(head, NULL, BAD_CAST "title", BAD_CAST "newswire sources");
    xmlNode *body = xmlNewChild(root, NULL, BAD_CAST "body", NULL);
    if (*comment)
        xmlAddChild(body, xmlNewDocComment(doc, BAD_CAST comment));
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

// A tab within a value would end it; in a header or selector it means no more than a blank.
static void write_word(void *arg, const char *name, const char *value)
{
    struct buf *out = arg;
    bool headers = strcmp(name, "headers") == 0;
    buf_printf(out, "\t%s=", headers ? "header" : name);
    for (; *value; value++)
        if (*value == '\n' && headers)
            buf_puts(out, "\theader=");
        else
            buf_add(out, *value == '\t' || *value == '\n' ? " " : value, 1);
}

void source_list_plain(const struct source_list *l, const char *comment, struct buf *out)
{
    if (*comment)
        buf_printf(out, "# %s\n", comment);
    for (size_t i = 0; i < l->n; i++) {
        buf_puts(out, l->items[i].url);
        listed_options(&l->items[i], write_word, out);
        buf_puts(out, "\n");
    }
}
