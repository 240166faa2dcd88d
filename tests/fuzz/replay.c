// SPDX-License-Identifier: MIT
// Runs a fuzz target over saved inputs, files or folders of them, so that what fuzzing found stays
// fixed.
#include <dirent.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int run_file(const char *path)
{
    FILE *f = fopen(path, "rb");
    if (!f) {
        perror(path);
        return 1;
    }
    size_t cap = 16u << 20;
    uint8_t *data = malloc(cap);
    size_t size = data ? fread(data, 1, cap, f) : 0;
    fclose(f);
    // An exact copy, so that a sanitizer sees a read past the end.
    uint8_t *exact = malloc(size ? size : 1);
    for (size_t i = 0; exact && i < size; i++)
        exact[i] = data[i];
    free(data);
    int rc = exact ? LLVMFuzzerTestOneInput(exact, size) : 1;
    free(exact);
    return rc;
}

int main(int argc, char **argv)
{
    int files = 0;
    for (int i = 1; i < argc; i++) {
        DIR *dir = opendir(argv[i]);
        if (!dir) {
            files++;
            if (run_file(argv[i]))
                return 1;
            continue;
        }
        for (struct dirent *e = readdir(dir); e; e = readdir(dir)) {
            char path[PATH_MAX];
            snprintf(path, sizeof path, "%s/%s", argv[i], e->d_name);
            struct stat st;
            if (stat(path, &st) != 0 || !S_ISREG(st.st_mode))
                continue;
            files++;
            if (run_file(path))
                return 1;
        }
        closedir(dir);
    }
    printf("%d inputs\n", files);
    return files ? 0 : 1; // an empty corpus would test nothing
}
