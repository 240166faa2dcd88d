// SPDX-License-Identifier: MIT
#include "services/fetcher/extract/xml_mend.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/mem.h"
#include "services/fetcher/extract/xml_reference.h"

enum { ATTRIBUTES_MAX = 32, DOCTYPE_MAX = 65536 };

struct mender {
    const char *at, *end;
    struct buf *out;
    struct xml_mended *report;
    struct span open[XML_DEPTH_MAX];
    size_t depth;
    size_t nodes;
    bool closed;  // the root element has ended
    bool doctype; // seen: there is one at most
    struct xml_entities own;
};

// ---- Names ----

// A name of at most one colon, inside it: what the parser takes for a qualified name.
static bool is_qualified(struct span name)
{
    const char *end = name.s + name.n, *colon = memchr(name.s, ':', name.n);
    if (!colon)
        return name.n > 0;
    struct span local = xml_read_name(colon + 1, end);
    return local.n > 0 && colon + 1 + local.n == end && !memchr(local.s, ':', local.n);
}

static bool is_word(struct span a, const char *word)
{
    return span_equal(a, (struct span){word, strlen(word)});
}

static bool starts_with(const char *s, const char *end, const char *prefix)
{
    size_t n = strlen(prefix);
    return (size_t)(end - s) >= n && memcmp(s, prefix, n) == 0;
}

static const char *find(const char *s, const char *end, const char *what)
{
    return s < end ? memmem(s, (size_t)(end - s), what, strlen(what)) : NULL;
}

// ---- What is left out ----

static const char *skip_doctype(struct mender *m, const char *s)
{
    const char *limit = m->end - s > DOCTYPE_MAX ? s + DOCTYPE_MAX : m->end;
    m->doctype = true;
    char quote = '\0';
    bool subset = false;
    const char *declaration = NULL;
    for (const char *p = s + 2; p < limit; p++) {
        if (quote) {
            quote = *p == quote ? '\0' : quote;
        } else if (*p == '"' || *p == '\'') {
            quote = *p;
        } else if (*p == '[' || *p == ']') {
            subset = *p == '[';
        } else if (starts_with(p, limit, "<!ENTITY")) {
            declaration = p;
        } else if (*p == '>' && declaration) {
            xml_entity_declare(&m->own, declaration, p);
            declaration = NULL;
        } else if (*p == '>' && !subset) {
            return p + 1;
        }
    }
    const char *close = memchr(s, '>', (size_t)(m->end - s));
    return close ? close + 1 : m->end;
}

static const char *skip_to(struct mender *m, const char *s, const char *what)
{
    const char *at = find(s, m->end, what);
    return at ? at + strlen(what) : m->end;
}

static const char *copy_cdata(struct mender *m, const char *s)
{
    const char *text = s + strlen("<![CDATA["), *close = find(text, m->end, "]]>");
    const char *stop = close ? close : m->end;
    if (m->depth > 0) {
        buf_puts(m->out, "<![CDATA[");
        buf_add(m->out, text, (size_t)(stop - text));
        buf_puts(m->out, "]]>");
    }
    return close ? close + 3 : m->end;
}

// ---- Tags ----

static void close_top(struct mender *m)
{
    struct span name = m->open[--m->depth];
    buf_puts(m->out, "</");
    buf_add(m->out, name.s, name.n);
    buf_puts(m->out, ">");
    m->closed = m->depth == 0;
}

// The depth at which `name` is open, counted from 1; 0 if it is not.
static size_t open_at(const struct mender *m, struct span name)
{
    size_t d = m->depth;
    while (d > 0 && !span_equal(m->open[d - 1], name))
        d--;
    return d;
}

// The same of a name in other letters: <Title>…</title>.
static size_t open_in_other_letters(const struct mender *m, struct span name)
{
    size_t d = m->depth;
    while (d > 0 &&
           (m->open[d - 1].n != name.n || strncasecmp(m->open[d - 1].s, name.s, name.n) != 0))
        d--;
    return d;
}

