// SPDX-License-Identifier: MIT
#include "services/fetcher/http.h"

#include <curl/curl.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/buf.h"
#include "common/mem.h"
#include "services/fetcher/redirect.h"

enum { HEADER_MAX = URL_MAX + 1, HEADERS_MAX = 64 << 10 };

// The headers that anyone asks for.
enum header {
    CONTENT_TYPE,
    ETAG,
    LAST_MODIFIED,
    CACHE_CONTROL,
    EXPIRES,
    DATE,
    RETRY_AFTER,
    LOCATION,
    HEADERS
};

static const char *const header_names[HEADERS] = {"content-type",  "etag",    "last-modified",
                                                  "cache-control", "expires", "date",
                                                  "retry-after",   "location"};

struct transfer {
    struct http *http;
    CURL *easy;
    struct curl_slist *own; // headers for URLs of the site, NULL: the same as
    struct curl_slist *any; // for others
    char *site;
    bool old_tls;
    char url[URL_MAX + 1]; // of this hop
    struct http_hop hops[HTTP_HOPS_MAX];
    size_t n_hops;
    bool lost; // the last of them could not be followed, see why
    int64_t started_ms;
    struct buf body;
    char values[HEADERS][HEADER_MAX];
    size_t header_bytes;
    bool too_large, forbidden, proxied;
    struct problem why; // of the guard
    char error[CURL_ERROR_SIZE];
    http_done *fn;
    void *arg;
    struct transfer *prev, *next;
};

struct http {
    struct loop *loop;
    struct http_options options;
    CURLM *multi;
    struct timer *timer;
    struct transfer *all;
};

const char *http_outcome_name(enum http_outcome o)
{
    static const char *const names[] = {
        "answered",  "not a URL", "no such host", "address not allowed", "no complete answer",
        "timed out", "TLS error", "too large",    "bad redirect",        "broken answer"};
    return names[o];
}

// Receiving.

static size_t on_body(char *bytes, size_t size, size_t n, void *arg)
{
    struct transfer *t = arg;
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
        return CURL_SOCKET_BAD;
    }
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
    if (t->too_large)
        return HTTP_TOO_LARGE;
    if (t->lost)
        return HTTP_REDIRECTS;
    if (code != CURLE_OK && t->forbidden)
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
    r.redirects = (int)t->n_hops - t->lost;
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
    if (t->lost)
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

static void add_line(struct curl_slist **list, const char *line)
{
    if (strpbrk(line, "\r\n"))
        return;
    struct curl_slist *more = curl_slist_append(*list, line);
    if (!more)
        panic("out of memory");
    *list = more;
}

static void add_header(struct curl_slist **list, const char *name, const char *value)
{
    char line[HEADER_MAX + 64];
    if (!*value)
        return;
    snprintf(line, sizeof line, "%s: %s", name, value);
    add_line(list, line);
}

// Servers of ten years ago: many a ministry has one.
static CURLcode allow_old(CURL *c, void *context, void *arg)
{
    (void)c, (void)arg;
    SSL_CTX_set_options(context, SSL_OP_LEGACY_SERVER_CONNECT);
    return CURLE_OK;
}

static void set_tls(CURL *c, bool old)
{
    curl_easy_setopt(c, CURLOPT_SSLVERSION,
                     old ? (long)CURL_SSLVERSION_TLSv1_0 : (long)CURL_SSLVERSION_DEFAULT);
    curl_easy_setopt(c, CURLOPT_SSL_CIPHER_LIST, old ? "DEFAULT@SECLEVEL=0" : NULL);
    curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, old ? 0L : 1L);
    curl_easy_setopt(c, CURLOPT_SSL_CTX_FUNCTION, old ? allow_old : NULL);
}

static void set_limits(CURL *c, const struct http_options *o, const char *proxy)
{
    curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS, (long)o->connect_ms);
    curl_easy_setopt(c, CURLOPT_LOW_SPEED_LIMIT, 64L);
    curl_easy_setopt(c, CURLOPT_LOW_SPEED_TIME, 15L);
    curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(c, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
    curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
    // Without these two a proxy from the environment would get around the guard. What the proxy's
    // URL says of user and password is sent to the proxy alone.
    curl_easy_setopt(c, CURLOPT_PROXY, proxy);
    curl_easy_setopt(c, CURLOPT_NOPROXY, *proxy ? "" : "*");
}

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

static void add_common(struct curl_slist **list, const struct http_request *r)
{
    static const char accept[] =
        "application/rss+xml, application/atom+xml, application/feed+json, text/html, "
        "application/xhtml+xml;q=0.9, application/xml;q=0.9, */*;q=0.5";
    add_header(list, "Accept", accept);
    add_header(list, "If-None-Match", r->etag); // of the last hop's answer, whoever that is
    add_header(list, "If-Modified-Since", r->last_modified);
}

static void set_headers(struct transfer *t, const struct http_request *r)
{
    add_common(&t->any, r);
    if (r->n_headers)
        add_common(&t->own, r);
    for (size_t i = 0; i < r->n_headers; i++)
        add_line(&t->own, r->headers[i]);
}

// One hop: what is for the site alone goes to no other, the whole has one time limit.
static void start_hop(struct transfer *t)
{
    struct http *h = t->http;
    int64_t left_ms = t->started_ms + h->options.total_ms - clock_monotonic_ms();
    bool own = t->own && redirect_own(t->site, t->url);
    curl_easy_setopt(t->easy, CURLOPT_URL, t->url);
    curl_easy_setopt(t->easy, CURLOPT_TIMEOUT_MS, (long)(left_ms > 1 ? left_ms : 1));
    curl_easy_setopt(t->easy, CURLOPT_HTTPHEADER, own ? t->own : t->any);
    if (t->old_tls)
        set_tls(t->easy, url_same_site(t->site, t->url));
    CURLMcode code = curl_multi_add_handle(h->multi, t->easy);
    if (code != CURLM_OK)
        panic("curl_multi_add_handle: %s", curl_multi_strerror(code));
}

void http_get(struct http *h, const struct http_request *r, http_done *fn, void *arg)
{
    struct transfer *t = mem_alloc(sizeof *t);
    *t = (struct transfer){.http = h,
                           .fn = fn,
                           .arg = arg,
                           .site = mem_strdup(r->site ? r->site : r->url),
                           .old_tls = r->old_tls,
                           .started_ms = clock_monotonic_ms(),
                           .body = buf_new(h->options.body_max)};
    const char *proxy = r->proxy && *r->proxy ? r->proxy : h->options.proxy;
    CURL *c = t->easy = curl_easy_init();
    if (!c)
        panic("out of memory");
    t->proxied = *proxy != '\0';
    set_limits(c, &h->options, proxy);
    set_callbacks(c, t);
    curl_easy_setopt(c, CURLOPT_USERAGENT, h->options.user_agent);
    curl_easy_setopt(c, CURLOPT_ACCEPT_ENCODING, ""); // all that this libcurl can unpack
    curl_easy_setopt(c, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
    set_headers(t, r);
    t->next = h->all;
    if (h->all)
        h->all->prev = t;
    h->all = t;
    snprintf(t->url, sizeof t->url, "%s", r->url);
    start_hop(t);
}
