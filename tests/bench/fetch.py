#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Pages a second that the fetcher takes from a local site, extraction included, beside `curl --parallel` on the same
URLs in the same run, with as many connections; or what 10,000 idle sources cost.

    tests/bench/fetch.py [--count 4000] [--rounds 3]
    tests/bench/fetch.py --idle [--sources 10000] [--seconds 30]

Beside the rates: the processor time that a page takes in each process, and how many of these pages one core extracts
when it does nothing else. curl writes them to /dev/null; what one core extracts bounds the fetcher with one worker, and
the sum of the times bounds it on this machine, however it is written.

NEWSWIRE_BIN names another build. The site shares the machine, so that both rates are floors."""

import argparse
import contextlib
import dataclasses
import os
import resource
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

AT_ONCE = 8  # connections, of curl and of the fetcher
COUNT_MAX = 5000  # entries that are read of one feed
SAMPLE = 50  # pages that are extracted alone


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


def spent(pid):
    """Seconds of processor time, its threads' included."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@dataclasses.dataclass
class Site:
    base: str
    pid: int


class Costs:
    """Microseconds of processor time a page: of processes that live on, between two looks at them."""

    def __init__(self, pids):
        self.pids, self.before = pids, {pid: spent(pid) for group in pids.values() for pid in group}

    def of(self, count):
        return {name: sum(spent(pid) - self.before[pid] for pid in group) / count * 1e6
                for name, group in self.pids.items()}


def curl(site, count, folder):
    config = folder / "urls"
    config.write_text("".join(f'url = "{site.base}/{n}.html"\noutput = "/dev/null"\n' for n in range(count)))
    costs, before, begin = Costs({"site": [site.pid]}), resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    subprocess.run(["curl", "--silent", "--parallel", "--parallel-max", str(AT_ONCE), "--config", config], check=True,
                   stderr=subprocess.DEVNULL)
    seconds, after = time.monotonic() - begin, resource.getrusage(resource.RUSAGE_CHILDREN)
    own = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return count / seconds, {"curl": own / count * 1e6, **costs.of(count)}


def extraction(site, folder):
    """Bytes of a page, and pages a second that one core extracts, which has nothing else to do."""
    pages = [urllib.request.urlopen(f"{site.base}/{n}.html").read() for n in range(SAMPLE)]
    (folder / "pages").mkdir()
    for n, page in enumerate(pages):
        (folder / "pages" / f"{n}.html").write_bytes(page)
    said = subprocess.run([BIN / "bench_extract", folder / "pages"], capture_output=True, text=True, check=True).stdout
    line = next(line for line in said.splitlines() if line.startswith("extraction"))
    return sum(map(len, pages)) / SAMPLE, float(line.split()[1])


class Fetcher:
    """newswire-fetcher alone: what it fetches stays in its outbox."""

    def __init__(self, folder):
        self.base = free_ports(2)
        self.log, self.ledger = folder / "log", folder / "fetcher.db"
        self.command = [BIN / "newswire-fetcher", "--fetcher-store", f"sqlite:{self.ledger}", "--port-base",
                        self.base, "--allow-private", "127.0.0.0/8", "--gap", "0s", "--per-host", AT_ONCE,
                        "--log-level", "warn"]

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


def fetch(site, count, folder):
    fetcher = Fetcher(folder)
    with running(*fetcher.command, log=fetcher.log) as process:
        until(fetcher.answers, 10, "the fetcher answers")
        costs = Costs({"fetcher": [process.pid], "its workers": children_of(process.pid), "site": [site.pid]})
        begin = time.monotonic()
        fetcher.run("add", f"{site.base}/feed.xml", "--backfill", "all", "--gap", "0s", "--no-wait")
        until(lambda: fetcher.ask("SELECT seq FROM sqlite_sequence WHERE name = 'outbox'") == count, 300,
              f"{count} pages in the outbox", every=0.02)
        return count / (time.monotonic() - begin), costs.of(count)


def tell(name, rounds, rest):
    rates = [rate for rate, _ in rounds]
    costs = {what: statistics.median(cost[what] for _, cost in rounds) for what in rounds[0][1]}
    print(f"{name:<16} {statistics.median(rates):7.0f} pages/s  ({min(rates):.0f} to {max(rates):.0f}){rest}")
    print(f"{'':<16} {sum(costs.values()):7.0f} µs a page    ("
          + ", ".join(f"{what} {cost:.0f}" for what, cost in costs.items()) + ")")
    return statistics.median(rates), sum(costs.values())


def throughput(site, given):
    curls, ours = [], []
    with tempfile.TemporaryDirectory(prefix="newswire-bench-") as name:
        size, alone = extraction(site, Path(name))
    for _ in range(given.rounds):
        with tempfile.TemporaryDirectory(prefix="newswire-bench-") as name:
            curls.append(curl(site, given.count, Path(name)))
            ours.append(fetch(site, given.count, Path(name)))
    cores = len(os.sched_getaffinity(0))
    print(f"{given.count} pages of {size / 1000:.1f} kB, {AT_ONCE} connections, {cores} cores")
    a, cost = tell("fetcher", ours, ", each extracted, kept and in the outbox")
    b, _ = tell("curl --parallel", curls, ", to /dev/null")
    print(f"extraction alone {alone:7.0f} pages/s  on one core")
    print(f"ratio to curl    {a / b:7.2f}")
    print(f"ratio to what {cores} cores could do in {cost:.0f} µs a page: {a / (cores * 1e6 / cost):.2f}")


def resident_mib(pid):
    return next(int(line.split()[1]) for line in Path(f"/proc/{pid}/status").read_text().splitlines()
                if line.startswith("VmRSS")) / 1024


def idle(site, given):
    with tempfile.TemporaryDirectory(prefix="newswire-bench-") as name:
        folder = Path(name)
        urls = folder / "sources.txt"
        urls.write_text("".join(f"{site.base}/source/{n}\n" for n in range(given.sources)))
        fetcher = Fetcher(folder)
        with running(*fetcher.command, log=fetcher.log) as process:
            until(fetcher.answers, 10, "the fetcher answers")
            done = fetcher.run("import", urls)
            if done.returncode:
                sys.exit(done.stderr)
            until(lambda: fetcher.ask("SELECT count(*) FROM sources WHERE polled_ms > 0") == given.sources, 300,
                  "every source was asked once", every=1)
            pids = [process.pid, *children_of(process.pid)]
            costs = Costs({"all": pids})
            time.sleep(given.seconds)
            share = costs.of(given.seconds)["all"] / 1e6
            memory = " + ".join(f"{resident_mib(pid):.0f}" for pid in pids)
            print(f"{given.sources} idle sources: {share * 100:.2f} % of a core over {given.seconds} s, {memory} MiB resident "
                  "(the fetcher, its workers)")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=4000, help=f"pages, at most {COUNT_MAX}")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--idle", action="store_true")
    parser.add_argument("--sources", type=int, default=10000)
    parser.add_argument("--seconds", type=int, default=30)
    given = parser.parse_args()
    if not SAMPLE <= given.count <= COUNT_MAX:
        parser.error(f"--count is between {SAMPLE} and {COUNT_MAX}")
    port = free_ports(1)
    base = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryDirectory(prefix="newswire-bench-") as folder:
        with running(BIN / "bench_web", port, given.count, log=Path(folder) / "web.log") as process:
            until(lambda: answers(f"{base}/0.html"), 10, "the local site answers")
            (idle if given.idle else throughput)(Site(base, process.pid), given)


if __name__ == "__main__":
    main()