static const char *mend_end_tag(struct mender *m, const char *s)
{
    struct span name = xml_read_name(s + 2, m->end);
    const char *close = memchr(s, '>', (size_t)(m->end - s));
    size_t d = open_at(m, name);
    if (d == 0)
        d = open_in_other_letters(m, name);
    if (d != m->depth || d == 0)
        m->report->tags++;
    while (d > 0 && m->depth >= d)
        close_top(m);
    return close ? close + 1 : m->end;
}

struct attribute {
    struct span name, value;
    bool quoted;
};

// Reads one attribute at s. Returns the byte after it, NULL at the end of the input.
static const char *read_attribute(const char *s, const char *end, struct attribute *out)
{
    const char *p = s;
    while (p < end && !xml_is_space(*p) && *p != '=' && *p != '>' && *p != '/' && *p != '<')
        p++;
    *out = (struct attribute){.name = {s, (size_t)(p - s)}, .value = {p, 0}};
    while (p < end && xml_is_space(*p))
        p++;
    if (p == end || *p != '=')
        return p == end ? NULL : p;
    p++;
    while (p < end && xml_is_space(*p))
        p++;
    if (p == end)
        return NULL;
    out->quoted = *p == '"' || *p == '\'';
    const char *start = out->quoted ? p + 1 : p, *stop = start;
    if (out->quoted)
        stop = memchr(start, *p, (size_t)(end - start));
    else
        while (stop < end && !xml_is_space(*stop) && *stop != '>')
            stop++;
    if (!stop || stop == end)
        return NULL;
    out->value = (struct span){start, (size_t)(stop - start)};
    return out->quoted ? stop + 1 : stop;
}

// A start tag as it was read: its attributes still as written.
struct tag {
    struct span name;
    struct attribute attributes[ATTRIBUTES_MAX];
    size_t n;
    bool empty; // <name/>
};

static bool has_attribute(const struct tag *tag, struct span name)
{
    for (size_t i = 0; i < tag->n; i++)
        if (span_equal(tag->attributes[i].name, name))
            return true;
    return false;
}

static void take_attribute(struct mender *m, struct tag *tag, const struct attribute *a)
{
    bool valid = xml_read_name(a->name.s, a->name.s + a->name.n).n == a->name.n;
    if (!a->quoted)
        m->report->attributes++;
    if (valid && is_qualified(a->name) && tag->n < ATTRIBUTES_MAX && !has_attribute(tag, a->name))
        tag->attributes[tag->n++] = *a;
    else
        m->report->attributes++;
}

// Reads the start tag at s. Returns the byte after its '>', NULL if there is no end or another tag
// begins first: then the '<' was text.
static const char *read_tag(struct mender *m, const char *s, struct tag *tag)
{
    tag->name = xml_read_name(s + 1, m->end);
    tag->n = 0;
    tag->empty = false;
    const char *p = tag->name.s + tag->name.n;
    while (p && p < m->end && *p != '<') {
        struct attribute a;
        if (*p == '>') {
            return p + 1;
        } else if (xml_is_space(*p) || *p == '/') {
            tag->empty = *p == '/';
            p++;
        } else if (*p == '=') {
            m->report->attributes++;
            p++;
        } else {
            tag->empty = false;
            p = read_attribute(p, m->end, &a);
            if (p)
                take_attribute(m, tag, &a);
        }
    }
    return NULL;
}

static void add_value(struct mender *m, struct span value)
{
    const char *end = value.s + value.n;
    for (const char *p = value.s; p < end;) {
        if (*p == '&') {
            p = xml_reference(&m->own, p, end, m->out, &m->report->entities);
            continue;
        }
        if (*p == '<' || *p == '"' || *p == '>')
            xml_add_character(m->out, (unsigned char)*p);
        else
            buf_add(m->out, p, 1);
        p++;
    }
}

static bool is_entry(struct span name)
{
    return is_word(name, "item") || is_word(name, "entry") || is_word(name, "url") ||
           is_word(name, "sitemap");
}

static void add_tag(struct mender *m, const struct tag *tag)
{
    buf_puts(m->out, "<");
    buf_add(m->out, tag->name.s, tag->name.n);
    for (size_t i = 0; i < tag->n; i++) {
        buf_puts(m->out, " ");
        buf_add(m->out, tag->attributes[i].name.s, tag->attributes[i].name.n);
        buf_puts(m->out, "=\"");
        add_value(m, tag->attributes[i].value);
        buf_puts(m->out, "\"");
    }
    buf_puts(m->out, ">");
    m->open[m->depth++] = tag->name;
    m->nodes += 1 + tag->n;
    if (tag->empty)
        close_top(m);
}

