// SPDX-License-Identifier: MIT
#include "fake_stack.h"

#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "common/mem.h"
#include "common/socket.h"
#include "tests/unit/folder.h"

struct fake_stack {
    pthread_t thread;
    struct socket_context *context;
    struct socket *socket;
    int stop;
    char folder[FOLDER_SIZE], endpoint[96];
    fake_answer *fn;
    void *arg;
};

static void answer(struct fake_stack *s, const struct route *from, const uint8_t *bytes,
                   size_t size)
{
    struct problem why = {""};
    pb_envelope *request = NULL, reply = NEWSWIRE__V1__ENVELOPE__INIT;
    if (wire_envelope(bytes, size, &request, &why) != OK)
        panic("the command sent no envelope: %s", why.text);
    s->fn(s->arg, request, &reply);
    if (reply.body_case && wire_send(s->socket, from, &reply) != OK)
        panic("the reply cannot be sent");
    wire_envelope_free(&request);
}

static void *serve(void *arg)
{
    struct fake_stack *s = arg;
    struct pollfd fds[] = {{.fd = s->stop, .events = POLLIN},
                           {.fd = socket_fd(s->socket), .events = POLLIN}};
    while (!(fds[0].revents & POLLIN)) {
        struct route from;
        const uint8_t *bytes;
        size_t size;
        while (socket_receive(s->socket, &from, NULL, &bytes, &size) == OK)
            answer(s, &from, bytes, size);
        poll(fds, 2, -1);
    }
    socket_free(&s->socket);
    return NULL;
}

struct fake_stack *fake_stack_new(fake_answer *fn, void *arg)
{
    struct fake_stack *s = mem_alloc(sizeof *s);
    struct problem why = {""};
    s->fn = fn;
    s->arg = arg;
    folder_make(s->folder);
    snprintf(s->endpoint, sizeof s->endpoint, "ipc://%s/socket", s->folder);
    s->context = socket_context_new();
    s->socket = socket_new(s->context, SOCKET_ROUTER, 100);
    s->stop = eventfd(0, EFD_CLOEXEC);
    if (socket_bind(s->socket, s->endpoint, &why) != OK)
        panic("%s", why.text);
    if (pthread_create(&s->thread, NULL, serve, s) != 0)
        panic("no thread");
    return s;
}

void fake_stack_free(struct fake_stack **s)
{
    eventfd_write((*s)->stop, 1);
    pthread_join((*s)->thread, NULL);
    socket_context_free(&(*s)->context);
    close((*s)->stop);
    folder_remove((*s)->folder);
    free(*s);
    *s = NULL;
}

const char *fake_stack_endpoint(const struct fake_stack *s)
{
    return s->endpoint;
}

// Puts a file of no name in place of a standard stream; returns the file, *kept is the stream.
static FILE *capture(FILE *stream, int *kept)
{
    FILE *file = tmpfile();
    if (!file)
        panic("tmpfile fails");
    fflush(stream);
    *kept = dup(fileno(stream));
    dup2(fileno(file), fileno(stream));
    return file;
}

static void release(FILE *stream, int kept, FILE *file, char *out, size_t size)
{
    fflush(stream);
    dup2(kept, fileno(stream));
    close(kept);
    rewind(file);
    out[fread(out, 1, size - 1, file)] = '\0';
    fclose(file);
}

void command_run(int (*command)(int argc, char **argv), const char *const *arguments,
                 struct outcome *out)
{
    char *argv[32] = {NULL}, *copies[32]; // the command may sort argv
    int argc = 0, kept_out, kept_err;
    for (; arguments[argc] && argc < 31; argc++)
        argv[argc] = copies[argc] = mem_strdup(arguments[argc]);
    FILE *output = capture(stdout, &kept_out), *errors = capture(stderr, &kept_err);
    out->status = command(argc, argv);
    release(stderr, kept_err, errors, out->err, sizeof out->err);
    release(stdout, kept_out, output, out->out, sizeof out->out);
    for (int i = 0; i < argc; i++)
        free(copies[i]);
}
