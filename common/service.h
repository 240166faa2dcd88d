// SPDX-License-Identifier: MIT
// What every service does the same way: read settings, open the log, raise the descriptor limit,
// start the loop, report its health, drain on SIGTERM and SIGINT, exit 0. A service is a settings
// table and these hooks; its main() is one call.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/loop.h"
#include "common/settings.h"
#include "common/socket.h"

// Settings that every service has; the first member of each service's settings struct.
struct service_settings {
    const char *log_level;
    const char *health_file; // "" for none
    int64_t port_base;       // endpoints not given are tcp://127.0.0.1:port_base+n
    const char *control, *work, *ingest, *topic, *replay;
    int64_t drain_ms; // how long SIGTERM waits for work under way
    bool check;       // only read the settings, and exit 0 if they are right
};
extern const struct setting service_settings_table[];

struct service {
    const char *name; // "fetcher"
    const char *usage;
    const struct setting *settings; // its own, offsets in its settings struct
    size_t settings_size;
    // Starts up on the loop; *state is handed to the other hooks. A problem ends the process
    // with 78.
    enum err (*start)(struct loop *l, struct socket_context *z, const void *settings, void **state,
                      struct problem *why);
    // One line for the health file, which gets "ready LINE" or "waiting LINE"; true if ready.
    // Called every second.
    bool (*health)(void *state, char *line, size_t size);
    // Stop taking in; returns true when nothing is under way any more. Called until it is, or until
    // the drain time is over.
    bool (*drain)(void *state);
    void (*reload)(void *state); // SIGHUP; NULL: ignored
    void (*stop)(void **state);  // frees everything
    // Body of the service's worker processes (workers.h, service_worker_argv): called in their own
    // process; returns its exit status. NULL: none.
    int (*worker)(int fd, const void *settings);
};

// The whole of a service's main(). With argv[1] = "--worker" it runs the worker hook instead.
int service_main(const struct service *s, int argc, char **argv);

// For workers_options.argv: runs the worker hook with the settings that this process has.
char **service_worker_argv(void);

// Fills the endpoints that were not given from port_base. For the newswire command too.
void service_endpoints(struct service_settings *s);
