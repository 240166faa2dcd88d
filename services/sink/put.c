// SPDX-License-Identifier: MIT
#include "services/sink/put.h"

#include <string.h>

static bool is_id(const char *s)
{
    return strlen(s) == 32 && strspn(s, "0123456789abcdef") == 32;
}

static bool is_label(const char *s)
{
    size_t n = strlen(s);
    return n >= 1 && n <= 64 && strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789-") == n;
}

static enum err check_classification(const pb_classification *c, struct problem *why)
{
    bool primary = false;
    for (size_t i = 0; i < c->n_labels; i++) {
        if (!is_label(c->labels[i]->name))
            return problem_set(why, ERR_INPUT, "the label \"%s\" is not of [a-z0-9-]",
                               c->labels[i]->name);
        primary = primary || strcmp(c->labels[i]->name, c->primary) == 0;
    }
    if (!primary)
        return problem_set(why, ERR_INPUT, "the primary label \"%s\" is not among the labels",
                           c->primary);
    return OK;
}

enum err put_check(const Newswire__V1__Put *put, struct problem *why)
{
    const pb_key *key = put->key;
    const pb_announcement *a = put->announcement;
    if (!key || !a || !put->classification)
        return problem_set(why, ERR_INPUT, "PUT lacks its %s",
                           !key ? "key"
                           : !a ? "announcement"
                                : "classification");
    if (!is_id(a->id))
        return problem_set(why, ERR_INPUT, "the id \"%s\" is not 32 lower-case hex digits", a->id);
    if (a->revision == 0 || a->revision > INT64_MAX)
        return problem_set(why, ERR_INPUT, "revision %llu is not between 1 and 2^63-1",
                           (unsigned long long)a->revision);
    if (strcmp(key->id, a->id) != 0 || key->revision != a->revision)
        return problem_set(why, ERR_INPUT, "the key is of another announcement or revision");
    return check_classification(put->classification, why);
}

// Reading protobuf's wire format by hand, see protobuf.dev/programming-guides/encoding.

struct cursor {
    const uint8_t *at, *end;
};

static bool read_varint(struct cursor *c, uint64_t *out)
{
    *out = 0;
    for (unsigned shift = 0; shift < 64 && c->at < c->end; shift += 7) {
        uint8_t byte = *c->at++;
        *out |= (uint64_t)(byte & 0x7F) << shift;
        if (!(byte & 0x80))
            return true;
    }
    return false;
}

static bool skip(struct cursor *c, uint64_t n)
{
    if (n > (uint64_t)(c->end - c->at))
        return false;
    c->at += n;
    return true;
}

// Finds the message field `number` among the fields of a message.
static bool find_field(struct cursor in, uint64_t number, struct cursor *out)
{
    enum { VARINT = 0, FIXED64 = 1, BYTES = 2, FIXED32 = 5 };
    uint64_t tag, value;
    while (in.at < in.end) {
        if (!read_varint(&in, &tag))
            return false;
        bool ok = false;
        if ((tag & 7) == VARINT)
            ok = read_varint(&in, &value);
        else if ((tag & 7) == FIXED64)
            ok = skip(&in, 8);
        else if ((tag & 7) == FIXED32)
            ok = skip(&in, 4);
        else if ((tag & 7) == BYTES && read_varint(&in, &value)) {
            *out = (struct cursor){in.at, in.at};
            ok = skip(&in, value);
            out->end = in.at;
            if (ok && tag >> 3 == number)
                return true;
        }
        if (!ok)
            return false;
    }
    return false;
}

enum err put_key(const uint8_t *bytes, size_t size, pb_key **out)
{
    enum { ENVELOPE_PUT = 9, PUT_KEY = 1 };
    struct cursor put, key;
    ProtobufCMessage *m;
    struct problem why;
    if (!find_field((struct cursor){bytes, bytes + size}, ENVELOPE_PUT, &put) ||
        !find_field(put, PUT_KEY, &key))
        return ERR_INPUT;
    enum err e =
        wire_unpack(&newswire__v1__key__descriptor, key.at, (size_t)(key.end - key.at), &m, &why);
    if (e)
        return ERR_INPUT;
    *out = (pb_key *)m;
    return OK;
}
