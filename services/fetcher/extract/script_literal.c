// SPDX-License-Identifier: MIT
#include "services/fetcher/extract/script_literal.h"

#include <ctype.h>
#include <string.h>

enum { OPEN_MAX = 64, WORD_MAX = 60 };

struct scan {
    const char *s, *end;
    struct buf *out;
    char open[OPEN_MAX]; // the brackets that wait to be closed
    size_t depth;
};

static void skip_blank(struct scan *x)
{
    while (x->s < x->end) {
        const char *close = NULL;
        if (isspace((unsigned char)*x->s)) {
            x->s++;
            continue;
        }
        if (x->end - x->s < 2 || *x->s != '/')
            return;
        if (x->s[1] == '/')
            close = memchr(x->s, '\n', (size_t)(x->end - x->s));
        else if (x->s[1] == '*')
            close = memmem(x->s + 2, (size_t)(x->end - x->s) - 2, "*/", 2);
        else
            return;
        x->s = close ? close + (x->s[1] == '*' ? 2 : 1) : x->end;
    }
}

static void add_escape(struct scan *x)
{
    char c = *x->s++;
    if (c == 'x' && x->end - x->s >= 2 && isxdigit((unsigned char)x->s[0]) &&
        isxdigit((unsigned char)x->s[1])) {
        buf_puts(x->out, "\\u00");
        buf_add(x->out, x->s, 2);
        x->s += 2;
    } else if (strchr("bfnrtu\\\"/", c) && c) {
        buf_add(x->out, "\\", 1);
        buf_add(x->out, &c, 1);
    } else if (c != '\n') {
        buf_add(x->out, &c, 1);
    }
}

// A string in any quotes, as one of JSON's.
static void add_string(struct scan *x)
{
    char quote = *x->s++;
    buf_add(x->out, "\"", 1);
    while (x->s < x->end && *x->s != quote) {
        const char *s = x->s++;
        if (*s == '\\' && x->s < x->end)
            add_escape(x);
        else if (*s == '"')
            buf_puts(x->out, "\\\"");
        else if ((unsigned char)*s < ' ' || *s == '\\')
            buf_add(x->out, " ", 1);
        else
            buf_add(x->out, s, 1);
    }
    x->s += x->s < x->end;
    buf_add(x->out, "\"", 1);
}

static bool is_quote(char c)
{
    return c == '"' || c == '\'' || c == '`';
}

static void skip_string(struct scan *x)
{
    char quote = *x->s++;
    while (x->s < x->end && *x->s != quote)
        x->s += *x->s == '\\' && x->s + 1 < x->end ? 2 : 1;
    x->s += x->s < x->end;
}

// To what ends the value that an expression is: a comma or a closing bracket of what is open.
static void skip_expression(struct scan *x)
{
    for (size_t depth = 0; x->s < x->end;) {
        if (is_quote(*x->s)) {
            skip_string(x);
            continue;
        }
        bool closes = *x->s && strchr(")]}", *x->s);
        if (depth == 0 && (closes || *x->s == ','))
            return;
        depth += *x->s && strchr("([{", *x->s);
        depth -= closes;
        x->s++;
    }
}

static char last(const struct scan *x)
{
    return x->out->size > 0 ? (char)x->out->data[x->out->size - 1] : '\0';
}

static bool wants_name(const struct scan *x)
{
    return x->open[x->depth - 1] == '{' && (last(x) == '{' || last(x) == ',');
}

static bool is_number(const char *s, size_t n)
{
    size_t digits = 0, i = n > 0 && *s == '-';
    if (n > i + 1 && s[i] == '0' && isdigit((unsigned char)s[i + 1]))
        return false;
    for (; i < n && isdigit((unsigned char)s[i]); i++)
        digits++;
    return digits > 0 && digits < 16 && i == n;
}

// A bare word: a name of a field, a number, true, false, or an expression.
static void add_word(struct scan *x)
{
    const char *word = x->s;
    while (x->s < x->end && (isalnum((unsigned char)*x->s) || (unsigned char)*x->s >= 0x80 ||
                             (*x->s && strchr("_$-.", *x->s))))
        x->s++;
    size_t n = (size_t)(x->s - word);
    if (wants_name(x)) {
        buf_add(x->out, "\"", 1);
        buf_add(x->out, word, n < WORD_MAX ? n : WORD_MAX);
        buf_add(x->out, "\"", 1);
        return;
    }
    bool is_true = n == 4 && memcmp(word, "true", 4) == 0;
    bool is_false = n == 5 && memcmp(word, "false", 5) == 0;
    if (is_true || is_false || is_number(word, n))
        buf_add(x->out, word, n);
    else
        buf_puts(x->out, "null");
    skip_expression(x);
}

static bool add_close(struct scan *x)
{
    char open = *x->s == '}' ? '{' : '[';
    if (x->open[x->depth - 1] != open)
        return false;
    if (last(x) == ',')
        x->out->size--;
    buf_add(x->out, x->s++, 1);
    x->depth--;
    return true;
}

// One token. False if it belongs to no literal.
static bool add_token(struct scan *x)
{
    char c = *x->s;
    if (c == '{' || c == '[') {
        if (x->depth == OPEN_MAX)
            return false;
        x->open[x->depth++] = c;
        buf_add(x->out, x->s++, 1);
        return true;
    }
    if (c == '}' || c == ']')
        return add_close(x);
    if (c == ',' || c == ':') {
        buf_add(x->out, x->s++, 1);
        return true;
    }
    if (!is_quote(c)) {
        const char *before = x->s;
        add_word(x);
        return x->s > before;
    }
    bool name = wants_name(x);
    add_string(x);
    skip_blank(x);
    if (!name)
        skip_expression(x); // 'a' + b
    return true;
}

// Something is assigned, passed or returned there, or it is all that there is.
static bool may_begin(const char *script, const char *s)
{
    while (s > script && isspace((unsigned char)s[-1]))
        s--;
    return s == script || strchr("=(", s[-1]) ||
           (s - script >= 6 && memcmp(s - 6, "return", 6) == 0);
}

bool script_literal_next(const char *script, size_t n, size_t *at, size_t *vain, struct buf *out)
{
    buf_clear(out);
    const char *end = script + n, *s = script + *at;
    while (s < end && !((*s == '{' || *s == '[') && may_begin(script, s)))
        s++;
    *at = (size_t)(s - script) + (s < end);
    if (s == end)
        return false;
    struct scan x = {.s = s, .end = end, .out = out};
    bool good = true;
    do {
        good = add_token(&x);
        skip_blank(&x);
    } while (good && x.depth > 0 && x.s < x.end);
    if (good && x.depth == 0) {
        *at = (size_t)(x.s - script);
        return true;
    }
    *vain += (size_t)(x.s - s);
    buf_clear(out);
    return true;
}
