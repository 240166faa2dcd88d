// SPDX-License-Identifier: MIT
// Requests to a server of the test's own, a thread that answers each path in its own bad way. Whole
// fetchers meet more of these in tests/pipeline/torture.py.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
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
#include <zlib.h>

#include <cmocka.h>

#include "common/mem.h"
#include "services/fetcher/http.h"

enum { BODY_MAX = 100000, GIVE_UP_MS = 20000 };

// The server.

static int listener, port;
static int other_listener, other_port; // another site, whose requests are kept
static char other_heard[16384];
static pthread_mutex_t hearing = PTHREAD_MUTEX_INITIALIZER;

static void send_all(int fd, const void *bytes, size_t n)
{
    for (const char *at = bytes; n > 0;) {
        ssize_t sent = send(fd, at, n, MSG_NOSIGNAL);
        if (sent <= 0)
            return;
        at += sent;
        n -= (size_t)sent;
    }
}

static void say(int fd, const char *text)
{
    send_all(fd, text, strlen(text));
}

static void redirect(int fd, const char *format, ...) PRINTF_LIKE(2, 3);
static void redirect(int fd, const char *format, ...)
{
    char to[300], answer[500];
    va_list args;
    va_start(args, format);
    vsnprintf(to, sizeof to, format, args);
    va_end(args);
    snprintf(
        answer, sizeof answer,
        "HTTP/1.1 302 Found\r\nConnection: close\r\nETag: \"of the redirect\"\r\nLocation: %s\r\n"
        "Content-Length: 7\r\n\r\nignored",
        to);
    say(fd, answer);
}

static void answer_with(int fd, const char *body)
{
    char answer[4096];
    snprintf(answer, sizeof answer,
             "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %zu\r\n\r\n%s", strlen(body),
             body);
    say(fd, answer);
}

static void reset(int fd)
{
    struct linger now = {.l_onoff = 1};
    say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

static void stall(int fd)
{
    char byte;
    while (recv(fd, &byte, 1, 0) > 0) // until they hang up
        continue;
}

static void repeat(int fd, const char *head, const char *line)
{
    say(fd, head);
    for (int i = 0; i < 100000; i++)
        say(fd, line);
}

// Ten megabytes of zeros, packed: about ten kilobytes.
static void bomb(int fd)
{
    static unsigned char packed[64 << 10], zeros[64 << 10];
    z_stream z = {.next_out = packed, .avail_out = sizeof packed};
    deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY);
    for (int i = 0; i < 160; i++) {
        z.next_in = zeros;
        z.avail_in = sizeof zeros;
        deflate(&z, i < 159 ? Z_NO_FLUSH : Z_FINISH);
    }
    char head[200];
    snprintf(head, sizeof head,
             "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %lu\r\n\r\n",
             z.total_out);
    say(fd, head);
    send_all(fd, packed, z.total_out);
    deflateEnd(&z);
}

// One text in two gzip members (RFC 1952, 2.2), as log writers and some servers send it.
static void two_members(int fd)
{
    unsigned char packed[200];
    z_stream z = {.next_out = packed, .avail_out = sizeof packed};
    deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY);
    unsigned char half[] = "公告";
    size_t size = 0;
    for (int i = 0; i < 2; i++) {
        z.next_in = half;
        z.avail_in = sizeof half - 1;
        deflate(&z, Z_FINISH);
        size += z.total_out;
        deflateReset(&z);
    }
    deflateEnd(&z);
    char head[200];
    snprintf(head, sizeof head,
             "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %zu\r\n\r\n", size);
    say(fd, head);
    send_all(fd, packed, size);
}

static void conditional(int fd, const char *request)
{
    bool known = strstr(request, "If-None-Match: \"v1\"\r\n") &&
                 strstr(request, "If-Modified-Since: Tue, 14 Nov 2023 22:13:20 GMT\r\n");
    if (known)
        say(fd, "HTTP/1.1 304 Not Modified\r\nConnection: close\r\nETag: \"v1\"\r\n\r\n");
    else
        say(fd, "HTTP/1.1 200 OK\r\nConnection: close\r\nETag:\t \"v1\" \r\nLAST-MODIFIED:Tue, 14 "
                "Nov 2023 22:13:20 GMT"
                "\r\nRetry-After: 120\r\nContent-Type: text/html; charset=gbk\r\n"
                "Content-Length: 0\r\n\r\n");
}

