// SPDX-License-Identifier: MIT
// The first line is the path that is asked for, the rest robots.txt.
#include <stdlib.h>
#include <string.h>

#include "common/err.h"
#include "common/mem.h"
#include "services/fetcher/robots.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *line = memchr(data, '\n', size);
    size_t n = line ? (size_t)(line - data) : size;
    char *path = mem_strndup((const char *)data, n);
    struct robots *r = robots_read(line ? line + 1 : data, line ? size - n - 1 : size, "newswire");
    struct robots_rule rule = {NULL, -1};
    bool allowed = robots_allows(r, path, &rule);
    if (!rule.text || allowed != (strncmp(rule.text, "Disallow", 8) != 0))
        panic("the rule told is not the one that decided");
    if (*rule.text ? rule.line < 1 : rule.line != 0)
        panic("line %d of a rule \"%s\"", rule.line, rule.text);
    if (robots_delay_s(r) < 0 || robots_delay_s(r) > ROBOTS_DELAY_MAX_S)
        panic("a crawl delay of %d s", robots_delay_s(r));
    for (size_t i = 0; robots_sitemap(r, i); i++)
        if (!*robots_sitemap(r, i))
            panic("an empty sitemap");
    robots_free(&r);
    free(path);
    return 0;
}
