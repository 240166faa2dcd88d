// SPDX-License-Identifier: MIT
// One announcement as `subscribe` shows it to a person. Pure: it writes to a buffer.
#pragma once

#include <stdbool.h>

#include "common/wire.h"

// Appends sequence, time, label and title in columns, and beneath the title its URL. Ends with a
// newline.
void news_line(const pb_news *news, bool colour, struct buf *out);
