// SPDX-License-Identifier: MIT
#include <string.h>

#include "common/text.h"
#include "services/fetcher/extract/page.h"

struct paragraphs {
    struct buf *out;
    bool space, line; // owed before the next word
};

static void add_text(struct paragraphs *p, const char *s, size_t n)
{
    for (size_t i = 0; i < n;) {
        size_t space = text_space(s + i, n - i);
        if (space) {
            p->space = true;
            i += space;
            continue;
        }
        size_t word = i;
        while (i < n && !text_space(s + i, n - i))
            i++;
        if (p->out->size > 0 && (p->line || p->space))
            buf_puts(p->out, p->line ? "\n" : " ");
        buf_add(p->out, s + word, i - word);
        p->space = p->line = false;
    }
}

static bool is_invisible(enum html_tag tag)
{
    return tag == HTML_SCRIPT || tag == HTML_STYLE || tag == HTML_HEAD || tag == HTML_TEMPLATE ||
           tag == HTML_NOSCRIPT || tag == HTML_RT || tag == HTML_RP;
}

// Adds the visible text of the nodes.
static void add_nodes(struct paragraphs *p, const struct html_node *nodes, uint32_t count)
{
    for (uint32_t i = 0, open = 0; i < count; i++) {
        // A paragraph also ends where the element before this node did.
        for (; i >= nodes[open].end; open = nodes[open].parent)
            p->line |= html_is_block(nodes[open].tag);
        if (nodes[i].tag == HTML_TEXT) {
            add_text(p, nodes[i].text, nodes[i].text_size);
        } else if (is_invisible(nodes[i].tag)) {
            i = nodes[i].end - 1;
        } else {
            p->line |= html_is_block(nodes[i].tag);
            open = i;
        }
    }
}

void html_text(struct html *h, const char *fragment, size_t size, struct buf *out)
{
    size_t before = out->size;
    struct paragraphs p = {.out = out, .line = before > 0};
    if (!memchr(fragment, '<', size) && !memchr(fragment, '&', size)) {
        add_text(&p, fragment, size);
    } else {
        uint32_t count;
        const struct html_node *nodes = html_parse(h, fragment, size, &count);
        add_nodes(&p, nodes, count);
    }
    if (out->size > before) {
        out->size = before + text_clean((char *)out->data + before, out->size - before);
        out->data[out->size] = '\0';
    }
}