static void serve(int fd, const char *path, const char *request)
{
    if (strcmp(path, "/ok") == 0)
        answer_with(fd, "公告");
    else if (strcmp(path, "/echo") == 0)
        answer_with(fd, request);
    else if (strcmp(path, "/conditional") == 0)
        conditional(fd, request);
    else if (strcmp(path, "/404") == 0)
        say(fd, "HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
    else if (strcmp(path, "/old") == 0)
        say(fd, "HTTP/1.0 200 OK\r\n\r\nuntil the end");
    else if (strcmp(path, "/length-short") == 0)
        say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhello");
    else if (strcmp(path, "/length-long") == 0)
        say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhello");
    else if (strcmp(path, "/length-mad") == 0)
        say(fd, "HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nhello");
    else if (strcmp(path, "/chunk-cut") == 0)
        say(fd, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel");
    else if (strcmp(path, "/gzip-not") == 0)
        say(fd, "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello");
    else if (strcmp(path, "/gzip-two") == 0)
        two_members(fd);
    else if (strcmp(path, "/garbage") == 0)
        say(fd, "\x01\x02 garbage\r\n\r\n");
    else if (strcmp(path, "/reset") == 0)
        reset(fd);
    else if (strcmp(path, "/silent") == 0)
        stall(fd);
    else if (strcmp(path, "/slow") == 0)
        say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nh"), stall(fd);
    else if (strcmp(path, "/headers") == 0)
        repeat(fd, "HTTP/1.1 200 OK\r\n", "X-Again: and again and again\r\n");
    else if (strcmp(path, "/header") == 0)
        repeat(fd, "HTTP/1.1 200 OK\r\nX-Long: ", "and again and again ");
    else if (strcmp(path, "/continue") == 0)
        repeat(fd, "", "HTTP/1.1 100 Continue\r\n\r\n");
    else if (strcmp(path, "/body") == 0)
        repeat(fd, "HTTP/1.1 200 OK\r\n\r\n", "without end ");
    else if (strcmp(path, "/bomb") == 0)
        bomb(fd);
    else if (strcmp(path, "/to-ok") == 0)
        redirect(fd, "/ok");
    else if (strcmp(path, "/to-echo") == 0)
        redirect(fd, "/echo");
    else if (strcmp(path, "/to-other") == 0)
        redirect(fd, "http://127.0.0.1:%d/echo", other_port);
    else if (strcmp(path, "/to-name") == 0)
        redirect(fd, "http://localhost:%d/echo", port);
    else if (strcmp(path, "/to-other-and-back") == 0)
        redirect(fd, "http://127.0.0.1:%d/back", other_port);
    else if (strcmp(path, "/back") == 0 || strcmp(path, "http://a.example/one") == 0)
        redirect(fd, *path == '/' ? "http://127.0.0.1:%d/echo" : "http://b.example/two?%d", port);
    else if (strncmp(path, "http://b.example/two", 20) == 0)
        answer_with(fd, request);
    else if (strcmp(path, "/slow-loop") == 0)
        poll(NULL, 0, 400), redirect(fd, "/slow-loop");
    else if (strcmp(path, "/to-%E5%85%AC%E5%91%8A") == 0)
        redirect(fd, "/公告?a b");
    else if (strncmp(path, "/%E5%85%AC", 10) == 0)
        answer_with(fd, request);
    else if (strcmp(path, "/loop") == 0)
        redirect(fd, "/loop");
    else if (strcmp(path, "/to-private") == 0)
        redirect(fd, "http://127.0.0.2:%d/ok", port);
    else if (strcmp(path, "/to-decimal") == 0)
        redirect(fd, "http://2130706434:%d/ok", port); // 127.0.0.2
    else if (strcmp(path, "/to-mapped") == 0)
        redirect(fd, "http://[::ffff:127.0.0.2]:%d/ok", port);
    else if (strcmp(path, "/to-file") == 0)
        redirect(fd, "file:///etc/passwd");
    else if (strcmp(path, "/to-ftp") == 0)
        redirect(fd, "ftp://127.0.0.1/x");
    else if (strcmp(path, "/to-user") == 0)
        redirect(fd, "http://user:secret@127.0.0.1:%d/ok", port);
    else if (strcmp(path, "/to-nonsense") == 0)
        redirect(fd, "http://[");
    // Others: nothing is said.
}

static void hear(const char *request)
{
    pthread_mutex_lock(&hearing);
    size_t n = strlen(other_heard);
    snprintf(other_heard + n, sizeof other_heard - n, "%s", request);
    pthread_mutex_unlock(&hearing);
}

static bool other_heard_of(const char *words)
{
    pthread_mutex_lock(&hearing);
    bool heard = strstr(other_heard, words) != NULL;
    pthread_mutex_unlock(&hearing);
    return heard;
}

static void *on_connection(void *arg)
{
    int fd = (int)(intptr_t)arg;
    char request[4096] = "", path[200] = "";
    size_t n = 0;
    while (!strstr(request, "\r\n\r\n")) {
        ssize_t got = recv(fd, request + n, sizeof request - 1 - n, 0);
        if (got <= 0)
            break;
        n += (size_t)got;
        request[n] = '\0';
    }
    struct sockaddr_in local = {0};
    socklen_t size = sizeof local;
    if (getsockname(fd, (struct sockaddr *)&local, &size) == 0 &&
        ntohs(local.sin_port) == other_port)
        hear(request);
    if (sscanf(request, "GET %199s", path) == 1)
        serve(fd, path, request);
    close(fd);
    return NULL;
}

static void *on_server(void *arg)
{
    const int *from = arg;
    for (int fd; (fd = accept(*from, NULL, NULL)) >= 0;) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, on_connection, (void *)(intptr_t)fd) == 0)
            pthread_detach(thread);
        else
            close(fd);
    }
    return NULL;
}

