// SPDX-License-Identifier: MIT
#include "services/fetcher/http.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/mem.h"
#include "services/fetcher/http_parts.h"
#include "services/fetcher/redirect.h"

static const char *const header_names[HEADERS] = {"content-type",  "etag",    "last-modified",
                                                  "cache-control", "expires", "date",
                                                  "retry-after",   "location"};

const char *http_outcome_name(enum http_outcome o)
{
    static const char *const names[] = {"answered",
                                        "not a URL",
                                        "no such host",
                                        "address not allowed",
                                        "no complete answer",
                                        "timed out",
                                        "TLS error",
                                        "too large",
                                        "bad redirect",
                                        "broken answer",
                                        "redirect not followed"};
    return names[o];
}

// Receiving.

static size_t on_body(char *bytes, size_t size, size_t n, void *arg)
{
    struct transfer *t = arg;
    size_t room = t->enough - (t->enough < t->body.size ? t->enough : t->body.size);
    if (t->enough && size * n >= room) {
        buf_add(&t->body, bytes, room);
        t->full = true;
        return CURL_WRITEFUNC_ERROR;
    }
    if (buf_add(&t->body, bytes, size * n) == OK)
        return size * n;
    // CURLOPT_MAXFILESIZE counts what is on the wire; a bomb is found only here, unpacked.
    t->too_large = true;
    return CURL_WRITEFUNC_ERROR;
}

static void keep_header(struct transfer *t, const char *line, size_t n)
{
    for (int h = 0; h < HEADERS; h++) {
        size_t name = strlen(header_names[h]);
        if (n <= name || line[name] != ':' || strncasecmp(line, header_names[h], name) != 0)
            continue;
        const char *value = line + name + 1, *end = line + n;
        while (value < end && (*value == ' ' || *value == '\t'))
            value++;
        while (end > value && (unsigned char)end[-1] <= ' ')
            end--;
        snprintf(t->values[h], HEADER_MAX, "%.*s", (int)(end - value), value);
    }
}

static size_t on_header(char *line, size_t size, size_t n, void *arg)
{
    struct transfer *t = arg;
    t->header_bytes += size * n;
    if (t->header_bytes > HEADERS_MAX) {
        t->too_large = true;
        return 0;
    }
    if (size * n > 5 && strncmp(line, "HTTP/", 5) == 0)
        memset(t->values, 0, sizeof t->values); // a new answer, after a redirect
    keep_header(t, line, size * n);
    return size * n;
}

static curl_socket_t on_open(void *arg, curlsocktype purpose, struct curl_sockaddr *a)
{
    struct transfer *t = arg;
    (void)purpose;
    if (!t->proxied && !guard_allows(t->http->options.guard, &a->addr, &t->why)) {
        t->forbidden = true;
        return CURL_SOCKET_BAD; // libcurl goes on to the name's next address, if there is one
    }
    t->allowed = true;
    return socket(a->family, a->socktype | SOCK_CLOEXEC, a->protocol);
}

// Ending.

// The codes that mean one thing wherever they come from.
static const struct meaning {
    CURLcode code;
    enum http_outcome outcome;
} meanings[] = {
    {CURLE_OK, HTTP_ANSWERED},
    {CURLE_COULDNT_RESOLVE_HOST, HTTP_NO_HOST},
    {CURLE_COULDNT_RESOLVE_PROXY, HTTP_NO_HOST},
    {CURLE_OPERATION_TIMEDOUT, HTTP_TIMEOUT},
    {CURLE_TOO_MANY_REDIRECTS, HTTP_REDIRECTS},
    {CURLE_OUT_OF_MEMORY, HTTP_TOO_LARGE}, // a header line beyond libcurl's own bound of 100 KB
    {CURLE_SSL_CONNECT_ERROR, HTTP_TLS},
    {CURLE_PEER_FAILED_VERIFICATION, HTTP_TLS},
    {CURLE_SSL_CERTPROBLEM, HTTP_TLS},
    {CURLE_SSL_CIPHER, HTTP_TLS},
    {CURLE_SSL_CACERT_BADFILE, HTTP_TLS},
    {CURLE_SSL_ISSUER_ERROR, HTTP_TLS},
    {CURLE_COULDNT_CONNECT, HTTP_NO_ANSWER},
    {CURLE_RECV_ERROR, HTTP_NO_ANSWER},
    {CURLE_SEND_ERROR, HTTP_NO_ANSWER},
    {CURLE_GOT_NOTHING, HTTP_NO_ANSWER},
    {CURLE_PARTIAL_FILE, HTTP_NO_ANSWER},
};

