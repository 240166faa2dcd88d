// SPDX-License-Identifier: MIT
#include "common/log.h"

#include <poll.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/loop.h"
#include "common/text.h"

static const char *const level_names[] = {"debug", "info", "warn", "error"};

static const char *service_name = "newswire";
static enum log_level least_level = LOG_INFO;

// A line that stops growing, with a mark, when it is full.
struct line {
    char *bytes;
    size_t n;
    bool full;
};

static const char cut_mark[] = "…\n";

static void put(struct line *l, const char *s, size_t n)
{
    size_t room = l->full ? 0 : LOG_LINE_MAX - sizeof cut_mark - l->n;
    if (n > room) {
        l->full = true;
        n = text_cut(s, n, room);
    }
    memcpy(l->bytes + l->n, s, n);
    l->n += n;
}

// Appends one character of a value, escaped if it would break or fake a line.
static void put_escaped(struct line *l, const char *s, size_t n)
{
    uint32_t c;
    char escape[16];
    (void)text_decode(s, n, &c);
    bool malformed = n == 1 && (unsigned char)s[0] >= 0x80;
    if (c == '"' || c == '\\')
        put(l, (char[]){'\\', (char)c}, 2);
    else if (c == '\n')
        put(l, "\\n", 2);
    else if (c == '\t')
        put(l, "\\t", 2);
    else if (malformed || (text_is_forbidden(c) && c < 0x80))
        put(l, escape, (size_t)snprintf(escape, sizeof escape, "\\x%02x", (unsigned char)s[0]));
    else if (text_is_forbidden(c))
        put(l, escape, (size_t)snprintf(escape, sizeof escape, "\\u%04x", c));
    else
        put(l, s, n);
}

static bool needs_quotes(const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strchr(" =\"\\\t\n", s[i])) // the NUL that strchr also finds needs quotes as well
            return true;
    return n == 0 || !text_is_clean(s, n);
}

static void put_value(struct line *l, const char *s, size_t n)
{
    if (!needs_quotes(s, n)) {
        put(l, s, n);
        return;
    }
    put(l, "\"", 1);
    for (size_t i = 0; i < n && !l->full;) {
        uint32_t c;
        size_t length = text_decode(s + i, n - i, &c);
        put_escaped(l, s + i, length);
        i += length;
    }
    put(l, "\"", 1);
}

// One conversion of the format: its text, and what the argument's type depends on.
struct conversion {
    char spec[24];
    size_t length; // in the format
    char size;     // 0, 'l', 'L' for ll, 'z', 'j'
    char kind;     // 'd', 's', …; 0: not one that log knows
    bool star;     // .*
};

static struct conversion conversion_parse(const char *s)
{
    struct conversion c = {.length = 1};
    c.length += strspn(s + c.length, "-+ #0123456789.*hlzj");
    c.star = memchr(s, '*', c.length) != NULL;
    char last = s[c.length - 1];
    c.size = (char)(last == 'l' && s[c.length - 2] == 'l' ? 'L' : strchr("lzj", last) ? last : 0);
    c.kind = (char)(s[c.length] && strchr("sdiuxfgc%", s[c.length]) ? s[c.length] : 0);
    c.length += c.kind != 0;
    if (c.length >= sizeof c.spec)
        c.kind = 0;
    else
        memcpy(c.spec, s, c.length);
    return c;
}

static void put_string(struct line *l, const struct conversion *c, va_list *args)
{
    int limit = c->star ? va_arg(*args, int) : -1;
    const char *s = va_arg(*args, const char *);
    if (!s)
        s = "";
    put_value(l, s, limit < 0 ? strlen(s) : strnlen(s, (size_t)limit));
}

static void put_number(struct line *l, const struct conversion *c, va_list *args)
{
    char text[400]; // the longest double
    int n;
    if (c->kind == 'f' || c->kind == 'g')
        n = snprintf(text, sizeof text, c->spec, va_arg(*args, double));
    else if (c->size == 'l')
        n = snprintf(text, sizeof text, c->spec, va_arg(*args, long));
    else if (c->size == 'L')
        n = snprintf(text, sizeof text, c->spec, va_arg(*args, long long));
    else if (c->size == 'z')
        n = snprintf(text, sizeof text, c->spec, va_arg(*args, size_t));
    else if (c->size == 'j')
        n = snprintf(text, sizeof text, c->spec, va_arg(*args, intmax_t));
    else
        n = snprintf(text, sizeof text, c->spec, va_arg(*args, int));
    put(l, text, n < 0 ? 0 : (size_t)n < sizeof text ? (size_t)n : sizeof text - 1);
}

