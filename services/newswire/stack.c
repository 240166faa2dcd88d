// SPDX-License-Identifier: MIT
#include "services/newswire/stack.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"

const struct setting stack_settings_table[] = {
    {"port-base", SETTING_NUMBER, offsetof(struct stack_settings, service.port_base), "5550", 1,
     65000, "first of the stack's ports"},
    {"control", SETTING_ENDPOINT, offsetof(struct stack_settings, service.control), NULL, 0, 0,
     "the fetcher's control endpoint (port base + 0)"},
    {"topic", SETTING_ENDPOINT, offsetof(struct stack_settings, service.topic), NULL, 0, 0,
     "the sink's topic endpoint (port base + 3)"},
    {"replay", SETTING_ENDPOINT, offsetof(struct stack_settings, service.replay), NULL, 0, 0,
     "the sink's replay endpoint (port base + 4)"},
    {"json", SETTING_BOOL, offsetof(struct stack_settings, json), NULL, 0, 0,
     "JSON Lines: one object a line"},
    {0}};

struct stack {
    const struct stack_settings *settings;
    struct socket_context *context;
};

const char *stack_reachable(const char *endpoint)
{
    static const char *const anywhere[] = {"tcp://*:", "tcp://0.0.0.0:", "tcp://[::]:"};
    for (size_t i = 0; i < sizeof anywhere / sizeof *anywhere; i++) {
        size_t n = strlen(anywhere[i]);
        if (strncmp(endpoint, anywhere[i], n) != 0)
            continue;
        size_t size = strlen(endpoint) + sizeof "127.0.0.1";
        char *out = mem_alloc(size);
        snprintf(out, size, "tcp://127.0.0.1:%s", endpoint + n);
        return out;
    }
    return endpoint;
}

struct stack *stack_open(struct stack_settings *s)
{
    service_endpoints(&s->service);
    s->service.control = stack_reachable(s->service.control);
    s->service.topic = stack_reachable(s->service.topic);
    s->service.replay = stack_reachable(s->service.replay);
    struct stack *stack = mem_alloc(sizeof *stack);
    stack->settings = s;
    stack->context = socket_context_new();
    return stack;
}

void stack_close(struct stack **stack)
{
    if (!*stack)
        return;
    socket_context_free(&(*stack)->context);
    free(*stack);
    *stack = NULL;
}

const char *stack_endpoint(const struct stack *stack, enum stack_part part)
{
    const struct service_settings *s = &stack->settings->service;
    return part == STACK_FETCHER ? s->control : s->replay;
}

static enum err nobody(const struct stack *stack, enum stack_part part, struct problem *why)
{
    return problem_set(why, ERR_BUSY,
                       "no %s answers at %s: start a stack with `newswire up --data DIR`, or say "
                       "where one is with --port-base or --%s",
                       part == STACK_FETCHER ? "fetcher" : "sink", stack_endpoint(stack, part),
                       part == STACK_FETCHER ? "control" : "replay");
}

// Waits until something may have happened on the socket, at most until the deadline. False: that is
// over. The descriptor of a ZeroMQ socket tells of changes only, so the caller tries first, then
// waits.
static bool wait_until(struct socket *s, int64_t deadline)
{
    int64_t left = deadline - clock_monotonic_ms();
    if (left <= 0)
        return false;
    struct pollfd p = {.fd = socket_fd(s), .events = POLLIN};
    poll(&p, 1, (int)left);
    return true;
}

static enum err exchange(struct socket *s, const pb_envelope *request, pb_envelope **reply,
                         struct problem *why)
{
    int64_t deadline = clock_monotonic_ms() + STACK_DEADLINE_MS;
    enum err e;
    while ((e = wire_send(s, NULL, request)) == ERR_BUSY && wait_until(s, deadline))
        ;
    if (e)
        return e == ERR_BUSY ? e
                             : problem_set(why, e, "the request cannot be sent: %s", err_name(e));
    const uint8_t *bytes;
    size_t size;
    while ((e = socket_receive(s, NULL, NULL, &bytes, &size)) == ERR_NOTFOUND)
        if (!wait_until(s, deadline))
            return ERR_BUSY;
    if (e)
        return problem_set(why, ERR_INPUT, "the reply is no newswire message");
    return wire_envelope(bytes, size, reply, why);
}

enum err stack_ask(struct stack *stack, enum stack_part part, const pb_envelope *request,
                   Newswire__V1__Envelope__BodyCase want, pb_envelope **reply, struct problem *why)
{
    const char *endpoint = stack_endpoint(stack, part);
    struct socket *s = socket_new(stack->context, SOCKET_DEALER, 10);
    pb_envelope *got = NULL;
    struct problem wrong = {""};
    enum err e = socket_connect(s, endpoint, why);
    if (e)
        goto out;
    e = exchange(s, request, &got, &wrong);
    if (e == ERR_BUSY)
        nobody(stack, part, why);
    else if (e)
        problem_set(why, e, "%s: %s", endpoint, wrong.text);
    else if (got->body_case != want)
        e = problem_set(why, ERR_INPUT, "%s answers, but not as a %s does: is that the right port?",
                        endpoint, part == STACK_FETCHER ? "fetcher" : "sink");
    else {
        *reply = got;
        got = NULL;
    }
out:
    wire_envelope_free(&got);
    socket_free(&s);
    return e;
}

enum err stack_control(struct stack *stack, const Newswire__V1__ControlRequest *request,
                       pb_envelope **reply, struct problem *why)
{
    pb_envelope e = NEWSWIRE__V1__ENVELOPE__INIT, *got = NULL;
    e.body_case = NEWSWIRE__V1__ENVELOPE__BODY_CONTROL_REQUEST;
    e.control_request = (Newswire__V1__ControlRequest *)request;
    enum err err =
        stack_ask(stack, STACK_FETCHER, &e, NEWSWIRE__V1__ENVELOPE__BODY_CONTROL_REPLY, &got, why);
    if (err)
        return err;
    if (*got->control_reply->error) {
        err = problem_set(why, ERR_NOTFOUND, "%s", got->control_reply->error);
        wire_envelope_free(&got);
        return err;
    }
    *reply = got;
    return OK;
}