static int start_listener(int *fd, int *its_port)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof a;
    pthread_t thread;
    *fd = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(*fd, (struct sockaddr *)&a, sizeof a) != 0 || listen(*fd, 100) != 0 ||
        getsockname(*fd, (struct sockaddr *)&a, &size) != 0)
        return -1;
    *its_port = ntohs(a.sin_port);
    if (pthread_create(&thread, NULL, on_server, fd) != 0)
        return -1;
    pthread_detach(thread);
    return 0;
}

static int start_server(void **state)
{
    (void)state;
    int e = start_listener(&listener, &port);
    return e ? e : start_listener(&other_listener, &other_port);
}

// The client.

struct client {
    struct loop *loop;
    struct http *http;
    struct guard *guard;
    struct timer *give_up;
    int left; // answers to wait for
    // The last one.
    enum http_outcome outcome;
    int status, redirects;
    size_t size;
    char problem[512], url[300], last_hop[300], body[4096], etag[100], last_modified[100],
        type[100], retry[20];
};

static void on_done(void *arg, const struct http_response *r)
{
    struct client *c = arg;
    c->outcome = r->outcome;
    c->status = r->status;
    c->redirects = r->redirects;
    c->size = r->size;
    snprintf(c->problem, sizeof c->problem, "%s", r->problem);
    snprintf(c->url, sizeof c->url, "%s", r->url);
    snprintf(c->body, sizeof c->body, "%.*s", (int)r->size, (const char *)r->body);
    snprintf(c->last_hop, sizeof c->last_hop, "%s", r->n_hops ? r->hops[r->n_hops - 1].url : "");
    snprintf(c->etag, sizeof c->etag, "%s", r->etag);
    snprintf(c->last_modified, sizeof c->last_modified, "%s", r->last_modified);
    snprintf(c->type, sizeof c->type, "%s", r->content_type);
    snprintf(c->retry, sizeof c->retry, "%s", r->retry_after);
    if (--c->left == 0)
        loop_stop(c->loop, 0);
}

static void on_give_up(void *arg, struct timer *t)
{
    (void)t;
    loop_stop(((struct client *)arg)->loop, 1);
}

