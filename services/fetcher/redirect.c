// SPDX-License-Identifier: MIT
#include "services/fetcher/redirect.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "common/buf.h"

bool redirect_status(int status)
{
    return (status >= 301 && status <= 303) || status == 307 || status == 308;
}

// "file" of "file:///etc/passwd"; false if the text does not begin with a scheme (RFC 3986, 3.1).
static bool scheme_of(const char *location, char out[16])
{
    size_t n = 0;
    while (isalnum((unsigned char)location[n]) || (n && strchr("+-.", location[n]) && location[n]))
        n++;
    if (n == 0 || n > 15 || location[n] != ':')
        return false;
    snprintf(out, 16, "%.*s", (int)n, location);
    return strcmp(out, "http") != 0 && strcmp(out, "https") != 0;
}

// Servers write other bytes than ASCII into the header as they are, in whatever encoding they use:
// escaped, they come back as they were.
static void escape(const char *location, struct buf *out)
{
    for (const unsigned char *c = (const unsigned char *)location; *c; c++) {
        if (*c <= ' ' || *c >= 0x7F)
            buf_printf(out, "%%%02X", *c);
        else
            buf_add(out, c, 1);
    }
}

enum err redirect_target(const char *from, const char *location, char out[URL_MAX + 1],
                         struct problem *why)
{
    char scheme[16];
    struct buf escaped = buf_new(3 * URL_MAX);
    escape(location, &escaped);
    enum err e = buf_failed(&escaped) ? ERR_INPUT : url_resolve(from, buf_str(&escaped), out);
    buf_free(&escaped);
    if (e && scheme_of(location, scheme))
        return problem_set(why, ERR_INPUT, "bad redirect: Protocol \"%s\" not supported", scheme);
    return e ? problem_set(why, ERR_INPUT, "bad redirect: to no URL that is fetched") : OK;
}

static const char *bare(const char *host)
{
    return strncmp(host, "www.", 4) == 0 ? host + 4 : host;
}

bool redirect_own(const char *source, const char *url)
{
    char a[300], b[300];
    if (url_host(source, a) || url_host(url, b))
        return false;
    bool secure_a = strncmp(source, "https:", 6) == 0, secure_b = strncmp(url, "https:", 6) == 0;
    char *port_a = strrchr(a, ':'), *port_b = strrchr(b, ':');
    bool same_port = strcmp(port_a, port_b) == 0;
    bool upgraded = strcmp(port_a, ":80") == 0 && strcmp(port_b, ":443") == 0 && secure_b;
    *port_a = *port_b = '\0';
    return strcmp(bare(a), bare(b)) == 0 && (same_port || upgraded) && (secure_b || !secure_a);
}
