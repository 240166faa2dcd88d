// SPDX-License-Identifier: MIT
#include "common/http_server.h"

#include <errno.h>
#include <microhttpd.h>
#include <netdb.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/http_address.h"
#include "common/mem.h"

enum {
    CONNECTIONS = 256,
    CONNECTION_MEMORY = 32 << 10, // request line and header fields
    IDLE_S = 15,
    LONGEST_SLEEP_MS = 1000,
    BACKLOG = 128
};

struct http_server {
    struct loop *loop;
    struct MHD_Daemon *daemon;
    int epoll;
    struct timer *timer;
    struct http_address bound;
    struct setting_list allowed_hosts;
    http_answer *answer;
    void *arg;
};

void http_reply_header(struct http_reply *r, const char *name, const char *format, ...)
{
    va_list args;
    if (r->n_headers == HTTP_REPLY_HEADERS)
        panic("more than %d header fields", HTTP_REPLY_HEADERS);
    va_start(args, format);
    r->headers[r->n_headers].name = name;
    vsnprintf(r->headers[r->n_headers].value, sizeof r->headers[0].value, format, args);
    va_end(args);
    r->n_headers++;
}

// Listening.

static enum err listen_on(const struct addrinfo *a, int *out)
{
    int yes = 1, no = 0;
    int fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return ERR_IO;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (a->ai_family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &no, sizeof no);
    if (bind(fd, a->ai_addr, a->ai_addrlen) != 0 || listen(fd, BACKLOG) != 0) {
        int error = errno;
        close(fd);
        errno = error;
        return ERR_IO;
    }
    *out = fd;
    return OK;
}

static enum err open_listener(const struct http_server_options *o, const struct http_address *at,
                              int *out, struct problem *why)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE}, *found;
    const char *host = strcmp(at->host, "*") == 0 ? "::" : at->host;
    int rc = getaddrinfo(host, at->port, &hints, &found);
    if (rc != 0)
        return problem_set(why, ERR_CONFIG, "%s: no address %s: %s", o->setting, at->host,
                           gai_strerror(rc));
    enum err e = listen_on(found, out);
    if (e != OK && host != at->host) { // a machine without IPv6
        freeaddrinfo(found);
        if (getaddrinfo("0.0.0.0", at->port, &hints, &found) != 0)
            return problem_set(why, ERR_CONFIG, "%s: no address to listen on", o->setting);
        e = listen_on(found, out);
    }
    if (e != OK)
        problem_set(why, ERR_CONFIG,
                    errno == EADDRINUSE ? "port %s is taken by another program (%s): end it, or "
                                          "choose another port with %s"
                                        : "cannot listen on port %s (%s): choose another with %s",
                    at->port, strerror(errno), o->setting);
    freeaddrinfo(found);
    return e == OK ? OK : ERR_CONFIG;
}

// Answering.

