// SPDX-License-Identifier: MIT
// newswire-sink: stores what classifiers hand it, numbers it, publishes it, and replays it.
#include "services/sink/sink.h"

int main(int argc, char **argv)
{
    static const struct service sink = {
        .name = "sink",
        .usage =
            "Stores classified announcements, numbers and publishes them, and replays them to\n"
            "subscribers that missed some.\n"
            "\n"
            "  newswire-sink --sink-store sqlite:/var/lib/newswire/sink.db\n"
            "  newswire-sink --config newswire.yaml --keep 90d\n"
            "  newswire-sink --new-epoch     once, after restoring the store from a backup\n",
        .settings = sink_settings_table,
        .settings_size = sizeof(struct sink_settings),
        .start = sink_start,
        .health = sink_health,
        .drain = sink_drain,
        .stop = sink_stop,
    };
    return service_main(&sink, argc, argv);
}
