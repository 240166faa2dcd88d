// SPDX-License-Identifier: MIT
#include "common/settings.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "common/setting_value.h"
#include "common/settings_file.h"
#include "common/suggest.h"

enum { NAME_MAX_BYTES = 64, SUGGESTIONS_MAX = 100 };

static const char *const sections[] = {"common", "fetcher", "classifier",
                                       "sink",   "gateway", "newswire"};

struct reading {
    const struct settings_source *source;
    void *into; // filled on the way; handed over only when all is well
    struct problem *why;
};

// Names.

static const struct setting *find_in(const struct setting *table, const char *name, size_t n)
{
    for (const struct setting *s = table; s && s->name; s++)
        if (strlen(s->name) == n && memcmp(s->name, name, n) == 0)
            return s;
    return NULL;
}

static const struct setting *find(const struct settings_source *source, const char *name, size_t n)
{
    const struct setting *s = find_in(source->table, name, n);
    return s ? s : find_in(source->shared, name, n);
}

// "allow-private" as it is written elsewhere: allow_private, or with a prefix and in capitals.
static void respell(const char *name, const char *prefix, bool capitals, char out[NAME_MAX_BYTES])
{
    snprintf(out, NAME_MAX_BYTES, "%s%s", prefix, name);
    for (char *c = out; *c; c++)
        *c = (char)(*c == '-' ? '_' : capitals ? toupper((unsigned char)*c) : *c);
}

static const char *nearest(const struct settings_source *source, const char *name)
{
    const struct setting *tables[] = {source->table, source->shared};
    const char *names[SUGGESTIONS_MAX];
    size_t n = 0;
    for (size_t i = 0; i < 2; i++)
        for (const struct setting *s = tables[i]; s && s->name && n < SUGGESTIONS_MAX; s++)
            if (*s->help) // what help hides is not for this program's users
                names[n++] = s->name;
    return suggest_nearest(name, names, n);
}

// `name` is spelt as in a flag; the advice as it is where the user wrote it.
static enum err unknown(const struct reading *r, const char *where, const char *name, bool in_file)
{
    const char *other = nearest(r->source, name);
    char advice[NAME_MAX_BYTES] = "";
    if (other && in_file)
        respell(other, "", false, advice);
    else if (other)
        snprintf(advice, sizeof advice, "--%s", other);
    return problem_set(r->why, ERR_INPUT, "%s: no such setting%s%s%s (see --help)", where,
                       other ? "; did you mean " : "", advice, other ? "?" : "");
}

// Puts where the value came from before what is wrong with it.
static enum err at(const struct reading *r, const char *where, enum err e)
{
    struct problem what = r->why ? *r->why : (struct problem){0};
    return problem_set(r->why, e, "%.200s: %.300s", where, what.text);
}

// The sources of values, in the order in which they overrule each other.

static void store_standard(const struct setting *s, void *into)
{
    struct problem why;
    bool has_text = s->type == SETTING_STRING || s->type == SETTING_ENDPOINT;
    const char *text = s->standard ? s->standard : has_text ? "" : NULL;
    if (text && setting_store(s, text, into, &why) != OK)
        panic("standard value of %s: %s", s->name, why.text);
}

static enum err store_environment(const struct reading *r, const struct setting *s)
{
    char name[NAME_MAX_BYTES], where[NAME_MAX_BYTES + 32];
    respell(s->name, "NEWSWIRE_", true, name);
    const char *value = getenv(name);
    if (!value || !*value) // compose files pass empty ones for "not given"
        return OK;
    if (s->type == SETTING_LIST)
        setting_clear_list(s, r->into);
    snprintf(where, sizeof where, "environment variable %s", name);
    enum err e = setting_store(s, value, r->into, r->why);
    return e == OK ? OK : at(r, where, e);
}

static enum err store_entry(const struct reading *r, const struct setting *s,
                            const struct file_entry *e)
{
    if (s->type == SETTING_LIST)
        setting_clear_list(s, r->into);
    if (e->is_list && s->type == SETTING_LIST)
        return setting_append(s, e->items, e->n, r->into, r->why);
    if (e->is_list)
        return problem_set(r->why, ERR_INPUT, "one value expected, not a list");
    return setting_store(s, e->items[0], r->into, r->why);
}

static bool is_section(const char *name)
{
    for (size_t i = 0; i < sizeof sections / sizeof *sections; i++)
        if (strcmp(sections[i], name) == 0)
            return true;
    return false;
}

