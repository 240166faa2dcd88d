#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""`newswire reprocess` reads kept pages again, a PDF document too: what differs from what was read before is published
once more under its id, what does not is not, and a fetcher that is killed meanwhile goes on. No site is asked."""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

from checks import Listener, feed, intact, settled
from stack import BIN, Failure, Stack, children_of, main, role, until
from website import Site

COUNT = 60
PDF = "/gonggao/2026.pdf"
LINES = [f"The board of River Rail met and approved item {n} of its agenda." for n in range(9)]


def document(lines):
    """A PDF document of one page, as small as one can be."""
    text = "BT /F1 12 Tf 14 TL 72 720 Td " + " ".join(f"({line}) Tj T*" for line in lines) + " ET"
    return (f"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
            f"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>endobj\n"
            f"4 0 obj<</Length {len(text)}>>stream\n{text}\nendstream endobj\n"
            f"5 0 obj<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>endobj\ntrailer<</Root 1 0 R>>\n").encode()


def store(data, name, *statements):
    """What an older version would have left behind, written into a store of a stack that is stopped."""
    with sqlite3.connect(Path(data, name)) as db:
        for statement in statements:
            db.execute(statement)
    db.close()


def read(stack, site):
    with Listener(stack) as live:
        feed(stack, site)
        stack.run("add", site.url(PDF), "--kind", "page", "--gap", "0s")
        until(lambda: len(live.news) == COUNT + 1 and settled(stack), 60, f"{COUNT + 1} announcements")


def nothing_new(stack, site):
    asked = len(site.requests)
    counts = stack.json("reprocess", "--all")[0]
    want = {"redone": COUNT + 1, "changed": 0, "unchanged": COUNT + 1, "unreadable": 0, "not_kept": 0, "waiting": 0}
    if counts != want:
        raise Failure(f"nothing has changed, but reprocess --all says {counts}")
    if len(site.requests) != asked:
        raise Failure(f"reprocess asked the site: {site.requests[asked:]}")


def one(stack, site, path, changed):
    counts = stack.json("reprocess", site.url(path))[0]
    if (counts["redone"], counts["changed"]) != (1, changed):
        raise Failure(f"reprocess {path}: {counts}")


def through_a_kill(stack):
    """The fetcher dies while pages are read again, and is started anew: the command waits, and goes on."""
    fetcher = [p for p in children_of(stack.process.pid) if role(p) == "newswire-fetcher"]
    command = subprocess.Popen([BIN / "newswire", "reprocess", "--all", "--json"], env=stack.environment, text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    os.kill(fetcher[0], signal.SIGKILL)
    out, err = command.communicate(timeout=60)
    if '"not_kept":1' not in out:
        raise Failure(f"reprocess while the fetcher is killed: {out!r} {err!r}")


def test():
    with tempfile.TemporaryDirectory(prefix="newswire-test-") as data, Site(COUNT) as site:
        site.bodies[PDF] = ("application/pdf", document(["Annual report of River Rail", *LINES]))
        with Stack(data=data) as stack:
            read(stack, site)
            nothing_new(stack, site)
        first, second, gone = sorted(site.announcements)[:3]
        store(data, "fetcher.db", f"UPDATE entries SET content_hash = 'older' WHERE url IN ('{first}', '{second}')"
                                  f" OR url LIKE '%.pdf'")
        store(data, "fetcher.db.pages", f"DELETE FROM pages WHERE url = '{gone}'")
        with Stack(data=data) as stack, Listener(stack) as live:
            until(lambda: len(live.news) == COUNT + 1, 20, "the store's announcements")
            one(stack, site, PDF, 1)
            through_a_kill(stack)
            until(lambda: len(live.news) == COUNT + 4 and settled(stack), 30, "the three that differ, once more")
            again = live.news[COUNT + 1:]
            if {n.announcement.url for n in again} != {first, second, site.url(PDF)}:
                raise Failure(f"published once more: {[n.announcement.url for n in again]}")
            for n in again:
                if n.announcement.url in site.announcements:
                    intact(n, site.announcements[n.announcement.url])
            story = stack.run("why", first).stdout
            if "reprocessed" not in story:
                raise Failure(f"newswire why of one that was read again: {story}")
    return f"3 of {COUNT + 1} pages differed and were published once more, one was no longer kept"


if __name__ == "__main__":
    if not shutil.which("pdftotext"):
        print("SKIPPED: pdftotext is not installed (poppler-utils)")
        sys.exit(77)
    main(test)
