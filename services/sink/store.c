// SPDX-License-Identifier: MIT
#include "services/sink/store.h"

#include <string.h>

#include "services/sink/store_backend.h"

static const struct store_backend *const backends[] = {&store_sqlite};

enum { N_BACKENDS = sizeof backends / sizeof *backends };

static bool has_prefix(const char *s, const char *prefix)
{
    return strncmp(s, prefix, strlen(prefix)) == 0;
}

// Never repeats the URL: that of a database holds a password.
static enum err refuse(const char *url, struct problem *why)
{
    if (has_prefix(url, "postgresql:") || has_prefix(url, "postgres:"))
        return problem_set(why, ERR_CONFIG,
                           "store: this newswire has no PostgreSQL store yet: use sqlite:PATH");
    return problem_set(why, ERR_CONFIG,
                       "store: not the URL of a store: use sqlite:PATH, as in "
                       "sqlite:/var/lib/newswire/news.db");
}

enum err store_open(const struct store_options *o, struct store **out, struct problem *why)
{
    for (size_t i = 0; i < N_BACKENDS; i++) {
        const char *scheme = backends[i]->scheme;
        if (has_prefix(o->url, scheme) && o->url[strlen(scheme)] != '\0')
            return backends[i]->open(o->url + strlen(scheme), o, out, why);
    }
    return refuse(o->url, why);
}

void store_close(struct store **s)
{
    if (*s)
        (*s)->backend->close(*s);
    *s = NULL;
}

enum err store_commit(struct store *s, struct store_put *puts, size_t n, int64_t now_ms,
                      int64_t forget_before_ms, struct problem *why)
{
    return s->backend->commit(s, puts, n, now_ms, forget_before_ms, why);
}

enum err store_read(struct store *s, const struct store_range *range, store_row *fn, void *arg,
                    struct store_extent *extent, struct problem *why)
{
    return s->backend->read(s, range, fn, arg, extent, why);
}

const struct store_state *store_state(struct store *s)
{
    return s->backend->state(s);
}