static void put_pairs(struct line *l, const char *format, va_list *args)
{
    while (*format) {
        size_t plain = strcspn(format, "%");
        put(l, format, plain);
        format += plain;
        if (!*format)
            return;
        struct conversion c = conversion_parse(format);
        format += c.length;
        if (c.kind == '%')
            put(l, "%", 1);
        else if (c.kind == 's')
            put_string(l, &c, args);
        else if (c.kind && !c.star)
            put_number(l, &c, args);
        else {
            put(l, "(bad log format)", 16); // the arguments that follow cannot be told apart
            return;
        }
    }
}

static size_t line_write(char out[LOG_LINE_MAX], const struct log_head *head, const char *event,
                         const char *pairs, va_list *args)
{
    struct line l = {.bytes = out};
    time_t seconds = (time_t)(head->utc_ms / 1000);
    struct tm tm;
    char start[160];
    gmtime_r(&seconds, &tm);
    size_t n = strftime(start, sizeof start, "%Y-%m-%dT%H:%M:%S", &tm);
    int more = snprintf(start + n, sizeof start - n, ".%03dZ %s %.40s %.60s",
                        (int)(head->utc_ms % 1000), level_names[head->level], head->service, event);
    put(&l, start, n + (size_t)more);
    if (*pairs)
        put(&l, " ", 1);
    put_pairs(&l, pairs, args);
    const char *end = l.full ? cut_mark : "\n";
    while (*end)
        out[l.n++] = *end++;
    return l.n;
}

size_t log_line(char out[LOG_LINE_MAX], const struct log_head *head, const char *event,
                const char *pairs, ...)
{
    va_list args;
    va_start(args, pairs);
    size_t n = line_write(out, head, event, pairs, &args);
    va_end(args);
    return n;
}

void log_open(const char *service, enum log_level least)
{
    service_name = service;
    least_level = least;
}

enum err log_level_parse(const char *name, enum log_level *out)
{
    for (size_t i = 0; i < sizeof level_names / sizeof *level_names; i++)
        if (strcmp(name, level_names[i]) == 0) {
            *out = (enum log_level)i;
            return OK;
        }
    return ERR_INPUT;
}

static atomic_ullong dropped; // lines, since the last one that was written

static bool somebody_reads(void)
{
    struct pollfd p = {.fd = STDERR_FILENO, .events = POLLOUT};
    return poll(&p, 1, 0) > 0; // for a pipe: PIPE_BUF bytes fit
}

static void write_line(const char *line, size_t n)
{
    ssize_t written = write(STDERR_FILENO, line, n);
    (void)written; // there is nowhere left to complain to
}

// One write a line: below PIPE_BUF, so that lines of several processes do not mix.
void log_write(const char *line, size_t n)
{
    if (!somebody_reads()) {
        dropped++;
        return;
    }
    unsigned long long lines = atomic_exchange(&dropped, 0);
    if (lines > 0) {
        char note[LOG_LINE_MAX];
        struct log_head head = {clock_utc_ms(), LOG_WARN, service_name};
        write_line(note, log_line(note, &head, "log-lines-dropped", "lines=%llu", lines));
    }
    write_line(line, n);
}

static void emit(enum log_level level, const char *event, const char *pairs, va_list *args)
{
    if (level < least_level)
        return;
    char line[LOG_LINE_MAX];
    struct log_head head = {clock_utc_ms(), level, service_name};
    log_write(line, line_write(line, &head, event, pairs, args));
}

void log_debug(const char *event, const char *pairs, ...)
{
    va_list args;
    va_start(args, pairs);
    emit(LOG_DEBUG, event, pairs, &args);
    va_end(args);
}

void log_info(const char *event, const char *pairs, ...)
{
    va_list args;
    va_start(args, pairs);
    emit(LOG_INFO, event, pairs, &args);
    va_end(args);
}

void log_warn(const char *event, const char *pairs, ...)
{
    va_list args;
    va_start(args, pairs);
    emit(LOG_WARN, event, pairs, &args);
    va_end(args);
}

void log_error(const char *event, const char *pairs, ...)
{
    va_list args;
    va_start(args, pairs);
    emit(LOG_ERROR, event, pairs, &args);
    va_end(args);
}
