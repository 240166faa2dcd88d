// SPDX-License-Identifier: MIT
// newswire-classifier: labels announcements. Holds no state: run as many as there is work for.
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>

#include "common/log.h"
#include "common/mem.h"
#include "common/service.h"
#include "common/socket.h"
#include "common/wire.h"
#include "common/workers.h"
#include "services/classifier/intake.h"
#include "services/classifier/labels_message.h"

struct classifier_settings {
    struct service_settings service;
    const char *label_data;
    int64_t window, window_bytes, workers, worker_memory, worker_deadline_ms;
};

struct classifier {
    const struct classifier_settings *settings; // as long as the process
    struct intake *intake;
};

#define AT(field) offsetof(struct classifier_settings, field)

static const struct setting settings[] = {
    {"label-data", SETTING_STRING, AT(label_data), NULL, 0, 0,
     "folder of taxonomy and model; the shipped one if not given"},
    {"window", SETTING_NUMBER, AT(window), "1024", 1, 2048, "announcements held at most"},
    {"window-bytes", SETTING_SIZE, AT(window_bytes), "8M", 1 << 20, 1 << 30, "and bytes of them"},
    {"label-workers", SETTING_NUMBER, AT(workers), "1", 1, 64, "worker processes"},
    {"label-memory", SETTING_SIZE, AT(worker_memory), "512M", 64 << 20, 0, "address space of each"},
    {"label-deadline", SETTING_DURATION, AT(worker_deadline_ms), "5s", 100, 600000,
     "for one announcement"},
    {0},
};

static const char *folder(const struct classifier_settings *s)
{
    return *s->label_data ? s->label_data : label_default_folder();
}

// The files are read here, and a labeler made of them to see that it can be. The workers are given
// these bytes: what becomes of the files until a worker starts does not matter to it.
static enum err read_labels(const struct classifier_settings *s, struct buf *out,
                            struct problem *why)
{
    struct buf files = buf_new(LABEL_FILES_BYTES);
    struct labeler *labeler;
    enum err e = label_files_read(folder(s), &files, why);
    if (!e)
        e = labeler_new(files.data, files.size, &labeler, why);
    if (e) {
        buf_free(&files);
        return e;
    }
    labeler_free(&labeler);
    *out = files;
    return OK;
}

static enum err start(struct loop *l, struct socket_context *z, const void *given, void **state,
                      struct problem *why)
{
    const struct classifier_settings *s = given;
    struct buf labels;
    enum err e = read_labels(s, &labels, why);
    if (e)
        return e;
    struct intake_options o = {.work = s->service.work,
                               .ingest = s->service.ingest,
                               .window = s->window,
                               .window_bytes = s->window_bytes,
                               .workers = (int)s->workers,
                               .worker_memory = s->worker_memory,
                               .worker_deadline_ms = s->worker_deadline_ms,
                               .worker_argv = service_worker_argv(),
                               .labels = &labels};
    struct classifier *c = mem_alloc(sizeof *c);
    c->settings = s;
    e = intake_new(l, z, &o, &c->intake, why);
    buf_free(&labels);
    if (e)
        free(c);
    else
        *state = c;
    return e;
}

static bool health(void *state, char *line, size_t size)
{
    const struct classifier *c = state;
    size_t fetchers = intake_sessions(c->intake);
    snprintf(line, size, "fetchers=%zu held=%zu", fetchers, intake_held(c->intake));
    return fetchers > 0;
}

// SIGHUP: a taxonomy or model that cannot be loaded is refused, and the old one stays.
static void reload(void *state)
{
    const struct classifier *c = state;
    struct problem why;
    struct buf labels;
    if (read_labels(c->settings, &labels, &why)) {
        log_error("reload-refused", "problem=%s", why.text);
        return;
    }
    intake_renew_workers(c->intake, &labels);
    log_info("reloaded", "folder=%s", folder(c->settings));
}

static bool drain(void *state)
{
    const struct classifier *c = state;
    return intake_drain(c->intake);
}

static void stop(void **state)
{
    struct classifier *c = *state;
    if (!c)
        return;
    intake_free(&c->intake);
    free(c);
    *state = NULL;
}

static void on_task(void *arg, const uint8_t *bytes, size_t size, struct buf *answer)
{
    ProtobufCMessage *announcement;
    struct problem why;
    // The parent checked it: a worker that cannot read it had better die and be counted.
    if (wire_unpack(&newswire__v1__announcement__descriptor, bytes, size, &announcement, &why))
        panic("a task that is no announcement: %s", why.text);
    labels_message(arg, (pb_announcement *)announcement, answer);
    wire_free(announcement);
}

static int worker(int fd, const void *given)
{
    struct buf files = buf_new(LABEL_FILES_BYTES);
    struct labeler *labeler;
    struct problem why;
    (void)given;
    if (worker_given(fd, &files))
        return EX_DATAERR; // the parent is gone
    if (labeler_new(files.data, files.size, &labeler, &why))
        fatal("%s", why.text);
    buf_free(&files);
    int status = worker_serve(fd, MESSAGE_MAX, MESSAGE_MAX, on_task, labeler);
    labeler_free(&labeler);
    return status;
}

int main(int argc, char **argv)
{
    static const struct service classifier = {
        .name = "classifier",
        .usage = "Labels announcements: takes them from every fetcher, hands them to a sink.\n"
                 "Holds no state; run as many as there is work for.\n"
                 "\n"
                 "  newswire-classifier --port-base 5550\n"
                 "  newswire-classifier --work tcp://fetcher:5551 --ingest tcp://sink:5552\n",
        .settings = settings,
        .settings_size = sizeof(struct classifier_settings),
        .start = start,
        .health = health,
        .drain = drain,
        .reload = reload,
        .stop = stop,
        .worker = worker,
    };
    return service_main(&classifier, argc, argv);
}
