// SPDX-License-Identifier: MIT
// The dates of a list: in its texts, its URLs and its headings.
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "services/fetcher/extract/list_parts.h"

enum {
    ITEM_NODES_MAX = 400, // looked through for a date
    PIECE_CELLS_MAX = 60, // of a text that may be a date with something around it
    TAIL_SIZE = 24,
    NUMBERS_MAX = 6,
    LEAP_YEARS = 4,  // how long ago a 29 February without its year may have been
    SHORT_YEARS = 9, // how far back years of two digits are believed
    NEIGHBOURS = 20, // entries that a text may belong to
    DAY_MS = 86400000,
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

// ---- Numbers and names ----

// Three numbers and where they stand: "20 2026-11", "11-20", "2026 11 20".
struct numbers {
    int value[NUMBERS_MAX];
    size_t n;
};

static bool only_numbers(const char *text, struct numbers *out)
{
    out->n = 0;
    for (const char *s = text; *s;) {
        if (isdigit((unsigned char)*s)) {
            char *end;
            long value = strtol(s, &end, 10);
            if (end - s > 4 || out->n == NUMBERS_MAX)
                return false;
            out->value[out->n++] = (int)value;
            s = end;
        } else if (strchr("-/. []()|,", *s)) {
            s++;
        } else if (strncmp(s, "月", 3) == 0 || strncmp(s, "日", 3) == 0 ||
                   strncmp(s, "年", 3) == 0) {
            s += 3;
        } else {
            return false;
        }
    }
    return out->n > 0;
}

static bool is_year(int n)
{
    return n >= 1990 && n <= 2100;
}

static bool make_date(int year, int month, int day, const struct date_rules *rules,
                      struct date *out)
{
    char text[32];
    if (month < 1 || month > 12 || day < 1 || day > 31)
        return false;
    int n = snprintf(text, sizeof text, "%04d-%02d-%02d", year, month, day);
    return date_read(text, (size_t)n, rules, out);
}

bool list_year_end(int year, const struct date_rules *rules, struct date *out)
{
    return make_date(year, 12, 30, rules, out); // a day more is believed
}

static int year_of(int64_t ms)
{
    return 1970 + (int)(ms / DAY_MS * 10000 / 3652425);
}

// A day without its year is the last such day that has been.
static bool make_recent(int month, int day, const struct date_rules *rules, struct date *out)
{
    int year = year_of(rules->now_ms), past = month == 2 && day == 29 ? LEAP_YEARS : 1;
    for (int y = year + 1; rules->now_ms > 0 && y >= year - past; y--)
        if (make_date(y, month, day, rules, out)) // refuses what is yet to come
            return true;
    return false;
}

// The same of "20 Nov", "Nov. 20".
static bool named_recent(const char *text, const struct date_rules *rules, struct date *out)
{
    char whole[40];
    int year = year_of(rules->now_ms), past = strstr(text, "29") ? LEAP_YEARS : 1;
    bool letters = strlen(text) <= 14 && strpbrk(text, "aeocuAEOCU");
    for (int y = year; rules->now_ms > 0 && letters && y >= year - past; y--) {
        int n = snprintf(whole, sizeof whole, "%s, %d", text, y);
        if (date_read(whole, (size_t)n, rules, out))
            return true;
    }
    return false;
}

// "26-11-20": the year is one of the last few.
static bool short_year(const struct numbers *x, const char *text, const struct date_rules *rules,
                       struct date *out)
{
    int year = 2000 + x->value[0], now = year_of(rules->now_ms);
    return strpbrk(text, "-/.") && year <= now && year >= now - SHORT_YEARS &&
           make_date(year, x->value[1], x->value[2], rules, out);
}

static bool from_numbers(const struct numbers *x, const char *text, const struct date_rules *rules,
                         struct date *out)
{
    const int *v = x->value;
    if (x->n == 2 && !is_year(v[0]) && !is_year(v[1]))
        return make_recent(v[0], v[1], rules, out);
    if (x->n != 3)
        return false;
    if (is_year(v[0]))
        return make_date(v[0], v[1], v[2], rules, out);
    if (v[0] >= 90 && v[0] < 150) // the years of the 民國 era
        return make_date(v[0] + 1911, v[1], v[2], rules, out);
    if (is_year(v[1]))
        return make_date(v[1], v[2], v[0], rules, out);
    if (!is_year(v[2]))
        return short_year(x, text, rules, out);
    return make_date(v[2], v[0], v[1], rules, out) || make_date(v[2], v[1], v[0], rules, out);
}

// "11/20 18:00", "[11-20 18:00]", "11月20日 18:00": a recent day with its time.
static bool timed_recent(const char *text, const struct date_rules *rules, struct date *out)
{
    static const char *const forms[] = {"%2d/%2d %2d:%2d%n", "%2d-%2d %2d:%2d%n",
                                        "%2d.%2d %2d:%2d%n", "%2d月%2d日 %2d:%2d%n"};
    int month = 0, day = 0, hour, minute, end = 0, year = year_of(rules->now_ms);
    text += strspn(text, " [(");
    for (size_t i = 0; i < COUNT(forms) && end == 0; i++)
        if (isdigit((unsigned char)*text))
            sscanf(text, forms[i], &month, &day, &hour, &minute, &end);
    if (end == 0 || text[end + (int)strspn(text + end, ":0123456789 ])")] || rules->now_ms <= 0 ||
        month < 1 || day < 1 || hour < 0 || minute < 0)
        return false;
    for (int y = year + 1; y >= year - (month == 2 && day == 29 ? LEAP_YEARS : 1); y--) {
        char whole[48];
        int n =
            snprintf(whole, sizeof whole, "%04d-%02d-%02d %02d:%02d", y, month, day, hour, minute);
        if (date_read(whole, (size_t)n, rules, out))
            return true;
    }
    return false;
}

bool list_date(const char *text, const struct date_rules *rules, struct date *out)
{
    struct numbers numbers;
    if (date_find(text, strlen(text), rules, out))
        return true;
    if (only_numbers(text, &numbers))
        return from_numbers(&numbers, text, rules, out);
    return timed_recent(text, rules, out) || named_recent(text, rules, out);
}

// ---- Texts ----

static bool has_digit(const char *s)
{
    return strpbrk(s, "0123456789") != NULL || strstr(s, "二〇") != NULL;
}

// What stands before the date of publication, and before others that an entry may have too.
static const char *const published_labels[] = {
    "发布日期", "发布时间", "公开日期", "公告日期", "發布日期",  "發佈日期",
    "發佈時間", "公告時間", "發布時間", "公告时间", "Published", "Posted",
};
static const char *const other_labels[] = {
    "成文",   "截止", "截至",    "开标",     "生效",    "有效期", "实施日期",  "施行",  "開標",
    "實施日", "due ", "Closing", "Deadline", "Expires", "closes", "Effective", "Valid",
};

static const char *after_any(const char *text, const char *const *labels, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const char *at = strstr(text, labels[i]);
        if (at)
            return at + strlen(labels[i]);
    }
    return NULL;
}

