// SPDX-License-Identifier: MIT
#include "common/wire.h"

#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "common/socket.h"
#include "common/text.h"

enum { UNPACKED_MAX = 16 << 20, STRING_MAX = 2048, REPEATED_MAX = 1000 };

// Bounds that differ from the two above; those of the .proto files.
static const struct bound {
    const char *message, *field;
    size_t max;
} bounds[] = {
    {"Announcement", "id", 32},
    {"Announcement", "standfirst", 8 << 10},
    {"Announcement", "text", 512 << 10},
    {"Announcement", "content_hash", 32},
    {"Announcement", "attachments", 50},
    {"Evidence", "text", 256},
    {"Label", "name", 64},
    {"Label", "detail", 64},
    {"Label", "evidence", 32},
    {"Classification", "labels", 32},
    {"Classification", "primary", 64},
    {"Classification", "model_hash", 16},
    {"Classification", "themes", 32},
    {"Classification", "entities", 64},
    {"Key", "store", 32},
    {"Key", "id", 32},
    {"Heartbeat", "held", 65536},
    {"ExtractTask", "body", 8 << 20},
    {"ExtractResult", "entries", 50000},
    {"ExtractResult", "compressed", 9 << 20},
};

static size_t bound_of(const ProtobufCMessageDescriptor *type, const char *field, size_t standard)
{
    for (size_t i = 0; i < sizeof bounds / sizeof *bounds; i++)
        if (strcmp(bounds[i].message, type->short_name) == 0 && strcmp(bounds[i].field, field) == 0)
            return bounds[i].max;
    return standard;
}

// The bounds of a message type's fields, looked up once: messages pass here by the ten thousand.
enum { TYPES_MAX = 64, FIELDS_MAX = 32 };

struct checks {
    const ProtobufCMessageDescriptor *type;
    size_t max[FIELDS_MAX];
};

static const struct checks *checks_of(const ProtobufCMessageDescriptor *type)
{
    static _Thread_local struct checks known[TYPES_MAX];
    struct checks *c = known;
    for (; c->type; c++)
        if (c->type == type)
            return c;
    if (c == known + TYPES_MAX - 1 || type->n_fields > FIELDS_MAX)
        panic("%s: wire.c has no room for its bounds", type->short_name);
    c->type = type;
    for (unsigned f = 0; f < type->n_fields; f++) {
        const ProtobufCFieldDescriptor *field = &type->fields[f];
        bool repeated = field->label == PROTOBUF_C_LABEL_REPEATED;
        c->max[f] = bound_of(type, field->name, repeated ? REPEATED_MAX : STRING_MAX);
    }
    return c;
}

static enum err check_message(const ProtobufCMessage *m, struct problem *why);

static enum err check_string(const ProtobufCMessage *m, const char *field, const char *s,
                             size_t max, struct problem *why)
{
    size_t size = s ? strlen(s) : 0;
    if (size > max)
        return problem_set(why, ERR_LIMIT, "%s.%s has %zu bytes, more than %zu",
                           m->descriptor->short_name, field, size, max);
    if (size > 0 && !text_is_clean(s, size))
        return problem_set(why, ERR_INPUT, "%s.%s is not clean UTF-8", m->descriptor->short_name,
                           field);
    return OK;
}

static enum err check_value(const ProtobufCMessage *m, const ProtobufCFieldDescriptor *field,
                            const void *value, size_t max, struct problem *why)
{
    switch (field->type) {
    case PROTOBUF_C_TYPE_STRING:
        return check_string(m, field->name, *(char *const *)value, max, why);
    case PROTOBUF_C_TYPE_BYTES:
        if (((const ProtobufCBinaryData *)value)->len > max)
            return problem_set(why, ERR_LIMIT, "%s.%s is longer than %zu bytes",
                               m->descriptor->short_name, field->name, max);
        return OK;
    case PROTOBUF_C_TYPE_MESSAGE:
        return *(ProtobufCMessage *const *)value
                   ? check_message(*(ProtobufCMessage *const *)value, why)
                   : OK;
    default:
        return OK;
    }
}

