// SPDX-License-Identifier: MIT
#include "services/newswire/ink.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool ink_wanted(FILE *f)
{
    const char *never = getenv("NO_COLOR"), *term = getenv("TERM");
    return isatty(fileno(f)) && !(never && *never) && term && strcmp(term, "dumb") != 0;
}

const char *ink(bool wanted, enum ink which)
{
    static const char *const sequences[] = {"\x1b[0m", "\x1b[1m", "\x1b[2m", "\x1b[32m",
                                            "\x1b[31m"};
    return wanted ? sequences[which] : "";
}
