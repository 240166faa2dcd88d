// SPDX-License-Identifier: MIT
#include "services/fetcher/extract/json_guard.h"

bool json_is_bounded(const char *s, size_t n)
{
    size_t values = 0; // brackets and commas outside of strings
    bool quoted = false;
    for (size_t i = 0; i < n; i++) {
        if (quoted && s[i] == '\\')
            i++;
        else if (s[i] == '"')
            quoted = !quoted;
        else if (!quoted)
            values += s[i] == ',' || s[i] == '[' || s[i] == '{';
    }
    return values <= JSON_VALUES_MAX;
}
