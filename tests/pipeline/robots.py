#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Two sites link to each other by redirects: each page is fetched only as robots.txt of the site allows that it ends on,
which is asked for once, however slow and long it is. What the user added as a source is asked for as he said."""

import threading

from newsroom import Newsroom
from stack import Failure, Stack, main, until

LONG = "# 这一行没有意义，and so on\n" * 300_000  # 11 MB, more than the fetcher reads of any answer
NEVER = threading.Event()


def to(url):
    return lambda headers: (302, {"Location": url}, b"")


def lead(room, links):
    """A feed of the room's whose entries redirect: {path of the entry: where it leads}."""
    items = "".join(f"<item><title>{path}</title><link>{room.base}{path}</link></item>" for path in links)
    for path, url in links.items():
        room.bodies[path] = to(url)
    room.bodies["/led.xml"] = ("application/rss+xml", (
        f'<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel>{items}</channel></rss>').encode())
    room.bodies["/source"] = to(room.base + "/led.xml")  # forbidden, but the user's own wish


def forbid(room, paths):
    """Slowly, and at length."""
    text = ("User-agent: *\nDisallow: /led.xml\n" + "".join(f"Disallow: {path}$\n" for path in paths) + LONG).encode()

    def answer(headers):
        NEVER.wait(0.3)
        return 200, {"Content-Type": "text/plain"}, text
    room.bodies["/robots.txt"] = answer


def refused(stack, entry, host, url):
    """Told with the host that forbids it and with the redirect."""
    page = stack.json("why", entry)[0]
    want = f"robots.txt of {host} forbids {url}, where it redirects to"
    visits = [e["visit"] for e in page["events"] if e["name"] == "refused"]
    if want not in str(page):
        raise Failure(f"`why {entry}` does not say {want!r}: {page}")
    if [hop["url"] for hop in visits[0]["redirects"]] != [url] or visits[0]["robots"]["verdict"] != "forbidden":
        raise Failure(f"the request is told as {visits[0]}")


def paused(stack, room):
    """What waits behind a page that answered 429 says so, and until when."""
    room.bodies[room.path(5)] = lambda headers: (429, {"Retry-After": "300"}, b"")
    room.add_pages([6])
    room.show_feed([5, 6], "/paused.xml")
    stack.run("add", room.base + "/paused.xml", "--gap", "1s", "--no-wait")
    until(lambda: "429" in stack.run("why", room.url(5), check=False).stdout, 10, "the page that answers 429 is asked for")
    told = stack.json("why", room.url(6))[0]
    if "asked to be left alone until" not in told["summary"] or told["page"]["waiting"]["stage"] != "turn":
        raise Failure(f"what waits says {told['summary']!r}, {told['page']['waiting']}")
    told = stack.json("why", room.url(5))[0]["summary"]
    if "waiting to be tried again: until" not in told or "429" not in told:
        raise Failure(f"what answered 429 says {told!r}")


def published(stack):
    return sum(source["published"] for source in stack.json("sources"))


def test():
    with Newsroom("en") as english, Newsroom("zh-Hans", host="127.0.0.2") as chinese, Stack() as stack:
        rooms = english, chinese
        for room in rooms:
            room.add_pages(range(1, 5))
            forbid(room, [room.path(1)])
        for room, other in (rooms, rooms[::-1]):
            lead(room, {"/own-no": room.url(1), "/own-yes": room.url(2), "/other-no": other.url(1),
                        "/%E5%8E%BB-yes": other.url(3)})
        for room in rooms:
            stack.run("add", room.base + "/source", "--gap", "0s", "--no-wait")
        until(lambda: published(stack) == 8, 30, "the pages that may be had are published, of the others the feed's words")
        for room, other in (rooms, rooms[::-1]):
            for entry, at in (("/own-no", room), ("/other-no", other)):
                until(lambda e=entry, r=room: "refused" in str(stack.json("why", r.base + e)), 10, f"{entry} is refused")
                refused(stack, room.base + entry, at.base.split("//")[1], at.url(1))
            if room.asked("/robots.txt") != 1:
                raise Failure(f"robots.txt of {room.base} was asked for {room.asked('/robots.txt')} times")
            if room.asked(room.path(1)):
                raise Failure(f"{room.url(1)} was fetched, though forbidden")
            if room.asked(room.path(2)) != 1 or room.asked(room.path(3)) != 1:
                raise Failure(f"what is allowed was not fetched once: {room.requests}")
            paused(stack, room)
    return "pages that a redirect leads to are fetched as robots.txt of their own site allows"


if __name__ == "__main__":
    main(test)
