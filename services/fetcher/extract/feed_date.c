// SPDX-License-Identifier: MIT
#include "services/fetcher/extract/feed_date.h"

#include <string.h>

#include "common/text.h"

enum { KOREA = 9 * 60, JAPAN = 9 * 60, NONE = -1 };

// Longer words stand before those that they begin with. Hungarian months stand between hyphens,
// where a number belongs; the Greek ones are in the genitive or cut to three letters.
static const struct {
    const char *word, *means;
    int zone;
} words[] = {
    {"오전", "上午", KOREA},     {"오후", "下午", KOREA},       {"년", "年", KOREA},
    {"월", "月", KOREA},         {"일", "日", KOREA},           {"시", "时", KOREA},
    {"분", "分", KOREA},         {"초", "秒", KOREA},           {"午前", "上午", JAPAN},
    {"午後", "下午", JAPAN},     {"Κυρ", "Sun", NONE},          {"Δευ", "Mon", NONE},
    {"Τρι", "Tue", NONE},        {"Τετ", "Wed", NONE},          {"Πεμ", "Thu", NONE},
    {"Παρ", "Fri", NONE},        {"Σαβ", "Sat", NONE},          {"Σάβ", "Sat", NONE},
    {"Ιανουαρίου", "Jan", NONE}, {"Ιαν", "Jan", NONE},          {"Φεβρουαρίου", "Feb", NONE},
    {"Φεβ", "Feb", NONE},        {"Μαρτίου", "Mar", NONE},      {"Μάρ", "Mar", NONE},
    {"Μαρ", "Mar", NONE},        {"Απριλίου", "Apr", NONE},     {"Απρ", "Apr", NONE},
    {"Μαΐου", "May", NONE},      {"Μάι", "May", NONE},          {"Μαϊ", "May", NONE},
    {"Μαι", "May", NONE},        {"Ιουνίου", "Jun", NONE},      {"Ιούν", "Jun", NONE},
    {"Ιον", "Jun", NONE},        {"Ιουλίου", "Jul", NONE},      {"Ιούλ", "Jul", NONE},
    {"Ιολ", "Jul", NONE},        {"Αυγούστου", "Aug", NONE},    {"Αύγ", "Aug", NONE},
    {"Αυγ", "Aug", NONE},        {"Σεπτεμβρίου", "Sep", NONE},  {"Σεπ", "Sep", NONE},
    {"Οκτωβρίου", "Oct", NONE},  {"Οκτ", "Oct", NONE},          {"Νοεμβρίου", "Nov", NONE},
    {"Νοέ", "Nov", NONE},        {"Νοε", "Nov", NONE},          {"Δεκεμβρίου", "Dec", NONE},
    {"Δεκ", "Dec", NONE},        {"-január-", "-01-", NONE},    {"-februári-", "-02-", NONE},
    {"-február-", "-02-", NONE}, {"-március-", "-03-", NONE},   {"-április-", "-04-", NONE},
    {"-máujus-", "-05-", NONE},  {"-május-", "-05-", NONE},     {"-június-", "-06-", NONE},
    {"-július-", "-07-", NONE},  {"-augusztus-", "-08-", NONE}, {"-szeptember-", "-09-", NONE},
    {"-október-", "-10-", NONE}, {"-november-", "-11-", NONE},  {"-december-", "-12-", NONE},
};

// The word at s; -1 if none is known.
static int word_at(const char *s)
{
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strncmp(s, words[i].word, strlen(words[i].word)) == 0)
            return (int)i;
    return -1;
}

void feed_date_translate(const char *text, char out[FEED_DATE_SIZE], int *zone)
{
    size_t size = 0;
    while (*text) {
        int word = word_at(text);
        uint32_t c;
        size_t read =
            word >= 0 ? strlen(words[word].word) : text_decode(text, strnlen(text, 4), &c);
        const char *from = word >= 0 ? words[word].means : text;
        size_t n = word >= 0 ? strlen(from) : read;
        if (size + n >= FEED_DATE_SIZE)
            break;
        memcpy(out + size, from, n);
        size += n;
        text += read;
        if (word >= 0 && words[word].zone != NONE)
            *zone = words[word].zone;
    }
    out[size] = '\0';
}
