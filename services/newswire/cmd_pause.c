// SPDX-License-Identifier: MIT
// newswire pause and resume: leave sources alone for a while.
#include "services/newswire/commands.h"
#include "services/newswire/verb.h"

static const char pause_usage[] =
    "Usage: newswire pause URL… [options]\n"
    "Stops asking sources until `newswire resume`. Nothing is forgotten.\n"
    "\n"
    "  newswire pause https://news.example.com/press/feed.xml\n"
    "  newswire pause https://例子.中国/要闻/rss.xml\n";

static const char resume_usage[] = "Usage: newswire resume URL… [options]\n"
                                   "Asks paused sources again.\n"
                                   "\n"
                                   "  newswire resume https://news.example.com/press/feed.xml\n"
                                   "  newswire resume https://例子.中国/要闻/rss.xml\n";

static void request(char *url, bool paused, Newswire__V1__ControlRequest *out)
{
    static Newswire__V1__PauseSource pause = NEWSWIRE__V1__PAUSE_SOURCE__INIT;
    pause.url = url;
    pause.paused = paused;
    out->body_case = NEWSWIRE__V1__CONTROL_REQUEST__BODY_PAUSE;
    out->pause = &pause;
}

static void pause_request(char *url, Newswire__V1__ControlRequest *out)
{
    request(url, true, out);
}

static void resume_request(char *url, Newswire__V1__ControlRequest *out)
{
    request(url, false, out);
}

int cmd_pause(int argc, char **argv)
{
    static const struct verb verb = {pause_usage, "paused", false, pause_request};
    return verb_run(&verb, argc, argv);
}

int cmd_resume(int argc, char **argv)
{
    static const struct verb verb = {resume_usage, "resumed", false, resume_request};
    return verb_run(&verb, argc, argv);
}
