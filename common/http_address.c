// SPDX-License-Identifier: MIT
#include "common/http_address.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

// Takes "HOST", "HOST:PORT", "[v6]", "[v6]:PORT" apart; *port is "" if there is none. False:
// malformed.
static bool split(const char *text, char host[256], const char **port)
{
    bool bracket = text[0] == '[';
    const char *from = text + bracket;
    size_t n = strcspn(from, bracket ? "]" : ":");
    const char *after = from + n;
    if (bracket && *after++ != ']')
        return false;
    if (n == 0 || n > 255 || (*after && *after != ':'))
        return false;
    memcpy(host, from, n);
    host[n] = '\0';
    *port = *after ? after + 1 : after;
    return true;
}

static bool is_port(const char *s)
{
    size_t n = strlen(s);
    return n > 0 && n <= 5 && strspn(s, "0123456789") == n && strtol(s, NULL, 10) > 0 &&
           strtol(s, NULL, 10) < 65536;
}

enum err http_address_parse(const char *text, struct http_address *out)
{
    struct http_address a = {.host = "127.0.0.1"};
    const char *port = text;
    if (!is_port(text) && !split(text, a.host, &port))
        return ERR_INPUT;
    if (!is_port(port))
        return ERR_INPUT;
    memcpy(a.port, port, strlen(port) + 1);
    *out = a;
    return OK;
}

static bool is_numeric(const char *host)
{
    unsigned char address[16];
    return inet_pton(AF_INET, host, address) == 1 || inet_pton(AF_INET6, host, address) == 1;
}

static bool is_loopback(const char *host)
{
    struct in_addr v4;
    if (inet_pton(AF_INET, host, &v4) == 1)
        return ntohl(v4.s_addr) >> 24 == 127;
    return strcasecmp(host, "localhost") == 0 || strcmp(host, "::1") == 0;
}

static bool is_everywhere(const char *host)
{
    return strcmp(host, "*") == 0 || strcmp(host, "0.0.0.0") == 0 || strcmp(host, "::") == 0;
}

bool http_host_allowed(const char *field, const struct http_address *bound,
                       const struct setting_list *allowed)
{
    char host[256];
    const char *port;
    if (!split(field, host, &port) || (*port && !is_port(port)))
        return false;
    if (is_loopback(host) || strcasecmp(host, bound->host) == 0)
        return true;
    if (is_everywhere(bound->host) && is_numeric(host))
        return true;
    for (size_t i = 0; i < allowed->n; i++)
        if (strcasecmp(allowed->items[i], host) == 0)
            return true;
    return false;
}