static int set_up(void **state)
{
    struct client *c = mem_alloc(sizeof *c);
    const char *ranges[] = {"127.0.0.1"};
    struct problem why;
    if (guard_new(ranges, 1, &c->guard, &why))
        return -1;
    struct http_options o = {.user_agent = "newswire-test/1",
                             .guard = c->guard,
                             .proxy = "",
                             .connect_ms = 1000,
                             .total_ms = 1000,
                             .body_max = BODY_MAX,
                             .redirects = 5};
    c->loop = loop_new();
    c->http = http_new(c->loop, &o);
    c->give_up = timer_new(c->loop, on_give_up, c);
    *state = c;
    return 0;
}

static int tear_down(void **state)
{
    struct client *c = *state;
    http_free(&c->http);
    timer_free(&c->give_up);
    loop_free(&c->loop);
    guard_free(&c->guard);
    free(c);
    return 0;
}

static void wait_for(struct client *c, int n)
{
    c->left = n;
    timer_set(c->give_up, GIVE_UP_MS, false);
    assert_int_equal(loop_run(c->loop), 0);
    timer_stop(c->give_up);
}

static void get(struct client *c, const char *path, const char *etag, const char *last_modified)
{
    char url[200];
    snprintf(url, sizeof url, "http://127.0.0.1:%d%s", port, path);
    struct http_request r = {
        .url = *path == '/' ? url : path, .etag = etag, .last_modified = last_modified};
    http_get(c->http, &r, on_done, c);
}

static void ask(struct client *c, const char *path)
{
    get(c, path, "", "");
    wait_for(c, 1);
}

// Tests.

static void every_answer_ends_in_one_outcome(void **state)
{
    static const struct {
        const char *path;
        enum http_outcome want;
        int status;
        const char *says; // body, or the problem
    } cases[] = {
        {"/ok", HTTP_ANSWERED, 200, "公告"},
        {"/404", HTTP_ANSWERED, 404, ""},
        {"/old", HTTP_ANSWERED, 200, "until the end"},
        {"/length-short", HTTP_ANSWERED, 200, "he"},
        {"/length-long", HTTP_NO_ANSWER, 0, "no complete answer"},
        {"/length-mad", HTTP_BROKEN, 0, "broken answer"},
        {"/chunk-cut", HTTP_NO_ANSWER, 0, "no complete answer"},
        {"/gzip-not", HTTP_BROKEN, 0, "broken answer"},
        {"/gzip-two", HTTP_BROKEN, 0, "goes on after its end"},
        {"/garbage", HTTP_BROKEN, 0, "broken answer"},
        {"/nothing", HTTP_NO_ANSWER, 0, "no complete answer"},
        {"/reset", HTTP_NO_ANSWER, 0, "no complete answer"},
        {"/silent", HTTP_TIMEOUT, 0, "timed out"},
        {"/slow", HTTP_TIMEOUT, 0, "timed out"},
        {"/headers", HTTP_TOO_LARGE, 0, "larger than"},
        {"/header", HTTP_TOO_LARGE, 0, "larger than"},
        {"/continue", HTTP_TOO_LARGE, 0, "larger than"},
        {"/body", HTTP_TOO_LARGE, 0, "larger than"},
        {"/bomb", HTTP_TOO_LARGE, 0, "larger than"},
        {"/to-ok", HTTP_ANSWERED, 200, "公告"},
        {"/loop", HTTP_REDIRECTS, 0, "bad redirect"},
        {"/to-private", HTTP_FORBIDDEN, 0, "127.0.0.2"},
        {"/to-decimal", HTTP_FORBIDDEN, 0, "127.0.0.2"},
        {"/to-mapped", HTTP_FORBIDDEN, 0, "127.0.0.2"},
        {"/to-file", HTTP_REDIRECTS, 0, "bad redirect"},
        {"/to-ftp", HTTP_REDIRECTS, 0, "bad redirect"},
        {"/to-user", HTTP_REDIRECTS, 0, "bad redirect"},
        {"/to-nonsense", HTTP_REDIRECTS, 0, "bad redirect"},
        {"http://127.0.0.2/", HTTP_FORBIDDEN, 0, "--allow-private"},
        {"http://0x7f.2/", HTTP_FORBIDDEN, 0, "127.0.0.2"},
        {"http://127.0.0.1:1/", HTTP_NO_ANSWER, 0, "no complete answer"},
        // ::1 is not allowed, 127.0.0.1 is: what is told is that nobody listens there.
        {"http://localhost:1/", HTTP_NO_ANSWER, 0, "no complete answer"},
        {"http://name.invalid/", HTTP_NO_HOST, 0, "no such host"},
    };
    struct client *c = *state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ask(c, cases[i].path);
        const char *said = c->outcome == HTTP_ANSWERED ? c->body : c->problem;
        if (c->outcome != cases[i].want || c->status != cases[i].status ||
            !strstr(said, cases[i].says))
            fail_msg("%s: %s, %d, %s", cases[i].path, http_outcome_name(c->outcome), c->status,
                     said);
        assert_true(c->size <= BODY_MAX);
    }
}

