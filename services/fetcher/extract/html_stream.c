// SPDX-License-Identifier: MIT
#include "services/fetcher/extract/html_stream.h"

#include <stdbool.h>
#include <string.h>

#include <lexbor/dom/interfaces/element.h>

enum { PARTS_MAX = 128, NAME_MAX_SIZE = 16 };

// A part or the place of one, by what follows the colon of its id.
struct part {
    const lxb_char_t *name;
    size_t n;
    lxb_dom_node_t *node;
};

struct parts {
    struct part items[PARTS_MAX];
    uint32_t n;
};

static void add(struct parts *list, lxb_dom_node_t *node, const lxb_char_t *id, size_t n)
{
    if (list->n < PARTS_MAX && n <= NAME_MAX_SIZE)
        list->items[list->n++] = (struct part){id + 2, n - 2, node};
}

static void collect(lxb_dom_node_t *node, struct parts *parts, struct parts *places)
{
    size_t n;
    if (node->type != LXB_DOM_NODE_TYPE_ELEMENT)
        return;
    const lxb_char_t *id = lxb_dom_element_id(lxb_dom_interface_element(node), &n);
    if (!id || n < 3 || id[1] != ':')
        return;
    if (node->local_name == LXB_TAG_DIV && id[0] == 'S')
        add(parts, node, id, n);
    else if (node->local_name == LXB_TAG_TEMPLATE && (id[0] == 'B' || id[0] == 'P'))
        add(places, node, id, n);
}

// The next node in document order.
static lxb_dom_node_t *next(lxb_dom_node_t *node, const lxb_dom_node_t *root)
{
    if (node->first_child)
        return node->first_child;
    while (node != root && !node->next)
        node = node->parent;
    return node == root ? NULL : node->next;
}

static bool is_inside(const lxb_dom_node_t *node, const lxb_dom_node_t *of)
{
    for (; node; node = node->parent)
        if (node == of)
            return true;
    return false;
}

void html_stream_assemble(lxb_dom_node_t *root)
{
    struct parts parts = {.n = 0}, places = {.n = 0};
    for (lxb_dom_node_t *node = root; node; node = next(node, root))
        collect(node, &parts, &places);
    for (uint32_t i = 0; i < places.n; i++) {
        const struct part *place = &places.items[i];
        for (uint32_t k = 0; k < parts.n; k++) {
            struct part *part = &parts.items[k];
            if (!part->node || part->n != place->n || memcmp(part->name, place->name, part->n) != 0)
                continue;
            if (!is_inside(place->node, part->node)) {
                lxb_dom_node_remove_wo_events(part->node);
                lxb_dom_node_insert_after_wo_events(place->node, part->node);
            }
            part->node = NULL;
            break;
        }
    }
}
