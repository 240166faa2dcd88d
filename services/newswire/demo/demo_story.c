// SPDX-License-Identifier: MIT
#include "services/newswire/demo/demo_story.h"

#include <stdlib.h>
#include <string.h>

#include "common/mem.h"

struct demo_stories {
    struct arena *arena;
    struct demo_story *items;
    size_t n;
};

// Takes the next line out of *text, without its newline; NULL at the end.
static char *next_line(char **text)
{
    char *line = *text;
    if (!line || !*line)
        return NULL;
    char *end = strchr(line, '\n');
    *text = end ? end + 1 : NULL;
    if (end)
        *end = '\0';
    return line;
}

static enum err set_field(struct demo_story *s, char *line, struct problem *why)
{
    const struct {
        const char *name;
        const char **place;
    } fields[] = {{"title", &s->title},
                  {"feed", &s->feed},
                  {"language", &s->language},
                  {"site", &s->site},
                  {"charset", &s->charset}};
    char *colon = strstr(line, ": ");
    if (colon) {
        *colon = '\0';
        for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
            if (strcmp(fields[i].name, line) == 0) {
                *fields[i].place = colon + 2;
                return OK;
            }
    }
    return problem_set(why, ERR_CONFIG, "demo story %s: no field \"%.40s\"", s->name, line);
}

static enum err parse(struct arena *a, const struct embedded *file, struct demo_story *out,
                      struct problem *why)
{
    struct demo_story s = {
        .title = "", .language = "en", .site = "", .feed = "page", .charset = "utf-8"};
    char *text = arena_strndup(a, (const char *)file->bytes, file->size), *line;
    s.name = arena_strndup(a, file->name, strcspn(file->name, "."));
    while ((line = next_line(&text)) != NULL && *line) {
        enum err e = set_field(&s, line, why);
        if (e != OK)
            return e;
    }
    while ((line = next_line(&text)) != NULL && s.n < DEMO_PARAGRAPHS)
        s.paragraphs[s.n++] = line;
    if (!s.title[0] || s.n == 0)
        return problem_set(why, ERR_CONFIG, "demo story %s has no title or no text", s.name);
    *out = s;
    return OK;
}

enum err demo_stories_new(const struct embedded *files, struct demo_stories **out,
                          struct problem *why)
{
    struct demo_stories *s = mem_alloc(sizeof *s);
    s->arena = arena_new(64 << 10);
    enum err e = OK;
    size_t n = 0;
    while (files[n].name)
        n++;
    s->items = arena_alloc(s->arena, (n + 1) * sizeof *s->items);
    while (e == OK && s->n < n) {
        e = parse(s->arena, &files[s->n], &s->items[s->n], why);
        s->n += e == OK;
    }
    if (e == OK)
        *out = s;
    else
        demo_stories_free(&s);
    return e;
}

void demo_stories_free(struct demo_stories **s)
{
    if (!*s)
        return;
    arena_free(&(*s)->arena);
    free(*s);
    *s = NULL;
}

size_t demo_stories_count(const struct demo_stories *s)
{
    return s->n;
}

const struct demo_story *demo_stories_at(const struct demo_stories *s, size_t i)
{
    return &s->items[i];
}