static enum MHD_Result send_reply(struct MHD_Connection *c, const struct http_reply *r)
{
    struct MHD_Response *response =
        MHD_create_response_from_buffer(r->body.size, r->body.data, MHD_RESPMEM_MUST_COPY);
    if (!response)
        return MHD_NO;
    MHD_add_response_header(response, "Content-Type", r->content_type);
    MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
    for (size_t i = 0; i < r->n_headers; i++)
        MHD_add_response_header(response, r->headers[i].name, r->headers[i].value);
    enum MHD_Result result = MHD_queue_response(c, (unsigned)r->status, response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result refuse(struct MHD_Connection *c, int status, const char *text)
{
    struct http_reply r = {.status = status, .content_type = "text/plain; charset=utf-8"};
    r.body = buf_new(HTTP_REPLY_MAX);
    buf_puts(&r.body, text);
    http_reply_header(&r, "Connection", "close");
    if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
        http_reply_header(&r, "Allow", "GET, HEAD");
    enum MHD_Result result = send_reply(c, &r);
    buf_free(&r.body);
    return result;
}

static const char *field(struct MHD_Connection *c, const char *name)
{
    const char *value = MHD_lookup_connection_value(c, MHD_HEADER_KIND, name);
    return value ? value : "";
}

static enum MHD_Result answer(struct http_server *s, struct MHD_Connection *c, const char *path)
{
    struct http_call call = {.path = path,
                             .host = field(c, "Host"),
                             .if_none_match = field(c, "If-None-Match"),
                             .if_modified_since = field(c, "If-Modified-Since")};
    struct http_reply reply = {.status = MHD_HTTP_OK, .content_type = "text/plain; charset=utf-8"};
    reply.body = buf_new(HTTP_REPLY_MAX);
    s->answer(s->arg, &call, &reply);
    enum MHD_Result result = buf_failed(&reply.body)
                                 ? refuse(c, MHD_HTTP_INTERNAL_SERVER_ERROR, "too large\n")
                                 : send_reply(c, &reply);
    buf_free(&reply.body);
    return result;
}

// libmicrohttpd calls this first when the header is there, then for uploads, then to be answered.
// What is answered in the first call is never read any further.
static enum MHD_Result on_request(void *arg, struct MHD_Connection *c, const char *url,
                                  const char *method, const char *version, const char *upload,
                                  size_t *upload_size, void **first)
{
    struct http_server *s = arg;
    (void)version, (void)upload;
    if (*first)
        return *upload_size ? MHD_NO : answer(s, c, url);
    *first = s;
    if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0)
        return refuse(c, MHD_HTTP_METHOD_NOT_ALLOWED, "only GET and HEAD are answered here\n");
    const char *length = field(c, "Content-Length");
    if ((*length && strcmp(length, "0") != 0) || *field(c, "Transfer-Encoding"))
        return refuse(c, MHD_HTTP_CONTENT_TOO_LARGE, "no body is taken here\n");
    if (!http_host_allowed(field(c, "Host"), &s->bound, &s->allowed_hosts))
        return refuse(c, MHD_HTTP_FORBIDDEN,
                      "this host name is not allowed: add it with the setting allowed-hosts\n");
    return MHD_YES;
}

// On the loop: libmicrohttpd's epoll descriptor is readable when it has anything to do.

static void proceed(struct http_server *s)
{
    unsigned long long ms = LONGEST_SLEEP_MS;
    MHD_run(s->daemon);
    if (MHD_get_timeout(s->daemon, &ms) != MHD_YES || ms > LONGEST_SLEEP_MS)
        ms = LONGEST_SLEEP_MS;
    timer_set(s->timer, (int64_t)ms, false);
}

static void on_epoll(void *arg, int fd, unsigned events)
{
    (void)fd, (void)events;
    proceed(arg);
}

static void on_timer(void *arg, struct timer *t)
{
    (void)t;
    proceed(arg);
}

enum err http_server_new(struct loop *l, const struct http_server_options *o, http_answer *fn,
                         void *arg, struct http_server **out, struct problem *why)
{
    struct http_address at;
    int fd = -1;
    if (http_address_parse(o->listen, &at) != OK)
        return problem_set(why, ERR_CONFIG, "%s: \"%.80s\" is not PORT or HOST:PORT", o->setting,
                           o->listen);
    enum err e = open_listener(o, &at, &fd, why);
    if (e != OK)
        return e;
    struct http_server *s = mem_alloc(sizeof *s);
    *s = (struct http_server){
        .loop = l, .bound = at, .allowed_hosts = o->allowed_hosts, .answer = fn, .arg = arg};
    s->daemon = MHD_start_daemon(
        MHD_USE_EPOLL, 0, NULL, NULL, on_request, s, MHD_OPTION_LISTEN_SOCKET, fd,
        MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        (size_t)CONNECTION_MEMORY, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_S, MHD_OPTION_END);
    if (!s->daemon) {
        close(fd);
        free(s);
        return problem_set(why, ERR_IO, "libmicrohttpd does not start");
    }
    s->timer = timer_new(l, on_timer, s);
    s->epoll = MHD_get_daemon_info(s->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
    loop_fd(l, s->epoll, LOOP_READ, on_epoll, s);
    timer_set(s->timer, LONGEST_SLEEP_MS, false);
    *out = s;
    return OK;
}

void http_server_free(struct http_server **server)
{
    struct http_server *s = *server;
    if (!s)
        return;
    loop_fd(s->loop, s->epoll, 0, NULL, NULL);
    timer_free(&s->timer);
    MHD_stop_daemon(s->daemon);
    free(s);
    *server = NULL;
}
