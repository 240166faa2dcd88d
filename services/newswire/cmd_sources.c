// SPDX-License-Identifier: MIT
// newswire sources: what is watched, and how each source is doing.
#include <inttypes.h>
#include <stdio.h>

#include "services/newswire/commands.h"
#include "services/newswire/ink.h"
#include "services/newswire/jsonl.h"
#include "services/newswire/options.h"
#include "services/newswire/source.h"
#include "services/newswire/stack.h"
#include "services/newswire/table.h"
#include "services/newswire/when.h"

static const struct setting table[] = {{0}};

static const char usage[] =
    "Usage: newswire sources [URL] [options]\n"
    "Lists what is watched: when each source was asked last and will be asked next, how many "
    "entries\n"
    "it had, and how many of them are published, still to be fetched, or given up.\n"
    "\n"
    "  newswire sources\n"
    "  newswire sources https://例子.中国/要闻/rss.xml\n"
    "  newswire sources --json | jq -r 'select(.failures > 0) | .url'\n";

static const struct column columns[] = {
    {"source", false}, {"kind", false},     {"asked", false},   {"next", false},
    {"entries", true}, {"published", true}, {"to fetch", true}, {"given up", true},
};

struct listing {
    struct table *table;
    int64_t now_ms;
};

static void asked_cell(const struct listing *l, const Newswire__V1__Source *s)
{
    char span[WHEN_SIZE];
    int64_t asked_ms = source_asked_ms(s);
    when_span(l->now_ms - asked_ms, span);
    if (asked_ms)
        table_cell(l->table, "%s ago", span);
    else
        table_cell(l->table, "not yet");
}

static void next_cell(const struct listing *l, const Newswire__V1__Source *s)
{
    char span[WHEN_SIZE];
    when_span(s->next_poll_ms - l->now_ms, span);
    if (s->paused)
        table_cell(l->table, "paused");
    else if (s->next_poll_ms <= l->now_ms)
        table_cell(l->table, "now");
    else
        table_cell(l->table, "in %s", span);
}

static void list_row(void *arg, const Newswire__V1__Source *s)
{
    const struct listing *l = arg;
    table_cell(l->table, "%s", s->url);
    table_cell(l->table, "%s", source_kind_name(s->found ? s->found : s->kind));
    asked_cell(l, s);
    next_cell(l, s);
    table_cell(l->table, "%" PRIu64, s->entries);
    table_cell(l->table, "%" PRIu64, s->published);
    table_cell(l->table, "%" PRIu64, s->pending);
    table_cell(l->table, "%" PRIu64, s->failed);
    if (s->failures > 1)
        table_note(l->table, "%s (%" PRIu32 " times in a row)", s->trouble, s->failures);
    else if (*s->trouble)
        table_note(l->table, "%s", s->trouble);
}

static void json_row(void *arg, const Newswire__V1__Source *s)
{
    (void)arg;
    jsonl_print(stdout, jsonl_message(&s->base));
}

static enum err list(struct stack *stack, const char *url, bool json, struct problem *why)
{
    if (json)
        return stack_sources(stack, url, json_row, NULL, why);
    struct listing l = {table_new(columns, sizeof columns / sizeof *columns), clock_utc_ms()};
    enum err e = stack_sources(stack, url, list_row, &l, why);
    struct buf out = buf_new(64 << 20);
    table_write(l.table, ink_wanted(stdout), &out);
    fputs(buf_str(&out), stdout);
    if (!e && table_rows(l.table) == 0)
        fprintf(stderr, "No source yet: newswire add URL\n");
    buf_free(&out);
    table_free(&l.table);
    return e;
}

int cmd_sources(int argc, char **argv)
{
    const struct settings_source source = {"common", usage, table, stack_settings_table,
                                           sizeof(struct stack_settings)};
    struct stack_settings o;
    struct problem why = {""};
    int first, status = CMD_DONE;
    if (!options_read(&source, argc, argv, &o, &first))
        return CMD_WRONG;
    if (argc - first > 1)
        return options_wrong(argv[0], "give one URL, or none for all sources");
    struct stack *stack = stack_open(&o);
    if (list(stack, first < argc ? argv[first] : "", o.json, &why) != OK)
        status = options_failed(argv[0], "%s", why.text);
    stack_close(&stack);
    return status;
}
