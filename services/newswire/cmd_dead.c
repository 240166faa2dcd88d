// SPDX-License-Identifier: MIT
// newswire dead: announcements that were given up because they kill whoever works on them.
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "services/newswire/commands.h"
#include "services/newswire/ink.h"
#include "services/newswire/jsonl.h"
#include "services/newswire/options.h"
#include "services/newswire/stack.h"
#include "services/newswire/table.h"
#include "services/newswire/when.h"

typedef Newswire__V1__DeadRequest__Verb verb_of;

struct dead {
    struct stack_settings stack;
    bool all;
};

static const struct setting table[] = {
    {"all", SETTING_BOOL, offsetof(struct dead, all), NULL, 0, 0, "with retry and drop: every one"},
    {0}};

static const char usage[] =
    "Usage: newswire dead list | retry ID | drop ID | retry --all | drop --all [options]\n"
    "Announcements that were given up: classifiers died of them three times, or they were "
    "refused.\n"
    "`retry` sends them once more, `drop` forgets them.\n"
    "\n"
    "  newswire dead list\n"
    "  newswire dead retry 3f1c6b0e9a2d4c5b8e7f60718293a4b5\n"
    "  newswire dead drop --all\n"
    "  newswire why https://例子.中国/要闻/2026-11-21.html     the story of one of them\n";

static const struct column columns[] = {{"id", false}, {"given up", false}, {"title", false}};

static void print_list(const Newswire__V1__ControlReply *reply)
{
    struct table *t = table_new(columns, sizeof columns / sizeof *columns);
    struct buf out = buf_new(64 << 20);
    for (size_t i = 0; i < reply->n_dead; i++) {
        const Newswire__V1__DeadLetter *d = reply->dead[i];
        char at[WHEN_SIZE];
        when_local(d->at_ms, at);
        table_cell(t, "%s", d->id);
        table_cell(t, "%s", at);
        table_cell(t, "%s", d->title);
        table_note(t, "%s: %s", d->url, d->reason);
    }
    table_write(t, ink_wanted(stdout), &out);
    fputs(buf_str(&out), stdout);
    if (reply->n_dead == 0)
        fprintf(stderr, "No announcement was given up.\n");
    if (reply->more)
        fprintf(stderr, "There are more than these %zu: retry or drop some.\n", reply->n_dead);
    buf_free(&out);
    table_free(&t);
}

static void print(const Newswire__V1__ControlReply *reply, verb_of verb, bool json)
{
    static const char *const done[] = {"listed", "sent again", "dropped"};
    if (verb == NEWSWIRE__V1__DEAD_REQUEST__VERB__LIST && !json)
        print_list(reply);
    else if (verb == NEWSWIRE__V1__DEAD_REQUEST__VERB__LIST)
        for (size_t i = 0; i < reply->n_dead; i++)
            jsonl_print(stdout, jsonl_message(&reply->dead[i]->base));
    else if (json)
        jsonl_print(stdout, json_pack("{s:s, s:I}", "done", done[verb], "affected",
                                      (json_int_t)reply->affected));
    else
        printf("%s: %" PRIu64 "\n", done[verb], reply->affected);
}

static int ask(struct dead *o, verb_of verb, char *id)
{
    Newswire__V1__ControlRequest request = NEWSWIRE__V1__CONTROL_REQUEST__INIT;
    Newswire__V1__DeadRequest dead = NEWSWIRE__V1__DEAD_REQUEST__INIT;
    request.body_case = NEWSWIRE__V1__CONTROL_REQUEST__BODY_DEAD;
    request.dead = &dead;
    dead.verb = verb;
    dead.id = id;
    pb_envelope *reply = NULL;
    struct problem why = {""};
    int status = CMD_DONE;
    struct stack *stack = stack_open(&o->stack);
    if (stack_control(stack, &request, &reply, &why) != OK)
        status = options_failed("dead", "%s", why.text);
    else
        print(reply->control_reply, verb, o->stack.json);
    wire_envelope_free(&reply);
    stack_close(&stack);
    return status;
}

static bool verb_read(const char *word, verb_of *out)
{
    static const char *const verbs[] = {"list", "retry", "drop"};
    for (int i = 0; i < 3; i++) {
        if (strcmp(word, verbs[i]) == 0) {
            *out = (verb_of)i;
            return true;
        }
    }
    return false;
}

int cmd_dead(int argc, char **argv)
{
    const struct settings_source source = {"common", usage, table, stack_settings_table,
                                           sizeof(struct dead)};
    struct dead o;
    int first;
    verb_of verb;
    if (!options_read(&source, argc, argv, &o, &first))
        return CMD_WRONG;
    int n = argc - first;
    if (n == 0 || !verb_read(argv[first], &verb))
        return options_wrong(argv[0], "say what to do: list, retry or drop");
    bool list = verb == NEWSWIRE__V1__DEAD_REQUEST__VERB__LIST;
    if (list && (n > 1 || o.all))
        return options_wrong(argv[0], "list takes nothing else");
    if (!list && n > 2)
        return options_wrong(argv[0], "one ID at a time, or --all");
    if (!list && (n == 2) == o.all)
        return options_wrong(argv[0], "give either an ID of `newswire dead list` or --all");
    char none[] = "";
    return ask(&o, verb, n == 2 ? argv[first + 1] : none);
}