static enum err apply_entry(const struct reading *r, const char *path, const struct file_entry *e,
                            bool common)
{
    char where[300], name[NAME_MAX_BYTES];
    snprintf(where, sizeof where, "%s:%zu:%zu: %.60s%s%.60s", path, e->line, e->column, e->section,
             e->name[0] ? "." : "", e->name);
    if (!is_section(e->section))
        return problem_set(r->why, ERR_INPUT,
                           "%s: no such section: there are common, fetcher, classifier, sink, "
                           "gateway and newswire",
                           where);
    bool is_common = strcmp(e->section, "common") == 0;
    if (!e->name[0] || is_common != common || (common && !r->source->shared) ||
        (!common && strcmp(e->section, r->source->program) != 0))
        return OK;
    snprintf(name, sizeof name, "%s", e->name);
    for (char *c = name; *c; c++)
        *c = (char)(*c == '_' ? '-' : *c == '-' ? '_' : *c); // allow-private is not its name here
    const struct setting *s = common ? find_in(r->source->shared, name, strlen(name))
                                     : find(r->source, name, strlen(name));
    if (!s)
        return unknown(r, where, name, true);
    enum err err = store_entry(r, s, e);
    return err == OK ? OK : at(r, where, err);
}

static enum err apply_file(const struct reading *r, const char *path)
{
    struct arena *a = arena_new(16 << 10);
    struct file_entries entries = {0};
    enum err e = settings_file_read(path, a, &entries, r->why);
    for (int common = 1; e == OK && common >= 0; common--) // the program's own section is later
        for (size_t i = 0; e == OK && i < entries.n; i++)
            e = apply_entry(r, path, &entries.items[i], common);
    arena_free(&a);
    return e;
}

static enum err apply_environment(const struct reading *r, const struct setting *table)
{
    enum err e = OK;
    for (const struct setting *s = table; e == OK && s && s->name; s++)
        e = store_environment(r, s);
    return e;
}

// Flags.

// "--name", "--name=value", or not a flag at all.
struct flag {
    const char *name;
    size_t n; // 0: not a flag
    const char *value;
};

static struct flag flag_parse(const char *arg)
{
    if (strncmp(arg, "--", 2) != 0 || !arg[2])
        return (struct flag){0};
    size_t n = strcspn(arg + 2, "=");
    return (struct flag){arg + 2, n, arg[2 + n] ? arg + 3 + n : NULL};
}

static bool flag_is(const struct flag *f, const char *name)
{
    return f->n == strlen(name) && memcmp(f->name, name, f->n) == 0;
}

struct flags {
    int argc, at;
    char **argv;
    char **kept, **rest; // flags with their values, positional arguments
    int n_kept, n_rest;
    const struct setting **lists; // given already: the next of the name appends
    size_t n_lists, cap_lists;
};

static bool list_was_given(struct flags *f, const struct setting *s)
{
    for (size_t i = 0; i < f->n_lists; i++)
        if (f->lists[i] == s)
            return true;
    mem_reserve((void **)&f->lists, &f->cap_lists, f->n_lists + 1, sizeof(const struct setting *));
    f->lists[f->n_lists++] = s;
    return false;
}

// The flag's value: behind its "=", or the next argument. NULL: there is none.
static const char *flag_value(struct flags *f, const struct flag *flag)
{
    if (flag->value)
        return flag->value;
    if (f->at + 1 >= f->argc)
        return NULL;
    f->kept[f->n_kept++] = f->argv[++f->at];
    return f->argv[f->at];
}

static enum err apply_flag(const struct reading *r, struct flags *f, const struct flag *flag)
{
    char where[NAME_MAX_BYTES + 4], name[NAME_MAX_BYTES];
    snprintf(where, sizeof where, "--%.*s", (int)(flag->n < 60 ? flag->n : 60), flag->name);
    snprintf(name, sizeof name, "%.*s", NAME_MAX_BYTES - 1, where + 2);
    f->kept[f->n_kept++] = f->argv[f->at];
    const struct setting *s = find(r->source, flag->name, flag->n);
    if (!s && flag_is(flag, "config")) { // scan() found it
        if (!flag_value(f, flag))
            return problem_set(r->why, ERR_INPUT, "--config needs a value: --config FILE");
        return OK;
    }
    if (!s)
        return unknown(r, where, name, false);
    const char *value = s->type == SETTING_BOOL && !flag->value ? "true" : flag_value(f, flag);
    if (!value)
        return problem_set(r->why, ERR_INPUT, "%s needs a value: %s %s", where, where,
                           setting_type_name(s->type));
    if (s->type == SETTING_LIST && !list_was_given(f, s))
        setting_clear_list(s, r->into);
    enum err e = setting_store(s, value, r->into, r->why);
    return e == OK ? OK : at(r, where, e);
}

