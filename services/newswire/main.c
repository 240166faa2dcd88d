// SPDX-License-Identifier: MIT
// newswire: one command for everything a person does with the stack.
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/suggest.h"
#include "services/newswire/commands.h"

struct command {
    const char *name, *help;
    int (*run)(int argc, char **argv); // NULL: `name` is the title of a group
};

static const struct command commands[] = {
    {"The stack", NULL, NULL},
    {"up", "run all of it, from one data directory", cmd_up},
    {"demo-site", "serve invented announcements to try it with", cmd_demo},
    {"status", "how it is doing, and what needs attention", cmd_status},
    {"health", "tells whether a service's health file says it is well", cmd_health},

    {"Sources", NULL, NULL},
    {"add", "watch a feed, a page, a sitemap or a list", cmd_add},
    {"sources", "list what is watched", cmd_sources},
    {"pause", "stop asking a source", cmd_pause},
    {"resume", "ask a paused source again", cmd_resume},
    {"refresh", "ask a source, or fetch a page, again now", cmd_refresh},
    {"remove", "forget a source", cmd_remove},
    {"import", "add the sources of an OPML file or a list of URLs", cmd_import},
    {"export", "write the sources as OPML or as a list of URLs", cmd_export},

    {"News", NULL, NULL},
    {"subscribe", "the news as it arrives, or from wherever you want", cmd_subscribe},
    {"why", "the story of a URL: how it was found, fetched and labelled", cmd_why},
    {"reprocess", "read kept pages again, publish what differs", cmd_reprocess},
    {"dead", "announcements that were given up: list, retry, drop", cmd_dead},

    {"Without a stack", NULL, NULL},
    {"fetch", "one URL through all steps: fetched, read and labelled", cmd_fetch},
    {"extract", "take the articles out of HTML files", cmd_extract},
    {"classify", "label texts, with the words that spoke for each label", cmd_classify},

    {"The classifier", NULL, NULL},
    {"train", "teach the labels from your own examples", cmd_train},
    {"evaluate", "how well it labels documents whose labels are known", cmd_evaluate},
    {"test-rule", "what a word would find, before it goes into a taxonomy", cmd_test_rule},
};

enum { N_COMMANDS = sizeof commands / sizeof *commands };

static const struct command *find(const char *name)
{
    for (size_t i = 0; i < N_COMMANDS; i++)
        if (commands[i].run && strcmp(commands[i].name, name) == 0)
            return &commands[i];
    return NULL;
}

static int help(FILE *f)
{
    fputs("newswire watches feeds, sitemaps and pages, labels each new announcement and publishes "
          "it.\n\nUsage: newswire COMMAND [ARGUMENTS]\n",
          f);
    for (size_t i = 0; i < N_COMMANDS; i++)
        if (commands[i].run)
            fprintf(f, "  %-10s %s\n", commands[i].name, commands[i].help);
        else
            fprintf(f, "\n%s\n", commands[i].name);
    fputs("\nnewswire help COMMAND shows its options, with examples. newswire --version.\n"
          "Exit status: 0 done; 1 could not be done, or needs attention; 2 not understood.\n",
          f);
    return f == stdout ? CMD_DONE : CMD_WRONG;
}

static int unknown(const char *name)
{
    const char *names[N_COMMANDS];
    size_t n = 0;
    for (size_t i = 0; i < N_COMMANDS; i++)
        if (commands[i].run)
            names[n++] = commands[i].name;
    const char *near = suggest_nearest(name, names, n);
    fprintf(stderr, "newswire: there is no command '%.60s'%s%s%s (newswire --help lists them)\n",
            name, near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
    return CMD_WRONG;
}

static int run(const char *name, int argc, char **argv)
{
    const struct command *c = find(name);
    return c ? c->run(argc, argv) : unknown(name);
}

static int run_help_of(char *name)
{
    char *argv[] = {name, (char[]){"--help"}, NULL};
    return run(name, 2, argv);
}

static int dispatch(int argc, char **argv)
{
    if (argc < 2)
        return help(stderr);
    const char *word = argv[1];
    if (strcmp(word, "--version") == 0)
        return puts("newswire " NEWSWIRE_VERSION), CMD_DONE;
    if (strcmp(word, "help") == 0 && argc > 2)
        return run_help_of(argv[2]);
    if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 || strcmp(word, "help") == 0)
        return help(stdout);
    return run(word, argc - 1, argv + 1);
}

int main(int argc, char **argv)
{
    int status = dispatch(argc, argv);
    if (fflush(stdout) == 0 && !ferror(stdout))
        return status;
    fprintf(stderr, "newswire: the output could not be written: %s\n", strerror(errno));
    return CMD_FAILED;
}
