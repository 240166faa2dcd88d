// SPDX-License-Identifier: MIT
#include "services/fetcher/extract/url.h"

#include <ctype.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <lexbor/url/url.h>

#include "common/buf.h"

enum { INPUT_MAX = 4 * URL_MAX }; // longer text is not parsed at all

// Parameters that say how a reader came here, not what stands here.
static const char *const tracking_names[] = {
    "_ga",        "_gl",       "_hsenc",      "_hsmi",          "at_campaign", "at_medium",
    "bd_vid",     "clicktime", "cmpid",       "dclid",          "enterid",     "fbclid",
    "gbraid",     "gclid",     "gclsrc",      "hmci",           "hmcu",        "hmkw",
    "hmpl",       "hmsr",      "igshid",      "isappinstalled", "jsessionid",  "li_fat_id",
    "mc_cid",     "mc_eid",    "mkt_tok",     "msclkid",        "nsukey",      "oly_anon_id",
    "oly_enc_id", "phpsessid", "pk_campaign", "pk_kwd",         "pk_medium",   "pk_source",
    "ref_src",    "s_cid",     "share_token", "sharer_shareid", "spm",         "spm_id_from",
    "srsltid",    "ttclid",    "twclid",      "vero_id",        "wbraid",      "xtor",
    "yclid",
};
static const char *const tracking_prefixes[] = {"utm_", "aspsessionid", "mtm_", "hsa_"};
static const char *const share_sources[] = {"timeline", "singlemessage", "groupmessage"};

// Second labels below which a country hands out names: example.gov.cn is one site.
static const char *const public_seconds[] = {
    "ac", "co", "com", "edu", "go", "gob", "gov", "gouv", "mil", "ne", "net", "or", "org",
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

struct span {
    const char *s;
    size_t n;
};

// lexbor 3.0.1 leaves the character after a stray % as it is: what is not ASCII is encoded here.
static lxb_status_t collect(const lxb_char_t *data, size_t n, void *ctx)
{
    for (size_t i = 0, plain; i < n; i += plain) {
        for (plain = 0; i + plain < n && data[i + plain] > ' ' && data[i + plain] < 0x7F;)
            plain++;
        buf_add(ctx, data + i, plain);
        if (i + plain < n)
            buf_printf(ctx, "%%%02X", data[i + plain++]);
    }
    return buf_failed(ctx) ? LXB_STATUS_ERROR_OVERFLOW : LXB_STATUS_OK;
}

// One for the whole process: making it costs as much as parsing a URL.
static lxb_url_parser_t *the_parser(void)
{
    static lxb_url_parser_t *parser;
    if (parser)
        return parser;
    parser = lxb_url_parser_create();
    if (!parser || lxb_url_parser_init(parser, NULL) != LXB_STATUS_OK)
        fatal("out of memory for a URL");
    return parser;
}

// The URL that was parsed goes, before another one comes.
static void parse_end(void)
{
    lexbor_mraw_clean(the_parser()->mraw);
}

static bool is_web(const lxb_url_t *u)
{
    return (u->scheme.type == LXB_URL_SCHEMEL_TYPE_HTTP ||
            u->scheme.type == LXB_URL_SCHEMEL_TYPE_HTTPS) &&
           u->username.length == 0 && u->password.length == 0;
}

// True if s[0..n) ends in a segment that means "here" or "above": "." or "..", encoded or not.
static bool ends_in_dots(const char *s, size_t n)
{
    size_t dots = 0;
    for (; dots < 3; dots++) {
        if (n >= 1 && s[n - 1] == '.')
            n--;
        else if (n >= 3 && strncasecmp(s + n - 3, "%2e", 3) == 0)
            n -= 3;
        else
            break;
    }
    return (dots == 1 || dots == 2) && (n == 0 || s[n - 1] == '/' || s[n - 1] == '\\');
}

// lexbor 3.0.1 loses the ? or # that follows a last segment of dots: "/a/..#b" became "/b". With a
// slash between them, which means the same, it does not. Tabs and line ends go first, as in the
// standard, since they might stand between.
static void prepare(const char *url, struct buf *out)
{
    for (size_t n; *url; url += n + (url[n] != '\0')) {
        n = strcspn(url, "\t\n\r");
        buf_add(out, url, n);
    }
    size_t path = strcspn(buf_str(out), "?#");
    if (path == out->size || !ends_in_dots(buf_str(out), path))
        return;
    buf_puts(out, "/");
    memmove(out->data + path + 1, out->data + path, out->size - path - 1);
    out->data[path] = '/';
}

static lxb_url_t *parse_one(const lxb_url_t *base, const char *url)
{
    struct buf text = buf_new(INPUT_MAX + 1);
    prepare(url, &text);
    lxb_url_parser_t *parser = the_parser();
    lxb_url_parser_clean(parser);
    lxb_url_t *parsed =
        buf_failed(&text)
            ? NULL
            : lxb_url_parse(parser, base, (const lxb_char_t *)buf_str(&text), text.size);
    buf_free(&text);
    return parsed;
}

// Borrowed until parse_end(), which must follow; NULL if it is not a URL of the web.
static const lxb_url_t *parse(const char *base, const char *url)
{
    if (strnlen(base, INPUT_MAX + 1) > INPUT_MAX || strnlen(url, INPUT_MAX + 1) > INPUT_MAX)
        return NULL;
    const lxb_url_t *against = *base ? parse_one(NULL, base) : NULL;
    const lxb_url_t *parsed = parse_one(against, url);
    return parsed && is_web(parsed) ? parsed : NULL;
}

enum err url_resolve(const char *base, const char *url, char out[URL_MAX + 1])
{
    struct buf text = buf_new(URL_MAX);
    const lxb_url_t *parsed = parse(base, url);
    bool ok = parsed && lxb_url_serialize(parsed, collect, &text, false) == LXB_STATUS_OK;
    parse_end();
    if (ok)
        memcpy(out, buf_str(&text), text.size + 1);
    buf_free(&text);
    return ok ? OK : ERR_INPUT;
}

static bool one_of(struct span word, const char *const *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strlen(list[i]) == word.n && strncasecmp(list[i], word.s, word.n) == 0)
            return true;
    return false;
}