static void what_is_no_url_is_not_asked_for(void **state)
{
    static const char *const urls[] = {"file:///etc/passwd",
                                       "ftp://127.0.0.1/",
                                       "gopher://x/",
                                       "dict://127.0.0.1:11211/stats",
                                       "http://",
                                       "http://[::1/",
                                       "nonsense:",
                                       "http://user:secret@127.0.0.1/"};
    struct client *c = *state;
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
        ask(c, urls[i]);
        if (c->outcome == HTTP_ANSWERED || !*c->problem)
            fail_msg("%s is fetched", urls[i]);
    }
}

static void validators_go_there_and_come_back(void **state)
{
    struct client *c = *state;
    ask(c, "/conditional");
    assert_int_equal(c->status, 200);
    assert_string_equal(c->etag, "\"v1\"");
    assert_string_equal(c->last_modified, "Tue, 14 Nov 2023 22:13:20 GMT");
    assert_string_equal(c->type, "text/html; charset=gbk");
    assert_string_equal(c->retry, "120");
    get(c, "/conditional", "\"v1\"", "Tue, 14 Nov 2023 22:13:20 GMT");
    wait_for(c, 1);
    assert_int_equal(c->status, 304);
}

static bool not_to_ok(void *arg, const char *url)
{
    (void)arg;
    return !strstr(url, "/ok");
}

static void a_redirect_that_is_not_wanted_is_not_followed_but_told(void **state)
{
    struct client *c = *state;
    char url[100], first[] = "http://127.0.0.1/first";
    struct http_hop hops[] = {{301, first}, {302, first}, {303, first}, {307, first}};
    struct http_request r = {.url = url, .etag = "", .last_modified = "", .may_follow = not_to_ok};
    snprintf(url, sizeof url, "http://127.0.0.1:%d/to-ok", port);
    http_get(c->http, &r, on_done, c);
    wait_for(c, 1);
    assert_int_equal(c->outcome, HTTP_STOPPED);
    assert_int_equal(c->redirects, 0);
    assert_non_null(strstr(c->last_hop, "/ok"));
    snprintf(url, sizeof url, "http://127.0.0.1:%d/to-echo", port);
    r.hops = hops; // what led there counts
    r.n_hops = 4;
    http_get(c->http, &r, on_done, c);
    wait_for(c, 1);
    assert_int_equal(c->outcome, HTTP_ANSWERED);
    assert_int_equal(c->redirects, 5);
    snprintf(url, sizeof url, "http://127.0.0.1:%d/loop", port);
    http_get(c->http, &r, on_done, c);
    wait_for(c, 1);
    assert_int_equal(c->outcome, HTTP_REDIRECTS);
    assert_int_equal(c->redirects, 5);
}

