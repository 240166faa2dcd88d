// SPDX-License-Identifier: MIT
#include "services/fetcher/robots.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/mem.h"

enum { SITEMAPS_MAX = 50, LINE_MAX_SIZE = 2048, PATH_MAX_SIZE = 8192, AGENT_MAX_SIZE = 100 };
enum { DELAY_STATED_MAX_S = 1000000000 };

struct rule {
    const char *text; // "Disallow: /a", for a person
    const char *path; // normalised; may hold * and end in $
    size_t size;      // of the path: the longer rule wins
    int line;         // where it stands in the file, from 1
    bool allow;
};

// The rules of the groups for us, or of those for everyone.
struct rules {
    struct rule *list;
    size_t n, cap;
    int delay_s;
    bool named; // there is such a group
};

struct robots {
    struct arena *arena;
    struct rules ours, all;
    const char *sitemaps[SITEMAPS_MAX];
    size_t n_sitemaps;
};

// Where the reader stands: which groups the lines belong to.
struct reader {
    struct robots *robots;
    char agent[AGENT_MAX_SIZE];
    bool ours, all;   // the current group names us, or everyone
    bool agents_only; // since the group began, nothing but user-agent lines
    int line;
};

// ---- Paths ----

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)tolower((unsigned char)c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool is_unreserved(unsigned char c)
{
    return c < 0x80 && (isalnum(c) || (c && strchr("-._~", c)));
}

static size_t add_encoded(char *out, unsigned char c)
{
    static const char digits[] = "0123456789ABCDEF";
    out[0] = '%';
    out[1] = digits[c >> 4];
    out[2] = digits[c & 15];
    return 3;
}

// Brings the escapes of a path into one form (2.2.2): what is unreserved is not escaped, what is
// not ASCII is. Writes at most `max` bytes and a NUL; returns the length, false in *whole if cut.
static size_t normalise(const char *s, size_t n, bool pattern, char *out, size_t max)
{
    size_t size = 0;
    for (size_t i = 0; i < n && size + 3 <= max; i++) {
        unsigned char c = (unsigned char)s[i];
        int high = c == '%' && i + 2 < n ? hex_value(s[i + 1]) : -1;
        int low = high >= 0 ? hex_value(s[i + 2]) : -1;
        if (low >= 0) {
            unsigned char decoded = (unsigned char)(high * 16 + low);
            if (is_unreserved(decoded))
                out[size++] = (char)decoded;
            else
                size += add_encoded(out + size, decoded);
            i += 2;
        } else if (c >= 0x80 || c <= ' ' || (c == '*' && !pattern) ||
                   (c == '$' && !(pattern && i + 1 == n))) {
            size += add_encoded(out + size, c);
        } else {
            out[size++] = (char)c;
        }
    }
    out[size] = '\0';
    return size;
}

// True if the rule matches a beginning of the path; * stands for anything, a last $ for the end.
// What stands between two * is sought from left to right, which is linear.
static bool matches(const struct rule *rule, const char *path, size_t n)
{
    const char *part = rule->path, *end = part + rule->size;
    bool to_the_end = end[-1] == '$';
    end -= to_the_end;
    size_t at = 0;
    for (bool first = true;; first = false) {
        const char *star = memchr(part, '*', (size_t)(end - part));
        size_t size = (size_t)((star ? star : end) - part);
        if (!star && to_the_end)
            return n - at >= size && (!first || n == size) &&
                   memcmp(path + n - size, part, size) == 0;
        const char *found = memmem(path + at, n - at, part, size);
        if (!found || (first && found != path))
            return false;
        if (!star)
            return true;
        at = (size_t)(found - path) + size;
        part = star + 1;
    }
}

// ---- Reading ----

static void add_rule(struct arena *arena, struct rules *rules, bool allow, const char *value,
                     int line)
{
    if (rules->n == ROBOTS_RULES_MAX || !*value)
        return; // "Disallow:" alone forbids nothing
    char path[3 * LINE_MAX_SIZE + 4];
    size_t n = normalise(value, strlen(value), true, path, sizeof path - 1);
    mem_reserve((void **)&rules->list, &rules->cap, rules->n + 1, sizeof *rules->list);
    rules->list[rules->n++] = (struct rule){
        .text = arena_printf(arena, "%s: %s", allow ? "Allow" : "Disallow", value),
        .path = arena_strndup(arena, path, n),
        .size = n,
        .line = line,
        .allow = allow,
    };
}

// "2", "0.5", "10 # comment": whole seconds, rounded up.
static int read_delay(const char *value)
{
    char *end;
    double delay = strtod(value, &end);
    if (end == value || !(delay > 0))
        return 0;
    if (delay >= DELAY_STATED_MAX_S)
        return DELAY_STATED_MAX_S;
    int whole = (int)delay;
    return whole + (delay > whole);
}

// The product token at the start of the value: letters, _ and - (2.2.1).
static bool names(const char *value, const char *agent)
{
    size_t n = 0;
    while (isalnum((unsigned char)value[n]) || value[n] == '_' || value[n] == '-')
        n++;
    return n > 0 && n == strlen(agent) && strncasecmp(value, agent, n) == 0;
}

static void take_agent(struct reader *r, const char *value)
{
    if (!r->agents_only)
        r->ours = r->all = false;
    r->agents_only = true;
    r->ours = r->ours || names(value, r->agent);
    r->all = r->all || value[0] == '*';
    r->robots->ours.named = r->robots->ours.named || r->ours;
    r->robots->all.named = r->robots->all.named || r->all;
}

static void take_rule(struct reader *r, bool allow, const char *value)
{
    r->agents_only = false;
    if (r->ours)
        add_rule(r->robots->arena, &r->robots->ours, allow, value, r->line);
    if (r->all)
        add_rule(r->robots->arena, &r->robots->all, allow, value, r->line);
}

static void take_delay(struct reader *r, const char *value)
{
    r->agents_only = false;
    if (r->ours)
        r->robots->ours.delay_s = read_delay(value);
    if (r->all)
        r->robots->all.delay_s = read_delay(value);
}

static void take_sitemap(struct robots *r, const char *value)
{
    if (r->n_sitemaps < SITEMAPS_MAX && *value)
        r->sitemaps[r->n_sitemaps++] = arena_strndup(r->arena, value, strlen(value));
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\v' || c == '\f';
}

static char *trim(char *s, char *end)
{
    while (s < end && is_blank(*s))
        s++;
    while (end > s && is_blank(end[-1]))
        end--;
    *end = '\0';
    return s;
}

// One line without its comment, NUL-terminated in a buffer of ours.
static void take_line(struct reader *r, char *line, char *end)
{
    char *colon = memchr(line, ':', (size_t)(end - line));
    if (!colon)
        return;
    const char *value = trim(colon + 1, end), *key = trim(line, colon);
    if (strcasecmp(key, "user-agent") == 0 || strcasecmp(key, "useragent") == 0)
        take_agent(r, value);
    else if (strcasecmp(key, "allow") == 0)
        take_rule(r, true, value);
    else if (strcasecmp(key, "disallow") == 0)
        take_rule(r, false, value);
    else if (strcasecmp(key, "crawl-delay") == 0)
        take_delay(r, value);
    else if (strcasecmp(key, "sitemap") == 0)
        take_sitemap(r->robots, value); // belongs to no group
}

static void read_lines(struct reader *r, const char *s, const char *end)
{
    char line[LINE_MAX_SIZE] = "";
    while (s < end) {
        const char *stop = s;
        while (stop < end && *stop != '\n' && *stop != '\r')
            stop++;
        r->line++;
        const char *comment = memchr(s, '#', (size_t)(stop - s));
        size_t n = (size_t)((comment ? comment : stop) - s);
        if (n < sizeof line) { // a longer line is nothing that a person wrote
            memcpy(line, s, n);
            for (size_t i = 0; i < n; i++)
                line[i] = line[i] ? line[i] : ' ';
            take_line(r, line, line + n);
        }
        s = stop < end ? stop + 1 : end;
        if (s < end && *stop == '\r' && *s == '\n')
            s++; // one line end, not two
    }
}

struct robots *robots_read(const uint8_t *bytes, size_t size, const char *agent)
{
    struct robots *r = mem_alloc(sizeof *r);
    r->arena = arena_new(4096);
    struct reader reader = {.robots = r};
    size_t n = strnlen(agent, AGENT_MAX_SIZE - 1);
    memcpy(reader.agent, agent, n);
    const char *s = (const char *)bytes;
    if (size > ROBOTS_SIZE_MAX)
        for (size = ROBOTS_SIZE_MAX; size > 0 && s[size - 1] != '\n';)
            size--; // half a line would be another rule
    size_t bom = size >= 3 && memcmp(s, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
    if (size > 0)
        read_lines(&reader, s + bom, s + size);
    return r;
}

void robots_free(struct robots **r)
{
    if (!*r)
        return;
    free((*r)->ours.list);
    free((*r)->all.list);
    arena_free(&(*r)->arena);
    free(*r);
    *r = NULL;
}

// ---- Answers ----

static const struct rules *rules_for_us(const struct robots *r)
{
    return r->ours.named ? &r->ours : &r->all;
}

bool robots_allows(const struct robots *r, const char *path, struct robots_rule *rule)
{
    const struct rules *rules = rules_for_us(r);
    const struct rule *best = NULL;
    char normal[PATH_MAX_SIZE];
    size_t n = normalise(path, strlen(path), false, normal, sizeof normal - 1);
    bool own_file = strcmp(normal, "/robots.txt") == 0;
    for (size_t i = 0; i < rules->n && !own_file; i++) {
        const struct rule *x = &rules->list[i];
        bool better = !best || x->size > best->size || (x->size == best->size && x->allow);
        if (better && matches(x, normal, n))
            best = x;
    }
    if (rule)
        *rule = best ? (struct robots_rule){best->text, best->line} : (struct robots_rule){"", 0};
    return !best || best->allow;
}

int robots_delay_stated_s(const struct robots *r)
{
    return rules_for_us(r)->delay_s;
}

int robots_delay_s(const struct robots *r)
{
    int stated = robots_delay_stated_s(r);
    return stated < ROBOTS_DELAY_MAX_S ? stated : ROBOTS_DELAY_MAX_S;
}

const char *robots_sitemap(const struct robots *r, size_t index)
{
    return index < r->n_sitemaps ? r->sitemaps[index] : NULL;
}

enum robots_answer robots_answer(int status)
{
    if (status >= 200 && status < 300)
        return ROBOTS_READ;
    // 429 is a wish to be left alone, not the absence of a file.
    bool refused = status >= 400 && status < 500 && status != 429;
    return refused ? ROBOTS_ALLOW_ALL : ROBOTS_DISALLOW_ALL;
}
