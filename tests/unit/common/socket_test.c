// SPDX-License-Identifier: MIT
// Sockets against each other, and against peers that speak ZMTP 3.0 (RFC 23) over a plain TCP
// connection as no library would.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/mem.h"
#include "common/socket.h"

enum { GIVE_UP_MS = 10000, MORE = 1, LONG = 2, COMMAND = 4 };

static struct socket_context *z;
static struct socket *all[16]; // of one test
static size_t n_all;

static struct socket *socket_of(enum socket_type type)
{
    assert_true(n_all < 16);
    return all[n_all++] = socket_new(z, type, 100);
}

static int set_up(void **state)
{
    (void)state;
    z = socket_context_new();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    while (n_all > 0)
        socket_free(&all[--n_all]);
    socket_context_free(&z);
    return 0;
}

// A port that was free a moment ago.
static int free_port(int *listener)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof a;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof a), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &size), 0);
    if (listener) {
        assert_int_equal(listen(fd, 5), 0);
        *listener = fd;
    } else {
        close(fd);
    }
    return ntohs(a.sin_port);
}

static struct socket *bound(enum socket_type type, char endpoint[64], int *port)
{
    struct problem why;
    struct socket *s = socket_of(type);
    for (int tries = 0; tries < 20; tries++) { // another program may take the port first
        *port = free_port(NULL);
        snprintf(endpoint, 64, "tcp://127.0.0.1:%d", *port);
        if (socket_bind(s, endpoint, &why) == OK)
            return s;
    }
    fail_msg("%s", why.text);
    return NULL;
}

// Waits until there is a message, good or bad.
static enum err receive(struct socket *s, struct route *from, char topic[256], char body[64])
{
    const uint8_t *bytes;
    size_t size;
    struct pollfd there = {.fd = socket_fd(s), .events = POLLIN};
    enum err e;
    while ((e = socket_receive(s, from, topic, &bytes, &size)) == ERR_NOTFOUND)
        if (!socket_readable(s) && poll(&there, 1, GIVE_UP_MS) != 1)
            fail_msg("no message comes");
    if (!e)
        snprintf(body, 64, "%.*s", (int)size, (const char *)bytes);
    return e;
}

// A peer on a plain connection.

static void send_all(int fd, const void *bytes, size_t n)
{
    for (const char *at = bytes; n > 0;) {
        ssize_t sent = send(fd, at, n, MSG_NOSIGNAL);
        if (sent <= 0)
            return; // hung up on: as it should be, sometimes
        at += sent;
        n -= (size_t)sent;
    }
}

static void read_all(int fd, void *bytes, size_t n)
{
    for (char *at = bytes; n > 0;) {
        ssize_t got = recv(fd, at, n, 0);
        assert_true(got > 0);
        at += got;
        n -= (size_t)got;
    }
}

static void send_frame(int fd, int flags, const void *bytes, size_t n)
{
    uint8_t head[9] = {(uint8_t)(n > 255 ? flags | LONG : flags)};
    size_t size = n > 255 ? 9 : 2;
    for (size_t i = 1; i < size; i++)
        head[i] = (uint8_t)((uint64_t)n >> 8 * (size - 1 - i));
    send_all(fd, head, size);
    send_all(fd, bytes, n);
}

static void greet(int fd, const char *type)
{
    uint8_t theirs[64], ours[64] = {0xFF, 0, 0, 0, 0, 0, 0, 0, 0, 0x7F, 3, 0, 'N', 'U', 'L', 'L'};
    char ready[64];
    uint8_t head[2];
    send_all(fd, ours, sizeof ours);
    read_all(fd, theirs, sizeof theirs);
    int n = snprintf(ready, sizeof ready, "%cREADY%cSocket-Type%c%c%c%c%s", 5, 11, 0, 0, 0,
                     (int)strlen(type), type);
    send_frame(fd, COMMAND, ready, (size_t)n);
    read_all(fd, head, 2); // their READY
    uint8_t rest[255];
    read_all(fd, rest, head[1]);
}

static int connection_to(int port)
{
    struct sockaddr_in a = {.sin_family = AF_INET,
                            .sin_port = htons((uint16_t)port),
                            .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof a), 0);
    return fd;
}

// Tests.

