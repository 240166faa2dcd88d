// SPDX-License-Identifier: MIT
// Messages in and out of bytes. What comes in is checked before anyone sees it: size, memory (16
// MiB after unpacking), every string clean UTF-8 and within its bound, every list within its bound,
// every fraction a number.
// Bounds are those stated in proto/newswire/v1.
#pragma once

#include <protobuf-c/protobuf-c.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/err.h"
#include "newswire/v1/delivery.pb-c.h"
#include "newswire/v1/work.pb-c.h"

typedef Newswire__V1__Announcement pb_announcement;
typedef Newswire__V1__Classification pb_classification;
typedef Newswire__V1__ClassifiedNews pb_news;
typedef Newswire__V1__Envelope pb_envelope;
typedef Newswire__V1__Key pb_key;

// Unpacks and checks any message. On success free it with wire_free(). ERR_INPUT or ERR_LIMIT, and
// *why names message and field. Fields that this version does not know are dropped.
enum err wire_unpack(const ProtobufCMessageDescriptor *type, const uint8_t *bytes, size_t size,
                     ProtobufCMessage **out, struct problem *why) MUST_CHECK;
void wire_free(ProtobufCMessage *message);

// The same for an Envelope with a body.
enum err wire_envelope(const uint8_t *bytes, size_t size, pb_envelope **out,
                       struct problem *why) MUST_CHECK;
void wire_envelope_free(pb_envelope **e);

// Appends the packed message. ERR_LIMIT if it does not fit.
enum err wire_pack(const ProtobufCMessage *message, struct buf *out) MUST_CHECK;

// Appends a packed DATA envelope around an announcement that is packed already.
enum err wire_pack_data(const pb_key *key, const uint8_t *announcement, size_t size,
                        struct buf *out) MUST_CHECK;

// Checks a message that was made here, before it is sent or stored.
enum err wire_check(const ProtobufCMessage *message, struct problem *why) MUST_CHECK;

// An empty envelope of the given kind is written as
//   pb_envelope e = NEWSWIRE__V1__ENVELOPE__INIT;
//   e.body_case = …; e.hello = &hello;
// and sent by:
struct socket;
struct route;
enum err wire_send(struct socket *s, const struct route *to, const pb_envelope *e) MUST_CHECK;
