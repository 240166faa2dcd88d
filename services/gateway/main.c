// SPDX-License-Identifier: MIT
// newswire-gateway: the newest announcements as a page for people, and the stack's health for
// machines. It holds nothing of its own and may be ended at any time.
#include <jansson.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/embedded.h"
#include "common/http_server.h"
#include "common/mem.h"
#include "common/metrics.h"
#include "common/service.h"
#include "services/gateway/follow.h"
#include "services/gateway/page.h"

struct gateway_settings {
    struct service_settings base;
    const char *http;
    struct setting_list allowed_hosts;
};

static const struct setting table[] = {
    {"http", SETTING_STRING, offsetof(struct gateway_settings, http), "127.0.0.1:8080", 0, 0,
     "where the page is: PORT, HOST:PORT or *:PORT"},
    {"allowed-hosts", SETTING_LIST, offsetof(struct gateway_settings, allowed_hosts), NULL, 0, 0,
     "names under which browsers reach it, besides localhost"},
    {0},
};

static const char usage[] =
    "Usage: newswire-gateway [settings]\n"
    "Shows the newest announcements of a sink as a web page, and tells its health at /healthz.\n"
    "\n"
    "  newswire-gateway --http 8080\n"
    "  newswire-gateway --topic tcp://sink:5553 --replay tcp://sink:5554 --http '*:8080' \\\n"
    "      --allowed-hosts news.example.com\n";

struct gateway {
    struct follow *follow;
    struct http_server *server;
};

extern const struct embedded gateway_web[];

static void answer_page(const struct gateway *g, struct http_reply *r)
{
    struct problem trouble = {""};
    struct page_status status = {clock_utc_ms(), follow_head(g->follow), trouble.text};
    follow_is_live(g->follow, &trouble);
    r->content_type = "text/html; charset=utf-8";
    http_reply_header(r, "Cache-Control", "no-store");
    page_render(follow_newest(g->follow), &status, &r->body);
}

static void answer_health(const struct gateway *g, struct http_reply *r)
{
    struct problem trouble;
    bool live = follow_is_live(g->follow, &trouble);
    json_t *o = json_pack("{s:s, s:I}", "status", live ? "ok" : "waiting", "head",
                          (json_int_t)follow_head(g->follow));
    if (!live) {
        r->status = 503;
        json_object_set_new(o, "reason", json_string(trouble.text));
    }
    char *text = json_dumps(o, JSON_COMPACT);
    r->content_type = "application/json";
    http_reply_header(r, "Cache-Control", "no-store");
    buf_printf(&r->body, "%s\n", text);
    free(text);
    json_decref(o);
}

static bool answer_file(const char *path, struct http_reply *r)
{
    for (const struct embedded *f = gateway_web; f->name; f++)
        if (strcmp(path + 1, f->name) == 0) {
            bool css = strstr(f->name, ".css") != NULL;
            r->content_type = css ? "text/css; charset=utf-8" : "image/svg+xml";
            http_reply_header(r, "Cache-Control", "max-age=300");
            buf_add(&r->body, f->bytes, f->size);
            return true;
        }
    return false;
}

static void on_call(void *arg, const struct http_call *call, struct http_reply *r)
{
    const struct gateway *g = arg;
    ++*metric("gateway_requests_total");
    http_reply_header(r, "Content-Security-Policy",
                      "default-src 'self'; base-uri 'none'; form-action 'none'; "
                      "frame-ancestors 'none'");
    http_reply_header(r, "Referrer-Policy", "no-referrer");
    if (strcmp(call->path, "/") == 0)
        answer_page(g, r);
    else if (strcmp(call->path, "/healthz") == 0)
        answer_health(g, r);
    else if (!answer_file(call->path, r)) {
        r->status = 404;
        buf_puts(&r->body, "There is nothing here. The page is at /, health at /healthz.\n");
    }
}

static void stop(void **state)
{
    struct gateway *g = *state;
    http_server_free(&g->server);
    follow_free(&g->follow);
    free(g);
    *state = NULL;
}

static enum err start(struct loop *l, struct socket_context *z, const void *settings, void **state,
                      struct problem *why)
{
    const struct gateway_settings *s = settings;
    struct http_server_options web = {s->http, s->allowed_hosts, "--http"};
    struct gateway *g = mem_alloc(sizeof *g);
    enum err e = http_server_new(l, &web, on_call, g, &g->server, why);
    if (e == OK)
        e = follow_new(l, z, s->base.topic, s->base.replay, &g->follow, why);
    void *made = g;
    if (e == OK)
        *state = made;
    else
        stop(&made);
    return e;
}

static bool health(void *state, char *line, size_t size)
{
    struct gateway *g = state;
    struct problem trouble = {""};
    bool live = follow_is_live(g->follow, &trouble);
    if (live)
        snprintf(line, size, "announcements=%zu", newest_size(follow_newest(g->follow)));
    else
        snprintf(line, size, "%s", trouble.text);
    return live;
}

int main(int argc, char **argv)
{
    static const struct service gateway = {.name = "gateway",
                                           .usage = usage,
                                           .settings = table,
                                           .settings_size = sizeof(struct gateway_settings),
                                           .start = start,
                                           .health = health,
                                           .stop = stop};
    return service_main(&gateway, argc, argv);
}
