// SPDX-License-Identifier: MIT
// Date words that feeds use and pages hardly do: Korean, Japanese, Greek and Hungarian, as the
// Universal Feed Parser documents them. They are translated for date.h, which reads the rest. Pure.
#pragma once

#include <stddef.h>

enum { FEED_DATE_SIZE = 200 };

// Writes the text with the words that are known in English or as the Chinese marks of a date, the
// rest as it is, cut to fit. *zone receives the minutes east of UTC of the only country that writes
// so, and stays untouched if there is no such word.
void feed_date_translate(const char *text, char out[FEED_DATE_SIZE], int *zone);
