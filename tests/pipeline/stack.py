# SPDX-License-Identifier: MIT
"""A whole stack for one test: `newswire up` on free ports with a data directory of its own."""

import json
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
BIN = Path(os.environ.get("NEWSWIRE_BIN", TOP / "build/release/bin"))
# The sanitizer build is several times slower.
PATIENCE = float(os.environ.get("NEWSWIRE_PATIENCE", "1"))


class Failure(Exception):
    """What a test found wrong, in one sentence."""


def until(condition, seconds, what, every=0.1):
    """Waits until condition() is true and returns what it gave; a Failure that names `what` after that time."""
    deadline = time.monotonic() + seconds * PATIENCE
    pause = threading.Event()
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > deadline:
            raise Failure(f"not within {seconds * PATIENCE:.0f} s: {what}")
        pause.wait(every)


def free_ports(n):
    """First of n consecutive free TCP ports, below those that the kernel gives to outgoing connections."""
    for _ in range(1000):
        base = random.randrange(15000, 32000)
        taken = []
        try:
            for port in range(base, base + n):
                s = socket.socket()
                taken.append(s)
                s.bind(("127.0.0.1", port))
            return base
        except OSError:
            continue
        finally:
            for s in taken:
                s.close()
    raise Failure(f"no {n} consecutive free ports on this machine")


def children_of(pid):
    """Process ids of all descendants, by /proc."""
    found, queue = [], [pid]
    while queue:
        try:
            for task in Path(f"/proc/{queue.pop()}/task").iterdir():
                queue += [int(p) for p in (task / "children").read_text().split()]
        except OSError:
            continue
        found = list(dict.fromkeys(found + queue))
    return found


def command_of(pid):
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    except OSError:
        return "gone"


def role(pid):
    """newswire-fetcher, newswire-fetcher --worker, …: the program and whether it is one of its workers."""
    try:
        program = os.path.basename(os.readlink(f"/proc/{pid}/exe"))
    except OSError:
        return "gone"
    return program + (" --worker" if "--worker" in command_of(pid).split() else "")


class Stack:
    """`with Stack() as stack:` starts it and waits until it is ready; on a failure its log is printed."""

    def __init__(self, *options, data=None, environment=None):
        self.base = free_ports(6)
        self.http = self.base + 5
        self.directory = tempfile.TemporaryDirectory(prefix="newswire-test-")
        self.data = Path(data or Path(self.directory.name) / "data")
        self.log = Path(self.directory.name) / "log"
        self.environment = {k: v for k, v in os.environ.items() if not k.startswith("NEWSWIRE_")}
        self.environment["NEWSWIRE_PORT_BASE"] = str(self.base)
        self.environment.update(environment or {})
        self.command = [BIN / "newswire", "up", "--data", self.data, "--port-base", str(self.base),
                        "--http", str(self.http), "--allow-private", "127.0.0.0/8", *options]
        self.process = None

    def endpoint(self, n):
        """2: ingest, 3: topic, 4: replay."""
        return f"tcp://127.0.0.1:{self.base + n}"

    def start(self):
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            env=self.environment, start_new_session=True)
        until(self._ready, 20, "the stack is ready")

    def _ready(self):
        if self.process.poll() is not None:
            raise Failure(f"newswire up ended with status {self.process.returncode}")
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.http}/healthz", timeout=1) as answer:
                return answer.status == 200 and self.run("status", check=False).returncode == 0
        except OSError:
            return False

    def stop(self):
        """SIGTERM, as Ctrl-C: it must drain and end with 0, leaving no process behind."""
        if self.process is None or self.process.poll() is not None:
            return
        family = children_of(self.process.pid)
        self.process.send_signal(signal.SIGTERM)
        try:
            status = self.process.wait(timeout=30 * PATIENCE)
        except subprocess.TimeoutExpired:
            self.kill()
            raise Failure("newswire up did not end within 30 s of SIGTERM") from None
        if status != 0:
            raise Failure(f"newswire up ended with status {status}, not 0, after SIGTERM")
        until(lambda: not any(Path(f"/proc/{p}").exists() for p in family), 5, "its processes are gone")

    def kill(self):
        if self.process and self.process.poll() is None:
            family = children_of(self.process.pid)
            for pid in [self.process.pid, *family]:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            self.process.wait()

    def run(self, *arguments, check=True, seconds=30, stdin=None):
        """One newswire command against this stack."""
        done = subprocess.run([BIN / "newswire", *map(str, arguments)], env=self.environment, input=stdin, text=True,
                              capture_output=True, timeout=seconds * PATIENCE, check=False)
        if check and done.returncode != 0:
            raise Failure(f"newswire {' '.join(map(str, arguments))}: status {done.returncode}: {done.stderr.strip()}")
        return done

    def json(self, *arguments):
        """The objects that a command prints with --json."""
        return [json.loads(line) for line in self.run(*arguments, "--json").stdout.splitlines()]

    def status(self):
        """Of fetcher and sink; {} while they cannot be asked. What needs attention is not held against it here."""
        done = self.run("status", "--json", check=False)
        try:
            return json.loads(done.stdout)
        except ValueError:
            return {}

    def subscribe(self, *arguments):
        """A newswire subscribe in the background; communicate() or results() ends it."""
        return subprocess.Popen([BIN / "newswire", "subscribe", *map(str, arguments), "--json"], env=self.environment,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def log_text(self):
        return self.log.read_text(errors="replace")

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self._give_up()
            raise
        return self

    def __exit__(self, kind, *exc):
        if kind:
            self._give_up()
        else:
            try:
                self.stop()
            except BaseException:
                self._give_up()
                raise
        self.directory.cleanup()

    def _give_up(self):
        self.kill()
        if self.log.exists():
            print("---- the stack's log, its last 150 lines", *self.log_text().splitlines()[-150:], "----", sep="\n")


def main(test):
    """Runs a test function: its failures are one line, its success too."""
    try:
        print(f"ok: {test()}")
    except Failure as failure:
        print(f"FAILED: {failure}")
        sys.exit(1)
