// SPDX-License-Identifier: MIT
// JSON Lines: what --json prints. Messages are turned into objects by their own descriptions, so
// that every field a service answers with is there without being listed again.
#pragma once

#include <jansson.h>
#include <protobuf-c/protobuf-c.h>
#include <stdio.h>

// The message as an object, for the caller to decref. Names are those of the .proto; times
// (int64 …_ms) become "…_at" in RFC 3339, null if unknown; enums their name in lower case without
// the prefix; absent messages null; of a oneof only what is set. Fields of bytes are left out.
json_t *jsonl_message(const ProtobufCMessage *m);

// Prints the value on one line and takes it over.
void jsonl_print(FILE *f, json_t *value);
