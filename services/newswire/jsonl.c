// SPDX-License-Identifier: MIT
#include "services/newswire/jsonl.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "services/newswire/when.h"

// Where "FEED" begins in SOURCE_KIND_FEED, given the enum's name SourceKind; the start of the name
// if it has no such prefix.
static const char *after_prefix(const char *name, const char *type)
{
    const char *at = name;
    for (const char *c = type; *c; c++) {
        if (c != type && isupper((unsigned char)*c) && *at++ != '_')
            return name;
        if (*at++ != toupper((unsigned char)*c))
            return name;
    }
    return *at == '_' ? at + 1 : name;
}

static json_t *enum_json(const ProtobufCEnumDescriptor *type, int value)
{
    const ProtobufCEnumValue *v = protobuf_c_enum_descriptor_get_value(type, value);
    if (!v)
        return json_integer(value);
    const char *name = after_prefix(v->name, type->short_name);
    char lower[64];
    size_t n = 0;
    for (; name[n] && n < sizeof lower; n++)
        lower[n] = (char)tolower((unsigned char)name[n]);
    return json_stringn(lower, n);
}

static bool is_time(const ProtobufCFieldDescriptor *f)
{
    size_t n = strlen(f->name);
    return f->type == PROTOBUF_C_TYPE_INT64 && n > 3 && strcmp(f->name + n - 3, "_ms") == 0;
}

static json_t *time_json(int64_t ms)
{
    char text[WHEN_SIZE];
    if (ms == 0)
        return json_null();
    when_utc(ms, text);
    return json_string(text);
}

// The value at `at`; NULL for what JSON does not hold.
static json_t *value_json(const ProtobufCFieldDescriptor *f, const void *at)
{
    switch (f->type) {
    case PROTOBUF_C_TYPE_STRING:
        return json_string(*(char *const *)at);
    case PROTOBUF_C_TYPE_MESSAGE: {
        const ProtobufCMessage *m = *(ProtobufCMessage *const *)at;
        return m ? jsonl_message(m) : json_null();
    }
    case PROTOBUF_C_TYPE_ENUM:
        return enum_json(f->descriptor, *(const int *)at);
    case PROTOBUF_C_TYPE_BOOL:
        return json_boolean(*(const protobuf_c_boolean *)at);
    case PROTOBUF_C_TYPE_FLOAT:
        return json_real((double)*(const float *)at);
    case PROTOBUF_C_TYPE_UINT32:
        return json_integer(*(const uint32_t *)at);
    case PROTOBUF_C_TYPE_UINT64:
        return json_integer((json_int_t) * (const uint64_t *)at);
    case PROTOBUF_C_TYPE_INT64:
        return is_time(f) ? time_json(*(const int64_t *)at) : json_integer(*(const int64_t *)at);
    default:
        return NULL;
    }
}

static size_t size_of(const ProtobufCFieldDescriptor *f)
{
    switch (f->type) {
    case PROTOBUF_C_TYPE_STRING:
    case PROTOBUF_C_TYPE_MESSAGE:
        return sizeof(void *);
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_INT64:
        return sizeof(int64_t);
    default:
        return sizeof(int32_t); // enums, bools, floats and 32-bit numbers
    }
}

static json_t *list_json(const ProtobufCFieldDescriptor *f, size_t n, const char *items)
{
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(list, value_json(f, items + i * size_of(f)));
    return list;
}

static json_t *field_json(const ProtobufCMessage *m, const ProtobufCFieldDescriptor *f)
{
    const char *base = (const char *)m;
    if (f->label == PROTOBUF_C_LABEL_REPEATED)
        return list_json(f, *(const size_t *)(base + f->quantifier_offset),
                         *(const char *const *)(base + f->offset));
    bool in_oneof = f->flags & PROTOBUF_C_FIELD_FLAG_ONEOF;
    if (in_oneof && *(const uint32_t *)(base + f->quantifier_offset) != f->id)
        return NULL;
    return value_json(f, base + f->offset);
}

json_t *jsonl_message(const ProtobufCMessage *m)
{
    json_t *object = json_object();
    for (unsigned i = 0; i < m->descriptor->n_fields; i++) {
        const ProtobufCFieldDescriptor *f = &m->descriptor->fields[i];
        json_t *value = field_json(m, f);
        if (!value)
            continue;
        char name[128];
        size_t n = strlen(f->name) - (is_time(f) ? 3 : 0);
        bool is_at = n == 2 && strncmp(f->name, "at", 2) == 0; // at_ms is "at"
        snprintf(name, sizeof name, "%.*s%s", (int)n, f->name, is_time(f) && !is_at ? "_at" : "");
        json_object_set_new(object, name, value);
    }
    return object;
}

void jsonl_print(FILE *f, json_t *value)
{
    // Six digits: no score or weight has more to say. What cannot be written shows in ferror(f).
    json_dumpf(value, f, JSON_COMPACT | JSON_REAL_PRECISION(6));
    fputc('\n', f);
    json_decref(value);
}