static enum http_outcome outcome_of(const struct transfer *t, CURLcode code)
{
    if (t->stopped)
        return HTTP_STOPPED;
    if (t->full)
        return HTTP_ANSWERED;
    if (t->too_large)
        return HTTP_TOO_LARGE;
    if (t->lost)
        return HTTP_REDIRECTS;
    if (code != CURLE_OK && t->forbidden && !t->allowed)
        return HTTP_FORBIDDEN;
    for (size_t i = 0; i < sizeof meanings / sizeof *meanings; i++)
        if (meanings[i].code == code)
            return meanings[i].outcome;
    if (code != CURLE_URL_MALFORMAT && code != CURLE_UNSUPPORTED_PROTOCOL &&
        code != CURLE_LOGIN_DENIED)
        return HTTP_BROKEN;
    // It is the address of a redirect, of what was asked for, or the answer is of another protocol.
    return t->n_hops > 0                 ? HTTP_REDIRECTS
           : code == CURLE_URL_MALFORMAT ? HTTP_BAD_URL
                                         : HTTP_BROKEN;
}

static void problem_of(const struct transfer *t, enum http_outcome o, CURLcode code,
                       struct problem *out)
{
    const char *said = *t->error ? t->error : curl_easy_strerror(code);
    // on_body() was not what refused: libcurl reads one gzip member (RFC 1952, 2.2), or one zlib or
    // zstd stream, and takes what follows it for an error of writing.
    if (code == CURLE_WRITE_ERROR)
        said = "compressed data goes on after its end (more than one gzip member, or garbage), "
               "which this libcurl does not unpack: tell the site's operator";
    switch (o) {
    case HTTP_ANSWERED:
    case HTTP_STOPPED:
        out->text[0] = '\0';
        break;
    case HTTP_TOO_LARGE:
        problem_set(out, OK,
                    "larger than %zu KiB (headers: %d KiB), the most that is read of an answer: "
                    "watch a feed or a smaller page of this site",
                    t->body.max >> 10, HEADERS_MAX >> 10);
        break;
    case HTTP_FORBIDDEN:
        *out = t->why;
        break;
    case HTTP_REDIRECTS:
        problem_set(out, OK, "%s",
                    t->lost ? t->why.text : "bad redirect: to no URL that is fetched");
        break;
    default:
        problem_set(out, OK, "%s: %s", http_outcome_name(o), said);
    }
}

static void transfer_free(struct transfer *t)
{
    struct http *h = t->http;
    if (h->all == t)
        h->all = t->next;
    else
        t->prev->next = t->next;
    if (t->next)
        t->next->prev = t->prev;
    curl_multi_remove_handle(h->multi, t->easy);
    curl_easy_cleanup(t->easy);
    curl_slist_free_all(t->own);
    curl_slist_free_all(t->any);
    for (size_t i = 0; i < t->n_hops; i++)
        free(t->hops[i].url);
    free(t->site);
    buf_free(&t->body);
    free(t);
}

static int status_of(const struct transfer *t)
{
    long status = 0;
    curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
    return (int)status;
}

static void finish(struct transfer *t, CURLcode code)
{
    struct http_response r = {.outcome = outcome_of(t, code)};
    struct problem problem;
    problem_of(t, r.outcome, code, &problem);
    r.problem = problem.text;
    char *url = NULL;
    curl_easy_getinfo(t->easy, CURLINFO_EFFECTIVE_URL, &url);
    r.status = r.outcome == HTTP_ANSWERED ? status_of(t) : 0;
    r.redirects = (int)t->n_hops - (t->lost || t->stopped);
    r.hops = t->hops;
    r.n_hops = t->n_hops;
    r.elapsed_ms = clock_monotonic_ms() - t->started_ms;
    r.url = url ? url : "";
    r.content_type = t->values[CONTENT_TYPE];
    r.etag = t->values[ETAG];
    r.last_modified = t->values[LAST_MODIFIED];
    r.cache_control = t->values[CACHE_CONTROL];
    r.expires = t->values[EXPIRES];
    r.date = t->values[DATE];
    r.retry_after = t->values[RETRY_AFTER];
    r.body = t->body.size ? t->body.data : (const uint8_t *)"";
    r.size = t->body.size;
    t->fn(t->arg, &r);
    transfer_free(t);
}

// Redirects are followed here and not by libcurl, which would send all headers to every hop.

static void start_hop(struct transfer *t);

// True if the answer is a redirect and the next hop is under way.
static bool follow(struct transfer *t, CURLcode code)
{
    char next[URL_MAX + 1];
    if (code != CURLE_OK || !redirect_status(status_of(t)) || !*t->values[LOCATION])
        return false;
    t->lost = t->n_hops == (size_t)t->http->options.redirects;
    if (t->lost)
        problem_set(&t->why, OK, "bad redirect: Maximum (%zu) redirects followed", t->n_hops);
    else
        t->lost = redirect_target(t->url, t->values[LOCATION], next, &t->why) != OK;
    t->hops[t->n_hops++] =
        (struct http_hop){status_of(t), mem_strdup(t->lost ? t->values[LOCATION] : next)};
    t->stopped = !t->lost && t->may_follow && !t->may_follow(t->arg, next);
    if (t->lost || t->stopped)
        return false;
    curl_multi_remove_handle(t->http->multi, t->easy);
    snprintf(t->url, sizeof t->url, "%s", next);
    buf_clear(&t->body);
    memset(t->values, 0, sizeof t->values);
    start_hop(t);
    return true;
}

