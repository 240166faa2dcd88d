// SPDX-License-Identifier: MIT
#include "common/suggest.h"

#include <string.h>

enum { LONGEST = 32 }; // of a name that is compared; longer ones are not what was meant

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static size_t distance(const char *a, const char *b)
{
    size_t n = strlen(a), m = strlen(b);
    size_t d[LONGEST + 1][LONGEST + 1];
    for (size_t i = 0; i <= n; i++)
        d[i][0] = i;
    for (size_t j = 0; j <= m; j++)
        d[0][j] = j;
    for (size_t i = 1; i <= n; i++) {
        for (size_t j = 1; j <= m; j++) {
            d[i][j] = least(d[i - 1][j - 1] + (a[i - 1] != b[j - 1]),
                            least(d[i - 1][j], d[i][j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                d[i][j] = least(d[i][j], d[i - 2][j - 2] + 1);
        }
    }
    return d[n][m];
}

const char *suggest_nearest(const char *typed, const char *const *names, size_t n)
{
    size_t length = strlen(typed);
    if (length == 0 || length > LONGEST)
        return NULL;
    const char *best = NULL;
    size_t best_distance = length / 3 > 1 ? length / 3 : 1;
    for (size_t i = 0; i < n; i++) {
        if (strlen(names[i]) > LONGEST)
            continue;
        if (length > 1 && strncmp(names[i], typed, length) == 0)
            return names[i];
        size_t d = distance(typed, names[i]);
        if (d < best_distance || (d == best_distance && !best)) {
            best = names[i];
            best_distance = d;
        }
    }
    return best;
}