// "WX20261120001": a number, not a date.
static bool is_code(const char *text)
{
    for (const char *s = text; *s;) {
        size_t digits = strspn(s, "0123456789");
        bool letter = s > text && isalpha((unsigned char)s[-1]);
        if ((digits > 4 && letter) || digits > 14)
            return true;
        s += digits ? digits : 1;
    }
    return false;
}

// "Nov", "November".
static bool is_month(const char *text)
{
    static const char *const months[] = {"jan", "feb", "mar", "apr", "may", "jun",
                                         "jul", "aug", "sep", "oct", "nov", "dec"};
    for (size_t i = 0; i < COUNT(months); i++)
        if (strncasecmp(text, months[i], 3) == 0)
            return strlen(text) <= 9;
    return false;
}

// The last TAIL_SIZE bytes, from the beginning of a character on.
static const char *tail(const char *text, size_t n)
{
    const char *s = text + n - (n < TAIL_SIZE ? n : TAIL_SIZE);
    while (((unsigned char)*s & 0xC0) == 0x80)
        s++;
    return s;
}

// 20/11/2026 and the like; which comes first, day or month, the country decides.
static bool slashed(const char *text, size_t n, int *first, int *second, int *year)
{
    char date[16];
    size_t start = 0;
    while (start < n && (isspace((unsigned char)text[start]) || strchr("([", text[start])))
        start++;
    if (start == n || !isdigit((unsigned char)text[start]))
        return false;
    snprintf(date, sizeof date, "%.*s", (int)(n - start < 15 ? n - start : 15), text + start);
    // NOLINTNEXTLINE(cert-err34-c): too short to overflow, and what is no date is told by make_date
    return sscanf(date, "%2d/%2d/%4d", first, second, year) == 3 && is_year(*year);
}

