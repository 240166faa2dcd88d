// SPDX-License-Identifier: MIT
#include "services/fetcher/outcome.h"

#include <stddef.h>

static const struct meaning {
    int status;
    bool lasting;
    const char *words;
} meanings[] = {
    {400, true, "bad request: check the URL"},
    {401, true, "asks for a login: newswire has none"},
    {403, false,
     "forbidden: the server refuses us; a larger --gap, a --header such as User-Agent or "
     "Cookie, or a --proxy may help"},
    {404, false, "not found: check the URL"},
    {405, true, "does not answer GET"},
    {410, true, "gone for good"},
    {429, false, "too many requests: the host is left alone for a while"},
    {451, true, "withheld for legal reasons"},
    {500, false, "the server failed"},
    {502, false, "the server's gateway failed"},
    {503, false, "the server is not available"},
    {504, false, "the server's gateway timed out"},
};

static const char *words_of(int status, bool *lasting)
{
    for (size_t i = 0; i < sizeof meanings / sizeof *meanings; i++)
        if (meanings[i].status == status) {
            *lasting = meanings[i].lasting;
            return meanings[i].words;
        }
    *lasting = status < 500;
    return status < 400 ? "an answer without a page" : "refused";
}

struct outcome outcome_of(const struct http_response *r, int64_t retry_after_s)
{
    struct outcome o = {.verdict = VERDICT_FAILED};
    if (r->outcome != HTTP_ANSWERED) {
        o.lasting = r->outcome == HTTP_BAD_URL || r->outcome == HTTP_FORBIDDEN ||
                    r->outcome == HTTP_TOO_LARGE;
        problem_set(&o.trouble, OK, "%s", r->problem);
        return o;
    }
    if (r->status == 200 || r->status == 203) {
        o.verdict = VERDICT_READ;
        return o;
    }
    if (r->status == 304) {
        o.verdict = VERDICT_UNCHANGED;
        return o;
    }
    const char *words = words_of(r->status, &o.lasting);
    problem_set(&o.trouble, OK, "HTTP %d, %s", r->status, words);
    o.retry_after_s = retry_after_s;
    o.pause_host = r->status == 429;
    return o;
}

int64_t outcome_pause(bool lasting, uint32_t attempts)
{
    static const int64_t minutes[] = {1, 5, 30, 180, 720, 1440};
    if (attempts >= (lasting ? 1 : sizeof minutes / sizeof *minutes))
        return 0;
    return minutes[attempts] * 60000;
}

bool outcome_use_hint(bool lasting, uint32_t attempts)
{
    // An announcement must not wait for a page that does not come; if it comes, it is a new
    // revision.
    return lasting || attempts >= 1;
}
