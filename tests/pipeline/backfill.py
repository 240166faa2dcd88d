#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Of a source with 120 entries the newest 50 are published, whether it is a feed or a sitemap, English or Chinese;
`newswire add` says so, and `newswire why` of one that was left out. `newswire add --backfill` again takes the rest."""

from checks import Listener, settled
from newsroom import Newsroom
from stack import Failure, Stack, main, until

ALL, NEWEST = 120, 50


def published(live, room):
    return {n.announcement.url for n in live.news if n.announcement.url.startswith(room.base)}


def fifty(stack, live, room, path):
    source = room.base + path
    said = stack.run("add", source, "--gap", "0s").stdout
    if f"the newest {NEWEST} of {ALL}, the rest is known now; --backfill all takes them" not in said:
        raise Failure(f"newswire add {source} says {said!r}")
    until(lambda: len(published(live, room)) >= NEWEST and settled(stack), 60, f"{NEWEST} of {source} arrive")
    if published(live, room) != {room.url(n) for n in range(ALL - NEWEST + 1, ALL + 1)}:
        raise Failure(f"not the newest {NEWEST} of {source}: {sorted(published(live, room))}")
    story = stack.run("why", room.url(1)).stdout
    if f"not among the newest {NEWEST}" not in story:
        raise Failure(f"newswire why of one left out: {story}")


def the_rest(stack, live, room, path):
    source = room.base + path
    refused = stack.run("add", source, check=False)
    if refused.returncode == 0 or "with --backfill, what was left out" not in refused.stderr:
        raise Failure(f"newswire add of a known source says {refused.stderr!r}")
    said = stack.run("add", source, "--backfill", "20").stdout
    if "20 entries left out at first are fetched now, 50 more are left" not in said:
        raise Failure(f"newswire add --backfill 20 of a known source says {said!r}")
    until(lambda: len(published(live, room)) >= NEWEST + 20 and settled(stack), 60, f"20 more of {source} arrive")
    if published(live, room) != {room.url(n) for n in range(ALL - NEWEST - 20 + 1, ALL + 1)}:
        raise Failure(f"not the newest {NEWEST + 20} of {source}: {sorted(published(live, room))}")
    stack.run("add", source, "--backfill", "all")
    until(lambda: len(published(live, room)) == ALL, 60, f"all {ALL} of {source} arrive")
    said = stack.run("add", source, "--backfill", "all").stdout
    if "watched already, and nothing of it was left out" not in said:
        raise Failure(f"newswire add --backfill all of a source that is published whole says {said!r}")


def test():
    with Newsroom("en") as english, Newsroom("zh-Hans") as chinese, Stack() as stack, Listener(stack) as live:
        for room in (english, chinese):
            room.add_pages(range(1, ALL + 1))
        english.show_feed(range(1, ALL + 1))
        chinese.show_sitemap(range(1, ALL + 1))
        fifty(stack, live, english, "/feed.xml")
        fifty(stack, live, chinese, "/sitemap.xml")
        the_rest(stack, live, english, "/feed.xml")
        the_rest(stack, live, chinese, "/sitemap.xml")
    return f"{NEWEST} of {ALL} of a feed and of a sitemap, then all of them"


if __name__ == "__main__":
    main(test)
