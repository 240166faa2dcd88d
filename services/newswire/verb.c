// SPDX-License-Identifier: MIT
#include "services/newswire/verb.h"

#include <stdio.h>

#include "services/newswire/commands.h"
#include "services/newswire/jsonl.h"
#include "services/newswire/options.h"

static const struct setting table[] = {{0}};

static void print(const struct verb *v, const char *url, uint64_t affected, bool json)
{
    if (json)
        jsonl_print(stdout, json_pack("{s:s, s:s, s:I}", "url", url, "done", v->done, "affected",
                                      (json_int_t)affected));
    else
        printf("%s: %s\n", *url ? url : "all sources", v->done);
}

static enum err one(struct stack *stack, const char *command, const struct verb *v, char *url,
                    bool json)
{
    Newswire__V1__ControlRequest request = NEWSWIRE__V1__CONTROL_REQUEST__INIT;
    pb_envelope *reply = NULL;
    struct problem why = {""};
    v->request(url, &request);
    enum err e = stack_control(stack, &request, &reply, &why);
    if (e)
        options_failed_at(command, url, why.text);
    else
        print(v, url, reply->control_reply->affected, json);
    wire_envelope_free(&reply);
    return e;
}

int verb_run(const struct verb *v, int argc, char **argv)
{
    const struct settings_source source = {"common", v->usage, table, stack_settings_table,
                                           sizeof(struct stack_settings)};
    struct stack_settings o;
    int first, status = CMD_DONE;
    if (!options_read(&source, argc, argv, &o, &first))
        return CMD_WRONG;
    if (first == argc && !v->all)
        return options_wrong(argv[0], "give the URL of a source; newswire sources lists them");
    struct stack *stack = stack_open(&o);
    enum err e = OK;
    if (first == argc)
        e = one(stack, argv[0], v, (char[]){""}, o.json);
    status = e ? CMD_FAILED : CMD_DONE;
    for (int i = first; i < argc && e != ERR_BUSY; i++)
        if ((e = one(stack, argv[0], v, argv[i], o.json)) != OK)
            status = CMD_FAILED;
    stack_close(&stack);
    return status;
}
