// SPDX-License-Identifier: MIT
// Starts a child process that holds nothing of ours: no descriptors but those named, no signal
// mask, no way to gain privileges; and that the kernel ends when we end. Safe in a process with
// threads. The child dies with the *thread* that starts it, so start children on the loop's thread.
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/err.h"

struct run_options {
    char *const *argv; // argv[0] is the path of the program
    int keep;          // a descriptor that the child has under the same number; -1: none
    int error;         // becomes its standard error; -1: ours
    int64_t memory;    // bytes of address space; 0: unlimited. Sanitizers need more: ignored there
    bool deaf;         // ignores SIGINT and SIGTERM: it ends when its work is over
    bool own_group;    // Ctrl-C on our terminal does not reach it
};

// ERR_IO and *why. A program that cannot be executed exits with 127 after a line on standard error.
enum err run_start(const struct run_options *o, pid_t *out, struct problem *why) MUST_CHECK;

// Whether `memory` is set at all: not in a build with sanitizers.
bool run_limits_memory(void);

enum { RUN_NO_PROGRAM = 127 };

// "was killed by signal 11 (Segmentation fault)", "exited with status 3"; from wait's status.
struct problem run_ending(int status);