static void no_more_is_read_than_is_enough(void **state)
{
    static const struct {
        const char *path;
        size_t enough, want;
    } cases[] = {
        {"/body", 1000, 1000}, {"/bomb", 70000, 70000}, {"/body", BODY_MAX + 5, BODY_MAX + 5},
        {"/ok", 1000, 6},      {"/ok", 3, 3},           {"/ok", 6, 6}};
    struct client *c = *state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char url[100];
        struct http_request r = {
            .url = url, .etag = "", .last_modified = "", .enough = cases[i].enough};
        snprintf(url, sizeof url, "http://127.0.0.1:%d%s", port, cases[i].path);
        http_get(c->http, &r, on_done, c);
        wait_for(c, 1);
        assert_int_equal(c->outcome, HTTP_ANSWERED);
        assert_int_equal(c->status, 200);
        assert_int_equal(c->size, cases[i].want);
    }
}

static void a_redirects_headers_are_not_the_answers(void **state)
{
    struct client *c = *state;
    ask(c, "/to-ok");
    assert_string_equal(c->etag, "");
    assert_int_equal(c->redirects, 1);
    assert_non_null(strstr(c->url, "/ok"));
}

static void get_with_key(struct client *c, const char *url, const char *proxy)
{
    static char key[] = "X-Api-Key: 秘密", authorization[] = "Authorization: Basic c2VjcmV0",
                cookie[] = "Cookie: a=秘密";
    static char *const headers[] = {key, authorization, cookie};
    struct http_request r = {.url = url,
                             .etag = "",
                             .last_modified = "",
                             .headers = headers,
                             .n_headers = 3,
                             .proxy = proxy};
    http_get(c->http, &r, on_done, c);
    wait_for(c, 1);
}

static void a_users_headers_go_to_no_other_site(void **state)
{
    static const struct {
        const char *path;
        bool want; // at the last hop, which echoes what it was sent
    } cases[] = {{"/echo", true},
                 {"/to-echo", true},
                 {"/to-other", false},
                 {"/to-name", false},
                 {"/to-other-and-back", true}};
    struct client *c = *state;
    other_heard[0] = '\0';
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char url[200];
        snprintf(url, sizeof url, "http://127.0.0.1:%d%s", port, cases[i].path);
        get_with_key(c, url, NULL);
        assert_int_equal(c->status, 200);
        bool sent = strstr(c->body, "X-Api-Key: 秘密\r\n") != NULL;
        if (sent != cases[i].want || sent != (strstr(c->body, "\r\nCookie:") != NULL) ||
            sent != (strstr(c->body, "\r\nAuthorization:") != NULL))
            fail_msg("%s: %s", cases[i].path, c->body);
    }
    assert_true(other_heard_of("GET /echo") && other_heard_of("GET /back"));
    assert_false(other_heard_of("秘密") || other_heard_of("c2VjcmV0"));
}

static void a_page_elsewhere_is_asked_for_without_the_sources_headers(void **state)
{
    static char key[] = "X-Api-Key: 秘密";
    static char *const headers[] = {key};
    struct client *c = *state;
    char site[100], url[100];
    snprintf(site, sizeof site, "http://127.0.0.1:%d/feed", port);
    snprintf(url, sizeof url, "http://127.0.0.1:%d/echo", other_port);
    struct http_request r = {.url = url,
                             .etag = "\"v1\"",
                             .last_modified = "",
                             .site = site,
                             .headers = headers,
                             .n_headers = 1};
    http_get(c->http, &r, on_done, c);
    wait_for(c, 1);
    assert_null(strstr(c->body, "X-Api-Key"));
    assert_non_null(strstr(c->body, "If-None-Match: \"v1\"\r\n"));
}

static void a_proxys_password_is_for_the_proxy_and_the_headers_for_one_site_behind_it(void **state)
{
    struct client *c = *state;
    char proxy[100], url[100];
    snprintf(proxy, sizeof proxy, "http://user:secret@127.0.0.1:%d", other_port);
    get_with_key(c, "http://a.example/one", proxy);
    assert_int_equal(c->status, 200);
    assert_non_null(strstr(c->body, "http://b.example/two"));
    assert_non_null(strstr(c->body, "Proxy-Authorization: Basic dXNlcjpzZWNyZXQ=\r\n"));
    assert_null(strstr(c->body, "X-Api-Key"));
    assert_true(other_heard_of("X-Api-Key"));
    snprintf(url, sizeof url, "http://127.0.0.1:%d/to-echo", port);
    get_with_key(c, url, NULL);
    assert_null(strstr(c->body, "Proxy-Authorization"));
}

