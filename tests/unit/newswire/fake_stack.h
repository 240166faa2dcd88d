// SPDX-License-Identifier: MIT
// What a command needs to be tried without a stack: a thread that answers control requests, and the
// command's status and output in hand.
#pragma once

#include "common/wire.h"

// Answers one request. What the reply points to must outlive the call; body_case 0: no answer.
typedef void fake_answer(void *arg, const pb_envelope *request, pb_envelope *reply);

struct fake_stack;

// Listens on an endpoint of its own, an ipc:// path in a new folder under /tmp.
struct fake_stack *fake_stack_new(fake_answer *fn, void *arg);
void fake_stack_free(struct fake_stack **s); // waits for the thread's end
const char *fake_stack_endpoint(const struct fake_stack *s);

struct outcome {
    int status;
    char out[65536], err[65536]; // what was written to the standard streams, NUL-terminated
};

// Runs a command with the arguments given, ended by NULL; argv[0] is its name.
void command_run(int (*command)(int argc, char **argv), const char *const *arguments,
                 struct outcome *out);
