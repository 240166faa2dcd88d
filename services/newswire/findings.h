// SPDX-License-Identifier: MIT
// What the pure cores found, as JSON: the same names from every command that prints it.
#pragma once

#include <jansson.h>

#include "services/classifier/label/label.h"
#include "services/fetcher/extract/extract.h"

// Sets title, standfirst, text, published_at, author, site_name, language, charset,
// charset_guessed, replacements, canonical_url, image, attachments and feeds in `object`.
void findings_article(json_t *object, const struct article *a);

// Sets primary, labels (label, detail, score, evidence with start, end, text, weight), themes,
// entities, uncertain and model.
void findings_labels(json_t *object, const struct labels *l);

// A string that may be of any bytes, such as words of a file, without those that are not clean
// UTF-8.
json_t *findings_string(const char *s);

// When something was published: "2026-11-20T10:30:00+08:00", in the zone that was given (minutes
// east of UTC); "2026-11-20" if only the day is known, null if nothing is.
json_t *findings_published(int64_t ms, enum date_precision precision, int zone);
