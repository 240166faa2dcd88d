// SPDX-License-Identifier: MIT
#include "services/newswire/child_line.h"

#include <ctype.h>
#include <string.h>

#include "common/log.h"
#include "common/text.h"

static const char time_form[] = "0000-00-00T00:00:00.000Z ";

static bool starts_with_time(const char *line, size_t n)
{
    if (n < sizeof time_form - 1)
        return false;
    for (size_t i = 0; time_form[i]; i++)
        if (time_form[i] == '0' ? !isdigit((unsigned char)line[i]) : line[i] != time_form[i])
            return false;
    return true;
}

bool child_line(const char *name, const char *line, size_t n, struct buf *out)
{
    char level_name[8];
    enum log_level level;
    const char *end = line + n;
    if (!starts_with_time(line, n) || !text_is_clean(line, n))
        return false;
    const char *word = line + sizeof time_form - 1;
    const char *service = memchr(word, ' ', (size_t)(end - word));
    if (!service || (size_t)(service - word) >= sizeof level_name)
        return false;
    memcpy(level_name, word, (size_t)(service - word));
    level_name[service - word] = '\0';
    service++;
    const char *rest = memchr(service, ' ', (size_t)(end - service));
    if (!rest || log_level_parse(level_name, &level) != OK)
        return false;
    buf_add(out, line, (size_t)(service - line));
    buf_puts(out, name);
    buf_add(out, rest, (size_t)(end - rest));
    buf_puts(out, "\n");
    return true;
}
