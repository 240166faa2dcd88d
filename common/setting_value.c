// SPDX-License-Identifier: MIT
#include "common/setting_value.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/mem.h"
#include "common/text.h"

enum { VALUE_MAX = 4096, ITEMS_MAX = 1000, PATH_OF_SOCKET_MAX = 100 };

struct unit {
    const char *name;
    int64_t factor;
};

static const struct unit duration_units[] = {{"ms", 1},      {"s", 1000},     {"m", 60000},
                                             {"h", 3600000}, {"d", 86400000}, {NULL, 0}};
static const struct unit size_units[] = {{"", 1},        {"k", 1 << 10}, {"K", 1 << 10},
                                         {"M", 1 << 20}, {"m", 1 << 20}, {"G", 1 << 30},
                                         {"g", 1 << 30}, {NULL, 0}};
static const struct unit number_units[] = {{"", 1}, {NULL, 0}};

// Strings of settings live as long as the process; this keeps hold of them.
static struct arena *strings(void)
{
    static struct arena *arena;
    if (!arena)
        arena = arena_new(4096);
    return arena;
}

const char *setting_keep(const char *text, size_t n)
{
    return arena_strndup(strings(), text, n);
}

static enum err parse_integer(const char *text, const struct unit *units, int64_t *out)
{
    char *end;
    if (!isdigit((unsigned char)text[text[0] == '-']))
        return ERR_INPUT;
    errno = 0;
    int64_t number = strtoll(text, &end, 10);
    for (const struct unit *u = units; errno == 0 && u->name; u++)
        if (strcmp(end, u->name) == 0) {
            int64_t value;
            if (__builtin_mul_overflow(number, u->factor, &value))
                return ERR_INPUT;
            *out = value;
            return OK;
        }
    // 0 is 0 in every unit.
    if (errno || number != 0 || *end)
        return ERR_INPUT;
    *out = 0;
    return OK;
}

enum err settings_duration(const char *text, int64_t *ms)
{
    return text[0] == '-' ? ERR_INPUT : parse_integer(text, duration_units, ms);
}

enum err settings_size(const char *text, int64_t *bytes)
{
    return text[0] == '-' ? ERR_INPUT : parse_integer(text, size_units, bytes);
}

static enum err parse_bool(const char *text, bool *out)
{
    static const struct {
        const char *name;
        bool value;
    } names[] = {{"true", true},   {"yes", true}, {"on", true},   {"1", true},
                 {"false", false}, {"no", false}, {"off", false}, {"0", false}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcasecmp(text, names[i].name) == 0) {
            *out = names[i].value;
            return OK;
        }
    return ERR_INPUT;
}

static bool is_port(const char *s)
{
    int64_t port;
    return isdigit((unsigned char)*s) && parse_integer(s, number_units, &port) == OK && port > 0 &&
           port < 65536;
}

static bool is_host(const char *s, size_t n)
{
    if (n == 1 && *s == '*')
        return true;
    bool v6 = n > 2 && s[0] == '[' && s[n - 1] == ']';
    for (size_t i = v6; i < n - v6; i++)
        if (!isalnum((unsigned char)s[i]) && !strchr(v6 ? ":.%-_" : ".-_", s[i]))
            return false;
    return n > 0 && n <= 255;
}

static bool is_endpoint(const char *text)
{
    if (strncmp(text, "ipc://", 6) == 0)
        return text[6] && strlen(text + 6) <= PATH_OF_SOCKET_MAX;
    if (strncmp(text, "tcp://", 6) != 0)
        return false;
    const char *host = text + 6, *colon = strrchr(host, ':');
    return colon && is_host(host, (size_t)(colon - host)) && is_port(colon + 1);
}

const char *setting_type_name(enum setting_type type)
{
    switch (type) {
    case SETTING_ENDPOINT:
        return "ENDPOINT";
    case SETTING_NUMBER:
        return "N";
    case SETTING_DURATION:
        return "DURATION";
    case SETTING_SIZE:
        return "SIZE";
    case SETTING_BOOL:
        return "";
    case SETTING_LIST:
        return "LIST";
    case SETTING_STRING:
        break;
    }
    return "TEXT";
}