static void collect(struct http *h)
{
    int left;
    for (CURLMsg *m = curl_multi_info_read(h->multi, &left); m;
         m = curl_multi_info_read(h->multi, &left)) {
        if (m->msg != CURLMSG_DONE)
            continue;
        struct transfer *t;
        CURLcode code = m->data.result;
        curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &t);
        if (!follow(t, code))
            finish(t, code);
    }
}

// libcurl and the loop.

static void on_fd(void *arg, int fd, unsigned events)
{
    struct http *h = arg;
    int running, mask = (events & LOOP_READ ? CURL_CSELECT_IN : 0) |
                        (events & LOOP_WRITE ? CURL_CSELECT_OUT : 0);
    curl_multi_socket_action(h->multi, fd, mask, &running);
    collect(h);
}

static int on_watch(CURL *easy, curl_socket_t fd, int what, void *arg, void *unused)
{
    struct http *h = arg;
    (void)easy, (void)unused;
    unsigned events = what == CURL_POLL_REMOVE  ? 0
                      : what == CURL_POLL_IN    ? LOOP_READ
                      : what == CURL_POLL_OUT   ? LOOP_WRITE
                      : what == CURL_POLL_INOUT ? LOOP_READ | LOOP_WRITE
                                                : 0;
    loop_fd(h->loop, fd, events, on_fd, h);
    return 0;
}

static void on_timer(void *arg, struct timer *timer)
{
    struct http *h = arg;
    int running;
    (void)timer;
    curl_multi_socket_action(h->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    collect(h);
}

static int on_timeout(CURLM *multi, long ms, void *arg)
{
    struct http *h = arg;
    (void)multi;
    if (ms < 0)
        timer_stop(h->timer);
    else
        timer_set(h->timer, ms, false);
    return 0;
}

struct http *http_new(struct loop *l, const struct http_options *o)
{
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        panic("curl_global_init");
    struct http *h = mem_alloc(sizeof *h);
    h->loop = l;
    h->options = *o;
    h->multi = curl_multi_init();
    h->timer = timer_new(l, on_timer, h);
    curl_multi_setopt(h->multi, CURLMOPT_SOCKETFUNCTION, on_watch);
    curl_multi_setopt(h->multi, CURLMOPT_SOCKETDATA, h);
    curl_multi_setopt(h->multi, CURLMOPT_TIMERFUNCTION, on_timeout);
    curl_multi_setopt(h->multi, CURLMOPT_TIMERDATA, h);
    curl_multi_setopt(h->multi, CURLMOPT_MAXCONNECTS, 64L); // kept open for the next request
    return h;
}

void http_free(struct http **http)
{
    struct http *h = *http;
    if (!h)
        return;
    for (struct transfer *t = h->all, *next; t; t = next) {
        next = t->next;
        transfer_free(t);
    }
    curl_multi_cleanup(h->multi);
    timer_free(&h->timer);
    free(h);
    curl_global_cleanup();
    *http = NULL;
}

// Requests.

static void set_callbacks(CURL *c, struct transfer *t)
{
    curl_easy_setopt(c, CURLOPT_PRIVATE, t);
    curl_easy_setopt(c, CURLOPT_ERRORBUFFER, t->error);
    curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(c, CURLOPT_WRITEDATA, t);
    curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(c, CURLOPT_HEADERDATA, t);
    curl_easy_setopt(c, CURLOPT_OPENSOCKETFUNCTION, on_open);
    curl_easy_setopt(c, CURLOPT_OPENSOCKETDATA, t);
}

// One hop: what is for the site alone goes to no other, the whole has one time limit.
static void start_hop(struct transfer *t)
{
    t->forbidden = t->allowed = false;
    transfer_set_hop(t, t->started_ms + t->http->options.total_ms - clock_monotonic_ms());
    CURLMcode code = curl_multi_add_handle(t->http->multi, t->easy);
    if (code != CURLM_OK)
        panic("curl_multi_add_handle: %s", curl_multi_strerror(code));
}

void http_get(struct http *h, const struct http_request *r, http_done *fn, void *arg)
{
    size_t max = h->options.body_max;
    struct transfer *t = mem_alloc(sizeof *t);
    *t = (struct transfer){.http = h,
                           .fn = fn,
                           .arg = arg,
                           .may_follow = r->may_follow,
                           .enough = r->enough,
                           .site = mem_strdup(r->site ? r->site : r->url),
                           .old_tls = r->old_tls,
                           .started_ms = clock_monotonic_ms(),
                           .body = buf_new(r->enough > max ? r->enough : max)};
    if (!(t->easy = curl_easy_init()))
        panic("out of memory");
    transfer_set_up(t, r);
    set_callbacks(t->easy, t);
    for (; t->n_hops < r->n_hops && t->n_hops < HTTP_HOPS_MAX - 1; t->n_hops++)
        t->hops[t->n_hops] =
            (struct http_hop){r->hops[t->n_hops].status, mem_strdup(r->hops[t->n_hops].url)};
    t->next = h->all;
    if (h->all)
        h->all->prev = t;
    h->all = t;
    snprintf(t->url, sizeof t->url, "%s", r->url);
    start_hop(t);
}
