// SPDX-License-Identifier: MIT
// newswire import and export: the sources as a file.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/file.h"
#include "common/mem.h"
#include "services/newswire/commands.h"
#include "services/newswire/jsonl.h"
#include "services/newswire/options.h"
#include "services/newswire/source.h"
#include "services/newswire/source_list.h"
#include "services/newswire/stack.h"
#include "services/newswire/when.h"

enum { HEADERS_MAX = 20 };

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
    bool plain, secrets;
};

static const struct setting export_table[] = {
    {"plain", SETTING_BOOL, offsetof(struct export, plain), NULL, 0, 0, "one URL a line, not OPML"},
    {"with-headers", SETTING_BOOL, offsetof(struct export, secrets), NULL, 0, 0,
     "with the headers that sources are asked with, and passwords of proxies: keep it to yourself"},
    {0}};

static const char export_usage[] =
    "Usage: newswire export [options] > FILE\n"
    "Writes all sources, with how each is asked, as OPML 2.0 or one URL a line. `newswire import` "
    "reads\n"
    "both: another stack then has the same sources.\n"
    "\n"
    "  newswire export > newswire.opml\n"
    "  newswire export --with-headers > 来源.opml\n"
    "  newswire export --plain | grep '\\.中国/'\n";

// "Name: value" by line, in place; returns how many.
static size_t split_headers(char *text, char *out[], size_t max)
{
    size_t n = 0;
    for (char *line; n < max && (line = strsep(&text, "\n"));)
        if (*line)
            out[n++] = line;
    return n;
}

static enum err add_one(struct stack *stack, const struct listed_source *s,
                        Newswire__V1__Backfill *backfill, struct problem *why)
{
    Newswire__V1__ControlRequest request = NEWSWIRE__V1__CONTROL_REQUEST__INIT;
    Newswire__V1__AddSource add = NEWSWIRE__V1__ADD_SOURCE__INIT;
    Newswire__V1__Backfill own = NEWSWIRE__V1__BACKFILL__INIT;
    Newswire__V1__Gap gap = NEWSWIRE__V1__GAP__INIT;
    Newswire__V1__SourceOptions options = NEWSWIRE__V1__SOURCE_OPTIONS__INIT;
    char *headers[HEADERS_MAX], *text = mem_strdup(s->headers);
    int64_t gap_ms = 0;
    request.body_case = NEWSWIRE__V1__CONTROL_REQUEST__BODY_ADD;
    request.add = &add;
    add.url = s->url;
    add.kind = s->kind;
    add.every_s = s->every_s;
    add.selector = s->selector;
    add.paused = s->paused;
    bool has_own = s->backfill && *s->backfill && source_backfill_parse(s->backfill, &own) == OK;
    add.backfill = has_own ? &own : backfill;
    if (s->gap && *s->gap && settings_duration(s->gap, &gap_ms) == OK)
        add.gap = &gap;
    gap.ms = (uint32_t)gap_ms;
    options.n_headers = text ? split_headers(text, headers, HEADERS_MAX) : 0;
    options.headers = headers;
    options.proxy = s->proxy ? s->proxy : options.proxy;
    options.old_tls = s->old_tls;
    options.identity =
        s->guid ? NEWSWIRE__V1__IDENTITY__IDENTITY_GUID : NEWSWIRE__V1__IDENTITY__IDENTITY_URL;
    options.depth = s->depth;
    if (options.n_headers || *options.proxy || s->old_tls || s->guid || s->depth)
        add.options = &options;
    pb_envelope *reply = NULL;
    enum err e = stack_control(stack, &request, &reply, why);
    wire_envelope_free(&reply);
    free(text);
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
    if (*l->mended.text)
        fprintf(stderr, "newswire import: %s: read all the same\n", l->mended.text);
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
    bool secrets; // wanted
    size_t left_out, secret;
};

static void backfill_text(const Newswire__V1__Backfill *b, char out[16])
{
    snprintf(out, 16, "%" PRIu32, b ? b->newest : 0);
    if (!b || b->all || b->newest == 0)
        snprintf(out, 16, "%s", !b ? "" : b->all ? "all" : "none");
}

// Values of headers may be keys, a proxy's URL may hold a password.
static void take_options(struct collected *c, const Newswire__V1__SourceOptions *o,
                         struct buf *headers, struct listed_source *l)
{
    bool secret = o->n_headers || strchr(o->proxy, '@');
    l->old_tls = o->old_tls;
    l->guid = o->identity == NEWSWIRE__V1__IDENTITY__IDENTITY_GUID;
    l->depth = o->depth;
    l->proxy = strchr(o->proxy, '@') && !c->secrets ? NULL : o->proxy;
    c->secret += secret && !c->secrets;
    for (size_t i = 0; i < o->n_headers && c->secrets; i++)
        buf_printf(headers, "%s%s", i ? "\n" : "", o->headers[i]);
}

static void collect(void *arg, const Newswire__V1__Source *s)
{
    struct collected *c = arg;
    struct buf headers = buf_new(64 << 10);
    char backfill[16], gap[WHEN_SIZE] = "";
    backfill_text(s->backfill, backfill);
    if (s->gap)
        when_setting(s->gap->ms, gap);
    struct listed_source l = {.url = s->url,
                              .title = s->title,
                              .selector = s->selector,
                              .kind = s->kind,
                              .found = s->found,
                              .every_s = s->every_s,
                              .backfill = backfill,
                              .gap = gap,
                              .paused = s->paused};
    if (s->options)
        take_options(c, s->options, &headers, &l);
    l.headers = (char *)buf_str(&headers);
    if (source_list_add(&c->list, &l) != OK)
        c->left_out++;
    buf_free(&headers);
}

static void write_list(const struct collected *c, bool plain)
{
    struct buf out = buf_new(256 << 20);
    char comment[200] = "";
    if (c->secret)
        snprintf(comment, sizeof comment,
                 "of %zu sources, headers or a proxy with a password are left out: export "
                 "--with-headers has them",
                 c->secret);
    if (c->secret)
        fprintf(stderr, "newswire: %s\n", comment);
    // Two hyphens would end an XML comment.
    for (char *at = comment; !plain && (at = strstr(at, "--"));)
        memmove(at, at + 2, strlen(at + 2) + 1);
    if (plain)
        source_list_plain(&c->list, comment, &out);
    else
        source_list_opml(&c->list, comment, &out);
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
    c.secrets = o.secrets;
    if (first < argc)
        return options_wrong(argv[0], "it takes no arguments; write > FILE after it");
    struct stack *stack = stack_open(&o.stack);
    if (stack_sources(stack, "", collect, &c, &why) != OK)
        status = options_failed(argv[0], "%s", why.text);
    else
        write_list(&c, o.plain);
    if (c.left_out)
        status = options_failed(argv[0], "%zu sources beyond %d were left out", c.left_out,
                                SOURCE_LIST_MAX);
    source_list_free(&c.list);
    stack_close(&stack);
    return status;
}