static bool is_tracking(struct span parameter)
{
    const char *eq = memchr(parameter.s, '=', parameter.n);
    struct span name = {parameter.s, eq ? (size_t)(eq - parameter.s) : parameter.n};
    if (one_of(name, tracking_names, COUNT(tracking_names)))
        return true;
    for (size_t i = 0; i < COUNT(tracking_prefixes); i++) {
        size_t n = strlen(tracking_prefixes[i]);
        if (name.n > n && strncasecmp(name.s, tracking_prefixes[i], n) == 0)
            return true;
    }
    if (!eq || name.n != 4 || strncasecmp(name.s, "from", 4) != 0)
        return false;
    struct span value = {eq + 1, parameter.n - 5};
    return one_of(value, share_sources, COUNT(share_sources));
}

static int hex_value(char c)
{
    const char *digits = "0123456789abcdef";
    const char *at = c ? strchr(digits, tolower((unsigned char)c)) : NULL;
    return at ? (int)(at - digits) : -1;
}

static bool is_unreserved(unsigned char c)
{
    return c != '\0' && c < 0x80 && (isalnum(c) || strchr("-._~", c));
}

// True if `c` would make an escape of a stray % before it: "%" and "%36" are not "%6".
static bool completes_escape(const struct buf *out, unsigned char c)
{
    const char *end = buf_str(out) + out->size;
    bool stray = (out->size >= 1 && end[-1] == '%') ||
                 (out->size >= 2 && end[-2] == '%' && hex_value(end[-1]) >= 0);
    return stray && hex_value((char)c) >= 0;
}

// Copies with percent-encoding in its normal form (RFC 3986, 6.2.2): hex in upper case, and what
// need not be encoded is not.
static void add_normal(struct buf *out, struct span part)
{
    for (size_t i = 0; i < part.n; i++) {
        int high = part.s[i] == '%' && i + 2 < part.n ? hex_value(part.s[i + 1]) : -1;
        int low = high >= 0 ? hex_value(part.s[i + 2]) : -1;
        if (low < 0) {
            buf_add(out, part.s + i, 1);
            continue;
        }
        unsigned char c = (unsigned char)(high * 16 + low);
        if (is_unreserved(c) && !completes_escape(out, c))
            buf_add(out, &c, 1);
        else
            buf_printf(out, "%%%02X", c);
        i += 2;
    }
}

// Everything before the query, without the session that Java servers put into the path.
static void add_path(struct buf *out, struct span path)
{
    static const char session[] = ";jsessionid=";
    for (size_t i = 0; i + sizeof session <= path.n; i++) {
        if (strncasecmp(path.s + i, session, sizeof session - 1) == 0) {
            path.n = i;
            break;
        }
    }
    buf_add(out, path.s, path.n);
}

