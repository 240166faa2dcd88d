// SPDX-License-Identifier: MIT
// The labeler: a document in, its labels out, each with a score and the spans that spoke for it.
// Pure once the files are read: no I/O, no clock. One labeler serves one thread.
//
// Offsets. A document is one text: title, newline, standfirst and newline if there is a standfirst,
// then the text. Evidence is given as byte offsets [start, end) into it.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/err.h"

struct document {
    const char *title, *standfirst, *text; // clean UTF-8, NUL-terminated, "" when absent
};

struct evidence {
    uint32_t start, end; // bytes in the document
    const char *text;    // the words there, as they stand
    float weight;        // > 0 spoke for the label, < 0 against it
};

struct label {
    const char *name;   // soe-policy, corporate-event, party-activity, other; or the user's own
    const char *detail; // sub-label, "" if none is clear
    float score;        // probability that the label applies, calibrated, 0 to 1
    const struct evidence *evidence; // strongest first
    size_t n_evidence;
};

struct labels {
    const char *primary;     // name of the label that the headline and first paragraphs are about
    const struct label *all; // the labels that apply, highest score first; at least one
    size_t n;
    const char *const *themes; // digital-transformation, green, …
    size_t n_themes;
    const char *const *entities; // canonical names of the known organisations mentioned
    size_t n_entities;
    const char *language; // zh-Hans, zh-Hant, en, …, und
    bool uncertain;       // nothing reached its threshold
    const char *model;    // hash of taxonomy and model, 16 hex digits
};

enum { LABEL_FILES_BYTES = 41 << 20 }; // what label_files_read() appends at most

// Appends taxonomy, known organisations and model of `folder` (the shipped one:
// label_default_folder()) as one piece of bytes, unread. ERR_CONFIG: a file is missing, unreadable
// or too large; *why names it.
enum err label_files_read(const char *folder, struct buf *into, struct problem *why) MUST_CHECK;

struct labeler;

// Makes a labeler of what label_files_read() read. On failure nothing is kept and *why names file,
// line and mend. ERR_CONFIG.
enum err labeler_new(const uint8_t *bytes, size_t n, struct labeler **out,
                     struct problem *why) MUST_CHECK;
// Both in one.
enum err labeler_load(const char *folder, struct labeler **out, struct problem *why) MUST_CHECK;
void labeler_free(struct labeler **l);

// <folder of the running program>/../share/newswire/label
const char *label_default_folder(void);

// Never fails; time is linear in the document. The result is borrowed until the next call.
const struct labels *labeler_run(struct labeler *l, const struct document *document);
