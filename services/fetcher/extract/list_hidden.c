// SPDX-License-Identifier: MIT
#include "services/fetcher/extract/list_hidden.h"

#include <string.h>
#include <strings.h>

#include "services/fetcher/extract/script_literal.h"

enum {
    RECORDS_MIN = 2,
    LITERALS_MAX = 200,       // of a page
    LITERAL_MIN = 60,         // bytes: with less, it is no list
    LITERAL_BYTES = 32 << 20, // read in vain, of a page
    ALTS_MIN = 2,
    ALT_BYTES_MIN = 8,
    ALT_BYTES_MAX = 500,
};

static const char *find(const char *s, const char *end, const char *what)
{
    size_t n = strlen(what);
    for (; s && (size_t)(end - s) >= n; s++) {
        s = memchr(s, what[0], (size_t)(end - s) - n + 1);
        if (!s)
            return NULL;
        if (strncasecmp(s, what, n) == 0)
            return s;
    }
    return NULL;
}

struct script {
    const char *tag, *text, *end;
};

// The next script at or after *s, which moves behind it. False if there is none.
static bool next_script(const char **s, const char *end, struct script *out)
{
    out->tag = find(*s, end, "<script");
    const char *open = out->tag ? memchr(out->tag, '>', (size_t)(end - out->tag)) : NULL;
    out->end = open ? find(open, end, "</script") : NULL;
    if (!out->end)
        return false;
    out->text = open + 1;
    *s = out->end;
    return true;
}

// Appends the records of one <datastore>, each as an element. Returns how many.
static size_t add_records(const char *s, const char *end, struct buf *out)
{
    size_t n = 0;
    while ((s = find(s, end, "<![CDATA["))) {
        s += strlen("<![CDATA[");
        const char *close = find(s, end, "]]>");
        if (!close)
            break;
        buf_puts(out, "<div class=\"record\">");
        buf_add(out, s, (size_t)(close - s));
        buf_puts(out, "</div>");
        s = close;
        n++;
    }
    return n;
}

bool list_records(const char *text, size_t size, struct buf *out)
{
    const char *s = text, *end = text + size;
    size_t n = 0;
    buf_clear(out);
    buf_puts(out, "<!doctype html><body><div class=\"datastore\">");
    for (struct script x; next_script(&s, end, &x);)
        if (find(x.tag, x.text, "text/xml"))
            n += add_records(x.text, x.end, out);
    buf_puts(out, "</div></body>");
    return n >= RECORDS_MIN && !buf_failed(out);
}

// ---- Literals ----

bool list_literals(struct list_json *json, const char *text, size_t size, struct buf *out)
{
    const char *s = text, *end = text + size;
    size_t start, vain = 0;
    struct buf literal = buf_new(size + size / 2 + 64);
    buf_clear(out);
    buf_printf(out, "<!doctype html><base href=\"%s\"><body>", json->base);
    start = out->size;
    unsigned n = 0;
    for (struct script x; next_script(&s, end, &x);) {
        size_t length = (size_t)(x.end - x.text), at = 0;
        while (n < LITERALS_MAX && vain < LITERAL_BYTES &&
               script_literal_next(x.text, length, &at, &vain, &literal)) {
            if (literal.size < LITERAL_MIN || buf_failed(&literal))
                continue;
            list_json_markup(json, buf_str(&literal), literal.size, out);
            n++;
        }
    }
    buf_free(&literal);
    return out->size > start && !buf_failed(out);
}

// ---- Pictures ----

// The value of alt in a tag; NULL if it has none of a title's length.
static const char *alt_of(const char *tag, const char *end, size_t *n)
{
    const char *alt = find(tag, end, " alt=\"");
    const char *close = NULL;
    if (alt)
        close = memchr(alt + 6, '"', (size_t)(end - alt) - 6);
    if (!close)
        return NULL;
    *n = (size_t)(close - alt) - 6;
    return *n >= ALT_BYTES_MIN && *n <= ALT_BYTES_MAX && !memchr(alt + 6, '<', *n) ? alt + 6 : NULL;
}

bool list_alts(const char *text, size_t size, struct buf *out)
{
    const char *s = text, *end = text + size;
    unsigned n = 0;
    buf_clear(out);
    for (const char *tag = find(s, end, "<img"); tag; tag = find(s, end, "<img")) {
        const char *close = memchr(tag, '>', (size_t)(end - tag));
        if (!close)
            break;
        size_t length = 0;
        const char *alt = alt_of(tag, close, &length);
        buf_add(out, s, (size_t)(tag - s)); // the picture itself is not read
        if (alt)
            buf_add(out, alt, length);
        n += alt != NULL;
        s = close + 1;
    }
    buf_add(out, s, (size_t)(end - s));
    return n >= ALTS_MIN && !buf_failed(out);
}
