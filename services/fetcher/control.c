// SPDX-License-Identifier: MIT
#include "services/fetcher/control.h"

#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/text.h"
#include "services/fetcher/control_parts.h"

enum { HWM = 1000, MESSAGES_A_ROUND = 32 };

void control_refuse(struct control *c, pb_reply *reply, const char *format, const char *what)
{
    char *error = arena_printf(c->arena, format, what); // NOLINT: constant formats
    error[text_clean(error, strlen(error))] = '\0';     // `what` may have been cut
    reply->error = error;
}

char *control_copy(struct control *c, const char *s)
{
    return arena_strndup(c->arena, s, strlen(s));
}

// Copies what one field points to; the struct itself was copied.
static void *copy_value(struct control *c, ProtobufCType type, void *value)
{
    if (type == PROTOBUF_C_TYPE_STRING)
        return control_copy(c, value);
    return value ? control_copy_message(c, value) : NULL;
}

ProtobufCMessage *control_copy_message(struct control *c, const ProtobufCMessage *m)
{
    char *copy = arena_alloc(c->arena, m->descriptor->sizeof_message);
    memcpy(copy, m, m->descriptor->sizeof_message);
    for (unsigned f = 0; f < m->descriptor->n_fields; f++) {
        const ProtobufCFieldDescriptor *field = &m->descriptor->fields[f];
        void **at = (void **)(void *)(copy + field->offset);
        if (field->type != PROTOBUF_C_TYPE_STRING && field->type != PROTOBUF_C_TYPE_MESSAGE)
            continue;
        if (field->label != PROTOBUF_C_LABEL_REPEATED) {
            *at = copy_value(c, field->type, *at);
            continue;
        }
        size_t n = *(size_t *)(void *)(copy + field->quantifier_offset);
        void **items = *at, **copies = arena_alloc(c->arena, (n + 1) * sizeof *copies);
        for (size_t i = 0; i < n; i++)
            copies[i] = copy_value(c, field->type, items[i]);
        *at = copies;
    }
    return (ProtobufCMessage *)(void *)copy;
}

void control_answer(struct control *c, const pb_request *q, pb_reply *reply)
{
    switch (q->body_case) {
    case NEWSWIRE__V1__CONTROL_REQUEST__BODY_ADD:
        control_add(c, q->add, reply);
        break;
    case NEWSWIRE__V1__CONTROL_REQUEST__BODY_REMOVE:
        control_remove(c, q->remove->url, reply);
        break;
    case NEWSWIRE__V1__CONTROL_REQUEST__BODY_PAUSE:
        control_pause(c, q->pause, reply);
        break;
    case NEWSWIRE__V1__CONTROL_REQUEST__BODY_LIST:
        control_list(c, q->list, reply);
        break;
    case NEWSWIRE__V1__CONTROL_REQUEST__BODY_REFRESH:
        control_refresh(c, q->refresh->url, reply);
        break;
    case NEWSWIRE__V1__CONTROL_REQUEST__BODY_WHY:
        control_why(c, q->why->url, reply);
        break;
    case NEWSWIRE__V1__CONTROL_REQUEST__BODY_STATUS:
        control_status(c, reply);
        break;
    case NEWSWIRE__V1__CONTROL_REQUEST__BODY_DEAD:
        control_dead(c, q->dead, reply);
        break;
    case NEWSWIRE__V1__CONTROL_REQUEST__BODY_REPROCESS:
        control_reprocess(c, q->reprocess, reply);
        break;
    default:
        reply->error = "this version does not know that request: update the fetcher";
    }
}

static void on_request(struct control *c, const struct route *from, const pb_envelope *e)
{
    pb_reply reply = NEWSWIRE__V1__CONTROL_REPLY__INIT;
    arena_reset(c->arena);
    if (e->body_case != NEWSWIRE__V1__ENVELOPE__BODY_CONTROL_REQUEST)
        reply.error = "this is the fetcher's control socket: it takes ControlRequest";
    else
        control_answer(c, e->control_request, &reply);
    pb_envelope out = NEWSWIRE__V1__ENVELOPE__INIT;
    out.body_case = NEWSWIRE__V1__ENVELOPE__BODY_CONTROL_REPLY;
    out.control_reply = &reply;
    enum err error = wire_send(c->socket, from, &out);
    if (error)
        log_warn("reply-lost", "socket=control reason=%s", err_name(error));
}

static void on_socket(void *arg, struct socket *s)
{
    struct control *c = arg;
    for (int i = 0; i < MESSAGES_A_ROUND; i++) {
        struct route from;
        const uint8_t *bytes;
        size_t size;
        struct problem problem = {"not one frame"};
        pb_envelope *e;
        enum err error = socket_receive(s, &from, NULL, &bytes, &size);
        if (error == ERR_NOTFOUND)
            return;
        if (error || wire_envelope(bytes, size, &e, &problem)) {
            log_warn("bad-message", "socket=control problem=%s", problem.text);
            continue;
        }
        on_request(c, &from, e);
        wire_envelope_free(&e);
    }
}

enum err control_new(struct loop *l, struct socket_context *z, const char *endpoint,
                     const struct control_tools *tools, struct control **out, struct problem *why)
{
    struct socket *socket = socket_new(z, SOCKET_ROUTER, HWM);
    enum err e = socket_bind(socket, endpoint, why);
    if (e) {
        socket_free(&socket);
        return e;
    }
    struct control *c = mem_alloc(sizeof *c);
    *c = (struct control){l, socket, *tools, clock_utc_ms(), arena_new(64 << 10)};
    loop_socket(l, socket, on_socket, c);
    *out = c;
    return OK;
}

void control_free(struct control **control)
{
    struct control *c = *control;
    if (!c)
        return;
    loop_socket(c->loop, c->socket, NULL, NULL);
    socket_free(&c->socket);
    arena_free(&c->arena);
    free(c);
    *control = NULL;
}
