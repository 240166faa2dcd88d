#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A source whose pages stop giving text, though its feed goes on, is named by `newswire status` with what to do about
it, until its pages can be read again. So is one that refuses all pages. English and Chinese."""

from checks import Listener, settled
from newsroom import Newsroom
from stack import Failure, Stack, main, until

SHELL = ("text/html; charset=utf-8", "<html><body><div id=app></div><script src=/app.js></script></body></html>".encode())


def alarm(stack, source, words):
    done = stack.run("status", check=False)
    found = [line for line in done.stdout.splitlines() if source in line and words in line]
    if found and (done.returncode != 1 or "newswire fetch" not in found[0]):
        raise Failure(f"status {done.returncode}, and it does not say what to do: {found}")
    return found


def show(stack, room, numbers):
    room.show_feed(numbers)
    stack.run("refresh", room.base + "/feed.xml")


def goes_barren(stack, live, room, broken):
    source = room.base + "/feed.xml"
    room.add_pages(range(1, 9))
    room.show_feed(range(1, 9))
    stack.run("add", source, "--gap", "0s")
    until(lambda: len([n for n in live.news if n.announcement.url.startswith(room.base)]) == 8, 30, "the first pages arrive")
    if alarm(stack, source, "could not be read"):
        raise Failure("an alarm though all is well")
    for n in range(9, 15):
        room.bodies[room.path(n)] = broken
    show(stack, room, range(3, 15))
    # Each page is asked for once more after a minute, sooner on request.
    until(lambda: sum(room.asked(room.path(n)) > 0 for n in range(9, 15)) == 6, 20, "all new pages were asked for")
    for n in range(9, 15):
        until(lambda: "failed" in stack.run("why", room.url(n)).stdout, 10, f"{room.url(n)} failed")
        stack.run("refresh", room.url(n))
    until(lambda: alarm(stack, source, "could not be read"), 30, f"an alarm names {source}")
    room.add_pages([15])
    show(stack, room, range(4, 16))
    until(lambda: not alarm(stack, source, "could not be read"), 30, "the alarm ends when a page can be read again")


def test():
    with Newsroom("en") as english, Newsroom("zh-Hans") as chinese, Stack() as stack, Listener(stack) as live:
        goes_barren(stack, live, english, SHELL)
        goes_barren(stack, live, chinese, lambda headers: (410, {}, "没有了".encode()))
        until(lambda: settled(stack), 30, "the fetcher has nothing left to do")
    return "an alarm for pages without text and for pages refused, each until one can be read"


if __name__ == "__main__":
    main(test)
