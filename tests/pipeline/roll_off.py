#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A feed of 20 that moves on by 40 between two polls: the 20 that it does not show any more are found in the sitemap of
its site, in English and Chinese; each sitemap is asked for once, as robots.txt allows, and nothing older is taken. A
list that moves on is followed to its next pages, and so is a new one whose first page holds less than the backfill."""

import re

from checks import Listener, settled
from newsroom import Newsroom
from stack import Failure, Stack, main, until

FEED, JUMP = 20, 40


def got(live, room):
    return {n.announcement.url for n in live.news if n.announcement.url.startswith(room.base + "/")}


def told(stack, source, name):
    return [e["detail"] for e in stack.json("why", source)[0]["events"] if e["name"] == name]


def arrive(stack, live, room, source, numbers, what):
    want = {room.url(n) for n in numbers}
    try:
        until(lambda: want <= got(live, room) and settled(stack), 60, what)
    except Failure as failure:
        missing = sorted(want - got(live, room))
        raise Failure(f"{failure}: {len(missing)} of {len(want)} missing, {missing[:3]}; {stack.run('why', source).stdout}") from None
    if got(live, room) != want:
        raise Failure(f"{what}: not asked for, but here: {sorted(got(live, room) - want)[:5]}")


def gaps(stack):
    return (stack.status()["fetcher"]["counters"]).get("fetcher_gaps_total")


def jump(stack, live, room, path="/feed.xml"):
    """Adds the feed, lets it move on, and waits until its sitemaps were looked through."""
    source = room.base + path
    room.add_pages(range(1, FEED + JUMP + 1))
    room.show_feed(range(1, FEED + 1))
    stack.run("add", source, "--gap", "0s")
    arrive(stack, live, room, source, range(1, FEED + 1), "the feed's first entries")
    room.show_feed(range(JUMP + 1, FEED + JUMP + 1))
    stack.run("refresh", source)
    until(lambda: told(stack, source, "caught-up"), 30, f"{source} was caught up")
    if len(told(stack, source, "gap")) != 1:
        raise Failure(f"not one gap: {told(stack, source, 'gap')}")
    return source


def by_robots(stack, live):
    """robots.txt names an index; a news sitemap in it goes first, and reaches back far enough."""
    with Newsroom("en") as room:
        room.add_pages([-5000])
        room.show_robots("User-agent: *\nDisallow: /maps/secret.xml\nSitemap: /maps/index.xml\n"
                         "Sitemap: http://127.0.0.2/elsewhere.xml\n")
        room.show_sitemap_index(["/maps/secret.xml", "/maps/all.xml", "/maps/all.xml.missing"], "/maps/index.xml")
        everything = [-5000, *range(1, FEED + JUMP + 1)]
        elsewhere = [(f"http://127.0.0.2:1/{n}.html", room.at(JUMP)) for n in range(3)]
        room.show_sitemap(everything, "/maps/all.xml", elsewhere)
        room.show_sitemap(everything, "/maps/secret.xml")
        room.show_sitemap(everything, "/sitemap.xml")
        source = jump(stack, live, room)
        arrive(stack, live, room, source, range(1, FEED + JUMP + 1), "all 60 by the sitemap that robots.txt names")
        asked = {p: room.asked(p) for p in ("/maps/index.xml", "/maps/all.xml", "/maps/secret.xml", "/sitemap.xml")}
        if list(asked.values()) != [1, 1, 0, 0]:
            raise Failure(f"asked for: {asked}")
        failed = told(stack, source, "catch-up-failed")
        if len(failed) != 2 or "robots.txt" not in failed[0] or "404" not in failed[1]:
            raise Failure(f"what could not be had is not told: {failed}")
        stack.run("refresh", source)
        until(lambda: room.asked("/feed.xml") == 3, 10, "the feed is polled again")
        if room.asked("/maps/all.xml") != 1:
            raise Failure("the sitemap was asked for again")


def guessed(stack, live):
    """No robots.txt: /sitemap.xml, in Chinese, with headers for the site."""
    with Newsroom("zh-Hans") as room:
        room.show_sitemap(range(1, FEED + JUMP + 1))
        source = jump(stack, live, room)
        arrive(stack, live, room, source, range(1, FEED + JUMP + 1), "all 60 by /sitemap.xml")


def forbidden(stack, live):
    """robots.txt forbids it: the gap stays, and needs attention."""
    with Newsroom("zh-Hant") as room:
        room.show_robots("User-agent: *\nDisallow: /sitemap\n")
        room.show_sitemap(range(1, FEED + JUMP + 1))
        source = jump(stack, live, room)
        shown = [*range(1, FEED + 1), *range(JUMP + 1, FEED + JUMP + 1)]
        arrive(stack, live, room, source, shown, "what the feed shows")
        if room.asked("/sitemap.xml"):
            raise Failure("/sitemap.xml was asked for though robots.txt forbids it")
        alarms = stack.status()["attention"]
        if not any(re.search(r"moved on", a) and source in a for a in alarms):
            raise Failure(f"no alarm names {source}: {alarms}")


def show_pages(room, last, first="/list/index.html"):
    """20 a page: index.html, index_1.html, index_2.html."""
    pages = [first, "/list/index_1.html", "/list/index_2.html", "/list/index_3.html", None]
    for i in range(4):
        room.show_list(range(last - 20 * i - 19, last - 20 * i + 1), pages[i], pages[i + 1])


def list_pages(stack, live):
    """--backfill 50 of a list of 20 a page; then it moves on by 30."""
    with Newsroom("zh-Hans") as room:
        room.add_pages(range(1, 131))
        show_pages(room, 100)
        source = room.base + "/list/index.html"
        stack.run("add", source, "--kind", "list", "--backfill", 50, "--gap", "0s")
        until(lambda: told(stack, source, "caught-up"), 30, "the next pages of the list were read")
        arrive(stack, live, room, source, range(51, 101), "the newest 50 of three pages")
        if room.asked("/list/index_3.html"):
            raise Failure("a page was read that nobody needs")
        if "left out" not in stack.run("why", room.url(45)).stdout:
            raise Failure("the rest of the third page is not told as left out")
        show_pages(room, 130)
        stack.run("refresh", source)
        until(lambda: len(told(stack, source, "caught-up")) == 2, 30, "the list was caught up")
        arrive(stack, live, room, source, range(51, 131), "the 30 that came meanwhile")
        if room.asked("/list/index_2.html") != 1:
            raise Failure("the list was followed beyond what is known")


def test():
    with Stack() as stack, Listener(stack) as live:
        if gaps(stack) != 0:
            raise Failure(f"fetcher_gaps_total is {gaps(stack)} at the start")
        by_robots(stack, live)
        guessed(stack, live)
        forbidden(stack, live)
        list_pages(stack, live)
        if gaps(stack) != 4:
            raise Failure(f"fetcher_gaps_total is {gaps(stack)}, not 4")
    return f"{FEED} and {JUMP} of two feeds by their sitemaps; none where robots.txt forbids; a list by its next pages"


if __name__ == "__main__":
    main(test)
