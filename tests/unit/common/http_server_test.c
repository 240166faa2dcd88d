// SPDX-License-Identifier: MIT
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/http_address.h"
#include "common/http_server.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void an_address_is_a_port_or_host_and_port(void **state)
{
    (void)state;
    static const struct {
        const char *text, *want_host, *want_port; // NULL: refused
    } rows[] = {
        {"8080", "127.0.0.1", "8080"},
        {"*:80", "*", "80"},
        {"[::1]:8080", "::1", "8080"},
        {"localhost:1", "localhost", "1"},
        {"", NULL, NULL},
        {":8080", NULL, NULL},
        {"host", NULL, NULL},
        {"host:", NULL, NULL},
        {"host:0", NULL, NULL},
        {"host:65536", NULL, NULL},
        {"::1:80", NULL, NULL},
        {"[::1]80", NULL, NULL},
        {"host:80x", NULL, NULL},
        {"[::1", NULL, NULL},
        {"127.0.0.1:+1", NULL, NULL},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct http_address got = {.host = ""};
        enum err e = http_address_parse(rows[i].text, &got);
        assert_int_equal(e, rows[i].want_host ? OK : ERR_INPUT);
        assert_string_equal(got.host, rows[i].want_host ? rows[i].want_host : "");
        assert_string_equal(got.port, rows[i].want_port ? rows[i].want_port : "");
    }
}

static void only_names_that_no_stranger_can_point_at_us_are_answered(void **state)
{
    (void)state;
    static const struct {
        const char *field, *bound;
        bool want;
    } rows[] = {
        {"localhost:8080", "127.0.0.1", true},
        {"LOCALHOST", "127.0.0.1", true},
        {"127.0.0.1:8080", "127.0.0.1", true},
        {"127.8.8.8", "127.0.0.1", true},
        {"[::1]:8080", "127.0.0.1", true},
        {"evil.example.com", "127.0.0.1", false},
        {"192.0.2.1:8080", "192.0.2.1", true},
        {"192.0.2.2", "192.0.2.1", false},
        {"192.0.2.2", "*", true},
        {"[2001:db8::1]:80", "::", true},
        {"evil.example.com", "*", false},
        {"127.0.0.1.evil.com", "*", false},
        {"News.Example.com:80", "*", true},
        {"news.example.com.evil.com", "*", false},
        {"", "*", false},
        {"localhost:x", "*", false},
        {"localhost@evil.com", "*", false},
        {"localhost:80:80", "*", false},
    };
    static const char *const names[] = {"news.example.com"};
    const struct setting_list allowed = {names, 1};
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct http_address bound = {.port = "8080"};
        snprintf(bound.host, sizeof bound.host, "%s", rows[i].bound);
        if (http_host_allowed(rows[i].field, &bound, &allowed) != rows[i].want)
            fail_msg("%s at %s", rows[i].field, rows[i].bound);
    }
}

// A server and one client on the same loop.

struct pair {
    struct loop *loop;
    struct http_server *server;
    char port[8], got[64 << 10];
    size_t n;
};

static void answer(void *arg, const struct http_call *call, struct http_reply *reply)
{
    (void)arg;
    if (strcmp(call->path, "/large") == 0)
        for (int i = 0; i < 10000; i++)
            buf_puts(&reply->body, "国资");
    else if (strcmp(call->path, "/never-ending") == 0)
        while (buf_puts(&reply->body, "endless") == OK)
            continue;
    else {
        reply->status = 404;
        http_reply_header(reply, "X-Path", "%s", call->path);
        buf_printf(&reply->body, "nothing at %s", call->path);
    }
}

static int free_port(void)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof a;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&a, size), 0);
    getsockname(fd, (struct sockaddr *)&a, &size);
    close(fd);
    return ntohs(a.sin_port);
}

