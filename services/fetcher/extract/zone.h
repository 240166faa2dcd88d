// SPDX-License-Identifier: MIT
// The zone of times that name none: those of the publisher, so in Chinese, China's. Pure.
#pragma once

#include <stddef.h>

// Minutes east of UTC, by the language where it is stated (BCP 47, "" if not), else by the
// characters of the text, of which at most 64 KiB are looked at.
int zone_guess(const char *language, const char *text, size_t size);
