// SPDX-License-Identifier: MIT
#include "services/fetcher/extract/zone.h"

#include <stdint.h>
#include <strings.h>

#include "common/text.h"
#include "services/fetcher/extract/date.h"

enum { LOOK = 64 << 10, HAN_MIN = 50 };

int zone_guess(const char *language, const char *text, size_t size)
{
    if (*language)
        return strncasecmp(language, "zh", 2) == 0 ? ZONE_SHANGHAI : ZONE_UTC;
    size_t han = 0, other = 0;
    for (size_t i = 0, n; i < size && i < LOOK; i += n) {
        uint32_t c;
        n = text_decode(text + i, size - i, &c);
        if (c >= 0x4E00 && c <= 0x9FFF)
            han++;
        else if (text_is_cjk(c))
            other++; // kana and hangul: not China's
    }
    return han > HAN_MIN && han > 4 * other ? ZONE_SHANGHAI : ZONE_UTC;
}
