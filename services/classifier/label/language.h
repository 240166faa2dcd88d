// SPDX-License-Identifier: MIT
// The language of a text from its scripts; Latin text is English if it uses English's small words.
// (cld2 and libtextcat were looked at: they do not tell zh-Hans from zh-Hant on mixed pages, and
// nothing here needs a third language's name.)
#pragma once

#include "services/classifier/label/normalize.h"

// zh-Hans, zh-Hant, en, ja, ko, or und. A constant string.
const char *language_of(const struct normal *text);
