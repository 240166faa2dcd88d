// SPDX-License-Identifier: MIT
#include "services/fetcher/extract/list_json.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/buf.h"
#include "common/text.h"
#include "services/fetcher/extract/json_guard.h"
#include "services/fetcher/extract/list_parts.h"
#include "services/fetcher/extract/url.h"

enum {
    DEPTH_MAX = 8,
    SAMPLE = 20,
    PATH_SIZE = 200,
    NAME_SIZE = 64,
    ENTRIES_MIN = 2,
    ALIKE_MAX = 8
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

// Which array, and which of its objects' fields. Empty: none.
struct shape {
    char path[PATH_SIZE]; // "data.rows"; "." for the root
    char url[PATH_SIZE];  // a field, or a pattern with {field}
    char title[NAME_SIZE], date[NAME_SIZE];
    double score;
};

// ---- Values ----

// A string or a number as text; "" for everything else. The field may be one of an object within:
// "article.url".
static const char *text_at(struct arena *arena, const json_t *object, const char *key)
{
    const char *dot = strchr(key, '.');
    const json_t *value = json_object_get(object, key);
    if (!value && dot)
        return text_at(arena, json_object_getn(object, key, (size_t)(dot - key)), dot + 1);
    if (json_is_integer(value))
        return arena_printf(arena, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    const char *s = json_string_value(value);
    return s ? s : "";
}

static bool looks_like_url(const char *s)
{
    bool path = strchr(s, '/') || strcasestr(s, ".htm") || strcasestr(s, ".jsp");
    static const char *const images[] = {".jpg", ".jpeg", ".png", ".gif", ".webp", ".svg"};
    for (size_t i = 0; i < COUNT(images); i++)
        if (strcasestr(s, images[i]))
            return false;
    return path && !strchr(s, ' ') && !strchr(s, '<') && strlen(s) >= 4;
}

// The pattern with its {fields} filled in; a pattern without any names the field itself.
static const char *fill(struct arena *arena, const char *pattern, const json_t *object)
{
    if (!strchr(pattern, '{'))
        return text_at(arena, object, pattern);
    struct buf out = buf_new(URL_MAX);
    for (const char *s = pattern; *s;) {
        size_t plain = strcspn(s, "{"), name = strcspn(s + plain, "}");
        buf_add(&out, s, plain);
        s += plain;
        if (!*s || s[name] != '}')
            break;
        buf_puts(&out, text_at(arena, object, arena_strndup(arena, s + 1, name - 1)));
        s += name + 1;
    }
    const char *url = arena_strndup(arena, buf_str(&out), out.size);
    buf_free(&out);
    return url;
}

// ---- Guessing ----

static double by_name(const char *key, const char *const *names, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strcasecmp(key, names[i]) == 0)
            return 2;
    for (size_t i = 0; i < n; i++)
        if (strcasestr(key, names[i]))
            return 1;
    return 0;
}

// How well a field fits, over the first objects: what share of its values does, and its name.
struct fit {
    double url, title, date;
};

static struct fit fit_of(const struct list_json *l, const json_t *array, const char *key)
{
    static const char *const urls[] = {"url", "link", "href", "path"};
    static const char *const titles[] = {"title", "name", "headline", "subject", "topic"};
    static const char *const dates[] = {"date", "time", "pub", "created", "day"};
    size_t n = json_array_size(array) < SAMPLE ? json_array_size(array) : SAMPLE;
    double url = 0, cells = 0, date = 0;
    const char *last = "";
    for (size_t i = 0; i < n; i++) {
        const char *s = text_at(l->arena, json_array_get(array, i), key);
        struct date when;
        size_t size = strnlen(s, 1000);
        url += looks_like_url(s) && strcmp(s, last) != 0;
        date += date_read(s, size, &l->dates, &when);
        cells += size < 1000 && !looks_like_url(s) ? list_cells(s, size) : 0;
        last = s;
    }
    double share = n > 0 ? 1 / (double)n : 0, length = cells * share;
    return (struct fit){
        .url = url * share < 0.8 ? 0 : 1 + by_name(key, urls, COUNT(urls)),
        .title = length < 6 || date * share > 0.5
                     ? 0
                     : (length < 80 ? length / 80 : 0.2) + 2 * by_name(key, titles, COUNT(titles)),
        .date = date * share < 0.5 ? 0 : 1 + by_name(key, dates, COUNT(dates)),
    };
}

static void keep_best(char *field, size_t size, const char *key, double fit, double *best)
{
    if (fit > *best && strlen(key) < size) {
        *best = fit;
        snprintf(field, size, "%s", key);
    }
}

static void add_escaped(struct buf *out, const char *s)
{
    for (; *s; s++) {
        if (*s == '&' || *s == '<' || *s == '>' || *s == '"')
            buf_printf(out, "&#%d;", *s);
        else
            buf_add(out, s, 1);
    }
}

static void add_markup(const struct list_json *l, const json_t *array, const struct shape *shape)
{
    size_t i;
    json_t *object;
    buf_puts(l->markup, "<ul>");
    json_array_foreach(array, i, object)
    {
        buf_puts(l->markup, "<li><a href=\"");
        add_escaped(l->markup, text_at(l->arena, object, shape->url));
        buf_puts(l->markup, "\">");
        add_escaped(l->markup, text_at(l->arena, object, shape->title));
        buf_puts(l->markup, "</a><i>");
        add_escaped(l->markup, text_at(l->arena, object, shape->date));
        buf_puts(l->markup, "</i></li>\n");
    }
    buf_puts(l->markup, "</ul>\n");
}

struct best {
    double url, title, date; // fits
};

// The fields of an object, and of objects within it, into the shape where they fit best.
static void fit_fields(const struct list_json *l, const json_t *array, json_t *object,
                       const char *above, struct shape *shape, struct best *best)
{
    const char *name;
    json_t *value;
    json_object_foreach(object, name, value)
    {
        const char *key = *above ? arena_printf(l->arena, "%s.%s", above, name) : name;
        if (json_is_object(value) && !*above) {
            fit_fields(l, array, value, name, shape, best);
            continue;
        }
        struct fit fit = fit_of(l, array, key);
        keep_best(shape->url, sizeof shape->url, key, fit.url, &best->url);
        keep_best(shape->title, sizeof shape->title, key, fit.title, &best->title);
        keep_best(shape->date, sizeof shape->date, key, fit.date, &best->date);
    }
}

static void consider(const struct list_json *l, const json_t *array, const char *path,
                     struct shape *best)
{
    struct shape shape = {.score = 0};
    struct best fits = {0};
    size_t all = json_array_size(array), n = all < SAMPLE ? all : SAMPLE;
    fit_fields(l, array, json_array_get(array, 0), "", &shape, &fits);
    // One alone must have names that say so. News has dates, what is recommended beside it seldom.
    bool sure = n >= ENTRIES_MIN || (fits.url >= 2 && fits.title >= 2);
    if (sure && fits.url > 0 && fits.title > 0)
        shape.score = (double)n * (fits.url + fits.title + fits.date) * (fits.date > 0 ? 2 : 1);
    snprintf(shape.path, sizeof shape.path, "%s", *path ? path : ".");
    if (l->markup && shape.score > 0)
        add_markup(l, array, &shape);
    if (shape.score > best->score)
        *best = shape;
}

// Every array of objects: those in objects, and in the first objects of arrays. The depth is
// bounded.
static void search(const struct list_json *l, json_t *value, const char *path, int depth,
                   struct shape *best);

static void search_below(const struct list_json *l, json_t *value, const char *path,
                         const char *key, int depth, struct shape *best)
{
    char below[PATH_SIZE];
    int n = snprintf(below, sizeof below, "%s%s%s", path, *path ? "." : "", key);
    if (n > 0 && (size_t)n < sizeof below && !strpbrk(key, ". "))
        search(l, value, below, depth + 1, best);
}

static void search(const struct list_json *l, json_t *value, const char *path, int depth,
                   struct shape *best)
{
    if (json_is_array(value))
        consider(l, value, path, best);
    if (depth == DEPTH_MAX)
        return;
    for (size_t i = 0; i < ALIKE_MAX && i < json_array_size(value); i++)
        search_below(l, json_array_get(value, i), path, arena_printf(l->arena, "%zu", i), depth,
                     best);
    const char *key;
    json_t *child;
    json_object_foreach(value, key, child)
    {
        search_below(l, child, path, key, depth, best);
    }
}

// ---- A stated shape ----

static bool take_part(struct shape *shape, const char *part)
{
    const struct {
        const char *name;
        char *field;
        size_t size;
    } parts[] = {{"url=", shape->url, sizeof shape->url},
                 {"title=", shape->title, sizeof shape->title},
                 {"date=", shape->date, sizeof shape->date}};
    for (size_t i = 0; i < COUNT(parts); i++) {
        size_t n = strlen(parts[i].name);
        if (strncmp(part, parts[i].name, n) == 0)
            return (size_t)snprintf(parts[i].field, parts[i].size, "%s", part + n) < parts[i].size;
    }
    bool path = !*shape->path && !strchr(part, '=');
    bool keys = !strstr(part, "..") && !strpbrk(part, "[]#>*");
    return path && keys &&
           (size_t)snprintf(shape->path, sizeof shape->path, "%s", part) < PATH_SIZE;
}

static bool parse_shape(struct arena *arena, const char *selector, struct shape *out)
{
    *out = (struct shape){.score = 1};
    char *rest = arena_strndup(arena, selector, strlen(selector));
    for (char *part = strsep(&rest, " "); part; part = strsep(&rest, " "))
        if (*part && !take_part(out, part))
            return false;
    return *out->path;
}

// What was stated counts, the rest is guessed.
static void complete(const struct list_json *l, const json_t *array, struct shape *shape)
{
    struct shape guess = {.score = 0};
    struct best fits = {0};
    fit_fields(l, array, json_array_get(array, 0), "", &guess, &fits);
    if (!*shape->url)
        memcpy(shape->url, guess.url, sizeof shape->url);
    if (!*shape->title)
        memcpy(shape->title, guess.title, sizeof shape->title);
    if (!*shape->date)
        memcpy(shape->date, guess.date, sizeof shape->date);
}

static json_t *array_at(struct arena *arena, json_t *root, const char *path)
{
    char *rest = arena_strndup(arena, path, strlen(path));
    json_t *value = root;
    if (strcmp(path, ".") != 0)
        for (char *key = strsep(&rest, "."); key; key = strsep(&rest, "."))
            value = json_is_array(value) ? json_array_get(value, strtoul(key, NULL, 10))
                                         : json_object_get(value, key);
    return json_is_array(value) ? value : NULL;
}

// ---- Reading ----

static const char *clean(struct arena *arena, const char *s)
{
    char *copy = arena_strndup(arena, s, strnlen(s, LIST_TITLE_MAX));
    copy[text_clean(copy, strlen(copy))] = '\0';
    for (char *c = copy; *c; c++)
        *c = *c == '\n' || *c == '\t' ? ' ' : *c;
    return copy;
}

static void add_link(struct list_json *l, const json_t *object, const struct shape *shape)
{
    char url[URL_MAX + 1];
    struct date date = {.precision = DATE_NONE};
    const char *address = fill(l->arena, shape->url, object);
    if (!*address || url_resolve(l->base, address, url) != OK || l->n == LIST_LINKS_MAX)
        return;
    const char *when = *shape->date ? text_at(l->arena, object, shape->date) : "";
    date_read(when, strlen(when), &l->dates, &date);
    l->links[l->n++] = (struct list_link){
        .url = arena_strndup(l->arena, url, strlen(url)),
        .title = *shape->title ? clean(l->arena, text_at(l->arena, object, shape->title)) : "",
        .published_ms = date.ms,
        .precision = date.precision,
    };
}

static void add_links(struct list_json *l, json_t *array, const struct shape *shape)
{
    size_t i;
    json_t *object;
    json_array_foreach(array, i, object)
    {
        add_link(l, object, shape);
    }
    l->finding = arena_printf(l->arena, "%zu links: %s url=%s%s%s%s%s", l->n, shape->path,
                              shape->url, *shape->title ? " title=" : "", shape->title,
                              *shape->date ? " date=" : "", shape->date);
}

// From the first bracket on: name({…}) is JSONP. NULL if it is no JSON, or too large.
static json_t *load(const char *text, size_t size)
{
    const char *end = text + size, *start = text;
    while (start < end && *start != '{' && *start != '[')
        start++;
    size_t n = (size_t)(end - start);
    if (!json_is_bounded(start, n))
        return NULL;
    return json_loadb(start, n, JSON_DISABLE_EOF_CHECK | JSON_ALLOW_NUL, NULL);
}

void list_json_markup(struct list_json *l, const char *text, size_t size, struct buf *out)
{
    struct shape best = {.score = 0};
    json_t *root = load(text, size);
    l->markup = out;
    if (root)
        search(l, root, "", 0, &best);
    l->markup = NULL;
    json_decref(root);
}

bool list_json_selector_is_valid(const char *selector)
{
    struct arena *arena = arena_new(4096);
    struct shape shape;
    bool valid = parse_shape(arena, selector, &shape);
    arena_free(&arena);
    return valid;
}

enum err list_json_read(struct list_json *l, const char *text, size_t size, const char *selector)
{
    struct shape shape = {.score = 0};
    if (*selector && !parse_shape(l->arena, selector, &shape))
        return ERR_INPUT;
    json_t *root = load(text, size);
    if (!root)
        return ERR_LIMIT;
    l->n = 0;
    if (!*selector)
        search(l, root, "", 0, &shape);
    json_t *array = shape.score > 0 ? array_at(l->arena, root, shape.path) : NULL;
    if (array && *selector)
        complete(l, array, &shape);
    if (array)
        add_links(l, array, &shape);
    json_decref(root);
    return l->n > 0 ? OK : ERR_NOTFOUND;
}
