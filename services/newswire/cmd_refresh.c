// SPDX-License-Identifier: MIT
// newswire refresh: ask now.
#include "services/newswire/commands.h"
#include "services/newswire/verb.h"

static const char usage[] =
    "Usage: newswire refresh [URL…] [options]\n"
    "Asks sources, or fetches the pages of announcements again, now; without a URL every source.\n"
    "\n"
    "  newswire refresh\n"
    "  newswire refresh https://news.example.com/press/feed.xml\n"
    "  newswire refresh https://例子.中国/要闻/2026-11-21.html\n";

static void request(char *url, Newswire__V1__ControlRequest *out)
{
    static Newswire__V1__Refresh refresh = NEWSWIRE__V1__REFRESH__INIT;
    refresh.url = url;
    out->body_case = NEWSWIRE__V1__CONTROL_REQUEST__BODY_REFRESH;
    out->refresh = &refresh;
}

int cmd_refresh(int argc, char **argv)
{
    static const struct verb verb = {usage, "asked to refresh", true, request};
    return verb_run(&verb, argc, argv);
}
