// SPDX-License-Identifier: MIT
#include <string.h>

#include "common/err.h"
#include "common/text.h"
#include "services/fetcher/extract/sitemap.h"
#include "services/fetcher/extract/url.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct sitemap_entry *e)
{
    char same[URL_MAX + 1];
    if (url_resolve("", e->url, same) != OK)
        panic("an entry that is no URL: %s", e->url);
    if (!text_is_clean(e->title, strlen(e->title)) ||
        !text_is_clean(e->language, strlen(e->language)))
        panic("text that is not clean");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct sitemap_reader *reader;
    if (!reader)
        reader = sitemap_reader_new();
    struct page_source source = {data, size, "https://example.com/sitemap.xml", "", 0};
    const struct sitemap *sitemap = NULL;
    struct problem why = {""};
    enum err rc = sitemap_read(reader, &source, &sitemap, &why);
    if (rc != OK && (rc != ERR_INPUT || sitemap || !*why.text))
        panic("refused without a reason");
    for (size_t i = 0; rc == OK && i < sitemap->n_entries; i++)
        check(&sitemap->entries[i]);
    return 0;
}