static enum err apply_argument(const struct reading *r, struct flags *f, bool *only_rest)
{
    char *arg = f->argv[f->at];
    struct flag flag = flag_parse(arg);
    if (*only_rest || arg[0] != '-' || !arg[1]) {
        f->rest[f->n_rest++] = arg;
        return OK;
    }
    if (strcmp(arg, "--") == 0) {
        *only_rest = true;
        f->kept[f->n_kept++] = arg;
        return OK;
    }
    if (!flag.n)
        return problem_set(r->why, ERR_INPUT, "%.60s: no such flag (see --help)", arg);
    return apply_flag(r, f, &flag);
}

// Applies the flags and sorts the arguments: flags first, positional ones from *first on.
static enum err apply_flags(const struct reading *r, int argc, char **argv, int *first)
{
    size_t bytes = ((size_t)argc + 1) * sizeof *argv;
    struct flags f = {.argc = argc, .argv = argv, .at = 1};
    f.kept = mem_alloc(bytes);
    f.rest = mem_alloc(bytes);
    enum err e = OK;
    bool only_rest = false;
    for (; e == OK && f.at < argc; f.at++)
        e = apply_argument(r, &f, &only_rest);
    if (e == OK && argc > 0) {
        memcpy(argv + 1, f.kept, (size_t)f.n_kept * sizeof *argv);
        memcpy(argv + 1 + f.n_kept, f.rest, (size_t)f.n_rest * sizeof *argv);
        *first = 1 + f.n_kept;
    }
    free(f.kept);
    free(f.rest);
    free(f.lists);
    return e;
}

// Help.

static void print_help(const struct setting *table)
{
    for (const struct setting *s = table; s && s->name; s++) {
        char left[80];
        if (!s->help[0])
            continue;
        snprintf(left, sizeof left, "--%s %s", s->name, setting_type_name(s->type));
        printf("  %-26s %s", left, s->help);
        if (s->standard && s->standard[0])
            printf(" (%s)", s->standard);
        putchar('\n');
    }
}

static NO_RETURN void help(const struct settings_source *s)
{
    printf("%s\nSettings:\n", s->usage);
    print_help(s->table);
    print_help(s->shared);
    bool both = s->shared && strcmp(s->program, "common") != 0;
    printf("  %-26s settings file, YAML: section \"%s\"%s\n", "--config FILE", s->program,
           both ? ", and \"common\" for all programs" : "");
    printf("  --help\n  --version\n\n");
    printf("Each is also an environment variable (--log-level: NEWSWIRE_LOG_LEVEL) and a name in\n"
           "the settings file (log_level). Flags overrule the environment, that the file.\n");
    exit(0);
}

// The settings file's path. Prints and exits for --help and --version.
static const char *scan(const struct settings_source *s, int argc, char **argv)
{
    const char *path = getenv("NEWSWIRE_CONFIG");
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        struct flag flag = flag_parse(argv[i]);
        if (strcmp(argv[i], "-h") == 0 || flag_is(&flag, "help"))
            help(s);
        if (flag_is(&flag, "version")) {
            printf("newswire %s\n", NEWSWIRE_VERSION);
            exit(0);
        }
        if (flag_is(&flag, "config"))
            path = flag.value ? flag.value : i + 1 < argc ? argv[i + 1] : "";
    }
    return path;
}

enum err settings_read(const struct settings_source *s, int argc, char **argv, void *into,
                       int *first, struct problem *why)
{
    const struct setting *tables[] = {s->shared, s->table};
    const char *path = scan(s, argc, argv);
    struct problem nobody_asks;
    struct reading r = {s, mem_alloc(s->size), why ? why : &nobody_asks};
    for (size_t i = 0; i < 2; i++)
        for (const struct setting *t = tables[i]; t && t->name; t++)
            store_standard(t, r.into);
    enum err e = path && *path ? apply_file(&r, path) : OK;
    for (size_t i = 0; e == OK && i < 2; i++)
        e = apply_environment(&r, tables[i]);
    if (e == OK)
        e = apply_flags(&r, argc, argv, first);
    if (e == OK)
        memcpy(into, r.into, s->size);
    free(r.into);
    return e;
}
