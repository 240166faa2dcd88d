#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Pages a second that the fetcher takes from a local site, extraction included, beside `curl --parallel` on the same
URLs in the same run; or what 10,000 idle sources cost.

    tests/bench/fetch.py [--count 4000] [--rounds 3]
    tests/bench/fetch.py --idle [--sources 10000] [--seconds 30]

NEWSWIRE_BIN names another build. The site shares the machine, so that both figures are floors."""

import argparse
import contextlib
import os
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "pipeline"))

from stack import BIN, children_of, free_ports, until  # noqa: E402

AT_ONCE = 8  # connections, of curl and of the fetcher to a host without a gap


@contextlib.contextmanager
def running(*command, log):
    with open(log, "ab") as out:
        process = subprocess.Popen([str(c) for c in command], stdout=out, stderr=out)
    try:
        yield process
    finally:
        process.terminate()
        process.wait()


def answers(url):
    try:
        return urllib.request.urlopen(url, timeout=1).status == 200
    except OSError:
        return False


def curl(base, count, folder):
    config = folder / "urls"
    config.write_text("".join(f'url = "{base}/{n}.html"\noutput = "/dev/null"\n' for n in range(count)))
    begin = time.monotonic()
    subprocess.run(["curl", "--silent", "--parallel", "--parallel-max", str(AT_ONCE), "--config", config], check=True)
    return count / (time.monotonic() - begin)


class Fetcher:
    """newswire-fetcher alone: what it fetches stays in its outbox."""

    def __init__(self, folder):
        self.base = free_ports(2)
        self.log, self.ledger = folder / "log", folder / "fetcher.db"
        self.command = [BIN / "newswire-fetcher", "--fetcher-store", f"sqlite:{self.ledger}", "--port-base",
                        self.base, "--allow-private", "127.0.0.0/8", "--gap", "0s", "--log-level", "warn"]

    def run(self, *arguments):
        return subprocess.run([BIN / "newswire", *map(str, arguments), "--port-base", str(self.base)], capture_output=True,
                              text=True, check=False)

    def answers(self):
        return self.run("sources").returncode == 0

    def ask(self, sql):
        """One number from the ledger, beside the fetcher's back: asking it would be work for it."""
        with contextlib.closing(sqlite3.connect(f"file:{self.ledger}?mode=ro", uri=True)) as db:
            row = db.execute(sql).fetchone()
            return row[0] if row else 0


def fetch(base, count, folder):
    fetcher = Fetcher(folder)
    with running(*fetcher.command, log=fetcher.log):
        until(fetcher.answers, 10, "the fetcher answers")
        begin = time.monotonic()
        fetcher.run("add", f"{base}/feed.xml", "--backfill", "all", "--gap", "0s", "--no-wait")
        until(lambda: fetcher.ask("SELECT seq FROM sqlite_sequence WHERE name = 'outbox'") == count, 300,
              f"{count} pages in the outbox", every=0.02)
        return count / (time.monotonic() - begin)


def throughput(base, given):
    curls, ours = [], []
    for _ in range(given.rounds):
        with tempfile.TemporaryDirectory(prefix="newswire-bench-") as name:
            curls.append(curl(base, given.count, Path(name)))
            ours.append(fetch(base, given.count, Path(name)))
    a, b = statistics.median(ours), statistics.median(curls)
    print(f"fetcher          {a:7.0f} pages/s  ({min(ours):.0f} to {max(ours):.0f}), each extracted and in the outbox")
    print(f"curl --parallel  {b:7.0f} pages/s  ({min(curls):.0f} to {max(curls):.0f})")
    print(f"ratio            {a / b:7.2f}")


def seconds_of(pids):
    ticks = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def resident_mib(pid):
    return next(int(line.split()[1]) for line in Path(f"/proc/{pid}/status").read_text().splitlines()
                if line.startswith("VmRSS")) / 1024


def idle(base, given):
    with tempfile.TemporaryDirectory(prefix="newswire-bench-") as name:
        folder = Path(name)
        urls = folder / "sources.txt"
        urls.write_text("".join(f"{base}/source/{n}\n" for n in range(given.sources)))
        fetcher = Fetcher(folder)
        with running(*fetcher.command, log=fetcher.log) as process:
            until(fetcher.answers, 10, "the fetcher answers")
            done = fetcher.run("import", urls)
            if done.returncode:
                sys.exit(done.stderr)
            until(lambda: fetcher.ask("SELECT count(*) FROM sources WHERE polled_ms > 0") == given.sources, 300,
                  "every source was asked once", every=1)
            pids = [process.pid, *children_of(process.pid)]
            before = seconds_of(pids)
            time.sleep(given.seconds)
            share = (seconds_of(pids) - before) / given.seconds
            memory = " + ".join(f"{resident_mib(pid):.0f}" for pid in pids)
            print(f"{given.sources} idle sources: {share * 100:.2f} % of a core over {given.seconds} s, {memory} MiB resident "
                  "(the fetcher, its workers)")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=4000, help="pages")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--idle", action="store_true")
    parser.add_argument("--sources", type=int, default=10000)
    parser.add_argument("--seconds", type=int, default=30)
    given = parser.parse_args()
    port = free_ports(1)
    base = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryDirectory(prefix="newswire-bench-") as folder:
        with running(BIN / "bench_web", port, given.count, log=Path(folder) / "web.log"):
            until(lambda: answers(f"{base}/0.html"), 10, "the local site answers")
            (idle if given.idle else throughput)(base, given)


if __name__ == "__main__":
    main()
