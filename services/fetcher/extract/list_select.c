// SPDX-License-Identifier: MIT
// The part of CSS selectors (Level 3) that points at a list: type, class, id, descendant, child.
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "services/fetcher/extract/list_json.h"
#include "services/fetcher/extract/list_parts.h"

enum { STEPS_MAX = 8, CLASSES_MAX = 4, PATH_MAX_DEPTH = HTML_DEPTH_MAX + 8 };

struct step {
    struct html_str tag, id, classes[CLASSES_MAX];
    size_t n_classes;
    bool child; // of the step before: "a > b"; else anywhere below it
};

struct selector {
    struct step steps[STEPS_MAX];
    size_t n;
};

// ---- Parsing ----

static struct html_str read_name(const char **s)
{
    const char *start = *s;
    while (isalnum((unsigned char)**s) || **s == '-' || **s == '_' || (unsigned char)**s >= 0x80)
        ++*s;
    return (struct html_str){start, (size_t)(*s - start)};
}

static bool read_step(const char **s, struct step *step)
{
    const char *start = *s;
    if (**s == '*')
        ++*s;
    else
        step->tag = read_name(s);
    while (**s == '.' || **s == '#') {
        bool is_class = *(*s)++ == '.';
        struct html_str name = read_name(s);
        if (name.n == 0 || (is_class && step->n_classes == CLASSES_MAX))
            return false;
        if (is_class)
            step->classes[step->n_classes++] = name;
        else
            step->id = name;
    }
    return *s > start;
}

static bool parse(const char *s, struct selector *out)
{
    out->n = 0;
    for (;;) {
        s += strspn(s, " \t");
        bool child = *s == '>';
        if (child) {
            s++;
            s += strspn(s, " \t");
        }
        if (!*s)
            return out->n > 0 && !child;
        if (out->n == STEPS_MAX || (child && out->n == 0))
            return false;
        struct step *step = &out->steps[out->n++];
        *step = (struct step){.child = child};
        if (!read_step(&s, step))
            return false;
    }
}

// ---- Matching ----

static bool is_same(struct html_str a, struct html_str b)
{
    return a.s && a.n == b.n && memcmp(a.s, b.s, a.n) == 0;
}

static bool has_class(struct html_str value, struct html_str class)
{
    for (size_t i = 0; i < value.n;) {
        size_t n = 0;
        while (i + n < value.n && !isspace((unsigned char)value.s[i + n]))
            n++;
        if (is_same((struct html_str){value.s + i, n}, class))
            return true;
        i += n + 1;
    }
    return false;
}

static bool fits(const struct list_page *p, uint32_t node, const struct step *step)
{
    const struct html_node *n = &p->nodes[node];
    if (step->tag.n > 0) {
        const char *tag = html_tag_name((enum html_tag)n->tag);
        if (strlen(tag) != step->tag.n || strncasecmp(tag, step->tag.s, step->tag.n) != 0)
            return false;
    }
    if (step->id.n > 0 && !is_same(html_attr(p->html, n, HTML_ATTR_ID), step->id))
        return false;
    struct html_str classes = html_attr(p->html, n, HTML_ATTR_CLASS);
    for (size_t i = 0; i < step->n_classes; i++)
        if (!has_class(classes, step->classes[i]))
            return false;
    return true;
}

// Whether the selector chooses the link or an element around it: one sweep over the way down from
// the root for each step, so nothing is ever tried twice.
static bool chooses(const struct list_page *p, uint32_t node, const struct selector *selector)
{
    uint32_t path[PATH_MAX_DEPTH];
    size_t depth = 0;
    for (uint32_t i = node; depth < PATH_MAX_DEPTH; i = p->nodes[i].parent) {
        path[depth++] = i;
        if (i == 0)
            break;
    }
    bool reached[PATH_MAX_DEPTH], found = false;
    for (size_t k = 0; k < selector->n; k++) {
        bool above = k == 0, parent = false; // the step before was reached there
        found = false;
        for (size_t i = depth; i-- > 0;) { // from the root down
            bool was = k > 0 && reached[i];
            bool from = k == 0 || (selector->steps[k].child ? parent : above);
            reached[i] = from && fits(p, path[i], &selector->steps[k]);
            found = found || reached[i];
            parent = was;
            above = above || was;
        }
    }
    return found;
}

bool list_selector_is_valid(const char *selector)
{
    struct selector steps;
    return parse(selector, &steps) || list_json_selector_is_valid(selector);
}

enum err list_select(struct list_page *p, const char *selector)
{
    struct selector steps;
    if (!parse(selector, &steps))
        return ERR_INPUT;
    size_t n = 0;
    for (size_t i = 0; i < p->n; i++) {
        bool again = i > 0 && p->anchors[i].url_hash == p->anchors[i - 1].url_hash;
        p->anchors[i].dropped = !chooses(p, p->anchors[i].node, &steps);
        n += !p->anchors[i].dropped && !again;
        if (p->anchors[i].date.precision == DATE_NONE)
            p->anchors[i].date = p->anchors[i].after;
    }
    return n > 0 ? OK : ERR_NOTFOUND;
}
