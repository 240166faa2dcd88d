// SPDX-License-Identifier: MIT
// newswire why: the story of a URL.
#include <stdio.h>

#include "services/newswire/commands.h"
#include "services/newswire/ink.h"
#include "services/newswire/jsonl.h"
#include "services/newswire/options.h"
#include "services/newswire/stack.h"
#include "services/newswire/story.h"

static const struct setting table[] = {{0}};

static const char usage[] =
    "Usage: newswire why URL [options]\n"
    "Tells what became of a URL, of an announcement or of a source: what led to it, which line of\n"
    "robots.txt allowed it, where it was redirected to, how it was answered and read, what went\n"
    "wrong, how it was labelled and by which words, and where it is now. Status 1: it is not "
    "known;\n"
    "then it names known URLs that are spelled like it.\n"
    "\n"
    "  newswire why https://news.example.com/press/2026/results.html\n"
    "  newswire why https://例子.中国/要闻/2026-11-21.html\n"
    "  newswire why https://news.example.com/press/feed.xml --json\n";

static enum err ask_fetcher(struct stack *stack, char *url, pb_envelope **reply,
                            struct problem *why)
{
    Newswire__V1__ControlRequest request = NEWSWIRE__V1__CONTROL_REQUEST__INIT;
    Newswire__V1__Why ask = NEWSWIRE__V1__WHY__INIT;
    request.body_case = NEWSWIRE__V1__CONTROL_REQUEST__BODY_WHY;
    request.why = &ask;
    ask.url = url;
    return stack_control(stack, &request, reply, why);
}

static enum err ask_sink(struct stack *stack, char *id, pb_envelope **reply, struct problem *why)
{
    pb_envelope request = NEWSWIRE__V1__ENVELOPE__INIT;
    Newswire__V1__Lookup lookup = NEWSWIRE__V1__LOOKUP__INIT;
    request.body_case = NEWSWIRE__V1__ENVELOPE__BODY_LOOKUP;
    request.lookup = &lookup;
    lookup.id = id;
    return stack_ask(stack, STACK_SINK, &request, NEWSWIRE__V1__ENVELOPE__BODY_FOUND, reply, why);
}

static void print(const struct story *s, bool json)
{
    if (json) {
        jsonl_print(stdout, story_json(s));
        return;
    }
    struct buf text = buf_new(8 << 20);
    story_write(s, ink_wanted(stdout), &text);
    fputs(buf_str(&text), stdout);
    buf_free(&text);
}

// What the sink found, if it is whole: a message may lack any part of itself.
static const pb_news *news_of(const pb_envelope *found)
{
    const pb_news *news = found ? found->found->news : NULL;
    return news && news->announcement && news->classification ? news : NULL;
}

// The sink is asked only about what has an identity; a sink that does not answer spoils no story.
static int tell(struct stack *stack, char *url, bool json)
{
    pb_envelope *reply = NULL, *found = NULL;
    struct problem why = {""}, trouble = {""};
    if (ask_fetcher(stack, url, &reply, &why) != OK)
        return options_failed("why", "%s", why.text);
    const Newswire__V1__ControlReply *fetcher = reply->control_reply;
    int status = CMD_DONE;
    if (*fetcher->id && ask_sink(stack, fetcher->id, &found, &trouble) != OK)
        status = CMD_FAILED;
    const struct story story = {url, fetcher, news_of(found), trouble.text};
    print(&story, json);
    if (!story_known(&story))
        status = CMD_FAILED;
    wire_envelope_free(&found);
    wire_envelope_free(&reply);
    return status;
}

int cmd_why(int argc, char **argv)
{
    const struct settings_source source = {"common", usage, table, stack_settings_table,
                                           sizeof(struct stack_settings)};
    struct stack_settings o;
    int first;
    if (!options_read(&source, argc, argv, &o, &first))
        return CMD_WRONG;
    if (argc - first != 1)
        return options_wrong(argv[0], "give one URL");
    struct stack *stack = stack_open(&o);
    int status = tell(stack, argv[first], o.json);
    stack_close(&stack);
    return status;
}
