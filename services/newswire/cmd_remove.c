// SPDX-License-Identifier: MIT
// newswire remove: forget sources.
#include "services/newswire/commands.h"
#include "services/newswire/verb.h"

static const char usage[] =
    "Usage: newswire remove URL… [options]\n"
    "Forgets sources and what of them is still to be fetched. What was published stays.\n"
    "\n"
    "  newswire remove https://news.example.com/press/feed.xml\n"
    "  newswire remove https://例子.中国/要闻/rss.xml\n";

static void request(char *url, Newswire__V1__ControlRequest *out)
{
    static Newswire__V1__RemoveSource remove = NEWSWIRE__V1__REMOVE_SOURCE__INIT;
    remove.url = url;
    out->body_case = NEWSWIRE__V1__CONTROL_REQUEST__BODY_REMOVE;
    out->remove = &remove;
}

int cmd_remove(int argc, char **argv)
{
    static const struct verb verb = {usage, "removed", false, request};
    return verb_run(&verb, argc, argv);
}
