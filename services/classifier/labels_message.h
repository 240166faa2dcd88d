// SPDX-License-Identifier: MIT
// What the labeler says of an announcement, as a message.
#pragma once

#include "common/buf.h"
#include "common/wire.h"
#include "services/classifier/label/label.h"

// Labels the announcement and appends the packed Classification. Panics if there is no room for it,
// which its bounds exclude.
void labels_message(struct labeler *l, const pb_announcement *a, struct buf *answer);