static void add_query(struct buf *out, struct span query)
{
    char lead = '?';
    while (query.n > 0) {
        const char *amp = memchr(query.s, '&', query.n);
        struct span one = {query.s, amp ? (size_t)(amp - query.s) : query.n};
        size_t used = one.n + (amp ? 1 : 0);
        query.s += used;
        query.n -= used;
        if (one.n == 0 || is_tracking(one))
            continue;
        buf_add(out, &lead, 1);
        buf_add(out, one.s, one.n);
        lead = '&';
    }
}

static bool is_route(const char *fragment)
{
    return fragment[1] == '/' || fragment[1] == '!';
}

enum err url_canonical(const char *url, char out[URL_MAX + 1])
{
    char whole[URL_MAX + 1];
    if (url_resolve("", url, whole) != OK)
        return ERR_INPUT;
    size_t fragment = strcspn(whole, "#");
    struct buf normal = buf_new(URL_MAX), text = buf_new(URL_MAX);
    add_normal(&normal, (struct span){whole, fragment});
    const char *s = buf_str(&normal);
    size_t path = strcspn(s, "?");
    add_path(&text, (struct span){s, path});
    if (path < normal.size)
        add_query(&text, (struct span){s + path + 1, normal.size - path - 1});
    if (whole[fragment] && is_route(whole + fragment))
        buf_puts(&text, whole + fragment);
    // Once more through the parser: what was taken off may have left "/.." at the end.
    enum err rc = url_resolve("", buf_str(&text), out);
    buf_free(&normal);
    buf_free(&text);
    return rc;
}

static void hash_hex(const char *first, const char *second, char out[URL_ID_SIZE])
{
    unsigned char id[16];
    crypto_generichash_state state;
    crypto_generichash_init(&state, NULL, 0, sizeof id);
    crypto_generichash_update(&state, (const unsigned char *)first, strlen(first));
    if (second) {
        // The NUL between them keeps ("ab", "c") and ("a", "bc") apart.
        crypto_generichash_update(&state, (const unsigned char *)"", 1);
        crypto_generichash_update(&state, (const unsigned char *)second, strlen(second));
    }
    crypto_generichash_final(&state, id, sizeof id);
    sodium_bin2hex(out, URL_ID_SIZE, id, sizeof id);
}

void url_id(const char *canonical, char out[URL_ID_SIZE])
{
    hash_hex(canonical, NULL, out);
}

void url_entry_id(const char *source, const char *guid, char out[URL_ID_SIZE])
{
    hash_hex(source, guid, out);
}

// The host's name alone; IPv6 in brackets.
static enum err host_name(const char *url, struct buf *out, unsigned *port)
{
    const lxb_url_t *parsed = parse("", url);
    bool ok = parsed && lxb_url_serialize_host(&parsed->host, collect, out) == LXB_STATUS_OK &&
              out->size > 0;
    if (parsed)
        *port = parsed->has_port                                    ? parsed->port
                : parsed->scheme.type == LXB_URL_SCHEMEL_TYPE_HTTPS ? 443
                                                                    : 80;
    parse_end();
    return ok ? OK : ERR_INPUT;
}

enum err url_host(const char *url, char out[300])
{
    struct buf host = buf_new(255);
    unsigned port;
    enum err rc = host_name(url, &host, &port);
    if (rc == OK)
        snprintf(out, 300, "%s:%u", buf_str(&host), port);
    buf_free(&host);
    return rc;
}

// Start of the label before `end` within host[0..).
static const char *label_before(const char *host, const char *end)
{
    while (end > host && end[-1] != '.')
        end--;
    return end;
}

// The registrable part: the last two labels, three where the second is a registry's own; all of an
// IP address.
static const char *registrable(char *host)
{
    size_t n = strlen(host);
    if (n && host[n - 1] == '.')
        host[--n] = '\0';
    if (n == 0 || host[0] == '[' || isdigit((unsigned char)host[n - 1]))
        return host;
    const char *top = label_before(host, host + n);
    if (top == host)
        return host;
    const char *second = label_before(host, top - 1);
    if (second == host)
        return host;
    struct span middle = {second, (size_t)(top - 1 - second)};
    bool country = strlen(top) == 2;
    if (country && one_of(middle, public_seconds, COUNT(public_seconds)))
        return label_before(host, second - 1);
    return second;
}

bool url_same_site(const char *a, const char *b)
{
    struct buf hosts[2] = {buf_new(255), buf_new(255)};
    unsigned port;
    bool same = false;
    if (host_name(a, &hosts[0], &port) == OK && host_name(b, &hosts[1], &port) == OK)
        same = strcmp(registrable((char *)hosts[0].data), registrable((char *)hosts[1].data)) == 0;
    buf_free(&hosts[0]);
    buf_free(&hosts[1]);
    return same;
}
