// SPDX-License-Identifier: MIT
// Lists that a page has but does not show as links with texts: each is made into a page that does.
// Part of list.c. Pure. False if the page has none such.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "common/buf.h"
#include "services/fetcher/extract/list_json.h"

// The records of all <script type="text/xml"><datastore>, for a script to show.
bool list_records(const char *text, size_t size, struct buf *out);

// The arrays in scripts: "var list = [{title: '…', url: '…'}]", window.__NUXT__, application/json.
// `json` has arena, base and dates; base is a canonical URL.
bool list_literals(struct list_json *json, const char *text, size_t size, struct buf *out);

// Pictures replaced by what they say they show.
bool list_alts(const char *text, size_t size, struct buf *out);
