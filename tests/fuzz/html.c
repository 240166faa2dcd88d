// SPDX-License-Identifier: MIT
// Plain markup is read without lexbor's tokenizer: the same nodes must come of it as with it.
#include <stdlib.h>
#include <string.h>

#include "common/text.h"
#include "services/fetcher/extract/html_parts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void same(bool equal)
{
    if (!equal)
        abort();
}

static void same_str(struct html_str a, struct html_str b)
{
    same(a.n == b.n && (a.n == 0 || memcmp(a.s, b.s, a.n) == 0));
}

static void same_node(const struct html *h, const struct html_node *a, const struct html *with,
                      const struct html_node *b)
{
    same(a->tag == b->tag && a->end == b->end && a->parent == b->parent && a->has == b->has &&
         a->n_attrs == b->n_attrs);
    same_str((struct html_str){a->text, a->text_size}, (struct html_str){b->text, b->text_size});
    for (uint32_t i = 0; i < a->n_attrs; i++) {
        enum html_attr x, y;
        same_str(html_attr_at(h, a, i, &x), html_attr_at(with, b, i, &y));
        same(x == y);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct html *plain, *lexbor;
    if (!plain) {
        plain = html_new();
        lexbor = html_new();
        lexbor->plain = false;
    }
    const char *text = (const char *)data;
    uint32_t count, count_lexbor;
    size = text_valid_prefix(text, size);
    const struct html_node *nodes = html_parse(plain, text, size, &count);
    const struct html_node *nodes_lexbor = html_parse(lexbor, text, size, &count_lexbor);
    same(count == count_lexbor);
    for (uint32_t i = 0; i < count; i++)
        same_node(plain, &nodes[i], lexbor, &nodes_lexbor[i]);
    return 0;
}
