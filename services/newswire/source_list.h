// SPDX-License-Identifier: MIT
// Lists of sources as files: OPML 2.0 (opml.org) or plain text, one URL a line. Pure: bytes in,
// sources out, and back. How a source wants to be asked has no place of its own in OPML: these are
// attributes of the namespace SOURCE_LIST_NAMESPACE, which others ignore. In plain text they follow
// the URL, each after a tab: "gap=5s".
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/wire.h"

#define SOURCE_LIST_NAMESPACE "urn:newswire:sources"

enum { SOURCE_LIST_BYTES = 8 << 20, SOURCE_LIST_MAX = 20000 };

struct listed_source {
    char *url;
    char *title;                    // "" if the file has none
    char *selector;                 // of a list page; "" if its links are to be found
    Newswire__V1__SourceKind kind;  // as asked for
    Newswire__V1__SourceKind found; // only written: tells other readers what is a feed
    uint32_t every_s;               // 0: adaptive
    // As `newswire add` takes them; "" or NULL where nothing was said.
    char *backfill, *gap, *proxy;
    char *headers; // lines of "Name: value"
    bool old_tls, guid, paused;
    uint32_t depth; // SourceOptions.depth
};

struct source_list {
    struct listed_source *items;
    size_t n, cap;
    struct problem mended; // the first error of OPML that was read all the same; "" if none
};

// Reads a file of either kind: OPML if its first character that is not blank is '<'. In plain text,
// empty lines and what follows a # at the start of a line or after a blank are skipped. Each URL is
// taken once. OPML that is not well-formed (a bare & in an address, tags left open) is read as far
// as it can be, and out->mended names `name`, the line and the error, for a person.
// ERR_INPUT or ERR_LIMIT: *why names `name`, the line and the mend; *out is empty then.
enum err source_list_read(const char *name, const char *bytes, size_t size, struct source_list *out,
                          struct problem *why) MUST_CHECK;
void source_list_free(struct source_list *l);

// Adds a copy of one source. ERR_LIMIT beyond SOURCE_LIST_MAX.
enum err source_list_add(struct source_list *l, const struct listed_source *s) MUST_CHECK;

// Writes what source_list_read() reads, with a comment if it is not "".
void source_list_opml(const struct source_list *l, const char *comment, struct buf *out);
void source_list_plain(const struct source_list *l, const char *comment, struct buf *out);

// The options by name, each as a text, for both forms: kind, every, selector, backfill, gap, proxy,
// headers, old-tls, identity, paused, depth.
typedef void listed_option(void *arg, const char *name, const char *value);
void listed_options(const struct listed_source *s, listed_option *fn, void *arg);
// Sets one by name, in a copy that is free()d with the list. ERR_INPUT: not such a value;
// ERR_NOTFOUND: no such option.
enum err listed_option_set(struct listed_source *s, const char *name, const char *value) MUST_CHECK;
void listed_source_free(struct listed_source *s); // what it points to
