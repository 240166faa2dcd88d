// SPDX-License-Identifier: MIT
// A running stack as a command sees it: where its services are, and one question answered by one of
// them. Not for threads to share.
#pragma once

#include <stdbool.h>

#include "common/service.h"
#include "common/wire.h"

enum {
    STACK_DEADLINE_MS = 5000, // for an answer
    STACK_AGAIN_MS = 500,     // the same after somebody did not answer
};

// Settings of every command that talks to a stack: the first member of its own settings struct,
// with stack_settings_table as `shared`.
struct stack_settings {
    struct service_settings service; // its endpoints, once stack_open() has filled them
    bool json;
};
extern const struct setting stack_settings_table[];

struct stack;

// Completes the endpoints in *s, which must outlive the stack. Connects to nothing yet.
struct stack *stack_open(struct stack_settings *s);
void stack_close(struct stack **stack);

enum stack_part { STACK_FETCHER, STACK_SINK };

const char *stack_endpoint(const struct stack *stack, enum stack_part part);

// Sends one request and waits until the deadline for the reply, which must be of kind `want`;
// free it with wire_envelope_free(). ERR_BUSY: nobody answered. ERR_INPUT: somebody answered, but
// not as a newswire service does. *why is ready to print.
enum err stack_ask(struct stack *stack, enum stack_part part, const pb_envelope *request,
                   Newswire__V1__Envelope__BodyCase want, pb_envelope **reply,
                   struct problem *why) MUST_CHECK;

// The same for a control request to the fetcher. ERR_NOTFOUND: the fetcher refuses, *why says why
// in its words.
enum err stack_control(struct stack *stack, const Newswire__V1__ControlRequest *request,
                       pb_envelope **reply, struct problem *why) MUST_CHECK;

// Calls `fn` for each source that the fetcher knows, in the order they were added; only for the one
// of that URL if `url` is not empty. Errors as stack_control.
enum err stack_sources(struct stack *stack, const char *url,
                       void (*fn)(void *arg, const Newswire__V1__Source *s), void *arg,
                       struct problem *why) MUST_CHECK;

// An endpoint that a service binds, as one to connect to: tcp://*:5550, tcp://0.0.0.0:5550 and
// tcp://[::]:5550 become tcp://127.0.0.1:5550. The result lives as long as the process.
const char *stack_reachable(const char *endpoint);
