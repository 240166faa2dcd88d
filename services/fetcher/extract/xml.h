// SPDX-License-Identifier: MIT
// XML as a tree of elements, for feeds and sitemaps. The text is mended first (xml_mend.h), then
// parsed by libxml2, which only xml.c and xml_reference.c know: no network, no DTD, no entities.
// Bounded by XML_DEPTH_MAX and XML_NODES_MAX. Pure.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "common/buf.h"
#include "common/mem.h"
#include "services/fetcher/extract/xml_mend.h"

// Vocabularies, known by their namespace URI, or by their usual prefix where it is not declared.
enum xml_ns {
    XML_PLAIN, // no namespace, and those of RSS 0.90, 1.0 and 2.0
    XML_ATOM,  // 1.0 and 0.3
    XML_RDF,
    XML_DC, // Dublin Core elements and terms
    XML_CONTENT,
    XML_XHTML,
    XML_MEDIA,
    XML_ITUNES,
    XML_SYNDICATION,
    XML_SITEMAP,
    XML_NEWS, // the news extension of sitemaps
    XML_FEEDBURNER,
    XML_OTHER
};

struct xml;
struct xml_node; // an element; belongs to its tree

// Parses clean UTF-8. NULL if there is no element at all, or the mended text exceeded `max` bytes.
struct xml *xml_read(const char *s, size_t n, size_t max);
void xml_free(struct xml **x);
const struct xml_mended *xml_mended(const struct xml *x);

const struct xml_node *xml_root(const struct xml *x);
const struct xml_node *xml_first(const struct xml_node *node); // child element, or NULL
const struct xml_node *xml_next(const struct xml_node *node);  // sibling element, or NULL
const struct xml_node *xml_parent(const struct xml_node *node);

enum xml_ns xml_ns(const struct xml_node *node);
const char *xml_name(const struct xml_node *node); // without its prefix
bool xml_is(const struct xml_node *node, enum xml_ns ns, const char *name);

// First child element of that name; NULL if there is none.
const struct xml_node *xml_child(const struct xml_node *node, enum xml_ns ns, const char *name);

// Value of an attribute, whatever its namespace, "xml:" excepted; NULL if absent.
const char *xml_attr(const struct xml_node *node, const char *name);
const char *xml_special(const struct xml_node *node, const char *name); // xml:base, xml:lang

// All text within the element, trimmed; lives in the arena. "" for NULL.
const char *xml_text(const struct xml_node *node, struct arena *arena);

// Appends what the element holds: its markup if it holds elements (true), else its text (false).
bool xml_inner(const struct xml_node *node, struct buf *out);
