#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Announcements per second through a whole stack, from web pages to a subscriber, with everything on this machine.

    tests/bench/end_to_end.py [--count 2000] [--hosts 4] [--classifiers N]

Each host is a site on an address of its own (127.0.0.1, 127.0.0.2, …), asked over one connection, as politeness has it.
The sites share the machine, so that this is a floor. Printed: the rate, the delay between the end of a fetch and the
commit, and the peak memory of each process. NEWSWIRE_BIN names another build."""

import argparse
import contextlib
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "pipeline"))

from checks import Listener, feed, sequences  # noqa: E402
from stack import Stack, children_of, role, until  # noqa: E402
from website import Site  # noqa: E402


def peak_kib(pid):
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("VmHWM")), 0)


def peaks(stack):
    """Peak memory of each process in MiB, largest first, by what it runs."""
    found = [(peak_kib(pid) / 1024, role(pid)) for pid in children_of(stack.process.pid)]
    return sorted(found, reverse=True)


def percentile(values, p):
    return sorted(values)[min(len(values) - 1, int(len(values) * p / 100))]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=2000, help="announcements in all")
    parser.add_argument("--hosts", type=int, default=4)
    parser.add_argument("--classifiers", type=int)
    given = parser.parse_args()
    each = given.count // given.hosts
    options = ["--classifiers", str(given.classifiers)] if given.classifiers else []
    with contextlib.ExitStack() as stack_of:
        sites = [stack_of.enter_context(Site(each, host=f"127.0.0.{i + 1}", first=i * each)) for i in range(given.hosts)]
        stack = stack_of.enter_context(Stack(*options))
        live = stack_of.enter_context(Listener(stack))
        begin = time.monotonic()
        for site in sites:
            feed(stack, site)
        until(lambda: len(live.news) >= each * given.hosts, 600, "everything at the subscriber", every=0.02)
        took = time.monotonic() - begin
        sequences(live.news)
        delays = [n.committed_ms - n.announcement.fetched_ms for n in live.news]
        print(f"{len(live.news)} announcements from {given.hosts} hosts in {took:.1f} s: {len(live.news) / took:.0f} a second")
        print(f"fetched to committed: median {percentile(delays, 50)} ms, 99 % {percentile(delays, 99)} ms")
        for mib, program in peaks(stack):
            print(f"{mib:7.1f} MiB peak  {program}")


if __name__ == "__main__":
    main()
