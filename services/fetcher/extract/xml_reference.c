// SPDX-License-Identifier: MIT
#include "services/fetcher/extract/xml_reference.h"

#include <string.h>

#include <libxml/HTMLparser.h>

#include "common/text.h"

enum { NAME_SIZE_MAX = 100 };

bool xml_is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

bool span_equal(struct span a, struct span b)
{
    return a.n == b.n && memcmp(a.s, b.s, a.n) == 0;
}

static bool is_name_start(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

// ASCII only: no vocabulary that we read has other names, and it spares the tables.
static bool is_name(char c)
{
    return is_name_start(c) || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == ':';
}

struct span xml_read_name(const char *s, const char *end)
{
    const char *p = s;
    if (p < end && is_name_start(*p))
        while (p < end && is_name(*p) && p - s < NAME_SIZE_MAX)
            p++;
    return (struct span){s, (size_t)(p - s)};
}

static bool is_xml_character(uint32_t c)
{
    return c <= 0x10FFFF && c != '\r' && !(c >= 0xD800 && c <= 0xDFFF) && !text_is_forbidden(c);
}

// What browsers make of &#128; to &#159;: the windows-1252 characters that were meant.
static uint32_t from_windows_1252(uint32_t c)
{
    static const uint16_t table[32] = {
        0x20AC, 0,      0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
        0x2039, 0x0152, 0,      0x017D, 0,      0,      0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
        0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0,      0x017E, 0x0178,
    };
    return c >= 0x80 && c <= 0x9F ? table[c - 0x80] : c;
}

static const char *escape_of(uint32_t c)
{
    return c == '&' ? "&amp;" : c == '<' ? "&lt;" : c == '>' ? "&gt;" : c == '"' ? "&quot;" : NULL;
}

void xml_add_character(struct buf *out, uint32_t c)
{
    char bytes[4];
    if (escape_of(c))
        buf_puts(out, escape_of(c));
    else
        buf_add(out, bytes, text_encode(c, bytes));
}

static uint32_t digit_of(char c)
{
    return c >= '0' && c <= '9'   ? (uint32_t)(c - '0')
           : c >= 'a' && c <= 'f' ? (uint32_t)(c - 'a' + 10)
           : c >= 'A' && c <= 'F' ? (uint32_t)(c - 'A' + 10)
                                  : 16;
}

// "&#1234;" or "&#x4D2;" at s. Returns the length read, 0 if it is none.
static size_t read_number(const char *s, const char *end, uint32_t *out)
{
    const char *p = s + 2;
    uint32_t radix = p < end && (*p == 'x' || *p == 'X') ? 16 : 10, value = 0;
    p += radix == 16;
    const char *digits = p;
    for (; p < end && p - digits < 7 && digit_of(*p) < radix; p++)
        value = value * radix + digit_of(*p);
    if (p == digits || p >= end || *p != ';')
        return 0;
    *out = value;
    return (size_t)(p + 1 - s);
}

void xml_entity_declare(struct xml_entities *own, const char *s, const char *end)
{
    s += strlen("<!ENTITY");
    while (s < end && xml_is_space(*s))
        s++;
    struct span name = xml_read_name(s, end);
    s += name.n;
    while (s < end && xml_is_space(*s))
        s++;
    if (name.n == 0 || s >= end || (*s != '"' && *s != '\'') || own->n == XML_ENTITIES_MAX)
        return;
    const char *close = memchr(s + 1, *s, (size_t)(end - s - 1));
    if (close && close - s - 1 <= XML_ENTITY_VALUE_MAX)
        own->list[own->n++] = (struct xml_entity){name, {s + 1, (size_t)(close - s - 1)}};
}

static void add_declared(struct buf *out, struct span value)
{
    const char *end = value.s + value.n;
    for (const char *p = value.s; p < end;) {
        uint32_t c = 0;
        bool number = p + 1 < end && p[0] == '&' && p[1] == '#';
        size_t n = number ? read_number(p, end, &c) : 0;
        if (n == 0)
            n = text_decode(p, (size_t)(end - p), &c);
        if (is_xml_character(c))
            xml_add_character(out, c);
        p += n;
    }
}

static size_t add_number(const char *s, const char *end, struct buf *out, unsigned *mended)
{
    uint32_t c = 0;
    size_t n = read_number(s, end, &c);
    if (n == 0)
        return 0;
    uint32_t meant = from_windows_1252(c);
    if (meant != c || !is_xml_character(c))
        ++*mended;
    if (is_xml_character(meant))
        xml_add_character(out, meant);
    return n;
}

// The five that XML has itself; 0 for any other.
static char predefined(struct span name)
{
    static const struct {
        const char *name;
        char c;
    } table[] = {{"amp", '&'}, {"lt", '<'}, {"gt", '>'}, {"quot", '"'}, {"apos", '\''}};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (strlen(table[i].name) == name.n && memcmp(table[i].name, name.s, name.n) == 0)
            return table[i].c;
    return '\0';
}

static const struct xml_entity *find_own(const struct xml_entities *own, struct span name)
{
    for (size_t i = 0; i < own->n; i++)
        if (span_equal(own->list[i].name, name))
            return &own->list[i];
    return NULL;
}

// The character of one of HTML's entities; 0 if it is none.
static uint32_t html_character(struct span name)
{
    char text[32];
    if (name.n >= sizeof text)
        return 0;
    memcpy(text, name.s, name.n);
    text[name.n] = '\0';
    const htmlEntityDesc *entity = htmlEntityLookup((const xmlChar *)text);
    return entity ? entity->value : 0;
}

static size_t add_named(const struct xml_entities *own, const char *s, const char *end,
                        struct buf *out, unsigned *mended)
{
    struct span name = xml_read_name(s + 1, end);
    const char *after = name.s + name.n;
    if (name.n == 0 || after == end || *after != ';')
        return 0;
    uint32_t c = (unsigned char)predefined(name);
    const struct xml_entity *declared = c ? NULL : find_own(own, name);
    if (!c && !declared) {
        c = html_character(name);
        ++*mended;
    }
    if (declared)
        add_declared(out, declared->value);
    else if (c)
        xml_add_character(out, c);
    else
        return 0;
    return name.n + 2;
}

const char *xml_reference(const struct xml_entities *own, const char *s, const char *end,
                          struct buf *out, unsigned *mended)
{
    bool number = s + 1 < end && s[1] == '#';
    unsigned before = *mended;
    size_t n = number ? add_number(s, end, out, mended) : add_named(own, s, end, out, mended);
    if (n > 0)
        return s + n;
    *mended = before + 1;
    buf_puts(out, "&amp;");
    return s + 1;
}
