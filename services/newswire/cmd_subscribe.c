// SPDX-License-Identifier: MIT
// newswire subscribe: the news, each once, in order, from wherever one wants to begin.
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/subscriber.h"
#include "services/newswire/commands.h"
#include "services/newswire/ink.h"
#include "services/newswire/jsonl.h"
#include "services/newswire/news_line.h"
#include "services/newswire/options.h"
#include "services/newswire/stack.h"
#include "services/newswire/state_file.h"
#include "services/newswire/when.h"

enum { LABELS_MAX = 64, LINE_MAX_BYTES = 64 << 10 };

struct subscribe_options {
    struct stack_settings stack;
    struct setting_list labels;
    const char *from, *state;
    int64_t count, timeout_ms;
};

#define AT(member) offsetof(struct subscribe_options, member)

static const struct setting table[] = {
    {"label", SETTING_LIST, AT(labels), NULL, 0, 0, "only this primary label; may be repeated"},
    {"from", SETTING_STRING, AT(from), "now", 0, 0,
     "where to begin: now, beginning, or a sequence"},
    {"count", SETTING_NUMBER, AT(count), "0", 0, 0, "end after so many; 0: never"},
    {"timeout", SETTING_DURATION, AT(timeout_ms), "0s", 0, 0,
     "end after this time, with status 1; 0: never"},
    {"state", SETTING_STRING, AT(state), NULL, 0, 0,
     "file that remembers how far this got; --from counts only while there is none"},
    {0}};

static const char usage[] =
    "Usage: newswire subscribe [options]\n"
    "Prints classified news as it arrives, each announcement once, in order of sequence; what was\n"
    "missed, by a late start or a broken connection, is replayed.\n"
    "\n"
    "  newswire subscribe                                     from now on\n"
    "  newswire subscribe --from beginning --label soe-policy --label party-activity\n"
    "  newswire subscribe --from 1200 --count 100 --json      those from sequence 1200 on\n"
    "  newswire subscribe --from beginning --state seen.json --json >> news.jsonl\n"
    "                                                         goes on where it was left\n"
    "  newswire subscribe --count 1 --timeout 30s             waits for the next one\n"
    "\n"
    "Ends with status 0 after --count announcements or on Ctrl-C, with 1 on --timeout. The state\n"
    "is written when what was printed has been: after a crash the last lines may come again, but\n"
    "none is left out.\n";

struct subscribing {
    const struct subscribe_options *o;
    struct loop *loop;
    struct subscriber *subscriber;
    struct timer *flush, *timeout;
    struct state_file file;
    struct state at, saved;
    struct buf line;
    bool colour;
    int64_t printed;
};

// First the lines, then how far they go. Returns CMD_DONE or CMD_FAILED.
static int flush(struct subscribing *s)
{
    struct problem why;
    if (fflush(stdout) != 0 || ferror(stdout))
        return options_failed("subscribe", "cannot write to standard output: %s", strerror(errno));
    bool news = s->at.through != s->saved.through || s->at.epoch != s->saved.epoch;
    if (!*s->o->state || !news)
        return CMD_DONE;
    fdatasync(STDOUT_FILENO); // of a file; for a pipe or a terminal it means nothing
    if (state_file_write(&s->file, &s->at, &why))
        return options_failed("subscribe", "%s", why.text);
    s->saved = s->at;
    return CMD_DONE;
}

static void on_flush(void *arg, struct timer *t)
{
    struct subscribing *s = arg;
    (void)t;
    if (flush(s) != CMD_DONE)
        loop_stop(s->loop, CMD_FAILED);
}

static bool is_done(const struct subscribing *s)
{
    return s->o->count && s->printed >= s->o->count;
}

static void on_news(void *arg, const pb_news *news)
{
    struct subscribing *s = arg;
    if (is_done(s))
        return;
    if (s->o->stack.json) {
        jsonl_print(stdout, jsonl_message(&news->base));
    } else {
        buf_clear(&s->line);
        news_line(news, s->colour, &s->line);
        fwrite(s->line.data, 1, s->line.size, stdout);
    }
    s->printed++;
    s->at = (struct state){news->epoch, news->sequence};
    if (is_done(s))
        loop_stop(s->loop, CMD_DONE);
    if (!timer_is_set(s->flush))
        timer_set(s->flush, 0, false);
}

static void on_resync(void *arg, uint64_t old_epoch, uint64_t epoch)
{
    (void)arg;
    fprintf(stderr,
            "newswire subscribe: the sink's store was restored or is another one (epoch %" PRIu64
            ", it was %" PRIu64 "): everything in it follows from its beginning\n",
            epoch, old_epoch);
}

static void on_lost(void *arg, uint64_t after, uint64_t oldest)
{
    (void)arg;
    fprintf(stderr,
            "newswire subscribe: sequences %" PRIu64 " to %" PRIu64
            " are not kept by the sink any more\n",
            after + 1, oldest - 1);
}

static void on_trouble(void *arg, const char *sentence)
{
    (void)arg;
    fprintf(stderr, "newswire subscribe: dropped a message that is not valid: %s\n", sentence);
}

