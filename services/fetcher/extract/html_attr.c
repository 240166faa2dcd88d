// SPDX-License-Identifier: MIT
#include <string.h>
#include <strings.h>

#include "services/fetcher/extract/html_parts.h"

static const struct {
    const char *text;
    size_t n;
} attr_names[] = {
#define ATTR_ENTRY(name, text) {text, sizeof(text) - 1},
    HTML_ATTRS(ATTR_ENTRY)
#undef ATTR_ENTRY
};

// Most are among those that lexbor has a number for. Ours is one less than here; 0: it is not read.
static const uint8_t numbered[LXB_DOM_ATTR__LAST_ENTRY] = {
    [LXB_DOM_ATTR_CLASS] = HTML_ATTR_CLASS + 1, [LXB_DOM_ATTR_CONTENT] = HTML_ATTR_CONTENT + 1,
    [LXB_DOM_ATTR_HREF] = HTML_ATTR_HREF + 1,   [LXB_DOM_ATTR_ID] = HTML_ATTR_ID + 1,
    [LXB_DOM_ATTR_STYLE] = HTML_ATTR_STYLE + 1, [LXB_DOM_ATTR_TITLE] = HTML_ATTR_TITLE + 1,
    [LXB_DOM_ATTR_TYPE] = HTML_ATTR_TYPE + 1,
};

int html_attr_of(const lxb_dom_attr_data_t *data)
{
    if (data->attr_id < LXB_DOM_ATTR__LAST_ENTRY)
        return numbered[data->attr_id] - 1;
    return html_attr_named(lexbor_hash_entry_str(&data->entry), data->entry.length);
}

int html_attr_named(const lxb_char_t *name, size_t n)
{
    char first = (char)(*name | 0x20);
    if (n < 2 || n > 14 || first < 'a' || first > 't') // "id" to "data-timestamp"
        return -1;
    for (int i = 0; i < HTML_ATTR_COUNT; i++)
        if (attr_names[i].n == n && *attr_names[i].text == first &&
            strncasecmp(attr_names[i].text, (const char *)name, n) == 0)
            return i;
    return -1;
}

static bool has(const lxb_char_t *value, size_t n, const char *word)
{
    return value && memmem(value, n, word, strlen(word));
}

bool html_attr_is_read(lxb_tag_id_t tag, int attr, const lxb_char_t *value, size_t n)
{
    switch (attr) {
    case -1:
        return false;
    case HTML_ATTR_STYLE: // only what hides the element
        return has(value, n, "none") || has(value, n, "hidden");
    case HTML_ATTR_NAME:
        return tag == LXB_TAG_META;
    case HTML_ATTR_TYPE:
        return tag == LXB_TAG_SCRIPT || tag == LXB_TAG_LINK;
    case HTML_ATTR_CLASS:
    case HTML_ATTR_ID:
        return tag != LXB_TAG_SCRIPT && tag != LXB_TAG_LINK && tag != LXB_TAG_STYLE &&
               tag != LXB_TAG_BUTTON;
    default:
        return true;
    }
}

const lxb_dom_attr_data_t *html_attr_data(struct html *h, lexbor_hash_t *known, int attr)
{
    if (!h->attr_data[attr])
        h->attr_data[attr] = lxb_dom_attr_data_by_local_name(
            known, (const lxb_char_t *)attr_names[attr].text, attr_names[attr].n);
    return h->attr_data[attr];
}
