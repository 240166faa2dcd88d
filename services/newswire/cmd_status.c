// SPDX-License-Identifier: MIT
// newswire status: how the stack is doing.
#include <stdio.h>

#include "services/newswire/commands.h"
#include "services/newswire/ink.h"
#include "services/newswire/jsonl.h"
#include "services/newswire/options.h"
#include "services/newswire/report.h"
#include "services/newswire/stack.h"

static const struct setting table[] = {{0}};

static const char usage[] =
    "Usage: newswire status [options]\n"
    "Asks the fetcher and the sink how they are doing. Exits with 0 if all is well, with 1 if "
    "something\n"
    "needs attention or does not answer.\n"
    "\n"
    "  newswire status\n"
    "  newswire status --json | jq '.fetcher.pending'\n"
    "  newswire status --json | jq '.sink.labels[\"soe-policy\"]'     国资 news so far\n"
    "  newswire status --port-base 6550 || echo 'needs attention'\n";

static enum err ask_fetcher(struct stack *stack, pb_envelope **reply, struct problem *why)
{
    Newswire__V1__ControlRequest request = NEWSWIRE__V1__CONTROL_REQUEST__INIT;
    Newswire__V1__StatusRequest status = NEWSWIRE__V1__STATUS_REQUEST__INIT;
    request.body_case = NEWSWIRE__V1__CONTROL_REQUEST__BODY_STATUS;
    request.status = &status;
    enum err e = stack_control(stack, &request, reply, why);
    if (e || (*reply)->control_reply->status)
        return e;
    wire_envelope_free(reply);
    return problem_set(why, ERR_INPUT, "%s answers without its status",
                       stack_endpoint(stack, STACK_FETCHER));
}

static enum err ask_sink(struct stack *stack, pb_envelope **reply, struct problem *why)
{
    pb_envelope request = NEWSWIRE__V1__ENVELOPE__INIT;
    Newswire__V1__SinkStatusRequest status = NEWSWIRE__V1__SINK_STATUS_REQUEST__INIT;
    request.body_case = NEWSWIRE__V1__ENVELOPE__BODY_SINK_STATUS_REQUEST;
    request.sink_status_request = &status;
    return stack_ask(stack, STACK_SINK, &request, NEWSWIRE__V1__ENVELOPE__BODY_SINK_STATUS, reply,
                     why);
}

static void print(const struct report *r, bool json)
{
    if (json) {
        jsonl_print(stdout, report_json(r));
        return;
    }
    struct buf text = buf_new(8 << 20);
    report_write(r, ink_wanted(stdout), &text);
    fputs(buf_str(&text), stdout);
    buf_free(&text);
}

int cmd_status(int argc, char **argv)
{
    const struct settings_source source = {"common", usage, table, stack_settings_table,
                                           sizeof(struct stack_settings)};
    struct stack_settings o;
    struct problem fetcher_trouble = {""}, sink_trouble = {""};
    pb_envelope *fetcher = NULL, *sink = NULL;
    int first;
    if (!options_read(&source, argc, argv, &o, &first))
        return CMD_WRONG;
    if (first < argc)
        return options_wrong(argv[0], "it takes no arguments");
    struct stack *stack = stack_open(&o);
    struct report r = {stack_endpoint(stack, STACK_FETCHER),
                       stack_endpoint(stack, STACK_SINK),
                       NULL,
                       NULL,
                       fetcher_trouble.text,
                       sink_trouble.text,
                       clock_utc_ms()};
    if (ask_fetcher(stack, &fetcher, &fetcher_trouble) == OK)
        r.fetcher = fetcher->control_reply->status;
    if (ask_sink(stack, &sink, &sink_trouble) == OK)
        r.sink = sink->sink_status;
    print(&r, o.json);
    struct buf attention = buf_new(1 << 20);
    int status = report_attention(&r, &attention) ? CMD_FAILED : CMD_DONE;
    buf_free(&attention);
    wire_envelope_free(&fetcher);
    wire_envelope_free(&sink);
    stack_close(&stack);
    return status;
}