static enum err refuse(enum setting_type type, const char *text, struct problem *why)
{
    static const char *const wants[] = {
        [SETTING_STRING] = "clean UTF-8 text of at most 4,096 bytes",
        [SETTING_ENDPOINT] = "an endpoint: use tcp://HOST:PORT or ipc://PATH",
        [SETTING_NUMBER] = "a whole number",
        [SETTING_DURATION] = "a duration: use 500ms, 30s, 10m, 2h or 1d",
        [SETTING_SIZE] = "a size: use 4096, 64k, 8M or 1G",
        [SETTING_BOOL] = "true or false",
        [SETTING_LIST] = "a list of at most 1,000 items",
    };
    return problem_set(why, ERR_INPUT, "\"%.80s\" is not %s", text, wants[type]);
}

// A number in the notation of its type, for messages.
static struct problem bound_text(enum setting_type type, int64_t value)
{
    struct problem text;
    const struct unit *best = NULL, *units = type == SETTING_DURATION ? duration_units
                                             : type == SETTING_SIZE   ? size_units
                                                                      : number_units;
    for (const struct unit *u = units; u->name; u++)
        if (value % u->factor == 0 && (!best || (u->factor > best->factor && value != 0)))
            best = u;
    problem_set(&text, OK, "%" PRId64 "%s", best ? value / best->factor : value,
                best ? best->name : "");
    return text;
}

static enum err parse_bounded(const struct setting *s, const char *text, int64_t *out,
                              struct problem *why)
{
    int64_t value;
    enum err e = s->type == SETTING_DURATION ? settings_duration(text, &value)
                 : s->type == SETTING_SIZE   ? settings_size(text, &value)
                                             : parse_integer(text, number_units, &value);
    if (e != OK)
        return refuse(s->type, text, why);
    if (value < s->least)
        return problem_set(why, ERR_INPUT, "%.40s is too small: at least %s", text,
                           bound_text(s->type, s->least).text);
    if (s->most != 0 && value > s->most)
        return problem_set(why, ERR_INPUT, "%.40s is too large: at most %s", text,
                           bound_text(s->type, s->most).text);
    *out = value;
    return OK;
}

void setting_clear_list(const struct setting *s, void *into)
{
    *(struct setting_list *)(void *)((char *)into + s->offset) = (struct setting_list){0};
}

enum err setting_append(const struct setting *s, const char *const *items, size_t n, void *into,
                        struct problem *why)
{
    struct setting_list *list = (void *)((char *)into + s->offset);
    if (n > ITEMS_MAX || list->n + n > ITEMS_MAX)
        return refuse(SETTING_LIST, n ? items[0] : "", why);
    const char **all = arena_alloc(strings(), (list->n + n) * sizeof *all);
    for (size_t i = 0; i < list->n; i++)
        all[i] = list->items[i];
    for (size_t i = 0; i < n; i++) {
        size_t length = strlen(items[i]);
        if (length > VALUE_MAX || !text_is_clean(items[i], length))
            return refuse(SETTING_STRING, "…", why);
        all[list->n + i] = setting_keep(items[i], length);
    }
    *list = (struct setting_list){all, list->n + n};
    return OK;
}

static enum err append_split(const struct setting *s, const char *text, void *into,
                             struct problem *why)
{
    const char *items[ITEMS_MAX + 1];
    size_t n = 0;
    while (*text && n <= ITEMS_MAX) {
        size_t length = strcspn(text, ",");
        const char *from = text, *end = text + length;
        while (from < end && *from == ' ')
            from++;
        while (end > from && end[-1] == ' ')
            end--;
        if (end > from)
            items[n++] = setting_keep(from, (size_t)(end - from));
        text += length + (text[length] == ',');
    }
    return setting_append(s, items, n, into, why);
}

enum err setting_store(const struct setting *s, const char *text, void *into, struct problem *why)
{
    void *place = (char *)into + s->offset;
    size_t length = strlen(text);
    if (length > VALUE_MAX || !text_is_clean(text, length))
        return refuse(SETTING_STRING, "…", why);
    switch (s->type) {
    case SETTING_ENDPOINT:
        if (*text && !is_endpoint(text))
            return refuse(s->type, text, why);
        *(const char **)place = setting_keep(text, length);
        return OK;
    case SETTING_STRING:
        *(const char **)place = setting_keep(text, length);
        return OK;
    case SETTING_NUMBER:
    case SETTING_DURATION:
    case SETTING_SIZE:
        return parse_bounded(s, text, place, why);
    case SETTING_BOOL:
        return parse_bool(text, place) == OK ? OK : refuse(s->type, text, why);
    case SETTING_LIST:
        return append_split(s, text, into, why);
    }
    panic("setting %s has no type", s->name);
}
