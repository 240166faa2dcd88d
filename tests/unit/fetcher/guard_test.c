// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <netinet/in.h>
#include <sys/un.h>

#include "services/fetcher/guard.h"

union address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

static union address address(const char *text, unsigned port)
{
    union address a = {0};
    if (inet_pton(AF_INET, text, &a.v4.sin_addr) == 1) {
        a.v4.sin_family = AF_INET;
        a.v4.sin_port = htons((uint16_t)port);
    } else {
        assert_int_equal(inet_pton(AF_INET6, text, &a.v6.sin6_addr), 1);
        a.v6.sin6_family = AF_INET6;
        a.v6.sin6_port = htons((uint16_t)port);
    }
    return a;
}

static bool allows(const char *range, const char *text, unsigned port)
{
    struct guard *g;
    struct problem why = {""};
    union address a = address(text, port);
    assert_int_equal(guard_new(&range, range ? 1 : 0, &g, &why), OK);
    bool allowed = guard_allows(g, &a.any, &why);
    assert_true(allowed == !*why.text);
    guard_free(&g);
    return allowed;
}

static void want_refused(const char *const *addresses, size_t n)
{
    for (size_t i = 0; i < n; i++)
        for (unsigned port = 80; port <= 443; port += 363)
            if (allows(NULL, addresses[i], port))
                fail_msg("%s is let through on port %u", addresses[i], port);
}

static void what_is_not_the_public_internet_is_refused(void **state)
{
    static const char *const addresses[] = {
        // this host, private, shared, link-local (metadata services), documentation, multicast
        "0.0.0.0",         "0.1.2.3",         "10.0.0.1",        "10.255.255.255",
        "100.64.0.1",      "100.100.100.200", "100.127.255.255", "127.0.0.1",
        "127.255.255.255", "169.254.169.254", "172.16.0.1",      "172.31.255.255",
        "192.0.0.192",     "192.0.2.1",       "192.88.99.1",     "192.168.0.1",
        "192.168.255.255", "198.18.0.1",      "198.19.255.255",  "198.51.100.7",
        "203.0.113.9",     "224.0.0.1",       "239.255.255.255", "240.0.0.1",
        "255.255.255.255",
        "168.63.129.16", // a cloud's own services, on an address of the public range
    };
    (void)state;
    want_refused(addresses, sizeof addresses / sizeof *addresses);
}

static void what_is_not_the_public_internet_of_ipv6_is_refused(void **state)
{
    static const char *const addresses[] = {
        "::",      "::1",           "::2",     "fe80::1", "febf::1",     "fec0::1",
        "fc00::1", "fd00:ec2::254", "ff02::1", "100::1",  "2001:db8::1", "3fff::1",
        "5f00::1", "4000::1",       "8000::1", "e000::1",
    };
    (void)state;
    want_refused(addresses, sizeof addresses / sizeof *addresses);
}

// Mapped, compatible, translated, NAT64, 6to4, Teredo.
static void an_address_of_ipv4_within_one_of_ipv6_is_refused(void **state)
{
    static const char *const addresses[] = {
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "::ffff:169.254.169.254",
        "::127.0.0.1",
        "::ffff:0:127.0.0.1",
        "64:ff9b::127.0.0.1",
        "64:ff9b::8.8.8.8",
        "64:ff9b:1::10.0.0.1",
        "2002:7f00:1::",
        "2002:a9fe:a9fe::1",
        "2001::1",
        "2001:0:53aa:64c:0:0:80ff:fffe",
    };
    (void)state;
    want_refused(addresses, sizeof addresses / sizeof *addresses);
}

static void the_public_internet_is_allowed_on_the_two_ports_of_the_web(void **state)
{
    static const char *const addresses[] = {
        "1.1.1.1",         "8.8.8.8",         "9.255.255.255",   "11.0.0.0",
        "100.63.255.255",  "100.128.0.0",     "126.255.255.255", "128.0.0.1",
        "169.253.255.255", "169.255.0.0",     "172.15.255.255",  "172.32.0.0",
        "191.255.255.255", "192.0.1.0",       "192.167.255.255", "192.169.0.0",
        "198.17.255.255",  "198.20.0.0",      "202.108.22.5",    "223.255.255.255",
        "2400:3200::1",    "2606:4700::1111", "2a00:1450::1",    "2001:200::1",
        "2001:4860::8888", "::ffff:8.8.8.8",
    };
    static const struct {
        unsigned port;
        bool want;
    } ports[] = {{80, true},  {443, true},   {0, false},     {22, false},
                 {25, false}, {8080, false}, {65535, false}, {6379, false}};
    (void)state;
    for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++)
        for (size_t p = 0; p < sizeof ports / sizeof *ports; p++)
            if (allows(NULL, addresses[i], ports[p].port) != ports[p].want)
                fail_msg("%s on port %u", addresses[i], ports[p].port);
}