static const char *mend_start_tag(struct mender *m, const char *s)
{
    struct tag tag;
    const char *after = read_tag(m, s, &tag);
    if (!after || !is_qualified(tag.name)) {
        m->report->brackets++;
        if (m->depth > 0)
            buf_puts(m->out, "&lt;");
        return s + 1;
    }
    // An entry never holds an entry: the one before was not closed.
    size_t d = is_entry(tag.name) ? open_at(m, tag.name) : 0;
    if (d > 1)
        m->report->tags++;
    while (d > 1 && m->depth >= d)
        close_top(m);
    if (m->depth == XML_DEPTH_MAX)
        m->report->tags++;
    else
        add_tag(m, &tag);
    return after;
}

// ---- The pass ----

static const char *mend_bracket(struct mender *m, const char *s)
{
    if (starts_with(s, m->end, "<![CDATA["))
        return copy_cdata(m, s);
    if (starts_with(s, m->end, "<!--"))
        return skip_to(m, s + 4, "-->");
    if (starts_with(s, m->end, "<?"))
        return skip_to(m, s, ">");
    if (starts_with(s, m->end, "<!"))
        return m->doctype ? skip_to(m, s, ">") : skip_doctype(m, s);
    if (starts_with(s, m->end, "</"))
        return mend_end_tag(m, s);
    return mend_start_tag(m, s);
}

// Text up to the next < or &; outside the document it is junk.
static const char *copy_text(struct mender *m, const char *s)
{
    const char *p = s;
    bool blank = true;
    for (; p < m->end && *p != '<' && *p != '&'; p++)
        blank = blank && xml_is_space(*p);
    if (m->depth > 0) {
        const char *from = s; // "]]>" may not stand in text
        for (const char *at = find(s, p, "]]>"); at; at = find(from, p, "]]>")) {
            buf_add(m->out, from, (size_t)(at + 2 - from));
            buf_puts(m->out, "&gt;");
            from = at + 3;
        }
        buf_add(m->out, from, (size_t)(p - from));
    } else if (!blank) {
        m->report->junk++;
    }
    return p;
}

// Servers put warnings, in HTML too, before the document. A prolog is not one.
static const char *document_start(const char *s, const char *end)
{
    static const char *const starts[] = {"<?xml ",     "<rss",    "<feed",         "<rdf:RDF",
                                         "<RDF",       "<urlset", "<sitemapindex", "<channel",
                                         "<atom:feed", "<entry"};
    const char *first = NULL, *p = s;
    while (p < end && xml_is_space(*p))
        p++;
    if (starts_with(p, end, "<!") || starts_with(p, end, "<?"))
        return s;
    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++) {
        const char *at = find(s, first ? first : end, starts[i]);
        if (at)
            first = at;
    }
    return first ? first : s;
}

void xml_mend(const char *s, size_t n, struct buf *out, struct xml_mended *report)
{
    struct mender *m = mem_alloc(sizeof *m);
    *m = (struct mender){.end = s + n, .out = out, .report = report};
    *report = (struct xml_mended){0};
    m->at = document_start(s, m->end);
    for (const char *p = s; p < m->at; p++)
        report->junk |= !xml_is_space(*p) && *p != '<';
    while (m->at < m->end && !m->closed && m->nodes < XML_NODES_MAX && !buf_failed(out)) {
        if (*m->at == '<')
            m->at = mend_bracket(m, m->at);
        else if (*m->at == '&' && m->depth > 0)
            m->at = xml_reference(&m->own, m->at, m->end, out, &report->entities);
        else if (*m->at == '&')
            m->at++;
        else
            m->at = copy_text(m, m->at);
    }
    report->too_large = m->nodes >= XML_NODES_MAX;
    report->truncated = m->depth > 0;
    for (size_t i = 0; i < m->depth; i++)
        report->in_entry = report->in_entry || is_entry(m->open[i]);
    while (m->depth > 0)
        close_top(m);
    free(m);
}
