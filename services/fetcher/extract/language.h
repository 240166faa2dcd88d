// SPDX-License-Identifier: MIT
// The language of a text, as far as newswire needs to know: Chinese, simplified or traditional, and
// English are told by their characters and commonest words; for others the page is believed.
#pragma once

#include "services/fetcher/extract/html.h"

// zh-Hans, zh-Hant, en; else `declared` cut to its primary tag where it fits the script of the
// text ("ja", "fr"), else "und". The result is static or in `out`.
enum { LANGUAGE_SIZE = 16 };
const char *language_tag(struct html_str text, struct html_str declared, char out[LANGUAGE_SIZE]);