void list_day_first(struct list_page *p)
{
    bool days = false, months = false;
    for (uint32_t i = 0; i < p->count; i++) {
        const struct html_node *node = &p->nodes[i];
        int first, second, year;
        if (node->tag != HTML_TEXT || !slashed(node->text, node->text_size, &first, &second, &year))
            continue;
        days = days || first > 12;
        months = months || second > 12;
    }
    p->day_first = days && !months;
}

static bool date_of(const struct list_page *p, const char *text, struct date *out)
{
    int day, month, year;
    if (p->day_first && slashed(text, strlen(text), &day, &month, &year))
        return make_date(year, month, day, &p->dates, out);
    return list_date(text, &p->dates, out);
}

// One date of the text nodes in [from, to), the title's own words aside: a short piece that is one,
// else a number of pieces that make one together.
bool list_date_in(const struct list_page *p, uint32_t from, uint32_t to, const char *title,
                  struct date *out)
{
    char joined[64] = "";
    size_t used = 0;
    struct date other = {.precision = DATE_NONE};
    for (uint32_t i = from; i < to && i - from < ITEM_NODES_MAX; i++) {
        if (p->nodes[i].tag != HTML_TEXT) {
            struct html_str when = html_attr(p->html, &p->nodes[i], HTML_ATTR_DATETIME);
            if (when.n > 0 && date_read(when.s, when.n, &p->dates, out))
                return true;
            continue;
        }
        const char *text = list_text(p, i, i + 1, 1000);
        size_t n = strlen(text);
        uint32_t cells = list_cells(text, n);
        if (cells == 0 || (n > 8 && strstr(title, text)))
            continue;
        if (cells <= 10 && used + n + 2 < sizeof joined && (has_digit(text) || is_month(text)))
            used += (size_t)snprintf(joined + used, sizeof joined - used, "%s ", text);
        if (!has_digit(text) || is_code(text))
            continue;
        // Of a long piece, its end: "… [2026-11-20]". In the midst of a summary are other dates.
        const char *end = cells <= PIECE_CELLS_MAX ? text : tail(text, n);
        const char *said = after_any(end, published_labels, COUNT(published_labels));
        bool of_other = !said && after_any(end, other_labels, COUNT(other_labels));
        if (date_of(p, said ? said : end, of_other ? &other : out) && !of_other)
            return true;
    }
    if (used > 0 && date_of(p, joined, out))
        return true;
    if (other.precision != DATE_NONE)
        *out = other;
    return other.precision != DATE_NONE;
}

// ---- URLs ----

static int digits_at(const char *s, size_t n)
{
    int value = 0;
    for (size_t i = 0; i < n; i++) {
        if (!isdigit((unsigned char)s[i]))
            return -1;
        value = value * 10 + (s[i] - '0');
    }
    return value;
}

// /2026/3/5/
static bool has_short_path(const char *s, int year, const struct date_rules *rules,
                           struct date *out)
{
    int month = 0, day = 0, end = 0;
    // NOLINTNEXTLINE(cert-err34-c): two digits at most, which make_date checks
    bool path = sscanf(s, "/%2d/%2d%n", &month, &day, &end) == 2 && (s[end] == '/' || !s[end]);
    return path && make_date(year, month, day, rules, out);
}