static int start(void **state)
{
    static struct pair p;
    struct problem why;
    struct http_server_options o = {.listen = p.port, .setting = "--http"};
    p.loop = loop_new();
    snprintf(p.port, sizeof p.port, "%d", free_port());
    *state = &p;
    return http_server_new(p.loop, &o, answer, NULL, &p.server, &why) != OK;
}

static int stop(void **state)
{
    struct pair *p = *state;
    http_server_free(&p->server);
    loop_free(&p->loop);
    return 0;
}

static void on_answer(void *arg, int fd, unsigned events)
{
    struct pair *p = arg;
    (void)events;
    ssize_t n = read(fd, p->got + p->n, sizeof p->got - 1 - p->n);
    if (n > 0)
        p->n += (size_t)n;
    else
        loop_stop(p->loop, 0);
}

// Sends the request and returns all that comes back until the server closes.
static const char *ask(struct pair *p, const char *request)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    long port = strtol(p->port, NULL, 10);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    a.sin_port = htons((uint16_t)port);
    assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof a), 0);
    assert_int_equal(send(fd, request, strlen(request), MSG_NOSIGNAL), strlen(request));
    p->n = 0;
    loop_fd(p->loop, fd, LOOP_READ, on_answer, p);
    loop_run(p->loop);
    loop_fd(p->loop, fd, 0, NULL, NULL);
    close(fd);
    p->got[p->n] = '\0';
    return p->got;
}

#define ENDING "Host: localhost\r\nConnection: close\r\n\r\n"

static void requests_are_answered_or_refused(void **state)
{
    static const struct {
        const char *request, *want, *want_inside;
    } rows[] = {
        {"GET /a%20b HTTP/1.1\r\n" ENDING, "HTTP/1.1 404 ", "nothing at /a b"},
        {"GET /x HTTP/1.1\r\n" ENDING, "HTTP/1.1 404 ", "X-Content-Type-Options: nosniff\r\n"},
        {"HEAD /x HTTP/1.1\r\n" ENDING, "HTTP/1.1 404 ", "X-Path: /x\r\n"},
        {"GET /large HTTP/1.1\r\n" ENDING, "HTTP/1.1 200 ", "Content-Length: 60000\r\n"},
        {"GET /never-ending HTTP/1.1\r\n" ENDING, "HTTP/1.1 500 ", "too large"},
        {"POST / HTTP/1.1\r\nContent-Length: 3\r\n" ENDING "abc", "HTTP/1.1 405 ", "GET, HEAD"},
        {"GET / HTTP/1.1\r\nContent-Length: 3\r\n" ENDING "abc", "HTTP/1.1 413 ", "no body"},
        {"GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n" ENDING, "HTTP/1.1 413 ", "no body"},
        {"GET / HTTP/1.1\r\nHost: evil.example.com\r\n\r\n", "HTTP/1.1 403 ", "allowed-hosts"},
        {"GET / HTTP/1.0\r\n\r\n", "HTTP/1.1 403 ", "allowed-hosts"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        const char *got = ask(*state, rows[i].request);
        if (strncmp(got, rows[i].want, strlen(rows[i].want)) != 0 ||
            !strstr(got, rows[i].want_inside))
            fail_msg("row %zu: %.200s", i, got);
    }
}

static void a_taken_port_is_named_with_the_mend(void **state)
{
    struct pair *p = *state;
    struct problem why;
    char want[200];
    struct http_server_options o = {.listen = p->port, .setting = "--http"};
    struct http_server *second = NULL;
    assert_int_equal(http_server_new(p->loop, &o, answer, NULL, &second, &why), ERR_CONFIG);
    snprintf(want, sizeof want,
             "port %s is taken by another program (Address already in use): end it, or choose "
             "another port with --http",
             p->port);
    assert_string_equal(why.text, want);
    assert_null(second);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_address_is_a_port_or_host_and_port),
        cmocka_unit_test(only_names_that_no_stranger_can_point_at_us_are_answered),
        cmocka_unit_test(requests_are_answered_or_refused),
        cmocka_unit_test(a_taken_port_is_named_with_the_mend),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