static void a_message_comes_with_its_route_and_the_answer_finds_it(void **state)
{
    (void)state;
    int port;
    char endpoint[64], body[64];
    struct route from[2];
    struct problem why;
    struct socket *router = bound(SOCKET_ROUTER, endpoint, &port), *dealers[2];
    for (int i = 0; i < 2; i++) {
        dealers[i] = socket_of(SOCKET_DEALER);
        assert_int_equal(socket_connect(dealers[i], endpoint, &why), OK);
        assert_int_equal(socket_send(dealers[i], NULL, NULL, i ? "二" : "one", 3), OK);
        assert_int_equal(receive(router, &from[i], NULL, body), OK);
        assert_string_equal(body, i ? "二" : "one");
    }
    assert_false(route_equal(&from[0], &from[1]));
    for (int i = 0; i < 2; i++)
        assert_int_equal(socket_send(router, &from[i], NULL, i ? "2" : "1", 1), OK);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(receive(dealers[i], NULL, NULL, body), OK);
        assert_string_equal(body, i ? "2" : "1");
    }
}

static void a_peer_that_is_not_there_is_not_found(void **state)
{
    (void)state;
    int port;
    char endpoint[64];
    struct route nobody = {3, "abc"};
    struct socket *router = bound(SOCKET_ROUTER, endpoint, &port);
    assert_int_equal(socket_send(router, &nobody, NULL, "x", 1), ERR_NOTFOUND);
}

static void without_a_connection_an_immediate_socket_is_busy(void **state)
{
    (void)state;
    struct problem why;
    char endpoint[64];
    struct socket *dealer = socket_of(SOCKET_DEALER);
    socket_immediate(dealer);
    snprintf(endpoint, sizeof endpoint, "tcp://127.0.0.1:%d", free_port(NULL));
    assert_int_equal(socket_connect(dealer, endpoint, &why), OK);
    assert_int_equal(socket_send(dealer, NULL, NULL, "x", 1), ERR_BUSY);
}

static void a_subscriber_gets_topics_with_its_prefix(void **state)
{
    (void)state;
    int port;
    char endpoint[64], topic[256] = "", body[64];
    struct problem why;
    struct socket *pub = bound(SOCKET_PUB, endpoint, &port), *sub = socket_of(SOCKET_SUB);
    assert_int_equal(socket_subscribe(sub, "classified-news"), OK);
    assert_int_equal(socket_connect(sub, endpoint, &why), OK);
    struct pollfd there = {.fd = socket_fd(sub), .events = POLLIN};
    while (!socket_readable(sub)) { // the subscription is on its way
        assert_int_equal(socket_send(pub, NULL, "head.classified-news", "no", 2), OK);
        assert_int_equal(socket_send(pub, NULL, "classified-news.soe-policy", "yes", 3), OK);
        poll(&there, 1, 1);
    }
    assert_int_equal(receive(sub, NULL, topic, body), OK);
    assert_string_equal(topic, "classified-news.soe-policy");
    assert_string_equal(body, "yes");
}

static void an_endpoint_that_cannot_be_is_refused_with_the_mend(void **state)
{
    (void)state;
    int port, held;
    char endpoint[64], taken[64];
    bound(SOCKET_ROUTER, endpoint, &port);
    snprintf(taken, sizeof taken, "tcp://127.0.0.1:%d", free_port(&held));
    struct {
        const char *endpoint;
        enum err want;
        const char *says;
    } cases[] = {
        {endpoint, ERR_EXISTS, "another program has it"},
        {taken, ERR_EXISTS, "another program has it"},
        {"tcp://192.0.2.1:5550", ERR_CONFIG, "no such address"},
        {"127.0.0.1:5550", ERR_CONFIG, "write tcp://ADDRESS:PORT"},
        {"http://127.0.0.1:5550", ERR_CONFIG, "write tcp://ADDRESS:PORT"},
        {"tcp://127.0.0.1:99999", ERR_CONFIG, "write tcp://ADDRESS:PORT"},
        {"tcp://127.0.0.1", ERR_CONFIG, "write tcp://ADDRESS:PORT"},
        {"", ERR_CONFIG, "write tcp://ADDRESS:PORT"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct problem why = {""};
        struct socket *s = socket_of(SOCKET_ROUTER);
        if (socket_bind(s, cases[i].endpoint, &why) != cases[i].want ||
            !strstr(why.text, cases[i].says) || !strstr(why.text, cases[i].endpoint))
            fail_msg("%s: %s", cases[i].endpoint, why.text);
    }
    close(held);
}

static void frames_too_many_or_too_few_are_one_bad_message(void **state)
{
    static const struct {
        int frames;
        enum err want;
    } cases[] = {{1, OK}, {2, ERR_INPUT}, {5, ERR_INPUT}};
    (void)state;
    int port;
    char endpoint[64], body[64];
    struct route from;
    struct socket *router = bound(SOCKET_ROUTER, endpoint, &port);
    int fd = connection_to(port);
    greet(fd, "DEALER");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        for (int n = 1; n <= cases[i].frames; n++)
            send_frame(fd, n < cases[i].frames ? MORE : 0, "x", 1);
        send_frame(fd, 0, "good", 4);
        assert_int_equal(receive(router, &from, NULL, body), cases[i].want);
        assert_int_equal(receive(router, &from, NULL, body), OK);
        assert_string_equal(body, "good");
    }
    close(fd);
}

