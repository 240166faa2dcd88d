// SPDX-License-Identifier: MIT
// RSS 2.0 lets an entry be a description alone, as microblogs send it. It needs a name all the
// same.
#include <string.h>

#include "common/text.h"
#include "services/fetcher/extract/feed_parts.h"

// A shorter one is more likely an abbreviation ("Dr.") or an interjection ("好！").
enum { LATIN_MIN = 20, CHINESE_MIN = 6 };

// Full stops go, as titles have none.
enum stop { STOP_NONE, STOP_FULL, STOP_OTHER };

static enum stop stop_at(uint32_t c, char before, char next, size_t characters)
{
    bool latin = c == '.' || c == '!' || c == '?', last = next == '\0' || next == '\n';
    if (!last && (characters < (latin ? LATIN_MIN : CHINESE_MIN) || (latin && next != ' ')))
        return STOP_NONE;
    if (c == '.')
        return before == '.' ? STOP_OTHER : STOP_FULL;
    if (latin || c == 0xFF01 || c == 0xFF1F)
        return STOP_OTHER;
    return c == 0x3002 ? STOP_FULL : STOP_NONE;
}

const char *feed_headline(struct feed_reader *r, const char *text)
{
    size_t n = strcspn(text, "\n"), at = 0, space = 0;
    for (size_t characters = 0; at < n; characters++) {
        uint32_t c;
        size_t length = text_decode(text + at, n - at, &c);
        enum stop stop = stop_at(c, at ? text[at - 1] : '\0', text[at + length], characters);
        if (stop)
            return arena_strndup(r->arena, text, stop == STOP_FULL ? at : at + length);
        if (characters == FEED_HEADLINE_MAX - 1 && at + length < n)
            return arena_printf(r->arena, "%.*s…", (int)(space ? space : at), text);
        if (c == ' ' && characters >= FEED_HEADLINE_MAX / 2)
            space = at;
        at += length;
    }
    return arena_strndup(r->arena, text, n);
}
