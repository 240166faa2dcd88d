// SPDX-License-Identifier: MIT
#include "services/fetcher/guard.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"

// Every address is compared as IPv6; IPv4 as ::ffff:a.b.c.d (RFC 4291, 2.5.5.2).
struct range {
    uint8_t address[16];
    unsigned bits;
};

struct guard {
    struct range *allowed;
    size_t n;
};

// What is not the public Internet: the special-purpose registries (RFC 6890); a cloud's services
// for its own machines (168.63.129.16, Azure); all of v6 outside 2000::/3, from which alone
// addresses are given out; and within that, the wrappers in which a v4 address hides: Teredo, 6to4.
static const char *const special[] = {
    "0.0.0.0/8",      "10.0.0.0/8",    "100.64.0.0/10",   "127.0.0.0/8",    "168.63.129.16/32",
    "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",    "192.0.2.0/24",   "192.88.99.0/24",
    "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4",
    "240.0.0.0/4",    "::/3",          "4000::/2",        "8000::/1",       "2001::/23",
    "2001:db8::/32",  "2002::/16",     "3fff::/20",
};

static bool parse_address(const char *text, uint8_t out[16], bool *v4)
{
    struct in_addr a4;
    *v4 = inet_pton(AF_INET, text, &a4) == 1;
    if (!*v4)
        return inet_pton(AF_INET6, text, out) == 1;
    memset(out, 0, 10);
    memset(out + 10, 0xFF, 2);
    memcpy(out + 12, &a4, 4);
    return true;
}

static bool parse_range(const char *text, struct range *out)
{
    char address[64];
    const char *slash = strchr(text, '/');
    size_t n = slash ? (size_t)(slash - text) : strlen(text);
    if (n >= sizeof address)
        return false;
    memcpy(address, text, n);
    address[n] = '\0';
    bool v4;
    if (!parse_address(address, out->address, &v4))
        return false;
    unsigned long whole = v4 ? 32 : 128, bits = whole;
    if (slash) {
        char *end;
        bits = strtoul(slash + 1, &end, 10);
        if (slash[1] < '0' || slash[1] > '9' || *end || bits > whole)
            return false;
    }
    out->bits = (unsigned)bits + (v4 ? 96 : 0);
    return true;
}

static bool contains(const struct range *r, const uint8_t address[16])
{
    unsigned bytes = r->bits / 8, rest = r->bits % 8;
    if (memcmp(r->address, address, bytes) != 0)
        return false;
    return rest == 0 || ((r->address[bytes] ^ address[bytes]) >> (8 - rest)) == 0;
}

enum err guard_new(const char *const *ranges, size_t n, struct guard **out, struct problem *why)
{
    struct guard *g = mem_alloc(sizeof *g);
    g->allowed = mem_alloc((n ? n : 1) * sizeof *g->allowed);
    for (size_t i = 0; i < n; i++)
        if (!parse_range(ranges[i], &g->allowed[g->n++])) {
            guard_free(&g);
            return problem_set(why, ERR_INPUT,
                               "allow-private: \"%s\" is no address range; write it like "
                               "10.0.0.0/8 or fd00::/8",
                               ranges[i]);
        }
    *out = g;
    return OK;
}

void guard_free(struct guard **g)
{
    if (!*g)
        return;
    free((*g)->allowed);
    free(*g);
    *g = NULL;
}

static bool is_special(const uint8_t address[16])
{
    static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
    bool v4 = memcmp(address, mapped, sizeof mapped) == 0;
    for (size_t i = 0; i < sizeof special / sizeof *special; i++) {
        struct range r;
        if (!parse_range(special[i], &r))
            panic("bad range %s", special[i]);
        if ((r.bits >= 96 && memcmp(r.address, mapped, sizeof mapped) == 0) == v4 &&
            contains(&r, address))
            return true;
    }
    return false;
}

bool guard_allows(const struct guard *g, const struct sockaddr *address, struct problem *why)
{
    char text[INET6_ADDRSTRLEN] = "?";
    uint8_t bytes[16];
    bool v4;
    unsigned port;
    if (address->sa_family == AF_INET) {
        const struct sockaddr_in *a = (const struct sockaddr_in *)address;
        inet_ntop(AF_INET, &a->sin_addr, text, sizeof text);
        port = ntohs(a->sin_port);
    } else if (address->sa_family == AF_INET6) {
        const struct sockaddr_in6 *a = (const struct sockaddr_in6 *)address;
        inet_ntop(AF_INET6, &a->sin6_addr, text, sizeof text);
        port = ntohs(a->sin6_port);
    } else {
        problem_set(why, ERR_INPUT, "address family %d is not fetched from", address->sa_family);
        return false;
    }
    if (!parse_address(text, bytes, &v4)) {
        problem_set(why, ERR_INPUT, "address %s is not understood", text);
        return false;
    }
    for (size_t i = 0; i < g->n; i++)
        if (contains(&g->allowed[i], bytes))
            return true;
    if (is_special(bytes)) {
        problem_set(why, ERR_INPUT,
                    "address %s is not on the public Internet; allow it with --allow-private %s/%d "
                    "if it is yours",
                    text, text, v4 ? 32 : 128);
        return false;
    }
    if (port != 80 && port != 443) {
        problem_set(why, ERR_INPUT,
                    "port %u of %s is neither 80 nor 443; allow it with --allow-private %s/%d",
                    port, text, text, v4 ? 32 : 128);
        return false;
    }
    return true;
}