static void a_redirect_in_chinese_and_with_blanks_is_followed(void **state)
{
    struct client *c = *state;
    ask(c, "/to-%E5%85%AC%E5%91%8A");
    assert_int_equal(c->status, 200);
    assert_non_null(strstr(c->body, "GET /%E5%85%AC%E5%91%8A?a%20b HTTP/1.1\r\n"));
}

static void the_hops_share_one_time_limit(void **state)
{
    struct client *c = *state;
    int64_t begin = clock_monotonic_ms();
    ask(c, "/slow-loop");
    assert_int_equal(c->outcome, HTTP_TIMEOUT);
    assert_true(clock_monotonic_ms() - begin < 3000);
}

static void a_validator_cannot_smuggle_a_header_in(void **state)
{
    struct client *c = *state;
    get(c, "/echo", "\"v\"\r\nX-Evil: 1", "x\nX-Evil: 2");
    wait_for(c, 1);
    assert_int_equal(c->status, 200);
    assert_null(strstr(c->body, "X-Evil"));
    assert_non_null(strstr(c->body, "User-Agent: newswire-test/1\r\n"));
}

// It would get around the guard.
static void a_proxy_of_the_environment_is_not_used(void **state)
{
    static const char *const names[] = {"http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"};
    struct client *c = *state;
    for (size_t i = 0; i < 4; i++)
        setenv(names[i], "http://127.0.0.1:1", 1);
    ask(c, "/ok");
    assert_int_equal(c->outcome, HTTP_ANSWERED);
    for (size_t i = 0; i < 4; i++)
        unsetenv(names[i]);
}

static void many_requests_run_at_once(void **state)
{
    struct client *c = *state;
    for (int i = 0; i < 20; i++)
        get(c, "/ok", "", ""), get(c, "/slow", "", "");
    wait_for(c, 40); // in the time of one
}

static void on_first(void *arg, const struct http_response *r)
{
    struct client *c = arg;
    assert_int_equal(r->status, 200);
    get(c, "/404", "", "");
}

static void an_answer_may_lead_to_another_request(void **state)
{
    struct client *c = *state;
    char url[100];
    snprintf(url, sizeof url, "http://127.0.0.1:%d/ok", port);
    struct http_request r = {.url = url, .etag = "", .last_modified = ""};
    http_get(c->http, &r, on_first, c);
    wait_for(c, 1);
    assert_int_equal(c->status, 404);
}

static void never(void *arg, const struct http_response *r)
{
    (void)arg, (void)r;
    fail_msg("a call after the end");
}

static void what_is_under_way_at_the_end_is_dropped(void **state)
{
    struct client *c = *state;
    char url[100];
    snprintf(url, sizeof url, "http://127.0.0.1:%d/silent", port);
    struct http_request r = {.url = url, .etag = "", .last_modified = ""};
    for (int i = 0; i < 5; i++)
        http_get(c->http, &r, never, c);
    ask(c, "/ok");
    http_free(&c->http);
    assert_null(c->http);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_answer_ends_in_one_outcome),
        TEST(what_is_no_url_is_not_asked_for),
        TEST(validators_go_there_and_come_back),
        TEST(a_redirect_that_is_not_wanted_is_not_followed_but_told),
        TEST(no_more_is_read_than_is_enough),
        TEST(a_redirects_headers_are_not_the_answers),
        TEST(a_users_headers_go_to_no_other_site),
        TEST(a_page_elsewhere_is_asked_for_without_the_sources_headers),
        TEST(a_proxys_password_is_for_the_proxy_and_the_headers_for_one_site_behind_it),
        TEST(a_redirect_in_chinese_and_with_blanks_is_followed),
        TEST(the_hops_share_one_time_limit),
        TEST(a_validator_cannot_smuggle_a_header_in),
        TEST(a_proxy_of_the_environment_is_not_used),
        TEST(many_requests_run_at_once),
        TEST(an_answer_may_lead_to_another_request),
        TEST(what_is_under_way_at_the_end_is_dropped),
    };
    return cmocka_run_group_tests(tests, start_server, NULL);
}
