// SPDX-License-Identifier: MIT
// Any bytes as a settings file; and its values as durations, sizes and host names.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/http_address.h"
#include "common/settings.h"
#include "common/settings_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_value(const char *text)
{
    static const struct setting_list none = {NULL, 0};
    struct http_address at = {.host = "127.0.0.1", .port = "80"};
    int64_t value = 0;
    if (settings_duration(text, &value) == OK && value < 0)
        abort();
    if (settings_size(text, &value) == OK && value < 0)
        abort();
    (void)http_host_allowed(text, &at, &none);
    if (http_address_parse(text, &at) == OK && (!at.host[0] || !at.port[0]))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new(4096);
    struct file_entries entries = {0};
    struct problem why = {""};
    enum err e = settings_file_parse("fuzz.yaml", data, size, a, &entries, &why);
    if (e != OK && (why.text[0] == '\0' || entries.n != 0))
        abort();
    for (size_t i = 0; i < entries.n; i++)
        for (size_t j = 0; j < entries.items[i].n; j++)
            check_value(entries.items[i].items[j]);
    arena_free(&a);
    return 0;
}
