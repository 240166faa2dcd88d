#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A site that answers 403 to whoever does not bring its key: the source's trouble says what may help, and with --header
feed and pages are read. The key goes to that site alone, not to another that the feed links or a page redirects to."""

import re

from checks import Listener
from newsroom import Newsroom
from stack import Failure, Stack, main, until

KEY, AGENT = "X-Key", "Mozilla/5.0 (reader)"


def lock(room, key):
    """Every answer of the site so far needs the key, and our own User-Agent will not do."""
    for path, found in list(room.bodies.items()):
        def answer(headers, found=found):
            if headers.get(KEY) != key or headers.get("User-Agent") != AGENT:
                return 403, {}, "禁止访问".encode()
            return (200, {"Content-Type": found[0]}, found[1]) if isinstance(found, tuple) else found(headers)
        room.bodies[path] = answer


def refused(stack, source):
    """Told, with what may help, as often as it is asked."""
    stack.run("add", source, "--gap", "0s")
    for _ in range(4):
        shown = stack.json("sources")[0]
        if not re.search(r"HTTP 403.*--header", shown["trouble"]):
            raise Failure(f"the trouble of {source}: {shown['trouble']!r}")
        failures = shown["failures"]
        stack.run("refresh", source)
        until(lambda: stack.json("sources")[0]["failures"] > failures, 10, "it is asked again on request")
    if stack.run("status", check=False).returncode != 1:
        raise Failure("a source that is refused needs no attention")
    stack.run("remove", source)


def test():
    with Newsroom("en") as english, Newsroom("zh-Hans", host="127.0.0.2") as other, Stack() as stack, Listener(stack) as live:
        other.add_pages([3, 4])
        english.add_pages([1, 2])
        english.bodies["/away"] = lambda headers: (302, {"Location": other.url(4)}, b"")
        english.show_feed([1, 2])
        kind, feed = english.bodies["/feed.xml"]
        more = "".join(f"<item><title>{n}</title><link>{link}</link></item>"
                       for n, link in (("elsewhere", other.url(3)), ("away", english.base + "/away")))
        english.bodies["/feed.xml"] = (kind, feed.replace(b"</channel>", more.encode() + b"</channel>"))
        lock(english, "secret-7")
        source = english.base + "/feed.xml"
        refused(stack, source)
        stack.run("add", source, "--gap", "0s", "--header", f"{KEY}: secret-7", "--header", f"User-Agent: {AGENT}")
        want = {english.title(1), english.title(2), other.title(3), other.title(4)}
        until(lambda: {n.announcement.title for n in live.news} == want, 30, "all four pages are read")
        heard = [headers for _, headers in other.requests]
        if len(heard) < 2 or any(KEY in h or "secret-7" in str(h) or h.get("User-Agent") == AGENT for h in heard):
            raise Failure(f"the other site heard {heard}")
    return "403 until the key is given; the key stays on its site"


if __name__ == "__main__":
    main(test)
