// SPDX-License-Identifier: MIT
#include <openssl/ssl.h>
#include <stdio.h>
#include <string.h>

#include "common/mem.h"
#include "services/fetcher/http_parts.h"
#include "services/fetcher/redirect.h"

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

void transfer_set_hop(struct transfer *t, int64_t left_ms)
{
    bool own = t->own && redirect_own(t->site, t->url);
    curl_easy_setopt(t->easy, CURLOPT_URL, t->url);
    curl_easy_setopt(t->easy, CURLOPT_TIMEOUT_MS, (long)(left_ms > 1 ? left_ms : 1));
    curl_easy_setopt(t->easy, CURLOPT_HTTPHEADER, own ? t->own : t->any);
    if (t->old_tls)
        set_tls(t->easy, url_same_site(t->site, t->url));
}

void transfer_set_up(struct transfer *t, const struct http_request *r)
{
    const struct http_options *o = &t->http->options;
    const char *proxy = r->proxy && *r->proxy ? r->proxy : o->proxy;
    t->proxied = *proxy != '\0';
    set_limits(t->easy, o, proxy);
    curl_easy_setopt(t->easy, CURLOPT_USERAGENT, o->user_agent);
    curl_easy_setopt(t->easy, CURLOPT_ACCEPT_ENCODING, ""); // all that this libcurl can unpack
    curl_easy_setopt(t->easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
    set_headers(t, r);
}