// /2026/nov/20/
static bool has_named_path(const char *s, int year, const struct date_rules *rules,
                           struct date *out)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    size_t month = *s == '/' ? strspn(++s, letters) : 0;
    if (month < 3 || month > 9 || s[month] != '/')
        return false;
    const char *day = s + month + 1;
    size_t digits = strspn(day, "0123456789");
    if (digits < 1 || digits > 2 || (day[digits] && day[digits] != '/'))
        return false;
    char text[40];
    int n = snprintf(text, sizeof text, "%.*s %.*s %d", (int)digits, day, (int)month, s, year);
    return date_read(text, (size_t)n, rules, out);
}

// t20261120_1.htm, /2026-11/20/, /2026/11/20/, /2026/1120/, /202611/20/: year, month, day, with at
// most one separator between.
bool list_date_in_url(const char *url, const struct date_rules *rules, struct date *out)
{
    const char *path = strstr(url, "://");
    for (const char *s = path ? path + 3 : url; *s; s++) {
        int year = digits_at(s, strnlen(s, 4) == 4 ? 4 : 0);
        bool begins = s == url || !isdigit((unsigned char)s[-1]);
        if (!begins || !is_year(year))
            continue;
        if (has_short_path(s + 4, year, rules, out) || has_named_path(s + 4, year, rules, out))
            return true;
        const char *m = s + 4 + (s[4] == '-' || s[4] == '/' || s[4] == '_');
        int month = strnlen(m, 2) == 2 ? digits_at(m, 2) : -1;
        if (month < 0)
            continue;
        const char *d = m + 2 + (m[2] == '-' || m[2] == '/' || m[2] == '_');
        int day = strnlen(d, 2) == 2 ? digits_at(d, 2) : -1;
        if (day > 0 && make_date(year, month, day, rules, out))
            return true;
    }
    return false;
}

// ---- Years ----

// The year that a text is, with no more around it than a sign for "year"; 0 if it is none.
static int year_alone(const struct html_node *node)
{
    const char *s = node->text, *end = s + node->text_size;
    while (s < end && isspace((unsigned char)*s))
        s++;
    while (end > s && isspace((unsigned char)end[-1]))
        end--;
    size_t n = (size_t)(end - s);
    int year = n >= 4 ? digits_at(s, 4) : 0;
    bool bare = n == 4 || (n == 7 && memcmp(s + 4, "年", 3) == 0) ||
                (n == 10 && memcmp(s + 4, "年度", 6) == 0);
    return bare && is_year(year) ? year : 0;
}

static bool in_any_item(const struct list_page *p, uint32_t from, uint32_t to, uint32_t node)
{
    for (uint32_t i = from; i < to; i++)
        if (p->anchors[i].item <= node && node < p->nodes[p->anchors[i].item].end)
            return true;
    return false;
}

// Years are written as headings over their entries: of those that follow each other without an
// entry between, as in a filter, none counts.
void list_years(struct list_page *p)
{
    uint32_t before = 0, anchor = 0;
    int year = 0;
    bool fresh = false; // no entry has followed it yet
    for (uint32_t i = 0; i < p->count && anchor < p->n; i++) {
        if (i == p->anchors[anchor].node) {
            p->anchors[anchor++].year = year;
            fresh = false;
            before = anchor > NEIGHBOURS ? anchor - NEIGHBOURS : 0;
            continue;
        }
        if (p->nodes[i].tag != HTML_TEXT || p->nodes[i].text_size > 40)
            continue;
        int own = year_alone(&p->nodes[i]);
        uint32_t end = (uint32_t)p->n < anchor + NEIGHBOURS ? (uint32_t)p->n : anchor + NEIGHBOURS;
        if (own == 0 || in_any_item(p, before, end, i))
            continue;
        year = fresh ? 0 : own;
        fresh = true;
    }
}
