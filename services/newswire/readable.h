// SPDX-License-Identifier: MIT
// URLs as people read them: "https://例子.中国/要闻/" for
// "https://xn--fsqu00a.xn--fiqs8s/%E8%A6%81%E9%97%BB/". Pure. For the eye only: host labels (RFC
// 3492) are decoded where they are of Han, kana or hangul, which do not look like anything else,
// escapes where they are printable and not ASCII. Whatever is not, stays as it is.
#pragma once

#include "common/buf.h"

// Appends it; clean UTF-8 if `url` is.
void readable_url(const char *url, struct buf *out);
