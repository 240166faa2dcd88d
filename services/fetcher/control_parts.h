// SPDX-License-Identifier: MIT
// What the parts of the control socket share: control.c (the socket, who answers what),
// control_sources.c, control_why.c, control_near.c, control_state.c. Each answers one request into
// `reply`, whose parts live in the control's arena until the next request.
#pragma once

#include "common/mem.h"
#include "common/wire.h"
#include "services/fetcher/control.h"

enum {
    CONTROL_LIST_MAX = 200,
    CONTROL_LIST_BYTES =
        900 << 10, // in memory, which is more than in the reply: that is one message
};

typedef Newswire__V1__ControlRequest pb_request;
typedef Newswire__V1__ControlReply pb_reply;

struct control {
    struct loop *loop;
    struct socket *socket;
    struct control_tools tools;
    int64_t started_ms;
    struct arena *arena; // of one reply
};

// What a callback of the ledger fills.
struct listing {
    struct control *control;
    pb_reply *reply;
};

void control_answer(struct control *c, const pb_request *q, pb_reply *reply);

// Answers with a sentence about `what`; a constant format with one %s.
void control_refuse(struct control *c, pb_reply *reply, const char *format, const char *what);
// Copies in the arena; of a message all of it, but for fields of bytes.
char *control_copy(struct control *c, const char *s);
ProtobufCMessage *control_copy_message(struct control *c, const ProtobufCMessage *m);

// Sources.
void control_add(struct control *c, const Newswire__V1__AddSource *a, pb_reply *reply);
void control_remove(struct control *c, const char *url, pb_reply *reply);
void control_pause(struct control *c, const Newswire__V1__PauseSource *p, pb_reply *reply);
void control_list(struct control *c, const Newswire__V1__ListSources *l, pb_reply *reply);
void control_refresh(struct control *c, const char *url, pb_reply *reply);
// The source that was added under this URL, or under another spelling of it. ERR_NOTFOUND is
// answered.
enum err control_find(struct control *c, const char *url, struct source **out,
                      pb_reply *reply) MUST_CHECK;
// Fills reply->sources with those after number `after`.
void control_list_from(struct control *c, uint64_t after, int limit, pb_reply *reply);
// The id under which the ledger knows a URL as an entry. ERR_INPUT: it is no URL.
enum err control_entry_id(const char *url, char id[URL_ID_SIZE]) MUST_CHECK;

void control_why(struct control *c, const char *url, pb_reply *reply);
void control_near(struct control *c, const char *url, pb_reply *reply);

void control_reprocess(struct control *c, const Newswire__V1__Reprocess *q, pb_reply *reply);

// State.
void control_status(struct control *c, pb_reply *reply);
void control_dead(struct control *c, const Newswire__V1__DeadRequest *d, pb_reply *reply);