static void say_what_is_missing(const struct subscribing *s)
{
    const struct service_settings *at = &s->o->stack.service;
    struct subscription_position p = subscriber_position(s->subscriber);
    char span[WHEN_SIZE];
    when_span(s->o->timeout_ms, span);
    if (p.epoch == 0)
        options_failed("subscribe",
                       "no sink was heard at %s and %s in %s: start a stack with `newswire up "
                       "--data DIR`, or say where one is with --port-base, or --topic and --replay",
                       at->topic, at->replay, span);
    else if (!p.caught_up)
        options_failed("subscribe",
                       "after %s, %" PRId64 " printed, and those after sequence %" PRIu64
                       " of %" PRIu64 " are still to come: does %s answer?",
                       span, s->printed, p.through, p.head, at->replay);
    else if (s->o->count)
        options_failed("subscribe",
                       "%" PRId64 " of %" PRId64 " announcements in %s: nothing more was "
                       "published; the newest is %" PRIu64,
                       s->printed, s->o->count, span, p.head);
    else
        options_failed("subscribe",
                       "ended after %s, %" PRId64 " announcements; the newest is %" PRIu64, span,
                       s->printed, p.head);
}

static void on_timeout(void *arg, struct timer *t)
{
    struct subscribing *s = arg;
    (void)t;
    say_what_is_missing(s);
    loop_stop(s->loop, CMD_FAILED);
}

static void on_signal(void *arg, int signo)
{
    struct subscribing *s = arg;
    (void)signo;
    loop_stop(s->loop, CMD_DONE);
}

// Where to begin.

static bool parse_from(const char *from, struct subscription_start *out)
{
    char *end;
    if (strcmp(from, "now") == 0) {
        out->from = SUBSCRIBE_NOW;
        return true;
    }
    if (strcmp(from, "beginning") == 0) {
        out->from = SUBSCRIBE_BEGINNING;
        return true;
    }
    errno = 0;
    unsigned long long sequence = strtoull(from, &end, 10);
    if (*from < '0' || *from > '9' || *end || errno)
        return false;
    out->from = sequence > 1 ? SUBSCRIBE_AFTER : SUBSCRIBE_BEGINNING;
    out->after = sequence > 1 ? sequence - 1 : 0;
    return true;
}

static bool is_label(const char *s)
{
    size_t n = strlen(s);
    return n >= 1 && n <= 64 && strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789-") == n;
}

static int find_start(struct subscribing *s, struct subscription_start *start)
{
    const struct subscribe_options *o = s->o;
    struct problem why;
    if (!parse_from(o->from, start))
        return options_wrong("subscribe", "--from %s: give now, beginning or a sequence", o->from);
    if (o->labels.n > LABELS_MAX)
        return options_wrong("subscribe", "--label: at most %d", LABELS_MAX);
    for (size_t i = 0; i < o->labels.n; i++)
        if (!is_label(o->labels.items[i]))
            return options_wrong("subscribe", "--label %s: a label is of a to z, 0 to 9 and -",
                                 o->labels.items[i]);
    start->labels = o->labels.items;
    start->n_labels = o->labels.n;
    if (!*o->state)
        return CMD_DONE;
    s->file = (struct state_file){o->state, o->labels.items, o->labels.n};
    enum err e = state_file_read(&s->file, &s->at, &why);
    if (e && e != ERR_NOTFOUND)
        return options_wrong("subscribe", "%s", why.text);
    s->saved = s->at;
    if (!e) {
        start->from = SUBSCRIBE_AFTER;
        start->epoch = s->at.epoch;
        start->after = s->at.through;
    }
    return CMD_DONE;
}

// The end of a run that was not ended by --count: what was passed over is done with as well.
static int save_last(struct subscribing *s)
{
    struct subscription_position p = subscriber_position(s->subscriber);
    if (!is_done(s) && p.epoch && p.caught_up)
        s->at = (struct state){p.epoch, p.through};
    return flush(s);
}

static int follow(struct subscribing *s, const struct subscription_start *start)
{
    static const struct subscriber_handlers handlers = {on_news, on_resync, on_lost, on_trouble};
    const struct service_settings *at = &s->o->stack.service;
    struct socket_context *z = socket_context_new();
    struct problem why;
    int status = CMD_WRONG;
    if (subscriber_new(s->loop, z, at->topic, at->replay, start, &handlers, s, &s->subscriber,
                       &why)) {
        options_wrong("subscribe", "%s", why.text);
        goto out;
    }
    loop_signal(s->loop, SIGINT, on_signal, s);
    loop_signal(s->loop, SIGTERM, on_signal, s);
    if (s->o->timeout_ms)
        timer_set(s->timeout, s->o->timeout_ms, false);
    status = loop_run(s->loop);
    if (save_last(s) != CMD_DONE)
        status = CMD_FAILED;
out:
    subscriber_free(&s->subscriber);
    socket_context_free(&z);
    return status;
}

int cmd_subscribe(int argc, char **argv)
{
    const struct settings_source source = {"common", usage, table, stack_settings_table,
                                           sizeof(struct subscribe_options)};
    struct subscribe_options o;
    struct subscription_start start = {0};
    int first;
    if (!options_read(&source, argc, argv, &o, &first))
        return CMD_WRONG;
    if (first < argc)
        return options_wrong("subscribe", "%s: it takes options only", argv[first]);
    struct subscribing s = {.o = &o, .colour = ink_wanted(stdout)};
    int status = find_start(&s, &start);
    if (status != CMD_DONE)
        return status;
    service_endpoints(&o.stack.service);
    o.stack.service.topic = stack_reachable(o.stack.service.topic);
    o.stack.service.replay = stack_reachable(o.stack.service.replay);
    s.loop = loop_new();
    s.line = buf_new(LINE_MAX_BYTES);
    s.flush = timer_new(s.loop, on_flush, &s);
    s.timeout = timer_new(s.loop, on_timeout, &s);
    status = follow(&s, &start);
    timer_free(&s.flush);
    timer_free(&s.timeout);
    buf_free(&s.line);
    loop_free(&s.loop);
    return status;
}
