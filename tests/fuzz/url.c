// SPDX-License-Identifier: MIT
// The first line is the base, the rest the URL.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/err.h"
#include "common/mem.h"
#include "services/fetcher/extract/url.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds, const char *what)
{
    if (!holds)
        panic("%s", what);
}

static void check(const char *url)
{
    char canonical[URL_MAX + 1], again[URL_MAX + 1], id[URL_ID_SIZE], host[300];
    if (url_canonical(url, canonical) != OK)
        return;
    must(url_canonical(canonical, again) == OK, "a canonical URL is not one");
    must(strcmp(canonical, again) == 0, "the canonical form changes when taken again");
    must(strncmp(canonical, "http://", 7) == 0 || strncmp(canonical, "https://", 8) == 0,
         "a canonical URL with another scheme");
    url_id(canonical, id);
    must(strlen(id) == URL_ID_SIZE - 1, "an id of another length");
    if (url_host(canonical, host) == OK)
        must(url_same_site(canonical, canonical), "a URL of another site than itself");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = mem_strndup((const char *)data, size), *rest = text, resolved[URL_MAX + 1];
    const char *base = strsep(&rest, "\n"), *url = rest ? rest : base;
    if (url_resolve(rest ? base : "", url, resolved) == OK) {
        must(strlen(resolved) <= URL_MAX, "a URL longer than the maximum");
        check(resolved);
    }
    free(text);
    return 0;
}
