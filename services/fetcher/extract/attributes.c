// SPDX-License-Identifier: MIT
#include "services/fetcher/extract/attributes.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

static bool is_str(struct html_str a, const char *b)
{
    return a.n == strlen(b) && strncasecmp(a.s, b, a.n) == 0;
}

// True if `style` has the property with the value, with any space around the colon.
static bool has_style(struct html_str style, const char *property, const char *value)
{
    size_t n = strlen(property), m = strlen(value);
    const char *end = style.s + style.n;
    for (const char *s = style.s; (s = memmem(s, (size_t)(end - s), property, n)); s++) {
        const char *v = s + n;
        while (v < end && (*v == ' ' || *v == ':'))
            v++;
        if ((size_t)(end - v) >= m && strncasecmp(v, value, m) == 0)
            return true;
    }
    return false;
}

static bool is_aside(struct html_str role)
{
    static const char *const roles[] = {"navigation", "complementary", "contentinfo", "dialog",
                                        "banner"};
    for (size_t i = 0; i < sizeof roles / sizeof *roles; i++)
        if (is_str(role, roles[i]))
            return true;
    return false;
}

void attributes_read(const struct html *h, const struct html_node *node, struct word_memo *memo,
                     struct word_set *set)
{
    bool streamed = false; // hidden until a script has moved it, which html_stream.c did
    for (uint32_t i = 0; i < node->n_attrs; i++) {
        enum html_attr name;
        struct html_str value = html_attr_at(h, node, i, &name);
        switch (name) {
        case HTML_ATTR_ID:
            streamed = value.n > 2 && memcmp(value.s, "S:", 2) == 0;
            words_add(memo, value, set);
            break;
        case HTML_ATTR_CLASS:
            words_add(memo, value, set);
            break;
        case HTML_ATTR_STYLE:
            if (has_style(value, "display", "none") || has_style(value, "visibility", "hidden"))
                set->flags |= WORD_HIDDEN;
            break;
        case HTML_ATTR_HIDDEN:
            set->flags |= WORD_HIDDEN;
            break;
        case HTML_ATTR_ARIA_HIDDEN:
            if (is_str(value, "true"))
                set->flags |= WORD_HIDDEN;
            break;
        case HTML_ATTR_ROLE:
            if (is_aside(value))
                set->flags |= WORD_ASIDE;
            break;
        case HTML_ATTR_ITEMPROP:
            if (is_str(value, "articleBody"))
                set->flags |= WORD_BODY;
            break;
        default:
            break;
        }
    }
    if (streamed)
        set->flags &= (uint16_t)~WORD_HIDDEN;
}
