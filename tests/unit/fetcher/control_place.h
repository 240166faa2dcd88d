// SPDX-License-Identifier: MIT
// All that the control socket works with, on a place.h: a fetcher that fetches nothing, whose
// worker is the test's own program, started with --worker.
#pragma once

#include "services/fetcher/control_parts.h"
#include "tests/unit/fetcher/place.h"

struct control_place {
    struct place *place;
    struct guard *guard;
    struct http *http;
    struct socket_context *sockets;
    struct control control; // without a socket
};

int control_place_set_up(void **state);
int control_place_tear_down(void **state);

// What main() does of such a worker: it reads pages as the fetcher's workers do.
int control_place_worker(int fd);

// The answer to a request, until the next one.
pb_reply ask_control(struct control_place *p, const pb_request *q);
