// SPDX-License-Identifier: MIT
// What `newswire import` reads: any bytes give a list or a sentence, and what is written is read
// back.
#include <stdint.h>
#include <string.h>

#include "services/newswire/source_list.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_back(const struct source_list *l, const struct buf *written)
{
    struct source_list again;
    struct problem why = {""};
    if (source_list_read("again", buf_str(written), written->size, &again, &why) != OK)
        panic("not read back: %s", why.text);
    if (again.n != l->n)
        panic("%zu of %zu read back", again.n, l->n);
    for (size_t i = 0; i < l->n; i++)
        if (strcmp(again.items[i].url, l->items[i].url) != 0)
            panic("%s became %s", l->items[i].url, again.items[i].url);
    source_list_free(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct source_list l;
    struct problem why = {""};
    if (source_list_read("input", (const char *)data, size, &l, &why) != OK) {
        if (!*why.text)
            panic("refused without a word");
        return 0;
    }
    struct buf opml = buf_new(64 << 20), plain = buf_new(64 << 20);
    source_list_opml(&l, "", &opml);
    source_list_plain(&l, "", &plain);
    read_back(&l, &opml);
    buf_free(&opml);
    buf_free(&plain);
    source_list_free(&l);
    return 0;
}
