// SPDX-License-Identifier: MIT
#include "services/fetcher/extract/date_scan.h"

#include <string.h>
#include <strings.h>

bool scan_number(struct scan *s, int min, int max, int *out)
{
    int value = 0, digits = 0;
    while (scan_is_digit(s->at[digits]) && digits <= max)
        value = value * 10 + (s->at[digits] - '0'), digits++;
    if (digits < min || digits > max)
        return false;
    s->at += digits;
    *out = value;
    return true;
}

void scan_skip(struct scan *s, const char *set)
{
    while (*s->at && strchr(set, *s->at))
        s->at++;
}

bool scan_one(struct scan *s, char c)
{
    if (*s->at != c)
        return false;
    s->at++;
    return true;
}

size_t scan_word(const char *p)
{
    size_t n = 0;
    while (scan_is_letter(p[n]))
        n++;
    return n;
}

// Whether a word of n letters is a name, or the beginning of one. Most words are not, by their
// first letter.
static bool begins(const char *name, const char *word, size_t n)
{
    return *name == (*word | 0x20) && strncasecmp(word, name, n) == 0;
}

bool scan_month(struct scan *s, int *month)
{
    static const char *const names[] = {"january",   "february", "march",    "april",
                                        "may",       "june",     "july",     "august",
                                        "september", "october",  "november", "december"};
    size_t n = scan_word(s->at);
    if (n < 3 || n > 9)
        return false;
    for (int i = 0; i < 12; i++) {
        if (begins(names[i], s->at, n)) {
            s->at += n;
            scan_one(s, '.');
            *month = i + 1;
            return true;
        }
    }
    return false;
}

bool scan_foreign_month(struct scan *s, int *month)
{
    static const char *const names[] = {
        " janvier janv januar janner enero ene gennaio gen janeiro anvara anv ",
        " fevrier fevr fev februar febrero febbraio fevereiro fevrala ",
        " mars marz marzo marco marta ",
        " avril avr abril abr aprile aprela ",
        " mai mayo maggio mag maio maa ",
        " juin juni junio giugno giu junho iuna iun ",
        " juillet juil juli julio luglio lug julho iula iul ",
        " aout agosto ago avgusta avg ",
        " septembre septiembre settembre set setembro sentabra sen sent ",
        " octobre oktober okt octubre ottobre ott outubro out oktabra ",
        " novembre noviembre novembro noabra noa ",
        " decembre dezember dez diciembre dic dicembre dezembro dekabra dek "};
    char word[13] = " ";
    size_t n = scan_word(s->at);
    if (n < 3 || n > sizeof word - 3)
        return false;
    for (size_t i = 0; i < n; i++)
        word[i + 1] = (char)(s->at[i] | 0x20);
    word[n + 1] = ' ';
    for (int i = 0; i < 12; i++) {
        if (strstr(names[i], word)) {
            s->at += n;
            scan_one(s, '.');
            *month = i + 1;
            return true;
        }
    }
    return false;
}

bool scan_weekday(struct scan *s)
{
    static const char *const names[] = {"monday", "tuesday",  "wednesday", "thursday",
                                        "friday", "saturday", "sunday"};
    size_t n = scan_word(s->at);
    for (int i = 0; n >= 3 && i < 7; i++) {
        if (begins(names[i], s->at, n)) {
            s->at += n;
            scan_skip(s, "., ");
            return true;
        }
    }
    return false;
}