static enum err check_repeated(const ProtobufCMessage *m, const ProtobufCFieldDescriptor *field,
                               size_t max, struct problem *why)
{
    size_t n = *(const size_t *)((const char *)m + field->quantifier_offset);
    const char *items = *(char *const *)((const char *)m + field->offset);
    if (n > max)
        return problem_set(why, ERR_LIMIT, "%s.%s has %zu items, more than %zu",
                           m->descriptor->short_name, field->name, n, max);
    if (field->type != PROTOBUF_C_TYPE_STRING && field->type != PROTOBUF_C_TYPE_MESSAGE)
        return OK;
    for (size_t i = 0; i < n; i++) {
        enum err e = check_value(m, field, items + i * sizeof(void *), STRING_MAX, why);
        if (e)
            return e;
    }
    return OK;
}

// Recurses as deep as the message types nest, which is a constant of proto/.
static enum err check_message(const ProtobufCMessage *m, struct problem *why)
{
    const struct checks *checks = checks_of(m->descriptor);
    for (unsigned f = 0; f < m->descriptor->n_fields; f++) {
        const ProtobufCFieldDescriptor *field = &m->descriptor->fields[f];
        enum err e = OK;
        if (field->label == PROTOBUF_C_LABEL_REPEATED) {
            e = check_repeated(m, field, checks->max[f], why);
        } else {
            const void *q = (const char *)m + field->quantifier_offset;
            if ((field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) && *(const uint32_t *)q != field->id)
                continue;
            e = check_value(m, field, (const char *)m + field->offset, checks->max[f], why);
        }
        if (e)
            return e;
    }
    return OK;
}

enum err wire_check(const ProtobufCMessage *message, struct problem *why)
{
    return check_message(message, why);
}

// Unpacking goes through an allocator with a ceiling: 1 MiB of empty submessages would take 61 MB.
static void *capped_alloc(void *left, size_t size)
{
    size_t *room = left;
    if (size > *room)
        return NULL;
    *room -= size;
    return mem_grow(NULL, size);
}

static void capped_free(void *left, void *p)
{
    (void)left;
    free(p);
}

enum err wire_unpack(const ProtobufCMessageDescriptor *type, const uint8_t *bytes, size_t size,
                     ProtobufCMessage **out, struct problem *why)
{
    size_t room = UNPACKED_MAX;
    ProtobufCAllocator capped = {capped_alloc, capped_free, &room};
    ProtobufCMessage *m = protobuf_c_message_unpack(type, &capped, size, bytes);
    if (!m)
        return problem_set(why, ERR_INPUT, "%zu bytes are no %s", size, type->short_name);
    enum err e = check_message(m, why);
    if (e) {
        wire_free(m);
        return e;
    }
    *out = m;
    return OK;
}

void wire_free(ProtobufCMessage *message)
{
    if (message)
        protobuf_c_message_free_unpacked(message, NULL);
}

enum err wire_envelope(const uint8_t *bytes, size_t size, pb_envelope **out, struct problem *why)
{
    if (size > MESSAGE_MAX)
        return problem_set(why, ERR_LIMIT, "message of %zu bytes", size);
    ProtobufCMessage *m;
    enum err e = wire_unpack(&newswire__v1__envelope__descriptor, bytes, size, &m, why);
    if (e)
        return e;
    pb_envelope *envelope = (pb_envelope *)m;
    if (envelope->body_case == NEWSWIRE__V1__ENVELOPE__BODY__NOT_SET) {
        wire_free(m);
        return problem_set(why, ERR_INPUT, "Envelope without a body that this version knows");
    }
    *out = envelope;
    return OK;
}

void wire_envelope_free(pb_envelope **e)
{
    if (*e)
        wire_free(&(*e)->base);
    *e = NULL;
}

pb_envelope *wire_envelope_take(pb_envelope *e)
{
    pb_envelope *taken = mem_alloc(sizeof *taken);
    *taken = *e;
    newswire__v1__envelope__init(e);
    return taken;
}

enum err wire_pack(const ProtobufCMessage *message, struct buf *out)
{
    uint8_t *room = buf_extend(out, protobuf_c_message_get_packed_size(message));
    if (!room)
        return ERR_LIMIT;
    protobuf_c_message_pack(message, room);
    return OK;
}

enum err wire_send(struct socket *s, const struct route *to, const pb_envelope *e)
{
    struct buf bytes = buf_new(MESSAGE_MAX);
    enum err error = wire_pack(&e->base, &bytes);
    if (!error)
        error = socket_send(s, to, NULL, bytes.data, bytes.size);
    buf_free(&bytes);
    return error;
}
