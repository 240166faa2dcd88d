// SPDX-License-Identifier: MIT
// The first line is the selector, mostly empty, the rest the page.
#include <stdlib.h>
#include <string.h>

#include "common/err.h"
#include "common/mem.h"
#include "common/text.h"
#include "services/fetcher/extract/list.h"
#include "services/fetcher/extract/url.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct list *list)
{
    char same[URL_MAX + 1];
    if (list->n_links == 0 || list->n_links > LIST_LINKS_MAX)
        panic("a list of %zu links", list->n_links);
    for (size_t i = 0; i < list->n_links; i++) {
        const struct list_link *link = &list->links[i];
        if (url_resolve("", link->url, same) != OK)
            panic("a link that is no URL: %s", link->url);
        if (!text_is_clean(link->title, strlen(link->title)))
            panic("a title that is not clean: %s", link->title);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct list_reader *reader;
    if (!reader)
        reader = list_reader_new();
    const uint8_t *line = memchr(data, '\n', size);
    if (!line)
        return 0;
    char *selector = mem_strndup((const char *)data, (size_t)(line - data));
    size_t rest = size - (size_t)(line + 1 - data);
    struct page_source source = {line + 1, rest, "https://example.com/news/", "",
                                 INT64_C(1795219200000)};
    const struct list *list = NULL;
    struct problem why = {""};
    enum err rc = list_read(reader, &source, selector, &list, &why);
    if (rc == OK)
        check(list);
    else if (rc != ERR_INPUT || list || !*why.text)
        panic("refused without a reason");
    free(selector);
    return 0;
}