static void an_allowed_range_opens_itself_on_every_port_and_nothing_else(void **state)
{
    static const struct {
        const char *range, *address;
        bool want;
    } cases[] = {
        {"10.0.0.0/8", "10.255.0.1", true},
        {"10.0.0.0/8", "11.0.0.1", false},
        {"10.1.2.3/8", "10.9.9.9", true}, // bits beyond the mask do not count
        {"10.0.0.0/9", "10.127.255.255", true},
        {"10.0.0.0/9", "10.128.0.0", false},
        {"192.168.1.7", "192.168.1.7", true},
        {"192.168.1.7", "192.168.1.6", false},
        {"192.168.1.6/31", "192.168.1.7", true},
        {"0.0.0.0/0", "127.0.0.1", true},
        {"0.0.0.0/0", "::1", false}, // all of v4 is not all of v6
        {"0.0.0.0/0", "::ffff:127.0.0.1", true},
        {"::/0", "::1", true},
        {"::1", "::1", true},
        {"::1/128", "::2", false},
        {"fd00::/8", "fd12:3456::1", true},
        {"fd00::/8", "fc00::1", false},
        {"fe80::/10", "febf::1", true},
        {"127.0.0.0/8", "::ffff:127.0.0.1", true}, // the same machine in other words
        {"127.0.0.0/8", "::127.0.0.1", false},
        {"127.0.0.0/8", "64:ff9b::127.0.0.1", false},
        {"::ffff:10.0.0.0/104", "10.1.1.1", true},
        {"8.8.8.8", "8.8.8.8", true}, // a public one, for its other ports
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (allows(cases[i].range, cases[i].address, 8081) != cases[i].want)
            fail_msg("%s by %s", cases[i].address, cases[i].range);
}

static void a_malformed_range_is_named(void **state)
{
    static const char *const ranges[] = {
        "",
        "/",
        "10.0.0.0/",
        "10.0.0.0/33",
        "10.0.0.0/-1",
        "10.0.0.0/8 ",
        "10.0.0.0/8x",
        "10.0.0.0/8/8",
        "10.0.0.0/ 8",
        "10.0.0.0/+8",
        "10.0.0",
        "10.0.0.256",
        "0x7f.1",
        "2130706433",
        "010.0.0.1/8",
        "localhost",
        "::1/129",
        "fe80::1%lo",
        "10.0.0.0/99999999999999999999",
        "1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb:cccc:dddd:eeee/64",
    };
    (void)state;
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++) {
        const char *all[] = {"10.0.0.0/8", ranges[i]};
        struct guard *g = NULL;
        struct problem why = {""};
        char quoted[100];
        snprintf(quoted, sizeof quoted, "\"%s\"", ranges[i]);
        if (guard_new(all, 2, &g, &why) != ERR_INPUT)
            fail_msg("%s is taken", quoted);
        assert_null(g);
        assert_non_null(strstr(why.text, quoted));
    }
}

static void a_refusal_names_the_address_and_a_range_that_mends_it(void **state)
{
    static const struct {
        const char *address;
        unsigned port;
    } cases[] = {{"127.0.0.1", 80},        {"8.8.8.8", 8080}, {"fd00::1", 80},
                 {"::ffff:10.1.2.3", 443}, {"::1", 1},        {"2400::5", 81}};
    (void)state;
    struct guard *none, *mended;
    struct problem why;
    assert_int_equal(guard_new(NULL, 0, &none, &why), OK);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        union address a = address(cases[i].address, cases[i].port);
        assert_false(guard_allows(none, &a.any, &why));
        assert_non_null(strstr(why.text, cases[i].address));
        char range[100] = "";
        const char *option = strstr(why.text, "--allow-private ");
        assert_non_null(option);
        assert_int_equal(sscanf(option, "--allow-private %99[^ ;]", range), 1);
        const char *all[] = {range};
        assert_int_equal(guard_new(all, 1, &mended, &why), OK);
        assert_true(guard_allows(mended, &a.any, &why));
        guard_free(&mended);
    }
    guard_free(&none);
}

static void no_other_family_is_fetched_from(void **state)
{
    (void)state;
    const char *everything[] = {"0.0.0.0/0", "::/0"};
    struct guard *g;
    struct problem why = {""};
    struct sockaddr_un local = {.sun_family = AF_UNIX, .sun_path = "/run/secret"};
    assert_int_equal(guard_new(everything, 2, &g, &why), OK);
    assert_false(guard_allows(g, (const struct sockaddr *)&local, &why));
    assert_non_null(strstr(why.text, "family"));
    guard_free(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_not_the_public_internet_is_refused),
        cmocka_unit_test(what_is_not_the_public_internet_of_ipv6_is_refused),
        cmocka_unit_test(an_address_of_ipv4_within_one_of_ipv6_is_refused),
        cmocka_unit_test(the_public_internet_is_allowed_on_the_two_ports_of_the_web),
        cmocka_unit_test(an_allowed_range_opens_itself_on_every_port_and_nothing_else),
        cmocka_unit_test(a_malformed_range_is_named),
        cmocka_unit_test(a_refusal_names_the_address_and_a_range_that_mends_it),
        cmocka_unit_test(no_other_family_is_fetched_from),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