static void a_topic_that_is_too_long_takes_no_other_message_with_it(void **state)
{
    static const size_t lengths[] = {255, 256, 70000};
    static const enum err want[] = {OK, ERR_INPUT, ERR_INPUT};
    (void)state;
    int listener, port = free_port(&listener);
    char endpoint[64], topic[256], body[64];
    struct problem why;
    struct socket *sub = socket_of(SOCKET_SUB);
    snprintf(endpoint, sizeof endpoint, "tcp://127.0.0.1:%d", port);
    assert_int_equal(socket_subscribe(sub, ""), OK);
    assert_int_equal(socket_connect(sub, endpoint, &why), OK);
    int fd = accept(listener, NULL, NULL);
    greet(fd, "PUB");
    char *longest = mem_alloc(70000);
    memset(longest, 't', 70000);
    for (size_t i = 0; i < 3; i++) {
        send_frame(fd, MORE, longest, lengths[i]);
        send_frame(fd, 0, "first", 5);
        send_frame(fd, 0, "no topic", 8);
        send_frame(fd, MORE, "t", 1);
        send_frame(fd, 0, "good", 4);
        assert_int_equal(receive(sub, NULL, topic, body), want[i]);
        assert_int_equal(receive(sub, NULL, topic, body), ERR_INPUT);
        assert_int_equal(receive(sub, NULL, topic, body), OK);
        assert_string_equal(topic, "t");
        assert_string_equal(body, "good");
    }
    free(longest);
    close(fd), close(listener);
}

static bool hung_up(int fd)
{
    struct pollfd there = {.fd = fd, .events = POLLIN};
    char bytes[256];
    while (poll(&there, 1, GIVE_UP_MS) == 1)
        if (recv(fd, bytes, sizeof bytes, 0) <= 0)
            return true;
    return false;
}

static void a_frame_of_more_than_a_mebibyte_ends_the_connection(void **state)
{
    (void)state;
    int port;
    char endpoint[64], body[64];
    struct route from;
    struct socket *router = bound(SOCKET_ROUTER, endpoint, &port);
    int fd = connection_to(port);
    greet(fd, "DEALER");
    uint8_t *bytes = mem_alloc(MESSAGE_MAX + 1);
    memset(bytes, 'x', MESSAGE_MAX + 1);
    send_frame(fd, 0, bytes, MESSAGE_MAX);
    assert_int_equal(receive(router, &from, NULL, body), OK);
    send_frame(fd, 0, bytes, MESSAGE_MAX + 1);
    assert_true(hung_up(fd));
    // One that only says it is large, and larger than there is memory.
    int other = connection_to(port);
    greet(other, "DEALER");
    send_all(other, "\x02\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 9);
    assert_true(hung_up(other));
    free(bytes);
    close(fd), close(other);
}

static void what_is_not_zmtp_disturbs_nobody(void **state)
{
    static const char *const greetings[] = {
        "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF",
        "\xFF\x00\x00",
        "",
    };
    (void)state;
    int port, fds[4];
    char endpoint[64], body[64];
    struct route from;
    struct problem why;
    struct socket *router = bound(SOCKET_ROUTER, endpoint, &port);
    for (size_t i = 0; i < 4; i++) {
        fds[i] = connection_to(port);
        send_all(fds[i], greetings[i], strlen(greetings[i]));
    }
    struct socket *dealer = socket_of(SOCKET_DEALER);
    assert_int_equal(socket_connect(dealer, endpoint, &why), OK);
    assert_int_equal(socket_send(dealer, NULL, NULL, "good", 4), OK);
    assert_int_equal(receive(router, &from, NULL, body), OK);
    assert_string_equal(body, "good");
    for (size_t i = 0; i < 4; i++)
        close(fds[i]);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_message_comes_with_its_route_and_the_answer_finds_it),
        TEST(a_peer_that_is_not_there_is_not_found),
        TEST(without_a_connection_an_immediate_socket_is_busy),
        TEST(a_subscriber_gets_topics_with_its_prefix),
        TEST(an_endpoint_that_cannot_be_is_refused_with_the_mend),
        TEST(frames_too_many_or_too_few_are_one_bad_message),
        TEST(a_topic_that_is_too_long_takes_no_other_message_with_it),
        TEST(a_frame_of_more_than_a_mebibyte_ends_the_connection),
        TEST(what_is_not_zmtp_disturbs_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
