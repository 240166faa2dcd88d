// SPDX-License-Identifier: MIT
#include <string.h>

#include "common/err.h"
#include "common/text.h"
#include "services/fetcher/extract/feed.h"
#include "services/fetcher/extract/url.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void clean(const char *s)
{
    if (!text_is_clean(s, strlen(s)))
        panic("text that is not clean: %s", s);
}

static void absolute(const char *url)
{
    char same[URL_MAX + 1];
    if (*url && url_resolve("", url, same) != OK)
        panic("a link that is no URL: %s", url);
}

static void check(const struct feed *feed)
{
    clean(feed->title), clean(feed->language), clean(feed->defect);
    absolute(feed->link), absolute(feed->self);
    if (feed->ttl_s < 0)
        panic("a negative ttl");
    for (size_t i = 0; i < feed->n_entries; i++) {
        const struct feed_entry *e = &feed->entries[i];
        clean(e->guid), clean(e->title), clean(e->summary), clean(e->content), clean(e->author);
        absolute(e->link);
        if (strchr(e->title, '\n'))
            panic("a title of several lines");
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct feed_reader *reader;
    if (!reader)
        reader = feed_reader_new(); // one for all: what a feed leaves behind must not matter
    struct page_source source = {data, size, "https://example.com/feed", "", 0};
    const struct feed *feed = NULL;
    struct problem why = {""};
    enum err rc = feed_read(reader, &source, &feed, &why);
    if (rc == OK)
        check(feed);
    else if (rc != ERR_INPUT || feed || !*why.text)
        panic("refused without a reason");
    return 0;
}
