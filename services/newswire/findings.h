// SPDX-License-Identifier: MIT
// What the pure cores found, as JSON: the same names from every command that prints it.
#pragma once

#include <jansson.h>

#include "services/classifier/label/label.h"
#include "services/fetcher/extract/extract.h"

// Sets title, standfirst, text, published_at, author, site_name, language, charset,
// charset_guessed, canonical_url, image and attachments in `object`. published_at is an RFC 3339
// time in UTC, a date if only the day is known, null if nothing is.
void findings_article(json_t *object, const struct article *a);

// Sets primary, labels (label, detail, score, evidence with start, end, text, weight), themes,
// entities, uncertain and model.
void findings_labels(json_t *object, const struct labels *l);

// A string that may be of any bytes, such as words of a file, without those that are not clean
// UTF-8.
json_t *findings_string(const char *s);

// published_at as above; for other things that are published.
json_t *findings_published(int64_t ms, enum date_precision precision);
