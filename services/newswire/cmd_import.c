// SPDX-License-Identifier: MIT
// newswire import and export: the sources as a file.
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/file.h"
#include "services/newswire/commands.h"
#include "services/newswire/jsonl.h"
#include "services/newswire/options.h"
#include "services/newswire/source.h"
#include "services/newswire/source_list.h"
#include "services/newswire/stack.h"

struct import {
    struct stack_settings stack;
    const char *backfill;
};

static const struct setting import_table[] = {
    {"backfill", SETTING_STRING, offsetof(struct import, backfill), NULL, 0, 0,
     "entries already there: all, none, or how many of the newest; as for `newswire add`"},
    {0}};

static const char import_usage[] =
    "Usage: newswire import FILE [options]\n"
    "Adds the sources of an OPML file, such as any feed reader exports, or of a plain list with "
    "one URL\n"
    "a line. `-` reads standard input. `newswire sources` shows how they do.\n"
    "\n"
    "  newswire import subscriptions.opml --backfill 20\n"
    "  echo https://例子.中国/要闻/rss.xml | newswire import -\n"
    "  newswire export --port-base 6550 | newswire import -\n";

struct export
{
    struct stack_settings stack;
    bool plain;
};

static const struct setting export_table[] = {
    {"plain", SETTING_BOOL, offsetof(struct export, plain), NULL, 0, 0, "one URL a line, not OPML"},
    {0}};

static const char export_usage[] =
    "Usage: newswire export [options] > FILE\n"
    "Writes all sources as OPML 2.0, or one URL a line. `newswire import` reads both.\n"
    "\n"
    "  newswire export > newswire.opml\n"
    "  newswire export --plain | grep '\\.中国/'\n";

static enum err add_one(struct stack *stack, const struct listed_source *s,
                        Newswire__V1__Backfill *backfill, struct problem *why)
{
    Newswire__V1__ControlRequest request = NEWSWIRE__V1__CONTROL_REQUEST__INIT;
    Newswire__V1__AddSource add = NEWSWIRE__V1__ADD_SOURCE__INIT;
    request.body_case = NEWSWIRE__V1__CONTROL_REQUEST__BODY_ADD;
    request.add = &add;
    add.url = s->url;
    add.kind = s->kind;
    add.every_s = s->every_s;
    add.selector = s->selector;
    add.backfill = backfill;
    pb_envelope *reply = NULL;
    enum err e = stack_control(stack, &request, &reply, why);
    wire_envelope_free(&reply);
    return e;
}

static void ignore(void *arg, const Newswire__V1__Source *s)
{
    (void)arg, (void)s;
}

static bool is_there(struct stack *stack, const char *url)
{
    struct problem why;
    return stack_sources(stack, url, ignore, NULL, &why) == OK;
}

struct counts {
    size_t added, known, refused;
};

static void print_counts(const struct counts *n, bool json)
{
    if (json)
        jsonl_print(stdout, json_pack("{s:I, s:I, s:I}", "added", (json_int_t)n->added, "known",
                                      (json_int_t)n->known, "refused", (json_int_t)n->refused));
    else
        printf("%zu added, %zu known already, %zu refused\n", n->added, n->known, n->refused);
}

static int add_all(struct stack *stack, const struct source_list *l,
                   Newswire__V1__Backfill *backfill, bool json)
{
    struct counts n = {.added = 0};
    enum err e = OK;
    for (size_t i = 0; i < l->n && e != ERR_BUSY; i++) {
        struct problem why = {""};
        e = add_one(stack, &l->items[i], backfill, &why);
        if (!e)
            n.added++;
        else if (e == ERR_NOTFOUND && is_there(stack, l->items[i].url))
            n.known++;
        else
            options_failed_at("import", l->items[i].url, why.text);
    }
    n.refused = l->n - n.added - n.known;
    print_counts(&n, json);
    return n.refused ? CMD_FAILED : CMD_DONE;
}

int cmd_import(int argc, char **argv)
{
    const struct settings_source source = {"common", import_usage, import_table,
                                           stack_settings_table, sizeof(struct import)};
    struct import o;
    struct problem why = {""};
    Newswire__V1__Backfill backfill = NEWSWIRE__V1__BACKFILL__INIT;
    int first, status;
    if (!options_read(&source, argc, argv, &o, &first))
        return CMD_WRONG;
    if (argc - first != 1)
        return options_wrong(argv[0], "give one file, or - for standard input");
    if (*o.backfill && source_backfill_parse(o.backfill, &backfill) != OK)
        return options_wrong(argv[0], "--backfill %s: it is all, none or a number", o.backfill);
    struct stack *stack = stack_open(&o.stack);
    struct source_list list = {.items = NULL};
    struct buf bytes = buf_new(SOURCE_LIST_BYTES);
    const char *name = strcmp(argv[first], "-") == 0 ? "standard input" : argv[first];
    if (file_read(argv[first], &bytes, &why) != OK ||
        source_list_read(name, buf_str(&bytes), bytes.size, &list, &why) != OK)
        status = options_failed(argv[0], "%s", why.text);
    else
        status = add_all(stack, &list, *o.backfill ? &backfill : NULL, o.stack.json);
    source_list_free(&list);
    buf_free(&bytes);
    stack_close(&stack);
    return status;
}

struct collected {
    struct source_list list;
    size_t left_out;
};

static void collect(void *arg, const Newswire__V1__Source *s)
{
    struct collected *c = arg;
    struct listed_source l = {s->url, s->title, s->selector, s->kind, s->found, s->every_s};
    if (source_list_add(&c->list, &l) != OK)
        c->left_out++;
}

static void write_list(const struct source_list *l, bool plain)
{
    struct buf out = buf_new(256 << 20);
    if (plain)
        source_list_plain(l, &out);
    else
        source_list_opml(l, &out);
    fputs(buf_str(&out), stdout);
    buf_free(&out);
}

int cmd_export(int argc, char **argv)
{
    const struct settings_source source = {"common", export_usage, export_table,
                                           stack_settings_table, sizeof(struct export)};
    struct export o;
    struct problem why = {""};
    struct collected c = {.left_out = 0};
    int first, status = CMD_DONE;
    if (!options_read(&source, argc, argv, &o, &first))
        return CMD_WRONG;
    if (first < argc)
        return options_wrong(argv[0], "it takes no arguments; write > FILE after it");
    struct stack *stack = stack_open(&o.stack);
    if (stack_sources(stack, "", collect, &c, &why) != OK)
        status = options_failed(argv[0], "%s", why.text);
    else
        write_list(&c.list, o.plain);
    if (c.left_out)
        status = options_failed(argv[0], "%zu sources beyond %d were left out", c.left_out,
                                SOURCE_LIST_MAX);
    source_list_free(&c.list);
    stack_close(&stack);
    return status;
}
