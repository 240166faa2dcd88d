// SPDX-License-Identifier: MIT
#include "common/wire.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "common/socket.h"
#include "common/text.h"

enum { UNPACKED_MAX = 16 << 20, CHUNK = 8 << 10, STRING_MAX = 2048, REPEATED_MAX = 1000 };

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
    {"ControlReply", "sources", 200},
    {"ControlReply", "near", 10},
    {"Visit", "redirects", 21},
    {"Key", "store", 32},
    {"Key", "id", 32},
    {"Heartbeat", "held", 65536},
    {"SourceOptions", "headers", 20},
    {"ExtractTask", "body", 8 << 20},
    {"ExtractResult", "entries", 50000},
    {"ExtractResult", "compressed", 9 << 20},
    {"ExtractResult", "date_from", 64},
};

static size_t bound_of(const ProtobufCMessageDescriptor *type, const char *field, size_t standard)
{
    for (size_t i = 0; i < sizeof bounds / sizeof *bounds; i++)
        if (strcmp(bounds[i].message, type->short_name) == 0 && strcmp(bounds[i].field, field) == 0)
            return bounds[i].max;
    return standard;
}

// The bounds of a message type's fields, looked up once: messages pass here by the ten thousand.
enum { TYPES_MAX = 96, FIELDS_MAX = 32 };

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
    case PROTOBUF_C_TYPE_FLOAT:
        if (!isfinite(*(const float *)value))
            return problem_set(why, ERR_INPUT, "%s.%s is not a number", m->descriptor->short_name,
                               field->name);
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

// Unpacking goes through an allocator of our own: a message's parts lie in a few chunks that are
// freed together, and together they have a ceiling (1 MiB of empty submessages would take 61 MB).
struct chunk {
    struct chunk *next;
    size_t used, size;
    _Alignas(16) uint8_t bytes[];
};

struct unpacking {
    struct chunk *chunks; // newest first
    size_t total;
};

// What stands before the message itself, so that it can be freed by its address alone.
struct prefix {
    _Alignas(16) struct chunk *chunks;
};

static void *chunk_take(struct chunk *c, size_t size)
{
    size_t rounded = (size + 15) & ~(size_t)15;
    if (!c || c->size - c->used < rounded)
        return NULL;
    void *p = c->bytes + c->used;
    c->used += rounded;
    return p;
}

static void *unpack_alloc(void *arg, size_t size)
{
    struct unpacking *u = arg;
    if (size > UNPACKED_MAX - u->total)
        return NULL;
    u->total += size;
    void *p = chunk_take(u->chunks, size);
    if (p)
        return p;
    size_t room = size + 16 > CHUNK ? size + 16 : CHUNK;
    struct chunk *c = mem_grow(NULL, sizeof *c + room);
    *c = (struct chunk){u->chunks, 0, room};
    u->chunks = c;
    return chunk_take(c, size);
}

static void unpack_free(void *arg, void *p)
{
    (void)arg, (void)p;
}

static void free_chunks(struct chunk *c)
{
    while (c) {
        struct chunk *next = c->next;
        free(c);
        c = next;
    }
}

static struct prefix *prefix_of(ProtobufCMessage *m)
{
    return (struct prefix *)(void *)m - 1;
}

// Drops the fields that this version does not know: nobody has checked them, and protobuf-c would
// pack some of them (those numbered 0) into bytes that no reader accepts.
static void drop_unknown(ProtobufCMessage *m)
{
    m->unknown_fields = NULL;
    m->n_unknown_fields = 0;
    for (unsigned f = 0; f < m->descriptor->n_fields; f++) {
        const ProtobufCFieldDescriptor *field = &m->descriptor->fields[f];
        const char *at = (const char *)m + field->offset;
        const char *quantifier = (const char *)m + field->quantifier_offset;
        size_t n = 1;
        if (field->type != PROTOBUF_C_TYPE_MESSAGE)
            continue;
        if (field->label == PROTOBUF_C_LABEL_REPEATED) {
            n = *(const size_t *)quantifier;
            at = *(const char *const *)at;
        } else if ((field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) &&
                   *(const uint32_t *)quantifier != field->id) {
            continue;
        }
        for (size_t i = 0; i < n; i++)
            if (((ProtobufCMessage *const *)at)[i])
                drop_unknown(((ProtobufCMessage *const *)at)[i]);
    }
}

enum err wire_unpack(const ProtobufCMessageDescriptor *type, const uint8_t *bytes, size_t size,
                     ProtobufCMessage **out, struct problem *why)
{
    struct unpacking u = {0};
    ProtobufCAllocator allocator = {unpack_alloc, unpack_free, &u};
    // The library allocates the message before its parts: it comes to lie behind the prefix.
    struct prefix *prefix = unpack_alloc(&u, sizeof *prefix);
    ProtobufCMessage *m = protobuf_c_message_unpack(type, &allocator, size, bytes);
    enum err e = m ? check_message(m, why)
                   : problem_set(why, ERR_INPUT, "%zu bytes are no %s", size, type->short_name);
    if (e) {
        free_chunks(u.chunks);
        return e;
    }
    if (prefix_of(m) != prefix)
        panic("protobuf-c does not allocate a message first");
    drop_unknown(m);
    prefix->chunks = u.chunks;
    *out = m;
    return OK;
}

void wire_free(ProtobufCMessage *message)
{
    if (message)
        free_chunks(prefix_of(message)->chunks);
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

enum err wire_pack(const ProtobufCMessage *message, struct buf *out)
{
    uint8_t *room = buf_extend(out, protobuf_c_message_get_packed_size(message));
    if (!room)
        return ERR_LIMIT;
    protobuf_c_message_pack(message, room);
    return OK;
}

// Field number and length of an embedded message, as Protocol Buffers write them.
static size_t put_header(uint8_t *out, unsigned field, size_t length)
{
    size_t n = 0;
    out[n++] = (uint8_t)(field << 3 | 2);
    for (; length >= 0x80; length >>= 7)
        out[n++] = (uint8_t)(length | 0x80);
    out[n++] = (uint8_t)length;
    return n;
}

enum err wire_pack_data(const pb_key *key, const uint8_t *announcement, size_t size,
                        struct buf *out)
{
    // Envelope.data = 4 { Data.key = 1, Data.announcement = 2 }
    uint8_t outer[12], first[12], second[12];
    size_t key_size = protobuf_c_message_get_packed_size(&key->base);
    size_t n_first = put_header(first, 1, key_size), n_second = put_header(second, 2, size);
    size_t n_outer = put_header(outer, 4, n_first + key_size + n_second + size);
    enum err e = buf_add(out, outer, n_outer);
    if (!e)
        e = buf_add(out, first, n_first);
    if (!e)
        e = wire_pack(&key->base, out);
    if (!e)
        e = buf_add(out, second, n_second);
    return e ? e : buf_add(out, announcement, size);
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
